#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Claims as providers of the field write them, in three columns: a bearer token at nginx, a session at nginx, the same session by forward
authentication. Real nginx, real daemon, an odd provider; started once. Each column tells the backend the same, and nobody is refused."""
import json
import os
import sys
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "gateway"))
from gate import Backend, jwt  # noqa: E402
import tap  # noqa: E402
from oddprovider import OddProvider  # noqa: E402
from system import System, free_port  # noqa: E402
from tap import check, equal, test  # noqa: E402

HTTP = """
	large_client_header_buffers 4 64k;
	upstream echo { server 127.0.0.1:@ECHO@; }
	ostiary_issuer field { issuer @ISSUER@; algs ES256; audience app; typ JWT at+jwt; keys file @KEYS@; roles groups; tenant org; }
	server {
		listen 127.0.0.1:@PORT@; server_name field.localhost;
		ostiary_header X-Issuer iss; ostiary_header X-Name name;
		location ^~ /_ostiary/ { ostiary provider; proxy_pass http://ostiary; }
		location /bearer { ostiary bearer field; proxy_pass http://echo; }
		location /admin { ostiary session; ostiary_require role any "Domain Admins" admin "a,b"; proxy_pass http://echo; }
		location /bearer/admin { ostiary bearer field; ostiary_require role any "Domain Admins" admin "a,b"; proxy_pass http://echo; }
		location / { ostiary session; proxy_pass http://echo; }
	}
"""
NAMES = ("X-User-Id", "X-Tenant-Id", "X-Roles")


class Field(System):
	def __init__(self):
		self.echo = Backend()
		super().__init__(backend=False, edit_config=self.configure, edit_nginx=self.locations)
		self.provider = OddProvider(self.folder, "/realms/field/")
		with open(os.path.join(self.folder, "field.jwks"), "w") as f:
			json.dump({"keys": [k.jwk() for k in self.provider.keys]}, f)

	def configure(self, text):
		secret = os.path.join(self.folder, "app.secret")
		with open(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
			f.write("x" * 40 + "\n")
		return text.rstrip("\n") + (f"\n  - {{host: 'field.localhost:{self.port}', issuer: '{self.provider.issuer}', client_id: app, "
			"client_secret_file: app.secret, scope: openid profile, claims: {roles: groups, tenant: org}}\n"
			"forward_auth:\n  - {name: page, mode: session, headers: [X-Issuer=iss, X-Name=name]}\n  - {name: admin, mode: session, roles: [admin]}\n")

	def locations(self, text):
		end = text.rstrip().rindex("}")
		own = HTTP.replace("@ECHO@", str(self.echo.port)).replace("@PORT@", str(self.port)).replace("@ISSUER@", self.provider.issuer)
		return text[:end] + own.replace("@KEYS@", os.path.join(self.folder, "field.jwks")) + "}\n"

	def __exit__(self, *what):
		try:
			return super().__exit__(*what)
		finally:
			for server in (self.provider, self.echo):
				server.shutdown()
				server.server_close()

	def sign_in(self):
		b, reply = self.try_to_sign_in()
		if reply.status != 302:
			raise AssertionError(f"the callback says {reply.status}: {reply.text[:300]}")
		return b

	def try_to_sign_in(self):
		b = self.browser()
		reply = b.request(self.url("field", "/_ostiary/login?return_to=/"))
		query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(reply.location or "").query))
		code = f"c{time.monotonic_ns()}"
		self.provider.nonces[code] = query.get("nonce")
		back = urllib.parse.urlencode({"code": code, "state": query.get("state", "")})
		return b, b.request(self.url("field", "/_ostiary/callback?") + back, initiator="https://elsewhere.example")

	# The three columns: status, and {name: value} that the backend is told.

	def bearer(self, claims, path="/bearer"):
		now = int(time.time())
		token = jwt(self.provider.keys[0], {"iss": self.provider.issuer, "aud": "app", "sub": "u1", "exp": now + 300, "iat": now, **claims}, {"typ": "JWT"})
		reply = self.fetch(self.url("field", path), headers={"Authorization": "Bearer " + token})
		return reply.status, told(reply)

	def session(self, b, path="/"):
		reply = b.request(self.url("field", path))
		return reply.status, told(reply)

	def forward_auth(self, b, policy="page"):
		headers = {"X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/", "X-Forwarded-Host": f"field.localhost:{self.port}",
			"Cookie": b.jar.header("field.localhost", "/", False, True)}
		reply = self.fetch_daemon("/forward-auth?policy=" + policy, headers=headers)
		return reply.status, {n: reply.header(n) or "" for n in (*NAMES, "X-Issuer", "X-Name")}


def told(reply):
	if reply.status != 200:
		return {}
	found = dict(reply.json()["headers"])
	return {n: found.get(n, "") for n in (*NAMES, "X-Issuer", "X-Name")}


FIELD = {}


def field():
	"""The engines, started once."""
	if not FIELD:
		FIELD["s"] = Field()
		FIELD["s"].__enter__()
	FIELD["s"].provider.reset()
	return FIELD["s"]


MANY = [f"/acme/department-{i}/team" for i in range(300)]

# claims of the token: (X-User-Id, X-Tenant-Id, X-Roles), and X-Name where there is one, in every column.
CASES = [
	("nothing but a subject", {}, ("u1", "", "")),
	("spaces", {"groups": ["Domain Users", "Domain Admins"]}, ("u1", "", "Domain%20Users,Domain%20Admins")),
	("commas", {"groups": ["a,b", "c"]}, ("u1", "", "a%2Cb,c")),
	("slashes", {"groups": ["/realm/sales", "/realm/it"]}, ("u1", "", "/realm/sales,/realm/it")),
	("distinguished names", {"groups": ["CN=Admins,OU=IT,DC=example,DC=org"]}, ("u1", "", "CN=Admins%2COU=IT%2CDC=example%2CDC=org")),
	("umlauts", {"groups": ["K\u00f6nige", "\u0444"]}, ("u1", "", "K%C3%B6nige,%D1%84")),
	("a percent sign", {"groups": ["100%", "%2C"]}, ("u1", "", "100%25,%252C")),
	("quotes", {"groups": ["a\"b", "back\\slash"]}, ("u1", "", "a\"b,back\\slash")),
	("numbers", {"groups": [7, 2.5, "x"]}, ("u1", "", "7,2.5,x")),
	("objects among them", {"groups": [{"id": 1}, "x", ["y"], None]}, ("u1", "", "x")),
	("an object", {"groups": {"admin": {}}}, ("u1", "", "")),
	("control characters", {"groups": ["a\nX-User-Id: root", "b"]}, ("u1", "", "b")),
	("a string", {"groups": "admin"}, ("u1", "", "admin")),
	("a string of words", {"groups": "admin staff"}, ("u1", "", "admin,staff")),
	("null", {"groups": None, "org": None}, ("u1", "", "")),
	("empty", {"groups": [], "org": ""}, ("u1", "", "")),
	("three hundred", {"groups": MANY}, ("u1", "", ",".join(MANY))),
	("a tenant that is a number", {"org": 4711}, ("u1", "4711", "")),
	("a tenant with spaces", {"org": "Example GmbH & Co. KG"}, ("u1", "Example GmbH & Co. KG", "")),
	("a tenant with a comma", {"org": "Example, Inc."}, ("u1", "Example%2C Inc.", "")),
	("a tenant that is an object", {"org": {"id": 1}}, ("u1", "", "")),
	("a subject with a bar", {"sub": "auth0|5f7c8ec7c33c6c004bbafe82"}, ("auth0|5f7c8ec7c33c6c004bbafe82", "", "")),
	("a subject of 255", {"sub": "s" * 255}, ("s" * 255, "", "")),
	("a subject with a comma", {"sub": "uid=u1,dc=example"}, ("uid=u1%2Cdc=example", "", "")),
	("a name that is a number", {"name": 7}, ("u1", "", "", "7")),
	("a name that is null", {"name": None}, ("u1", "", "")),
	("a long name", {"name": "x" * 3000}, ("u1", "", "", "x" * 200)),
	("a padded name", {"name": "  Ann  "}, ("u1", "", "", "Ann")),
	("an identifier that is a number", {"jti": 42}, ("u1", "", "")),
	("an identifier that is empty", {"jti": ""}, ("u1", "", "")),
	("an identifier that is null", {"jti": None}, ("u1", "", "")),
	("an identifier that is a list", {"jti": ["x"]}, ("u1", "", "")),
	("not before null", {"nbf": None}, ("u1", "", "")),
	("a name that is true", {"name": True}, ("u1", "", "", "true")),
	("a name that is a list", {"name": ["a"]}, ("u1", "", "")),
	("a name that would break a header", {"name": "a\r\nX-Roles: admin"}, ("u1", "", "")),
	("a name that turns around", {"name": "Al\u202eice\u200d"}, ("u1", "", "", "Alice")),
	("a long name beyond ASCII", {"name": "\u00e4" * 150}, ("u1", "", "", "%C3%A4" * 100)),
	("a tenant of 1,024", {"org": "t" * 1024}, ("u1", "t" * 1024, "")),
	("a tenant of 1,100", {"org": "t" * 1100}, ("u1", "", "")),
	("azp null", {"azp": None}, ("u1", "", "")),
	("a name that is an object", {"name": {"first": "Ann"}}, ("u1", "", "")),
	# Half a surrogate pair and U+0000 are no text, wherever they stand (RFC 7493 2.1).
	("half a pair in a claim that nobody reads", {"x": "a\ud800b"}, ("u1", "", "")),
	("U+0000 in a claim that nobody reads", {"x": {"y": ["a\x00b"]}}, ("u1", "", "")),
	("half a pair in a name that nobody reads", {"x\udfff": 1, "y": {"\ud800": {}}}, ("u1", "", "")),
	("two names that are two halves", {"x\udc00": 1, "x\udc01": 2, "x\x00": 3}, ("u1", "", "")),
	("half a pair among the roles", {"groups": ["a", "b\ud83d", "c", ["\ud83d"]]}, ("u1", "", "a,c")),
	("U+0000 in a role that is a string", {"groups": "admin\x00x"}, ("u1", "", "")),
	("half a pair in the roles' object", {"groups": {"admin": "\udead"}}, ("u1", "", "")),
	("half a pair in the tenant", {"org": "acme\ud800"}, ("u1", "", "")),
	("half a pair in the display name", {"name": "Ann \ud83d"}, ("u1", "", "")),
	("U+0000 in the token's identifier", {"jti": "a\x00b"}, ("u1", "", "")),
	("a whole pair", {"name": "Ann \U0001f600", "groups": ["\U0001f600"]}, ("u1", "", "%F0%9F%98%80", "Ann %F0%9F%98%80")),
]

# Claims that the decision needs: no column lets them in.
REFUSED = [
	("a subject of 256", {"sub": "s" * 256}),
	("half a pair in the subject", {"sub": "u1\ud800"}),
	("U+0000 in the subject", {"sub": "u1\x00"}),
	("half a pair in the issuer", {"iss": "https://op.example\ud800"}),
	("half a pair in the audience", {"aud": "app\ud800"}),
	("half a pair in one of the audiences", {"aud": ["app", "\ud800"]}),
	("half a pair in the expiry", {"exp": "\ud800"}),
	("half a pair in the session's name", {"sid": "s\ud800"}),
]


@test
def the_three_columns_agree():
	s, bad = field(), []
	for name, claims, want in CASES:
		s.provider.reset()
		s.provider.claims = claims
		b = s.sign_in()
		for column, (status, seen) in (("bearer", s.bearer(claims)), ("session", s.session(b)), ("forward-auth", s.forward_auth(b))):
			got = tuple(seen.get(n, "") for n in (*NAMES, "X-Name"))
			if (status, got) != (200, want if len(want) == 4 else (*want, "")):
				bad.append(f"{name}, {column}: {status} {str(got)[:300]}, want {str(want)[:200]}")
			if seen.get("X-Issuer") != s.provider.issuer:
				bad.append(f"{name}, {column}: the issuer is {seen.get('X-Issuer')}")
	equal(bad, [], "every case")


@test
def the_three_columns_refuse_alike():
	s, bad = field(), []
	for name, claims in REFUSED:
		s.provider.reset()
		s.provider.claims = claims
		b, reply = s.try_to_sign_in()
		got = (s.bearer(claims)[0], reply.status != 302 and reply.status < 500, s.session(b)[0], s.forward_auth(b)[0])
		if got != (401, True, 302, 401):
			bad.append(f"{name}: {got}")
	equal(bad, [], "every case")


@test
def a_claim_of_no_text_is_named_once():
	s = field()
	s.provider.claims = {"org": "acme\ud800"}
	s.bearer(s.provider.claims)
	check([line for line in s.log("nginx").splitlines() if '"org"' in line and "left out" in line], "bearer")
	s.sign_in()
	check([line for line in s.log("daemon").splitlines() if '"claim.dropped"' in line and '"org"' in line], "session")


@test
def names_for_people_are_carried():
	s = field()
	s.provider.claims = {"name": "J\u00fcrgen M\u00fcller, 100%"}
	want = "J%C3%BCrgen M%C3%BCller%2C 100%25"
	equal(s.bearer(s.provider.claims)[1]["X-Name"], want, "bearer")
	b = s.sign_in()
	equal(s.session(b)[1]["X-Name"], want, "session")
	equal(s.forward_auth(b)[1]["X-Name"], want, "forward-auth")


@test
def rules_name_roles_as_they_are():
	s = field()
	for groups, status in ((["Domain Admins"], 200), (["a,b"], 200), ("admin", 200), (["Domain", "Admins"], 403), (["a", "b"], 403), ("Domain Admins", 403), (["Domain%20Admins"], 403)):
		s.provider.claims = {"groups": groups}
		b = s.sign_in()
		equal(s.bearer(s.provider.claims, "/bearer/admin")[0], status, f"bearer {groups}")
		equal(s.session(b, "/admin")[0], status, f"session {groups}")
		equal(s.forward_auth(b, "admin")[0], 200 if groups == "admin" else 403, f"forward-auth {groups}")


@test
def what_was_left_out_is_said_once():
	s = field()
	s.provider.claims = {"groups": [{"id": 1}]}
	b = s.sign_in()
	for _ in range(5):
		s.bearer(s.provider.claims)
		s.session(b)
		s.forward_auth(b)
	workers = 4
	for issuer in ("field", "session"):
		said = [line for line in s.log("nginx").splitlines() if "is left out, whole or in part" in line and f'"{issuer}"' in line and "X-" not in line]
		check(1 <= len(said) <= 3 * workers, f"{issuer}: {len(said)}")
	said = [line for line in s.log("daemon").splitlines() if '"claim.dropped"' in line and '"page"' in line]
	equal(len([line for line in said if '"roles"' in line]), 1, "forward-auth, once")


@test
def a_token_without_iat_is_good():
	s = field()
	equal(s.bearer({"iat": "absent"})[0], 401, "an iat that is no date is refused")
	now = int(time.time())
	token = jwt(s.provider.keys[0], {"iss": s.provider.issuer, "aud": "app", "sub": "u1", "exp": now + 300}, {"typ": "JWT"})
	equal(s.fetch(s.url("field", "/bearer"), headers={"Authorization": "Bearer " + token}).status, 200, "none at all")


try:
	tap.main()
finally:
	if FIELD:
		FIELD["s"].__exit__(None, None, None)
