#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`ostiary token` and `ostiary key` on files: every reason to refuse, hostile lists, secrets that stay out of words."""
import base64
import hashlib
import hmac
import json
import os
import pty
import stat
import subprocess
import sys
import tempfile
import termios
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap  # noqa: E402
from tap import check, contains, equal, lacks, test  # noqa: E402

OK, FAILED, USAGE = range(3)
ROOT = os.environ.get("OSTIARY_ROOT", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
OSTIARY = os.path.join(os.environ.get("OSTIARY_BUILD", os.path.join(ROOT, "build")), "ostiary")
NOW = 1700000000
SECRET = bytes(range(32))
OCT = {"kty": "oct", "kid": "k", "k": base64.urlsafe_b64encode(SECRET).rstrip(b"=").decode()}
POLICY = ("--iss", "https://op.example", "--aud", "https://api.example", "--typ", "at+jwt", "--now", str(NOW))
GOOD = {"iss": "https://op.example", "aud": "https://api.example", "sub": "alice", "exp": NOW + 600, "iat": NOW, "jti": "1"}


def run(*words, stdin=b""):
	if isinstance(stdin, str):
		stdin = stdin.encode()
	done = subprocess.run([OSTIARY, *words], input=stdin, capture_output=True, timeout=60)
	done.out, done.err = done.stdout.decode(errors="replace"), done.stderr.decode()
	return done


def b64(data):
	return base64.urlsafe_b64encode(data if isinstance(data, bytes) else data.encode()).rstrip(b"=").decode()


def make(claims=GOOD, header=None, key=SECRET, raw=None, **more):
	"""A token under the secret. `raw` is the payload's text where it is not JSON of `claims`."""
	header = {"alg": "HS256", "kid": "k", "typ": "at+jwt"} if header is None else header
	text = b64(json.dumps(header)) + "." + b64(raw if raw is not None else json.dumps({**claims, **more}))
	return text + "." + b64(hmac.new(key, text.encode(), hashlib.sha256).digest())


class Keys:
	"""A folder with the secret's set, a private key and its public form."""

	def __enter__(self):
		self.folder = tempfile.TemporaryDirectory()
		self.oct = self.write("oct.jwks", json.dumps({"keys": [OCT]}))
		self.private = os.path.join(self.folder.name, "private.jwk")
		equal(run("key", "generate", "--out", self.private).returncode, OK, "generate")
		self.public_jwk = json.loads(run("key", "show", self.private, "--json").out)["jwk"]
		self.public = self.write("public.jwk", json.dumps(self.public_jwk))
		return self

	def __exit__(self, *_):
		self.folder.cleanup()

	def write(self, name, text):
		path = os.path.join(self.folder.name, name)
		with open(path, "w") as f:
			f.write(text)
		return path

	def sign(self, claims, *words):
		done = run("token", "sign", "--key", self.private, "--typ", "at+jwt", *words, stdin=json.dumps(claims))
		equal(done.returncode, OK, done.err)
		return done.out.strip()


def without(*names):
	return {n: v for n, v in GOOD.items() if n not in names}


def header(**more):
	return {"alg": "HS256", "kid": "k", "typ": "at+jwt", **more}


REASONS = [
	("accepted", make()),
	("malformed", "abc"), ("malformed", make() + "."), ("malformed", make() + "="), ("malformed", make() + " "), ("malformed", " " + make()),
	("malformed", make().replace(".", "..", 1)), ("malformed", "." * 1000), ("malformed", "x" * 20000), ("malformed", make() + "\r"),
	("malformed", make().split(".")[0] + "." + make().split(".")[1]), ("malformed", make() + "\0"), ("malformed", json.dumps({"payload": "x"})),
	("header", make(header=header(jwk={"kty": "oct"}))), ("header", make(header=header(jku="https://evil.example/"))),
	("header", make(header=header(x5u="https://169.254.169.254/"))), ("header", make(header=header(x5c=["x"]))),
	("header", make(header=header(b64=False))), ("header", make(header=header(kid="a\nb"))), ("header", make(header=header(kid=1))),
	("header", make(header=header(kid="x" * 300))), ("header", make(header=[])),
	("crit", make(header=header(crit=["exp"]))), ("crit", make(header=header(crit=[]))),
	("alg", make(header=header(alg="none"))), ("alg", make(header=header(alg="nOnE"))), ("alg", make(header=header(alg="hs256"))), ("alg", make(header=header(alg=None))),
	("alg", make(header=header(alg="HS512"))), ("alg", make(header=header(alg="XX999"))),
	("typ", make(header=header(typ="JWT"))), ("typ", make(header={"alg": "HS256", "kid": "k"})),
	("kid", make(header=header(kid="../../../../dev/null"))), ("kid", make(header=header(kid="' UNION SELECT 'k"))),
	("signature", make(key=b"x" * 32)), ("signature", make()[:-4] + "AAAA"),
	("signature", make().split(".")[0] + "." + b64(json.dumps({**GOOD, "sub": "root"})) + "." + make().split(".")[2]),
	("claims", make(raw="[]")), ("claims", make(raw='{"iss":1,"iss":1}')), ("claims", make(raw='{"a":1}x')), ("claims", make(raw="{}\0{}")),
	("claims", make(raw=b'{"a":"\xff"}')), ("size", make(raw="[" * 5000)), ("claims", make(raw='{"s\\u0075b":"x","sub":"y"}')),
	("iss", make(iss="https://evil.example")), ("iss", make(iss=["https://op.example"])), ("iss", make(without("iss"))), ("iss", make(iss="https://op.example/")),
	("sub", make(sub=7)), ("sub", make(sub="")),
	("aud", make(aud="https://other.example")), ("aud", make(without("aud"))), ("aud", make(aud=[])), ("aud", make(aud={"a": "https://api.example"})),
	("aud", make(aud=["https://api.example", 1])),
	("exp", make(exp=NOW)), ("exp", make(without("exp"))), ("exp", make(exp="4102444800")), ("exp", make(exp=None)), ("exp", make(exp=True)), ("exp", make(exp=-1)),
	("exp", make(raw=json.dumps(without("exp"))[:-1] + ',"exp":1e300}')),
	("nbf", make(nbf=NOW + 1)), ("nbf", make(nbf="1")), ("iat", make(iat=NOW + 1)), ("iat", make(iat="1")),
	# An identifier that cannot be used is none, where nothing asks for one.
	("accepted", make(jti=1)), ("accepted", make(jti="")), ("accepted", make(jti=None)), ("accepted", make(nbf=None)),
]


@test
def token_verify_every_reason_is_reached():
	with Keys() as k:
		lines = [t for _, t in REASONS]
		done = run("token", "verify", "--jwks", k.oct, *POLICY, "--json", stdin="\n".join(lines))
		equal(done.returncode, FAILED, "some are refused")
		answers = [json.loads(line) for line in done.out.splitlines()]
		equal(len(answers), len(lines), "one answer a line")
		for (reason, token), answer, number in zip(REASONS, answers, range(1, 1000)):
			equal(answer["line"], number, "the line's number")
			equal("accepted" if answer["accepted"] else answer["reason"], reason, token[:120])
		equal(answers[0]["claims"], GOOD, "the claims")
		plain = run("token", "verify", "--jwks", k.oct, *POLICY, stdin="\n".join(lines)).out.splitlines()
		equal([line.split()[1].rstrip(":") if line.startswith("refused ") else line.split()[0] for line in plain], [r for r, _ in REASONS], "for people")


@test
def token_verify_exit_status_is_0_only_if_all_are_accepted():
	with Keys() as k:
		words = ("token", "verify", "--jwks", k.oct, *POLICY)
		good = make()
		equal(run(*words, stdin=good + "\n").returncode, OK, "one")
		equal(run(*words, stdin=good).returncode, OK, "without a final newline")
		equal(run(*words, stdin=(good + "\n") * 3000).returncode, OK, "three thousand")
		equal(run(*words, stdin=(good + "\n") * 50 + "x\n" + (good + "\n") * 50).returncode, FAILED, "one of many refused")
		equal(run(*words, stdin=good + "\n\n").returncode, FAILED, "an empty line")
		equal(run(*words, stdin=good + "\r\n").returncode, FAILED, "a carriage return is no part of a token")
		done = run(*words, stdin="")
		equal((done.returncode, done.out), (FAILED, ""), "nothing to verify is no success")


@test
def token_verify_takes_hostile_lists():
	with Keys() as k:
		good = make().encode()
		lines = []
		for i in range(4000):
			lines.append((os.urandom(i % 200).replace(b"\n", b""), good, b"A" * (i * 37 % 90000), good[:i % len(good)], b"." * (i % 30))[i % 5])
		stdin = b"\n".join(lines)
		started = time.monotonic()
		done = run("token", "verify", "--jwks", k.oct, *POLICY, "--json", stdin=stdin)
		equal(done.returncode, FAILED, done.err)
		answers = [json.loads(line) for line in done.out.splitlines()]
		equal(len(answers), 4000, "one answer for each")
		equal(sum(a["accepted"] for a in answers), sum(line == good for line in lines), "only the good ones")
		check(time.monotonic() - started < 30, "in seconds")


@test
def token_verify_demands_only_what_is_asked_for():
	with Keys() as k:
		bare = make({"exp": NOW + 1}, header={"alg": "HS256"})
		words = ("token", "verify", "--jwks", k.oct, "--now", str(NOW))
		equal(run(*words, stdin=bare).returncode, OK, "only exp")
		for option, reason in (("--iss", "iss"), ("--aud", "aud"), ("--typ", "typ")):
			contains(run(*words, option, "x", stdin=bare).out, "refused " + reason + ":", option)
		contains(run(*words, stdin=make(iss=1)).out, "refused iss:", "but what is there must be well-formed")
		contains(run(*words, stdin=make(aud=[])).out, "refused aud:", "an empty list is for nobody")
		contains(run(*words, stdin=make({}, header={"alg": "HS256"})).out, "refused exp:", "exp is always demanded")
		contains(run("token", "verify", "--help").out, "these are not checked", "said in the help")


@test
def token_verify_secrets_and_public_keys_do_not_mix():
	with Keys() as k:
		mixed = k.write("mixed.jwks", json.dumps({"keys": [OCT, k.public_jwk, {"kty": "XX"}, {"kty": "RSA", "n": "AQAB", "e": "AQAB"}]}))
		words = ("token", "verify", "--jwks", mixed, "--now", str(NOW))
		signed = k.sign({**GOOD})
		equal(run(*words, stdin=signed).returncode, OK, "the public key of the set, unfit ones skipped")
		told = run(*words, stdin=signed).err.splitlines()
		equal([line.split(": ", 2)[2] for line in told],
			["key 2 is skipped: it is of no kind that is known here (kty, crv, or alg of AKP)", "key 3 is skipped: its modulus is not of 2048 to 8192 bits"],
			"each with its reason, and no word about the secret")
		contains(run(*words, stdin=make()).out, "refused alg:", "the secret beside it only where it is asked for")
		equal(run(*words, "--alg", "HS256", stdin=make()).returncode, OK, "asked for")
		contains(run(*words, "--alg", "HS256", stdin=signed).out, "refused alg:", "only what is asked for")
		# RFC 8725 2.1: the public key's text as a secret.
		for secret in (json.dumps(k.public_jwk), open(k.public).read(), k.public_jwk["x"], ""):
			forged = make(header={"alg": "HS256", "kid": k.public_jwk["kid"]}, key=secret.encode())
			equal(run(*words, "--alg", "HS256,ES256", stdin=forged).returncode, FAILED, "forged with a public key")


@test
def token_verify_refuses_key_files_that_are_none():
	with Keys() as k:
		for name, text in (("empty", ""), ("array", "[]"), ("no keys", '{"keys":[]}'), ("weak", json.dumps({"keys": [{**OCT, "k": "AA"}]})),
				("private", json.dumps({"keys": [k.public_jwk, json.load(open(k.private))]})), ("long", '{"keys":[' + " " * 300000 + "]}")):
			done = run("token", "verify", "--jwks", k.write("bad", text), stdin=make())
			equal((done.returncode, done.out), (FAILED, ""), name)
		contains(run("token", "verify", "--jwks", k.private, stdin=make()).err, f"ostiary key convert {k.private} --to jwk --public", "what to do with a private key")
		equal(run("token", "verify", "--jwks", k.folder.name + "/none", stdin=make()).returncode, FAILED, "no file")
		equal(run("token", "verify", stdin=make()).returncode, USAGE, "no --jwks")
		equal(run("token", "verify", "--jwks", k.oct, "--alg", "HS257", stdin=make()).returncode, USAGE, "no such algorithm")
		for now in ("x", "-1", "1e999", ""):
			equal(run("token", "verify", "--jwks", k.oct, "--now", now, stdin=make()).returncode, USAGE, "--now " + now)


@test
def token_output_moves_no_cursor():
	with Keys() as k:
		evil = {**GOOD, "x": "\u202e\u009b31m\u2028", "n\u007f": "\u200b", "t": "\U000e0041"}
		done = run("token", "verify", "--jwks", k.oct, *POLICY, stdin=make(raw=json.dumps(evil, ensure_ascii=False, indent=2)))
		equal(done.returncode, OK, done.out + done.err)
		equal(len(done.out.splitlines()), 1, "one line, however the token was written")
		for c in "\u202e\u009b\u2028\u007f\u200b\U000e0041":
			lacks(done.out, c, "a character that hides or turns text")
		equal(json.loads(done.out.split(" ", 1)[1]), evil, "the same JSON")
		shown = run("token", "inspect", stdin=make(raw=json.dumps(evil, ensure_ascii=False))).out
		for c in "\u202e\u009b\u2028\u007f\u200b\U000e0041":
			lacks(shown, c, "inspect")


@test
def token_inspect_explains():
	with Keys() as k:
		claims = {**GOOD, "exp": int(time.time()) + 90000}
		good = k.sign(claims)
		done = run("token", "inspect", "--jwks", k.public, stdin="  Bearer " + good + "\r\n")
		equal(done.returncode, OK, done.out)
		for text in ("an access token (RFC 9068)", "expires in 1 day", "accepted", "who issued it"):
			contains(done.out, text, "explained")
		contains(run("token", "inspect", stdin=good).out, "signature was not checked", "without keys")
		for reason, token, text in (("exp", k.sign({**GOOD, "exp": 1}), "years"), ("alg", make(header=header(alg="none")), "not signed at all"),
				("signature", good[:-8] + "AAAAAAAA", "does not hold"), ("nbf", k.sign({**claims, "nbf": int(time.time()) + 7200}), "nbf is in"),
				("header", make(header=header(jwk={})), "the token itself brought"), ("malformed", "what", "cannot be read")):
			done = run("token", "inspect", "--jwks", k.public, stdin=token)
			equal(done.returncode, FAILED, reason)
			contains(done.out, "for " + reason + ":", reason)
			contains(done.out, text, reason)
			answer = json.loads(run("token", "inspect", "--jwks", k.public, "--json", stdin=token).out)
			equal((answer["accepted"], answer["reason"]), (False, reason), "for scripts")
		jwe = b64('{"alg":"dir","enc":"A256GCM"}') + "..AA.AA.AA"
		contains(run("token", "inspect", stdin=jwe).out, "encrypted", "a JWE")
		equal(json.loads(run("token", "inspect", "--json", stdin=jwe).out)["kind"], "jwe", "its kind")


def sdjwt_example():
	"""RFC 9901 5.2, with a key binding."""
	with open(os.path.join(ROOT, "tests/vectors/sd_jwt.json")) as f:
		return json.load(f)[1]


def sdjwt_issuer(k):
	return k.write("issuer.jwk", json.dumps({"kty": "EC", "crv": "P-256", "x": "b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ",
		"y": "Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8"}))


@test
def token_verify_takes_sd_jwts():
	example = sdjwt_example()
	whole, parts = example["sd_jwt"], example["sd_jwt"].split("~")
	bare = "~".join([*parts[:-1], ""])
	binding = ("--aud", "https://verifier.example.org", "--nonce", "1234567890")
	with Keys() as k:
		jwks = sdjwt_issuer(k)

		def words(*more):
			given = {"--now": "1748361941", "--typ": "example+sd-jwt", "--iss": "https://issuer.example.com", **dict(zip(more[::2], more[1::2], strict=True))}
			return ("token", "verify", "--jwks", jwks, "--json", *(w for pair in given.items() for w in pair))

		for line, more, bound in ((whole, (), False), (bare, (), False), (whole, binding, True)):
			done = run(*words(*more), stdin=line)
			equal(done.returncode, OK, done.out + done.err)
			answer = json.loads(done.out)
			equal((answer["kind"], answer["alg"], answer["claims"], answer["key_binding"]), ("sd-jwt", "ES256", example["payload"], bound), "as the RFC has it")
			equal(sorted(answer["disclosed"]), ["/address", "/family_name", "/given_name", "/nationalities/0"], "where the disclosed claims stand")
		nothing = json.loads(run(*words(), stdin=parts[0] + "~").out)
		equal((nothing["disclosed"], "given_name" in nothing["claims"], "_sd" in nothing["claims"]), ([], False, False), "nothing disclosed")
		broken = parts[0][:-8] + "AAAAAAAA"
		for reason, line, more in (
			("binding", bare, binding), ("binding", whole, (*binding[:3], "1234567891")), ("binding", whole, ("--aud", "https://other.example", *binding[2:])),
			("binding", whole, (*binding, "--now", "1748362242")), ("binding", "~".join([parts[0], parts[1], parts[-1]]), binding), ("binding", parts[0], binding),
			("aud", whole, binding[:2]), ("signature", broken + "~", ()), ("disclosure", parts[0] + "~" + parts[1] + "~" + parts[1] + "~", ()),
			("disclosure", parts[0] + "~!~", ()), ("malformed", parts[0] + "~~", ()), ("malformed", "~", ()), ("typ", whole, ("--typ", "at+jwt")),
			("iss", whole, ("--iss", "https://evil.example")), ("exp", whole, ("--now", "1883000000")), ("alg", whole, ("--alg", "RS256")),
		):
			done = run(*words(*more), stdin=line)
			answer = json.loads(done.out)
			equal((done.returncode, answer["accepted"], answer["reason"]), (FAILED, False, reason), line[-60:])
			check("claims" not in answer, "none where it is refused")
		equal(run(*words(*binding[2:]), stdin=whole).returncode, USAGE, "a nonce for nobody")
		equal(run("token", "inspect", *binding, stdin=whole).returncode, USAGE, "a binding to a key that was not verified")
		done = run("token", "verify", "--jwks", jwks, "--now", "1748361941", stdin=whole + "\n" + broken + "~\n")
		check(done.out.splitlines()[0].startswith("accepted {"), done.out)
		contains(done.out.splitlines()[1], "refused signature", "for people")


@test
def token_verify_says_what_is_no_token_to_verify():
	jwe = b64('{"alg":"dir","enc":"A256GCM"}') + "..AA.AA.AA"
	rows = [
		(jwe, "jwe", "ostiary token decrypt"), ('{"protected":"","ciphertext":"","iv":"","tag":""}', "jwe", "ostiary token decrypt"),
		('{"payload":"","protected":"","signature":""}', "jws-json", "only the compact form"), ('{"signatures":[]}', "jws-json", "only the compact form"),
		(b64('{"alg":"dir"}') + "..AA.AA.AA", None, "three canonical"), ("!..AA.AA.AA", None, "three canonical"), (jwe + ".", None, "three canonical"),
		('{"payload":""', None, "three canonical"), ("{}", None, "three canonical"), ("[]", None, "three canonical"), ("", None, "three canonical"),
	]
	with Keys() as k:
		words, stdin = ("token", "verify", "--jwks", k.oct), "".join(line + "\n" for line, *_ in rows)
		done = run(*words, "--json", stdin=stdin)
		equal(done.returncode, FAILED, "none is one")
		for (line, kind, text), answer, plain in zip(rows, done.out.splitlines(), run(*words, stdin=stdin).out.splitlines(), strict=True):
			answer = json.loads(answer)
			equal((answer["accepted"], answer["reason"], answer.get("kind")), (False, "malformed", kind), line)
			contains(answer["text"], text, line)
			equal(plain, "refused malformed: " + answer["text"], "for people")


@test
def token_inspect_shows_disclosures():
	example = sdjwt_example()["sd_jwt"]
	with Keys() as k:
		words = ("token", "inspect", "--jwks", sdjwt_issuer(k), "--now", "1748361941")
		done = run(*words, stdin=example)
		equal(done.returncode, OK, done.out)
		for text in ("family_name", "Doe", "123 Main St", "(an element)", "key binding", "accepted"):
			contains(done.out, text, "shown")
		contains(done.out, "judged only with", "its key binding was not looked at")
		binding = ("--aud", "https://verifier.example.org", "--nonce")
		equal(run(*words, *binding, "1234567890", stdin=example).returncode, OK, "and with its nonce it is")
		contains(run(*words, *binding, "other", stdin=example).out, "for binding:", "another nonce")
		equal(json.loads(run(*words, "--json", stdin=example).out)["kind"], "sd-jwt", "its kind")
		parts = example.split("~")
		for reason, changed in (("disclosure", "~".join([parts[0], b64('["s","sub","root"]'), ""])), ("disclosure", "~".join([parts[0], parts[1], parts[1], ""])),
				("disclosure", parts[0] + "~!~"), ("malformed", parts[0] + "~~"), ("signature", "~".join([parts[0][:-8] + "AAAAAAAA", ""]))):
			contains(run(*words, stdin=changed).out, "for " + reason + ":", changed[-60:])


@test
def token_inspect_takes_a_long_paste_from_a_terminal():
	with Keys() as k:
		token = k.sign({**GOOD, "exp": int(time.time()) + 600, "long": "x" * 6000})
		main, side = pty.openpty()
		child = subprocess.Popen([OSTIARY, "token", "inspect", "--jwks", k.public], stdin=side, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
		os.close(side)
		contains(os.read(child.stderr.fileno(), 200).decode(), "Paste the token", "the prompt")
		check(not termios.tcgetattr(main)[3] & termios.ICANON, "who is asked can paste more than a terminal's line")
		data = token.encode() + b"\n"
		while data:
			data = data[os.write(main, data[:1024]):]
			os.read(main, 65536)  # its echo
		out = child.stdout.read().decode()
		equal(child.wait(30), OK, out)
		contains(out, "accepted", "more than a terminal's line holds")
		os.close(main)
		child.stdout.close()
		child.stderr.close()


@test
def token_sign_and_verify():
	with Keys() as k:
		token = k.sign({"sub": "a"}, "--lifetime", "5m")
		answer = json.loads(run("token", "verify", "--jwks", k.public, "--json", stdin=token).out)
		equal(answer["claims"]["exp"] - answer["claims"]["iat"], 300, "the lifetime")
		equal(json.loads(run("token", "verify", "--jwks", k.public, "--json", stdin=k.sign({}, "--lifetime", "30d")).out)["accepted"], True, "no claims of one's own")
		for words, stdin, reason in (
			(("--lifetime", "5m"), '{"exp":1}', "exp already"), (("--lifetime", "5"), "{}", "duration"), ((), "[]", "one JSON object"), ((), "{", "one JSON object"),
			(("--alg", "RS256"), "{}", "not one for"), (("--alg", "none"), "{}", "no such algorithm"), ((), '{"a":"' + "x" * 20000 + '"}', "16 KiB"),
		):
			done = run("token", "sign", "--key", k.private, *words, stdin=stdin)
			check(done.returncode in (FAILED, USAGE) and done.out == "", words)
			contains(done.err, reason, str(words))
		equal(run("token", "sign", "--key", k.public, stdin="{}").returncode, FAILED, "a public key")
		equal(run("token", "sign", "--key", "-", stdin="{}").returncode, USAGE, "the key on the claims' input")
		equal(run("token", "sign", stdin="{}").returncode, USAGE, "no key")


def encrypt(plain, header, key):
	"""With Debian's jwcrypto: another implementation than the one that decrypts."""
	from jwcrypto import jwe, jwk
	message = jwe.JWE(plain, json.dumps(header))
	message.allowed_algs = message.allowed_algs + ["PBES2-HS256+A128KW"] if message.allowed_algs else ["PBES2-HS256+A128KW", *jwe.default_allowed_algs]
	message.add_recipient(jwk.JWK(**key) if isinstance(key, dict) else key)
	return message.serialize(compact=True)


@test
def token_decrypt_gives_what_is_inside():
	from jwcrypto import jwk
	with Keys() as k:
		for kty, more, alg in (("EC", {"crv": "P-256"}, "ECDH-ES"), ("RSA", {"size": 2048}, "RSA-OAEP-256"), ("oct", {"size": 256}, "A256KW"), ("oct", {"size": 256}, "dir")):
			key = json.loads(jwk.JWK.generate(kty=kty, **more).export())
			path = k.write("enc.jwk", json.dumps(key))
			os.chmod(path, 0o600)
			message = encrypt(b"any\0bytes\xff", {"alg": alg, "enc": "A256GCM"}, key)
			done = run("token", "decrypt", "--key", path, stdin=message + "\n")
			equal((done.returncode, done.stdout), (OK, b"any\0bytes\xff"), alg + " " + done.err)
			answer = json.loads(run("token", "decrypt", "--key", path, "--json", stdin=encrypt(b"text", {"alg": alg, "enc": "A128CBC-HS256"}, key)).out)
			equal(answer, {"alg": alg, "enc": "A128CBC-HS256", "plaintext": "text"}, "for scripts")
			changed = message[:-6] + ("AAAAAA" if not message.endswith("AAAAAA") else "BBBBBB")
			other = json.loads(jwk.JWK.generate(kty=kty, **more).export())
			other_path = k.write("other.jwk", json.dumps(other))
			os.chmod(other_path, 0o600)
			for reason, words, stdin in (("decrypt", ("--key", path), changed), ("decrypt", ("--key", other_path), message),
					("alg", ("--key", path, "--alg", "PBES2-HS512+A256KW"), message), ("malformed", ("--key", path), "a.b.c.d"), ("malformed", ("--key", path), "")):
				done = run("token", "decrypt", *words, stdin=stdin)
				equal((done.returncode, done.out), (FAILED, ""), reason)
				contains(done.err, "refused, for " + reason + ":", alg)


@test
def token_encrypt_makes_what_token_decrypt_opens():
	with Keys() as k:
		for alg, options in (("RSA-OAEP-256", ()), ("RSA-OAEP", ()), ("ECDH-ES", ()), ("ECDH-ES+A256KW", ("--crv", "X25519")), ("A128KW", ()), ("A256KW", ()), ("A256GCMKW", ())):
			path = os.path.join(k.folder.name, alg)
			options += ("--bits", "2048") if alg.startswith("RSA") else ()
			equal(run("key", "generate", "--alg", alg, *options, "--out", path).returncode, OK, alg)
			public = path
			if not alg.startswith("A"):
				public = k.write(alg + ".pub", run("key", "convert", path, "--to", "jwk", "--public").out)
			for message in (b"text\n", b"\0\xff", b""):
				done = run("token", "encrypt", "--key", public, stdin=message)
				equal(done.returncode, OK, alg + done.err)
				header = json.loads(base64.urlsafe_b64decode(done.out.split(".")[0] + "=="))
				equal((header["alg"], header["enc"], "cty" in header), (alg, "A256GCM", False), alg)
				equal(run("token", "decrypt", "--key", path, stdin=done.out).stdout, message, alg)
		rsa = os.path.join(k.folder.name, "RSA-OAEP")
		# The key's word stands.
		for words, code in ((("--alg", "RSA-OAEP-256"), FAILED), (("--alg", "RS256"), USAGE), (("--enc", "A1GCM"), USAGE), (("--password-file", rsa), USAGE)):
			equal(run("token", "encrypt", "--key", rsa, *words, stdin="x").returncode, code, " ".join(words))
		equal(run("token", "encrypt", stdin="x").returncode, USAGE, "neither key nor password")
		equal(run("token", "encrypt", "--key", "-", stdin="x").returncode, USAGE, "standard input twice")
		equal(run("token", "encrypt", "--key", k.public, "--alg", "ECDH-ES", "--enc", "A128CBC-HS256", stdin="x").returncode, FAILED, "a key for signatures")
		# A signed token inside is said to be one, and has no newline.
		signed = k.sign(GOOD)
		done = run("token", "encrypt", "--key", rsa, "--enc", "A128CBC-HS256", "--typ", "note", stdin=signed + "\n")
		header = json.loads(base64.urlsafe_b64decode(done.out.split(".")[0] + "=="))
		equal((header["cty"], header["typ"], header["enc"]), ("JWT", "note", "A128CBC-HS256"), "its header")
		equal(run("token", "decrypt", "--key", rsa, stdin=done.out).out, signed, "a signed token inside")
		# What is shared lies in nobody's sight.
		shared = os.path.join(k.folder.name, "A128KW")
		os.chmod(shared, 0o644)
		contains(run("token", "encrypt", "--key", shared, stdin="x").err, "others may read it", "a shared key")
		os.chmod(shared, 0o600)
		password = k.write("password", "correct horse")
		os.chmod(password, 0o600)
		done = run("token", "encrypt", "--password-file", password, stdin="x")
		equal(run("token", "decrypt", "--password-file", password, stdin=done.out).out, "x", "a password")
		equal(run("token", "encrypt", "--password-file", password, "--alg", "dir", stdin="x").returncode, USAGE, "no password's")


@test
def token_decrypt_with_a_password():
	from jwcrypto import jwk
	with Keys() as k:
		path = k.write("password", "correct horse battery\n")
		os.chmod(path, 0o600)
		message = encrypt(b"text", {"alg": "PBES2-HS256+A128KW", "enc": "A128GCM"}, jwk.JWK.from_password("correct horse battery"))
		equal(run("token", "decrypt", "--password-file", path, stdin=message).out, "text", "its password")
		wrong = k.write("wrong", "another\n")
		os.chmod(wrong, 0o600)
		contains(run("token", "decrypt", "--password-file", wrong, stdin=message).err, "for decrypt:", "another password")
		os.chmod(path, 0o644)
		equal(run("token", "decrypt", "--password-file", path, stdin=message).returncode, FAILED, "a password that others may read")


@test
def token_decrypt_words():
	with Keys() as k:
		equal(run("token", "decrypt", stdin="x").returncode, USAGE, "no key")
		equal(run("token", "decrypt", "--key", "-", stdin="x").returncode, USAGE, "the key on the message's input")
		equal(run("token", "decrypt", "--key", k.private, "--alg", "RSA1_5", stdin="x").returncode, USAGE, "not offered")
		equal(run("token", "decrypt", "--key", k.public, stdin="x").returncode, FAILED, "a public key")


@test
def token_decrypt_then_verify_a_nested_token():
	from jwcrypto import jwk
	with Keys() as k:
		key = json.loads(jwk.JWK.generate(kty="EC", crv="P-256").export())
		path = k.write("enc.jwk", json.dumps(key))
		os.chmod(path, 0o600)
		message = encrypt(make().encode(), {"alg": "ECDH-ES+A128KW", "enc": "A256GCM", "cty": "JWT"}, key)
		inner = run("token", "decrypt", "--key", path, stdin=message)
		equal(run("token", "verify", "--jwks", k.oct, *POLICY, stdin=inner.stdout).returncode, OK, "the inner token")


@test
def keys_are_files_of_their_owner():
	with Keys() as k:
		equal(stat.S_IMODE(os.stat(k.private).st_mode), 0o600, "mode")
		equal(run("key", "generate", "--out", k.private).returncode, FAILED, "never over a file that exists")
		os.chmod(k.private, 0o640)
		done = run("token", "sign", "--key", k.private, stdin="{}")
		equal(done.returncode, FAILED, "readable by others")
		contains(done.err, "chmod 600", "says what to do")


@test
def key_show_and_thumbprint():
	with Keys() as k:
		private = json.load(open(k.private))
		for done in (run("key", "show", k.private), run("key", "show", k.private, "--json"), run("key", "show", stdin=json.dumps(private))):
			equal(done.returncode, OK, done.err)
			lacks(done.out, private["d"], "the private part")
		thumbprint = b64(hashlib.sha256(json.dumps({n: private[n] for n in ("crv", "kty", "x", "y")}, separators=(",", ":")).encode()).digest())
		equal(run("key", "thumbprint", k.public).out, thumbprint + "\n", "RFC 7638")
		equal(run("key", "thumbprint", "--uri", k.private).out, "urn:ietf:params:oauth:jwk-thumbprint:sha-256:" + thumbprint + "\n", "RFC 9278")
		equal(json.loads(run("key", "thumbprint", "--json", k.public).out)["thumbprint"], thumbprint, "for scripts")
		equal(run("key", "thumbprint", stdin="{}").returncode, FAILED, "no key")
		lacks(run("key", "show", "--json", stdin=json.dumps(OCT)).out, OCT["k"], "a secret")


@test
def key_show_moves_no_cursor():
	with Keys() as k:
		evil = "x\u202e\u2066\u200b\u2028y"
		text = json.dumps({**json.load(open(k.public)), "kid": evil}, ensure_ascii=False)
		for words in ((), ("--json",)):
			done = run("key", "show", *words, stdin=text)
			equal(done.returncode, OK, done.err)
			for c in evil[1:-1]:
				lacks(done.out, c, "a character that hides or turns text")
		equal(json.loads(done.out)["kid"], evil, "the same JSON")


@test
def key_generate_for_every_algorithm():
	for alg, kty in (("ES256", "EC"), ("ES384", "EC"), ("ES512", "EC"), ("Ed25519", "OKP"), ("HS256", "oct"), ("HS512", "oct"), ("PS256", "RSA"), ("RSA-OAEP-256", "RSA"), ("ECDH-ES+A128KW", "EC"),
			("A128KW", "oct"), ("A256GCM", "oct"), ("ES256K", "EC"), ("Ed448", "OKP")):
		words = ("--bits", "2048") if kty == "RSA" else ()
		jwk = json.loads(run("key", "generate", "--alg", alg, *words).out)
		equal((jwk["kty"], jwk["alg"]), (kty, alg), alg)
	for words in (("--alg", "none"), ("--bits", "1024", "--alg", "RS256"), ("--bits", "x"), ("--bits", "9000")):
		equal(run("key", "generate", *words).returncode, USAGE, str(words))


def openssl(*words, stdin=None):
	return subprocess.run(["openssl", *words], input=stdin, check=True, capture_output=True, timeout=60).stdout


@test
def key_convert_to_what_openssl_reads_and_back():
	with Keys() as k:
		for alg, words in (("ES256", ()), ("ES384", ()), ("ES512", ()), ("ES256K", ()), ("Ed25519", ()), ("Ed448", ()), ("RS256", ("--bits", "2048")), ("RSA-OAEP-256", ("--bits", "2048")),
				("ECDH-ES", ("--crv", "X25519"))):
			jwk = run("key", "generate", "--alg", alg, *words).stdout
			whole = json.loads(jwk)
			for form in ("pem", "der"):
				out = run("key", "convert", "--to", form, stdin=jwk)
				equal(out.returncode, OK, alg + " " + out.err)
				openssl("pkey", "-inform", form, "-noout", stdin=out.stdout)
				public = run("key", "convert", "--to", form, "--public", stdin=jwk)
				equal(public.stdout, openssl("pkey", "-inform", form, "-pubout", "-outform", form, stdin=out.stdout), alg + " as " + form)
				back = run("key", "convert", "--to", "jwk", "--alg", alg, "--use", whole["use"], stdin=out.stdout)
				equal(json.loads(back.out), whole, alg + " and back")
				half = json.loads(run("key", "convert", "--to", "jwk", "--alg", alg, "--use", whole["use"], stdin=public.stdout).out)
				equal({**whole, **half}, whole, "the public half")
				check("d" not in half, "without the private part")
		key_set = json.loads(run("key", "convert", "--to", "jwks", "--public", k.private).out)
		equal(key_set, {"keys": [k.public_jwk]}, "a set of one")


@test
def key_convert_encrypted_and_from_certificates():
	with Keys() as k:
		passphrase = k.write("pass", "a passphrase\n")
		os.chmod(passphrase, 0o600)
		other = k.write("other", "another one\n")
		os.chmod(other, 0o600)
		out = k.folder.name + "/key.pem"
		equal(run("key", "convert", k.private, "--to", "pem", "--new-passphrase-file", passphrase, "--out", out).returncode, OK, "encrypted")
		contains(open(out).read(), "ENCRYPTED PRIVATE KEY", "its label")
		openssl("pkey", "-in", out, "-passin", "file:" + passphrase, "-noout")
		equal(json.loads(run("key", "convert", out, "--to", "jwk", "--alg", "ES256", "--use", "sig", "--passphrase-file", passphrase).out), json.load(open(k.private)), "and back")
		for words in ((), ("--passphrase-file", other)):
			done = run("key", "convert", out, "--to", "jwk", *words)
			equal((done.returncode, done.out), (FAILED, ""), "without its passphrase")
		pem = run("key", "convert", k.private, "--to", "pem").stdout
		certificate = openssl("req", "-x509", "-key", "/dev/stdin", "-subj", "/CN=x", "-days", "1", stdin=pem)
		shown = json.loads(run("key", "show", "--json", stdin=certificate).out)
		equal((shown["private"], shown["jwk"]["x"]), (False, k.public_jwk["x"]), "of a certificate")
		for words in (("--to", "xml"), ()):
			equal(run("key", "convert", k.private, *words).returncode, USAGE, str(words))
		equal(run("key", "convert", "--to", "pem", stdin=json.dumps(OCT)).returncode, FAILED, "a shared secret")
		equal(run("key", "convert", "--to", "jwk", "--public", stdin=json.dumps(OCT)).returncode, FAILED, "has no public half")
		for bad in ("", "x", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", openssl("genrsa", "1024").decode()):
			equal(run("key", "convert", "--to", "jwk", stdin=bad).returncode, FAILED, bad[:30])


@test
def token_commands_take_pem():
	with Keys() as k:
		pem = k.write("key.pem", run("key", "convert", k.private, "--to", "pem").out)
		os.chmod(pem, 0o600)
		public = k.write("public.pem", run("key", "convert", k.private, "--to", "pem", "--public").out)
		token = run("token", "sign", "--key", pem, "--lifetime", "1h", stdin="{}").out
		equal(run("token", "verify", "--jwks", public, stdin=token).returncode, OK, "signed and verified")
		equal(run("token", "verify", "--jwks", k.private, stdin=token).returncode, FAILED, "a private JSON Web Key is no key to verify with")


@test
def completion_knows_the_commands():
	for shell in ("bash", "zsh", "fish"):
		for word in ("verify", "inspect", "sign", "generate", "thumbprint", "jwks"):
			contains(run("completion", shell).out, word, shell)


tap.main()
