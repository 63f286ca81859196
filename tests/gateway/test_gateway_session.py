#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Session mode: one look-up, cached for seconds, dropped by ends; sign-in for navigations; other sites' requests."""
import os
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from gate import SID, USER, Gate, read_reply  # noqa: E402
import tap  # noqa: E402
from tap import check, equal, poll, test  # noqa: E402

COOKIE = "s" * 22 + "." + "k" * 43
OWN = [("Cookie", "__Host-ostiary-gate=" + COOKIE)]
PAGE = [("Sec-Fetch-Mode", "navigate"), ("Accept", "text/html")]
HTTP = "ostiary_heartbeat 1s;"
LOCATIONS = """
	location / { ostiary session; proxy_pass http://backend; }
	location /admin { ostiary session; ostiary_require role any admin; proxy_pass http://backend; }
	location /hook { ostiary session; ostiary_csrf off; proxy_pass http://backend; }
	location /outer { ostiary session; auth_request /inner; proxy_pass http://backend; }
	location = /inner { internal; ostiary session; proxy_pass http://backend/inner; }
	location /fall { ostiary session; proxy_pass http://127.0.0.1:1; error_page 502 = @fall; }
	location @fall { ostiary session; proxy_pass http://backend; }
	location /_ostiary/ { ostiary provider; proxy_pass http://backend; }"""


def identity(**more):
	now = int(time.time())
	return {"sub": "u1", "tenant": "acme", "roles": ["customer"], "scope": "openid", "sid": "gate-sid", "op_sid": "op-sid", "handle": "sealed-handle", "iat": now - 5,
		"exp": now + 200, **more}


class Web(Gate):
	def __init__(self, workers=1, wait="30s"):
		super().__init__(LOCATIONS, http=HTTP + f" ostiary_wait {wait};", workers=workers)
		self.peer.sessions[COOKIE] = identity()

	def __enter__(self):
		super().__enter__()
		poll(lambda: self.status()["worker_snapshot"], "snapshot")
		return self


@test
def one_lookup_then_cached():
	with Web() as g:
		for _ in range(5):
			reply = g.ask("/cart", OWN)
			equal(reply.status, 200, "signed in")
		equal(reply.seen("X-User-Id"), ["u1"], "user")
		equal(reply.seen("X-Tenant-Id"), ["acme"], "tenant")
		equal(reply.seen("X-Roles"), ["customer"], "roles")
		equal(reply.seen("X-Session-Id"), ["sealed-handle"], "handle")
		equal(reply.seen("Cookie"), [], "the cookie stays here")
		equal(g.peer.lookups, [(f"web.localhost:{g.port}", COOKIE)], "one look-up")
		check("Cookie" in reply.all("Vary"), "Vary")
		check(reply.get("Cache-Control"), "not for shared caches")


@test
def workers_share_the_cache():
	with Web(workers=2) as g:
		for _ in range(20):
			equal(g.ask("/", OWN).status, 200, "signed in")
		check(len(g.peer.lookups) <= 2, f"{len(g.peer.lookups)} look-ups")


@test
def a_daemon_that_is_back_is_asked_at_once():
	"""It serves HTTP, and so signs people in, before the back-off of a lost link is over."""
	with Web() as g:
		equal(g.ask("/", OWN).status, 200, "signed in")
		g.peer.stop()
		time.sleep(2.0)  # so that the next try by the clock is a second away
		equal(g.ask("/", OWN).status, 503, "nobody to ask")
		g.peer.epoch += 1
		g.peer.start()
		equal(g.ask("/", OWN).status, 200, "asked at once")


@test
def a_form_after_the_session_ended_gets_a_page():
	with Web() as g:
		form = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Site", "same-origin"), ("Referer", f"http://web.localhost:{g.port}/edit?id=1")]
		reply = g.ask("/save", form, method="POST", body=b"text=hello")
		equal((reply.status, reply.get("Content-Type"), reply.all("Cache-Control")), (401, "text/html; charset=utf-8", ["no-store"]), "a page")
		check("default-src 'none'" in reply.get("Content-Security-Policy"), "its policy")
		text = reply.body.decode()
		check("Your session has ended" in text and "did not reach the app" in text, "what became of it")
		check('href="/_ostiary/login?return_to=/edit%3Fid%3D1"' in text, "the way back to the page")
		check("Back" in text and "Pragma" not in str(reply.headers), "a page, no token answer")
		text = g.ask("/save", form[:2] + [("Referer", "http://evil.example/edit")], method="POST", body=b"x=1").body.decode()
		check('href="/_ostiary/login?return_to=/"' in text, "nobody else's address")
		text = g.ask("/save", OWN + [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Site", "cross-site")], method="POST", body=b"x=1")
		check(text.status == 403 and "Sent from another site" in text.body.decode(), "another site's")
		text = g.ask("/admin", OWN + form, method="POST", body=b"x=1")
		check(text.status == 403 and "You may not do this" in text.body.decode(), "whose role is missing")
		for call in ([("Sec-Fetch-Mode", "cors"), ("Accept", "text/html")], [("Accept", "application/json")],
				[("Accept", "text/html"), ("X-Requested-With", "XMLHttpRequest")], []):
			reply = g.ask("/save", call, method="POST", body=b"{}")
			equal((reply.status, reply.get("Content-Type")), (401, "application/json"), str(call))
		g.peer.sessions[COOKIE] = "error"
		reply = g.ask("/elsewhere", OWN + form, method="POST", body=b"x=1")
		check(reply.status in (200, 503), "cached, or not known now")


@test
def cache_ends_with_its_time():
	with Web() as g:
		g.peer.sessions[COOKIE] = dict(identity(), _ttl=1)
		equal(g.ask("/", OWN).status, 200, "signed in")
		g.peer.sessions[COOKIE] = None
		poll(lambda: g.ask("/", OWN).status == 401, "asked again after a second", 4)


@test
def identity_past_its_expiry():
	with Web() as g:
		g.peer.sessions[COOKIE] = identity(exp=int(time.time()) - 1)
		equal(g.ask("/", OWN).status, 401, "expired")
		g.peer.sessions[COOKIE] = identity(exp=None)
		equal(g.ask("/", OWN).status, 401, "without expiry")


@test
def ends_drop_cached_sessions():
	for kind, ident in ((SID, "gate-sid"), (SID, "op-sid"), (USER, "u1")):
		with Web() as g:
			equal(g.ask("/", OWN).status, 200, "signed in")
			g.peer.end(kind, ident)
			poll(lambda: g.ask("/", OWN).status == 401, ident, 2)
			equal(len(g.peer.lookups), 1, "without another look-up")


@test
def another_daemon_forgets_cached_sessions():
	with Web() as g:
		equal(g.ask("/", OWN).status, 200, "signed in")
		g.peer.stop()
		g.peer.epoch = 2
		g.peer.sessions.clear()
		g.peer.start()
		poll(lambda: g.ask("/", OWN).status == 401, "its sessions are gone")


@test
def provider_down_stops_cached_sessions():
	with Web() as g:
		equal(g.ask("/", OWN).status, 200, "signed in")
		g.peer.stop()
		poll(lambda: not g.status()["worker_linked"], "stale")
		reply = g.ask("/", OWN + PAGE)
		equal(reply.status, 503, "not known now")
		equal(reply.all("Set-Cookie"), [], "the cookie stays")
		g.peer.start()
		poll(lambda: g.ask("/", OWN).status == 200, "restored")


@test
def store_error_is_not_a_miss():
	with Web() as g:
		g.peer.sessions[COOKIE] = "error"
		reply = g.ask("/", OWN + PAGE)
		equal((reply.status, reply.get("Location"), reply.all("Set-Cookie")), (503, None, []), "not known now")


@test
def navigation_is_sent_to_sign_in():
	with Web() as g:
		for headers in (PAGE, [("Accept", "text/html,*/*;q=0.8")], PAGE + [("Cookie", "__Host-ostiary-gate=unknown.session")]):
			reply = g.ask("/cart?x=1&y=a%20b", headers)
			equal(reply.status, 302, "redirect")
			equal(reply.get("Location"), "/_ostiary/login?return_to=/cart%3Fx%3D1%26y%3Da%2520b", "and back")
			equal(reply.get("Cache-Control"), "no-store", "not cached")
		for headers, method in (([("Accept", "application/json")], "GET"), ([("Sec-Fetch-Mode", "cors"), ("Accept", "text/html")], "GET"), ([], "GET"),
				([("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Site", "same-origin")], "POST")):
			reply = g.ask("/cart", headers, method)
			equal((reply.status, reply.get("Location")), (401, None), f"{headers} {method}")
			equal(reply.json()["error"], "login_required", "JSON")
		equal(g.backend.seen, 0, "nothing reached the backend")


@test
def duplicate_session_cookies():
	with Web() as g:
		for cookie in (f"__Host-ostiary-gate={COOKIE}; __Host-ostiary-gate=x.y", f"__Host-ostiary-gate=x.y; __Host-ostiary-gate={COOKIE}"):
			equal(g.ask("/", [("Cookie", cookie)]).status, 400, "two of them")
		equal(g.ask("/", OWN + OWN).status, 400, "in two headers")
		for cookie in (f"__host-ostiary-gate={COOKIE}", f"=__Host-ostiary-gate={COOKIE}", f" X__Host-ostiary-gate={COOKIE}", f"__Host-ostiary-gate ={COOKIE}x y"):
			equal(g.ask("/", [("Cookie", cookie)]).status, 401, cookie)
		equal(g.peer.lookups, [], "nobody was asked")


@test
def roles_are_checked():
	with Web() as g:
		reply = g.ask("/admin", OWN + PAGE)
		equal((reply.status, reply.json()["error"]), (403, "insufficient_scope"), "not an admin")
		g.peer.sessions["other.cookie"] = identity(roles=["admin", "x"])
		equal(g.ask("/admin", [("Cookie", "__Host-ostiary-gate=other.cookie")]).status, 200, "an admin")


@test
def other_sites_cannot_act():
	with Web() as g:
		own = f"http://web.localhost:{g.port}"
		for headers in ([("Sec-Fetch-Site", "cross-site")], [("Sec-Fetch-Site", "same-site")], [("Origin", "http://evil.localhost")], [("Origin", "null")], [],
				[("Sec-Fetch-Site", "cross-site"), ("Origin", own)], [("Origin", own + ".evil")]):
			for method in ("POST", "PUT", "DELETE", "PATCH"):
				equal(g.ask("/buy", OWN + headers, method).status, 403, f"{method} {headers}")
		equal(g.backend.seen, 0, "nothing reached the backend")
		for headers in ([("Sec-Fetch-Site", "same-origin")], [("Sec-Fetch-Site", "none")], [("Origin", own)]):
			equal(g.ask("/buy", OWN + headers, "POST").status, 200, f"{headers}")
		equal(g.ask("/buy", OWN + [("Sec-Fetch-Site", "cross-site")]).status, 200, "a link from elsewhere")
		equal(g.ask("/hook", OWN + [("Sec-Fetch-Site", "cross-site")], "POST").status, 200, "where configured")


@test
def cookies_from_the_backend_are_not_cached():
	with Web() as g:
		g.backend.extra = "Set-Cookie: cart=1\r\nCache-Control: public, max-age=600\r\n"
		reply = g.ask("/", OWN)
		equal(reply.all("Cache-Control"), ["no-store"], "with Set-Cookie")
		g.backend.extra = "Cache-Control: public, max-age=600\r\n"
		equal(g.ask("/", OWN).all("Cache-Control"), ["public, max-age=600"], "the backend's own word otherwise")


@test
def subrequests_and_redirects_decide_again():
	with Web() as g:
		reply = g.ask("/outer", OWN)
		equal((reply.status, reply.seen("X-User-Id")), (200, ["u1"]), "with a protected subrequest")
		reply = g.ask("/fall", OWN)
		equal((reply.status, reply.seen("X-User-Id"), reply.seen("Cookie")), (200, ["u1"], []), "after an internal redirect")
		equal(g.ask("/outer").status, 401, "nobody")


@test
def sessions_belong_to_a_host():
	with Web() as g:
		equal(g.ask("/", OWN).status, 200, "its own")
		g.ask("/", OWN + [("Host", "other.localhost")])
		equal([h for h, _ in g.peer.lookups], [f"web.localhost:{g.port}", "other.localhost"], "another host is looked up apart")
		equal(g.ask("http://evil.localhost/", OWN).status, 400, "a request line for another host than the header's")
		equal(len(g.peer.lookups), 2, "nobody was asked")


@test
def sign_in_paths_go_to_the_daemon():
	with Web() as g:
		reply = g.ask("/_ostiary/login?return_to=/", OWN + [("X-User-Id", "root")])
		equal(reply.seen("X-User-Id"), [], "clean")
		check(COOKIE in reply.seen("Cookie")[0], "with the cookie")


@test
def clients_that_leave_while_a_lookup_runs():
	with Web() as g:
		g.peer.hold = True
		for round in range(10):
			sockets = [g.connect() for _ in range(5)]
			for i, s in enumerate(sockets):
				g.send(s, "/", [("Cookie", f"__Host-ostiary-gate=c{round}.{i}")])
			poll(lambda: g.status()["worker_parked"] == 5, "parked")
			for s in sockets[:3]:
				s.close()
			poll(lambda: g.status()["worker_parked"] == 2, "three left")
			poll(lambda: len(g.peer.held) == 5, "all look-ups have arrived")
			g.peer.answer_held()
			for s in sockets[3:]:
				with s.makefile("rb") as f:
					equal(read_reply(f).status, 401, "the others are answered")
				s.close()
		g.peer.hold = False
		equal(g.ask("/", OWN).status, 200, "all is well")


@test
def lookup_without_answer():
	with Web(wait="2s") as g:
		g.peer.hold = True
		start = time.monotonic()
		equal(g.ask("/", OWN).status, 503, "not known now")
		check(time.monotonic() - start > 1.5, "after the wait")
		g.peer.answer_held()
		g.peer.hold = False
		equal(g.ask("/", OWN).status, 200, "a late answer hurts nobody")


@test
def link_lost_while_a_lookup_runs():
	with Web() as g:
		g.peer.hold = True
		got = []
		threads = [threading.Thread(target=lambda: got.append(g.ask("/", OWN + PAGE))) for _ in range(5)]
		for t in threads:
			t.start()
		poll(lambda: g.status()["worker_parked"] == 5, "parked")
		g.peer.stop()
		for t in threads:
			t.join()
		equal([(r.status, r.get("Location"), r.all("Set-Cookie")) for r in got], [(503, None, [])] * 5, "at once, and nobody is sent to sign-in")


@test
def a_session_is_known_from_the_moment_that_the_daemon_is_back():
	"""Between its first byte and READY too: nothing but the daemon's own word for this very question says that there is no session."""
	with Web() as g:
		equal(g.ask("/", OWN + PAGE).status, 200, "signed in")
		for i in range(10):
			other = f"{i:022}." + "k" * 43
			fresh = PAGE + [("Cookie", "__Host-ostiary-gate=" + other)]
			g.peer.stop()
			g.peer.epoch += 1
			g.peer.no_snapshot = True
			g.peer.sessions[other] = None
			g.peer.start()
			equal(g.ask("/", fresh).status, 302, "nobody yet, before the snapshot")
			# The answer of before is kept nowhere.
			g.peer.sessions[other] = identity(sid="another-sid")
			equal([g.ask("/", headers).status for headers in (fresh, OWN + PAGE, fresh)], [200] * 3, "signed in since")
			g.peer.no_snapshot = False
			with g.peer.lock:
				g.peer.broadcast(g.peer.snapshot())
			poll(lambda: g.status()["worker_snapshot"], "snapshot")
			equal([g.ask("/", headers).status for headers in (fresh, OWN + PAGE)], [200] * 2, "and after it")


@test
def two_tabs():
	with Web() as g:
		got = []
		threads = [threading.Thread(target=lambda i=i: got.append(g.ask("/cart", (OWN if i % 2 else []) + PAGE).status)) for i in range(20)]
		for t in threads:
			t.start()
		for t in threads:
			t.join()
		equal(sorted(got), [200] * 10 + [302] * 10, "each by its own cookie")


@test
def websocket_handshakes_are_for_own_pages():
	handshake = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "x3JJHMbDL1EzLkh9GBhXDw==")]
	with Web() as g:
		for word in (("Origin", "http://shop.localhost"), ("Origin", "null"), ("Sec-Fetch-Site", "same-site"), ("Sec-Fetch-Site", "cross-site"), ("X", "none")):
			equal(g.ask("/socket", OWN + handshake + [word]).status, 403, f"another site's: {word}")
		equal(g.backend.seen, 0, "the backend saw none of them")
		for word in (("Origin", f"http://web.localhost:{g.port}"), ("Sec-Fetch-Site", "same-origin")):
			equal(g.ask("/socket", [("Connection", "close"), *OWN, *handshake[1:], word]).status, 200, f"our own page's: {word}")
		equal(g.ask("/hook", [("Connection", "close"), *OWN, *handshake[1:]]).status, 200, "where the rule is off")


tap.main()
