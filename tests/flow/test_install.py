#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What `meson install` puts down for programs outside the tree: headers, library, pkg-config, pages. C and C++ use them."""
import glob
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap  # noqa: E402
from tap import check, contains, equal, test  # noqa: E402

ROOT = os.environ.get("OSTIARY_ROOT", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.path.join(ROOT, "build")  # what is installed is never the sanitized build
HEADERS = sorted(os.path.basename(p) for p in glob.glob(os.path.join(ROOT, "include/ostiary/*.h")))

PROGRAM = r"""
#include <ostiary/ostiary.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
	static const char text[] = "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"k\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}]}";
	static const char token[] = "TOKEN";
	const char *audiences[] = {"https://api.example", NULL}, *types[] = {"at+jwt", NULL};
	struct ostiary_policy policy;
	struct ostiary_jwks *keys = NULL;
	struct ostiary_claims *claims = NULL;
	struct ostiary_jwks_options options;
	memset(&policy, 0, sizeof policy);
	memset(&options, 0, sizeof options);
	options.size = sizeof options;
	options.wanted = OSTIARY_JWK_SYMMETRIC;
	policy.size = sizeof policy;
	policy.algorithms = OSTIARY_HS256;
	policy.issuer = "https://op.example";
	policy.audiences = audiences;
	policy.types = types;
	if (ostiary_jwks_read(text, strlen(text), &options, &keys) != OSTIARY_OK)
		return 1;
	enum ostiary_result result = ostiary_verify(token, strlen(token), keys, &policy, 1700000000, &claims);
	printf("%s %s\n", ostiary_result_name(result), claims == NULL ? "-" : ostiary_claims_sub(claims));
	ostiary_claims_free(claims);
	ostiary_jwks_free(keys);
	return 0;
}
"""


def run(argv, **more):
	done = subprocess.run(argv, capture_output=True, text=True, timeout=300, **more)
	equal(done.returncode, 0, f"{' '.join(argv[:6])}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
	return done.stdout


class Installed:
	"""The tree installed below a folder, as a distribution's packages are made."""

	def __enter__(self):
		self.folder = tempfile.TemporaryDirectory()
		self.root = os.path.join(self.folder.name, "root")
		run(["meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", self.root])
		pc = glob.glob(self.root + "/**/ostiary.pc", recursive=True)
		equal(len(pc), 1, "one ostiary.pc")
		self.pkg = {**os.environ, "PKG_CONFIG_LIBDIR": os.path.dirname(pc[0]), "PKG_CONFIG_SYSROOT_DIR": self.root}
		self.lib = glob.glob(self.root + "/**/libostiary.so", recursive=True)[0]
		return self

	def __exit__(self, *_):
		self.folder.cleanup()

	def flags(self):
		return run(["pkg-config", "--cflags", "--libs", "ostiary"], env=self.pkg).split()

	def compile(self, compiler, suffix, source):
		path = os.path.join(self.folder.name, "program" + suffix)
		with open(path, "w") as f:
			f.write(source)
		out = os.path.join(self.folder.name, "program")
		run([*compiler, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-o", out, path, *self.flags()])
		return out


def token():
	import base64
	import hashlib
	import hmac
	import json

	def b64(data):
		return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
	claims = {"iss": "https://op.example", "aud": "https://api.example", "sub": "alice", "exp": 1700000600}
	text = b64(json.dumps({"alg": "HS256", "typ": "at+jwt", "kid": "k"}).encode()) + "." + b64(json.dumps(claims).encode())
	return text + "." + b64(hmac.new(bytes(range(32)), text.encode(), hashlib.sha256).digest())


@test
def install_a_program_outside_the_tree_links_and_runs():
	with Installed() as i:
		env = {**os.environ, "LD_LIBRARY_PATH": os.path.dirname(i.lib)}
		for compiler, suffix in ((["gcc", "-std=c99"], ".c"), (["gcc", "-std=c11"], ".c"), (["g++", "-std=c++11"], ".cpp"), (["g++", "-std=c++20"], ".cpp")):
			program = i.compile(compiler, suffix, PROGRAM.replace("TOKEN", token()))
			equal(run([program], env=env), "ok alice\n", " ".join(compiler))


@test
def install_every_header_stands_alone_in_c_and_cpp():
	with Installed() as i:
		equal(sorted(os.path.basename(p) for p in glob.glob(i.root + "/**/include/ostiary/*.h", recursive=True)), HEADERS, "the headers of the tree, all of them")
		for header in HEADERS:
			source = f"#include <ostiary/{header}>\n#include <ostiary/{header}>\nint main(void) {{ return 0; }}\n"
			i.compile(["gcc", "-std=c99", "-Wstrict-prototypes"], ".c", source)
			i.compile(["g++", "-std=c++11"], ".cpp", source)
		umbrella = open(os.path.join(ROOT, "include/ostiary/ostiary.h")).read()
		for header in HEADERS:
			if header != "ostiary.h":
				contains(umbrella, f"#include <ostiary/{header}>", "ostiary.h includes it")


def declared():
	names = set()
	for header in HEADERS:
		text = open(os.path.join(ROOT, "include/ostiary", header)).read()
		names |= set(re.findall(r"^OSTIARY_(?:API|CHECKED)\s[^;(]*?(\w+)\(", text, re.M))
	return names


@test
def install_exports_are_those_of_the_headers():
	with Installed() as i:
		out = run(["nm", "-D", "--defined-only", i.lib])
		exported = {line.split()[-1].split("@")[0] for line in out.splitlines() if line.split()[-2] != "A"}
		equal(exported, declared(), "exported and declared")
		check(len(exported) > 20, "many of them")
		contains(out, "@@OSTIARY_1", "under a version")


@test
def install_every_function_has_its_page():
	with Installed() as i:
		pages = {os.path.basename(p): open(p).read() for p in glob.glob(i.root + "/**/man3/*.3", recursive=True)}
		text = "".join(pages.values())
		for name in declared():
			contains(text, f".Fo {name}\n", "a page for " + name)
		for header in HEADERS:
			page = "libostiary.3" if header == "ostiary.h" else "ostiary_" + header.replace(".h", ".3")
			check(page in pages, page + " is installed")
			if header != "ostiary.h":
				contains(pages["libostiary.3"], ".Xr " + page[:-2] + " 3", "the overview names it")
		for name, page in pages.items():
			done = subprocess.run(["mandoc", "-Tlint", "-Wwarning"], input=page, capture_output=True, text=True, timeout=60)
			equal(done.stdout, "", name)


tap.main()
