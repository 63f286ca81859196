#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The command line against the running daemon, and what `ostiary serve` and `check-config` refuse."""
import json
import os
import pty
import re
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
from system import System, agent, pkce  # noqa: E402
from tap import check, contains, equal, lacks, test  # noqa: E402

OK, FAILED, USAGE, UNREACHABLE, CONFIG = range(5)
PASSWORD = "a long enough pass phrase"


def run(s, *words, stdin=None):
	return s.cli(*words, stdin=stdin, check=False)


def answer(s, *words, stdin=None):
	return json.loads(s.cli(*words, "--json", stdin=stdin).stdout)


@test
def users_are_added_shown_changed_and_deleted():
	with System(nginx=False) as s:
		added = answer(s, "user", "add", "Carol", "--name", "Carol Example", "--email", "c@example.com", "--roles", "customer,auditor", "--password-stdin", stdin=PASSWORD + "\n")["user"]
		equal((added["login"], added["roles"], added["password"], added["disabled"]), ("carol", ["customer", "auditor"], True, False), "the new user")
		equal(answer(s, "user", "show", "carol")["user"], added, "show")
		check("carol" in [u["login"] for u in answer(s, "user", "list")["users"]], "list")
		equal(answer(s, "user", "roles", "carol", "visitor")["user"]["roles"], ["visitor"], "roles")
		equal(answer(s, "user", "roles", "carol")["user"]["roles"], [], "no roles")
		equal(answer(s, "user", "disable", "carol")["user"]["disabled"], True, "disable")
		equal(answer(s, "user", "enable", "carol")["user"]["disabled"], False, "enable")
		equal(run(s, "user", "delete", "carol").returncode, OK, "delete")
		gone = run(s, "user", "show", "carol")
		equal((gone.returncode, gone.stderr), (FAILED, "ostiary: there is nothing here by that name\n"), "gone")


@test
def bad_users_are_refused_with_the_reason():
	with System(nginx=False) as s:
		for words, stdin, reason in (
			(("user", "add", "alice", "--no-password"), None, "it exists already"),
			(("user", "add", "x\ny", "--no-password"), None, "login"),
			(("user", "add", "dan", "--email", "no-address", "--no-password"), None, "email"),
			(("user", "add", "dan", "--password-stdin"), "short\n", "password"),
			(("user", "add", "dan", "--no-password", "--tenant", "nobody"), None, "there is nothing here"),
		):
			done = run(s, *words, stdin=stdin)
			equal(done.returncode, FAILED, f"{words}: {done.stderr}")
			contains(done.stderr, reason, str(words))
		equal(run(s, "user", "show", "dan").returncode, FAILED, "nothing was added")


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
		commands = [line.split("  ")[1].strip().split() for line in listing.stdout.splitlines() if line.startswith("  ")]
		check(len(commands) > 20, f"{len(commands)} commands")
		for words in commands:
			words = [w for w in words if w == w.lower() and not w.startswith("[")]
			done = subprocess.run([s.binary, *words, "--help"], capture_output=True, text=True)
			equal((done.returncode, done.stderr), (OK, ""), " ".join(words))
			contains(done.stdout, "usage: ostiary " + " ".join(words), "usage")
			contains(done.stdout, "--config", "the common options")


@test
def wrong_usage_says_so_and_changes_nothing():
	with System(nginx=False) as s:
		for words in ((), ("nonsense",), ("user",), ("user", "nonsense"), ("user", "add"), ("user", "add", "a", "b"), ("user", "list", "--nonsense"),
			("user", "list", "--limit"), ("user", "list", "--json=yes"), ("user", "list", "--tenant", "a", "--tenant", "b"), ("completion", "tcsh")):
			done = subprocess.run([s.binary, *words], capture_output=True, text=True)
			equal(done.returncode, USAGE, f"{words}: {done.stderr}")
			check(done.stderr or done.stdout, "a message")


@test
def completion_scripts_are_valid_and_complete():
	with System(nginx=False) as s:
		script = subprocess.run([s.binary, "completion", "bash"], capture_output=True, text=True, check=True).stdout
		ask = script + '\nCOMP_WORDS=(ostiary user ""); COMP_CWORD=2; _ostiary; echo "${COMPREPLY[@]}"\n' \
			'COMP_WORDS=(ostiary user add --r); COMP_CWORD=3; _ostiary; echo "${COMPREPLY[@]}"\nCOMP_WORDS=(ostiary ch); COMP_CWORD=1; _ostiary; echo "${COMPREPLY[@]}"\n' \
			'COMP_WORDS=(ostiary login --n); COMP_CWORD=2; _ostiary; echo "${COMPREPLY[@]}"\n'
		done = subprocess.run(["bash", "-eu", "-c", ask], capture_output=True, text=True)
		lines = done.stdout.splitlines()
		equal(lines[0].split() if lines else done.stderr, "add list show disable enable delete password roles".split(), "commands of a group")
		equal(lines[1:], ["--roles", "check-config", "--no-browser"], "options and commands")
		for shell in ("zsh", "fish"):
			text = subprocess.run([s.binary, "completion", shell], capture_output=True, text=True, check=True).stdout
			contains(text, "password-stdin", shell)
			if shutil.which(shell):
				equal(subprocess.run([shell, "-n"], input=text, capture_output=True, text=True).returncode, 0, f"{shell} -n")


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
		equal((again.returncode, again.stderr), (FAILED, "ostiary: there is nothing here by that name\n"), "nothing is left")


@test
def a_ca_file_that_cannot_be_read_starts_nothing():
	s = System(nginx=False)
	try:
		s.write()
		with open(s.config, "a") as f:
			f.write("ca_file: nowhere.pem\n")
		code, text = refusal(s)
		equal(code, FAILED, text)
		for word in ("start.failed", "ca_file", "No such file"):
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
			(key, None, 0o600, "ostiary init"), (key, "", 0o600, "must hold one line"), (key, "A" * 43, 0o600, "weak"), (key, "changeme", 0o600, "ostiary init makes one"),
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
def login_shows_who_signed_in():
	with System(backend=False) as s:
		login = subprocess.Popen([s.binary, "login", "--no-browser", "-c", s.config], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
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
		finally:
			if login.poll() is None:
				login.kill()


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
