#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sign-in, consent, throttling and sign-out through the real daemon behind the real nginx."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import system
import tap
from system import Forms, pkce, query_of
from tap import check, contains, equal, lacks, test

WRONG = "That login and password do not match."
_s = None


def _start():
	global _s
	_s = system.System(backend=False)
	_s.__enter__()


def _stop():
	if _s:
		_s.__exit__(None, None, None)


def _page(browser, **more):
	"""The first page of an authorization request of the shop."""
	_, challenge = pkce()
	reply = browser.get(_s.authorize_url(challenge=challenge, **more), until=_s.origin("shop"), initiator=_s.origin("shop"))
	return reply


def _signed_in():
	browser = _s.browser()
	return browser, _s.sign_in("alice", browser)


def _refresh(token):
	return _s.token(grant_type="refresh_token", refresh_token=token, client_id="shop")


@test
def pages_lead_from_sign_in_to_tokens():
	browser, tokens = _signed_in()
	check(tokens["access_token"] and tokens["refresh_token"] and tokens["id_token"], "all three tokens")
	cookies = browser.jar.cookies["id.localhost"]
	for name in ("__Host-ostiary", "__Host-ostiary-login", "__Host-ostiary-device"):
		check(name in cookies, f"{name} is set")
		attrs = cookies[name]["attrs"]
		equal((attrs.get("path"), attrs.get("samesite"), "secure" in attrs, "httponly" in attrs), ("/", "Lax", True, True), f"attributes of {name}")
	equal(browser.jar.refused, [], "cookies that the browser refused")


@test
def no_page_may_be_kept_or_framed():
	reply = _page(_s.browser())
	equal(reply.status, 200, "the sign-in page")
	contains(reply.header("cache-control"), "no-store", "Cache-Control")
	policy = reply.header("content-security-policy")
	contains(policy, "frame-ancestors 'none'", "policy")
	contains(policy, f"form-action 'self' {_s.origin('shop')}", "policy: where the form's answer may lead")
	lacks(policy, "unsafe", "policy")


@test
def single_sign_on_and_silent_requests():
	browser, _ = _signed_in()
	reply = _page(browser, scope="openid", prompt="none", state="x")
	check("code" in query_of(reply.location), "a code without a page")
	reply = _page(_s.browser(), prompt="none", state="x")
	answer = query_of(reply.location)
	equal((answer.get("error"), answer.get("state"), answer.get("iss")), ("login_required", "x", _s.issuer), "as nobody")


def _long_query(size, **more):
	"""An authorization request of the shop of so many bytes, most of them its state; the state."""
	_, challenge = pkce()
	query = _s.authorize_url(challenge=challenge, **more).split("?")[1] + "&state="
	state = "s" * (size - len(query))
	return query + state, state


@test
def a_request_waits_as_long_as_it_was_let_in():
	# What nginx takes for a request line, by GET: 8 KiB with method and version.
	room = 8192 - len("GET /authorize? HTTP/1.1\r\n")
	for name, size in (("short", 1000), ("as long as an address of ours", 2200), ("longer", 3000), ("the longest", room)):
		browser = _s.browser()
		query, state = _long_query(size)
		reply = browser.get(_s.url("id", "/authorize?") + query, until=_s.origin("shop"), initiator=_s.origin("shop"))
		answer = query_of(_s.answer_pages(browser, reply, "alice", _s.origin("shop")).location)
		equal(("code" in answer, answer["state"] == state), (True, True), f"by GET, {name}")
		# The session that it gave answers the next one at once.
		reply = browser.get(_s.url("id", "/authorize?") + query, until=_s.origin("shop"), initiator=_s.origin("shop"))
		equal(query_of(reply.location)["state"] == state, True, f"signed in, {name}")


@test
def a_request_is_as_long_as_the_server_takes():
	def get(size):
		return _s.fetch_daemon("/authorize?" + _long_query(size - len("/authorize?"))[0]).status
	equal((get(8192), get(8193)), (200, 413), "8 KiB of an address, and one byte more")
	def post(size, more=""):
		query, _ = _long_query(7000)
		body = query + "&ostiary_again=1&other=" + more
		body += "x" * (size - len(body))
		return _s.fetch_daemon("/authorize", "POST", {"Content-Type": "application/x-www-form-urlencoded"}, body).status
	equal((post(16384), post(16385)), (200, 413), "16 KiB of a form, and one byte more")


@test
def a_long_request_by_post_comes_once_more_from_our_page():
	browser = _s.browser()
	query, state = _long_query(8100)
	headers = {"Content-Type": "application/x-www-form-urlencoded"}
	reply = browser.request(_s.url("id", "/authorize"), "POST", headers, query.encode(), initiator=_s.origin("shop"))
	contains(reply.header("content-security-policy"), f"form-action 'self' {_s.origin('shop')};", "where its form may end")
	reply = browser.submit(reply, until=_s.origin("shop"))
	answer = query_of(_s.answer_pages(browser, reply, "alice", _s.origin("shop")).location)
	equal(("code" in answer, answer["state"] == state), (True, True), "by POST")


@test
def deny_goes_back_with_access_denied():
	browser = _s.browser()
	_, challenge = pkce()
	answer = _s.authorize("bob", browser, allow=False, scope="openid", challenge=challenge, state="x")
	equal(answer.get("error"), "access_denied", "error")
	check("code" not in answer, "no code")


@test
def two_tabs_finish_both():
	browser = _s.browser()
	first, second = _page(browser, state="1"), _page(browser, state="2")
	until = _s.origin("shop") + "/"
	for page, state in ((first, "1"), (second, "2")):
		reply = _s.answer_pages(browser, page, "alice", until)
		answer = query_of(reply.location)
		equal(answer.get("state"), state, "state")
		check("code" in answer, f"tab {state} has its code")


@test
def a_form_from_another_site_is_refused():
	browser = _s.browser()
	page = _page(browser)
	form = Forms(page.text).forms[0]
	data = "&".join(f"{f['name']}={f['value']}" for f in form["fields"] if f["type"] == "hidden") + "&login=alice&password=x"
	headers = {"Content-Type": "application/x-www-form-urlencoded"}
	reply = browser.request(form["action"], "POST", headers, data.encode(), initiator="http://evil.localhost")
	check(reply.status in (400, 403), f"cross-site: {reply.status}")
	lacks(reply.text, WRONG, "the password was not looked at")
	cookie = browser.jar.header("id.localhost", "/")
	reply = _s.fetch(form["action"], "POST", dict(headers, Cookie=cookie), data.encode())
	equal(reply.status, 403, "no word about where it came from")
	reply = _s.fetch(form["action"], "POST", dict(headers, Cookie=cookie, Origin=_s.issuer), data.encode())
	contains(reply.text, WRONG, "our own page's form is looked at")


@test
def sign_out_ends_the_session_but_not_offline_access():
	browser, tokens = _signed_in()
	fresh = _refresh(tokens["refresh_token"])
	equal(fresh.status, 200, "refresh before")
	reply = browser.get(f"{_s.issuer}/logout?id_token_hint={tokens['id_token']}", initiator=_s.origin("shop"))
	contains(reply.text, "signed out", "our page says so")
	check("__Host-ostiary" not in browser.jar.cookies["id.localhost"], "the cookie is gone")
	after = _refresh(fresh.json()["refresh_token"])
	equal(after.status, 200, "refresh after, with offline_access: such a grant outlives the session")
	answer = query_of(_page(browser, prompt="none").location)
	equal(answer.get("error"), "login_required", "single sign-on after")


@test
def without_offline_access_refresh_ends_with_the_session():
	browser = _s.browser()
	tokens = _s.sign_in("alice", browser, scope="openid orders:read")
	browser.get(f"{_s.issuer}/logout?id_token_hint={tokens['id_token']}", initiator=_s.origin("shop"))
	after = _refresh(tokens["refresh_token"])
	equal((after.status, after.json().get("error")), (400, "invalid_grant"), "refresh after")


@test
def sign_out_without_a_hint_asks():
	browser, _ = _signed_in()
	page = browser.get(_s.issuer + "/logout", initiator="http://evil.localhost")
	contains(page.text, "Sign out?", "the question")
	check("__Host-ostiary" in browser.jar.cookies["id.localhost"], "still signed in")
	reply = browser.submit(page, button="sign_out")
	contains(reply.text, "signed out", "our page says so")
	check("__Host-ostiary" not in browser.jar.cookies["id.localhost"], "signed out")


@test
def home_shows_and_ends_sessions():
	browser, _ = _signed_in()
	page = browser.get(_s.issuer + "/")
	contains(page.text, "this one", "own session")
	reply = browser.submit(page, button="sign_out_everywhere")
	contains(reply.text, "signed out", "our page says so")
	contains(browser.get(_s.issuer + "/").text, "Not signed in", "home afterwards")


@test
def guessing_is_slowed_but_locks_nobody_out():
	known = _s.browser()
	page = _page(known)
	_s.answer_pages(known, page, "bob", _s.origin("shop") + "/")
	attacker = _s.browser()
	page = _page(attacker)
	seen = []
	for _ in range(14):
		reply = attacker.submit(page, {"login": "bob", "password": "wrong"})
		seen.append(reply.status)
		if reply.status == 429:
			break
	equal(seen, [403] * 10 + [429], "statuses of guesses")
	check(1 <= int(reply.header("retry-after")) <= 300, "Retry-After")
	reply = attacker.submit(page, {"login": "bob", "password": _s.passwords["bob"]})
	equal(reply.status, 429, "the right password from a stranger meanwhile")
	# Whoever signed in here before has attempts of their own.
	page = _page(known, prompt="login")
	reply = _s.answer_pages(known, page, "bob", _s.origin("shop") + "/")
	check("code" in query_of(reply.location), "bob gets in")


@test
def unknown_users_are_throttled_alike():
	browser = _s.browser()
	page = _page(browser)
	seen = [browser.submit(page, {"login": "nobody-at-all", "password": "wrong"}) for _ in range(11)]
	equal([r.status for r in seen], [403] * 10 + [429], "statuses of guesses")
	contains(seen[0].text, WRONG, "the same text")


@test
def userinfo_names_its_scheme_with_each_refusal():
	form = {"Content-Type": "application/x-www-form-urlencoded"}
	for path, method, headers, body in (("/userinfo?access_token=a", "GET", {}, None), ("/userinfo", "GET", {"Authorization": "Bearer"}, None),
					    ("/userinfo", "GET", {"Authorization": "Bearer a b"}, None), ("/userinfo?a&a", "GET", {}, None),
					    ("/userinfo", "POST", form | {"Authorization": "Bearer a"}, "access_token=b"),
					    ("/userinfo", "POST", form, "access_token=a&access_token=b")):
		reply = _s.fetch(_s.issuer + path, method, headers, body)
		equal((reply.status, reply.json()["error"]), (400, "invalid_request"), path)
		check(reply.header("WWW-Authenticate").startswith('Bearer realm="ostiary", error="invalid_request"'), repr(reply))


@test
def what_a_client_says_of_its_own_way_stops_nobody():
	"""Proxies of companies and devices add it; ours sets X-Forwarded-*, and the two would disagree."""
	for said in ("for=10.0.0.5", "for=unknown;proto=gopher", '";'):
		for path in ("/.well-known/openid-configuration", "/.well-known/jwks.json", "/", "/authorize?" + _s.authorize_url(challenge=pkce()[1]).split("?")[1]):
			reply = _s.fetch(_s.issuer + path, headers={"Forwarded": said})
			check(reply.status in (200, 302, 303), f"{said} at {path[:20]}: {reply!r}")
		equal(_s.fetch(_s.issuer + "/userinfo", headers={"Forwarded": said}).status, 401, "and there")


# What a person's browser, and what an app, says that it wants to see.
PERSON, APP = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}, {"Accept": "application/json"}
MANY = "&".join(f"p{i}=1" for i in range(65))


@test
def a_wrong_parameter_goes_back_to_the_client():
	good = _s.authorize_url(challenge=pkce()[1], state="st-1")
	for more, state, why in (("&state=2", None, "state"), ("&scope=openid", "st-1", "scope"), ("&nonce=%ff", "st-1", "nonce")):
		for ask in (lambda: _s.fetch(good + more, headers=PERSON), lambda: _s.fetch(good + more, headers=APP),
			    lambda: _s.fetch(_s.issuer + "/authorize", "POST", {"Content-Type": "application/x-www-form-urlencoded"}, (good + more).split("?")[1])):
			reply = ask()
			check((reply.location or "").startswith(_s.redirect_uri("shop") + "?"), f"{why}: {reply!r}")
			answer = query_of(reply.location)
			equal((answer["error"], answer["error_description"], answer.get("state")),
			      ("invalid_request", f"{why} is given twice or is malformed", state), "to the client")
	for more in ("&foo=1&foo=2", "&utm=%ff"):
		contains(_s.fetch(good + more, headers=PERSON).location, "/sign-in?i=", "what nobody knows is passed over")


@test
def a_person_sees_a_page_whatever_is_wrong_with_the_request():
	good = _s.authorize_url(challenge=pkce()[1], state="st-1")
	twice = {"Content-Type": "application/x-www-form-urlencoded"}
	for url, status in ((good + "&client_id=shop", 400), (good + "&redirect_uri=https://x", 400), (good + "&" + MANY, 413), (good + "&a%00=1", 400),
			    (_s.issuer + "/logout?state=1&state=2", 400), (_s.issuer + "/logout?" + MANY, 413), (_s.issuer + "/sign-in?i=1&i=2", 400),
			    (_s.issuer + "/consent?i=%ff", 400), (_s.issuer + "/?a&a", 400), (_s.issuer + "/nothing?a&a", 404)):
		reply = _s.fetch(url, headers=PERSON)
		equal((reply.status, reply.header("Content-Type"), reply.location), (status, "text/html; charset=utf-8", None), url)
	for path, headers, body, status in (("/logout", twice, "a=1&a=2", 400), ("/sign-in", twice, "i=1&i=2", 400), ("/sign-in", twice, "a" * 60000, 413)):
		reply = _s.fetch(_s.issuer + path, "POST", PERSON | headers, body)
		equal((reply.status, reply.header("Content-Type")), (status, "text/html; charset=utf-8"), path)
	# Before there is a route.
	for path, headers, status in (("/authorize?" + "a" * 8200, {}, 413), ("/%ff", {}, 400), ("/authorize", {"X-Forwarded-Proto": "gopher"}, 400)):
		reply = _s.fetch_daemon(path, headers=PERSON | headers)
		equal((reply.status, reply.header("Content-Type")), (status, "text/html; charset=utf-8"), path[:20])
	contains(_s.log("daemon"), "there are more than 64 parameters", "and the log says why")


@test
def an_app_gets_json_where_a_parameter_comes_twice():
	form = {"Content-Type": "application/x-www-form-urlencoded"}
	for path, method, body in (("/token", "POST", "scope=a&scope=b"), ("/userinfo", "POST", "x=%ff"), ("/revoke?a&a", "POST", "token=a"),
				   ("/.well-known/openid-configuration?a&a", "GET", None)):
		reply = _s.fetch(_s.issuer + path, method, PERSON | (form if body else {}), body)
		equal((reply.status, reply.json()["error"]), (400, "invalid_request"), path)


@test
def no_password_or_token_is_logged():
	_signed_in()
	browser = _s.browser()
	browser.submit(_page(browser), {"login": "somebody", "password": "a-wrong-password"})
	log = _s.log("daemon")
	lacks(log, "a-wrong-password", "the log")
	lacks(log, _s.passwords["alice"], "the log")
	lacks(log, _s.passwords["bob"], "the log")
	contains(log, "user.signed_in", "the log")
	contains(log, "user.sign_in_failed", "the log")


tap.main(_start, _stop)
