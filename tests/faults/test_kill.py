#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of worker, signer and parent under load: started again, and nothing that was acknowledged is lost."""
import datetime
import json
import os
import signal
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap  # noqa: E402
from system import System, agent, basic, kill_parent, runs  # noqa: E402
from tap import check, equal, poll, test  # noqa: E402

THREADS, KILLS = 4, 5


class Load:
	"""Threads that do one thing over and over; `done` and `failed` hold what each call gave or raised."""

	def __init__(self, work):
		self.work, self.done, self.failed, self.on = work, [], [], True
		self.threads = [threading.Thread(target=self.run, args=(i,)) for i in range(THREADS)]

	def run(self, lane):
		number = 0
		while self.on:
			number += 1
			try:
				self.done.append(self.work(f"{lane}-{number}"))
			except Exception as error:
				self.failed.append(error)

	def __enter__(self):
		for thread in self.threads:
			thread.start()
		return self

	def __exit__(self, *what):
		self.on = False
		for thread in self.threads:
			thread.join()

	def more(self, n=10):
		"""Waits until so much more has been done."""
		start = len(self.done)
		poll(lambda: len(self.done) >= start + n, f"{n} more requests answered", 30)


def token(s):
	headers = dict(basic("stock-robot", s.secrets["stock-robot"]), Host=s.issuer.split("//")[1])
	return agent.fetch("http://localhost/token", "POST", headers, {"grant_type": "client_credentials"}, unix=s.http_sock)


def admin(s, method, path, body=None):
	text = None if body is None else json.dumps(body)
	return agent.fetch("http://localhost" + path, method, {"Content-Type": "application/json"}, text, unix=os.path.join(s.state, "admin.sock"))


def kill(s, role):
	"""Kills it and waits for the next one, which must serve."""
	pid = s.roles()[role]
	os.kill(pid, signal.SIGKILL)
	poll(lambda: s.roles().get(role) not in (None, pid), f"a new {role}", 20)
	poll(s.ready, f"ready after the kill of {role}", 20)


@test
def signer_killed_under_load_fails_no_request():
	with System(nginx=False) as s, Load(lambda _: token(s).status) as load:
		load.more(50)
		for _ in range(KILLS):
			kill(s, "signer")
			load.more(20)
		load.on = False
		equal(set(load.done), {200}, "every answer")
		equal(load.failed, [], "failures")


@test
def worker_killed_under_load_comes_back():
	with System(nginx=False) as s, Load(lambda _: token(s).status) as load:
		load.more(50)
		before = s.fetch_daemon("/.well-known/jwks.json").json()
		for _ in range(KILLS):
			kill(s, "worker")
			load.more(20)
		load.on = False
		equal(set(load.done), {200}, "every answer that came")
		check(len(load.failed) <= KILLS * THREADS, f"only requests in flight are lost: {len(load.failed)}")
		equal(s.fetch_daemon("/.well-known/jwks.json").json(), before, "the keys are the same")


@test
def what_the_store_acknowledged_survives_every_kill():
	with System(nginx=False, edit_config=lambda text: text.replace("users:\n", "passwords: {memory: 8MiB, passes: 1, lanes: 1}\nusers:\n")) as s:
		def add(name):
			reply = admin(s, "POST", "/admin/users", {"login": "u" + name})
			return "u" + name if reply.status == 201 else reply.status
		with Load(add) as load:
			for role in ("worker", "signer", "worker"):
				load.more(20)
				kill(s, role)
			load.more(20)
		logins = {x for x in load.done if isinstance(x, str)}
		kill_parent(s)
		s.start_daemon()
		there = set()
		after = ""
		while True:
			rows = admin(s, "GET", f"/admin/users?limit=500&after={after}").json()["users"]
			there |= {row["login"] for row in rows}
			if len(rows) < 500:
				break
			after = rows[-1]["login"]
		equal(logins - there, set(), "acknowledged users that are gone")


@test
def children_die_with_the_parent():
	with System(nginx=False) as s:
		roles = s.roles()
		s.daemon.send_signal(signal.SIGKILL)
		s.daemon.wait()
		poll(lambda: not any(runs(roles[r]) for r in ("worker", "signer")), "the roles are gone")
		# The sockets of the dead are still there: they are recognised as stale.
		check(os.path.exists(s.http_sock), "a stale socket")
		s.start_daemon()
		equal(token(s).status, 200, "a token from the next daemon")


@test
def sigterm_finishes_requests_in_flight():
	with System(nginx=False) as s:
		with Load(lambda _: token(s).status) as load:
			load.more(50)
			s.daemon.send_signal(signal.SIGTERM)
			equal(s.daemon.wait(timeout=30), 0, "exit status")
			load.on = False
		equal(set(load.done), {200}, "what was answered, was answered well")
		kinds = {type(error).__name__ for error in load.failed}
		check(kinds <= {"ConnectionRefusedError", "FileNotFoundError", "ConnectionResetError", "RemoteDisconnected", "BrokenPipeError"}, f"failures: {kinds}")
		check(not os.path.exists(s.http_sock), "its sockets are removed")


@test
def a_role_that_keeps_dying_is_started_ever_more_slowly():
	with System(nginx=False) as s:
		pids = [s.roles()["signer"]]
		for _ in range(5):
			os.kill(pids[-1], signal.SIGKILL)
			poll(lambda: s.roles().get("signer") not in (None, pids[-1]), "a new signer", 20)
			pids.append(s.roles()["signer"])
		starts = [json.loads(line) for line in s.log().splitlines() if '"role.started"' in line and '"signer"' in line]
		stops = [json.loads(line) for line in s.log().splitlines() if '"role.ended"' in line and '"signer"' in line]
		def at(row):
			return datetime.datetime.fromisoformat(row["time"].replace("Z", "+00:00")).timestamp()
		waits, least, rows = [], 0.0, list(zip(starts, stops, starts[1:]))
		for start, stop, again in rows:
			# Twice as long each time, from 20 ms on, and anew for one that lived for ten seconds, as on a busy machine one may;
			# how much longer such a machine makes it says nothing.
			least = 0.020 if least == 0 or at(stop) - at(start) > 9 else 2 * least
			waits.append((at(again) - at(stop), least))
		check(len(rows) >= 4 and all(wait > 0.9 * want for wait, want in waits), f"waits of {waits}")
		poll(s.ready, "ready")


tap.main()
