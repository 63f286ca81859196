#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Programs that were built against the last release go on with today's library, or today's has another soname and CHANGELOG.md
names it. abidiff compares what both export, by their debug information and the installed headers."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tap  # noqa: E402
from release import ROOT, releases, run  # noqa: E402
from tap import check, equal, test  # noqa: E402

NOW = os.environ.get("OSTIARY_BUILD") or os.path.join(ROOT, "build")
LIBRARY = "src/libostiary/libostiary.so"
# abidiff's exit status is a set of bits.
ERROR, USAGE, INCOMPATIBLE = 1, 2, 8


def soname(library):
	done = subprocess.run(["readelf", "-d", library], capture_output=True, text=True, check=True)
	return re.search(r"SONAME.*\[(.*)\]", done.stdout)[1]


def broken(before, now, *more):
	"""What programs built against `before` cannot do with `now`; empty where there is nothing."""
	done = subprocess.run(["abidiff", *more, before, now], capture_output=True, text=True)
	check(not done.returncode & (ERROR | USAGE), done.stderr)
	return done.stdout or "incompatible" if done.returncode & INCOMPATIBLE else ""


def judge(before, now, changelog, *more):
	"""What is wrong with the library of now; empty where nothing is."""
	if soname(before) == soname(now):
		return broken(before, now, *more)
	return "" if f"`{soname(now)}`" in changelog else f"CHANGELOG.md does not say `{soname(now)}`"


@test
def the_library_keeps_its_abi_or_has_another_soname():
	release = releases()[-1]
	if not os.path.exists(os.path.join(release.tree, "meson.build")):
		release.unpack()
	if not os.path.exists(os.path.join(release.build, "build.ninja")):
		run(["meson", "setup", release.build, release.tree], release.tree)
	# The link is there from the set-up on; ninja knows the file that it leads to.
	target = os.path.relpath(os.path.realpath(os.path.join(release.build, LIBRARY)), os.path.realpath(release.build))
	run(["ninja", "-C", release.build, target], release.tree)
	with open(os.path.join(ROOT, "CHANGELOG.md")) as f:
		changelog = f.read()
	equal(judge(os.path.join(release.build, LIBRARY), os.path.join(NOW, LIBRARY), changelog, "--headers-dir1",
		os.path.join(release.tree, "include/ostiary"), "--headers-dir2", os.path.join(ROOT, "include/ostiary")), "", f"since {release.name}")


def library(folder, name, source, soname="libx.so.1"):
	path = os.path.join(folder, name)
	subprocess.run(["gcc", "-g", "-shared", "-fPIC", "-Wl,-soname," + soname, "-x", "c", "-", "-o", path], input=source, text=True, check=True)
	return path


@test
def a_break_is_seen():
	with tempfile.TemporaryDirectory() as folder:
		first = library(folder, "first.so", "int a(int x) { return x; }\nint b(void) { return 1; }\n")
		same = library(folder, "same.so", "int a(int x) { return x; }\nint b(void) { return 1; }\nint c(void) { return 2; }\n")
		gone = library(folder, "gone.so", "int a(int x) { return x; }\n")
		wider = library(folder, "wider.so", "int a(long x) { return (int)x; }\nint b(void) { return 1; }\n")
		other = library(folder, "other.so", "int a(int x) { return x; }\n", "libx.so.2")
		equal(judge(first, same, ""), "", "a function more")
		check("b" in judge(first, gone, ""), "a function that is gone")
		check("a" in judge(first, other, ""), "another soname that no word is said of")
		equal(judge(first, other, "it is `libx.so.2` now"), "", "another soname")
		check(broken(first, wider) or subprocess.run(["abidiff", first, wider], capture_output=True).returncode != 0, "a parameter's type")


tap.main()
