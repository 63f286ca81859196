#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The installed headers before a compiler: each alone, in C and C++, without a warning; and what they must not let pass."""
import glob
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap  # noqa: E402
from tap import check, equal, test  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COMPILERS = {"C": ["gcc", "-std=c11", "-Wall", "-x", "c"], "C++": ["g++", "-std=c++11", "-Wall", "-x", "c++"]}
PEDANTIC = ["-Wextra", "-Wpedantic", "-Werror"]


def compile(language, source, *more):
	"""What the compiler says of a unit; empty where it has nothing to say."""
	argv = [*COMPILERS[language], *more, "-fsyntax-only", "-I", os.path.join(ROOT, "include"), "-"]
	done = subprocess.run(argv, input="#include <ostiary/ostiary.h>\n" + source, capture_output=True, text=True)
	return done.stderr


@test
def each_header_alone():
	names = [os.path.basename(path) for path in glob.glob(os.path.join(ROOT, "include/ostiary/*.h"))]
	check(len(names) >= 8, "headers")
	for language, argv in COMPILERS.items():
		for name in names:
			done = subprocess.run([*argv, *PEDANTIC, "-fsyntax-only", "-I", os.path.join(ROOT, "include"), "-"], capture_output=True, text=True,
				input=f"#include <ostiary/{name}>\nint x;\n")
			equal(done.stderr, "", f"{name} in {language}")


GOOD = """
	struct ostiary_policy p = {sizeof p};
	struct ostiary_jwe_policy e = {sizeof e};
	p.algorithms = OSTIARY_ES256;
	p.algorithms.rs256 = 1;
	e.algorithms = OSTIARY_RSA_OAEP;
	e.encryptions = OSTIARY_A128GCM;
"""
# Each is one use too many of GOOD's kinds.
MIXED = [
	"p.algorithms = OSTIARY_RSA_OAEP;", "p.algorithms = OSTIARY_A128GCM;", "e.algorithms = OSTIARY_HS256;", "e.algorithms = OSTIARY_A128GCM;",
	"e.encryptions = OSTIARY_A128KW;", "e.encryptions = OSTIARY_HS256;", "p.algorithms.rsa_oaep = 1;", "e.encryptions.a128kw = 1;",
	"p.algorithms = 1;", "e.algorithms = 1u;", "p.algorithms = e.algorithms;", "e.encryptions = e.algorithms;",
	"(void)ostiary_sign(NULL, OSTIARY_DIR, NULL, NULL, NULL);", "(void)(OSTIARY_HS256 | OSTIARY_DIR);",
]


@test
def algorithms_of_another_use_do_not_compile():
	for language in COMPILERS:
		equal(compile(language, "void f(void);\nvoid f(void)\n{" + GOOD + "(void)p; (void)e;\n}\n"), "", f"the good ones in {language}")
		for line in MIXED:
			said = compile(language, "void f(void);\nvoid f(void)\n{" + GOOD + line + "\n(void)p; (void)e;\n}\n")
			check("error:" in said, f"{language} takes {line}")


@test
def const_objects_are_enough_to_read():
	source = """bool f(const struct ostiary_claims *c, const struct ostiary_jws *s, const struct ostiary_jwe *e);
		bool f(const struct ostiary_claims *c, const struct ostiary_jws *s, const struct ostiary_jwe *e)
		{
			return ostiary_claims_sub(c) && ostiary_claims_has_role(c, "a") && ostiary_jws_text(s, 0, "a") && ostiary_jws_header(s, 0)
				&& ostiary_jwe_header(e, "a") && ostiary_jwe_plaintext(e, NULL);
		}"""
	for language in COMPILERS:
		equal(compile(language, source, "-Werror"), "", language)


@test
def the_version_is_the_builds():
	header = open(os.path.join(ROOT, "include/ostiary/result.h")).read()
	numbers = [re.search(rf"#define OSTIARY_VERSION_{part} (\d+)", header)[1] for part in ("MAJOR", "MINOR", "PATCH")]
	project = re.search(r"\n  version: '([^']*)'", open(os.path.join(ROOT, "meson.build")).read())[1]
	equal(".".join(numbers), project, "OSTIARY_VERSION_* and the project's version")


tap.main()
