#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""requests-oauthlib, Authlib and PyJWT, unmodified, with their defaults."""
import base64
import os
import re
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap  # noqa: E402
from system import System  # noqa: E402
from tap import check, equal, fails, test  # noqa: E402

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
import jwt  # noqa: E402
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession  # noqa: E402
from authlib.oauth2.rfc7523 import PrivateKeyJWT  # noqa: E402
from oauthlib.oauth2 import BackendApplicationClient  # noqa: E402
from requests_oauthlib import OAuth2Session  # noqa: E402

# The system's resolver does not know *.localhost (RFC 6761 6.3); nothing else of any client is touched.
_look_up = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **more: _look_up("127.0.0.1" if str(host).endswith(".localhost") else host, *rest, **more)

SECRET = base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")
REDIRECT = "https://app.example/callback"
CLIENTS = f"""
  - client_id: basic-app
    client_secret_file: app.secret
    redirect_uris: ["{REDIRECT}"]
    token_endpoint_auth_method: client_secret_basic
    grant_types: [authorization_code, refresh_token, client_credentials]
    scope: openid profile email offline_access orders:read
    resources: ["@API@"]
  - client_id: post-app
    client_secret_file: app.secret
    redirect_uris: ["{REDIRECT}"]
    token_endpoint_auth_method: client_secret_post
    grant_types: [authorization_code, refresh_token, client_credentials]
    scope: openid profile email offline_access orders:read
    resources: ["@API@"]
  - client_id: key-app
    jwks_file: app.jwks
    token_endpoint_auth_method: private_key_jwt
    grant_types: [client_credentials]
    scope: orders:read
    resources: ["@API@"]
"""
world = {}


def setup():
	from authlib.jose import JsonWebKey
	s = System()
	world["key"] = JsonWebKey.generate_key("RSA", 2048, {"kid": "app-1", "alg": "RS256", "use": "sig"}, is_private=True)

	def edit(text):
		for name, content in (("app.secret", SECRET + "\n"), ("app.jwks", '{"keys": [' + world["key"].as_json() + "]}")):
			with open(os.open(os.path.join(s.folder, name), os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
				f.write(content)
		return text.replace("\nusers:\n", CLIENTS.replace("@API@", s.origin("api")) + "users:\n", 1)
	s.edit_config = edit
	world["s"] = s.__enter__()
	world["meta"] = s.fetch(s.issuer + "/.well-known/openid-configuration").json()


def teardown():
	if "s" in world:
		world["s"].close()


def visit(url):
	"""A browser's way through sign-in and consent; gives the URL that it is sent back to."""
	s = world["s"]
	browser = s.browser()
	reply = browser.get(url, until=REDIRECT)
	return s.answer_pages(browser, reply, "alice", REDIRECT).location


def verified(token, audience, **options):
	keys = jwt.PyJWKClient(world["meta"]["jwks_uri"])
	return jwt.decode(token, keys.get_signing_key_from_jwt(token).key, algorithms=["ES256", "RS256"], audience=audience,
		issuer=world["meta"]["issuer"], **options)


def requests_oauthlib_signs_in(client_id):
	meta = world["meta"]
	session = OAuth2Session(client_id, redirect_uri=REDIRECT, scope=["openid", "profile", "email", "offline_access"], pkce="S256") \
		if "pkce" in OAuth2Session.__init__.__code__.co_varnames else \
		OAuth2Session(client_id, redirect_uri=REDIRECT, scope=["openid", "profile", "email", "offline_access"])
	more, verifier = {}, None
	if not getattr(session, "_pkce", None):
		verifier = base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")
		import hashlib
		more = {"code_challenge": base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("="),
			"code_challenge_method": "S256"}
	url, state = session.authorization_url(meta["authorization_endpoint"], **more)
	back = visit(url)
	check(f"state={state}" in back, "its state comes back")
	fields = {"code_verifier": verifier} if verifier else {}
	tokens = session.fetch_token(meta["token_endpoint"], authorization_response=back, client_secret=SECRET, **fields)
	equal(verified(tokens["id_token"], client_id)["aud"], client_id, "the ID token, by PyJWT")
	equal(session.get(meta["userinfo_endpoint"]).json()["email"], "alice@example.com", "UserInfo")
	before = tokens["refresh_token"]
	newer = session.refresh_token(meta["token_endpoint"], client_id=client_id, client_secret=SECRET)
	check(newer["refresh_token"] != before, "the refresh token rotates")


@test
def requests_oauthlib_signs_in_with_a_client_of_client_secret_basic():
	requests_oauthlib_signs_in("basic-app")


@test
def requests_oauthlib_signs_in_with_a_client_of_client_secret_post():
	requests_oauthlib_signs_in("post-app")


@test
def requests_oauthlib_gets_a_machine_token():
	session = OAuth2Session(client=BackendApplicationClient("basic-app"), scope=["orders:read"])
	tokens = session.fetch_token(world["meta"]["token_endpoint"], client_id="basic-app", client_secret=SECRET)
	equal(verified(tokens["access_token"], world["s"].origin("api"))["client_id"], "basic-app", "the access token, by PyJWT")


@test
def authlib_signs_in():
	meta = world["meta"]
	session = AuthlibSession("basic-app", SECRET, redirect_uri=REDIRECT, scope="openid profile email offline_access",
		code_challenge_method="S256", token_endpoint=meta["token_endpoint"])
	verifier = base64.urlsafe_b64encode(os.urandom(36)).decode()
	url, state = session.create_authorization_url(meta["authorization_endpoint"], code_verifier=verifier)
	tokens = session.fetch_token(meta["token_endpoint"], authorization_response=visit(url), state=state, code_verifier=verifier)
	equal(verified(tokens["id_token"], "basic-app")["aud"], "basic-app", "the ID token")
	newer = session.refresh_token(meta["token_endpoint"], refresh_token=tokens["refresh_token"])
	equal(session.introspect_token(meta["introspection_endpoint"], token=newer["access_token"]).json()["active"], True, "introspection")
	equal(session.revoke_token(meta["revocation_endpoint"], token=newer["access_token"]).status_code, 200, "revocation")
	equal(session.introspect_token(meta["introspection_endpoint"], token=newer["access_token"]).json()["active"], False, "revoked")


@test
def authlib_authenticates_with_a_key():
	"""Its assertions live an hour unless it is told otherwise."""
	meta = world["meta"]
	session = AuthlibSession("key-app", world["key"], token_endpoint_auth_method=PrivateKeyJWT(meta["token_endpoint"], alg="RS256"),
		scope="orders:read")
	tokens = session.fetch_token(meta["token_endpoint"], grant_type="client_credentials")
	equal(verified(tokens["access_token"], world["s"].origin("api"))["client_id"], "key-app", "the access token")


@test
def pyjwt_refuses_what_it_should():
	token = world["s"].machine_token("orders:read")
	equal(verified(token, world["s"].origin("api"))["scope"], "orders:read", "for its audience")
	fails(jwt.InvalidAudienceError, lambda: verified(token, "https://another.example"), "for another")
	flipped = re.sub(r"\.(.)", lambda m: "." + ("A" if m.group(1) != "A" else "B"), token, count=2)
	fails(jwt.PyJWTError, lambda: verified(flipped, world["s"].origin("api")), "with another signature")


tap.main(setup, teardown)
