#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""libostiary's remote keys against real HTTPS servers: certificates, addresses, redirects, floods, outages, several issuers."""
import json
import os
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap  # noqa: E402
from keyserver import BUILD, ISSUER, OSTIARY, Server, World  # noqa: E402
from tap import check, equal, test  # noqa: E402

PROBE = os.path.join(BUILD, "tests/flow/remote_probe")


class Probe:
	def __init__(self, *words, opened="ok"):
		self.child = subprocess.Popen([PROBE, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
			env={**os.environ, "https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9", "ALL_PROXY": "socks5://127.0.0.1:9"})
		equal(self.child.stdout.readline().strip(), opened, "open")

	def __enter__(self):
		return self

	def __exit__(self, *_):
		started = time.monotonic()
		self.child.stdin.close()
		equal(self.child.wait(30), 0, "the probe's end")
		self.child.stdout.close()
		self.closing = time.monotonic() - started

	def ask(self, line):
		self.child.stdin.write(line + "\n")
		self.child.stdin.flush()
		return self.child.stdout.readline().strip()

	def verify(self, token):
		return self.ask("verify " + token)

	def counts(self, issuer=ISSUER):
		return tuple(int(n) for n in self.ask("counts " + issuer).split())

	def fetched(self, want, what):
		"""A verification waits for a fetch, but not for ever: on a busy machine it may be over first."""
		tap.poll(lambda: self.counts() != (0, 0), what + " ends", 30)
		equal(self.counts(), want, what)

	def until(self, token, want, seconds=15):
		end = time.monotonic() + seconds
		got = None
		while got != want and time.monotonic() < end:
			got = self.verify(token)
			time.sleep(0.05)
		equal(got, want, "in the end")


world = World()


def ok(*names, **headers):
	return 200, {n.replace("_", "-"): v for n, v in headers.items()}, world.jwks(*names)


def options(*words):
	return ("ca=" + world.ca, "private=1", *words)


@test
def remote_keys_come_over_verified_tls():
	other = world.authority("other")
	rows = [("holds", world.good, world.ca, "ok"), ("another authority", world.good, other, "unavailable"),
		("another name", world.certificate("name", "ca", "DNS:elsewhere.example"), world.ca, "unavailable"),
		("expired", world.certificate("old", "ca", "DNS:localhost", days="-1"), world.ca, "unavailable"),
		("self-signed", (other, world.path("other.key")), world.ca, "unavailable")]
	for name, certificate, ca, want in rows:
		with Server(ok("a"), certificate) as s, Probe("ca=" + ca, "private=1", ISSUER, s.url) as p:
			equal(p.verify(world.token("a")), want, name)
			equal(bool(s.paths), want == "ok", name + ": whether anything was asked")
	with Server(ok("a")) as s, Probe(*options(ISSUER, s.url.replace("http:", "https:"))) as p:
		equal(p.verify(world.token("a")), "unavailable", "no TLS at all")


@test
def remote_addresses_are_judged_when_connected_to():
	with Server(ok("a"), world.good) as s:
		port = s.port
		for host in ("localhost", "127.0.0.1", "2130706433", "0x7f000001", "127.1", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "169.254.169.254", "[fe80::1]", "10.0.0.1",
				"id.localhost"):
			with Probe("ca=" + world.ca, "timeout=20", ISSUER, f"https://{host}:{port}/jwks.json") as p:
				started = time.monotonic()
				equal(p.verify(world.token("a")), "unavailable", host)
				check(time.monotonic() - started < 10, host + " refused at once")
		equal(s.connections, 0, "nothing was connected to")
		for host in ("0.0.0.0", "169.254.169.254", "[fe80::1]"):
			with Probe("ca=" + world.ca, "timeout=2", "private=1", ISSUER, f"https://{host}:{port}/jwks.json") as p:
				equal(p.verify(world.token("a")), "unavailable", host + " never")
		equal(s.connections, 0, "still nothing")
	for url in ("http://example.com/", "http://127.0.0.1/", "https://user@localhost/", "file:///etc/passwd", "https://localhost.example/@x y"):
		with Probe("private=1", ISSUER, url, opened="argument"):
			pass


@test
def remote_redirects_are_not_followed():
	with Server(ok("a"), world.good) as target:
		for status in (301, 302, 303, 307, 308):
			with Server((status, {"Location": target.url}, ""), world.good) as s, Probe(*options(ISSUER, s.url)) as p:
				equal(p.verify(world.token("a")), "unavailable", str(status))
				p.fetched((0, 1), "one fetch, failed")
		equal(target.connections, 0, "nobody came")


@test
def remote_answers_have_a_maximum_size_and_time():
	def endless(h):
		h.send_response(200)
		h.end_headers()
		try:
			while True:
				h.wfile.write(b" " * 65536)
		except OSError:
			pass

	def drip(h):
		h.send_response(200)
		h.end_headers()
		try:
			for _ in range(100):
				h.wfile.write(b" ")
				time.sleep(0.2)
		except OSError:
			pass

	hold = threading.Event()

	def silent(h):
		hold.wait(60)

	for name, answer in (("endless", endless), ("a byte at a time", drip), ("silent", silent), ("too long", (200, {}, world.jwks("a") + " " * 300000)),
			("not JSON", (200, {}, "<html>")), ("empty set", (200, {}, '{"keys":[]}')), ("keys no array", (200, {}, '{"keys":{}}')),
			("a private key", (200, {}, json.dumps({"keys": [json.load(open(world.key("a")[0]))]}))), ("an error", (500, {}, world.jwks("a"))),
			("too many keys", (200, {}, json.dumps({"keys": [world.key("a")[1]] * 65})))):
		with Server(answer, world.good) as s, Probe(*options("timeout=1", ISSUER, s.url)) as p:
			started = time.monotonic()
			equal(p.verify(world.token("a")), "unavailable", name)
			check(time.monotonic() - started < 15, name + " ends")
			p.fetched((0, 1), name)
	hold.set()


@test
def remote_stops_while_a_server_is_silent():
	hold = threading.Event()
	with Server(lambda h: hold.wait(60), world.good) as s:
		probe = Probe(*options("timeout=60", ISSUER, s.url, "https://two.example", s.url))
		with probe:
			end = time.monotonic() + 5
			while not s.paths and time.monotonic() < end:
				time.sleep(0.02)
		check(probe.closing < 20, f"freed in {probe.closing:.1f} s")
		hold.set()


@test
def remote_unknown_kid_flood_fetches_once_in_a_cooldown():
	for name, answer, want in (("keys", ok("a"), "kid"), ("empty set", (200, {}, '{"keys":[]}'), "unavailable"), ("failing", (503, {}, ""), "unavailable")):
		with Server(answer, world.good) as s, Probe(*options("cooldown=3", ISSUER, s.url)) as p:
			started = time.monotonic()
			token = world.token("stranger")
			for _ in range(200):
				equal(p.verify(token), want, name)
			fetches = 1 + int((time.monotonic() - started) / 3) + 1
			check(len(s.paths) <= fetches, f"{name}: {len(s.paths)} fetches for 200 tokens")
			equal(set(s.paths), {"/jwks.json"}, "nothing of a token is in what is asked for")


@test
def remote_flood_does_not_starve_a_rotation():
	with Server(ok("a"), world.good) as s, Probe(*options("cooldown=1", ISSUER, s.url)) as p:
		equal(p.verify(world.token("a")), "ok", "before")
		s.answer = ok("b")
		stranger, new = world.token("stranger"), world.token("b")
		end = time.monotonic() + 6
		got = None
		while got != "ok" and time.monotonic() < end:
			for _ in range(20):
				equal(p.verify(stranger), "kid", "the flood")
			got = p.verify(new)
		equal(got, "ok", "the new key came through")
		equal(p.verify(world.token("a")), "kid", "the old one is gone")


@test
def remote_unknown_kid_takes_few_threads_away():
	with Server(ok("a"), world.good) as s, Probe(*options("cooldown=1", "timeout=8", ISSUER, s.url)) as p:
		equal(p.verify(world.token("a")), "ok", "keys are there")
		time.sleep(1.2)
		s.answer = lambda h: time.sleep(8)
		quick = int(p.ask("crowd 40 " + world.token("stranger")))
		check(quick >= 40 - 8, f"{quick} of 40 were answered at once")


@test
def remote_outage_keeps_the_last_good_keys():
	with Server(ok("a"), world.good) as s, Probe(*options("cooldown=1", "refresh=1", ISSUER, s.url)) as p:
		equal(p.verify(world.token("a")), "ok", "before")
		for answer in ((500, {}, ""), (200, {}, "{"), (200, {}, '{"keys":[]}')):
			failed = p.counts()[1]
			s.answer = answer
			end = time.monotonic() + 8
			while p.counts()[1] == failed and time.monotonic() < end:
				time.sleep(0.1)
			check(p.counts()[1] > failed, "a fetch failed")
			equal(p.verify(world.token("a")), "ok", str(answer[0]))
	with Server(ok("a"), world.good) as s, Probe(*options("cooldown=1", "refresh=1", "keep=2", ISSUER, s.url)) as p:
		equal(p.verify(world.token("a")), "ok", "before")
		s.answer = (500, {}, "")
		p.until(world.token("a"), "unavailable")
		s.answer = ok("a")
		p.until(world.token("a"), "ok")


@test
def remote_refreshes_ahead_of_expiry():
	with Server(ok("a", Cache_Control="max-age=3"), world.good) as s, Probe(*options("cooldown=1", "refresh=600", ISSUER, s.url)) as p:
		equal(p.verify(world.token("a")), "ok", "before")
		s.answer = ok("b", Cache_Control="max-age=600")
		end = time.monotonic() + 6
		while len(s.paths) < 2 and time.monotonic() < end:
			time.sleep(0.05)
		equal(len(s.paths), 2, "fetched again, with no token that asked for it")
		p.until(world.token("b"), "ok")
		time.sleep(1.5)
		equal(len(s.paths), 2, "and not again")


@test
def remote_tokens_name_no_address():
	with Server(ok("a"), world.good) as s, Server(ok("stranger"), world.good) as evil, Probe(*options("cooldown=1", ISSUER, s.url)) as p:
		equal(p.verify(world.token("a")), "ok", "before")
		equal(p.verify(world.token("stranger", iss=evil.url)), "iss", "an issuer of its own")
		import base64
		body = world.token("stranger").split(".")
		for name in ("jku", "x5u"):
			header = base64.urlsafe_b64encode(json.dumps({"alg": "ES256", "typ": "at+jwt", name: evil.url}).encode()).rstrip(b"=").decode()
			equal(p.verify(".".join([header, *body[1:]])), "header", name)
		equal(evil.connections, 0, "nobody came")


@test
def remote_keys_with_the_certificate_of_another_are_left_out():
	import base64
	import ssl
	with open(world.good[0]) as f:
		other = base64.b64encode(ssl.PEM_cert_to_DER_cert(f.read())).decode()
	pem = world.path("b.pem")
	subprocess.run([OSTIARY, "key", "convert", world.key("b")[0], "--to", "pem", "--out", pem], check=True, timeout=60)
	own = subprocess.run(["openssl", "req", "-x509", "-key", pem, "-subj", "/CN=b", "-days", "2", "-outform", "DER"], check=True, capture_output=True, timeout=60)
	own = base64.b64encode(own.stdout).decode()
	keys = [{**world.key("a")[1], "x5c": [other]}, {**world.key("b")[1], "x5c": [own]}]
	with Server((200, {}, json.dumps({"keys": keys})), world.good) as s, Probe(*options("cooldown=60", ISSUER, s.url)) as p:
		equal(p.verify(world.token("b")), "ok", "with a certificate of its own")
		equal(p.verify(world.token("a")), "kid", "with another's")


@test
def remote_several_issuers_keep_their_keys_apart():
	two = "https://two.example"
	hold = threading.Event()
	with Server(ok("a"), world.good) as one, Server(ok("b"), world.good) as other, Server(lambda h: hold.wait(20), world.good) as slow:
		with Probe(*options("cooldown=60", "timeout=30", ISSUER, one.url, two, other.url, "https://slow.example", slow.url)) as p:
			equal(p.verify(world.token("a")), "ok", "the first")
			equal(p.verify(world.token("b", iss=two)), "ok", "the second, while a third one is silent")
			equal(p.verify(world.token("b")), "kid", "the second's key for the first")
			equal(p.verify(world.token("a", iss=two)), "kid", "and the other way round")
			equal(p.verify(world.token("a", iss=two + "/")), "iss", "an issuer is compared exactly")
			equal(p.verify(world.token("a", iss="https://none.example")), "iss", "one that is not there")
			equal(p.counts(two), (1, 0), "its fetches")
			equal(p.ask("counts https://none.example"), "none", "no such row")
			hold.set()
		words = [w for i in range(33) for w in (f"https://{i}.example", one.url)]
		for name, rows in (("too many", words), ("twice", words[:2] * 2), ("none", []), ("no name", ["", one.url]), ("long", ["x" * 256, one.url])):
			with Probe(*options(*rows), opened="argument"):
				check(True, name)


tap.main()
