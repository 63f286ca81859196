#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Revocations in number: a repeat writes nothing, a million are held by the daemon and by nginx, and what cannot be held is not
said to be done."""
import os
import socket
import sqlite3
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from gate import FULL, HELLO, frame  # noqa: E402
import tap  # noqa: E402
from system import System, basic, pkce  # noqa: E402
from tap import check, equal, poll, test  # noqa: E402

SCOPE = "openid offline_access orders:read"
HELD = 1000000


def database(s):
	return sqlite3.connect(os.path.join(s.state, "ostiary.db"), timeout=30)


def count(s, table):
	with database(s) as db:
		return db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def revoke(s, token, headers=None, **fields):
	return s.fetch(s.issuer + "/revoke", "POST", headers, {"token": token, **fields}).status


def orders(s, token):
	return s.fetch(s.url("api", "/orders"), headers={"Authorization": "Bearer " + token}).status


def memory(pid):
	with open(f"/proc/{pid}/status") as f:
		return next(int(line.split()[1]) for line in f if line.startswith("VmRSS:")) // 1024


def fill(s, n):
	"""As many ends as that, recorded by others and alive for an hour."""
	now = int(time.time())
	with database(s) as db:
		db.execute("WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < ?) INSERT INTO ending "
			"(kind, id, at, expires) SELECT 0, 'filler-' || printf('%015d', n), ?, ? FROM i", (n, now, now + 3600))


@test
def repeats_of_a_revocation_or_of_a_used_code_write_nothing():
	with System(backend=False) as s:
		browser = s.browser()
		verifier, challenge = pkce()
		answer = s.authorize("alice", browser, client_id="shop", scope=SCOPE, challenge=challenge)
		code = {"grant_type": "authorization_code", "code": answer["code"], "client_id": "shop", "redirect_uri": s.redirect_uri("shop")}
		tokens = s.token(**code, code_verifier=verifier).json()
		equal(revoke(s, tokens["access_token"], client_id="shop"), 200, "revoked")
		before = count(s, "ending"), count(s, "audit")
		equal(before[0], 1, "one row")
		equal({revoke(s, tokens["access_token"], client_id="shop") for _ in range(20)}, {200}, "again and again")
		equal((count(s, "ending"), count(s, "audit")), before, "nothing was written")
		replays = [s.token(**code, code_verifier=v).status for v in [pkce()[0]] * 10 + [verifier] * 10]
		equal(set(replays), {400}, "the code again, mostly with a wrong verifier")
		after = count(s, "ending"), count(s, "audit")
		equal(after, (before[0] + 1, before[1] + 1), "the grant is ended, once")
		s.end(s.daemon)
		s.start_daemon()
		equal({revoke(s, tokens["access_token"], client_id="shop") for _ in range(5)}, {200}, "after a restart")
		equal((count(s, "ending"), count(s, "audit")), after, "nothing was written")


@test
def past_a_hundred_tokens_of_a_client_all_so_far_are_revoked():
	with System() as s:
		robot = basic("stock-robot", s.secrets["stock-robot"])
		kept = s.machine_token("orders:read")
		equal(orders(s, kept), 200, "before")
		equal({revoke(s, s.machine_token("orders:read"), robot) for _ in range(100)}, {200}, "a hundred")
		poll(lambda: count(s, "ending") == 100, "a row each")
		equal(orders(s, kept), 200, "those that were not revoked go on")
		equal({revoke(s, s.machine_token("orders:read"), robot) for _ in range(20)}, {200}, "no refusal")
		equal(count(s, "ending"), 101, "one row more")
		poll(lambda: orders(s, kept) == 401, "its tokens so far are ended")
		time.sleep(1.1)
		equal(orders(s, s.machine_token("orders:read")), 200, "what it gets now is good")


@test
def past_a_thousand_ends_of_a_person_at_a_client_what_they_have_there_is_ended():
	with System() as s:
		elsewhere = s.sign_in("alice", client_id="ostiary-cli", scope="openid offline_access")
		kept, one, other = (s.sign_in(who, client_id="shop", scope=SCOPE) for who in ("alice", "alice", "bob"))
		now = int(time.time())
		with database(s) as db:
			user = db.execute("SELECT id FROM user WHERE login = 'alice'").fetchone()[0]
			db.execute("WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 1000) INSERT INTO ending "
				"(kind, id, at, expires, owner) SELECT 1, 'a-grant-' || n, ?, ?, ? FROM i", (now, now + 600, user + " shop"))
		poll(lambda: orders(s, kept["access_token"]) == 200, "each of these is one grant")
		equal(revoke(s, one["refresh_token"], client_id="shop"), 200, "no refusal")
		equal(count(s, "ending"), 1001, "one row")
		poll(lambda: orders(s, kept["access_token"]) == 401, "theirs so far are ended")
		reply = s.fetch(s.issuer + "/userinfo", headers={"Authorization": "Bearer " + elsewhere["access_token"]})
		equal(reply.status, 200, "but not what another client has of them")
		equal(orders(s, other["access_token"]), 403, "and nobody else's: what bob lacks is a role")
		time.sleep(1.1)
		again = s.token(grant_type="refresh_token", client_id="shop", refresh_token=kept["refresh_token"])
		equal(again.status, 200, "what was not revoked is renewed")
		equal(orders(s, again.json()["access_token"]), 200, "and good")
		equal(count(s, "ending"), 1001, "one row still")


@test
def after_the_life_of_tokens_was_shortened_ends_outlive_those_of_before():
	with System(backend=False) as s:
		def restart(life):
			s.end(s.daemon)
			with open(s.config) as f:
				text = f.read().split("\ntokens:")[0]
			with open(s.config, "w") as f:
				f.write(text + f"\ntokens:\n  access: {life}\n")
			s.start_daemon()
		restart("1h")
		tokens = s.sign_in("alice", client_id="shop", scope=SCOPE)
		over = time.time() + tokens["expires_in"]
		check(tokens["expires_in"] > 3500, "an hour")
		restart("30s")
		equal(revoke(s, tokens["refresh_token"], client_id="shop"), 200, "ended")
		with database(s) as db:
			check(db.execute("SELECT expires FROM ending").fetchone()[0] > over, "for as long as the token of before lives")


@test
def what_a_gateway_cannot_hold_is_not_acknowledged_as_done():
	with System(nginx=False) as s:
		link = socket.socket(socket.AF_UNIX)
		link.connect(os.path.join(s.state, "link.sock"))
		link.sendall(frame(HELLO, struct.pack(">I", 1)) + frame(FULL))
		poll(lambda: '"link.full"' in s.log(), "the log says so")
		robot = basic("stock-robot", s.secrets["stock-robot"])
		body = {"grant_type": "client_credentials", "scope": "orders:read"}

		def ask(path, fields):
			text = "&".join(f"{k}={v}" for k, v in fields.items())
			return s.fetch_daemon(path, "POST", {**robot, "Content-Type": "application/x-www-form-urlencoded"}, text.encode())
		token = ask("/token", body).json()["access_token"]
		equal(ask("/revoke", {"token": token}).status, 503, "not done everywhere")
		equal(count(s, "ending"), 1, "recorded all the same")
		link.close()
		poll(lambda: ask("/revoke", {"token": token}).status == 200, "done once it is gone")


@test
def a_million_revocations_are_held_and_the_last_one_counts():
	with System() as s:
		robot = basic("stock-robot", s.secrets["stock-robot"])
		s.end(s.daemon)
		fill(s, HELD - 1)
		began = time.monotonic()
		s.start_daemon()
		started = time.monotonic() - began
		token, late = s.machine_token("orders:read"), s.machine_token("orders:read")
		poll(lambda: orders(s, token) == 200, "good before", 180)
		fed = time.monotonic() - began
		equal(revoke(s, token, robot), 200, "revoked, the millionth")
		poll(lambda: orders(s, token) == 401, "and nginx knows", 60)
		equal(revoke(s, late, robot), 503, "one more has no room: refused, not forgotten")
		equal(orders(s, late), 200, "so it is still good")
		reply = s.fetch(s.url("id", "/readyz"))
		equal((reply.status, reply.json()["revocations"], reply.json()["directory"]), (503, False, True), "/readyz says so")
		poll(lambda: '"ends.full"' in s.log(), "the log says so", 90)
		worker = s.nginx_workers()[0]
		print(f"# {HELD} revocations: daemon {memory(s.roles()['worker'])} MB, an nginx worker {memory(worker)} MB; daemon ready after "
			f"{started:.1f} s, nginx fed after {fed:.1f} s", flush=True)
		# What a sanitizer keeps of its own is no memory of ours.
		most = 200 if "asan" not in s.build else 1000
		check(memory(worker) < most and memory(s.roles()["worker"]) < most, "memory")


@test
def more_than_sixty_a_minute_about_one_grant_are_429():
	with System(backend=False) as s:
		tokens = s.sign_in("alice", client_id="shop", scope=SCOPE)

		def repeat():
			return s.token(grant_type="refresh_token", client_id="shop", refresh_token=tokens["refresh_token"])
		replies = [repeat() for _ in range(70)]
		equal({r.status for r in replies[:59]}, {200}, "the first ones")
		late = [r for r in replies if r.status == 429]
		check(len(late) >= 9, "the rest")
		equal(late[-1].json()["error"], "slow_down", "and says so")
		check(1 <= int(late[-1].header("Retry-After")) <= 60, "with the time to wait")
		equal(s.log().count("rate.exceeded"), 1, "one line")
		check(s.sign_in("alice", client_id="shop", scope=SCOPE)["access_token"], "another grant goes on")


def old_rows(s):
	"""What months of an earlier version left: a long family that is over, many short ones, audit records of two years."""
	now = int(time.time())
	with database(s) as db:
		user = db.execute("SELECT id FROM user WHERE login = 'alice'").fetchone()[0]
		many = "WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < ?) "
		db.execute(many + "INSERT INTO refresh_family (id, user, client, sid, scopes, context, expires) "
			"SELECT 'family' || printf('%016d', n), ?, 'shop', '', 'openid', '{}', ? FROM i", (3000, user, now - 10))
		db.execute(many + "INSERT INTO refresh_token (hash, family, issued, expires, rotated) "
			"SELECT CAST('old-' || printf('%028d', n) AS BLOB), 'family' || printf('%016d', 1 + n / 20000 * (n % 3000)), ?, ?, ? FROM i",
			(30000, now - 900, now - 10, now - 800))
		db.execute(many + "INSERT INTO audit (at, event, actor, subject, client, session, remote, request_id, detail) "
			"SELECT ? + n, 'old', '', '', '', '', '', '', '' FROM i", (20000, now - 700 * 86400))


@test
def what_is_over_is_forgotten_while_others_write():
	with System(backend=False) as s:
		s.end(s.daemon)
		old_rows(s)
		s.start_daemon()
		tokens, waits = s.sign_in("bob", client_id="shop", scope=SCOPE), []
		began = time.monotonic()

		def left():
			with database(s) as db:
				return [db.execute(q).fetchone()[0] for q in ("SELECT count(*) FROM refresh_token WHERE expires < 2000000000 AND family LIKE 'family%'",
					"SELECT count(*) FROM refresh_family WHERE id LIKE 'family%'", "SELECT count(*) FROM audit WHERE event = 'old'")]
		robot = basic("stock-robot", s.secrets["stock-robot"])

		def write():
			t = time.monotonic()
			equal(revoke(s, s.machine_token("orders:read"), robot), 200, "a writer")
			return time.monotonic() - t
		while sum(left()) > 0 and time.monotonic() - began < 60:
			waits.append(write())
		took = time.monotonic() - began
		equal(left(), [0, 0, 0], "all of it")
		check(s.token(grant_type="refresh_token", client_id="shop", refresh_token=tokens["refresh_token"]).status == 200, "what lives goes on")
		rest = [write() for _ in waits]

		def told(v):
			v = sorted(v)
			return "median {:.1f}, p99 {:.0f}, longest {:.0f} ms".format(*(1000 * x for x in (v[len(v) // 2], v[len(v) * 99 // 100], v[-1])))
		print(f"# 53,000 old rows forgotten in {took:.1f} s; a token and its revocation, {len(waits)} of them, meanwhile: {told(waits)}; "
			f"at rest: {told(rest)}", flush=True)


tap.main()
