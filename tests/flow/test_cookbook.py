#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The programs of examples/cookbook do what they say: each is run and held to its output."""
import glob
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap  # noqa: E402
from keyserver import BUILD, ISSUER, ROOT, Server, World  # noqa: E402
from tap import contains, equal, test  # noqa: E402

COOKBOOK = os.path.join(BUILD, "examples/cookbook")


def run(name, *words, stdin=""):
	done = subprocess.run([os.path.join(COOKBOOK, "cookbook_" + name), *words], input=stdin, capture_output=True, text=True, timeout=60)
	equal(done.returncode, 0, name + ": " + done.stderr)
	return done.stdout.splitlines()


@test
def cookbook_sdjwt():
	equal(run("sdjwt"), ["over 18: yes", "name shown: no", "another nonce: binding", "without binding: binding"], "its output")


@test
def cookbook_encrypt():
	equal(run("encrypt"), ["meet me at noon", "changed: decrypt"], "its output")


@test
def cookbook_sign_token():
	equal(run("sign_token"), ["now: ok", "in ten minutes: exp", "changed: refused"], "its output")


@test
def cookbook_rotate_keys():
	equal(run("rotate_keys"), ["before: old ok", "after: old ok, new ok", "later: old kid, new ok"], "its output")


@test
def cookbook_nested():
	equal(run("nested"), ["from the issuer, about alice", "ok", "another signer: kid"], "its output")


@test
def cookbook_verify_bearer():
	world = World()
	keys = world.path("keys.json")
	with open(keys, "w") as f:
		f.write(world.jwks("a"))

	def bearer(token):
		return "Authorization: Bearer " + token
	issuer, audience = "https://id.example.com", "https://api.example.com"
	lines = [bearer(world.token("a", iss=issuer, aud=audience, scope="orders:read orders:write")), bearer(world.token("a", iss=issuer, aud=audience, scope="other")),
		bearer(world.token("b", iss=issuer, aud=audience)), bearer(world.token("a", iss=ISSUER, aud=audience)), bearer(world.token("a", iss=issuer, aud="x")), "Cookie: x",
		bearer("x.y.z")]
	equal(run("verify_bearer", keys, stdin="\n".join(lines) + "\n"), ["200 orders of a", '403 Bearer error="insufficient_scope", scope="orders:read"',
		'401 Bearer error="invalid_token" (kid)', '401 Bearer error="invalid_token" (iss)', '401 Bearer error="invalid_token" (aud)', "401 Bearer",
		'401 Bearer error="invalid_token" (malformed)'], "its output")


@test
def cookbook_remote_backend():
	world = World()
	audience = "https://api.example.com"
	with Server((200, {}, world.jwks("a")), world.good) as s:
		lines = [world.token("a", aud=audience), world.token("b", aud=audience), world.token("a", aud="x")]
		equal(run("remote_backend", ISSUER, s.url, world.ca, stdin="\n".join(lines)), ["200 a", "401 kid", "401 aud"], "its output")
	with Server((500, {}, ""), world.good) as s:
		equal(run("remote_backend", ISSUER, s.url, world.ca, stdin=lines[0]), ["503 unavailable"], "without keys")


@test
def cookbook_replay_store():
	equal(run("replay_store"), ["first: ok", "again: replay", "another: ok", "no room: unavailable", "later: ok"], "its output")


@test
def cookbook_keycloak_token():
	world = World()
	keys = world.path("keys.json")
	with open(keys, "w") as f:
		f.write(world.jwks("a"))
	good = dict(typ="JWT", iss="https://keycloak.example.com/realms/shop", aud=["account", "orders-api"], azp="shop",
		realm_access={"roles": ["offline_access", "customer"]}, resource_access={"shop": {"roles": ["buyer", "seller"]}, "a/b": {"roles": ["x"]}})
	tokens = [world.token("a", **good), world.token("a", **dict(good, realm_access={"roles": ["staff"]})), world.token("a", **dict(good, nonce="n")),
		world.token("a", **dict(good, aud="account")), world.token("a", **{k: v for k, v in good.items() if k != "azp"}),
		world.token("a", **{k: v for k, v in good.items() if k != "realm_access"})]
	equal(run("keycloak_token", keys, stdin="\n".join(tokens) + "\n"), ["200 a shop:buyer shop:seller", "403 not a customer", "401 typ", "401 aud", "401 required",
		"403 not a customer"], "its output")


@test
def cookbook_cpp_service():
	program = os.path.join(COOKBOOK, "cookbook_cpp_service")
	libraries = os.path.join(BUILD, "src/libostiary")
	more = ["-fsanitize=address,undefined"] if "asan" in BUILD else []
	done = subprocess.run(["g++", "-std=c++17", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I", os.path.join(ROOT, "include"), *more,
		os.path.join(ROOT, "examples/cookbook/cpp_service.cc"), "-L", libraries, "-lostiary", "-Wl,-rpath," + libraries, "-o", program],
		capture_output=True, text=True)
	equal(done.stderr, "", "it compiles")
	equal(run("cpp_service"), ['Alice "Al" Example', "exp"], "its output")


@test
def cookbook_every_program_is_run():
	text = open(os.path.abspath(__file__)).read()
	programs = [os.path.basename(p).split(".")[0] for p in glob.glob(os.path.join(ROOT, "examples/cookbook/*.c*"))]
	equal(len(programs) >= 10, True, "programs")
	for name in programs:
		contains(text, f'run("{name}"', "a test runs it")


tap.main()
