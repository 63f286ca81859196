#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""./demo as a person runs it: from any folder, the tour with and without TLS, serving until Ctrl-C, a second time."""
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap  # noqa: E402
from system import ROOT, agent, command_of, free_port  # noqa: E402
from tap import check, contains, equal, test  # noqa: E402

DEMO = os.path.join(ROOT, "demo")


class Folder:
	def __enter__(self):
		self.path = tempfile.mkdtemp(prefix="ostiary-test-")
		return self.path

	def __exit__(self, *_):
		shutil.rmtree(self.path, ignore_errors=True)


def tour(*options):
	"""The whole tour from an empty current folder, which stays empty."""
	with Folder() as folder:
		done = subprocess.run([DEMO, "--once", *options], cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=240)
		equal(done.returncode, 0, f"the tour's status; it said: {done.stdout[-3000:]}{done.stderr[-1000:]}")
		equal(os.listdir(folder), [], "nothing is left where it was called")
	for step in range(1, 10):
		check(re.search(rf"^{step}\. ", done.stdout, re.M), f"step {step} is told")
	contains(done.stdout, "Every hop was right.", "its last word")
	return done.stdout


@test
def the_tour_passes():
	contains(tour(), "http://id.localhost:", "over HTTP")


@test
def the_tour_passes_over_tls():
	text = tour("--tls")
	contains(text, "https://id.localhost:", "over HTTPS")
	check("http://id.localhost" not in text and "http://web.localhost" not in text, "and nothing over HTTP")


class Serving:
	"""A demo that serves, in a state folder and on a port of its own."""

	def __init__(self, state, port, *options):
		self.process = subprocess.Popen([DEMO, "--state", state, "--port", str(port), *options], cwd=state, stdout=subprocess.PIPE,
			stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True)
		self.said = ""

	def __enter__(self):
		for line in self.process.stdout:
			self.said += line
			if "Ctrl-C ends it." in line:
				return self
		raise AssertionError(f"it ended: {self.said}")

	def __exit__(self, *_):
		if self.process.poll() is None:
			self.process.send_signal(signal.SIGINT)
		try:
			self.process.wait(timeout=60)
		finally:
			self.process.kill()

	def password(self):
		return re.search(r"with the password\s+(\S+)", self.said)[1]


def processes_of(folder):
	return [pid for pid in filter(str.isdigit, os.listdir("/proc")) if any(folder.encode() in word for word in command_of(pid))]


@test
def it_serves_until_ctrl_c_and_again_with_the_same_state():
	with Folder() as state:
		port, passwords = free_port(), []
		for _ in range(2):
			with Serving(state, port) as demo:
				passwords.append(demo.password())
				url = f"http://id.localhost:{port}"
				equal(agent.fetch(url + "/.well-known/openid-configuration").json()["issuer"], url, "the provider answers")
				contains(demo.said, f"http://shop.localhost:{port}/", "the shop's address")
			equal(demo.process.returncode, 0, "a clean end")
			equal(processes_of(state), [], "nothing is left running")
		equal(passwords[0], passwords[1], "the demo user keeps the password")


@test
def two_demos_run_beside_each_other_and_a_busy_port_says_so():
	with Folder() as one, Folder() as two:
		first, second = free_port(), free_port()
		with Serving(one, first), Serving(two, second, "--tls"):
			for scheme, port, ca in (("http", first, None), ("https", second, os.path.join(two, "tls/ca.pem"))):
				issuer = f"{scheme}://id.localhost:{port}"
				equal(agent.fetch(issuer + "/.well-known/openid-configuration", ca=ca).json()["issuer"], issuer, "each is itself")
			done = subprocess.run([DEMO, "--state", one + "/third", "--port", str(first)], capture_output=True, text=True,
				stdin=subprocess.DEVNULL, timeout=120)
			equal(done.returncode, 1, "the busy port's status")
			contains(done.stderr, f"port {first} is busy", "and its words")


@test
def its_certificate_is_good_only_under_its_own_authority():
	with Folder() as state:
		port = free_port()
		with Serving(state, port, "--tls") as demo:
			contains(demo.said, "tls/ca.pem", "it tells which authority to trust")
			try:
				agent.fetch(f"https://id.localhost:{port}/healthz", timeout=10)
				raise AssertionError("the system's authorities vouched for it")
			except ssl.SSLCertVerificationError as error:
				contains(str(error), "certificate verify failed", "refused")
			mode = os.stat(os.path.join(state, "tls/ca.key")).st_mode & 0o777
			equal(mode & 0o077, 0, "nobody else reads the authority's key")


@test
def wrong_options_are_refused():
	for words, status in ((["--port", "0"], 2), (["--port", "65536"], 2), (["--nonsense"], 2), (["--help"], 0)):
		done = subprocess.run([DEMO, *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
		equal(done.returncode, status, f"{words}: {done.stderr}")
	contains(done.stdout, "--tls", "the help")


tap.main()
