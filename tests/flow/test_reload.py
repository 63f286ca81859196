#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""SIGHUP: what a changed configuration changes while the daemon runs, and what a bad one does not."""
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap  # noqa: E402
from system import System, basic, change, decode, events, wait_until  # noqa: E402
from tap import check, contains, equal, lacks, test  # noqa: E402

SECRET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
POLICY = """
forward_auth:
  - {name: orders, audience: "@SCHEME@://api.localhost:@PORT@", scopes: ["orders:read"], roles: [%s]}
"""
ROBOT = """
  - client_id: second-robot
    client_secret_file: second.secret
    token_endpoint_auth_method: client_secret_basic
    grant_types: [client_credentials]
    scope: orders:read
users:
"""


def put(s, name, text, mode=0o600):
	path = os.path.join(s.folder, name)
	with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as f:
		f.write(text)
	os.chmod(path, mode)


def reload(s, want="reload.done"):
	"""Sends SIGHUP and gives the log's word about it."""
	ends = ("reload.done", "reload.refused", "reload.failed")
	before = sum(len(events(s, name)) for name in ends)
	s.daemon.send_signal(signal.SIGHUP)
	wait_until(lambda: sum(len(events(s, name)) for name in ends) > before, "a word about the reload", 30, s.daemon)
	found = [name for name in ends if events(s, name)]
	check(want in found, f"{want}, not {found}: {s.log()[-1500:]}")
	return events(s, want)[-1]


def robot(s):
	return s.token(basic("second-robot", SECRET), grant_type="client_credentials")


@test
def clients_users_and_roles_are_taken_over_and_sessions_stay():
	with System(backend=False) as s:
		browser = s.browser()
		tokens = s.sign_in("alice", browser)
		before = s.roles()
		equal(robot(s).status, 401, "no such client yet")
		put(s, "second.secret", SECRET + "\n")
		put(s, "carol.password", "a long enough pass phrase\n")
		change(s, ("users:\n", ROBOT.lstrip("\n") + "  - {login: carol, password_file: carol.password, roles: [customer]}\n"),
			("roles: [visitor]", "roles: [visitor, auditor]"))
		done = reload(s)
		equal((done["clients"], done["users"]), (5, 3), "what it holds")
		equal(robot(s).status, 200, "the new client")
		equal(json.loads(s.cli("user", "show", "bob", "--json").stdout)["user"]["roles"], ["visitor", "auditor"], "new roles")
		s.passwords["carol"] = "a long enough pass phrase"
		check("access_token" in s.sign_in("carol"), "the new user")
		equal(s.roles(), before, "no process was started anew")
		equal(s.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"], client_id="shop").status, 200, "tokens of before")
		reply = browser.get(s.authorize_url(challenge="a" * 43, prompt="none"), until=s.origin("shop"))
		lacks(reply.location, "login_required", "the session of before")
		equal(events(s, "reload.restart_needed"), [], "nothing waits for a restart")
		lacks(s.log(), SECRET, "no secret in the log")
		lacks(s.log(), "pass phrase", "no password either")


@test
def a_changed_client_is_in_force_at_once():
	with System(backend=False) as s:
		check("access_token" in s.sign_in("alice"), "before")
		change(s, ("token_endpoint_auth_method: none\n    grant_types: [authorization_code, refresh_token]\n    scope: openid profile email offline_access orders:read orders:write",
			"token_endpoint_auth_method: none\n    grant_types: [authorization_code, refresh_token]\n    scope: openid"))
		reload(s)
		reply = s.browser().get(s.authorize_url(challenge="a" * 43, scope="orders:read"), until=s.origin("shop"))
		contains(reply.location, "error=invalid_scope", "the scope is no longer the client's")


@test
def a_user_who_is_disabled_is_signed_out():
	with System(backend=False) as s:
		tokens = s.sign_in("alice")
		change(s, ("{login: alice,", "{login: alice, disabled: true,"))
		reload(s)
		reply = s.fetch(s.issuer + "/userinfo", headers={"Authorization": "Bearer " + tokens["access_token"]})
		equal(reply.status, 401, "the access token")
		reply = s.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"], client_id="shop")
		equal((reply.status, reply.json()["error"]), (400, "invalid_grant"), "the refresh token")
		change(s, ("disabled: true,", ""))
		reload(s)
		equal(json.loads(s.cli("user", "show", "alice", "--json").stdout)["user"]["disabled"], True, "the file enables nobody")


@test
def policies_and_the_log_level_are_taken_over():
	with System(nginx=False) as s:
		s.edit_config = None
		headers = {"X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/", "X-Forwarded-Host": f"api.localhost:{s.port}",
			"Authorization": "Basic eDp5"}
		ask = lambda: s.fetch_daemon("/forward-auth?policy=orders", headers=headers).status  # noqa: E731
		equal(ask(), 404, "no policy yet")
		with open(s.config, "a") as f:
			f.write(s.fill(POLICY % "customer"))
		equal(reload(s)["policies"], 1, "one policy")
		equal(ask(), 401, "the policy")
		lacks("\n".join(r["path"] for r in events(s, "request")), "/healthz", "not told at info")
		change(s, ("log: {level: info}", "log: {level: debug}"))
		reload(s)
		s.fetch_daemon("/healthz")
		wait_until(lambda: any(r["path"] == "/healthz" for r in events(s, "request")), "the request at debug", 10)
		change(s, ("name: orders", "name: others"))
		reload(s)
		equal(ask(), 404, "the policy is gone")


@test
def a_bad_file_changes_nothing():
	with System(nginx=False) as s:
		put(s, "second.secret", SECRET + "\n")
		with open(s.config) as f:
			good = f.read()
		for what, old, new, words in (
			("a broken file", "users:\n", "users: [\n", ("ostiary.yaml:",)),
			("an unknown key", "log: {level: info}", "log: {level: info}\nnonsense: 1", ("unknown key", "nonsense")),
			("a duration", "log: {level: info}", "log: {level: info}\ntokens: {access: 30x}", ("tokens.access", "not a duration")),
			("a bad client beside a good one", "users:\n", ROBOT.replace("users:\n", "  - {client_id: bad, redirect_uris: [\"/x\"]}\nusers:\n").lstrip("\n"),
				("clients",)),
			("a missing secret", "users:\n", ROBOT.replace("second.secret", "no.secret").lstrip("\n"), ("no.secret", "No such file")),
			("a user with a bad address", "users:\n", ROBOT.lstrip("\n") + "  - {login: dan, email: nonsense}\n", ("users.email",)),
			("a policy without audience", "users:\n", ROBOT.replace("users:\n", "forward_auth: [{name: x}]\nusers:\n").lstrip("\n"), ("forward_auth", "audience")),
		):
			change(s, (old, new))
			reason = reload(s, "reload.refused")["reason"]
			for word in words:
				contains(reason, word, what)
			equal(s.fetch_daemon("/readyz").status, 200, f"it goes on after {what}")
			equal(s.fetch_daemon("/token", "POST", basic("second-robot", SECRET), {"grant_type": "client_credentials"}).status, 401,
				f"nothing was taken over of {what}")
			with open(s.config, "w") as f:
				f.write(good)
		os.chmod(os.path.join(s.folder, "second.secret"), 0o644)
		change(s, ("users:\n", ROBOT.lstrip("\n")))
		contains(reload(s, "reload.refused")["reason"], "chmod 600", "a secret that others can read")
		os.chmod(os.path.join(s.folder, "second.secret"), 0o600)
		reload(s)
		equal(s.fetch_daemon("/token", "POST", basic("second-robot", SECRET), {"grant_type": "client_credentials"}).status, 200, "mended")


@test
def what_needs_a_restart_is_named():
	with System(nginx=False) as s:
		change(s, ("ephemeral: memory", "ephemeral: sqlite"), ("log: {level: info}", "log: {level: info}\nhttp: {idle: 5m}"),
			('{address: "unix:http.sock", trusted_proxy: true}', '{address: "unix:other.sock"}'))
		reload(s)
		equal(events(s, "reload.restart_needed")[-1]["keys"], "ephemeral, listen, http.idle", "the keys")
		change(s, ("ephemeral: sqlite", "ephemeral: memory"), ("\nhttp: {idle: 5m}", ""),
			('{address: "unix:other.sock"}', '{address: "unix:http.sock", trusted_proxy: true}'))
		count = len(events(s, "reload.restart_needed"))
		reload(s)
		equal(len(events(s, "reload.restart_needed")), count, "back to what runs: nothing to say")
		change(s, ('scopes: ["orders:read", "orders:write"]}', 'scopes: ["orders:read", "orders:write"], typ: JWT}'))
		reload(s)
		equal(events(s, "reload.restart_needed")[-1]["keys"], "resources.typ", "the type of access tokens")
		reply = s.fetch_daemon("/token", "POST", basic("stock-robot", s.secrets["stock-robot"]), {"grant_type": "client_credentials", "scope": "orders:read"})
		equal((reply.status, decode(reply.json()["access_token"])[0]["typ"]), (200, "at+jwt"), "goes on")
		kek = os.path.join(s.state, "key-encryption.key")
		with open(kek) as f:
			text = f.read()
		put(s, kek, text[::-1].strip() + "\n")
		reload(s)
		contains(events(s, "reload.restart_needed")[-1]["keys"], "key_encryption_key (its file", "the key-encryption key's file")
		equal(s.fetch_daemon("/readyz").status, 200, "it goes on")


def claims_of(s, token):
	head, body = decode(token)
	return head["alg"], body["exp"] - body["iat"], body.get("aud")


@test
def lifetimes_are_taken_over_both_ways():
	with System(nginx=False) as s:
		ask = lambda: s.fetch_daemon("/token", "POST", basic("stock-robot", s.secrets["stock-robot"]),  # noqa: E731
			{"grant_type": "client_credentials", "scope": "orders:read"})
		for tokens, life in (("", 600), ("tokens: {access: 30m}", 1800), ("tokens: {access: 1m}", 60), ("tokens: {access: 2h}", 7200)):
			with open(s.config) as f:
				text = "\n".join(line for line in f.read().split("\n") if not line.startswith("tokens:"))
			with open(s.config, "w") as f:
				f.write(text + tokens + "\n")
			reload(s)
			for _ in range(3):
				reply = ask()
				equal((reply.status, claims_of(s, reply.json()["access_token"])[1]), (200, life), tokens)
		equal(events(s, "signer.mint_refused"), [], "the signer follows")
		equal(events(s, "reload.restart_needed"), [], "nothing waits for a restart")


@test
def resources_keys_and_proxies_are_taken_over():
	with System(nginx=False) as s:
		api = "https://stock.example"
		ask = lambda **more: s.fetch_daemon("/token", "POST", basic("stock-robot", s.secrets["stock-robot"]),  # noqa: E731
			{"grant_type": "client_credentials", **more})
		equal(ask(resource=api).json().get("error"), "invalid_target", "no such API yet")
		change(s, ("resources:\n", f'resources:\n  - {{uri: "{api}", scopes: [stock]}}\n'), ("    scope: orders:read\n    roles: customer", f'    scope: orders:read stock\n    resources: ["{api}"]\n    roles: customer'))
		reload(s)
		equal(claims_of(s, ask(resource=api).json()["access_token"])[2], api, "the new API")
		# The entry of a proxy that is trusted is not the client.
		far = {"X-Forwarded-For": "192.0.2.7, 10.1.2.3"}
		seen = lambda: [r["remote"] for r in events(s, "request") if r["path"] == "/.well-known/jwks.json"][-1]  # noqa: E731
		s.fetch_daemon("/.well-known/jwks.json", headers=far)
		equal(seen(), "10.1.2.3", "a proxy that nobody knows")
		change(s, ("trusted_proxy: true}", "trusted_proxy: true, trusted_proxies: [10.0.0.0/8]}"))
		reload(s)
		s.fetch_daemon("/.well-known/jwks.json", headers=far)
		equal(seen(), "192.0.2.7", "behind one that is trusted now")
		change(s, ("log: {level: info}", "log: {level: info}\nkeys: {algorithms: [ES384]}"))
		reload(s)
		equal(claims_of(s, ask().json()["access_token"])[0], "ES384", "the new algorithm")
		check("ES384" in {k["alg"] for k in s.fetch_daemon("/.well-known/jwks.json").json()["keys"]}, "its key is published")
		wait_until(lambda: sorted(e["alg"] for e in events(s, "key.changed") if e["state"] == "retiring") == ["ES256", "RS256"], "the old ones go", 30)
		equal({k["alg"] for k in s.fetch_daemon("/.well-known/jwks.json").json()["keys"]}, {"ES384", "ES256", "RS256"}, "what was signed still verifies")
		equal(events(s, "reload.restart_needed"), [], "nothing waits for a restart")


def gate_sign_in(s, browser=None, host="web"):
	b = browser or s.browser()
	reply = b.get(s.url(host, "/_ostiary/login?return_to=/"), until=s.origin(host) + "/_ostiary/callback")
	if reply.status == 200:
		reply = s.answer_pages(b, reply, "alice", s.origin(host) + "/_ostiary/callback")
	reply = b.request(reply.location)
	equal((reply.status, reply.location), (302, s.url(host, "/")), f"signed in at {host}: {reply!r}")
	return b


@test
def a_gateway_whose_secret_was_rotated_signs_in_right_after():
	with System(backend=False) as s:
		before = gate_sign_in(s)
		for i in range(3):
			put(s, "web.secret", f"{i}" * 40 + "\n")
			reload(s)
			gate_sign_in(s)
		check(before.request(s.url("web", "/_ostiary/session")).json()["signed_in"], "the session of before")
		equal(events(s, "reload.restart_needed"), [], "nothing waits for a restart")
		equal(events(s, "provider.failed"), [], "no sign-in was refused")


def stranger(s):
	"""A certificate that nobody here was signed by."""
	path = os.path.join(s.folder, "stranger.pem")
	subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "/dev/null", "-out", path,
		"-subj", "/CN=stranger", "-days", "1"], check=True, capture_output=True)
	with open(path) as f:
		return f.read()


@test
def the_first_gateway_and_authorities_are_taken_over():
	def without(text):
		s.full = text.replace(s.ca, os.path.join(s.folder, "authorities.pem"))
		return s.full[:s.full.index("gateways:")]
	s = System(backend=False, tls=True)
	s.edit_config = without
	with s:
		equal(s.browser().get(s.url("web", "/_ostiary/login?return_to=/")).status, 404, "no gateway yet")
		with open(s.config, "w") as f:
			f.write(s.full)
		with open(s.ca) as f:
			good = f.read()
		contains(reload(s, "reload.refused")["reason"], "No such file", "no file")
		put(s, "authorities.pem", "nothing of the kind\n")
		contains(reload(s, "reload.refused")["reason"], "holds no certificate", "no certificate")
		put(s, "authorities.pem", good)
		reload(s)
		gate_sign_in(s)
		put(s, "authorities.pem", stranger(s))
		reload(s)
		try:
			gate_sign_in(s)
			check(False, "a sign-in by authorities that are trusted no more")
		except AssertionError:
			check(any("tls" in e["detail"] for e in events(s, "provider.failed")), "they are trusted no more")
		put(s, "authorities.pem", good)
		reload(s)
		gate_sign_in(s)
		equal(events(s, "reload.restart_needed"), [], "nothing waits for a restart")


@test
def a_tenant_that_was_removed_is_disabled():
	with System(backend=False) as s:
		change(s, ("tenants:\n", "tenants:\n  - {id: acme, name: Acme}\n"))
		reload(s)
		change(s, ("  - {id: acme, name: Acme}\n", ""))
		reload(s)
		equal([e["name"] for e in events(s, "tenant.disabled")], ["acme"], "said so")
		listed = {t["id"]: t["disabled"] for t in json.loads(s.cli("tenant", "list", "--json").stdout)["tenants"]}
		equal(listed, {"acme": True, "default": False}, "tenants")
		check("access_token" in s.sign_in("alice"), "others sign in")
		change(s, ("tenants:\n", "tenants:\n  - {id: acme, name: Acme}\n"))
		reload(s)
		equal([e["name"] for e in events(s, "tenant.enabled")], ["acme"], "it is back")


@test
def what_is_held_in_a_removed_tenant_is_over():
	"""Of people and clients that commands made: the file names none of them, so it is the tenant that ends what they hold. It comes back
	before they are asked for: what was only refused meanwhile would be good again."""
	acme = "  - {id: acme, name: Acme}\n"
	with System(backend=False) as s:
		change(s, ("tenants:\n", "tenants:\n" + acme))
		reload(s)
		s.passwords["carol"], back = "a long enough pass phrase", s.redirect_uri("shop")
		s.cli("user", "add", "carol", "--tenant", "acme", "--password-stdin", stdin=s.passwords["carol"] + "\n")
		s.cli("client", "add", "acme-shop", "--tenant", "acme", "--auth", "none", "--redirect-uris", back, "--grants",
			"authorization_code,refresh_token", "--scope", "openid offline_access orders:read")
		made = json.loads(s.cli("client", "add", "acme-robot", "--tenant", "acme", "--grants", "client_credentials", "--scope", "orders:read",
			"--json").stdout)
		browser, others = s.browser(), s.sign_in("alice")
		asked = {"client_id": "acme-shop", "redirect_uri": back}
		offline = s.sign_in("carol", browser, scope="openid offline_access orders:read", **asked)
		bound = s.sign_in("carol", browser, scope="openid orders:read", **asked)
		machine = s.token(basic("acme-robot", made["client_secret"]), grant_type="client_credentials").json()
		passes = lambda held: s.fetch(s.url("api", "/orders"), headers={"Authorization": "Bearer " + held["access_token"]}).status != 401  # noqa: E731
		renews = lambda held: s.token(grant_type="refresh_token", refresh_token=held["refresh_token"], client_id="acme-shop").status  # noqa: E731
		signed_in = lambda: "code=" in browser.get(s.authorize_url(challenge="a" * 43, prompt="none", **asked), until=s.origin("shop")).location  # noqa: E731
		check(all(passes(t) for t in (offline, bound, machine)) and signed_in(), "before")
		change(s, (acme, ""))
		reload(s)
		wait_until(lambda: not any(passes(t) for t in (offline, bound, machine)), "the end of their access tokens", 30)
		change(s, ("tenants:\n", "tenants:\n" + acme))
		reload(s)
		equal([passes(t) for t in (offline, bound, machine)], [False, False, False], "access tokens, after it came back")
		equal((renews(offline), renews(bound)), (400, 400), "refresh tokens")
		check(not signed_in(), "the session")
		check(passes(others), "others' go on")
		time.sleep(1.1)  # tokens of the second in which all was ended are ended too
		again = s.sign_in("carol", browser, scope="openid orders:read", **asked)
		check(passes(again), "and so does who signs in anew")


class NoRevocations:
	"""Meanwhile the directory takes no revocation, as a full disk takes none."""

	def __init__(self, s):
		self.path = os.path.join(s.state, "ostiary.db")

	def run(self, text):
		db = sqlite3.connect(self.path, timeout=30)
		db.execute(text)
		db.commit()
		db.close()

	def __enter__(self):
		self.run("CREATE TRIGGER no_room BEFORE INSERT ON ending BEGIN SELECT raise(ABORT, 'no room'); END")

	def __exit__(self, *what):
		self.run("DROP TRIGGER no_room")


def holds(s, tokens):
	"""Whether the access token and the refresh token are good."""
	reply = s.fetch(s.issuer + "/userinfo", headers={"Authorization": "Bearer " + tokens["access_token"]})
	renewed = s.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"], client_id="shop")
	return reply.status == 200, renewed.status == 200


@test
def what_a_failed_reload_did_not_revoke_the_next_one_does():
	with System(backend=False) as s:
		api = s.url("api", "/orders")
		passes = lambda token: s.fetch(api, headers={"Authorization": "Bearer " + token}).status != 401  # noqa: E731
		put(s, "second.secret", SECRET + "\n")
		change(s, ("users:\n", ROBOT.lstrip("\n")), ("{login: bob, ", "{login: bob, disabled: false, "))
		reload(s)
		alice, bob = s.sign_in("alice"), s.sign_in("bob")
		machine = robot(s).json()["access_token"]
		check(passes(machine), "the client's token before")
		put(s, "alice.password", "another pass phrase of hers\n")
		change(s, ("{login: alice,", "{login: alice, reset_password: true,"), ("disabled: false", "disabled: true"))
		with NoRevocations(s):
			reload(s, "reload.failed")
		reload(s)
		equal(holds(s, alice), (False, False), "alice's, whose password was set anew")
		equal(holds(s, bob), (False, False), "bob's, who was disabled")
		change(s, (ROBOT.lstrip("\n").replace("users:\n", ""), ""))
		with NoRevocations(s):
			reload(s, "reload.failed")
		reload(s)
		wait_until(lambda: not passes(machine), "the end of the removed client's token", 30)
		count = len(events(s, "audit"))
		reload(s)
		equal(len(events(s, "audit")), count, "nothing is due any more")


@test
def what_went_half_way_and_back_is_as_the_file_says():
	with System(nginx=False) as s:
		put(s, "second.secret", SECRET + "\n")
		ask = lambda: s.fetch_daemon("/token", "POST", basic("second-robot", SECRET), {"grant_type": "client_credentials"}).status  # noqa: E731
		change(s, ("users:\n", ROBOT.lstrip("\n")))
		reload(s)
		equal(ask(), 200, "the client")
		without = (ROBOT.lstrip("\n").replace("users:\n", ""), "")
		change(s, without)
		with NoRevocations(s):
			reload(s, "reload.failed")
		equal(ask(), 401, "it was disabled")
		change(s, ("users:\n", ROBOT.lstrip("\n")))
		reload(s)
		equal(ask(), 200, "it is in the file again")


@test
def a_command_that_failed_half_way_is_made_good_by_its_repeat():
	with System(backend=False) as s:
		tokens = s.sign_in("bob", scope="openid offline_access orders:read")
		ask = lambda: s.fetch(s.url("api", "/orders"), headers={"Authorization": "Bearer " + tokens["access_token"]}).status  # noqa: E731
		check(ask() != 401, "before")
		with NoRevocations(s):
			check(s.cli("user", "disable", "bob", check=False).returncode != 0, "no revocation")
		s.cli("user", "disable", "bob")
		wait_until(lambda: ask() == 401, "the end of bob's token", 30)


@test
def reloads_under_traffic_fail_no_request():
	with System(backend=False) as s:
		failures, count, stop = [], [0, 0], threading.Event()

		def machine():
			while not stop.is_set():
				reply = s.token(basic("stock-robot", s.secrets["stock-robot"]), grant_type="client_credentials", scope="orders:read")
				count[0] += 1
				if reply.status != 200:
					failures.append(reply)

		def person():
			browser = s.browser()
			while not stop.is_set():
				try:
					gate_sign_in(s, browser)
				except AssertionError as e:
					failures.append(e)
				count[1] += 1
		threads = [threading.Thread(target=f) for f in (machine, machine, person)]
		for thread in threads:
			thread.start()
		for i in range(20):
			put(s, "web.secret", f"{i % 10}" * 40 + "\n")
			with open(s.config) as f:
				text = "\n".join(line for line in f.read().split("\n") if not line.startswith(("tokens:", "keys:", "sessions:")))
			with open(s.config, "w") as f:
				f.write(text.rstrip("\n") + f"\ntokens: {{access: {1 + i % 4 * 9}m}}\nkeys: {{algorithms: [{('ES256', 'ES384, ES256', 'ES384')[i % 3]}]}}\n")
			reload(s)
		time.sleep(0.5)
		stop.set()
		for thread in threads:
			thread.join()
		check(count[0] > 20 and count[1] > 3 and not failures, f"{len(failures)} of {count} failed: {failures[:2]}")
		equal(events(s, "signer.mint_refused"), [], "the signer follows")
		for _ in range(3):
			s.daemon.send_signal(signal.SIGHUP)
		equal(s.end(s.daemon), 0, "a clean end")


class Busy:
	"""A daemon whose parent is kept from running between the start of its roles and the moment in which they serve."""

	def __init__(self, meanwhile):
		self.system, self.meanwhile = System(nginx=False), meanwhile

	def __enter__(self):
		s = self.system
		try:
			s.write()
			s.start_daemon(wait=False)
			wait_until(lambda: len(s.roles()) == 3, "the roles", 30, s.daemon)
			s.daemon.send_signal(signal.SIGSTOP)
			wait_until(s.ready, "the worker serves", 30)
			self.meanwhile(s)
			s.daemon.send_signal(signal.SIGCONT)
		except BaseException:
			s.daemon.send_signal(signal.SIGCONT)
			s.close()
			raise
		return s

	def __exit__(self, *what):
		return self.system.__exit__(*what)


@test
def a_reload_is_not_lost_while_it_starts():
	def hang_up(s):
		s.daemon.send_signal(signal.SIGHUP)
	with Busy(hang_up) as s:
		wait_until(lambda: events(s, "reload.done"), "the reload", 30, s.daemon)
	with System(nginx=False) as s:
		s.stop()
		s.start_daemon(wait=False)
		wait_until(lambda: len(s.roles()) == 3, "the roles", 30, s.daemon)
		hang_up(s)
		wait_until(lambda: events(s, "reload.done"), "the reload that came before it served", 30, s.daemon)
		equal(len(events(s, "ready")), 2, "both starts")


@test
def a_worker_that_dies_as_soon_as_it_serves_is_started_again():
	def kill(s):
		killed.append(s.roles()["worker"])
		os.kill(killed[0], signal.SIGKILL)
	killed = []
	with Busy(kill) as s:
		wait_until(lambda: s.roles().get("worker") not in (None, killed[0]) and s.ready(), "the next worker", 30, s.daemon)
		equal(s.end(s.daemon), 0, "a clean end")


@test
def it_works_again_after_the_worker_was_killed():
	with System(nginx=False) as s:
		old = s.roles()["worker"]
		os.kill(old, signal.SIGKILL)
		wait_until(lambda: s.roles().get("worker") not in (None, old) and s.ready(), "the new worker", 30)
		put(s, "second.secret", SECRET + "\n")
		change(s, ("users:\n", ROBOT.lstrip("\n")))
		reload(s)
		equal(s.fetch_daemon("/token", "POST", basic("second-robot", SECRET), {"grant_type": "client_credentials"}).status, 200, "the new client")


@test
def a_file_that_broke_meanwhile_outlives_a_crash_and_is_mended():
	with System(nginx=False) as s:
		with open(s.config) as f:
			good = f.read()
		with open(s.config, "a") as f:
			f.write("nonsense: 1\n")
		os.kill(s.roles()["worker"], signal.SIGKILL)
		wait_until(lambda: any(e["exit"] == 4 for e in events(s, "role.ended")), "the worker's refusal", 30, s.daemon)
		contains(s.log(), "nonsense: unknown key", "what is wrong")
		check(s.daemon.poll() is None, "the daemon goes on trying")
		with open(s.config, "w") as f:
			f.write(good)
		wait_until(s.ready, "the mended daemon", 30, s.daemon)
		equal(s.end(s.daemon), 0, "a clean end")


tap.main()
