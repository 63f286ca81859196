#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""SIGHUP: what a changed configuration changes while the daemon runs, and what a bad one does not."""
import json
import os
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap  # noqa: E402
from system import System, basic, wait_until  # noqa: E402
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


def change(s, *pairs):
	"""Replaces in the configuration file; each text must be there."""
	with open(s.config) as f:
		text = f.read()
	for old, new in pairs:
		check(old in text, f"{old!r} is in the configuration")
		text = text.replace(old, new, 1)
	with open(s.config, "w") as f:
		f.write(text)


def events(s, name):
	rows = (json.loads(line) for line in s.log().splitlines() if line.startswith("{"))
	return [row for row in rows if row["event"] == name]


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
		reply = s.browser().get(s.authorize_url(challenge="a" * 43, scope="openid orders:read"), until=s.origin("shop"))
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
		change(s, ("ephemeral: memory", "ephemeral: sqlite"), ("log: {level: info}", "log: {level: info}\ntokens: {access: 5m}"))
		reload(s)
		equal(events(s, "reload.restart_needed")[-1]["keys"], "ephemeral, tokens", "the keys")
		change(s, ("ephemeral: sqlite", "ephemeral: memory"), ("\ntokens: {access: 5m}", ""))
		count = len(events(s, "reload.restart_needed"))
		reload(s)
		equal(len(events(s, "reload.restart_needed")), count, "back to what runs: nothing to say")


@test
def reloads_under_traffic_fail_no_request():
	with System(backend=False) as s:
		failures, count, stop = [], [0], threading.Event()

		def traffic():
			while not stop.is_set():
				reply = s.token(basic("stock-robot", s.secrets["stock-robot"]), grant_type="client_credentials", scope="orders:read")
				count[0] += 1
				if reply.status != 200:
					failures.append(reply)
		threads = [threading.Thread(target=traffic) for _ in range(2)]
		for thread in threads:
			thread.start()
		for i in range(6):
			change(s, ("client_name: Stock robot", f"client_name: Stock robot {i}"))
			reload(s)
			s.daemon.send_signal(signal.SIGHUP)
			s.daemon.send_signal(signal.SIGHUP)
		time.sleep(0.5)
		stop.set()
		for thread in threads:
			thread.join()
		check(count[0] > 20 and not failures, f"{len(failures)} of {count[0]} failed: {failures[:1]}")
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
