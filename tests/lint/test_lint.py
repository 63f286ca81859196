#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What reads the code instead of running it: clang-tidy with the checks of .clang-tidy, and GCC's own analyzer."""
import json
import os
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests/lib"))
import tap  # noqa: E402
from tap import check, test  # noqa: E402

OURS = ("src/", "nginx/", "examples/")

# What GCC 12 cannot see, and so reports where nothing is wrong; clang's analyzer looks for the same, and the sanitizers do.
LEFT_OUT = [
	# A slice's pointer may be NULL only where its length is 0: it takes the two apart.
	"-Wno-analyzer-null-dereference", "-Wno-analyzer-null-argument",
	# Out-parameters are written only on success, and of a result from another file it does not know that it is none.
	"-Wno-analyzer-use-of-uninitialized-value",
	# What is kept in a table by a computed index is lost to it.
	"-Wno-analyzer-malloc-leak",
]


def commands(folder):
	"""[(path in the tree, compile command)] of our own files, each once."""
	with open(os.path.join(ROOT, folder, "compile_commands.json")) as f:
		rows = json.load(f)
	found = {}
	for row in rows:
		path = os.path.relpath(os.path.join(row["directory"], row["file"]), ROOT)
		if path.startswith(OURS) and path.endswith(".c"):
			found.setdefault(path, (row["directory"], shlex.split(row["command"])))
	return sorted(found.items())


def run(argv, folder):
	done = subprocess.run(argv, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
		env=dict(os.environ, CCACHE_DISABLE="1"))
	return done.returncode, done.stdout


def over_all(rows, what):
	"""Runs what(row) for each, a core each, and fails with every warning that one of them gave."""
	check(len(rows) > 150, f"{len(rows)} files")
	with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
		answers = list(pool.map(what, rows))
	said = []
	for (path, _), (status, text) in zip(rows, answers):
		lines = [line for line in text.splitlines() if re.search(r"\b(warning|error):", line)]
		if lines or status:
			said += lines or [f"{path}: status {status}: {text[-500:]}"]
	for line in sorted(set(said)):
		tap.note(line.replace(ROOT + "/", ""))
	check(not said, f"{len(set(said))} warnings")


@test
def clang_tidy():
	over_all(commands("build/clang"), lambda row: run(["clang-tidy-14", "-p", os.path.join(ROOT, "build/clang"), "--quiet",
		os.path.join(ROOT, row[0])], ROOT))


@test
def gcc_analyzer():
	def analyze(row):
		folder, argv = row[1]
		plain = [a for a in argv if a not in ("-Werror", "ccache", "-MD") and not a.endswith(".d")]
		plain = [a for i, a in enumerate(plain) if a not in ("-MQ", "-MF") and (i == 0 or plain[i - 1] != "-MQ")]
		plain[plain.index("-o") + 1] = "/dev/null"
		return run(plain + ["-fanalyzer", *LEFT_OUT], folder)
	over_all(commands("build"), analyze)


@test
def both_find_what_is_planted():
	"""A suite whose tools say nothing whatever they read would pass for ever."""
	planted = os.path.join(ROOT, "build/lint-planted.c")
	with open(planted, "w") as f:
		f.write("/* SPDX-License-Identifier: Apache-2.0 */\n#include <stdlib.h>\nint main(int argc, char **argv)\n{\n\tchar *p = malloc(4);\n"
			"\t(void)argv;\n\tif (p == NULL)\n\t\treturn 1;\n\tfree(p);\n\tif (argc > 2)\n\t\tfree(p);\n\treturn 0;\n}\n")
	try:
		_, text = run(["gcc", "-fanalyzer", *LEFT_OUT, "-c", "-o", "/dev/null", planted], ROOT)
		tap.contains(text, "-Wanalyzer-double-free", "GCC's analyzer")
		_, text = run(["clang-tidy-14", "--quiet", "--config-file", os.path.join(ROOT, ".clang-tidy"), planted, "--"], ROOT)
		tap.contains(text, "Attempt to free released memory", "clang-tidy")
	finally:
		os.unlink(planted)


tap.main()
