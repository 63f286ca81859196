#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Session mode with a provider of somebody else's, as providers of the field are: claims, token answers, key sets, issuers and faults
of every shape, through the real daemon and the real nginx. What is good must sign in; what is not says why, in one line of the log."""
import json
import os
import sqlite3
import sys
import time
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from gate import Backend  # noqa: E402
import tap  # noqa: E402
from oddprovider import OddProvider  # noqa: E402
from system import System, kill_parent  # noqa: E402
from tap import check, equal, poll, test  # noqa: E402

SERVER = """
	server {
		listen 127.0.0.1:@PORT@; server_name app.localhost plain.localhost;
		ostiary session;
		location ^~ /_ostiary/ { ostiary provider; proxy_pass http://ostiary; }
		location /orders { ostiary_require scope all orders:read; proxy_pass http://echo; }
		location / { proxy_pass http://echo; }
	}
"""


class Field(System):
	"""The demo's daemon and nginx, and two gateway hosts at the odd provider: app has a map of claims, plain has none."""

	def __init__(self, path="/realms/a/", **options):
		self.echo = Backend()
		super().__init__(backend=False, edit_config=self.configure, edit_nginx=self.locations, **options)
		self.provider = OddProvider(self.folder, path)

	def configure(self, text):
		secret = os.path.join(self.folder, "app.secret")
		with open(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
			f.write("x" * 40 + "\n")
		row = "  - {{host: '{}.localhost:{}', issuer: '{}', client_id: app, client_secret_file: app.secret, scope: openid profile orders:read{}}}\n"
		text = text.rstrip("\n") + "\n"
		return text + row.format("app", self.port, self.provider.issuer, self.claims()) + row.format("plain", self.port, self.provider.issuer, "")

	def claims(self):
		return ", claims: {roles: groups, tenant: org}"

	def locations(self, text):
		end = text.rstrip().rindex("}")
		upstream = f"\tupstream echo {{ server 127.0.0.1:{self.echo.port}; }}\n"
		return text[:end] + upstream + SERVER.replace("@PORT@", str(self.port)) + "}\n"

	def __exit__(self, *what):
		try:
			return super().__exit__(*what)
		finally:
			self.provider.shutdown()
			self.provider.server_close()
			self.echo.shutdown()
			self.echo.server_close()

	def begin(self, host="app", path="/"):
		"""A browser on its way to the provider, and what it was sent with."""
		b = self.browser()
		reply = b.request(self.url(host, "/_ostiary/login?return_to=" + urllib.parse.quote(path)))
		query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(reply.location or "").query))
		return b, reply, query

	def back(self, b, query, host="app", **more):
		code = f"c{time.monotonic_ns()}"
		self.provider.nonces[code] = query.get("nonce")
		back = {"code": code, "state": query.get("state", ""), **more}
		return b.request(self.url(host, "/_ostiary/callback?") + urllib.parse.urlencode(back), initiator="https://elsewhere.example")

	def sign_in(self, host="app"):
		b, _, query = self.begin(host)
		return b, self.back(b, query, host)

	def seen(self, b, host="app", path="/"):
		"""What the backend is told of this browser: {name: value}, or the status where it is refused."""
		reply = b.request(self.url(host, path))
		if reply.status != 200:
			return reply.status
		return {n: v for n, v in reply.json()["headers"]}

	def events(self, name):
		return [json.loads(line) for line in self.log().splitlines() if f'"event":"{name}"' in line]


FIELD = {}


def field():
	"""The engines, started once."""
	if not FIELD:
		FIELD["s"] = Field()
		FIELD["s"].__enter__()
	s = FIELD["s"]
	s.provider.reset()
	return s


# What a good ID token may say besides `sub`. Nobody is refused for it.
CLAIMS = {
	"none": {},
	"groups with slashes": {"groups": ["/realm/sales", "/realm/it"]},
	"umlauts": {"groups": ["K\u00f6nige", "\u0444"], "name": "J\u00fcrgen M\u00fcller"},
	"a string": {"groups": "admin"},
	"null": {"groups": None, "org": None},
	"an empty list": {"groups": []},
	"a quote": {"groups": ['a"b', "back\\slash"]},
	"a tenant with spaces": {"org": "Example GmbH & Co. KG"},
	"a name that is a number": {"name": 7},
	"a name that is long": {"name": "x" * 3000},
	"a name that is padded": {"name": "  Ann  "},
	"a sid that is a number": {"sid": 7},
	"a sub of 64": {"sub": "a" * 64},
	"a sub of 255": {"sub": "b" * 255},
	"a sub with a bar": {"sub": "auth0|5f7c8ec7c33c6c004bbafe82"},
	"hundreds of short groups": {"groups": [f"g{i}" for i in range(200)]},
	"an ID token of 12 KB": {"padding": "p" * 8800},
}


@test
def claims_of_the_field_sign_in():
	s, bad = field(), []
	for name, claims in CLAIMS.items():
		s.provider.reset()
		s.provider.claims = {k: v for k, v in claims.items() if v is not None}
		b, reply = s.sign_in()
		seen = s.seen(b) if reply.status == 302 else reply.status
		if not isinstance(seen, dict) or seen.get("X-User-Id") != claims.get("sub", "u1"):
			bad.append(f"{name}: callback {reply.status}, then {seen}")
	equal(bad, [], "all sign in")


@test
def granted_scope_passes_a_rule_and_asked_scope_does_not():
	s = field()
	for answer, status in (({}, 200), ({"scope": "openid profile orders:read"}, 200), ({"scope": "openid"}, 403), ({"scope": ""}, 403),
		({"scope": ["openid", "orders:read"]}, 200), ({"scope": None}, 200)):
		s.provider.answer = answer
		b, reply = s.sign_in()
		equal(reply.status, 302, f"{answer}: signed in")
		seen = s.seen(b, path="/orders")
		equal(200 if isinstance(seen, dict) else seen, status, f"{answer}: the rule")


@test
def granted_scope_narrows_at_a_renewal():
	s = field()
	s.provider.answer = {"expires_in": 35, "refresh_token": "r"}
	b, _ = s.sign_in()
	check(isinstance(s.seen(b, path="/orders"), dict), "granted")
	s.provider.answer = {"expires_in": 3600, "refresh_token": None, "id_token": None, "scope": "openid"}
	poll(lambda: s.seen(b, path="/orders") == 403, "narrowed", 30)
	check(isinstance(s.seen(b), dict), "still signed in")


@test
def token_answers_of_the_field_sign_in():
	s = field()
	for answer in ({"expires_in": "3600"}, {"expires_in": 3599.9}, {"expires_in": "absent"}, {"expires_in": 60 * 86400}, {"refresh_token": None},
		{"session_state": "x", "not-before-policy": 0, "ext_expires_in": "3600", "user": {"id": 1}}, {"token_type": "bearer"}):
		s.provider.answer = answer
		b, reply = s.sign_in()
		equal(reply.status, 302, f"{answer}: signed in")
		check(isinstance(s.seen(b), dict), f"{answer}: known")


@test
def another_issuers_names_are_taken_only_by_a_map():
	s = field()
	s.provider.claims = {"roles": ["admin"], "tenant": "default", "groups": ["staff"], "org": "acme"}
	b, _ = s.sign_in("plain")
	seen = s.seen(b, "plain")
	equal((seen.get("X-User-Id"), seen.get("X-Roles"), seen.get("X-Tenant-Id")), ("u1", None, None), "no map")
	b, _ = s.sign_in("app")
	seen = s.seen(b, "app")
	equal((seen.get("X-Roles"), seen.get("X-Tenant-Id")), ("staff", "acme"), "a map")


@test
def sign_out_with_a_large_id_token_keeps_its_redirect_short():
	s = field()
	for size in (0, 3000, 8800):
		s.provider.claims = {"padding": "p" * size}
		b, _ = s.sign_in()
		reply = b.request(s.url("app", "/_ostiary/logout"), "POST", initiator=s.origin("app"))
		check(reply.status in (302, 303) and reply.location.startswith(s.provider.base + "/end?"), f"{size}: {reply!r}")
		check(len(reply.location) < 2048 and "client_id=app" in reply.location, f"{size}: {len(reply.location)} bytes")
		check(not isinstance(s.seen(b), dict), f"{size}: signed out")


FAULTS = {
	"a token endpoint that is down": ({"/token": (503, "busy", "text/plain")}, {}, "token endpoint: its answer with status 503 is not JSON"),
	"a client that it refuses": ({"/token": (401, {"error": "invalid_client"})}, {}, "token endpoint: status 401 invalid_client"),
	"an answer without tokens": ({"/token": (200, {})}, {}, "token endpoint: its answer holds no bearer access_token, or a token that is no string"),
}


@test
def what_a_provider_did_wrong_stands_in_one_line():
	for name, (lies, _, want) in FAULTS.items():
		with Field() as s:
			s.provider.lies = lies
			for _ in range(3):
				_, reply = s.sign_in()
				check(reply.status >= 400, f"{name}: {reply.status}")
			found = [e for e in s.events("provider.failed")]
			equal([(e["provider"], e["detail"]) for e in found], [(s.provider.issuer, want)], name)


@test
def a_key_that_was_rotated_a_moment_ago_signs_in():
	s = field()
	for _ in range(2):
		b, _, query = s.begin()
		s.provider.rotate()
		equal(s.back(b, query).status, 302, "signed in")
		check(isinstance(s.seen(b), dict), "known")


@test
def a_sign_in_elsewhere_is_audited_and_listed():
	s = field()
	s.provider.claims = {"sub": "somebody-of-theirs"}
	s.sign_in()
	rows = json.loads(s.cli("audit", "list", "--json").stdout)
	rows = rows.get("audit", rows) if isinstance(rows, dict) else rows
	found = [r for r in rows if r.get("event") == "gateway.signed_in" and "somebody-of-theirs" in json.dumps(r)]
	equal(len(found), 1, "listed")
	check(s.provider.issuer in json.dumps(found[0]) and "app.localhost" in json.dumps(found[0]), f"with issuer and host: {found[0]}")
	lines = [e for e in s.events("audit") if e.get("what") == "gateway.signed_in" and e.get("sub") == "somebody-of-theirs"]
	equal([e["provider"] for e in lines], [s.provider.issuer], "in the log")


def sign_out(s, token):
	"""Signs a browser in with this refresh token, and out again. Returns how long the sign-out took."""
	s.provider.answer = {"refresh_token": token}
	b, _ = s.sign_in()
	check(isinstance(s.seen(b), dict), "signed in")
	began = time.monotonic()
	reply = b.request(s.url("app", "/_ostiary/logout"), "POST", initiator=s.origin("app"))
	took = time.monotonic() - began
	check(reply.status in (302, 303), f"{reply!r}")
	check(not isinstance(s.seen(b), dict), "signed out")
	return took


def revoked(s):
	return [form["token"] for form, _ in s.provider.revoked]


def at_rest(s):
	"""All bytes of the directory."""
	whole = b""
	for name in ("ostiary.db", "ostiary.db-wal"):
		path = os.path.join(s.folder, "state", name)
		if os.path.exists(path):
			with open(path, "rb") as f:
				whole += f.read()
	return whole


def outbox(s, what, where):
	db = sqlite3.connect(f"file:{os.path.join(s.folder, 'state', 'ostiary.db')}?mode=ro", uri=True)
	try:
		return db.execute(f"SELECT {what} FROM outbox WHERE {where}").fetchone()[0]
	finally:
		db.close()


@test
def a_signed_out_refresh_token_is_revoked_whatever_happens_between():
	s = Field()
	s.provider.metadata = {"revocation_endpoint": s.provider.base + "/revoke"}
	with s:
		sign_out(s, "refresh-one")
		poll(lambda: revoked(s) == ["refresh-one"], "revoked", 20)
		form, authorization = s.provider.revoked[0]
		equal((form["token_type_hint"], (authorization or "").split(" ")[0]), ("refresh_token", "Basic"), "as RFC 7009 says")
		# It is down, then the daemon is killed, then both are there again.
		s.provider.lies["/revoke"] = (503, "busy", "text/plain")
		sign_out(s, "refresh-two-at-rest")
		poll(lambda: outbox(s, "count(*)", "leased = 0 AND tries > 0") == 1, "tried, and due again", 20)
		check(b"app.localhost" in at_rest(s), "this is the directory")
		check(b"refresh-two-at-rest" not in at_rest(s), "the token rests sealed")
		check("refresh-two-at-rest" not in s.log(), "and is not in the log")
		kill_parent(s)
		del s.provider.lies["/revoke"]
		s.start_daemon()
		poll(lambda: revoked(s) == ["refresh-one", "refresh-two-at-rest"], "revoked after the restart", 60)
		poll(lambda: outbox(s, "count(*)", "1") == 0, "and over", 20)


@test
def a_provider_that_hangs_delays_no_sign_out():
	s = Field()
	s.provider.metadata = {"revocation_endpoint": s.provider.base + "/revoke"}
	with s:
		s.provider.slow["/revoke"] = 8
		took = [sign_out(s, f"refresh-{i}") for i in range(4)]
		check(max(took) < 4, f"each at once: {took}")
		del s.provider.slow["/revoke"]
		poll(lambda: sorted(revoked(s)) == [f"refresh-{i}" for i in range(4)], "and all are revoked", 60)


@test
def a_revocation_that_is_refused_is_given_up_and_told():
	s = Field()
	s.provider.metadata = {"revocation_endpoint": s.provider.base + "/revoke"}
	with s:
		s.provider.lies["/revoke"] = (400, {"error": "unsupported_token_type"})
		sign_out(s, "refresh-refused")
		poll(lambda: [e for e in s.events("audit") if e.get("what") == "outbox.given_up"], "in the log", 20)
		found = [r for r in json.loads(s.cli("audit", "list", "--json").stdout)["audit"] if r["event"] == "outbox.given_up"]
		equal(len(found), 1, "recorded")
		check(s.provider.issuer in json.dumps(found[0]) and "refresh-refused" not in json.dumps(found[0]), f"whom, and no token: {found[0]}")
		equal(s.provider.asked.count("/revoke"), 1, "asked once")


def teardown():
	if FIELD:
		FIELD["s"].__exit__(None, None, None)


tap.main(teardown=teardown)
