#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Forward authentication for other gateways: the same decision, asked over HTTP from a trusted proxy."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap  # noqa: E402
from system import System  # noqa: E402
from tap import check, equal, test  # noqa: E402

NAMES = ("X-User-Id", "X-Tenant-Id", "X-Roles", "X-Session-Id", "X-Client-Id", "X-Scope")


def config(text):
	return text + """
forward_auth:
  - {name: orders, audience: "@SCHEME@://api.localhost:@PORT@", scopes: ["orders:read"], roles: [customer, admin]}
  - {name: write, audience: "@SCHEME@://api.localhost:@PORT@", scopes: ["orders:read", "orders:write"]}
  - {name: elsewhere, audience: "https://elsewhere.example"}
  - {name: page, mode: session}
"""


def ask(s, policy, headers=None, uri="/orders", method="GET"):
	pairs = {"X-Forwarded-Method": method, "X-Forwarded-Uri": uri, "X-Forwarded-Host": f"web.localhost:{s.port}"}
	pairs.update(headers or {})
	return s.fetch_daemon("/forward-auth?policy=" + policy, headers={k: v for k, v in pairs.items() if v is not None})


def system():
	s = System(backend=False)
	s.edit_config = lambda text: s.fill(config(text))
	return s


@test
def bearer_tokens():
	with system() as s:
		token = {"Authorization": "Bearer " + s.machine_token(scope="orders:read")}
		reply = ask(s, "orders", token)
		equal(reply.status, 200, "allowed")
		equal(reply.header("X-Client-Id"), "stock-robot", "client")
		equal(reply.header("X-Roles"), "customer", "roles")
		for name in NAMES:
			equal(len(reply.all(name)), 1, f"{name} is always said, so that the proxy overwrites the client's")
		equal(reply.header("X-User-Id"), "", "no person")
		refused = ask(s, "orders")
		equal(refused.status, 401, "no credential")
		check(refused.header("WWW-Authenticate").startswith('Bearer realm="orders"'), "challenge")
		equal(ask(s, "write", token).status, 403, "scope")
		check("insufficient_scope" in ask(s, "write", token).header("WWW-Authenticate"), "challenge")
		equal(ask(s, "elsewhere", token).status, 401, "audience")
		equal(ask(s, "orders", {"Authorization": token["Authorization"][:-3] + ("BBA" if token["Authorization"].endswith("AAA") else "AAA")}).status, 401, "signature")
		equal(ask(s, "orders", token, uri="/a/../b").status, 400, "ambiguous path")
		equal(ask(s, "nothing", token).status, 404, "unknown policy")
		for missing in ("X-Forwarded-Method", "X-Forwarded-Uri", "X-Forwarded-Host"):
			equal(ask(s, "orders", dict(token, **{missing: None})).status, 400, missing)


@test
def the_end_of_a_grant():
	with system() as s:
		first, kept = s.sign_in("alice", scope="openid orders:read"), s.sign_in("alice", scope="openid orders:read")
		tokens = [{"Authorization": "Bearer " + t["access_token"]} for t in (first, kept)]
		equal([ask(s, "orders", t).status for t in tokens], [200, 200], "before")
		equal(s.fetch(s.issuer + "/revoke", "POST", None, {"client_id": "shop", "token": first["refresh_token"]}).status, 200, "revoked")
		equal([ask(s, "orders", t).status for t in tokens], [401, 200], "its access token has ended, the other's has not")


@test
def sessions():
	with system() as s:
		page = {"Sec-Fetch-Mode": "navigate"}
		reply = ask(s, "page", page, uri="/cart?x=1")
		equal((reply.status, reply.header("Location")), (302, s.url("web", "/_ostiary/login?return_to=/cart%3Fx%3D1")), "to sign-in")
		equal(ask(s, "page").status, 401, "a call")
		equal(ask(s, "page", dict(page, Cookie="__Host-ostiary-gate=" + "a" * 22 + "." + "b" * 43)).status, 302, "an unknown session")
		equal(ask(s, "page", {"Cookie": "__Host-ostiary-gate=a.b", "Sec-Fetch-Site": "cross-site"}, method="POST").status, 403, "another site's")


tap.main()
