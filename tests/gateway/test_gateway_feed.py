#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Keys and ends over the link: rotation, outages, reloads, a hostile or broken daemon."""
import json
import os
import signal
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from gate import CLIENT, ENDS, HEARTBEAT, JTI, KEYS, SID, SNAPSHOT, USER, Gate, HmacKey, OpensslKey, b64, block, encode, frame, jwt, read_reply  # noqa: E402
import tap  # noqa: E402
from tap import check, equal, poll, test  # noqa: E402

ISSUER = "http://id.localhost:8080"
OTHER = "https://other.example"
HTTP = """
	ostiary_issuer main { issuer http://id.localhost:8080; algs ES256 RS256; audience http://api.localhost; keys feed; }
	ostiary_issuer other { issuer https://other.example; algs ES256; audience http://api.localhost; keys feed; }
	ostiary_heartbeat 1s; ostiary_wait @WAIT@; ostiary_key_interval 1s;"""
LOCATIONS = """
	location / { ostiary bearer main; proxy_pass http://backend; }
	location /both { ostiary bearer main other; proxy_pass http://backend; }
	location /strict { ostiary bearer main; ostiary_stale refuse; proxy_pass http://backend; }"""


def claims(**more):
	now = int(time.time())
	return {"iss": ISSUER, "aud": "http://api.localhost", "sub": "u1", "exp": now + 300, "iat": now, "jti": b64(os.urandom(8)), "client_id": "shop", **more}


class Fed(Gate):
	"""`wait`: how long a request may be parked; short where a test waits for its end."""

	def __init__(self, workers=1, keys=None, wait="30s"):
		super().__init__(LOCATIONS, http=HTTP.replace("@WAIT@", wait), workers=workers)
		self.key = OpensslKey(self.dir, "k1")
		self.peer.keys[ISSUER] = [k.jwk() for k in (keys or [self.key])]

	def linked(self):
		poll(lambda: self.peer.connections and self.status()["worker_linked"], "the link is up")
		return self


@test
def fed_keys_verify():
	with Fed() as g:
		rsa = OpensslKey(g.dir, "r1", "RS256")
		equal(g.bearer("/", jwt(g.key, claims())).status, 200, "ES256")
		g.peer.set_keys(ISSUER, [g.key, rsa])
		poll(lambda: g.bearer("/", jwt(rsa, claims())).status == 200, "RS256")


@test
def a_token_of_our_own_issuer_lives_a_day_at_most():
	day = 24 * 3600
	with Fed() as g:
		other = OpensslKey(g.dir, "o1")
		g.peer.own = ISSUER
		g.linked()
		for issuer, key in ((ISSUER, g.key), (OTHER, other)):
			g.peer.set_keys(issuer, [key])
		poll(lambda: g.bearer("/both", jwt(other, claims(iss=OTHER))).status == 200, "the other issuer's keys")
		def status(key, life, **more):
			now = int(time.time())
			return g.bearer("/both", jwt(key, claims(iat=now, exp=now + life, **more))).status
		equal([status(g.key, day), status(g.key, day + 1), status(g.key, 10 * 365 * day)], [200, 401, 401], "of our own")
		equal(status(other, day + 1, iss=OTHER), 200, "of another issuer, whose own business it is")


@test
def rs_to_hs_confusion():
	with Fed() as g:
		rsa = OpensslKey(g.dir, "r1", "RS256")
		g.peer.set_keys(ISSUER, [g.key, rsa])
		poll(lambda: g.bearer("/", jwt(rsa, claims())).status == 200, "the key is known")
		for secret in (rsa.public_pem(), rsa.public_pem().strip(), json.dumps(rsa.jwk()).encode(), b""):
			for kid in ("r1", "k1"):
				forged = HmacKey(kid, secret=secret or b"\0")
				equal(g.bearer("/", jwt(forged, claims())).status, 401, "HS256 under a public key")
				equal(g.bearer("/", jwt(forged, claims(), {"alg": "RS256"})).status, 401, "HMAC bytes under RS256")
		equal(g.bearer("/", jwt(rsa, claims(), {"alg": "ES256"})).status, 401, "another alg")
		equal(g.bearer("/", jwt(g.key, claims(), {"kid": "r1"})).status, 401, "another kid")


@test
def symmetric_keys_never_come_over_the_link():
	with Fed() as g:
		evil = HmacKey("h1")
		g.peer.set_keys(ISSUER, [g.key, evil])
		equal(g.bearer("/", jwt(evil, claims())).status, 401, "an oct key of the feed")
		equal(g.bearer("/", jwt(g.key, claims())).status, 200, "the others hold")


@test
def issuers_are_not_mixed_up():
	with Fed() as g:
		foreign = OpensslKey(g.dir, "k1-foreign")
		g.peer.set_keys(OTHER, [foreign])
		theirs = jwt(foreign, claims(iss=OTHER))
		poll(lambda: g.bearer("/both", theirs).status == 200, "the other issuer")
		equal(g.bearer("/", theirs).status, 401, "not where it is not named")
		equal(g.bearer("/both", jwt(foreign, claims())).status, 401, "its key under our name")
		equal(g.bearer("/both", jwt(g.key, claims(iss=OTHER))).status, 401, "our key under its name")
		equal(g.bearer("/both", jwt(g.key, claims(iss="https://nobody"))).status, 401, "nobody's")
		equal(g.bearer("/both", jwt(g.key, claims())).status, 200, "ours")
		# The same token where it is cached for the other location.
		equal(g.bearer("/", theirs).status, 401, "cached")


@test
def unknown_kid_asks_once_an_interval():
	with Fed() as g:
		stranger = OpensslKey(g.dir, "unknown")
		tokens = [jwt(stranger, claims()) for _ in range(5)]
		start = time.monotonic()
		for token in tokens:
			equal(g.bearer("/", token).status, 401, "unknown kid")
		most = 2 + int(time.monotonic() - start)
		check(1 <= len(g.peer.unknown) <= most, f"asked {len(g.peer.unknown)} times, may {most}")
		g.peer.on_unknown = lambda issuer: g.peer.set_keys(issuer, [g.key, stranger])
		time.sleep(1.1)
		equal(g.bearer("/", jwt(stranger, claims())).status, 200, "a new key is fetched while the request waits")


@test
def unknown_kid_without_answer():
	with Fed(wait="2s") as g:
		g.peer.on_unknown = lambda issuer: None
		token = jwt(OpensslKey(g.dir, "unknown"), claims())
		start = time.monotonic()
		equal(g.bearer("/", token).status, 503, "after the wait: nobody knows whether it is good")
		check(time.monotonic() - start > 1.5, "the wait")
		equal(g.peer.unknown, [ISSUER], "asked for")


@test
def provider_down_known_keys_go_on():
	with Fed() as g:
		warm, cold = jwt(g.key, claims()), jwt(g.key, claims())
		equal(g.bearer("/", warm).status, 200, "before")
		g.peer.stop()
		poll(lambda: not g.status()["worker_linked"], "stale")
		equal(g.bearer("/", warm).status, 200, "a token seen before")
		equal(g.bearer("/", cold).status, 200, "and one never seen")
		equal(g.bearer("/strict", warm).status, 503, "but not where the policy refuses")
		g.peer.start()
		g.linked()
		equal(g.bearer("/strict", warm).status, 200, "restored")


@test
def feed_cut_and_restored_brings_the_ends():
	with Fed() as g:
		token = jwt(g.key, claims(jti="j1"))
		equal(g.bearer("/", token).status, 200, "before")
		g.peer.stop()
		g.peer.ends.append((JTI, "j1", int(time.time())))
		poll(lambda: not g.status()["worker_linked"], "cut")
		equal(g.bearer("/", token).status, 200, "nobody could tell")
		g.peer.start()
		g.linked()
		equal(g.bearer("/", token).status, 401, "the snapshot said it")


@test
def ends_apply_at_once():
	with Fed() as g:
		now = int(time.time())
		rows = [(JTI, "jx", {"jti": "jx"}), (SID, "sx", {"sid": "sx"}), (SID, "gx", {"grant_id": "gx"}), (USER, "ux", {"sub": "ux"}), (CLIENT, "cx", {"client_id": "cx"}), (CLIENT, "m", {"sub": "m", "client_id": "m"})]
		for kind, ident, part in rows:
			token = jwt(g.key, claims(**part))
			equal(g.bearer("/", token).status, 200, ident)
			g.peer.end(kind, ident)
			poll(lambda: g.bearer("/", token).status == 401, ident)
		g.peer.end(USER, "uy", at=now - 100)
		poll(lambda: g.bearer("/", jwt(g.key, claims(sub="uy", iat=now - 101))).status == 401, "issued before")
		equal(g.bearer("/", jwt(g.key, claims(sub="uy"))).status, 200, "issued after")


@test
def no_snapshot_no_decision():
	g = Fed(wait="2s")
	g.peer.no_snapshot = True
	with g:
		token = jwt(g.key, claims())
		start = time.monotonic()
		reply = g.bearer("/", token)
		equal(reply.status, 503, "no keys yet")
		check(reply.get("Retry-After"), "says when")
		check(time.monotonic() - start > 1.5, "after having waited")


@test
def the_snapshot_lets_go_of_what_waits_for_it():
	g = Fed()
	g.peer.no_snapshot = True
	with g:
		results = []
		t = threading.Thread(target=lambda: results.append(g.bearer("/", jwt(g.key, claims())).status))
		t.start()
		poll(lambda: g.status()["worker_parked"] == 1, "parked")
		g.peer.broadcast(g.peer.snapshot())
		t.join()
		equal(results, [200], "runs on as the snapshot comes")


@test
def client_leaves_while_parked():
	g = Fed()
	g.peer.no_snapshot = True
	with g:
		for _ in range(20):
			s = g.connect()
			g.send(s, "/", [("Authorization", "Bearer " + jwt(g.key, claims()))])
			poll(lambda: g.status()["worker_parked"] >= 1, "parked")
			s.close()
			poll(lambda: g.status()["worker_parked"] == 0, "and gone")
		g.peer.broadcast(g.peer.snapshot())
		equal(g.bearer("/", jwt(g.key, claims())).status, 200, "all is well")


@test
def malformed_frames_close_the_link():
	bad = [b"\0\0\0\0", struct.pack(">IB", 2**31, 1), frame(99), frame(KEYS, b"\0\0\0\xffabc"), frame(SNAPSHOT, b"x"), frame(SNAPSHOT, struct.pack(">IQ", 2, 1)),
		frame(HEARTBEAT, b""), frame(HEARTBEAT, b"\xff" * 8), frame(ENDS, b"\xff\xff"), frame(ENDS, struct.pack(">HBQQ", 1, 9, 1, 1) + block("x")),
		frame(ENDS, struct.pack(">HBQQ", 1, 0, 1, 1) + block("")), frame(KEYS, block(ISSUER) + block("{}") + b"x"), frame(16, struct.pack(">I", 1)),
		frame(6, b"\0" * 8 + b"\x09" + b"\0" * 8), frame(4)]
	with Fed() as g:
		token = jwt(g.key, claims())
		equal(g.bearer("/", token).status, 200, "before")
		for data in bad:
			g.linked()
			before = g.status()["link_losses"]
			# Sent again until it is noticed: a gateway that is just connecting anew hears nothing.
			poll(lambda: (g.peer.broadcast(data), g.status()["link_losses"] > before)[1], repr(data[:12]))
			equal(g.bearer("/", token).status, 200, "requests go on")
		g.linked()


@test
def unreadable_keys_keep_the_last_good_ones():
	with Fed() as g:
		token = jwt(g.key, claims())
		equal(g.bearer("/", token).status, 200, "before")
		for text in ("not json", '{"keys":7}', "[]"):
			g.peer.broadcast(frame(KEYS, block(ISSUER) + block(text)))
		equal(g.bearer("/", jwt(g.key, claims())).status, 200, "after")
		# Which set, and why: each once.
		for _ in range(3):
			g.peer.broadcast(frame(KEYS, block(ISSUER) + block("[]")))
		g.peer.broadcast(frame(KEYS, block(ISSUER) + block(json.dumps({"keys": [7] * 65}))))
		private = {**g.key.jwk(), "kid": "whole", "d": "AA"}
		odd = {"kty": "new", "kid": "odd"}
		g.peer.broadcast(frame(KEYS, block(ISSUER) + block(json.dumps({"keys": [private]}))))
		g.peer.broadcast(frame(KEYS, block(ISSUER) + block(json.dumps({"keys": [odd, g.key.jwk()]}))))
		equal(g.bearer("/", jwt(g.key, claims())).status, 200, "the fit one")
		poll(lambda: "is skipped" in g.errors(), "the last line")
		lines = [line for line in g.errors().splitlines() if "ostiary: " in line and (" of the issuer " in line or "the keys of" in line)]
		equal(sum("are refused, the last good ones stay in use: no JSON Web Key Set" in line for line in lines), 3, "three texts that are no set")
		equal(sum("the last good ones stay in use: it holds more than 64 keys, or is larger than 256 KiB" in line for line in lines), 1, "a crowd of keys")
		check(any("the key set holds a private key" in line for line in lines) and any('kid "whole"' in line for line in lines), str(lines))
		check(any('kid "odd", is skipped' in line for line in lines), str(lines))


@test
def frames_in_pieces():
	with Fed() as g:
		rsa = OpensslKey(g.dir, "r1", "RS256")
		g.peer.silent = True
		g.peer.keys[ISSUER] = [g.key.jwk(), rsa.jwk()]
		time.sleep(0.2)
		for byte in g.peer.keys_frame(ISSUER):
			g.peer.broadcast(bytes([byte]))
		g.peer.silent = False
		poll(lambda: g.bearer("/", jwt(rsa, claims())).status == 200, "the key arrived byte by byte")


def under_load(g, token, until):
	"""Requests of four threads, none retried, while until(settle) runs: statuses seen and connections reset. settle() waits until
	whatever was under way when it is called is over."""
	seen, stop, rounds = [], threading.Event(), [0] * 4

	def run(i):
		while not stop.is_set():
			try:
				seen.append(g.bearer("/", token()).status)
			except OSError as error:
				seen.append(repr(error))
			rounds[i] += 1

	def settle():
		before = list(rounds)
		poll(lambda: all(now >= was + 2 for now, was in zip(rounds, before)), "each thread has begun anew", 60)
	threads = [threading.Thread(target=run, args=(i,)) for i in range(4)]
	for t in threads:
		t.start()
	try:
		until(settle)
	finally:
		stop.set()
		for t in threads:
			t.join()
	return seen


@test
def key_rotation_under_load():
	with Fed(workers=2) as g:
		keys = [OpensslKey(g.dir, f"n{i}") for i in range(4)]
		signing = [g.key]
		pool = {k.kid: [jwt(k, claims()) for _ in range(3)] for k in [g.key, *keys]}
		turn = [0]

		def token():
			turn[0] += 1
			return pool[signing[0].kid][turn[0] % 3]

		def known(key):
			"""Whether both workers verify with it: seen by a token that each has to look at anew."""
			found = {}
			for _ in range(8):
				with g.connect() as s, s.makefile("rb") as f:
					g.send(s, "/", [("Authorization", "Bearer " + jwt(key, claims()))])
					ok = read_reply(f).status == 200
					g.send(s, "/status", [("Connection", "close")])
					found[read_reply(f).json()["worker_pid"]] = ok
			return len(found) == 2 and all(found.values())

		def rotate(settle):
			for old, new in zip([g.key, *keys], keys):
				g.peer.set_keys(ISSUER, [old, new]) # published
				poll(lambda: known(new), "both workers know the new key", 30)
				signing[0] = new # then used
				settle() # and no token of the old one is on its way
		seen = under_load(g, token, rotate)
		check(len(seen) > 50, f"{len(seen)} requests")
		equal([s for s in seen if s != 200], [], "none failed")
		equal(g.bearer("/", pool["k1"][0]).status, 401, "a retired key's tokens are over")


@test
def reload_under_load():
	with Fed(workers=2) as g:
		tokens = [jwt(g.key, claims()) for _ in range(8)]
		turn = [0]

		def token():
			turn[0] += 1
			return tokens[turn[0] % 8]

		def reload(settle):
			for _ in range(4):
				old = g.worker_pids()
				g.reload()
				poll(lambda: g.worker_pids() and not set(old) & set(g.worker_pids()), "new workers", 30)
				settle()
		seen = under_load(g, token, reload)
		check(len(seen) > 50, f"{len(seen)} requests")
		equal([s for s in seen if s != 200], [], "none failed")


@test
def worker_killed_comes_back():
	with Fed() as g:
		g.linked()
		pid = g.worker_pids()[0]
		os.kill(pid, signal.SIGTERM)
		poll(lambda: g.worker_pids() and pid not in g.worker_pids(), "another worker")
		equal(g.bearer("/", jwt(g.key, claims())).status, 200, "with a snapshot of its own")


tap.main()
