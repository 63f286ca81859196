#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Identity headers are the gateway's alone, on every path; cross-origin answers; limits by who it is."""
import json
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from gate import Gate, HmacKey, jwt  # noqa: E402
import tap  # noqa: E402
from tap import check, equal, test  # noqa: E402

KEY = HmacKey("one")
SPOOFS = [("X-User-Id", "root"), ("x-user-id", "root"), ("X_User_Id", "root"), ("X-User_Id", "root"), ("X.User.Id", "root"), ("X-ROLES", "admin"),
	("X_Roles", "admin"), ("X-Tenant-Id", "evil"), ("X-Session-Id", "stolen"), ("x_session_id", "stolen"), ("X-Client-Id", "c"), ("X-Scope", "all"),
	("X-Email", "a@evil"), ("x_email", "a@evil"), ("X-Extra", "e")]
NAMES = ("X-User-Id", "X-Roles", "X-Tenant-Id", "X-Session-Id", "X-Client-Id", "X-Scope", "X-Email", "X-Extra")
HTTP = """
	underscores_in_headers on; ignore_invalid_headers off;
	ostiary_issuer one { issuer https://i; algs HS256; audience a; keys file @DIR@/keys.jwks; }
	ostiary_delete_header X-Extra;
	limit_req_zone $ostiary_user_id zone=users:1m rate=1r/m;
	upstream away { server 127.0.0.1:1; }"""
LOCATIONS = """
	location /open { ostiary off; proxy_pass http://backend; }
	location /silent { proxy_pass http://backend; }
	location /provider { ostiary provider; proxy_pass http://backend; }
	location /bearer { ostiary bearer one; ostiary_header X-Email email; proxy_pass http://backend; }
	location /sub { ostiary bearer one; auth_request /inner; proxy_pass http://backend; }
	location = /inner { internal; ostiary off; proxy_pass http://backend/inner; }
	location /fail { ostiary off; proxy_pass http://away; error_page 502 = @fallback; }
	location @fallback { ostiary off; proxy_pass http://backend; }
	location /named { ostiary bearer one; proxy_pass http://away; error_page 502 = @named; }
	location @named { ostiary off; proxy_pass http://backend; }
	location /again { ostiary bearer one; proxy_pass http://away; error_page 502 = @again; }
	location @again { ostiary bearer one; proxy_pass http://backend; }
	location /rewrite { ostiary off; rewrite ^ /silent last; }
	location /try { ostiary bearer one; try_files /nothing @named; }
	location /limited { ostiary bearer one; limit_req zone=users; proxy_pass http://backend; }
	location /upgrade { ostiary bearer one; proxy_set_header Connection $http_connection; proxy_pass http://backend; }
	location /cookie { ostiary off; proxy_set_header X-Copy $http_cookie; proxy_pass http://backend; }
	location /cors { ostiary bearer one; ostiary_cors_origin http://shop.localhost; proxy_pass http://backend; }
	location /var { ostiary bearer one; add_header X-Var "$ostiary_user_id/$ostiary_tenant_id/$ostiary_roles/$ostiary_scope/$ostiary_reason"; proxy_pass http://backend; }
	location /any { ostiary off; ostiary_paths any; proxy_pass http://backend; }
	error_page 400 /silent400;
"""


def token(**more):
	now = int(time.time())
	return jwt(KEY, {"iss": "https://i", "aud": "a", "sub": "u1", "exp": now + 300, "iat": now, "email": "u1@x", **more})


def gate(locations=LOCATIONS, **more):
	g = Gate(locations, http=HTTP, link=False, **more)
	g.write("keys.jwks", json.dumps({"keys": [KEY.jwk()]}))
	return g


def clean(reply, what):
	for name in NAMES:
		equal(reply.seen(name), [], f"{what}: {name}")


@test
def spoofed_headers_are_deleted_where_nobody_signs_in():
	with gate() as g:
		for path in ("/open", "/silent", "/provider", "/fail", "/rewrite"):
			for spoof in SPOOFS:
				reply = g.ask(path, [spoof])
				equal(reply.status, 200, path)
				clean(reply, f"{path} {spoof[0]}")
			clean(g.ask(path, SPOOFS, method="POST", body=b"x"), path)


@test
def spoofed_headers_are_replaced_by_the_real_ones():
	with gate() as g:
		for path in ("/bearer", "/again"):
			reply = g.bearer(path, token(), SPOOFS)
			equal(reply.seen("X-User-Id"), ["u1"], path)
			for name in ("X-Roles", "X-Tenant-Id", "X-Session-Id", "X-Client-Id", "X-Scope", "X-Extra"):
				equal(reply.seen(name), [], path + name)
		equal(g.bearer("/bearer", token(), SPOOFS).seen("X-Email"), ["u1@x"], "a claim of choice")


@test
def session_handle_is_not_taken_from_a_token():
	with gate() as g:
		equal(g.bearer("/bearer", token(handle="forged")).seen("X-Session-Id"), [], "no handle")


@test
def identity_does_not_reach_where_nobody_asked_for_it():
	with gate() as g:
		for path in ("/named", "/try"):
			reply = g.bearer(path, token(), SPOOFS)
			equal(reply.status, 200, path)
			clean(reply, path)


@test
def subrequests_are_clean():
	with gate() as g:
		reply = g.bearer("/sub", token(), SPOOFS)
		equal(reply.seen("X-User-Id"), ["u1"], "the request itself")
		inner = [h for line, h in g.backend.log if "/inner" in line]
		equal(len(inner), 1, "the subrequest reached the backend")
		equal([n for n, _ in inner[0] if n.lower().replace("_", "-").replace(".", "-") in [x.lower() for x in NAMES]], [], "and is clean")


@test
def connection_may_not_name_an_identity_header():
	with gate() as g:
		for value in ("close, X-User-Id", "x_user_id", "keep-alive, X-Roles"):
			for path in ("/bearer", "/open", "/upgrade"):
				reply = g.ask(path, [("Authorization", "Bearer " + token()), ("Connection", value)])
				equal(reply.status, 400, value)
		reply = g.ask("/upgrade", [("Authorization", "Bearer " + token()), ("Connection", "close")])
		equal(reply.seen("X-User-Id"), ["u1"], "an ordinary Connection")


@test
def own_cookies_stay_at_the_gateway():
	cookies = [("Cookie", "a=1; __Host-ostiary-gate=secret; b=2; __Host-ostiary-flow-12345678=s"), ("Cookie", "__Host-ostiary-gate=x")]
	with gate() as g:
		reply = g.ask("/open", cookies)
		equal(reply.seen("Cookie"), ["a=1; b=2"], "stripped")
		check("secret" not in g.ask("/cookie", cookies).body.decode(), "nor by a variable")
		check("secret" in g.ask("/provider", cookies).body.decode(), "the provider's own location gets them")
		reply = g.bearer("/bearer", token(), cookies)
		equal(reply.seen("Cookie"), ["a=1; b=2"], "bearer mode")


@test
def ambiguous_paths_are_refused():
	with gate() as g:
		for path in ("//open", "/open//x", "/open/../bearer", "/open/%2e%2e/bearer", "/open%2fx", "/open/..;/bearer", "/open\\x", "/open/./x", "/open%5cx"):
			reply = g.ask(path)
			equal(reply.status, 400, path)
		equal(g.backend.seen, 0, "nothing went through")
		equal(g.ask("/open/a%20b?x=//../%2f").status, 200, "an ordinary one")
		equal(g.ask("/any//x").status, 200, "where configured")


@test
def limits_by_user():
	with gate() as g:
		equal(g.bearer("/limited", token(sub="a")).status, 200, "first of a")
		equal(g.bearer("/limited", token(sub="a")).status, 503, "second of a")
		equal(g.bearer("/limited", token(sub="b")).status, 200, "first of b")


@test
def variables():
	with gate() as g:
		reply = g.bearer("/var", token(tenant="t", roles=["r", "s"], scope="a b"))
		equal(reply.get("X-Var"), "u1/t/r,s/a b/OK", "variables")


@test
def cross_origin():
	shop = ("Origin", "http://shop.localhost")
	with gate() as g:
		reply = g.ask("/cors", [shop, ("Access-Control-Request-Method", "GET"), ("Access-Control-Request-Headers", "authorization")], method="OPTIONS")
		equal(reply.status, 204, "preflight")
		equal(reply.all("Access-Control-Allow-Origin"), ["http://shop.localhost"], "origin")
		check("authorization" in reply.get("Access-Control-Allow-Headers"), "headers")
		check("GET" in reply.get("Access-Control-Allow-Methods"), "methods")
		check(reply.get("Access-Control-Max-Age"), "max age")
		check("Origin" in reply.all("Vary"), "vary")
		equal(g.backend.seen, 0, "the gateway answers it")
		g.backend.extra = "Access-Control-Allow-Origin: *\r\n"
		reply = g.bearer("/cors", token(), [shop])
		equal(reply.all("Access-Control-Allow-Origin"), ["http://shop.localhost"], "only the gateway's word")
		check("Origin" in reply.all("Vary"), "vary")
		reply = g.ask("/cors", [shop])
		equal((reply.status, reply.all("Access-Control-Allow-Origin")), (401, ["http://shop.localhost"]), "on a refusal too")
		check("WWW-Authenticate" in reply.get("Access-Control-Expose-Headers"), "which scripts can read")
		for origin in ("http://evil.localhost", "null", "http://shop.localhost.evil", "https://shop.localhost"):
			reply = g.ask("/cors", [("Origin", origin), ("Access-Control-Request-Method", "GET")], method="OPTIONS")
			equal((reply.status, reply.get("Access-Control-Allow-Origin")), (403, None), origin)
			reply = g.bearer("/cors", token(), [("Origin", origin)])
			equal((reply.status, reply.get("Access-Control-Allow-Origin")), (200, None), origin)


@test
def many_headers_and_pipelining():
	with gate() as g:
		many = [(f"X-Filler-{i}", "v") for i in range(80)] + SPOOFS
		reply = g.bearer("/bearer", token(), many)
		equal(len([1 for n, _ in reply.json()["headers"] if n.startswith("X-Filler-")]), 80, "nothing else was lost")
		equal(reply.seen("X-User-Id"), ["u1"], "and the identity is there once")
		from gate import read_reply
		with g.connect() as s, s.makefile("rb") as f:
			for path, auth in (("/bearer", True), ("/open", False), ("/bearer", True)):
				g.send(s, path, ([("Authorization", "Bearer " + token())] if auth else []) + SPOOFS[:3])
			first, second, third = (read_reply(f) for _ in range(3))
		equal(first.seen("X-User-Id"), ["u1"], "first")
		clean(second, "second")
		equal(third.seen("X-User-Id"), ["u1"], "third")


# What each setting names, in every spelling that a backend may read as it.
NAMED = ("X-User-Id", "X-Tenant-Id", "X-Roles", "X-Session-Id", "X-Client-Id", "X-Scope", "X-Email", "X-Extra", "X-Issuer", "Remote-User")


def spellings(name):
	yield from (name, name.lower(), name.upper(), name.replace("-", "_"), name.replace("-", "."), name.replace("-", "_", 1), name.replace("-", "~").lower(),
		name.swapcase().replace("-", "!"))


@test
def every_name_and_spelling_is_deleted_everywhere():
	locations = LOCATIONS + """
		location /issuer { ostiary bearer one; ostiary_header X-Issuer iss; ostiary_header Remote-User sub; proxy_pass http://backend; }"""
	server = "server { listen 127.0.0.1:@PORT@; server_name other.localhost; location / { proxy_pass http://backend; } }"
	g = Gate(locations, http=HTTP + server, link=False)
	g.write("keys.jwks", json.dumps({"keys": [KEY.jwk()]}))
	with g:
		for name in NAMED:
			forged = [(s, "forged") for s in spellings(name)]
			for host, path in ((None, "/open"), (None, "/silent"), (None, "/provider"), (None, "/fail"), (None, "/rewrite"), ("other.localhost", "/")):
				for one in [[f] for f in forged] + [forged]:
					reply = g.ask(path, ([("Host", host)] if host else []) + one)
					equal((reply.status, reply.seen(name)), (200, []), f"{host} {path} {one}")
			reply = g.bearer("/issuer", token(), forged)
			equal([v for v in reply.seen(name) if v == "forged"], [], f"{name} where it is set")
		reply = g.bearer("/issuer", token())
		equal((reply.seen("X-Issuer"), reply.seen("Remote-User")), (["https://i"], ["u1"]), "the issuer and a name of choice")
		equal(g.bearer("/bearer", token()).seen("X-Issuer"), [], "which is off where it is not said")


@test
def roles_of_several_issuers_need_a_map():
	http = """
		ostiary_issuer one { issuer https://i; algs HS256; audience a; keys file @DIR@/keys.jwks; roles roles; tenant tenant; }
		ostiary_issuer partner { issuer https://p; algs HS256; audience a; keys file @DIR@/keys.jwks; }
		ostiary_issuer mapped { issuer https://m; algs HS256; audience a; keys file @DIR@/keys.jwks; roles /groups/shop; }"""
	locations = """
		location / { ostiary bearer one partner mapped; ostiary_header X-Issuer iss; proxy_pass http://backend; }
		location /admin { ostiary bearer one partner mapped; ostiary_require role any admin; proxy_pass http://backend; }"""
	g = Gate(locations, http=http, link=False)
	g.write("keys.jwks", json.dumps({"keys": [KEY.jwk()]}))
	with g:
		for issuer, roles, tenant, status in (("https://i", ["admin"], ["t"], 200), ("https://p", [], [], 403), ("https://m", ["buyer"], [], 403)):
			bearer = token(iss=issuer, roles=["admin"], tenant="t", groups={"shop": ["buyer"]})
			reply = g.bearer("/", bearer)
			equal((reply.seen("X-Issuer"), reply.seen("X-Roles"), reply.seen("X-Tenant-Id")), ([issuer], roles, tenant), issuer)
			equal(g.bearer("/admin", bearer).status, status, issuer)


tap.main()
