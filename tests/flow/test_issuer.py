#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An issuer with a path, a slash at its end, or both: it is said to the letter, and addresses have no slash twice."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap  # noqa: E402
from system import System, decode  # noqa: E402
from tap import check, contains, equal, test  # noqa: E402


class Named(System):
	"""The example's world, whose issuer ends in `tail`."""

	def __init__(self, tail, **options):
		super().__init__(**options)
		self.tail = tail

	@property
	def issuer(self):
		return super().issuer + self.tail

	def write(self):
		bare = super().issuer
		self.edit_config = lambda text: text.replace(f"issuer: {bare}\n", f"issuer: {self.issuer}\n", 1)
		self.edit_nginx = lambda text: text.replace(f"issuer {bare};", f"issuer {self.issuer};", 1)
		super().write()

	def at(self, path):
		return self.issuer.rstrip("/") + path

	def token(self, headers=None, **fields):
		return self.fetch(self.at("/token"), "POST", headers, fields)

	def authorize_url(self, *words, **fields):
		return super().authorize_url(*words, **fields).replace(self.issuer + "/authorize", self.at("/authorize"), 1)


def whole(tail):
	with Named(tail) as s:
		reply = s.fetch(s.at("/.well-known/openid-configuration"))
		equal(reply.status, 200, "where Discovery says")
		metadata = reply.json()
		equal(metadata["issuer"], s.issuer, "to the letter")
		for name, path in (("authorization_endpoint", "/authorize"), ("token_endpoint", "/token"), ("userinfo_endpoint", "/userinfo"),
				("jwks_uri", "/.well-known/jwks.json"), ("end_session_endpoint", "/logout")):
			equal(metadata[name], s.at(path), name)
		equal(s.fetch(metadata["jwks_uri"]).status, 200, "the keys")
		path = tail.rstrip("/")
		equal(s.fetch(s.origin("id") + "/.well-known/oauth-authorization-server" + path).json()["issuer"], s.issuer, "RFC 8414 3.1")
		# A person, on the pages; the answers say the same issuer.
		browser = s.browser()
		tokens = s.sign_in("alice", browser)
		for name in ("access_token", "id_token"):
			equal(decode(tokens[name])[1]["iss"], s.issuer, name)
		check(s.at("/userinfo") in decode(tokens["access_token"])[1]["aud"], "UserInfo is among its audiences")
		reply = s.fetch(metadata["userinfo_endpoint"], headers={"Authorization": "Bearer " + tokens["access_token"]})
		equal(reply.status, 200, "and takes it")
		reply = s.fetch(s.origin("api") + "/orders", headers={"Authorization": "Bearer " + tokens["access_token"]})
		equal(reply.status, 200, "a gateway that is told the same issuer takes it")
		# A gateway's own sign-in, which compares the issuer of answers and metadata.
		page = browser.get(s.origin("web") + "/", until=s.origin("web") + "/_ostiary/callback")
		page = s.answer_pages(browser, page, "alice", s.origin("web"))
		page = browser.follow(page, initiator=s.issuer)
		equal(page.status, 200, f"signed in at the gateway: {page!r}")
		page = browser.get(metadata["end_session_endpoint"])
		equal(page.status, 200, "the way out asks")
		contains(page.text, f'action="{s.at("/logout")}', "and leads to itself")


@test
def an_issuer_may_end_in_a_slash():
	whole("/")


@test
def an_issuer_may_have_a_path_and_end_in_a_slash():
	whole("/realms/main/")


@test
def an_issuer_may_have_a_path():
	whole("/realms/main")


@test
def a_gateway_compares_the_slash_too():
	with Named("/") as s:
		token = s.machine_token(scope="orders:read", resource=s.origin("api"))
		headers = {"Authorization": "Bearer " + token}
		equal(s.fetch(s.origin("api") + "/orders", headers=headers).status, 200, "its own issuer")
		with open(s.nginx_conf) as f:
			text = f.read()
		with open(s.nginx_conf, "w") as f:
			f.write(text.replace(f"issuer {s.issuer};", f"issuer {s.issuer[:-1]};"))
		s.end(s.nginx)
		s.start_nginx()
		equal(s.fetch(s.origin("api") + "/orders", headers=headers).status, 401, "another issuer's")


tap.main()
