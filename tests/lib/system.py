# SPDX-License-Identifier: Apache-2.0
"""The real system for tests: daemon, backend and nginx in a temporary folder on free ports, and what a client does there.

	with System() as s:                      # or System(nginx=False) for the daemon alone behind nothing
		tokens = s.sign_in("alice", client_id="shop", scope="openid orders:read")
		reply = s.fetch(s.url("api", "/orders"), headers={"Authorization": "Bearer " + tokens["access_token"]})
"""
import base64
import hashlib
import json
import os
import re
import secrets
import shutil
import signal
import sys
import tempfile
import urllib.parse

_root = os.environ.get("OSTIARY_ROOT") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(_root, "tools"))
import agent  # noqa: E402
from agent import Agent, Forms, b64url, decode, query_of, unb64url  # noqa: E402,F401
from tap import poll  # noqa: E402
from world import ROOT, Trouble, World, children_of, command_of, free_port, wait_until  # noqa: E402,F401


def basic(client_id, secret):
	"""RFC 6749 2.3.1: both form-encoded before they are joined."""
	joined = urllib.parse.quote(client_id, safe="") + ":" + urllib.parse.quote(secret, safe="")
	return {"Authorization": "Basic " + base64.b64encode(joined.encode()).decode()}


def change(s, *pairs):
	"""Replaces in the configuration file; each text must be there."""
	with open(s.config) as f:
		text = f.read()
	for old, new in pairs:
		if old not in text:
			raise AssertionError(f"{old!r} is not in the configuration")
		text = text.replace(old, new, 1)
	with open(s.config, "w") as f:
		f.write(text)


def events(s, name):
	"""Lines of the daemon's log of that event."""
	rows = (json.loads(line) for line in s.log().splitlines() if line.startswith("{"))
	return [row for row in rows if row["event"] == name]


def runs(pid):
	"""Whether a process still holds its descriptors: the first of its threads may wait to be collected (Z) while others still end."""
	def ended(thread):
		try:
			with open(f"/proc/{pid}/task/{thread}/stat") as f:
				return f.read().rpartition(")")[2].split()[0] in "ZX"
		except (FileNotFoundError, ProcessLookupError):
			return True
	try:
		return not all(ended(thread) for thread in os.listdir(f"/proc/{pid}/task"))
	except (FileNotFoundError, ProcessLookupError):
		return False


def kill_parent(s):
	"""Kills it and waits until its roles have gone after it: while one of them holds a socket no other daemon may have it."""
	roles = [pid for role, pid in s.roles().items() if role != "parent"]
	s.daemon.send_signal(signal.SIGKILL)
	s.daemon.wait()
	poll(lambda: not any(runs(pid) for pid in roles), "the roles are gone", 30)


def pkce():
	verifier = secrets.token_urlsafe(32)
	return verifier, b64url(hashlib.sha256(verifier.encode()).digest())


class System(World):
	"""nginx=False: only the daemon, asked over its own socket (fetch_daemon)."""

	def __init__(self, nginx=True, backend=True, **options):
		self.temporary = tempfile.mkdtemp(prefix="ostiary-")
		super().__init__(self.temporary, **options)
		self.with_nginx, self.with_backend = nginx, backend and nginx

	def __enter__(self):
		try:
			self.write()
			self.start_daemon()
			if self.with_nginx:
				self.start_nginx()
			if self.with_backend:
				self.start_backend()
		except BaseException:
			self.close()
			raise
		return self

	def __exit__(self, kind, error, trace):
		if kind is not None:
			for name in ("daemon", "backend", "nginx"):
				for line in self.log(name).splitlines()[-25:]:
					print(f"# {name}: {line[:400]}", flush=True)
		self.close()
		return False

	def close(self):
		self.stop()
		found = [n for n in ("daemon", "nginx", "backend") if re.search(r"ERROR: \w+Sanitizer|runtime error:", self.log(n))]
		for name in found:
			text = self.log(name)
			start = re.search(r"ERROR: \w+Sanitizer|runtime error:", text).start()
			print("\n".join("# " + line for line in text[max(0, start - 200):start + 4000].splitlines()), flush=True)
		shutil.rmtree(self.temporary, ignore_errors=True)
		if found:
			raise Trouble(f"a sanitizer spoke in {' '.join(found)}")

	# clients

	def fetch(self, url, method="GET", headers=None, body=None, **options):
		"""One request without cookies, as an app or a machine makes it."""
		return agent.fetch(url, method, headers, body, ca=self.ca, **options)

	def fetch_daemon(self, path, method="GET", headers=None, body=None):
		"""Straight to the daemon's public socket, as its proxy would."""
		pairs = dict(headers or {})
		pairs.setdefault("Host", urllib.parse.urlsplit(self.issuer).netloc)
		pairs.setdefault("X-Forwarded-For", "192.0.2.1")
		pairs.setdefault("X-Forwarded-Proto", self.scheme)
		return agent.fetch("http://localhost" + path, method, pairs, body, unix=self.http_sock)

	def browser(self):
		return Agent(ca=self.ca)

	def token(self, headers=None, **fields):
		"""POST /token with these form fields."""
		return self.fetch(self.issuer + "/token", "POST", headers, fields)

	def machine_token(self, scope=None, resource=None, client_id="stock-robot"):
		"""An access token by client credentials."""
		fields = {"grant_type": "client_credentials"}
		if scope is not None:
			fields["scope"] = scope
		if resource is not None:
			fields["resource"] = resource
		reply = self.token(basic(client_id, self.secrets[client_id]), **fields)
		if reply.status != 200:
			raise AssertionError(f"client credentials: {reply!r}")
		return reply.json()["access_token"]

	def redirect_uri(self, client_id):
		return {"shop": self.origin("shop") + "/", "ostiary-cli": "http://127.0.0.1:9/callback"}.get(client_id)

	def authorize_url(self, client_id="shop", scope="openid", challenge=None, **more):
		fields = {"client_id": client_id, "response_type": "code", "redirect_uri": self.redirect_uri(client_id), "scope": scope}
		if challenge:
			fields.update(code_challenge=challenge, code_challenge_method="S256")
		fields.update(more)
		return self.issuer + "/authorize?" + urllib.parse.urlencode({k: v for k, v in fields.items() if v is not None})

	def answer_pages(self, browser, reply, user, until, allow=True):
		"""Goes through sign-in and consent, whichever are shown, until the redirect to `until`."""
		for _ in range(4):
			if reply.status in (302, 303) and (reply.location or "").startswith(until):
				return reply
			forms = Forms(reply.text).forms if reply.status == 200 else []
			if not forms:
				raise AssertionError(f"neither a form nor the way back: {reply!r}")
			if any(f["type"] == "password" for f in forms[0]["fields"]):
				reply = browser.submit(reply, {"login": user, "password": self.passwords[user]}, until=until)
			else:
				buttons = [b["value"] for b in forms[0]["buttons"]]
				wanted = "allow" if allow else "deny"
				reply = browser.submit(reply, button=wanted if wanted in buttons else None, until=until)
		raise AssertionError(f"still a page after sign-in and consent: {reply!r}")

	def authorize(self, user="alice", browser=None, allow=True, **request):
		"""The whole way to the redirect; gives its parameters."""
		browser = browser or self.browser()
		until = request.get("redirect_uri") or self.redirect_uri(request.get("client_id", "shop"))
		reply = browser.get(self.authorize_url(**request), until=until, initiator=self.origin("shop"))
		reply = self.answer_pages(browser, reply, user, until, allow)
		return query_of(reply.location)

	def sign_in(self, user="alice", browser=None, client_id="shop", scope="openid profile offline_access orders:read", resource=None, **more):
		"""Code and PKCE from nothing to tokens; gives the token endpoint's JSON, with the nonce under "_nonce"."""
		verifier, challenge = pkce()
		nonce, state = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
		answer = self.authorize(user, browser, client_id=client_id, scope=scope, challenge=challenge, nonce=nonce, state=state,
			resource=resource, **more)
		if answer.get("state") != state or "code" not in answer:
			raise AssertionError(f"the way back carries {answer}")
		if answer.get("iss") != self.issuer:
			raise AssertionError(f"iss (RFC 9207) is {answer.get('iss')}")
		fields = {"grant_type": "authorization_code", "code": answer["code"], "code_verifier": verifier, "client_id": client_id,
			"redirect_uri": more.get("redirect_uri") or self.redirect_uri(client_id)}
		reply = self.token(**fields)
		if reply.status != 200:
			raise AssertionError(f"the code was not redeemed: {reply!r}")
		return dict(reply.json(), _nonce=nonce)
