# SPDX-License-Identifier: Apache-2.0
"""The tour: nine steps through the running system, each hop a line of a sequence diagram, each answer checked."""
import base64
import hashlib
import json
import os
import re
import secrets
import subprocess
import sys
import threading
import time
import urllib.parse

import agent
from agent import Agent, Forms, b64url, decode, query_of
from world import Trouble

NAMES = {"id": "Provider", "shop": "Shop", "api": "Gateway", "web": "Gateway"}


class Wrong(Exception):
	"""A hop was not right."""


def must(condition, what):
	if not condition:
		raise Wrong(what)


def shade(text):
	return f"\033[2m{text}\033[0m" if sys.stdout.isatty() else text


def heading(number, text):
	mark = "\033[1m" if sys.stdout.isatty() else ""
	print(f"\n{mark}{number}. {text}{mark and chr(27) + '[0m'}", flush=True)


class Tour:
	def __init__(self, world):
		self.w = world
		self.browser = Agent(ca=world.ca, on_hop=lambda r, h, b: self.hop("Browser", r))
		self.tokens = {}
		self.shop = world.origin("shop")

	def hop(self, who, reply, note=""):
		parts = urllib.parse.urlsplit(reply.url)
		host = (parts.hostname or "").split(".")[0]
		place = parts.path + ("?" + parts.query if parts.query else "")
		place = re.sub(r"((?:code|state|nonce|code_challenge|id_token_hint|request|interaction)=)[^&]{13,}", r"\1…", place)
		line = f"  {who:>7} → {NAMES.get(host, host):8} {reply.method:7} {place[:110]}"
		end = f"{reply.status}"
		if reply.location:
			end += " → " + re.sub(r"\?.*", "?…", reply.location)
		cookies = [c.split("=")[0] for c in reply.all("set-cookie")]
		if cookies:
			end += "  set " + " ".join(cookies)
		print(f"{line}   {end}  {note}".rstrip(), flush=True)

	def ask(self, who, url, method="GET", headers=None, body=None, note=""):
		reply = agent.fetch(url, method, headers, body, ca=self.w.ca)
		self.hop(who, reply, note)
		return reply

	def show(self, name, token):
		header, claims = decode(token)
		print(shade(f"            {name}: {json.dumps(header)}"))
		print(shade(f"            {' ' * len(name)}  {json.dumps(claims)}"), flush=True)
		return header, claims

	# 1

	def discovery(self):
		heading(1, "The shop reads the provider's metadata from another origin and sends the user there")
		reply = self.ask("Shop", self.w.issuer + "/.well-known/openid-configuration", headers={"Origin": self.shop})
		must(reply.status == 200 and reply.header("access-control-allow-origin") in ("*", self.shop), "discovery answers CORS")
		self.meta = reply.json()
		must(self.meta["issuer"] == self.w.issuer, "the metadata names its issuer")
		self.verifier, self.state, self.nonce = secrets.token_urlsafe(32), secrets.token_urlsafe(16), secrets.token_urlsafe(16)
		challenge = b64url(hashlib.sha256(self.verifier.encode()).digest())
		query = urllib.parse.urlencode({"client_id": "shop", "response_type": "code", "redirect_uri": self.shop + "/",
			"scope": "openid profile email offline_access orders:read orders:write", "state": self.state, "nonce": self.nonce,
			"code_challenge": challenge, "code_challenge_method": "S256"})
		self.page = self.browser.get(self.meta["authorization_endpoint"] + "?" + query, until=self.shop, initiator=self.shop)
		must(self.page.status == 200 and "type=\"password\"" in self.page.text, "a sign-in page")

	# 2

	def sign_in(self):
		heading(2, "The provider's sign-in and consent pages")
		page = self.browser.submit(self.page, {"login": "alice", "password": "not her password"}, until=self.shop)
		must(page.status in (200, 400, 401, 403) and not page.location, "a wrong password shows the form again")
		page = self.browser.submit(page, {"login": "alice", "password": self.w.passwords["alice"]}, until=self.shop)
		must(any(name.startswith("__Host-") for name in self.browser.jar.cookies["id.localhost"]), "a __Host- session cookie")
		must("The Corner Shop" in page.text, "the consent page names the app")
		values = [b["value"] for b in Forms(page.text).forms[0]["buttons"]]
		page = self.browser.submit(page, button="allow" if "allow" in values else None, until=self.shop)
		must((page.location or "").startswith(self.shop + "/"), "back to the shop")
		answer = query_of(page.location)
		must(answer.get("state") == self.state and answer.get("iss") == self.w.issuer, "state and iss come back")
		self.code = answer["code"]

	# 3

	def redeem(self):
		heading(3, "The code becomes tokens; a refresh narrows the scope")
		form = {"grant_type": "authorization_code", "code": self.code, "code_verifier": self.verifier, "client_id": "shop",
			"redirect_uri": self.shop + "/"}
		reply = self.ask("Shop", self.meta["token_endpoint"], "POST", {"Origin": self.shop}, form)
		must(reply.status == 200, f"tokens, not {reply.text}")
		self.tokens = reply.json()
		_, claims = self.show("ID token", self.tokens["id_token"])
		must(claims["nonce"] == self.nonce and claims["aud"] in ("shop", ["shop"]), "the ID token is for this sign-in")
		header, claims = self.show("access token", self.tokens["access_token"])
		must(header["typ"] == "at+jwt" and claims["iss"] == self.w.issuer, "an RFC 9068 access token")
		reply = self.ask("Shop", self.meta["token_endpoint"], "POST", {"Origin": self.shop},
			{"grant_type": "refresh_token", "refresh_token": self.tokens["refresh_token"], "client_id": "shop",
			"scope": "openid orders:write"})
		must(reply.status == 200, f"a refresh, not {reply.text}")
		self.first_refresh = self.tokens["refresh_token"]
		self.tokens["refresh_token"] = reply.json()["refresh_token"]
		_, claims = self.show("narrower", reply.json()["access_token"])
		must("orders:read" not in claims["scope"].split(), "the narrower token has no orders:read")
		self.narrow = reply.json()["access_token"]

	# 4, 5

	def bearer(self, token=None, **more):
		return {"Authorization": "Bearer " + (token or self.tokens["access_token"]), **more}

	def api(self):
		heading(4, "The API behind the gateway: preflight, bearer token, rules")
		url = self.w.url("api", "/orders")
		reply = self.ask("Browser", url, "OPTIONS", {"Origin": self.shop, "Access-Control-Request-Method": "GET",
			"Access-Control-Request-Headers": "authorization"})
		must(reply.status in (200, 204) and reply.header("access-control-allow-origin") == self.shop, "the preflight is answered")
		reply = self.ask("Shop", url, headers=self.bearer(Origin=self.shop, **{"X-User-Id": "mallory", "X_User_Id": "mallory"}),
			note="with a forged X-User-Id")
		must(reply.status == 200, f"orders, not {reply.status} {reply.text}")
		must(reply.json()["user"] == decode(self.tokens["access_token"])[1]["sub"], "the backend sees the token's user")
		must(reply.json()["tenant"] == "default" and "customer" in reply.json()["roles"], "tenant and roles arrive")
		must(self.ask("Shop", url, note="no token").status == 401, "no token: 401")
		must(self.ask("Shop", url, headers=self.bearer(self.narrow), note="without orders:read").status == 403, "no scope: 403")
		broken = self.tokens["access_token"][:-4] + ("AAAA" if not self.tokens["access_token"].endswith("AAAA") else "BBBB")
		must(self.ask("Shop", url, headers=self.bearer(broken), note="tampered").status == 401, "a tampered token: 401")

	def backend(self):
		heading(5, "The backend verifies by itself; a partner's API takes HS256 with two keys")
		reply = self.ask("Shop", self.w.url("api", "/verified/orders"), headers=self.bearer())
		must(reply.status == 200 and reply.json()["verified_by"] == "backend", f"verified in the backend: {reply.text}")
		must(self.ask("Shop", self.w.url("api", "/verified/orders"), headers=self.bearer(self.narrow)).status == 403, "and by scope")
		for key in self.w.partner_keys:
			token = partner_token(key, self.w.origin("api") + "/partner")
			reply = self.ask("Partner", self.w.url("api", "/partner/stock"), headers=self.bearer(token), note=key["kid"])
			must(reply.status == 200 and reply.json()["user"] == "partner-7", f"the partner's key {key['kid']}: {reply.text}")
		stranger = dict(self.w.partner_keys[0], k=b64url(os.urandom(32)))
		token = partner_token(stranger, self.w.origin("api") + "/partner")
		must(self.ask("Partner", self.w.url("api", "/partner/stock"), headers=self.bearer(token), note="another key").status == 401, "401")

	# 6

	def web(self):
		heading(6, "Without tokens in the browser: the gateway signs in and keeps them")
		web = self.w.origin("web")
		tabs = [self.browser.request(web + "/", headers={"Accept": "text/html"}) for _ in range(2)]
		must(all(t.status in (302, 303) for t in tabs), "both tabs are sent to sign in")
		for tab in tabs:
			page = self.browser.follow(tab)
			must(page.status == 200 and page.url.startswith(web), f"signed in by the session at the provider: {page!r}")
		must("__Host-ostiary-gate" in self.browser.jar.cookies["web.localhost"], "a session cookie at the gateway")
		origin = {"Origin": web, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}
		reply = self.browser.request(web + "/cart", "POST", origin, b'{"item":"umbrella"}', initiator=web, navigate=False)
		must(reply.status == 200, f"the cart takes it: {reply.text}")
		for _ in ("a reload", "another tab"):
			reply = self.browser.request(web + "/cart", initiator=web, navigate=False)
			must(reply.json()["items"] == ["umbrella"], "the cart is still there")
		must("eyJ" not in json.dumps(self.browser.jar.cookies["web.localhost"]), "no token in the browser")

	# 7

	def refresh(self):
		heading(7, "Rotation, replay, sign-out")
		used = self.tokens["refresh_token"]
		form = {"grant_type": "refresh_token", "client_id": "shop"}
		first = self.ask("Shop", self.meta["token_endpoint"], "POST", None, {**form, "refresh_token": used})
		again = self.ask("Shop", self.meta["token_endpoint"], "POST", None, {**form, "refresh_token": used}, note="within the grace")
		must(first.status == again.status == 200, "a repeat within the grace works")
		must(first.json()["refresh_token"] == again.json()["refresh_token"], "and yields the same successor")
		old = self.ask("Shop", self.meta["token_endpoint"], "POST", None, {**form, "refresh_token": self.first_refresh},
			note="an old one")
		must(old.status == 400 and old.json()["error"] == "invalid_grant", "an old one is refused")
		dead = self.ask("Shop", self.meta["token_endpoint"], "POST", None, {**form, "refresh_token": first.json()["refresh_token"]},
			note="its family is ended")
		must(dead.status == 400, "and its family with it")

	def fresh_tokens(self):
		verifier = secrets.token_urlsafe(32)
		page = self.browser.get(self.meta["authorization_endpoint"] + "?" + urllib.parse.urlencode({"client_id": "shop",
			"response_type": "code", "redirect_uri": self.shop + "/", "state": "again", "code_challenge_method": "S256",
			"scope": "openid orders:read", "code_challenge": b64url(hashlib.sha256(verifier.encode()).digest())}),
			until=self.shop, initiator=self.shop)
		must((page.location or "").startswith(self.shop), f"signed in already, no form: {page!r}")
		reply = self.ask("Shop", self.meta["token_endpoint"], "POST", None, {"grant_type": "authorization_code", "client_id": "shop",
			"code": query_of(page.location)["code"], "code_verifier": verifier, "redirect_uri": self.shop + "/"})
		must(reply.status == 200, f"tokens, not {reply.text}")
		self.tokens = reply.json()

	def sign_out(self):
		page = self.browser.get(self.meta["end_session_endpoint"] + "?" + urllib.parse.urlencode({
			"id_token_hint": self.tokens["id_token"], "post_logout_redirect_uri": self.shop + "/", "state": "bye"}),
			until=self.shop, initiator=self.shop)
		if page.status == 200 and Forms(page.text).forms:
			page = self.browser.submit(page, until=self.shop)
		must((page.location or "").startswith(self.shop), f"back to the shop after sign-out: {page!r}")
		reply = self.browser.request(self.w.url("web", "/"), headers={"Accept": "text/html"})
		end = time.monotonic() + 5
		while reply.status == 200 and time.monotonic() < end:
			time.sleep(0.1)
			reply = self.browser.request(self.w.url("web", "/"), headers={"Accept": "text/html"})
		must(reply.status in (302, 303), "the gateway's session has ended too")
		end = time.monotonic() + 5
		while self.ask("Shop", self.w.url("api", "/orders"), headers=self.bearer(), note="after sign-out").status != 401:
			must(time.monotonic() < end, "the access token has ended too")
			time.sleep(0.1)
		page = self.browser.get(self.meta["authorization_endpoint"] + "?" + urllib.parse.urlencode({"client_id": "shop",
			"response_type": "code", "redirect_uri": self.shop + "/", "scope": "openid", "code_challenge": "a" * 43,
			"code_challenge_method": "S256"}), until=self.shop, initiator=self.shop)
		must(page.status == 200 and "type=\"password\"" in page.text, "and the provider asks for the password again")

	# 8

	def rotate(self):
		heading(8, "`ostiary key rotate` while traffic runs")
		before = self.machine()
		kid = decode(before)[0]["kid"]
		failures, count, stop = [], [0], threading.Event()

		def traffic():
			while not stop.is_set():
				reply = agent.fetch(self.w.url("api", "/orders"), headers=self.bearer(self.machine(quiet=True)), ca=self.w.ca)
				count[0] += 1
				if reply.status != 200:
					failures.append(reply)
		threads = [threading.Thread(target=traffic) for _ in range(2)]
		for thread in threads:
			thread.start()
		time.sleep(0.5)
		self.w.cli("key", "rotate")
		end = time.monotonic() + 10
		while decode(self.machine(quiet=True))[0]["kid"] == kid and time.monotonic() < end:
			time.sleep(0.05)
		time.sleep(0.5)
		stop.set()
		for thread in threads:
			thread.join()
		must(not failures, f"{len(failures)} of {count[0]} requests failed: {failures[:1]}")
		header, _ = self.show("new token", self.machine())
		must(header["kid"] != kid, "new tokens carry the new key")
		must(self.ask("Robot", self.w.url("api", "/orders"), headers=self.bearer(before),
			note="the old token").status == 200, "it still holds")
		print(f"            {count[0]} requests meanwhile, none failed")

	def machine(self, quiet=False):
		secret = base64.b64encode(("stock-robot:" + self.w.secrets["stock-robot"]).encode()).decode()
		reply = agent.fetch(self.meta["token_endpoint"], "POST", {"Authorization": "Basic " + secret},
			{"grant_type": "client_credentials", "scope": "orders:read"}, ca=self.w.ca)
		if not quiet:
			self.hop("Robot", reply)
		must(reply.status == 200, f"a token for the robot: {reply.text}")
		return reply.json()["access_token"]

	# 9

	def native(self):
		heading(9, "`ostiary login` from the terminal")
		argv = [self.w.binary, "login", "--no-browser", "-c", self.w.config]
		process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL)
		try:
			address, said = None, ""
			while address is None:
				line = process.stdout.readline()
				must(line, f"ostiary login prints an address: {said}")
				said += line
				found = re.search(r"https?://\S+/authorize\?\S+", line)
				address = found and found[0]
			print(f"            prints {address[:60]}…")
			person = Agent(ca=self.w.ca, on_hop=lambda r, h, b: self.hop("Browser", r))
			page = person.get(address, until="http://127.0.0.1")
			for _ in range(3):
				if page.location:
					break
				values = [b["value"] for b in Forms(page.text).forms[0]["buttons"]]
				page = person.submit(page, {"login": "alice", "password": self.w.passwords["alice"]},
					button="allow" if "allow" in values else None, until="http://127.0.0.1")
			must((page.location or "").startswith("http://127.0.0.1"), "back to the loopback address")
			back = person.request(page.location, initiator=self.w.issuer)
			must(back.status == 200, "the terminal thanks")
			said = process.communicate(timeout=20)[0]
			must(process.returncode == 0 and "alice" in said.lower(), f"it shows who they are: {said}")
			print("            " + said.strip().replace("\n", "\n            "))
		finally:
			if process.poll() is None:
				process.kill()
				process.wait()


def partner_token(key, audience):
	import hmac
	now = int(time.time())
	header = b64url(json.dumps({"alg": "HS256", "typ": "JWT", "kid": key["kid"]}).encode())
	claims = b64url(json.dumps({"iss": "https://partner.example", "aud": audience, "sub": "partner-7", "iat": now, "exp": now + 60}).encode())
	mac = hmac.new(agent.unb64url(key["k"]), f"{header}.{claims}".encode(), hashlib.sha256).digest()
	return f"{header}.{claims}.{b64url(mac)}"


STEPS = ("discovery", "sign_in", "redeem", "api", "backend", "web", "refresh", "sign_out_again", "rotate", "native")


def walk(world, steps=STEPS):
	tour = Tour(world)
	step = None
	try:
		for step in steps:
			if step == "sign_out_again":
				# The replay has ended the shop's tokens: sign in once more, so that the sign-out has something to end.
				tour.fresh_tokens()
				tour.sign_out()
			else:
				getattr(tour, step)()
	except (Wrong, AssertionError, KeyError, OSError, Trouble) as error:
		print(f"\nWrong at {step}: {error!r}", flush=True)
		for name in ("daemon", "nginx", "backend"):
			for line in world.log(name).splitlines()[-12:]:
				print(f"  {name}: {line[:300]}")
		return 1
	refused = tour.browser.jar.refused
	if refused:
		print(f"\nA browser would have refused these cookies: {refused}")
		return 1
	print("\nEvery hop was right.", flush=True)
	return 0
