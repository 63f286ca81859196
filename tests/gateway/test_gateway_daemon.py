#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The daemon's side of the link, spoken to byte by byte: snapshot, keys of other issuers, look-ups, malformed frames."""
import base64
import http.server
import json
import os
import signal
import socket
import struct
import sys
import tempfile
import threading
import time

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


def limited(limits):
	return System(nginx=False, edit_config=lambda text: text + f"link: {{{limits}}}\n")


def refusals(s, limit):
	return [row for row in map(json.loads, s.log().splitlines()) if row["event"] == "link.refused" and row["limit"] == limit]


@test
def link_workers_connect_and_no_more():
	with limited("workers: 2") as s:
		links = [Link(s), Link(s)]
		for link in links:
			link.hello()
		check(Link(s).closed(), "the third is closed")
		check(Link(s).closed(), "the fourth too")
		for link in links:
			check(link.until(HEARTBEAT), "those that are there go on")
		said = refusals(s, "link.workers")
		equal([(row["level"], row["at_once"], row["refused"]) for row in said], [("warn", 2, 1)], "one line in ten seconds")
		equal(refusals(s, "link.lookups"), [], "nothing of the other limit")
		# A place that is given back is somebody else's.
		links[0].file.close()
		links[0].socket.close()
		def next_one():
			try:
				return Link(s).hello()
			except OSError:
				return None
		check(poll(next_one, "a place is free"), "and taken")


def look_up(link, s, count, first):
	"""So many at once, in one piece; the kinds of answers by id."""
	cookie = "a" * 22 + "." + "b" * 43
	link.socket.sendall(b"".join(frame(LOOKUP, struct.pack(">Q", first + i) + block(f"web.localhost:{s.port}") + block(cookie)) for i in range(count)))
	kinds = {}
	while len(kinds) < count:
		payload = link.until(ANSWER)[-1][1]
		ident, kind = struct.unpack(">QB", payload[:9])
		kinds[ident] = kind
	return [kinds[first + i] for i in range(count)]


@test
def link_lookups_wait_and_no_more_for_each_worker():
	none, not_known_now = 2, 3
	with limited("workers: 3, lookups: 8") as s:
		one, other = Link(s), Link(s)
		one.hello()
		other.hello()
		equal(look_up(one, s, 20, 100), [none] * 8 + [not_known_now] * 12, "eight of twenty at once")
		equal(look_up(other, s, 8, 200), [none] * 8, "another worker's are its own")
		equal(look_up(one, s, 8, 300), [none] * 8, "and after them there is room again")
		said = refusals(s, "link.lookups")
		equal([(row["level"], row["at_once"], row["refused"]) for row in said], [("warn", 8, 1)], "one line in ten seconds")
		equal(refusals(s, "link.workers"), [], "nothing of the other limit")


@test
def link_limits_are_what_the_manual_says():
	for limits in ("workers: 0", "workers: 4097", "lookups: 7", "lookups: 4097", "workers: many", "others: 1"):
		s = limited(limits)
		try:
			s.write()
			done = s.cli("check-config", check=False)
			check(done.returncode != 0 and limits.split(":")[0] in done.stderr + done.stdout, f"{limits}: {done.stderr}{done.stdout}")
		finally:
			s.close()
	# Without a word: 256 workers, 128 look-ups of each.
	with System(nginx=False) as s:
		link = Link(s)
		link.hello()
		kinds = look_up(link, s, 128, 1)
		equal((len(kinds), set(kinds)), (128, {2}), "128 at once")


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
def issuers_come_and_go_by_a_reload():
	def told(s):
		"""The keys of that issuer as a gateway that connects hears them last."""
		rows = [p for k, p in Link(s).hello() if k == KEYS and OTHER.encode() in p]
		return rows[-1] if rows else None

	def write(text):
		with open(s.config, "w") as f:
			f.write(text)
		s.daemon.send_signal(signal.SIGHUP)
	with tempfile.TemporaryDirectory() as folder:
		one, two = Issuer(), Issuer()
		one.keys, two.keys = [OpensslKey(folder, "one").jwk()], [OpensslKey(folder, "two").jwk()]
		with system() as s:
			with open(s.config) as f:
				plain = f.read()
			row = lambda i: plain + f'issuers:\n  - {{issuer: "{OTHER}", jwks_uri: "http://127.0.0.1:{i.server_address[1]}/keys"}}\n'  # noqa: E731
			equal(told(s), None, "nobody else yet")
			link = Link(s)
			link.hello()
			write(row(one))
			while OTHER.encode() not in link.until(KEYS)[-1][1]:
				pass
			poll(lambda: b'"one"' in (told(s) or b""), "one that came")
			for _ in range(3):
				write(row(two))
				poll(lambda: b'"two"' in told(s), "at another address")
				write(plain)
				poll(lambda: b'"kty"' not in told(s), "one that went has no keys")
				write(row(one))
				poll(lambda: b'"one"' in told(s), "it is back")
			check("reload.restart_needed" not in s.log(), "nothing waits for a restart")
		one.shutdown()
		two.shutdown()


@test
def ed25519_goes_by_the_name_that_the_configuration_has():
	for name in ("EdDSA", "Ed25519"):
		with System(edit_config=lambda text: text + f"keys: {{algorithms: [{name}]}}\n") as s:
			keys = json.loads(s.fetch_daemon("/.well-known/jwks.json").body)["keys"]
			check(keys and all((k["kty"], k["crv"], k["alg"]) == ("OKP", "Ed25519", name) for k in keys), repr(keys))
			header = s.machine_token().split(".")[0]
			equal(json.loads(base64.urlsafe_b64decode(header + "=="))["alg"], name, "access tokens")
			metadata = json.loads(s.fetch_daemon("/.well-known/openid-configuration").body)
			equal(metadata["id_token_signing_alg_values_supported"], [name], "metadata")


@test
def what_is_wrong_with_keys_of_another_issuer_is_logged():
	with tempfile.TemporaryDirectory() as folder:
		one, two = OpensslKey(folder, "one"), OpensslKey(folder, "two")
		issuer = Issuer()
		issuer.keys = [{**two.jwk(), "use": "enc", "kid": "enc-1"}, one.jwk(), {**two.jwk(), "kid": "one"}]
		with system(issuer) as s:
			poll(lambda: any(OTHER.encode() in p for k, p in Link(s).hello() if k == KEYS), "unfit keys make nothing of the others unfit")
			lines = [line for line in s.log().splitlines() if '"keys.remark"' in line]
			equal(len(lines), 2, "a line for each key that there is something to say of")
			check(OTHER in lines[0] and 'kid \\"enc-1\\", is skipped' in lines[0] and "same kid" in lines[1], repr(lines))
			link = Link(s)
			link.hello()
			# Over the number of keys, and over what is received at all.
			for count, keys in enumerate(([7] * 65, [{**one.jwk(), "x": "y" * 300000}]), 1):
				issuer.keys = keys
				poll(lambda: link.socket.sendall(frame(UNKNOWN_KID, block(OTHER))) or time.sleep(0.5) or
					s.log().count("it holds more than 64 keys, or is larger than 256 KiB") == count, "a size is called one", 20)
			# A private key: whoever saw it can sign, so that what was good before is good no more.
			issuer.keys = [one.jwk(), {**two.jwk(), "d": "AA"}]
			link.socket.sendall(frame(UNKNOWN_KID, block(OTHER)))
			while not ((payload := link.until(KEYS)[-1][1]) and OTHER.encode() in payload and b'"keys":[]' in payload):
				pass
			log = s.log()
			check('"keys.refused"' in log and "JOSE_PRIVATE" in log and 'kid \\"two\\", is skipped: it is a private key' in log, "and named in the log")
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
