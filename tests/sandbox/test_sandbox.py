#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Each role tries what it must not be able to do, from its first thread and from a second one, in the very sandbox that the
daemon enters; and the same attempt without the sandbox works. Then the running daemon's threads are looked at."""
import os
import signal
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap  # noqa: E402
from system import System  # noqa: E402
from tap import check, equal, test  # noqa: E402

WORKED, DENIED, KILLED = 0, 10, -signal.SIGSYS


class Place:
	"""A configuration with its state folder, a sibling process, and the probe."""

	def __enter__(self):
		self.system = System(nginx=False)
		self.system.write()
		self.probe = os.path.join(self.system.build, "tests/sandbox/probe")
		self.sibling = subprocess.Popen(["/bin/sleep", "600"])
		self.key = os.path.join(self.system.state, "key-encryption.key")
		return self

	def __exit__(self, *what):
		self.sibling.kill()
		self.sibling.wait()
		self.system.close()

	def arguments(self):
		"""What each action is tried on; files that an attempt makes or removes are put back for each."""
		new, old = os.path.join(self.system.folder, "new"), os.path.join(self.system.folder, "old")
		return {"open": "/etc/passwd", "create": new, "remove": old, "write": old, "exec": "/bin/true", "trace": str(self.sibling.pid),
			"memory": str(self.sibling.pid), "signal": str(self.sibling.pid), "socket": str(socket.AF_NETLINK), "listen": "-",
			"code": "-", "fork": "-", "nothing": "-"}

	def attempt(self, role, thread, sandbox, action, argument):
		new, old = self.arguments()["create"], self.arguments()["remove"]
		if os.path.exists(new):
			os.unlink(new)
		open(old, "w").close()
		run = subprocess.run([self.probe, role, thread, "on" if sandbox else "off", self.system.config, action, argument], capture_output=True,
			text=True, timeout=30)
		return run.returncode

	def denied(self, role, actions, how):
		arguments = self.arguments()
		for action in actions:
			name, argument = action if isinstance(action, tuple) else (action, arguments[action])
			for thread in ("main", "thread"):
				equal(self.attempt(role, thread, False, name, argument), WORKED, f"{role} {thread} {name} without the sandbox")
				status = self.attempt(role, thread, True, name, argument)
				check(status in how, f"{role} {thread} {name} {argument} gave {status}")


@test
def signer_can_do_nothing_but_sign():
	with Place() as p:
		for thread in ("main", "thread"):
			equal(p.attempt("signer", thread, True, "nothing", "-"), WORKED, f"{thread} lives in the sandbox")
		p.denied("signer", ["open", ("open", p.key), "create", "write", "remove", "exec", "fork", "trace", "memory", "signal", "socket", "listen",
			("socket", str(socket.AF_PACKET)), "code"], (KILLED,))


@test
def worker_opens_no_key_and_starts_nothing():
	with Place() as p:
		for thread in ("main", "thread"):
			equal(p.attempt("worker", thread, True, "nothing", "-"), WORKED, f"{thread} lives in the sandbox")
			equal(p.attempt("worker", thread, True, "open", os.path.join(p.system.state, "ostiary.db")), WORKED, "its store opens")
		p.denied("worker", ["open", ("open", p.key), ("write", p.key), ("open", p.system.config), "create", "write", "remove", "exec", "fork", "trace", "memory", "signal",
			"socket", ("socket", str(socket.AF_PACKET)), "listen", "code"], (DENIED,))


@test
def worker_makes_nothing_in_the_state_folder():
	with Place() as p:
		new, copy = os.path.join(p.system.state, "new"), os.path.join(p.system.state, "copy")
		for thread in ("main", "thread"):
			equal(p.attempt("worker", thread, True, "create", new), DENIED, "a new file beside the store")
			open(copy, "w").close()
			equal(p.attempt("worker", thread, True, "remove", copy), DENIED, "a file beside the store")
			check(os.path.exists(copy) and not os.path.exists(new), "the folder is as it was")
		equal(p.attempt("worker", "main", False, "create", new), WORKED, "without the sandbox")


@test
def parent_changes_and_starts_nothing_else():
	with Place() as p:
		equal(p.attempt("parent", "main", True, "nothing", "-"), WORKED, "it lives in the sandbox")
		p.denied("parent", ["create", "write", "remove", "exec", "trace", "memory", "listen"], (DENIED,))


def status_of(task):
	with open(os.path.join(task, "status")) as f:
		return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


def threads_of(pid):
	"""{thread: status}; one that ends while we look is none."""
	found = {}
	for task in os.listdir(f"/proc/{pid}/task"):
		try:
			found[task] = status_of(f"/proc/{pid}/task/{task}")
		except (FileNotFoundError, ProcessLookupError):
			continue
	return found


@test
def every_thread_of_the_running_daemon_is_restricted():
	with System(nginx=False) as s:
		roles = s.roles()
		equal(sorted(roles), ["parent", "signer", "worker"], "the roles")
		for role, pid in roles.items():
			threads = threads_of(pid)
			check(str(pid) in threads and (role == "parent" or len(threads) > 1), f"{role} has threads")
			for task, status in threads.items():
				equal((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"), f"{role} {task}")
			with open(f"/proc/{pid}/limits") as f:
				core = [line.split()[4:6] for line in f if line.startswith("Max core file size")]
			equal(core, [["0", "0"]], f"{role} leaves no core file")


@test
def roles_take_on_the_configured_user():
	if os.getuid() != 0:
		tap.skip("only root can")
	s = System(nginx=False, edit_config=lambda text: text + "user: nobody\n")
	try:
		s.write()
		os.chmod(s.folder, 0o755)
		os.chown(s.state, 65534, 65534)
		s.start_daemon()
		roles = s.roles()
		for role in ("worker", "signer"):
			equal(status_of(f"/proc/{roles[role]}")["Uid"].split(), ["65534"] * 4, f"{role}'s user")
		# The key-encryption key is root's: the signer read it before it gave that up, and reads it again after a restart.
		os.kill(roles["signer"], signal.SIGKILL)
		tap.poll(lambda: s.roles().get("signer") not in (None, roles["signer"]) and s.ready(), "a new signer")
		equal(status_of(f"/proc/{s.roles()['signer']}")["Uid"].split(), ["65534"] * 4, "the new signer's user")
	finally:
		s.close()


@test
def an_unknown_user_is_refused():
	if os.getuid() != 0:
		tap.skip("only root can")
	s = System(nginx=False, edit_config=lambda text: text + "user: no-such-user\n")
	try:
		s.write()
		s.start_daemon(wait=False)
		equal(s.daemon.wait(timeout=20), 5, "exit status")
		check("there is no such user" in s.log(), s.log())
	finally:
		s.close()


@test
def sockets_are_open_to_whoever_may_enter_their_folder():
	for folder, wanted in ((0o700, 0o600), (0o750, 0o660), (0o755, 0o666)):
		s = System(nginx=False)
		try:
			s.write()
			os.chmod(s.state, folder)
			if os.getuid() == 0:
				os.chown(s.state, 65534, 65534)
			s.start_daemon()
			for name in ("http.sock", "link.sock", "admin.sock"):
				st = os.stat(os.path.join(s.state, name))
				equal(oct(st.st_mode & 0o777), oct(0o600 if name == "admin.sock" else wanted), f"{name} in a folder of {folder:o}")
				if os.getuid() == 0 and name != "admin.sock":
					equal((st.st_uid, st.st_gid), (65534, 65534), f"whose {name} is")
		finally:
			s.close()


tap.main()
