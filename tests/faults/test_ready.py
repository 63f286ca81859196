#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""/readyz while a store cannot be written: 503, and which; 200 again once it can."""
import os
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap  # noqa: E402
from system import System  # noqa: E402
from tap import check, equal, poll, test  # noqa: E402


def ready(s):
	reply = s.fetch_daemon("/readyz")
	return reply.status, reply.json()


def while_locked(s, name, member):
	"""Another process holds the lock for writing, as a backup that never ends does."""
	equal(ready(s)[0], 200, "before")
	db = sqlite3.connect(os.path.join(s.state, name), isolation_level=None)
	try:
		db.execute("BEGIN IMMEDIATE")
		status, what = ready(s)
		equal((status, what[member]), (503, False), f"while {name} cannot be written")
		equal(s.fetch_daemon("/healthz").status, 200, "it lives all the same")
		equal(s.fetch_daemon("/.well-known/jwks.json").status, 200, "and gives its keys")
		db.execute("ROLLBACK")
	finally:
		db.close()
	poll(lambda: ready(s)[0] == 200, "ready again")


@test
def not_ready_while_nothing_can_be_revoked():
	with System(nginx=False) as s:
		while_locked(s, "ostiary.db", "revocations")
		check("\"event\":\"request\"" in s.log(), "the log goes on")


@test
def not_ready_while_no_session_can_be_kept():
	with System(nginx=False, edit_config=lambda text: text.replace("ephemeral: memory", "ephemeral: sqlite")) as s:
		while_locked(s, "sessions.db", "ephemeral")


tap.main()
