#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Private keys and the key-encryption key are in the signer's memory and nowhere else: one scan, in every representation."""
import base64
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap  # noqa: E402
from system import System, children_of  # noqa: E402
from tap import check, equal, poll, test  # noqa: E402

PRIVATE = ("d", "p", "q", "dp", "dq", "qi")
OIDS = {"RSA": bytes.fromhex("300d06092a864886f70d0101010500"), "P-256": bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107")}


def unb64(text):
	return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def der(tag, content):
	n = len(content)
	size = bytes([n]) if n < 128 else (lambda b: bytes([0x80 | len(b)]) + b)(n.to_bytes((n.bit_length() + 7) // 8, "big"))
	return bytes([tag]) + size + content


def integer(value):
	return der(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def inner_der(key):
	"""RSAPrivateKey (RFC 8017 A.1.2), ECPrivateKey (RFC 5915 3) without its optional parts, or an Ed25519 seed (RFC 8410 7)."""
	if key["kty"] == "RSA":
		numbers = [0] + [int.from_bytes(unb64(key[m]), "big") for m in ("n", "e", "d", "p", "q", "dp", "dq", "qi")]
		return der(0x30, b"".join(integer(n) for n in numbers))
	if key["kty"] == "EC":
		return integer(1) + der(4, unb64(key["d"]))
	return der(4, unb64(key["d"]))


def pem_lines(key):
	"""A line from the middle of the PEM text of PKCS #8 and of the traditional form: both hold nothing but key."""
	inner = inner_der(key)
	outer = der(0x30, integer(0) + OIDS["RSA"] + der(4, inner)) if key["kty"] == "RSA" else None
	for text in (base64.b64encode(x) for x in (inner, outer) if x):
		lines = [text[i:i + 64] for i in range(0, len(text), 64)]
		yield lines[len(lines) // 2] if len(lines) > 2 else text[:60]


def representations(key):
	"""{name: bytes}: each is long enough never to be there by chance."""
	found = {}
	for member in PRIVATE:
		if member not in key:
			continue
		raw = unb64(key[member])
		found[f"{member} big-endian"] = raw
		found[f"{member} little-endian"] = raw[::-1]
		found[f"{member} hexadecimal"] = raw.hex().encode()
		found[f"{member} base64url"] = key[member].encode()
		found[f"{member} base64"] = base64.b64encode(raw).rstrip(b"=")
	found["DER"] = inner_der(key)
	for i, line in enumerate(pem_lines(key)):
		found[f"PEM {i}"] = line
	return {name: value for name, value in found.items() if len(value) >= 24}


def memory(pid):
	"""Everything that a process can read or write, piece by piece."""
	with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
		for line in maps:
			where = re.match(r"([0-9a-f]+)-([0-9a-f]+) (...)", line)
			start, end = int(where[1], 16), int(where[2], 16)
			if where[3][0] != "r" or "[vvar" in line or "[vsyscall]" in line:
				continue
			try:
				mem.seek(start)
				yield mem.read(end - start)
			except (OSError, ValueError, OverflowError):
				continue


def scan(pid, patterns):
	"""Which of {(key, representation): bytes} are in the process, and how much was looked through."""
	found, size = set(), 0
	for piece in memory(pid):
		size += len(piece)
		found |= {name for name, value in patterns.items() if value in piece}
	return found, size


def unseal(s):
	"""From a copy: the store belongs to the daemon."""
	place = tempfile.mkdtemp(prefix="ostiary-scan-")
	try:
		for name in os.listdir(s.state):
			if name.startswith("ostiary.db"):
				shutil.copy(os.path.join(s.state, name), place)
		os.chmod(os.path.join(place, "ostiary.db"), 0o600)
		out = subprocess.run([os.path.join(s.build, "tests/faults/unseal"), os.path.join(place, "ostiary.db"),
			os.path.join(s.state, "key-encryption.key")], capture_output=True, text=True, check=True).stdout
		return [json.loads(line) for line in out.splitlines()]
	finally:
		shutil.rmtree(place)


def patterns_of(s):
	keys = unseal(s)
	equal(sorted(k["kty"] for k in keys), ["EC", "EC", "OKP", "OKP", "RSA", "RSA"], "an active and a next key of each kind")
	with open(os.path.join(s.state, "key-encryption.key")) as f:
		text = f.read().strip()
	raw = unb64(text)
	patterns = {("key-encryption key", "raw"): raw, ("key-encryption key", "reversed"): raw[::-1],
		("key-encryption key", "base64url"): text.encode(), ("key-encryption key", "hexadecimal"): raw.hex().encode()}
	for key in keys:
		for name, value in representations(key).items():
			patterns[(key["kid"], name)] = value
	return keys, patterns


def states_of(s):
	return {key["kid"]: key["state"] for key in json.loads(s.cli("key", "list", "--json").stdout)["keys"]}


@test
def private_keys_are_in_the_signer_alone():
	if os.getuid() != 0:
		tap.skip("only root can read another process's memory")
	algorithms = "keys: {algorithms: [ES256, RS256, Ed25519]}\n"
	with System(edit_config=lambda text: text + algorithms) as s:
		s.sign_in("alice")
		for _ in range(20):
			s.machine_token()
		s.cli("key", "rotate")
		s.sign_in("bob")
		keys, patterns = patterns_of(s)
		roles = s.roles()
		found, size = scan(roles["signer"], patterns)
		names = {name for name, _ in found}
		check(size > 1 << 20, f"{size} bytes of the signer were looked through")
		states = states_of(s)
		for wanted in [k["kid"] for k in keys if states[k["kid"]] == "active"] + ["key-encryption key"]:
			check(wanted in names, f"the scan finds {wanted} in the signer")
		equal({kid for kid, _ in found if states.get(kid) == "next"}, set(), "keys that do not sign yet, in the signer")
		others = {"worker": roles["worker"], "parent": roles["parent"], "nginx": s.nginx.pid, "backend": s.backend.pid}
		others.update({f"nginx worker {pid}": pid for pid in children_of(s.nginx.pid)})
		for name, pid in others.items():
			found, size = scan(pid, patterns)
			check(size > 1 << 20, f"{size} bytes of {name} were looked through")
			equal(found, set(), f"what of the keys is in {name}")


@test
def the_worker_forgets_what_it_keeps_as_a_hash():
	if os.getuid() != 0:
		tap.skip("only root can read another process's memory")
	def secrets_of(s):
		kept = {("password", user): s.passwords[user].strip().encode() for user in s.passwords}
		kept[("client secret", "stock-robot")] = s.secrets["stock-robot"].strip().encode()
		return kept
	with System(nginx=False) as s:
		found, size = scan(s.roles()["worker"], {**secrets_of(s), ("gateway", "web"): s.secrets["web"].strip().encode()})
		check(size > 1 << 20, f"{size} bytes of the worker were looked through")
		equal(found, {("gateway", "web")}, "what it must present, and nothing else")
		s.daemon.send_signal(signal.SIGHUP)
		poll(lambda: '"reload.done"' in s.log(), "a reload")
		found, _ = scan(s.roles()["worker"], secrets_of(s))
		equal(found, set(), "after a reload")


@test
def a_retired_key_leaves_the_signer():
	if os.getuid() != 0:
		tap.skip("only root can read another process's memory")
	with System(nginx=False, edit_config=lambda text: text + "keys: {algorithms: [ES256, RS256, Ed25519]}\n") as s:
		keys, patterns = patterns_of(s)
		before = {kid for kid, state in states_of(s).items() if state == "active"}
		s.cli("key", "rotate")
		found, _ = scan(s.roles()["signer"], patterns)
		left = {kid for kid, _ in found} & before
		equal(left, set(), "keys that no longer sign, still in memory")


tap.main()
