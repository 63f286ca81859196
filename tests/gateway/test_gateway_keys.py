#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Bearer tokens under keys from a local file: what is accepted, and every way of being refused."""
import json
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from gate import MODULE, Gate, HmacKey, OpensslKey, b64, encode, jwt  # noqa: E402
import tap  # noqa: E402
from tap import check, test  # noqa: E402

ISSUER, AUDIENCE = "https://partner.example", "https://api.example"
ONE, TWO = HmacKey("partner-1"), HmacKey("partner-2")


def claims(**more):
	now = int(time.time())
	return {"iss": ISSUER, "aud": AUDIENCE, "sub": "u1", "exp": now + 300, "iat": now, "client_id": "shop", "tenant": "acme",
		"roles": ["customer", "admin"], "scope": "orders:read orders:write", **more}


def gate(locations="location / { ostiary bearer partner; proxy_pass http://backend; }", server="", http="", mode=0o600, keys=(ONE, TWO), issuer="", start=True):
	g = Gate(locations, server=server, link=False, http="""
		ostiary_issuer partner { issuer https://partner.example; algs HS256; audience https://api.example; typ jwt at+jwt; keys file @DIR@/keys.jwks; %s }
		%s""" % (issuer, http))
	g.write("keys.jwks", json.dumps({"keys": [k.jwk() for k in keys]}), mode)
	return g


def refused(reply, status, error):
	check(reply.status == status, repr((reply.status, reply.body)))
	challenge = reply.get("WWW-Authenticate") or ""
	check(challenge.startswith('Bearer realm="'), challenge)
	check((f'error="{error}"' in challenge) if error else ("error=" not in challenge), challenge)
	check(reply.get("Cache-Control") == "no-store", 'reply.get("Cache-Control") == "no-store"')


@test
def two_keys_by_kid():
	with gate() as g:
		for key in (ONE, TWO):
			reply = g.bearer("/x", jwt(key, claims()))
			check(reply.status == 200, repr((reply.status, reply.body)))
			check(reply.seen("X-User-Id") == ["u1"], 'reply.seen("X-User-Id") == ["u1"]')
			check(reply.seen("X-Tenant-Id") == ["acme"], 'reply.seen("X-Tenant-Id") == ["acme"]')
			check(reply.seen("X-Roles") == ["customer,admin"], 'reply.seen("X-Roles") == ["customer,admin"]')
			check(reply.seen("X-Client-Id") == ["shop"], 'reply.seen("X-Client-Id") == ["shop"]')
			check(reply.seen("X-Scope") == ["orders:read orders:write"], 'reply.seen("X-Scope") == ["orders:read orders:write"]')
		again = g.bearer("/x", jwt(ONE, claims()))
		check(again.status == 200, 'again.status == 200')
		token = jwt(ONE, claims())
		for _ in range(3):
			check(g.bearer("/x", token).status == 200, 'g.bearer("/x", token).status == 200')
		check(g.status()["decision_warm"]["count"] >= 2, 'g.status()["decision_warm"]["count"] >= 2')


@test
def no_credential():
	with gate() as g:
		refused(g.ask("/x"), 401, None)
		refused(g.ask("/x", [("Authorization", "Basic YTpi")]), 401, None)
		check(g.backend.seen == 0, 'g.backend.seen == 0')


@test
def duplicate_authorization():
	with gate() as g:
		token = jwt(ONE, claims())
		# nginx refuses this by itself, before any module runs.
		check(g.ask("/x", [("Authorization", "Bearer " + token), ("authorization", "Bearer " + token)]).status == 400, "two of them")
		refused(g.ask("/x", [("Authorization", "Bearer ")]), 400, "invalid_request")
		check(g.backend.seen == 0, 'g.backend.seen == 0')


@test
def tampered():
	with gate() as g:
		token = jwt(ONE, claims())
		check(g.bearer("/x", token).status == 200, 'g.bearer("/x", token).status == 200')
		head, body, signature = token.split(".")
		other = encode(claims(sub="root"))
		flipped = ("A" if signature[0] != "A" else "B") + signature[1:]
		for bad in (f"{head}.{other}.{signature}", f"{head}.{body}.{flipped}", f"{head}.{body}.", f"{head}.{body}", token + ".x", token + "=",
				f"{head}.{body}.{signature[:-1]}", "a.b.c"):
			refused(g.bearer("/x", bad), 401, "invalid_token")
		check(g.backend.seen == 1, 'g.backend.seen == 1')


@test
def expired_and_not_yet_valid():
	with gate() as g:
		now = int(time.time())
		for bad in ({"exp": now - 3600}, {"exp": None}, {"exp": "soon"}, {"exp": 1e300}, {"nbf": now + 3600}, {"iat": now + 3600}):
			refused(g.bearer("/x", jwt(ONE, claims(**bad))), 401, "invalid_token")
		check(g.backend.seen == 0, 'g.backend.seen == 0')


@test
def cached_token_expires():
	with gate(issuer="leeway 0s;") as g:
		expires = int(time.time()) + 3
		token, good = jwt(ONE, claims(exp=expires)), 0
		while time.time() < expires:
			status = g.bearer("/x", token).status
			# What was answered before it expired was asked before.
			check(status == 200 or time.time() >= expires, f"{status} before it expires")
			good += status == 200
			time.sleep(0.1)
		check(good >= 2, "it was in the cache")
		refused(g.bearer("/x", token), 401, "invalid_token")


@test
def wrong_issuer_audience_typ():
	with gate() as g:
		for bad in ({"iss": "https://other.example"}, {"iss": None}, {"iss": ISSUER + "/"}, {"aud": "https://other.example"}, {"aud": None},
				{"aud": []}, {"aud": ["x", 7, AUDIENCE]}, {"sub": 7}, {"cnf": {"jkt": "x"}}):
			refused(g.bearer("/x", jwt(ONE, claims(**bad))), 401, "invalid_token")
		for typ in ("id+jwt", "dpop+jwt", "logout+jwt", None):
			refused(g.bearer("/x", jwt(ONE, claims(), {"typ": typ})), 401, "invalid_token")
		check(g.bearer("/x", jwt(ONE, claims(aud=["x", AUDIENCE]), {"typ": "application/AT+JWT"})).status == 200, 'g.bearer("/x", jwt(ONE, claims(aud=["x", AUDIENCE]), {"typ": "application/AT+JWT')


@test
def an_id_token_is_refused_where_its_type_is_taken():
	id_tokens = ({"nonce": "n"}, {"at_hash": "h"}, {"c_hash": "h"}, {"nonce": "n", "at_hash": "h"})
	with gate() as g:
		check(g.bearer("/x", jwt(ONE, claims(), {"typ": "JWT"})).status == 200, "an access token of that type")
		refused(g.bearer("/x", jwt(ONE, claims(aud="shop"), {"typ": "JWT"})), 401, "invalid_token")
		for more in id_tokens:
			token = jwt(ONE, {**claims(), **more}, {"typ": "JWT"})
			for _ in range(2):
				refused(g.bearer("/x", token), 401, "invalid_token")
		reply = g.bearer("/x", jwt(ONE, claims(nonce="n"), {"typ": "JWT"}))
		check("this is an ID token" in reply.body.decode() or "this is an ID token" in g.log(), "which is said")
	with gate(http="ostiary_issuer typeless { issuer https://partner.example; algs HS256; audience https://api.example; typ none at+jwt; keys file @DIR@/keys.jwks; }",
			locations="location / { ostiary bearer typeless; proxy_pass http://backend; }") as g:
		check(g.bearer("/x", jwt(ONE, claims(), {"typ": None})).status == 200, "an access token without a type")
		for more in id_tokens:
			refused(g.bearer("/x", jwt(ONE, {**claims(), **more}, {"typ": None})), 401, "invalid_token")
	with gate(http="ostiary_issuer own { issuer https://partner.example; algs HS256; audience https://api.example; keys file @DIR@/keys.jwks; }",
			locations="location / { ostiary bearer own; proxy_pass http://backend; }") as g:
		check(g.bearer("/x", jwt(ONE, claims(nonce="n"))).status == 200, "at+jwt says what it is")
		refused(g.bearer("/x", jwt(ONE, claims(), {"typ": "JWT"})), 401, "invalid_token")


@test
def algorithms_and_keys():
	with gate() as g:
		for header in ({"alg": "none"}, {"alg": "None"}, {"alg": "HS384"}, {"alg": "RS256"}, {"alg": "hs256"}, {"kid": "partner-3"}, {"kid": "partner-2"},
				{"crit": ["x"], "x": 1}, {"jwk": ONE.jwk()}, {"jku": "https://evil.example"}, {"b64": False}, {"zip": "DEF"}):
			refused(g.bearer("/x", jwt(ONE, claims(), header)), 401, "invalid_token")
		refused(g.bearer("/x", jwt(ONE, claims(), {"alg": "none"}, signature=b"")), 401, "invalid_token")
		refused(g.bearer("/x", jwt(HmacKey("partner-3"), claims(), {"kid": None})), 401, "invalid_token")
		check(g.backend.seen == 0, 'g.backend.seen == 0')
		for key in (ONE, TWO):
			check(g.bearer("/x", jwt(key, claims(), {"kid": None})).status == 200, "without kid those that fit are tried")


@test
def an_address_of_keys_is_passed_over_only_where_the_issuer_says_so():
	header = {"kid": "partner-1", "jku": "http://127.0.0.1:1/keys"}
	with gate() as g:
		refused(g.bearer("/x", jwt(ONE, claims(), header)), 401, "invalid_token")
	with gate(issuer="ignore_header_urls on;") as g:
		for _ in range(2):
			check(g.bearer("/x", jwt(ONE, claims(), header)).status == 200, "the known key")
		refused(g.bearer("/x", jwt(HmacKey("partner-1"), claims(), header)), 401, "invalid_token")
		refused(g.bearer("/x", jwt(ONE, claims(), {**header, "kid": None})), 401, "invalid_token")
		refused(g.bearer("/x", jwt(ONE, claims(), {**header, "jwk": ONE.jwk()})), 401, "invalid_token")
	for value in ("yes", "", "on off"):
		code, said = gate(issuer=f"ignore_header_urls {value};").check()
		check(code != 0 and "ignore_header_urls is on or off" in said, said)


@test
def a_token_of_300_groups_passes_where_nginx_takes_its_header():
	many = claims(groups=[f"/realm/group-{i:040}" for i in range(300)])
	with gate(http="large_client_header_buffers 4 32k;") as g:
		for _ in range(2):
			check(g.bearer("/x", jwt(ONE, many)).status == 200, "verified, and from the cache")
		refused(g.bearer("/x", jwt(ONE, claims(groups=["x"] * 1100))), 401, "invalid_token")
	with gate() as g:
		check(g.bearer("/x", jwt(ONE, many)).status in (400, 431), "by default nginx itself takes no line over 8 KiB")


@test
def a_key_that_cannot_be_used_is_skipped_with_a_line():
	with tempfile.TemporaryDirectory() as folder:
		key, other = OpensslKey(folder, "one"), OpensslKey(folder, "two")
		g = Gate("location / { ostiary bearer partner; proxy_pass http://backend; }", link=False, http="""
			ostiary_issuer partner { issuer https://partner.example; algs ES256; audience https://api.example; keys file @DIR@/keys.jwks; }""")
		unfit = [{"kty": "RSA", "use": "enc", "alg": "RSA-OAEP", "kid": "enc-1", "e": "AQAB", "n": "x"}, {"kty": "AKP", "alg": "new"},
			{"kty": "EC", "crv": "brainpoolP256r1", "x": "AA", "y": "AA"}, {"kty": "OKP", "crv": "X25519", "x": "AA"}, 7]
		g.write("keys.jwks", json.dumps({"keys": [*unfit, key.jwk()]}))
		code, said = g.check()
		check(code == 0, said)
		check(said.count("is skipped") == len(unfit) and 'key 0, kid "enc-1", is skipped' in said, said)
		with g:
			check(g.bearer("/x", jwt(key, claims())).status == 200, "the good key serves")
		for text, reason in (({"keys": unfit}, "no key in a key file is fit"), ({"keys": []}, "no key in a key file is fit"), ([], "not a JSON Web Key Set"),
				({"keys": [7] * 65}, "a key file is too large: it holds more than 64 keys, or is larger than 256 KiB"),
				({"keys": [{**key.jwk(), "x5c": "y" * 300000}]}, "a key file is too large: it holds"),
				({"keys": [], "x": [7] * 9000}, "a key file is too large: it holds"), ("", "a key file is empty"),
				({"keys": [key.jwk(), {**other.jwk(), "d": "AA"}]}, "it is a private key")):
			g = Gate(g.locations, link=False, http=g.http)
			g.write("keys.jwks", json.dumps(text) if text != "" else "")
			code, said = g.check()
			check(code != 0 and reason in said, said)
			g.close()


@test
def injection_by_claims():
	with gate() as g:
		for bad in ({"sub": "u\r\nX-Roles: admin"}, {"sub": "a\x7f"}, {"sub": 7}, {"sub": {}}):
			refused(g.bearer("/x", jwt(ONE, claims(**bad))), 401, "invalid_token")
		check(g.backend.seen == 0, 'g.backend.seen == 0')
		for more, name, want in (({"tenant": "a\nX-Roles: admin"}, "X-Tenant-Id", []), ({"tenant": "a\nb"}, "X-Roles", ["customer,admin"]),
				({"roles": ["a,admin"]}, "X-Roles", ["a%2Cadmin"]), ({"roles": ["a\r\nX-User-Id: root", "b"]}, "X-Roles", ["b"]), ({"scope": {"a": 1}}, "X-Scope", []),
				({"sub": "u,root"}, "X-User-Id", ["u%2Croot"]), ({"client_id": "\u00fc%41"}, "X-Client-Id", ["%C3%BC%2541"])):
			reply = g.bearer("/x", jwt(ONE, claims(**more)))
			check((reply.status, reply.seen(name)) == (200, want), f"{more}: {reply.status} {reply.seen(name)}")
		dropped = [line for line in g.errors().splitlines() if "is left out, whole or in part" in line]
		for claim in ("tenant", "roles", "scope"):
			check(len([line for line in dropped if f'claim "{claim}" of "partner"' in line]) == 1, f"{claim}, once: {dropped}")


@test
def rules():
	locations = """
		location /scope { ostiary bearer partner; ostiary_require scope all orders:read orders:write; proxy_pass http://backend; }
		location /any { ostiary bearer partner; ostiary_require scope any a orders:read; proxy_pass http://backend; }
		location /role { ostiary bearer partner; ostiary_require role any admin; proxy_pass http://backend; }
		location /claim { ostiary bearer partner; ostiary_require claim /address/country DE AT; ostiary_require claim acr 2; proxy_pass http://backend; }
		location /inherit { ostiary bearer partner; ostiary_require role any admin;
			location /inherit/deep { ostiary_require scope all orders:read; proxy_pass http://backend; } }
		location /method { ostiary bearer partner; limit_except GET { ostiary bearer partner; ostiary_require scope all orders:write; } proxy_pass http://backend; }"""
	with gate(locations) as g:
		def status(path, method="GET", **more):
			return g.bearer(path, jwt(ONE, claims(**more)), method=method).status
		check(status("/scope") == 200, 'status("/scope") == 200')
		refused(g.bearer("/scope", jwt(ONE, claims(scope="orders:read"))), 403, "insufficient_scope")
		check('scope="orders:read orders:write"' in g.bearer("/scope", jwt(ONE, claims(scope="x"))).get("WWW-Authenticate"), '\'scope="orders:read orders:write"\' in g.bearer("/scope", jwt(ONE, claims(scope="')
		check(status("/scope", scope=None) == 403, 'status("/scope", scope=None) == 403')
		check(status("/any") == 200 and status("/any", scope="orders:reader") == 403, 'status("/any") == 200 and status("/any", scope="orders:reader") == 403')
		check(status("/role") == 200 and status("/role", roles=["administrator"]) == 403 and status("/role", roles=[]) == 403 and status("/role", roles=None) == 403, 'status("/role") == 200 and status("/role", roles=["administrator"]) == 403 and s')
		check(status("/claim", address={"country": "AT"}, acr="2") == 200, 'status("/claim", address={"country": "AT"}, acr="2") == 200')
		check(status("/claim", address={"country": "FR"}, acr="2") == 403, 'status("/claim", address={"country": "FR"}, acr="2") == 403')
		check(status("/claim", address={"country": "DE"}, acr="3") == 403, 'status("/claim", address={"country": "DE"}, acr="3") == 403')
		check(status("/claim") == 403, 'status("/claim") == 403')
		check(status("/inherit/deep") == 200, 'status("/inherit/deep") == 200')
		check(status("/inherit/deep", roles=["customer"]) == 403, 'status("/inherit/deep", roles=["customer"]) == 403')
		check(status("/inherit/deep", scope="x") == 403, 'status("/inherit/deep", scope="x") == 403')
		check(status("/method") == 200 and status("/method", "GET", scope="x") == 200, 'status("/method") == 200 and status("/method", "GET", scope="x") == 200')
		check(status("/method", "POST") == 200, 'status("/method", "POST") == 200')
		check(status("/method", "POST", scope="orders:read") == 403, 'status("/method", "POST", scope="orders:read") == 403')


@test
def configuration_is_checked():
	def says(g, *texts):
		code, out = g.check()
		g.close()
		check(code != 0, out)
		for text in texts:
			check(text in out, out)
		for key in (ONE, TWO):
			check(b64(key.secret) not in out, 'b64(key.secret) not in out')
	says(gate(mode=0o644), "others may not read")
	says(gate(mode=0o620), "others may not read")
	says(gate(keys=[HmacKey("weak", secret=b"short")]), "ostiary_issuer")
	says(gate(keys=[]), "ostiary_issuer")
	says(gate(issuer="algs ES256;"), "cannot be mixed")
	says(gate(issuer="surprise x;"), "unknown member", "surprise")
	says(gate(issuer="leeway 30;"), "duration")
	says(gate(issuer="leeway 301s;"), "at most")
	says(gate("location / { ostiary bearer nobody; }"), "does not stand above")
	says(gate("location / { ostiary bearer; }"), "one to eight")
	says(gate("location / { ostiary perhaps; }"), "is off, provider")
	says(gate("location / { ostiary session; }"), "ostiary_link")
	says(gate("location / { ostiary_require role admin x; }"), "all or any")
	says(gate("location / { ostiary_cors_origin *; }"), "origins")
	says(gate("location / { ostiary_cors_origin https://a.example/; }"), "origins")
	says(gate("""location / { ostiary_realm 'a"b'; }"""), "ostiary_realm")
	says(Gate("", link=False, http="ostiary_issuer a { issuer https://a; algs HS256; keys feed; audience x; }"), "never comes from a URL")
	says(Gate("", link=False, http="ostiary_issuer a { issuer https://a; algs ES256; keys feed; }"), "audience are required")
	says(Gate("", link=False, http="ostiary_issuer a { issuer https://a; algs ES256; audience x; }"), "keys is required")
	says(Gate("", link=False, http="ostiary_issuer a { issuer https://a; algs none; audience x; keys feed; }"), "unknown algorithm")


@test
def keys_are_read_again_on_reload():
	with gate() as g:
		token = jwt(ONE, claims())
		check(g.bearer("/x", token).status == 200 and g.bearer("/x", token).status == 200, 'g.bearer("/x", token).status == 200 and g.bearer("/x", token).status == 200')
		old = g.worker_pids()
		g.write("keys.jwks", json.dumps({"keys": [TWO.jwk()]}))
		g.reload()
		tap.poll(lambda: g.worker_pids() and not set(old) & set(g.worker_pids()), "new workers", 30)
		refused(g.bearer("/x", token), 401, "invalid_token")
		check(g.bearer("/x", jwt(TWO, claims())).status == 200, 'g.bearer("/x", jwt(TWO, claims())).status == 200')


@test
def the_module_asks_for_no_storage_of_a_thread():
	# Made when it is first used, in a process that loads the module at run time, it is nothing that the sanitizers can be told of.
	done = subprocess.run(["nm", "-D", "--undefined-only", MODULE], capture_output=True, text=True, check=True)
	tap.contains(done.stdout, "ngx_http_", "its symbols")
	tap.lacks(done.stdout, "__tls_get_addr", "its symbols")


tap.main()
