#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Forward authentication for other gateways: the same decision, asked over HTTP from a trusted proxy."""
import os
import re
import socket
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
def what_is_too_large_is_said():
	with system() as s:
		large = {"Authorization": "Bearer " + "a" * 20000}
		for reply in (ask(s, "orders", large), s.fetch_daemon("/userinfo", headers=large)):
			equal(reply.status, 413, "refused")
			check("a token or cookie is too large" in reply.json()["error_description"], repr(reply.json()))
		reply = s.fetch(s.origin("api") + "/orders", headers=large)
		equal(reply.status, 400, "by nginx")
		check("Request Header Or Cookie Too Large" in reply.text, reply.text)
		reply = s.fetch_daemon("/token", "POST", {"Content-Type": "application/x-www-form-urlencoded"}, "client_id=a&client_id=b")
		equal((reply.status, reply.json()["error_description"]), (400, "client_id is given twice"), "which parameter")


@test
def the_gateways_own_pages_are_pages_whatever_is_wrong():
	with system() as s:
		for path, status in (("/login?return_to=/a&return_to=/b", 400), ("/callback?state=%ff", 400), ("/callback?code=a&code=b&state=c", 400),
				     ("/logout?return_to=/&return_to=/", 400), ("/login?" + "&".join(map(str, range(65))), 413)):
			reply = s.fetch(s.url("web", "/_ostiary" + path), headers={"Accept": "text/html"})
			equal((reply.status, reply.header("Content-Type"), reply.location), (status, "text/html; charset=utf-8", None), path)
		reply = s.fetch(s.url("web", "/_ostiary/session?a&a"), headers={"Accept": "text/html"})
		equal((reply.status, reply.json()["error_description"]), (400, "a is given twice"), "an app's own")


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
		form = dict(page, **{"Sec-Fetch-Site": "same-origin", "Referer": s.url("web", "/edit?x=1"), "Cookie": "__Host-ostiary-gate=" + "a" * 22 + "." + "b" * 43})
		reply = ask(s, "page", form, method="POST")
		equal((reply.status, reply.header("Content-Type"), reply.header("Cache-Control")), (401, "text/html; charset=utf-8", "no-store"), "a form's page")
		check("Your session has ended" in reply.text and 'href="/_ostiary/login?return_to=/edit%3Fx%3D1"' in reply.text, "and its way back")
		equal(ask(s, "page", {"Accept": "application/json", "Sec-Fetch-Site": "same-origin"}, method="POST").header("Content-Type"), "application/json", "a call's")
		handshake = {"Cookie": "__Host-ostiary-gate=a.b", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "x3JJHMbDL1EzLkh9GBhXDw=="}
		for word in ({"Sec-Fetch-Site": "same-site"}, {"Origin": s.origin("shop")}, {"Origin": "null"}, {}):
			equal(ask(s, "page", dict(handshake, **word)).status, 403, f"another site's WebSocket: {word}")
		equal(ask(s, "page", dict(handshake, Origin=s.origin("web"))).status, 401, "our own page's, without a session")


def ask_lines(s, policy, lines, host=None):
	"""Header lines as they are, so that one may come twice; gives the status and the head."""
	with socket.socket(socket.AF_UNIX) as c:
		c.settimeout(20)
		c.connect(s.http_sock)
		host = host or f"X-Forwarded-Host: web.localhost:{s.port}"
		head = [f"GET /forward-auth?policy={policy} HTTP/1.1", f"Host: id.localhost:{s.port}", "Connection: close", "X-Forwarded-Proto: http",
			"X-Forwarded-Method: GET", "X-Forwarded-Uri: /cart?code=secret", host, *lines]
		c.sendall("\r\n".join(head).encode() + b"\r\n\r\n")
		with c.makefile("rb") as f:
			reply = f.read().decode()
	return int(reply.split()[1]), reply.partition("\r\n\r\n")[0]


@test
def what_can_be_read_in_two_ways_is_refused():
	with system() as s:
		good = f"X-Forwarded-Host: WEB.localhost:{s.port}"
		page = "Sec-Fetch-Mode: navigate"
		equal(ask_lines(s, "page", [page], good)[0], 302, "a host in capitals")
		check(f"Location: http://web.localhost:{s.port}/_ostiary/login" in ask_lines(s, "page", [page], good)[1], "and the way to sign in is its own")
		bad = [["X-Forwarded-Host: evil.example"], ["x-forwarded-uri: /other"], ["X-Forwarded-Method: POST"], ["X-Forwarded-Proto: https"], ["X-Forwarded-Port: 1", "X-Forwarded-Port: 2"],
			["X_User_Id: root"], ["X.User.Id: root"], ["x-user_id: root"], ["X_Roles: admin"], ["X~Session~Id: h"], ["X-Tenant.Id: t"], ["X_Client-Id: c"], ["X.Scope: s"],
			["Connection: X-User-Id"], ["Connection: keep-alive, x_roles"]]
		for lines in bad:
			for policy in ("page", "orders"):
				equal(ask_lines(s, policy, [page, *lines])[0], 400, f"{policy} {lines}")
		for host in ("X-Forwarded-Host: evil.example", f"X-Forwarded-Host: web.localhost:{s.port}.evil.example", f"X-Forwarded-Host: id.localhost:{s.port}",
				f"X-Forwarded-Host: web.localhost:{s.port}, evil.example", "X-Forwarded-Host: web.localhost/evil", "X-Forwarded-Host: a@b"):
			equal(ask_lines(s, "page", [page], host)[0], 400, host)
		equal(ask_lines(s, "page", [page, "X-User-Id: root", "X-Forwarded-For: 192.0.2.7", "X-Forwarded-For: 192.0.2.8"])[0], 302,
			"the very name is overwritten by the proxy, and the list of addresses may go on in a line of its own")


@test
def the_log_says_which_policy_refused_what_and_why():
	with system() as s:
		ask_lines(s, "page", ["Cookie: __Host-ostiary-gate=secret-cookie"])
		ask_lines(s, "orders", ["Authorization: Bearer secret.token.value"])
		ask_lines(s, "orders", ["Authorization: Bearer eyJhbGciOiJFUzI1NiIsImprdSI6IngifQ.e30.AA"])
		ask_lines(s, "orders", ["X_User_Id: root"])
		ask_lines(s, "page", [], "X-Forwarded-Host: evil.example")
		ask_lines(s, "nothing", [])
		token = s.machine_token(scope="orders:read")
		ask_lines(s, "orders", ["Authorization: Bearer " + token])
		log = s.log("daemon")
		for want in (f"policy page, GET web.localhost:{s.port}/cart: NO_CREDENTIALS", f"policy orders, GET web.localhost:{s.port}/cart: JOSE_MALFORMED",
				f"policy orders, GET web.localhost:{s.port}/cart: JOSE_HEADER (jku)",
				f"policy orders, GET web.localhost:{s.port}/cart: x_user_id: another spelling of an identity header",
				"policy page, GET evil.example/cart: x-forwarded-host: is no host of gateways", f"policy nothing, GET web.localhost:{s.port}/cart: no such policy",
				f"policy orders, GET web.localhost:{s.port}/cart: OK"):
			lines = [line for line in log.splitlines() if want in line]
			equal(len(lines), 1, f"one line: {want}")
			check(re.search(r'"level":"info"', lines[0]), "at info")
		for secret in ("secret-cookie", "secret.token", "code=secret", token):
			check(secret not in log, "no credential in the log")


tap.main()
