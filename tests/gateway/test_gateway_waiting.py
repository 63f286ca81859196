#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Who waits, for what, and who does not; and that each refusal and fault can be understood from one line of nginx's log."""
import os
import re
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from gate import Gate, OpensslKey, b64, jwt  # noqa: E402
import tap  # noqa: E402
from tap import check, equal, poll, test  # noqa: E402

ISSUER, OTHER = "http://id.localhost:8080", "https://other.example"
COOKIE = "s" * 22 + "." + "k" * 43
OWN = [("Cookie", "__Host-ostiary-gate=" + COOKIE)]
HTTP = """
	ostiary_issuer main { issuer http://id.localhost:8080; algs ES256; audience http://api.localhost; keys feed; }
	ostiary_issuer other { issuer https://other.example; algs ES256; audience http://api.localhost; keys feed; }
	ostiary_key_interval 1s;"""
LOCATIONS = """
	location / { ostiary bearer main; proxy_pass http://backend; }
	location /both { ostiary bearer main other; proxy_pass http://backend; }
	location /scope { ostiary bearer main; ostiary_require scope all orders:write; proxy_pass http://backend; }
	location /role { ostiary bearer main; ostiary_require role any admin; proxy_pass http://backend; }
	location /cors { ostiary bearer main; ostiary_cors_origin http://shop.localhost; proxy_pass http://backend; }
	location /session { ostiary session; proxy_pass http://backend; }
	location ^~ /_ostiary/ { ostiary provider; proxy_pass http://backend; }"""


def claims(**more):
	now = int(time.time())
	return {"iss": ISSUER, "aud": "http://api.localhost", "sub": "u1", "exp": now + 300, "iat": now, "jti": b64(os.urandom(8)), "client_id": "shop", **more}


class Fed(Gate):
	def __init__(self, http="ostiary_wait 60s;", snapshot=True):
		super().__init__(LOCATIONS, http=HTTP + http)
		self.key = OpensslKey(self.dir, "k1")
		self.peer.keys[ISSUER] = [self.key.jwk()]
		self.peer.no_snapshot = not snapshot

	def __enter__(self):
		super().__enter__()
		if not self.peer.no_snapshot:
			poll(lambda: self.status()["worker_snapshot"], "snapshot")
		return self

	def lines(self, words):
		return [line for line in self.errors().splitlines() if words in line]


def later(fn):
	"""Runs it beside; gives the list that will hold its result."""
	result = []
	threading.Thread(target=lambda: result.append(fn()), daemon=True).start()
	return result


@test
def a_hopeless_token_never_waits():
	with Fed(snapshot=False) as g:
		start = time.monotonic()
		for token in ("x", "a.b.c", jwt(g.key, claims(exp=1)), jwt(g.key, claims(aud="elsewhere")), jwt(g.key, claims(iss="https://evil.example")),
				jwt(g.key, claims(), {"crit": ["x"]}), jwt(g.key, claims(), {"alg": "none"})):
			equal(g.bearer("/", token).status, 401, token[:60])
		check(time.monotonic() - start < 30, "at once")
		equal(g.status()["worker_parked"], 0, "nobody waits")


@test
def an_issuer_without_keys_is_503_at_once():
	with Fed() as g:
		key = OpensslKey(g.dir, "o1")
		token = jwt(key, claims(iss=OTHER))
		start = time.monotonic()
		replies = [g.bearer("/both", token) for _ in range(20)]
		spent = time.monotonic() - start
		equal({r.status for r in replies}, {503}, "not 401: nobody knows whether it is good")
		check(all(r.get("Retry-After") for r in replies), "says when")
		check(spent < 30, "at once")
		said = g.lines("the issuer has no keys")
		check(1 <= len(said) <= 2 + spent, f"one line a second: {len(said)} in {spent:.1f} s")
		check('issuer "other"' in said[0] and 'location "/both"' in said[0], said[0])
		equal(g.bearer("/both", jwt(g.key, claims())).status, 200, "the other issuer is not touched")
		g.peer.set_keys(OTHER, [key])
		poll(lambda: g.bearer("/both", token).status == 200, "the keys came")


@test
def each_kind_of_waiting_has_places_of_its_own():
	with Fed("ostiary_wait 60s; ostiary_waiting keys 2; ostiary_waiting lookups 3; ostiary_waiting link 1;") as g:
		g.peer.set_keys(OTHER, [g.key])
		g.peer.on_unknown = lambda issuer: None
		g.peer.hold = True
		g.peer.sessions[COOKIE] = {"sub": "u1", "sid": "s", "iat": int(time.time()), "exp": int(time.time()) + 200}
		stranger = OpensslKey(g.dir, "stranger")
		waiting = [later(lambda: g.bearer("/", jwt(stranger, claims())).status) for _ in range(2)]
		poll(lambda: g.status()["worker_parked"] == 2, "two wait for a key")
		full = g.bearer("/", jwt(stranger, claims()))
		equal((full.status, full.get("Retry-After") is not None), (503, True), "a third does not")
		check(g.lines("as many requests wait as ostiary_waiting lets"), "and the log says why")
		equal(g.bearer("/", jwt(g.key, claims())).status, 200, "known keys go on")
		waiting.append(later(lambda: g.bearer("/both", jwt(stranger, claims(iss=OTHER))).status))
		poll(lambda: g.status()["worker_parked"] == 3, "another issuer has places of its own")
		waiting += [later(lambda: g.ask("/session", OWN).status) for _ in range(3)]
		poll(lambda: g.status()["worker_parked"] == 6, "look-ups have theirs")
		equal(g.ask("/session", OWN).status, 503, "as many as was said")
		g.peer.hold = False
		g.peer.answer_held()
		poll(lambda: [w for w in waiting[3:]] == [[200]] * 3, "and they are answered")
		g.peer.set_keys(ISSUER, [g.key, stranger])
		poll(lambda: waiting[:2] == [[200]] * 2, "so are those with the new key")
		equal(g.status()["worker_parked"], 1, "the places are free again")
		poll(lambda: g.ask("/session", OWN).status == 200, "for the next")
		g.peer.set_keys(OTHER, [g.key, stranger])
		poll(lambda: waiting[2] == [200], "the last")


@test
def limits_are_checked_when_they_are_read():
	for line, words in (("ostiary_waiting lookups 0;", "from 1 to"), ("ostiary_waiting lookups x;", "from 1 to"), ("ostiary_waiting all 5;", "lookups, keys or link"),
			("ostiary_waiting keys 1; ostiary_waiting keys 2;", "given twice")):
		g = Fed(line)
		code, text = g.check()
		g.close()
		check(code != 0 and words in text, text)


@test
def each_refusal_is_one_line():
	with Fed() as g:
		stranger = OpensslKey(g.dir, "stranger")
		secret = jwt(g.key, claims(exp=1))
		page = [("Connection", "close")]
		asked = [
			("401 JOSE_EXP", "/", "main", lambda: g.ask("/?access_token=" + secret, [("Authorization", "Bearer " + secret)])),
			("401 JOSE_HEADER (the token's header is not acceptable: jku)", "/", "main",
				lambda: g.bearer("/", jwt(g.key, claims(), {"kid": "k1", "jku": "https://keys.example"}))),
			("401 JOSE_CRIT (a critical header parameter is not understood: crit)", "/scope", "main",
				lambda: g.bearer("/scope", jwt(g.key, claims(), {"kid": "k1", "crit": ["x"]}))),
			("401 JOSE_AUD (the token is for another audience: aud)", "/", "main", lambda: g.bearer("/", jwt(g.key, claims(aud="else")))),
			("401 JOSE_MALFORMED", "/", "main", lambda: g.bearer("/", "secret-token")),
			("401 JOSE_SIGNATURE", "/", "main", lambda: g.bearer("/", jwt(stranger, claims(), {"kid": "k1"}))),
			("401 JOSE_KID", "/", "main", lambda: g.bearer("/", jwt(stranger, claims()))),
			("401 JOSE_ISS", "/both", "", lambda: g.bearer("/both", jwt(g.key, claims(iss="https://evil.example")))),
			("400 INVALID_REQUEST", "/", "", lambda: g.ask("/", [("Authorization", "Bearer a b")])),
			("400 SYNTAX", "/both", "", lambda: g.ask("/both/x%2fy", page)),
			("403 INSUFFICIENT_SCOPE", "/scope", "main", lambda: g.bearer("/scope", jwt(g.key, claims()))),
			("403 FORBIDDEN", "/role", "main", lambda: g.bearer("/role", jwt(g.key, claims()))),
			("403 CSRF", "/session", "", lambda: g.ask("/session", OWN, method="POST")),
			("401 NO_CREDENTIALS", "/scope", "", lambda: g.ask("/scope")),
			("302 NO_CREDENTIALS", "/session", "", lambda: g.ask("/session", [("Sec-Fetch-Mode", "navigate")])),
			("403 FORBIDDEN", "/cors", "", lambda: g.ask("/cors", [("Origin", "http://evil.localhost"), ("Access-Control-Request-Method", "GET")], method="OPTIONS")),
			# Before any location is chosen.
			("400 INVALID_REQUEST", "", "", lambda: g.ask("/role", [("Connection", "X-User-Id")])),
		]
		for reason, location, issuer, ask in asked:
			status = ask().status
			equal(status, int(reason.split()[0]), reason)
			want = f'ostiary: {reason}'
			found = [line for line in g.lines(want) if f'location "{location}"' in line]
			equal(len(found), 1, f"one line: {reason} {location}: {g.lines(want)}")
			check(f'issuer "{issuer}"' in found[0] and "client 127.0.0.1" in found[0], found[0])
			check(("[info]" in found[0]) == ("NO_CREDENTIALS" in reason), found[0])
		text = "\n".join(g.lines("ostiary: "))
		for word in (secret, secret.split(".")[1], "secret-token", COOKIE, "access_token"):
			check(word not in text, "no credential is logged")


@test
def strangers_cannot_fill_the_log():
	with Fed() as g:
		start = time.monotonic()
		for _ in range(300):
			g.bearer("/", "garbage")
		spent = time.monotonic() - start
		time.sleep(1.1)
		g.bearer("/", "garbage")
		lines = g.lines("401 JOSE_MALFORMED")
		check(2 <= len(lines) <= 3 + spent, f"{len(lines)} lines in {spent:.1f} s")
		equal(sum(int(re.search(r"; (\d+) alike left out", line)[1]) for line in lines) + len(lines), 301, "what was left out is counted")


@test
def the_link_s_fate_is_logged():
	with Fed("ostiary_wait 60s; ostiary_heartbeat 1s;") as g:
		poll(lambda: len(g.lines("the link to the daemon is up")) == 1, "up")
		g.peer.silent = True
		poll(lambda: len(g.lines("the link to the daemon is silent")) == 1, "silent")
		g.peer.silent = False
		poll(lambda: len(g.lines("the link to the daemon is up")) == 2, "back")
		g.peer.stop()
		poll(lambda: len(g.lines("the link to the daemon is lost")) == 1, "lost")
		poll(lambda: g.lines("the daemon cannot be reached"), "not there")
		g.peer.start()
		poll(lambda: len(g.lines("the link to the daemon is up")) == 3, "back again")
		check(len(g.lines("the daemon cannot be reached")) == 1, "each once")


tap.main()
