#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The whole system: what ends a grant ends its access tokens at the gateway, and no other grant's."""
import base64
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import tap  # noqa: E402
from system import System, pkce  # noqa: E402
from tap import equal, poll, test  # noqa: E402

BOUND = "openid orders:read"
OFFLINE = "openid offline_access orders:read"


def orders(s, token):
	return s.fetch(s.url("api", "/orders"), headers={"Authorization": "Bearer " + token}).status


def refreshed(s, tokens):
	reply = s.token(grant_type="refresh_token", client_id="shop", refresh_token=tokens["refresh_token"])
	equal(reply.status, 200, "refresh")
	return reply.json()


def ended(s, tokens, why):
	poll(lambda: orders(s, tokens["access_token"]) == 401, why, 5)
	reply = s.fetch(s.issuer + "/userinfo", headers={"Authorization": "Bearer " + tokens["access_token"]})
	equal(reply.status, 401, why + ", UserInfo")


@test
def a_revoked_refresh_token_ends_its_access_tokens_at_the_gateway():
	with System() as s:
		browser = s.browser()
		for scope in (BOUND, OFFLINE):
			first, kept = s.sign_in("alice", browser, scope=scope), s.sign_in("alice", browser, scope=scope)
			second = refreshed(s, first)
			equal([orders(s, t["access_token"]) for t in (first, second, kept)], [200, 200, 200], "before")
			reply = s.fetch(s.issuer + "/revoke", "POST", None, {"client_id": "shop", "token": second["refresh_token"]})
			equal(reply.status, 200, "revoked")
			ended(s, first, scope + ": the first")
			ended(s, second, scope + ": the second")
			equal(orders(s, kept["access_token"]), 200, scope + ": another grant of the same session")


@test
def a_replayed_code_ends_its_access_tokens_at_the_gateway():
	with System() as s:
		browser = s.browser()
		kept = s.sign_in("alice", browser, scope=BOUND)
		verifier, challenge = pkce()
		answer = s.authorize("alice", browser, client_id="shop", scope=BOUND, challenge=challenge)
		fields = {"grant_type": "authorization_code", "code": answer["code"], "code_verifier": verifier, "client_id": "shop",
			"redirect_uri": s.redirect_uri("shop")}
		first = s.token(**fields).json()
		second = refreshed(s, first)
		equal([orders(s, t["access_token"]) for t in (first, second, kept)], [200, 200, 200], "before")
		equal(s.token(**fields).status, 400, "the code again")
		ended(s, first, "the first")
		ended(s, second, "the second")
		equal(orders(s, kept["access_token"]), 200, "another grant of the same session")


@test
def what_a_revoked_key_signed_is_refused_at_the_gateway():
	with System() as s:
		token = s.sign_in("alice", scope=BOUND)["access_token"]
		kid = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))["kid"]
		equal(orders(s, token), 200, "before")
		s.cli("key", "revoke", kid)
		poll(lambda: orders(s, token) == 401, "its token", 5)
		equal(s.fetch(s.issuer + "/userinfo", headers={"Authorization": "Bearer " + token}).status, 401, "at UserInfo")
		equal(orders(s, s.sign_in("alice", scope=BOUND)["access_token"]), 200, "of the key that is active now")


tap.main()
