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
