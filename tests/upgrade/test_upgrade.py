#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A state folder, a configuration, an nginx.conf and live sessions that an earlier release made go on working.

The earlier release runs for real: people sign in, refresh and revoke. Then its daemon gives way to today's while its nginx
goes on, then nginx too. Each test looks at one thing that was there before.
"""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tap  # noqa: E402
from release import ROOT, releases  # noqa: E402
from system import System, basic, pkce, query_of  # noqa: E402
from tap import check, contains, equal, test  # noqa: E402

NOW = os.environ.get("OSTIARY_BUILD") or os.path.join(ROOT, "build")
before = {}


class Earlier(System):
	"""The system as a release made it: its programs, its example's configuration."""

	def __init__(self, release):
		super().__init__(build=release.build)
		self.release = release

	def fill(self, text):
		return super().fill(text).replace("ephemeral: memory", "ephemeral: sqlite")

	def write_config(self):
		with open(os.path.join(self.release.tree, "examples/demo/ostiary.yaml")) as f:
			text = self.fill(f.read()) + "tokens: {refresh_grace: 0s}\n"
		with open(self.config, "w") as f:
			f.write(text)

	def write_nginx(self):
		with open(os.path.join(self.release.tree, "examples/demo/nginx.conf")) as f:
			text = self.fill(f.read())
		with open(self.nginx_conf, "w") as f:
			f.write(text)

	def upgrade_daemon(self):
		self.end(self.daemon)
		self.build = NOW
		self.binary = os.path.join(NOW, "ostiary")
		self.start_daemon()

	def upgrade_nginx(self):
		self.end(self.nginx)
		with open(self.nginx_conf) as f:
			text = f.read()
		with open(self.nginx_conf, "w") as f:
			f.write(text.replace(self.release.build, NOW))
		self.start_nginx()

	def orders(self, token):
		return self.fetch(self.url("api", "/orders"), headers={"Authorization": "Bearer " + token})

	def refresh(self, tokens):
		return self.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"], client_id="shop")


def live(s):
	"""What people have open when the upgrade comes."""
	old = {"browser": s.browser(), "page_browser": s.browser()}
	old["first"] = s.sign_in("alice", old["browser"])
	old["second"] = dict(old["first"], **s.refresh(old["first"]).json())
	old["family"] = s.sign_in("alice")
	old["revoked"] = s.sign_in("alice")
	equal(s.fetch(s.issuer + "/revoke", "POST", None, {"token": old["revoked"]["refresh_token"], "client_id": "shop"}).status, 200, "revoked")
	equal(old["browser"].get(s.url("web", "/cart")).status, 200, "a session at the gateway")
	old["page_pkce"] = pkce()
	old["page"] = old["page_browser"].get(s.authorize_url(challenge=old["page_pkce"][1], state="open-page"), until=s.origin("shop"))
	old["code_pkce"] = pkce()
	reply = old["browser"].get(s.authorize_url(challenge=old["code_pkce"][1], scope="openid profile offline_access orders:read"),
		until=s.origin("shop"))
	old["code"] = query_of(reply.location)["code"]
	return old


@test
def the_configuration_of_before_is_accepted():
	s = before["system"]
	done = s.cli("check-config", check=False)
	equal(done.returncode, 0, "check-config: " + done.stderr + done.stdout)


@test
def the_new_daemon_serves_the_nginx_of_before():
	s, old = before["system"], before["live"]
	equal(before["mixed_api"], 200, "a bearer token at the API")
	equal(before["mixed_cart"], 200, "a session at the gateway")
	check(old, "made before")


@test
def an_access_token_of_before_is_good():
	s, old = before["system"], before["live"]
	equal(s.orders(old["second"]["access_token"]).status, 200, "at the gateway")
	equal(s.fetch(s.issuer + "/userinfo", headers={"Authorization": "Bearer " + old["second"]["access_token"]}).status, 200, "at UserInfo")


@test
def a_session_of_before_is_signed_in():
	s, old = before["system"], before["live"]
	equal(old["browser"].get(s.url("web", "/cart")).status, 200, "at the gateway")
	reply = old["browser"].get(s.authorize_url(challenge="a" * 43, prompt="none"), until=s.origin("shop"))
	contains(reply.location, "code=", "at the provider")


@test
def a_refresh_token_of_before_rotates():
	s, old = before["system"], before["live"]
	reply = s.refresh(old["second"])
	equal(reply.status, 200, "the current one")
	equal(s.orders(reply.json()["access_token"]).status, 200, "what it gave")


@test
def a_used_refresh_token_of_before_is_reuse():
	s, old = before["system"], before["live"]
	newer = s.refresh(old["family"])
	equal(newer.status, 200, "rotated after the upgrade")
	reply = s.refresh(old["family"])
	equal((reply.status, reply.json()["error"]), (400, "invalid_grant"), "the token of before comes again")
	equal(s.refresh(newer.json()).status, 400, "and its family is revoked")
	reply = s.refresh(old["first"])
	equal((reply.status, reply.json()["error"]), (400, "invalid_grant"), "one that was used before the upgrade")


@test
def what_was_revoked_stays_revoked():
	s, old = before["system"], before["live"]
	equal(s.refresh(old["revoked"]).status, 400, "its refresh token")
	equal(s.orders(old["revoked"]["access_token"]).status, 401, "its access token")


@test
def a_page_that_was_open_leads_on():
	s, old = before["system"], before["live"]
	reply = s.answer_pages(old["page_browser"], old["page"], "alice", s.origin("shop"))
	answer = query_of(reply.location)
	equal(answer.get("state"), "open-page", "state")
	check(answer.get("code"), "a code")


@test
def a_code_of_before_is_redeemed_once():
	s, old = before["system"], before["live"]
	equal(before["code"].status, 200, f"its first use: {before['code']!r}")
	check("refresh_token" in before["code"].json(), "with a refresh token")
	check(old, "made before")


@test
def people_and_machines_sign_in_as_before():
	s = before["system"]
	check("access_token" in s.sign_in("bob"), "a person")
	reply = s.token(basic("stock-robot", s.secrets["stock-robot"]), grant_type="client_credentials")
	equal(reply.status, 200, "a machine")


@test
def nginx_takes_the_configuration_of_before():
	s = before["system"]
	done = subprocess.run([os.environ.get("OSTIARY_NGINX", "/usr/sbin/nginx"), "-t", "-p", s.folder, "-c", s.nginx_conf,
		"-e", os.path.join(s.folder, "logs/test.log")], capture_output=True, text=True)
	equal(done.returncode, 0, "nginx -t: " + done.stderr)


def setup():
	release = releases()[-1].make()
	s = before["system"] = Earlier(release)
	try:
		s.__enter__()
		old = before["live"] = live(s)
		s.upgrade_daemon()
		before["mixed_api"] = settled(lambda: s.orders(old["second"]["access_token"]))
		before["mixed_cart"] = settled(lambda: old["browser"].get(s.url("web", "/cart")))
		before["code"] = s.token(grant_type="authorization_code", code=old["code"], code_verifier=old["code_pkce"][0], client_id="shop",
			redirect_uri=s.redirect_uri("shop"))
		s.upgrade_nginx()
	except BaseException:
		s.close()
		raise


def settled(ask, seconds=10.0):
	"""The status once the link stands again: until then 503 is the right answer."""
	end = time.monotonic() + seconds
	while True:
		status = ask().status
		if status != 503 or time.monotonic() > end:
			return status
		time.sleep(0.05)


def teardown():
	if "system" in before:
		before["system"].close()


tap.main(setup, teardown)
