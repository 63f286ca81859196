#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Each guard over the tree, and each guard over a tree with a violation planted, where it must speak."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools"))
import guard  # noqa: E402
import tap  # noqa: E402

tree = guard.read_tree()


def over_the_tree(fn):
	def run():
		found = list(fn(tree))
		tap.note(" ".join(fn.__doc__.split()))
		tap.check(not found, "\n".join(found))
	run.__name__ = fn.__name__
	return run


def over_a_plant(fn):
	def run():
		clean, found = list(fn(tree)), list(fn(guard.planted(tree, fn)))
		tap.check(len(found) > len(clean), "the planted violation was not found")
	run.__name__ = f"{fn.__name__}_fires"
	return run


# The last commit before the rule.
SUBJECTS_SINCE, SUBJECT_MAX = "c61489c36ff652d3886ae10fcb52f203ee3c655d", 72


def git(*words):
	return subprocess.run(["git", "-C", guard.ROOT, *words], capture_output=True, text=True)


def not_in_history(files):
	"""Commits that these files ({path: text}) name and HEAD does not descend from."""
	shallow = git("rev-parse", "--is-shallow-repository").stdout.strip() == "true"
	for path, number, line in guard.lines(files, *files):
		for commit in [] if line.startswith("#") else re.findall(r"\b[0-9a-f]{40}\b", line):
			if git("merge-base", "--is-ancestor", commit, "HEAD").returncode:
				yield f"{path}:{number}: {commit} is not in the history" + (
					" of this shallow clone: `git fetch --unshallow` brings it" if shallow else "")


@tap.test
def commits_that_are_named():
	"""A release or a revision to ignore that the history does not hold: the upgrade tests and `git blame` stop at it."""
	named = {path: tree.get(path, "") for path in ("RELEASES", ".git-blame-ignore-revs")}
	tap.check("0.1.0 " in named["RELEASES"], "RELEASES names no release")
	found = list(not_in_history({**named, "SUBJECTS_SINCE": SUBJECTS_SINCE}))
	tap.check(not found, "\n".join(found))


@tap.test
def commits_that_are_named_fires():
	found = list(not_in_history({"RELEASES": "# " + "1" * 40 + "\n9.9.9 " + "1" * 40 + "\n"}))
	tap.check(len(found) == 1 and found[0].startswith("RELEASES:2: "), f"found: {found}")


def too_long(log):
	return [f"{line[:12]}: {len(line) - 13} characters, at most {SUBJECT_MAX}: {line[13:]}" for line in log.splitlines()
		if len(line) - 13 > SUBJECT_MAX]


@tap.test
def commit_subjects():
	"""A subject that a list of commits cuts off. A shallow clone shows those that it has."""
	known = git("cat-file", "-e", SUBJECTS_SINCE + "^{commit}").returncode == 0
	log = git("log", "--no-merges", "--abbrev=12", "--format=%h %s", f"{SUBJECTS_SINCE}..HEAD" if known else "-1")
	tap.equal(log.returncode, 0, log.stderr)
	tap.check(not too_long(log.stdout), "\n".join(too_long(log.stdout)))


@tap.test
def commit_subjects_fires():
	tap.equal(len(too_long("0123456789ab " + "x" * 73 + "\n0123456789ab " + "x" * 72 + "\n")), 1, "subjects found too long")


def compiled(folder, source):
	"""What the compiler says of a unit of that folder of src/."""
	build = os.path.join(os.environ.get("OSTIARY_BUILD") or os.path.join(guard.ROOT, "build"), "src")
	return subprocess.run(["gcc", "-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
		"-I", os.path.join(build, "may_include", folder), "-I", os.path.join(build, "web/pages"), "-x", "c", "-"],
		input=source, capture_output=True, text=True)


@tap.test
def the_build_gives_a_folder_its_own_include_path():
	"""Compiles a unit of src/base that includes oauth: nothing of it may be found there, and all of it from src/oauth."""
	def compiles(folder, header="oauth/op.h"):
		return compiled(folder, f'#include "{header}"\n')
	tap.equal(compiles("oauth").returncode, 0, compiles("oauth").stderr)
	tap.check("oauth/op.h: No such file" in compiles("base").stderr, "src/base finds oauth/op.h")
	tap.equal(compiles("jose_jws", "jose/jwt/jwt.h").returncode, 0, compiles("jose_jws", "jose/jwt/jwt.h").stderr)
	tap.check("jwt.h: No such file" in compiles("jose_jwk", "jose/jwt/jwt.h").stderr, "src/jose/jwk finds jose/jwt/jwt.h")


@tap.test
def a_page_is_given_each_of_its_fields_once():
	"""A handler that forgets a field, misnames one or gives one twice: the page would lack it, and nobody would know."""
	def shows(*fields):
		return compiled("oauth", '#include "message/reply.h"\nvoid f(struct reply *r);\nvoid f(struct reply *r)\n{\n'
			f"REPLY_SHOW(r, signed_out, {', '.join(f'.{name} = SLICE_NONE' for name in fields)});\n}}\n").stderr
	tap.equal(shows("return_uri", "tenant_name"), "", "all of them")
	tap.contains(shows("tenant_name"), "not every field is given", "one is missing")
	tap.contains(shows("return_url", "tenant_name"), "no member named", "one is misnamed")
	tap.contains(shows("tenant_name", "tenant_name"), "overwritten", "one twice")
	tap.contains(shows("return_uri", "tenant_name", "csrf"), "no member named", "one too many")


for one in guard.GUARDS.values():
	tap.test(over_the_tree(one))
	tap.test(over_a_plant(one))

tap.main()
