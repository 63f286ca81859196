#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The daemon's side of the link, spoken to byte by byte: snapshot, keys of other issuers, look-ups, malformed frames."""
import http.server
import json
import os
import socket
import struct
import sys
import tempfile
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from gate import ANSWER, HEARTBEAT, HELLO, KEYS, LOOKUP, READY, SNAPSHOT, UNKNOWN_KID, OpensslKey, block, frame  # noqa: E402
import tap  # noqa: E402
from system import System  # noqa: E402
from tap import check, equal, poll, test  # noqa: E402

OTHER = "https://other.example"


class Issuer(http.server.ThreadingHTTPServer):
	"""Publishes keys, and counts who asks."""

	def __init__(self):
		self.keys, self.asked, self.status = [], 0, 200
		super().__init__(("127.0.0.1", 0), Publisher)
		threading.Thread(target=self.serve_forever, daemon=True).start()


class Publisher(http.server.BaseHTTPRequestHandler):
	def do_GET(self):
		self.server.asked += 1
		body = json.dumps({"keys": self.server.keys}).encode()
		self.send_response(self.server.status)
		self.send_header("Content-Length", str(len(body)))
		self.end_headers()
		self.wfile.write(body)

	def log_message(self, *_):
		pass


class Link:
	def __init__(self, s):
		self.socket = socket.socket(socket.AF_UNIX)
		self.socket.settimeout(10)
		self.socket.connect(os.path.join(s.state, "link.sock"))
		self.file = self.socket.makefile("rb")

	def hello(self):
		self.socket.sendall(frame(HELLO, struct.pack(">I", 1)))
		return self.until(READY)

	def until(self, wanted):
		"""Frames up to the first of that type, as (type, payload)."""
		seen = []
		while not seen or seen[-1][0] != wanted:
			head = self.file.read(5)
			if len(head) < 5:
				raise ConnectionResetError("the link was closed")
			n, kind = struct.unpack(">IB", head)
			seen.append((kind, self.file.read(n - 1)))
		return seen

	def closed(self):
		try:
			while self.file.read(1):
				pass
			return True
		except OSError as error:
			return not isinstance(error, TimeoutError)


def system(issuer=None):
	s = System(nginx=False)
	if issuer:
		s.edit_config = lambda text: text + f'issuers:\n  - {{issuer: "{OTHER}", jwks_uri: "http://127.0.0.1:{issuer.server_address[1]}/keys"}}\n'
	return s


@test
def snapshot_then_heartbeat():
	with system() as s:
		link = Link(s)
		seen = link.hello()
		equal(seen[0][0], SNAPSHOT, "first")
		keys = [p for k, p in seen if k == KEYS]
		equal(len(keys), 1, "our keys")
		check(s.issuer.encode() in keys[0] and b'"kty"' in keys[0] and b'"d"' not in keys[0], "public ones, under our name")
		check(link.until(HEARTBEAT), "a heartbeat follows")


@test
def unknown_session():
	with system() as s:
		link = Link(s)
		link.hello()
		cookie = "a" * 22 + "." + "b" * 43
		link.socket.sendall(frame(LOOKUP, struct.pack(">Q", 7) + block(f"web.localhost:{s.port}") + block(cookie)))
		payload = link.until(ANSWER)[-1][1]
		equal(payload[:9], struct.pack(">QB", 7, 2), "none")


@test
def keys_of_another_issuer():
	with tempfile.TemporaryDirectory() as folder:
		one, two = OpensslKey(folder, "one"), OpensslKey(folder, "two")
		issuer = Issuer()
		issuer.keys = [one.jwk()]
		with system(issuer) as s:
			poll(lambda: issuer.asked == 1, "fetched at start")
			link = Link(s)
			poll(lambda: any(OTHER.encode() in p for k, p in Link(s).hello() if k == KEYS), "in the snapshot")
			link.hello()
			issuer.keys = [one.jwk(), two.jwk()]
			link.socket.sendall(frame(UNKNOWN_KID, block(OTHER)))
			while not (b'"two"' in (payload := link.until(KEYS)[-1][1]) and OTHER.encode() in payload):
				pass
			asked = issuer.asked
			for _ in range(5):
				link.socket.sendall(frame(UNKNOWN_KID, block(OTHER)))
				check(b'"two"' in link.until(KEYS)[-1][1], "what is known is said at once")
			equal(issuer.asked, asked, "but not fetched again so soon")
			check(b'"two"' in b"".join(p for _, p in Link(s).hello()), "and remembered")
		issuer.shutdown()


@test
def malformed_frames_close_the_connection():
	with system() as s:
		bad = [b"\0\0\0\0", struct.pack(">IB", 2**31, 16), frame(99), frame(HELLO, b""), frame(HELLO, struct.pack(">I", 2)), frame(KEYS),
			frame(LOOKUP, struct.pack(">Q", 1) + block("h") + block("c")), frame(UNKNOWN_KID, block("x"))]
		for data in bad:
			link = Link(s)
			link.socket.sendall(data)
			check(link.closed(), f"before HELLO: {data[:12]!r}")
		hello = frame(HELLO, struct.pack(">I", 1))
		for data in (hello, frame(LOOKUP, b"x"), frame(UNKNOWN_KID, b""), frame(LOOKUP, struct.pack(">Q", 1) + block("h" * 256) + block("c")), frame(READY)):
			link = Link(s)
			link.hello()
			link.socket.sendall(data)
			check(link.closed(), f"after HELLO: {data[:12]!r}")
		check(Link(s).hello(), "the daemon serves on")


tap.main()
