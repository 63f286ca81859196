#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""zitadel/oidc (Go) as relying party and as resource server: it mixes client_secret_basic and client_secret_post."""
import json
import os
import secrets
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap  # noqa: E402
from system import ROOT, System  # noqa: E402
from tap import equal, test  # noqa: E402

REDIRECT = "https://app.example/callback"
SECRET = secrets.token_urlsafe(32)
PROGRAM = os.path.join(ROOT, "build/go/zitadel")
world = {}


def setup():
	s = System(backend=False)

	def edit(text):
		with open(os.open(os.path.join(s.folder, "app.secret"), os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
			f.write(SECRET + "\n")
		rows = "".join(f"""
  - client_id: {method}
    client_secret_file: app.secret
    redirect_uris: ["{REDIRECT}"]
    token_endpoint_auth_method: {method}
    grant_types: [authorization_code, refresh_token]
    scope: openid profile email offline_access""" for method in ("client_secret_basic", "client_secret_post"))
		return text.replace("\nusers:\n", rows + "\nusers:\n", 1)
	s.edit_config = edit
	world["s"] = s.__enter__()


def teardown():
	if "s" in world:
		world["s"].close()


def signs_in(client_id):
	s = world["s"]
	program = subprocess.Popen([PROGRAM, s.issuer, client_id, SECRET, REDIRECT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
	try:
		url = program.stdout.readline().strip()
		browser = s.browser()
		back = s.answer_pages(browser, browser.get(url, until=REDIRECT), "alice", REDIRECT).location
		program.stdin.write(back + "\n")
		program.stdin.flush()
		got = json.loads(program.stdout.readline())
	finally:
		program.stdin.close()
		program.wait(30)
	equal(got.get("error"), None, "its error")
	equal((got["email"], got["rotated"], got["active"], got["revoked"]), ("alice@example.com", True, True, True),
		"UserInfo, refresh, introspection, revocation")


@test
def zitadel_oidc_signs_in_with_a_client_of_client_secret_basic():
	signs_in("client_secret_basic")


@test
def zitadel_oidc_signs_in_with_a_client_of_client_secret_post():
	signs_in("client_secret_post")


tap.main(setup, teardown)
