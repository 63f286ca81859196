# SPDX-License-Identifier: Apache-2.0
"""Memory of the daemon's processes together, as the proportional set size: at rest, with idle connections, and after sign-ins;
and the time from exec to ready, as the daemon itself tells a service manager."""
import contextlib
import os
import socket
import time

from measure import Measure, bounded, cores, interval, median, on_core, pss_kb, write_request
from system import System

LIMIT_MB, START_MS = 25.0, 50.0
CONNECTIONS, SIGN_INS = 1000, 100


def run(bench):
	sign_ins, starts = (5, 3) if bench.quick else (SIGN_INS, 15)
	with on_core(cores()[0]), System(backend=False) as s:
		yield from memory(bench, s, sign_ins)
	with on_core(cores()[0]), System(nginx=False) as s:
		yield from start_time(bench, s, starts)


def daemon_mb(s):
	return pss_kb(s.roles().values()) / 1024


def settle(s):
	"""The smallest of some looks: threads that have nothing to do end after seconds, and give their stacks back."""
	seen = []
	for _ in range(8):
		time.sleep(1)
		seen.append(daemon_mb(s))
	return min(seen)


def memory(bench, s, sign_ins):
	bench.say("memory at rest")
	rest = settle(s)
	parts = {role: pss_kb([pid]) / 1024 for role, pid in s.roles().items()}
	yield bounded("footprint.rest", rest, "MB", LIMIT_MB, peers=parts | {"nginx, master and workers, beside it":
		pss_kb([s.nginx.pid, *s.nginx_workers()]) / 1024})
	bench.say(f"memory with {CONNECTIONS} idle connections")
	with idle_connections(s, CONNECTIONS):
		idle = settle(s)
	yield bounded("footprint.idle_connections", idle, "MB", LIMIT_MB, peers={"more than at rest": idle - rest})
	for i in range(sign_ins):
		bench.say(f"memory after sign-ins, {i + 1} of {sign_ins}")
		s.sign_in("alice" if i % 2 else "bob")
	after = settle(s)
	yield bounded("footprint.sign_ins", after, "MB", LIMIT_MB, peers={"more than at rest": after - rest})


@contextlib.contextmanager
def idle_connections(s, count):
	"""Each has asked something and been answered, as a proxy's kept connections have."""
	request = os.path.join(s.folder, "request")
	write_request(request, "GET /healthz", {"Host": "id.localhost", "X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "http"})
	with open(request, "rb") as f:
		ask = f.read()
	kept, before = [], open_files(s)
	try:
		for _ in range(count):
			c = socket.socket(socket.AF_UNIX)
			kept.append(c)
			c.connect(s.http_sock)
			c.sendall(ask)
			if not c.recv(4096).startswith(b"HTTP/1.1 200 "):
				raise RuntimeError("an idle connection was not answered")
		yield
	finally:
		for c in kept:
			c.close()
		# The daemon notices that they are closed a little later; until then they count among its connections.
		end = time.monotonic() + 10
		while open_files(s) > before + count // 10 and time.monotonic() < end:
			time.sleep(0.01)


def open_files(s):
	return len(os.listdir(f"/proc/{s.roles()['worker']}/fd"))


def start_once(s):
	"""Milliseconds from exec to READY=1; the daemon then answers."""
	path = os.path.join(s.folder, "notify.sock")
	with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
		notify.bind(path)
		notify.settimeout(60)
		began = time.monotonic()
		s.daemon = s.spawn("daemon", ["/usr/bin/env", f"NOTIFY_SOCKET={path}", s.binary, "serve", "-c", s.config])
		while b"READY=1" not in notify.recv(4096):
			pass
		spent = (time.monotonic() - began) * 1000
	os.unlink(path)
	if not s.ready():
		raise RuntimeError("the daemon said that it is ready, and is not")
	return spent


def start_time(bench, s, count):
	bench.say("the first start, which makes the keys")
	s.end(s.daemon)
	for name in os.listdir(s.state):
		if name != "key-encryption.key":
			os.unlink(os.path.join(s.state, name))
	first = start_once(s)
	times = []
	for i in range(count):
		bench.say(f"starts on an existing store, {i + 1} of {count}")
		s.end(s.daemon)
		times.append(start_once(s))
	yield bounded("footprint.start", median(times), "ms", START_MS, interval=tuple(t / START_MS for t in interval(times) or ()) or None,
		peers={"fastest": min(times)})
	yield Measure("footprint.first_start", first, "ms")
