#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The command line against the running daemon, and what `ostiary serve` and `check-config` refuse."""
import base64
import json
import os
import pty
import pwd
import re
import shlex
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import termios
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap  # noqa: E402
from system import System, agent, change, pkce  # noqa: E402
from tap import check, contains, equal, lacks, test  # noqa: E402

OK, FAILED, USAGE, UNREACHABLE, CONFIG = range(5)
PASSWORD = "a long enough pass phrase"


def run(s, *words, stdin=None):
	return s.cli(*words, stdin=stdin, check=False)


def answer(s, *words, stdin=None):
	return json.loads(s.cli(*words, "--json", stdin=stdin).stdout)


@test
def options_stand_before_between_and_after_the_words():
	with System(nginx=False) as s:
		binary = [s.binary]
		for words in (["-c", s.config, "--json", "user", "show", "alice"], ["user", "--config=" + s.config, "show", "--json", "alice"],
				["--json", "user", "-t", "default", "show", "alice", "-c", s.config]):
			done = subprocess.run(binary + words, capture_output=True, text=True)
			equal((done.returncode, json.loads(done.stdout)["user"]["login"]), (OK, "alice"), " ".join(words))
		for words, want in ((["-c", s.config], "no command"), (["--json", "user", "nothing"], "no such command of user"), (["-c"], "no command")):
			done = subprocess.run(binary + words, capture_output=True, text=True)
			equal(done.returncode, USAGE, " ".join(words))
			contains(done.stderr, want, " ".join(words))


@test
def users_are_added_shown_changed_and_deleted():
	with System(nginx=False) as s:
		added = answer(s, "user", "add", "Carol", "--name", "Carol Example", "--email", "c@example.com", "--roles", "customer,auditor", "--password-stdin", stdin=PASSWORD + "\n")["user"]
		equal((added["login"], added["roles"], added["password"], added["disabled"]), ("carol", ["customer", "auditor"], True, False), "the new user")
		equal(answer(s, "user", "show", "carol")["user"], {**added, "failed_attempts": 0, "throttled": "no"}, "show")
		check("carol" in [u["login"] for u in answer(s, "user", "list")["users"]], "list")
		equal(answer(s, "user", "roles", "carol", "visitor")["user"]["roles"], ["visitor"], "roles")
		equal(answer(s, "user", "roles", "carol")["user"]["roles"], [], "no roles")
		equal(answer(s, "user", "disable", "carol")["user"]["disabled"], True, "disable")
		equal(answer(s, "user", "enable", "carol")["user"]["disabled"], False, "enable")
		equal(answer(s, "user", "add", "robot", "--no-password")["user"]["password"], False, "no password")
		equal(answer(s, "user", "password", "robot", "--password-stdin", stdin=PASSWORD + "\n")["user"]["password"], True, "the first password")
		equal(run(s, "user", "delete", "carol").returncode, OK, "delete")
		gone = run(s, "user", "show", "carol")
		equal((gone.returncode, gone.stderr), (FAILED, "ostiary: no user carol in tenant default\n"), "gone")


@test
def bad_users_are_refused_with_the_reason():
	with System(nginx=False) as s:
		s.cli("user", "add", "gina", "--no-password")
		for words, stdin, reason in (
			(("user", "add", "alice", "--no-password"), None, "there is a user alice already"),
			(("user", "add", "x\ny", "--no-password"), None, "a login has 1 to 254 bytes"),
			(("user", "add", "dan", "--email", "no-address", "--no-password"), None, "an e-mail address has one @"),
			(("user", "add", "dan", "--password-stdin"), "short\n", "a password has at least 8 characters"),
			(("user", "password", "alice", "--password-stdin"), "short\n", "a password has at least 8 characters"),
			(("user", "add", "dan", "--no-password", "--tenant", "nobody"), None, "no tenant nobody"),
			(("user", "roles", "gina", "a b"), None, 'roles: "a b" is several words'),
			(("user", "roles", "gina", "a/b"), None, "a role has 1 to 64 letters"),
			(("user", "show", "alic"), None, "no user alic in tenant default"),
			(("user", "show", "a\x1b[1mb"), None, "no user of that name in tenant default"),
			(("client", "show", "shopp"), None, "no client shopp"),
			(("client", "add", "shop", "--auth", "none", "--redirect-uris", "https://a.example/"), None, "there is a client shop already"),
			(("tenant", "add", "default"), None, "there is a tenant default already"),
			(("key", "revoke", "nope"), None, "no key nope; ostiary key list shows them"),
			(("consent", "withdraw", "alice", "shopp"), None, "alice has allowed client shopp nothing"),
			(("audit", "list", "-n", "0"), None, "--limit: 1 to 500"),
			(("user", "list", "-n", "501"), None, "--limit: 1 to 500"),
		):
			done = run(s, *words, stdin=stdin)
			equal(done.returncode, FAILED, f"{words}: {done.stderr}")
			contains(done.stderr, "ostiary: " + reason, str(words))
			lacks(done.stderr, "\x1b", str(words))
		equal(run(s, "user", "show", "dan").returncode, FAILED, "nothing was added")


@test
def who_has_a_name_already_is_said():
	with System(nginx=False) as s:
		s.cli("user", "add", "eve", "--no-password", "--email", "e@x.example")
		s.cli("user", "set", "eve", "--verified", "true")
		s.cli("user", "add", "fay", "--no-password")
		for login, reason in (("eve", "there is a user eve already"), ("e@x.example", "that login signs in user eve")):
			equal(run(s, "user", "set", "fay", "--login", login).stderr, f"ostiary: {reason}\n", login)
			equal(run(s, "user", "add", login, "--no-password").stderr, f"ostiary: {reason}\n", login)
		s.cli("user", "disable", "eve")
		done = run(s, "user", "set", "fay", "--login", "e@x.example")
		equal(done.stderr, "ostiary: that login is the disabled user eve's: ostiary user delete eve frees it\n", "what is to be done")
		s.cli("user", "delete", "eve")
		s.cli("user", "set", "fay", "--login", "e@x.example")


@test
def a_new_password_signs_in_and_ends_what_was():
	with System(nginx=True, backend=False) as s:
		tokens = s.sign_in("alice")
		s.cli("user", "password", "alice", "--password-stdin", stdin=PASSWORD + "\n")
		reply = s.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"], client_id="shop")
		equal((reply.status, reply.json()["error"]), (400, "invalid_grant"), "the refresh token of before")
		s.passwords["alice"] = PASSWORD
		check("access_token" in s.sign_in("alice"), "the new password")
		s.cli("user", "disable", "alice")
		reply = s.fetch(s.issuer + "/userinfo", headers={"Authorization": "Bearer " + tokens["access_token"]})
		equal(reply.status, 401, "the access token of a disabled user")


@test
def passwords_never_stand_in_the_words():
	with System(nginx=False) as s:
		done = run(s, "user", "add", "dan", "--password", "hunter2hunter2")
		equal(done.returncode, USAGE, "there is no such option")
		lacks(done.stderr, "hunter2", "the message")
		loose = os.path.join(s.folder, "loose")
		with open(loose, "w") as f:
			f.write(PASSWORD)
		os.chmod(loose, 0o644)
		done = run(s, "user", "add", "dan", "--password-file", loose)
		equal(done.returncode, FAILED, "a file that all may read")
		contains(done.stderr, "chmod 600", "what to do")
		os.chmod(loose, 0o600)
		equal(run(s, "user", "add", "dan", "--password-file", loose).returncode, OK, "a private file")
		with open(os.devnull) as null:
			done = subprocess.run([s.binary, "user", "add", "eve", "-c", s.config], stdin=null, capture_output=True, text=True, start_new_session=True)
		equal(done.returncode, USAGE, "no terminal to ask on")
		contains(done.stderr, "--password-stdin", "what to do")
		lacks(s.log(), PASSWORD, "the log")


@test
def a_password_is_asked_for_twice_and_never_seen():
	with System(nginx=False) as s:
		pid, main = pty.fork()
		if pid == 0:
			os.execv(s.binary, [s.binary, "user", "add", "dan", "-c", s.config])
		said = b""
		try:
			for turn in (1, 2):
				before = len(said)
				while b": " not in said[before:]:
					said += os.read(main, 1000)
				check(not termios.tcgetattr(main)[3] & termios.ECHO, "who is asked can type unseen")
				os.write(main, PASSWORD.encode() + b"\n")
			while True:
				try:
					said += os.read(main, 1000)
				except OSError:  # its end
					break
		finally:
			os.close(main)
			status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
		equal(status, OK, said)
		lacks(said.decode(), PASSWORD, "the terminal")
		equal(answer(s, "user", "show", "dan")["user"]["password"], True, "it is set")


@test
def clients_get_a_secret_that_works_and_is_shown_once():
	with System(nginx=False) as s:
		made = answer(s, "client", "add", "robot", "--grants", "client_credentials", "--scope", "orders:read")
		check(len(made["client_secret"]) == 43, "its secret")
		s.secrets["robot"] = made["client_secret"]
		headers = {"Authorization": "Basic " + __import__("base64").b64encode(("robot:" + made["client_secret"]).encode()).decode(),
			"Content-Type": "application/x-www-form-urlencoded"}
		equal(s.fetch_daemon("/token", "POST", headers, "grant_type=client_credentials").status, 200, "a token")
		lacks(s.cli("client", "show", "robot", "--json").stdout, made["client_secret"], "shown again")
		again = run(s, "client", "add", "robot", "--grants", "client_credentials")
		equal(again.returncode, FAILED, "the same again")
		contains(s.cli("client", "rotate-secret", "robot").stdout, "rotated; the old secret no longer works:", "a new one")
		s.cli("client", "delete", "robot")
		equal(s.fetch_daemon("/token", "POST", headers, "grant_type=client_credentials").status, 401, "after its end")
		bad = run(s, "client", "add", "bad", "--auth", "none", "--redirect-uris", "http://shop.example/")
		equal(bad.returncode, FAILED, "http on a foreign host")
		contains(bad.stderr, "redirect_uris", "which member")


@test
def keys_rotate_and_old_tokens_go_on():
	with System(nginx=False) as s:
		def active():
			return {k["alg"]: k["kid"] for k in answer(s, "key", "list")["keys"] if k["state"] == "active"}
		before = active()
		following = {k["alg"]: k["kid"] for k in answer(s, "key", "list")["keys"] if k["state"] == "next"}
		states = {k["kid"]: k["state"] for k in answer(s, "key", "rotate")["keys"]}
		equal(active(), following, "the published next keys are active")
		equal({states[kid] for kid in before.values()}, {"retiring"}, "the old ones")
		published = {k["kid"] for k in s.fetch_daemon("/.well-known/jwks.json").json()["keys"]}
		check(set(before.values()) <= published and set(following.values()) <= published, "both are published")
		equal(len(published), 6, "old, active and next of two algorithms")


def kid_of(token):
	head = token.split(".")[0]
	return json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"]


@test
def a_revoked_key_is_gone_at_once_and_replaced():
	with System(backend=False) as s:
		def kids(state):
			return {k["kid"]: k["alg"] for k in answer(s, "key", "list")["keys"] if k["state"] == state}
		def published():
			return {k["kid"] for k in s.fetch_daemon("/.well-known/jwks.json").json()["keys"]}
		active, following, token = kids("active"), kids("next"), s.machine_token()
		kid = kid_of(token)
		check(kid in active, "an active key signed")
		states = {k["kid"]: k["state"] for k in answer(s, "key", "revoke", kid)["keys"]}
		equal(states[kid], "retired", "the revoked one")
		new = {k: a for k, a in kids("active").items() if a == active[kid]}
		equal(new, {k: a for k, a in following.items() if a == active[kid]}, "the published next key signs")
		check(kid not in published() and set(kids("next")) <= published(), "it is published no more, and a new next one is")
		equal(kid_of(s.machine_token()), *new, "what signs now")
		event = next(e for e in answer(s, "audit", "list")["audit"] if e["event"] == "key.revoked")
		equal((event["actor"], event["detail"]), ("admin", {"kid": kid}), "the record")
		old = next(iter(kids("next")))
		contains(s.cli("key", "revoke", old).stdout, f"revoked: what {old} signed is refused everywhere", "what was done")
		for bad in (kid, "nosuchkey", "k" * 65, "-" + "k" * 42):
			again = run(s, "key", "revoke", bad)
			equal(again.returncode, FAILED, "nothing of that name")


@test
def no_number_of_keys_that_are_gone_stops_the_next():
	with System(backend=False, edit_config=lambda text: text + "keys: {algorithms: [ES256]}\n") as s:
		for _ in range(130):
			kid = kid_of(s.machine_token())
			states = {k["kid"]: k["state"] for k in answer(s, "key", "revoke", kid)["keys"]}
			equal(states[kid], "retired", "the one that signed")
		s.end(s.daemon)
		s.start_daemon()
		s.machine_token()


@test
def names_that_hide_or_turn_text_are_refused_where_they_are_set():
	with System(nginx=False) as s:
		for name in ("A\u202eb", "A\u200bb", "\ufeffA"):
			for words in (("user", "add", "carol", "--no-password", "--name", name), ("tenant", "add", "one", name),
					("client", "add", "app", "--auth", "none", "--redirect-uris", "https://app.example/", "--name", name)):
				refused = run(s, *words)
				equal(refused.returncode, FAILED, " ".join(words[:2]))
				contains(refused.stderr, "name", "which member")
		run(s, "user", "add", "carol", "--no-password", "--name", "Zo\u00eb \u674e")
		equal(answer(s, "user", "show", "carol")["user"]["name"], "Zo\u00eb \u674e", "others are as they are")


@test
def a_clients_request_id_is_not_ours():
	with System(backend=False) as s:
		ids = ["%032x" % n for n in (0xabc1, 0xabc2)]
		s.fetch(s.issuer + "/.well-known/jwks.json", headers={"X-Request-Id": ids[0]})
		s.fetch_daemon("/.well-known/jwks.json", "GET", {"X-Request-Id": ids[1]})
		contains(s.log(), ids[1], "the proxy's own is believed")
		lacks(s.log(), ids[0], "a client's, through the proxy")


@test
def sessions_are_listed_and_ended():
	with System(backend=False) as s:
		browser = s.browser()
		s.sign_in("alice", browser)
		sessions = answer(s, "session", "list", "alice")["sessions"]
		equal(len(sessions), 1, "one session")
		equal(run(s, "session", "end", sessions[0]["sid"]).returncode, OK, "end by sid")
		equal(answer(s, "session", "list", "alice")["sessions"], [], "it is gone")
		s.sign_in("alice", browser)
		equal(answer(s, "session", "end", "--user", "alice")["ended"], 1, "end by user")
		equal(run(s, "session", "end").returncode, USAGE, "neither")
		equal(run(s, "session", "end", "x", "--user", "alice").returncode, USAGE, "both")
		equal(run(s, "session", "end", "not-a-sid").returncode, FAILED, "no sid")


@test
def tenants_and_audit_records_are_listed():
	with System(nginx=False) as s:
		s.cli("tenant", "add", "acme", "Acme Inc")
		equal([t["id"] for t in answer(s, "tenant", "list")["tenants"]], ["acme", "default"], "tenants")
		equal(run(s, "tenant", "add", "acme").returncode, FAILED, "twice")
		equal(run(s, "tenant", "add", "Not A Name").returncode, FAILED, "a bad id")
		s.cli("user", "add", "dan", "--no-password", "--tenant", "acme")
		events = answer(s, "audit", "list")["audit"]
		equal([e["event"] for e in events[:2]], ["user.added", "tenant.added"], "the latest events first")
		equal(len(answer(s, "audit", "list", "--limit", "1")["audit"]), 1, "a limit")
		equal(run(s, "audit", "list", "--limit", "0").returncode, FAILED, "a bad limit")


@test
def listings_go_page_by_page_and_say_that_there_is_more():
	with System(backend=False) as s:
		for who in ("alice", "bob"):
			s.sign_in(who, s.browser())
		s.cli("user", "add", "dan", "--no-password")
		for group, member in (("user", "login"), ("client", "client_id"), ("session", "login"), ("key", "kid"), ("audit", "seq")):
			key, all_rows = {"audit": "audit"}.get(group, group + "s"), answer(s, group, "list")
			rows, pages, after = [], 0, ()
			while pages < 500:
				page = answer(s, group, "list", "-n", "3" if group == "audit" else "1", *after)
				rows, pages = rows + page[key], pages + 1
				if "next" not in page:
					break
				after = ("--after", page["next"])
			equal([r[member] for r in rows], [r[member] for r in all_rows[key]], group)
			check(pages > 1, f"{group}: {pages} pages")
			one = run(s, group, "list", "-n", "1")
			contains(one.stderr, "more: the same with --after ", group)
			lacks(run(s, group, "list").stderr, "more:", group)
		equal(sorted(x["login"] for x in answer(s, "session", "list")["sessions"]), ["alice", "bob"], "everybody's sessions")
		sub = answer(s, "user", "show", "alice")["user"]["sub"]
		found = answer(s, "audit", "list", "--user", "alice", "--event", "user.signed_in", "--since", "1h")["audit"]
		equal([(e["sub"], e["event"]) for e in found], [(sub, "user.signed_in")], "by user, event and time")
		equal(answer(s, "audit", "list", "--since", "2100-01-01")["audit"], [], "none since")
		check(len(answer(s, "audit", "list", "--since", "2020-01-01T00:00:00Z")["audit"]) > 3, "all since")
		gone = answer(s, "user", "delete", "dan")["user"]["sub"]
		equal({e["event"] for e in answer(s, "audit", "list", "--user", gone)["audit"]}, {"user.added", "user.ended", "user.deleted"}, "of a deleted one")
		equal(run(s, "key", "list", "--after", "x").returncode, FAILED, "no key of that name")
		for words, code in ((("--since", "yesterday"), USAGE), (("--user", "nobody"), FAILED), (("--after", "x"), FAILED), (("-n", "501"), FAILED)):
			equal(run(s, "audit", "list", *words).returncode, code, str(words))


@test
def names_cannot_steer_the_terminal():
	with System(nginx=False) as s:
		done = run(s, "tenant", "add", "evil", "\x1b]0;owned\x07name")
		shown = s.cli("tenant", "list").stdout
		check(done.returncode == FAILED or "\x1b" not in shown, "no escape reaches the terminal")
		lacks(shown, "\x07", "nor a bell")


@test
def every_command_has_help_that_names_its_options():
	with System(nginx=False) as s:
		s.stop()
		listing = subprocess.run([s.binary, "--help"], capture_output=True, text=True)
		equal(listing.returncode, OK, "--help")
		commands = [line.split("  ")[1].strip().split() for line in listing.stdout.splitlines() if re.match("  [a-z]", line)]
		check(len(commands) > 20, f"{len(commands)} commands")
		for words in commands:
			words = [w for w in words if w == w.lower() and not w.startswith("[")]
			done = subprocess.run([s.binary, *words, "--help"], capture_output=True, text=True)
			equal((done.returncode, done.stderr), (OK, ""), " ".join(words))
			contains(done.stdout, "usage: ostiary " + " ".join(words), "usage")
			contains(done.stdout, "--config", "the common options")
			lines = done.stdout.splitlines()
			wide = [line for line in lines if len(line) > 80 and not line.startswith("  ostiary ") and not line.startswith("  echo ")]
			equal(wide, [], "lines that a terminal breaks, other than examples")
			for before, line in zip(lines, lines[1:]):
				if before and line and not before.endswith("options:"):
					equal(before.startswith("  "), line.startswith("  "), f"an empty line between an example and a sentence: {before!r} {line!r}")
		equal([line for line in listing.stdout.splitlines() if len(line) > 80], [], "the list too")
		group = subprocess.run([s.binary, "client", "--help"], capture_output=True, text=True).stdout
		contains(group, "usage: ostiary client COMMAND", "the list of a group")
		contains(group, "ostiary client COMMAND --help", "and what says more")


@test
def wrong_usage_says_so_and_changes_nothing():
	with System(nginx=False) as s:
		for words in ((), ("nonsense",), ("user",), ("user", "nonsense"), ("user", "add"), ("user", "add", "a", "b"), ("user", "list", "--nonsense"),
			("user", "list", "--limit"), ("user", "list", "--json=yes"), ("user", "list", "--tenant", "a", "--tenant", "b"), ("completion", "tcsh")):
			done = subprocess.run([s.binary, *words], capture_output=True, text=True)
			equal(done.returncode, USAGE, f"{words}: {done.stderr}")
			check(done.stderr or done.stdout, "a message")


@test
def what_one_user_has_is_listed_page_by_page():
	with System(nginx=True, backend=False) as s:
		for client in ("shop", "ostiary-cli"):
			for _ in range(2):
				s.sign_in("alice", client_id=client, scope="openid profile")
		for words, key, member in ((("session", "list", "alice"), "sessions", "sid"), (("consent", "list", "alice"), "consents", "client_id")):
			every, rows, after = [r[member] for r in answer(s, *words)[key]], [], ()
			while True:
				page = answer(s, *words, "-n", "1", *after)
				equal(len(page[key]), 1, "rows of a page")
				rows.append(page[key][0][member])
				if "next" not in page:
					break
				after = ("--after", page["next"])
			equal(rows, every, key)
			check(len(rows) == (4 if key == "sessions" else 2), f"{key}: {rows}")
			contains(run(s, *words, "-n", "1").stderr, "more: the same with --after ", key)
		contains(run(s, "session", "list", "alice", "--after", "x" * 22).stderr, "that session is gone", "a page after nothing")


@test
def completion_scripts_are_valid_and_complete():
	with System(nginx=False) as s:
		script = subprocess.run([s.binary, "completion", "bash"], capture_output=True, text=True, check=True).stdout
		ask = script + '\nCOMP_WORDS=(ostiary user ""); COMP_CWORD=2; _ostiary; echo "${COMPREPLY[@]}"\n' \
			'COMP_WORDS=(ostiary user add --r); COMP_CWORD=3; _ostiary; echo "${COMPREPLY[@]}"\nCOMP_WORDS=(ostiary ch); COMP_CWORD=1; _ostiary; echo "${COMPREPLY[@]}"\n' \
			'COMP_WORDS=(ostiary login --n); COMP_CWORD=2; _ostiary; echo "${COMPREPLY[@]}"\n'
		done = subprocess.run(["bash", "-eu", "-c", ask], capture_output=True, text=True)
		lines = done.stdout.splitlines()
		equal(lines[0].split() if lines else done.stderr, "add list show disable enable unlock delete password roles set".split(), "commands of a group")
		equal(lines[1:], ["--roles", "check-config", "--no-browser"], "options and commands")
		for shell in ("zsh", "fish"):
			text = subprocess.run([s.binary, "completion", shell], capture_output=True, text=True, check=True).stdout
			contains(text, "password-stdin", shell)
			if shutil.which(shell):
				equal(subprocess.run([shell, "-n"], input=text, capture_output=True, text=True).returncode, 0, f"{shell} -n")
		for line in text.splitlines():
			# fish: within '…' a quote is \\' and a backslash \\\\.
			check(re.fullmatch(r"(?:[^'\\]|'(?:[^'\\]|\\['\\])*')*", line), f"quotes: {line}")
		contains(text, "user\\'s", "an apostrophe")
		if shutil.which("fish"):
			ask = text + "\ncomplete -C 'ostiary user '\ncomplete -C 'ostiary session end --u'\n"
			done = subprocess.run(["fish", "-c", ask], capture_output=True, text=True)
			equal((done.returncode, done.stderr), (0, ""), "fish")
			contains(done.stdout, "roles\treplace a user's roles", "what fish says of a command")
			contains(done.stdout, "--user", "and of an option")


@test
def without_a_daemon_it_says_how_to_start_it():
	with System(nginx=False) as s:
		s.stop()
		done = run(s, "user", "list")
		equal(done.returncode, UNREACHABLE, "exit status")
		contains(done.stderr, f"ostiary serve -c {s.config}", "what to do")


@test
def only_its_owner_may_use_the_admin_socket():
	if os.getuid() != 0:
		tap.skip("only root can be somebody else")
	with System(nginx=False) as s:
		admin = os.path.join(s.state, "admin.sock")
		equal(stat.S_IMODE(os.stat(admin).st_mode), 0o600, "the socket's mode")
		os.chmod(s.folder, 0o755)
		os.chmod(s.state, 0o755)
		os.chmod(admin, 0o666)
		ask = "import socket;s=socket.socket(socket.AF_UNIX);s.connect(%r);s.send(b'GET /admin/users HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n');print(s.recv(9999).decode())" % admin
		done = subprocess.run(["/usr/bin/python3", "-c", ask], capture_output=True, text=True, user=65534, group=65534)
		contains(done.stdout, "HTTP/1.1 403", f"another user {done.stderr}")
		equal(s.fetch_daemon("/admin/users").status, 404, "and nobody at the public socket")


def refusal(s, text=None, words=("serve",)):
	"""What the daemon says instead of starting."""
	if text is not None:
		with open(s.config, "w") as f:
			f.write(text)
	done = subprocess.run([s.binary, *words, "-c", s.config], capture_output=True, text=True, timeout=30)
	return done.returncode, done.stderr


@test
def a_bad_configuration_starts_nothing():
	s = System(nginx=False)
	try:
		s.write()
		with open(s.config) as f:
			good = f.read()
		for change, where, why in (
			(("log: {level: info}", "log: {level: loud}"), "log.level", "must be one of: debug info warn error"),
			(("ephemeral: memory", "ephemeral: memory\nephemeral: memory"), "ephemeral", "is given twice"),
			(("log: {level: info}", "tokens: {access: 80x}"), "tokens.access", "is not a duration"),
			(("directory: sqlite", "directroy: sqlite"), "directroy", "unknown key"),
		):
			line = next(i for i, l in enumerate(good.splitlines(), 1) if change[0] in l) + ("twice" in why)
			for words in (("serve",), ("check-config",)):
				code, text = refusal(s, good.replace(*change), words)
				equal(code, CONFIG, f"{where}: {text}")
				check(re.match(rf"ostiary: {re.escape(s.config)}:{line}:\d+: {re.escape(where)}: .*{re.escape(why)}", text), text)
		check(not os.path.exists(os.path.join(s.state, "ostiary.db")), "no store was made")
	finally:
		s.close()


@test
def consents_are_listed_and_withdrawn():
	with System(backend=False) as s:
		tokens = s.sign_in("alice")
		other = s.sign_in("bob")
		given = answer(s, "consent", "list", "alice")["consents"]
		equal([(c["client_id"], sorted(c["scopes"])) for c in given], [("shop", ["offline_access", "openid", "orders:read", "profile"])], "what she allowed")
		contains(run(s, "consent", "list", "alice").stdout, "shop", "for people")
		verifier, challenge = pkce()
		code = s.authorize("alice", scope="openid profile", challenge=challenge)["code"]
		equal(answer(s, "consent", "withdraw", "alice", "shop")["consents"], [], "withdrawn")
		reply = s.token(grant_type="authorization_code", client_id="shop", code=code, code_verifier=verifier, redirect_uri=s.redirect_uri("shop"))
		equal((reply.status, reply.json()["error"]), (400, "invalid_grant"), "a code that the shop had not redeemed yet")
		reply = s.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"], client_id="shop")
		equal((reply.status, reply.json()["error"]), (400, "invalid_grant"), "what the shop held of her")
		reply = s.fetch(s.issuer + "/userinfo", headers={"Authorization": "Bearer " + tokens["access_token"]})
		equal(reply.status, 401, "its access token too")
		equal(s.token(grant_type="refresh_token", refresh_token=other["refresh_token"], client_id="shop").status, 200, "nothing of his")
		check(any(e["event"] == "consent.withdrawn" for e in answer(s, "audit", "list")["audit"]), "the audit record")
		browser = s.browser()
		reply = browser.get(s.authorize_url(challenge="a" * 43, scope="openid profile"), until=s.origin("shop"))
		reply = browser.submit(reply, {"login": "alice", "password": s.passwords["alice"]}, until=s.origin("shop"))
		contains(reply.text, "Allow", "she is asked again")
		again = run(s, "consent", "withdraw", "alice", "shop")
		equal((again.returncode, again.stderr), (FAILED, "ostiary: alice has allowed client shop nothing\n"), "nothing is left")


@test
def a_ca_file_that_cannot_be_read_starts_nothing():
	s = System(nginx=False)
	try:
		s.write()
		with open(s.config, "a") as f:
			f.write("ca_file: nowhere.pem\n")
		code, text = refusal(s)
		equal(code, CONFIG, text)
		for word in ("ostiary.yaml:", "ca_file", "No such file"):
			contains(text, word, "the log")
	finally:
		s.close()


@test
def missing_and_weak_secrets_start_nothing():
	s = System(nginx=False)
	try:
		s.write()
		key, secret = os.path.join(s.state, "key-encryption.key"), os.path.join(s.folder, "web.secret")
		with open(key) as f:
			good = f.read()
		for path, content, mode, why in (
			(key, None, 0o600, "ostiary init"), (key, "", 0o600, "must hold one line"), (key, "A" * 43, 0o600, "weak"), (key, "changeme", 0o600, "put your copy back"),
			(key, good, 0o644, "chmod 600"), (secret, None, 0o600, "No such file"), (secret, "tooshort", 0o600, "fewer than 32 characters"),
			(secret, "x" * 40, 0o640, "chmod 600"),
		):
			with open(path, "rb") as f:
				before = f.read()
			os.unlink(path)
			if content is not None:
				with open(path, "w") as f:
					f.write(content)
				os.chmod(path, mode)
			code, text = refusal(s)
			equal(code, CONFIG, f"{path} {why}: {text}")
			contains(text, why, path)
			check(os.path.basename(path) in text or "client_secret_file" in text, f"which file: {text}")
			if content:
				lacks(text, content.strip(), "the message")
			with open(path, "wb") as f:
				f.write(before)
			os.chmod(path, 0o600)
		s.start_daemon()
		check(s.ready(), "with its secrets back it starts")
	finally:
		s.close()


@test
def another_key_encryption_key_is_noticed():
	with System(nginx=False) as s:
		s.stop()
		with open(os.path.join(s.state, "key-encryption.key"), "w") as f:
			f.write(__import__("secrets").token_urlsafe(32) + "\n")
		code, text = refusal(s)
		equal(code, CONFIG, text)
		contains(text, "another key-encryption key", "what is wrong")


@test
def a_lost_key_encryption_key_is_asked_back_and_never_replaced():
	with System(nginx=False) as s:
		key = os.path.join(s.state, "key-encryption.key")
		s.stop()
		os.rename(key, key + ".copy")
		for command in ("serve", "init", "check-config"):
			done = subprocess.run([s.binary, command, "-c", s.config], capture_output=True, text=True, timeout=60)
			equal(done.returncode, CONFIG, f"{command}: {done.stderr}")
			contains(done.stderr, f"{s.state}/ostiary.db was sealed with it: put your copy back", command)
			lacks(done.stderr, "ostiary init", command)
			check(not os.path.exists(key), f"{command} makes no other")
		os.rename(os.path.join(s.state, "ostiary.db"), os.path.join(s.state, "away.db"))
		for command in ("serve", "check-config"):
			done = subprocess.run([s.binary, command, "-c", s.config], capture_output=True, text=True, timeout=60)
			contains(done.stderr, f"run: ostiary init -c {s.config}", "without a store it is a new installation")
		os.rename(os.path.join(s.state, "away.db"), os.path.join(s.state, "ostiary.db"))
		os.rename(key + ".copy", key)
		os.chmod(key, 0o644)
		done = run(s, "check-config")
		contains(done.stderr, "chmod 600", "a loose one")
		lacks(done.stderr, "ostiary init", "is not made anew")
		os.chmod(key, 0o600)
		s.start_daemon()


@test
def init_writes_nothing_that_cannot_be_read_and_says_what_it_did_not_use():
	with System(nginx=False) as s, tempfile.TemporaryDirectory(prefix="ostiary-") as place:
		def init(*words):
			return subprocess.run([s.binary, "init", "-c", os.path.join(place, "etc", "ostiary.yaml"), *words], capture_output=True, text=True)
		state = os.path.join(place, "state")
		for words, key in ((("--issuer", "id.example.com"), "issuer"), (("--issuer", "http://a: b"), ":2:"), (("--state", ""), "state")):
			done = init(*(() if words[0] == "--state" else ("--state", state)), *words)
			equal(done.returncode, CONFIG, f"{words}: {done.stderr}")
			contains(done.stderr, key, "what is wrong")
			equal(os.listdir(place), [], f"{words}: nothing that a second try would meet")
		done = init("--state", state, "--issuer", "https://id.example.com")
		equal((done.returncode, done.stderr), (OK, ""), "the second try")
		done = init("--state", state, "--issuer", "https://id.example.org", "--user", "nobody")
		equal(done.returncode, OK, "once more")
		contains(done.stderr, "its issuer https://id.example.com stays; --issuer was not used", "the issuer")
		contains(done.stderr, "names no user: add it there; --user was not used", "the user")
		lacks(done.stderr, "--state", "what is the same")
		done = init("--state", state + "2")
		contains(done.stderr, f"its state {state} stays; --state was not used", "the state folder")
		check(not os.path.exists(state + "2"), "nor made")


@test
def a_busy_port_or_socket_says_so():
	with socket.socket() as taken, System(nginx=False) as s:
		taken.bind(("127.0.0.1", 0))
		taken.listen()
		port = taken.getsockname()[1]
		code, text = refusal(s)
		equal(code, FAILED, "a second daemon")
		contains(text, "is ostiary running already?", "its sockets")
		check(s.ready(), "the first goes on")
		s.stop()
		with open(s.config) as f:
			good = f.read()
		code, text = refusal(s, good.replace('"unix:http.sock", trusted_proxy: true', f'"127.0.0.1:{port}"'))
		equal(code, FAILED, "a busy port")
		contains(text, f"cannot listen on 127.0.0.1:{port}: another process uses this port", "which")
		with open(s.http_sock, "w") as f:
			f.write("precious")
		code, text = refusal(s, good)
		contains(text, "something that is no socket stands there", "a file in the way")
		with open(s.http_sock) as f:
			equal(f.read(), "precious", "and it is left alone")


@test
def the_trail_says_whose_session_and_which_key_tenant_and_sid():
	with System(backend=False) as s:
		s.sign_in("alice")
		sid = answer(s, "session", "list", "alice")["sessions"][0]["sid"]
		s.cli("key", "revoke", answer(s, "key", "list")["keys"][0]["kid"])
		s.cli("tenant", "add", "second")
		equal(run(s, "session", "end", sid).stdout, "1 ended\n", "the first time")
		equal(run(s, "session", "end", sid).stdout, "0 ended: that session is over, or never was\n", "the second time")
		done = run(s, "session", "end", "xyz")
		equal(done.returncode, FAILED, "no sid")
		contains(done.stderr, "xyz is no SID", "which, and why")
		rows = {e["event"]: e for e in reversed(answer(s, "audit", "list", "--user", "alice")["audit"])}
		equal((rows["session.ended"]["sid"], rows["session.ended"]["actor"]), (sid, "admin"), "hers, in her trail")
		table = s.cli("audit", "list").stdout.splitlines()
		check(table[0].split()[-3:] == ["SID", "REMOTE", "DETAIL"], table[0])
		for event, detail in (("key.revoked", '"kid":"'), ("tenant.added", '"tenant":"second"'), ("session.ended", sid)):
			contains(next(line for line in table if event in line), detail, event)


@test
def a_tenant_that_is_not_there_is_said():
	with System(nginx=False) as s:
		for words, status, want in ((("user", "list", "-t", "nope"), FAILED, "no tenant nope"), (("audit", "list", "-t", "nope"), USAGE, "give --user too"),
				(("session", "list", "-t", "default"), USAGE, "give LOGIN too")):
			done = run(s, *words)
			equal((done.returncode, done.stdout), (status, ""), f"{words}: {done.stderr}")
			contains(done.stderr, want, str(words))
		equal(run(s, "user", "list", "-t", "default").returncode, OK, "one that is")


@test
def who_may_not_ask_the_daemon_is_told_to_be_root():
	if os.getuid() != 0:
		return
	with System(nginx=False) as s:
		for path in (s.folder, s.state):
			os.chmod(path, 0o711)
		user = pwd.getpwnam("nobody")
		done = subprocess.run([s.binary, "user", "list", "-c", s.config], capture_output=True, text=True, user=user.pw_uid, group=user.pw_gid, extra_groups=[])
		equal(done.returncode, UNREACHABLE, done.stderr)
		contains(done.stderr, "run this as root", "what to do")
		lacks(done.stderr, "ostiary serve", "it runs")


@test
def init_makes_what_serve_needs():
	place = tempfile.mkdtemp(prefix="ostiary-")
	with System(nginx=False) as s:
		s.stop()
		config, state = os.path.join(place, "ostiary.yaml"), os.path.join(place, "state")
		try:
			for turn in (1, 2):
				done = subprocess.run([s.binary, "init", "-c", config, "--state", state], capture_output=True, text=True)
				equal(done.returncode, OK, done.stderr)
				key = os.path.join(state, "key-encryption.key")
				equal(stat.S_IMODE(os.stat(key).st_mode), 0o600, "the key's mode")
				with open(key) as f:
					text = f.read()
				check(turn == 1 or text == kept, "the second time changes nothing")
				kept = text
			equal(subprocess.run([s.binary, "check-config", config], capture_output=True).returncode, OK, "the sample is good")
			daemon = subprocess.Popen([s.binary, "serve", "-c", config], stderr=subprocess.DEVNULL)
			try:
				def ready():
					try:
						return agent.fetch("http://x/readyz", unix=os.path.join(state, "http.sock")).status == 200
					except OSError:
						return False
				tap.poll(ready, "the daemon", 30)
			finally:
				daemon.terminate()
				equal(daemon.wait(timeout=20), 0, "its end")
		finally:
			shutil.rmtree(place)


@test
def init_with_an_unknown_user_writes_nothing():
	with System(nginx=False) as s, tempfile.TemporaryDirectory(prefix="ostiary-") as place:
		config, state = os.path.join(place, "ostiary.yaml"), os.path.join(place, "state")
		done = subprocess.run([s.binary, "init", "-c", config, "--state", state, "--user", "nobody-such"], capture_output=True, text=True)
		equal(done.returncode, CONFIG, "the status")
		contains(done.stderr, "useradd --system nobody-such", "what to do")
		equal(os.listdir(place), [], "nothing that a second try would meet")


@test
def a_secret_of_another_user_is_refused():
	if os.getuid() != 0:
		return
	with System(nginx=False) as s:
		web, stranger = os.path.join(s.folder, "web.secret"), pwd.getpwnam("nobody").pw_uid
		os.chown(web, stranger, -1)
		s.daemon.terminate()
		s.daemon.wait(timeout=30)
		for command in ("check-config", "serve"):
			done = subprocess.run([s.binary, command, "-c", s.config], capture_output=True, text=True, timeout=60)
			equal(done.returncode, CONFIG, command)
			contains(done.stderr, "web.secret: belongs to another user than root and the daemon's", command)
		change(s, ("\nissuer:", "\nuser: nobody\nissuer:"))
		equal(run(s, "check-config").returncode, OK, "the daemon's own user may")


@test
def login_shows_who_signed_in():
	with System(backend=False) as s:
		# The client as the command's own help says to add it.
		text = subprocess.run([s.binary, "login", "--help"], capture_output=True, text=True, check=True).stdout
		example = next(line for line in text.splitlines() if line.startswith("  ostiary client add ostiary-cli "))
		s.cli(*shlex.split(example.replace(" ostiary-cli ", " my-terminal "))[1:])
		login = subprocess.Popen([s.binary, "login", "--no-browser", "--client-id", "my-terminal", "-c", s.config], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
		try:
			url = next(line.strip() for line in login.stderr if line.startswith(s.issuer))
			fields = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
			check(re.fullmatch(r"http://127\.0\.0\.1:\d+/callback", fields["redirect_uri"]), fields["redirect_uri"])
			equal(fields["code_challenge_method"], "S256", "PKCE")
			# Somebody else's answer is waited past.
			equal(agent.fetch(fields["redirect_uri"] + "?code=x&state=wrong").status, 404, "another state")
			equal(agent.fetch(fields["redirect_uri"].replace("/callback", "/favicon.ico")).status, 404, "another path")
			browser = s.browser()
			back = s.answer_pages(browser, browser.get(url, until="http://127.0.0.1"), "alice", "http://127.0.0.1")
			page = agent.fetch(back.location)
			equal(page.status, 200, "the loopback's page")
			contains(page.text, "close this tab", "what it says")
			out = login.communicate(timeout=20)[0]
			equal(login.returncode, OK, "exit status")
			contains(out, "Alice Example", "who")
			contains(out, "alice@example.com", "the address")
			columns = {re.match(r"(\S+(?: \S+)*)\s{2,}", line).end() for line in out.splitlines()[1:] if "  " in line.strip()}
			equal(len(columns), 1, f"all values in one column: {out}")
			done = run(s, "login", "--no-browser", "--timeout", "1")
			contains(done.stderr, "may not know the client ostiary-cli: see ostiary login --help", "nobody came")
		finally:
			if login.poll() is None:
				login.kill()


def login_over_tls(s, *words):
	login = subprocess.Popen([s.binary, "login", "--no-browser", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
	try:
		said = []
		for line in login.stderr:
			said.append(line)
			if line.startswith(s.issuer):
				break
		check(said and said[-1].startswith(s.issuer), f"{words}: {said}")
		browser = s.browser()
		back = s.answer_pages(browser, browser.get(said[-1].strip(), until="http://127.0.0.1"), "alice", "http://127.0.0.1")
		equal(agent.fetch(back.location).status, 200, "the loopback's page")
		contains(login.communicate(timeout=20)[0], "Alice Example", f"{words}: who")
	finally:
		if login.poll() is None:
			login.kill()


@test
def login_believes_the_authority_it_is_given():
	with System(backend=False, tls=True) as s:
		login_over_tls(s, "-c", s.config)
		login_over_tls(s, "--issuer", s.issuer, "--ca", s.ca)
		for ca, status, want in (((), UNREACHABLE, "tls"), (("--ca", s.config), FAILED, "holds no certificate in PEM"),
				(("--ca", s.ca + ".none"), FAILED, "No such file")):
			done = subprocess.run([s.binary, "login", "--no-browser", "--issuer", s.issuer, *ca], capture_output=True, text=True, timeout=60)
			equal(done.returncode, status, f"{ca}: the status")
			contains(done.stderr, want, f"{ca}: why")


@test
def login_tells_a_denial():
	with System(backend=False) as s:
		login = subprocess.Popen([s.binary, "login", "--no-browser", "-c", s.config], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
		try:
			url = next(line.strip() for line in login.stderr if line.startswith(s.issuer))
			browser = s.browser()
			back = s.answer_pages(browser, browser.get(url, until="http://127.0.0.1"), "alice", "http://127.0.0.1", allow=False)
			agent.fetch(back.location)
			err = login.communicate(timeout=20)[1]
			equal(login.returncode, FAILED, "exit status")
			contains(err, "access_denied", "why")
		finally:
			if login.poll() is None:
				login.kill()


tap.main()
