#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Signing in by e-mail against the running daemon: whose an address is, and what is told of those that are double."""
import os
import re
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap  # noqa: E402
from system import ROOT, System, change, decode  # noqa: E402
from tap import check, contains, equal, lacks, test  # noqa: E402


def subject(s, name):
	s.passwords.setdefault(name, s.passwords["alice"])
	return decode(s.sign_in(name)["id_token"])[1]["sub"]


def refused(s, name):
	try:
		subject(s, name)
	except AssertionError:
		return True
	return False


@test
def a_verified_email_signs_in_and_is_one_namespace_with_logins():
	with System() as s:
		alice = subject(s, "alice")
		equal(subject(s, "ALICE@example.com"), alice, "her address, in whatever case")
		equal(s.cli("user", "add", "alice@example.com", "--no-password", check=False).returncode, 1, "an address is no other's login")
		change(s, ("\nusers:\n", "\nusers:\n  - {login: zoe, password_file: alice.password, email: z@x.example, email_verified: true}\n"
			"  - {login: z@x.example, password_file: alice.password}\n"))
		said = s.cli("check-config")
		contains(said.stderr, "user zoe of tenant default: the verified e-mail z@x.example", "double in the file")
		lacks(said.stderr, "user alice of", "not she")
		s.end(s.daemon)
		s.start_daemon()
		equal(subject(s, "alice"), alice, "her login is hers")
		equal(subject(s, "alice@example.com"), alice, "and her address")
		zoe, other = subject(s, "zoe"), subject(s, "z@x.example")
		check(zoe != other, "both sign in by login")


# Columns of before, and where the directory of today has them.
MOVED = {
	("user", "password"): "coalesce((SELECT CAST(c.data AS TEXT) FROM newer.credential c WHERE c.user = t.id AND c.type = 'password'), '')",
	("user", "password_changed"): "credentials_changed",
}


def before(s, migration):
	"""The directory as the version before that migration would have it: its own schema, and the rows that fit into it."""
	path = os.path.join(s.state, "ostiary.db")
	texts = re.split(r"^-- migration: \d+$", open(os.path.join(ROOT, "sql/sqlite/directory.schema.sql"), encoding="utf-8").read(), flags=re.M)
	with sqlite3.connect(path + ".older") as db:
		for text in texts[1:migration]:
			db.executescript(text)
		db.execute("ATTACH ? AS newer", (path,))
		for (table,) in db.execute("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'").fetchall():
			names = [row[1] for row in db.execute(f"PRAGMA main.table_info({table})")]
			columns, values = ", ".join(f'"{name}"' for name in names), ", ".join(MOVED.get((table, name), f'"{name}"') for name in names)
			db.execute(f"DELETE FROM main.{table}")
			db.execute(f"INSERT INTO main.{table} ({columns}) SELECT {values} FROM newer.{table} t")
		db.execute("UPDATE main.schema_version SET version = ?", (migration - 1,))
	db.close()
	for end in ("", "-wal", "-shm"):
		if os.path.exists(path + end):
			os.unlink(path + end)
	os.chmod(path + ".older", 0o600)
	os.rename(path + ".older", path)


@test
def addresses_that_an_older_version_left_double_sign_nobody_in():
	with System() as s:
		subject(s, "alice")
		s.cli("user", "add", "dora", "--no-password", "--email", "d@x.example")
		s.end(s.daemon)
		before(s, 7)
		with sqlite3.connect(os.path.join(s.state, "ostiary.db")) as db:
			db.execute("UPDATE user SET email = 'alice@example.com', email_verified = 1 WHERE login = 'dora'")
		db.close()
		s.start_daemon()
		contains(s.cli("check-config").stderr, "user dora of tenant default: the verified e-mail alice@example.com", "listed")
		check(refused(s, "alice@example.com"), "by address")
		subject(s, "alice")


tap.main()
