#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs one libFuzzer target as two tests in TAP: its kept regressions and corpus first, then FUZZ_SECONDS of new inputs.

usage: fuzz.py EXECUTABLE [--list | TEST…]
EXECUTABLE is fuzz_NAME or, of a build without libFuzzer, replay_NAME, which does the first test alone.
The corpus of fuzz_NAME is fuzz/corpus/NAME/ in the tree (small seeds and named regressions); what a run finds goes to
build/artefacts/fuzz/NAME/. A planted overflow (fuzz_planted) must be found: there a crash is what passes.
"""
import os
import shutil
import subprocess
import sys
import tempfile

SECONDS = int(os.environ.get("FUZZ_SECONDS", "60"))


def run(argv):
	return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)


def seeds(name):
	root = os.environ.get("OSTIARY_ROOT") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
	return root, os.path.join(root, "fuzz", "corpus", name)


def regressions(exe, name):
	_, folder = seeds(name)
	files = [os.path.join(folder, f) for f in sorted(os.listdir(folder))] if os.path.isdir(folder) else []
	replays = os.path.basename(exe).startswith("replay_")
	done = run([exe] + ([] if replays else ["-runs=1"]) + files)
	return done.returncode == 0, done.stdout


def explore(exe, name):
	root, folder = seeds(name)
	found = os.path.join(os.environ.get("OSTIARY_ARTEFACTS") or os.path.join(root, "build/artefacts"), "fuzz", name)
	os.makedirs(found, exist_ok=True)
	planted = name == "planted"
	seconds = SECONDS * (10 if os.environ.get("OSTIARY_LONG") == "1" else 1)
	with tempfile.TemporaryDirectory() as work:
		folders = [work] + ([folder] if os.path.isdir(folder) else [])
		done = run([exe, f"-max_total_time={seconds}", "-max_len=4096", "-rss_limit_mb=2048", "-timeout=10", "-print_final_stats=1",
			f"-artifact_prefix={found}/", "-verbosity=1"] + folders)
	if planted:
		shutil.rmtree(found, ignore_errors=True)
	return (done.returncode != 0) == planted, done.stdout


TESTS = {"regressions": regressions, "explore": explore}


def main():
	# Meson names what it builds by a path in the folder of the build.
	exe, names = os.path.join(os.environ.get("OSTIARY_BUILD", ""), sys.argv[1]), sys.argv[2:]
	target = os.path.basename(exe).removeprefix("fuzz_").removeprefix("replay_")
	replays = os.path.basename(exe).startswith("replay_")
	tests = [t for t in TESTS if not (target == "planted" and t == "regressions")]
	if names == ["--list"]:
		print("\n".join(tests))
		return 0
	bad = 0
	wanted = [t for t in tests if not names or t in names]
	for number, test in enumerate(wanted, 1):
		if replays and test == "explore":
			print(f"ok {number} - {test} # SKIP this build has no libFuzzer", flush=True)
			continue
		good, output = TESTS[test](exe, target)
		if not good:
			print("\n".join("# " + line for line in output.decode(errors="replace").splitlines()[-40:]))
		print(f"{'ok' if good else 'not ok'} {number} - {test}", flush=True)
		bad += not good
	print(f"1..{len(wanted)}")
	return 1 if bad or not wanted else 0


if __name__ == "__main__":
	sys.exit(main())
