#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Key sets, key files and tokens of the field, as they stand in cases/: what the command line makes of each."""
import base64
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import tap  # noqa: E402
from tap import check, contains, equal, test  # noqa: E402

OSTIARY = os.path.join(os.environ.get("OSTIARY_BUILD", os.path.join(HERE, "..", "..", "build")), "ostiary")
OK, FAILED, USAGE = range(3)


def case(name):
	return os.path.join(HERE, "cases", name)


def text(name):
	with open(case(name)) as f:
		return f.read()


def run(*words, stdin=""):
	return subprocess.run([OSTIARY, *words], input=stdin, capture_output=True, text=True, timeout=60)


# file, further options, exit status, what is said on standard error
SETS = [
	("14-15-one.jwks", (), OK, ""),
	("12-leading-zero-n.jwks", (), OK, 'key 0, kid "k", is kept: its n or e begins with a zero octet'),
	("13-key_ops-empty.jwks", (), OK, 'key 0, kid "k", is kept: its key_ops is empty'),
	("11-pub.pem", (), OK, ""),
	("11-pub.pem", ("--kid", "k"), OK, ""),
	("11-pub.pem", ("--kid", "other"), FAILED, ""),
	("14-15-one.jwks", ("--kid", "k"), OK, ""),
	("14-15-one.jwks", ("--kid", "other"), FAILED, "no key in it that verifies and has the kid that --kid names"),
	("04-keycloak-like.jwks", (), FAILED, 'key 1, kid "enc-1", is skipped: it is for encryption'),
]


@test
def key_sets_verify_or_say_why_not():
	token = text("15-300-groups.jwt")
	for name, options, code, said in SETS:
		done = run("token", "verify", "--jwks", case(name), "--alg", "RS256", *options, stdin=token)
		equal(done.returncode, code, f"{name} {options}: {done.stdout[:100]}{done.stderr}")
		check((said in done.stderr) if said else (done.stderr == ""), f"{name}: {done.stderr}")


@test
def a_set_that_is_too_large_is_called_so():
	good = json.loads(text("14-15-one.jwks"))["keys"][0]
	with tempfile.TemporaryDirectory() as folder:
		path = os.path.join(folder, "keys.jwks")
		for what, keys in (("65 keys", [good] * 65), ("300 KB", [{**good, "x": "y" * 300000}]), ("9,000 values", [{**good, "x": [1] * 9000}])):
			with open(path, "w") as f:
				json.dump({"keys": keys}, f)
			for words in (("token", "verify"), ("token", "inspect")):
				done = run(*words, "--jwks", path, "--alg", "RS256", stdin=text("15-300-groups.jwt")) if words[1] == "verify" else \
					run(*words, "--jwks", path, stdin=text("15-300-groups.jwt"))
				equal(done.returncode, FAILED, f"{what}: {done.stdout[:100]}{done.stderr}")
				contains(done.stderr, "keys.jwks: the key set is too large: it holds more than 64 keys, or is larger than 256 KiB", what)
			if what != "65 keys":
				done = run("client", "add", "x", "--jwks", path)
				contains(done.stderr, "is too large: over 48 KiB, 1,000 values or 16 levels", what)


@test
def a_token_of_300_groups_verifies():
	done = run("token", "verify", "--jwks", case("14-15-one.jwks"), "--alg", "RS256", "--json", stdin=text("15-300-groups.jwt"))
	equal(len(json.loads(done.stdout)["claims"]["groups"]), 300, done.stderr)


@test
def a_token_beyond_all_bounds_is_called_too_large():
	payload = base64.urlsafe_b64encode(json.dumps({"x": "y" * 40000}).encode()).decode().rstrip("=")
	done = run("token", "verify", "--jwks", case("14-15-one.jwks"), "--alg", "RS256", stdin="eyJhbGciOiJSUzI1NiJ9." + payload + ".AA")
	equal(done.returncode, FAILED, "refused")
	contains(done.stdout, "refused size: the token is too large: over 32 KiB", "with the limit")


@test
def an_address_beside_a_known_kid_is_passed_over_by_policy_alone():
	words = ("token", "verify", "--jwks", case("14-15-one.jwks"), "--alg", "RS256")
	done = run(*words, stdin=text("14-jku-in-header.jwt"))
	equal(done.returncode, FAILED, "refused")
	contains(done.stdout, "refused header: the token's header points to keys (jku)", "the member is named")
	equal(run(*words, "--ignore-header-urls", stdin=text("14-jku-in-header.jwt")).returncode, OK, "by policy")
	done = run("token", "inspect", "--json", stdin=text("14-jku-in-header.jwt"))
	contains(done.stdout, "(jku)", "inspect names it too")
	check("jku" not in run("token", "inspect", "--ignore-header-urls", stdin=text("14-jku-in-header.jwt")).stdout.split("verdict")[1], "by policy")


# file, passphrase, exit status, what is said
FILES = [
	("10-bag.pem", None, OK, '"kty":"RSA"'),
	("10-cert_text.pem", None, OK, '"kty":"RSA"'),
	("10-ec_params.pem", None, OK, '"crv":"P-256"'),
	("11-pub.pem", None, OK, '"kty":"RSA"'),
	("10-p8enc_scrypt.pem", None, FAILED, "encrypted, and --passphrase-file FILE does not open it"),
	("10-p8enc_scrypt.pem", "wrong", FAILED, "encrypted, and --passphrase-file FILE does not open it"),
	("10-pkcs1_enc.pem", None, FAILED, "encrypted in the old way of PEM (Proc-Type: 4,ENCRYPTED)"),
	("10-pkcs1_enc.pem", "any", FAILED, "openssl pkcs8 -topk8"),
]


@test
def key_files_are_read_or_say_what_they_are():
	with tempfile.TemporaryDirectory() as folder:
		for name, passphrase, code, said in FILES:
			options = ()
			if passphrase is not None:
				path = os.path.join(folder, "passphrase")
				with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
					f.write(passphrase)
				options = ("--passphrase-file", path)
			done = run("key", "show", case(name), "--json", *options)
			equal(done.returncode, code, f"{name}: {done.stderr}")
			contains(done.stdout + done.stderr, said, name)


@test
def clocks_that_differ_are_forgiven_only_so_far():
	words = ("token", "verify", "--jwks", case("14-15-one.jwks"), "--alg", "RS256", "--ignore-header-urls", "--now", "4102444810")
	token = text("14-jku-in-header.jwt")
	contains(run(*words, stdin=token).stdout, "refused exp:", "ten seconds late")
	equal(run(*words, "--leeway", "11s", stdin=token).returncode, OK, "forgiven")
	contains(run(*words, "--leeway", "10s", stdin=token).stdout, "refused exp:", "a second too late")
	for wrong in ("301s", "1500ms", "x", "-1s", "6m"):
		equal(run(*words, "--leeway", wrong, stdin=token).returncode, USAGE, wrong)
	equal(run("token", "inspect", "--kid", "k", stdin=token).returncode, USAGE, "--kid without --jwks")


tap.main()
