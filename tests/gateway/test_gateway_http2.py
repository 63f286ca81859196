#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""HTTPS and HTTP/2: really negotiated, and the gateway decides there as over HTTP/1.1. The client is curl."""
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap  # noqa: E402
from system import System  # noqa: E402
from tap import check, equal, test  # noqa: E402

VERSIONS = {"--http1.1": "1.1", "--http2": "2"}


def curl(s, version, url, *headers, method="GET", body=None):
	"""(status, headers as text, body), after checking that this version of HTTP was spoken."""
	argv = ["curl", "-sS", version, "--cacert", s.ca, "--max-time", "20", "-X", method, "-D", "-", "-w", "\n%{http_version} %{response_code}", url]
	for header in headers:
		argv += ["-H", header]
	if body is not None:
		argv += ["--data-binary", body]
	done = subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=30)
	equal(done.returncode, 0, f"curl: {done.stderr}")
	text, _, end = done.stdout.rpartition("\n")
	spoken, status = end.split()
	equal(spoken, VERSIONS[version], f"the version that {version} got for {url}")
	head, _, rest = text.replace("\r\n", "\n").partition("\n\n")
	return int(status), head.lower(), rest


def challenge(head):
	found = re.search(r"^www-authenticate: (.*)$", head, re.M)
	return found and found[1]


@test
def bearer_tokens_are_decided_alike():
	with System(tls=True) as s:
		url, token = s.url("api", "/orders"), s.machine_token(scope="orders:read")
		good = f"Authorization: Bearer {token}"
		broken = f"Authorization: Bearer {token[:-4]}{'AAAA' if not token.endswith('AAAA') else 'BBBB'}"
		spoofs = ["X-User-Id: mallory", "X_User_Id: mallory", "X-Roles: admin", "X-Session-Id: stolen", "X-Tenant-Id: evil"]
		for name, headers, status in (
			("good", [good], 200), ("none", [], 401), ("broken", [broken], 401), ("not a token", ["Authorization: Bearer x"], 401),
			("another scheme", ["Authorization: Basic eDp5"], 401), ("twice", [good, good], 400), ("spoofed", [good, *spoofs], 200),
			("spoofed alone", spoofs, 401),
		):
			got = {version: curl(s, version, url, *headers) for version in VERSIONS}
			for version, (code, _, _) in got.items():
				equal(code, status, f"{name} over {version}")
			equal(challenge(got["--http2"][1]), challenge(got["--http1.1"][1]), f"{name}: the same challenge")
			equal(got["--http2"][2], got["--http1.1"][2], f"{name}: the same body")
		orders = json.loads(curl(s, "--http2", url, good, *spoofs)[2])
		equal((orders["user"], orders["tenant"], orders["roles"]), ("stock-robot", "default", "customer"), "the token's identity, not the client's")


@test
def paths_and_preflights_are_decided_alike():
	with System(tls=True) as s:
		token = f"Authorization: Bearer {s.machine_token(scope='orders:read')}"
		for path, status in (("/orders%2f1", 400), ("//orders", 400), ("/orders", 200)):
			for version in VERSIONS:
				equal(curl(s, version, s.url("api", path), token)[0], status, f"{path} over {version}")
		asking = [f"Origin: {s.origin('shop')}", "Access-Control-Request-Method: GET", "Access-Control-Request-Headers: authorization"]
		for version in VERSIONS:
			code, head, _ = curl(s, version, s.url("api", "/orders"), *asking, method="OPTIONS")
			equal(code, 204, f"preflight over {version}")
			check(f"access-control-allow-origin: {s.origin('shop')}" in head, "the shop's origin")


@test
def sessions_are_decided_alike():
	"""HTTP/2 lets a client send each cookie in a field of its own (RFC 9113 8.2.3)."""
	with System(tls=True) as s:
		browser = s.browser()
		reply = browser.get(s.url("web"), until=None)
		s.answer_pages(browser, reply, "alice", s.url("web"))
		browser.get(s.url("web"))
		jar = browser.jar.cookies["web.localhost"]
		cookie = f"__Host-ostiary-gate={jar['__Host-ostiary-gate']['value']}"
		for version in VERSIONS:
			equal(curl(s, version, s.url("web", "/cart"))[0], 401, f"no cookie over {version}")
			equal(curl(s, version, s.url("web", "/cart"), f"Cookie: {cookie}")[0], 200, f"the session over {version}")
			equal(curl(s, version, s.url("web", "/cart"), f"Cookie: {cookie}x")[0], 401, f"another secret over {version}")
			doubled = curl(s, version, s.url("web", "/cart"), f"Cookie: {cookie}; __Host-ostiary-gate=a.b")[0]
			check(doubled in (400, 401), f"two cookies of the name over {version}: {doubled}")
		equal(curl(s, "--http2", s.url("web", "/cart"), "Cookie: a=1", f"Cookie: {cookie}", "Cookie: b=2")[0], 200, "cookies in crumbs")
		equal(curl(s, "--http2", s.url("web", "/cart"), f"Cookie: {cookie}", "Cookie: __Host-ostiary-gate=a.b")[0],
			curl(s, "--http1.1", s.url("web", "/cart"), f"Cookie: {cookie}; __Host-ostiary-gate=a.b")[0], "a doubled name in crumbs")


@test
def the_provider_speaks_it_too():
	with System(tls=True, backend=False) as s:
		code, head, body = curl(s, "--http2", s.issuer + "/.well-known/openid-configuration")
		equal((code, json.loads(body)["issuer"]), (200, s.issuer), "metadata")
		code, head, _ = curl(s, "--http2", s.authorize_url(challenge="a" * 43))
		equal(code, 302, "authorize")
		check(re.search(r"^set-cookie: __host-ostiary-login\S*=.*secure", head, re.M), "a Secure cookie")
		code, head, _ = curl(s, "--http2", s.issuer + "/token", method="POST", body="grant_type=nothing")
		equal(code in (400, 401), True, "the token endpoint's own error")


tap.main()
