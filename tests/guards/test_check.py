#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""./check itself: what it must call a failure, and that it leaves nothing running. Suites of its own in a folder of its own."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests/lib"))
sys.path.insert(0, os.path.join(ROOT, "tools"))
import check  # noqa: E402
import tap  # noqa: E402
from tap import contains, equal, poll, test  # noqa: E402

# Runs the suite `x` without building anything.
DRIVER = """
import os, signal, sys
sys.path.insert(0, {tools!r})
import check
check.ROOT = {root!r}
check.ARTEFACTS = os.path.join(check.ROOT, "artefacts")
check.SUITES = {{name: check.SUITES[like]._replace(suite="x") for name, like in (("x", "unit"), ("fuzz", "fuzz"))}}
check.set_up = lambda: None
check.build = lambda names: ([], 0.0)
check.run()
"""


SANITIZERS = {"ASAN_OPTIONS": "exitcode=99"}


class Place:
	"""A tree with one suite of Python programs."""

	def __enter__(self):
		self.root = tempfile.mkdtemp(prefix="ostiary-check-")
		self.rows = []
		os.makedirs(os.path.join(self.root, "build/meson-info"))
		return self

	def __exit__(self, *what):
		shutil.rmtree(self.root)

	def program(self, text, name="one"):
		path = os.path.join(self.root, f"test_{name}.py")
		with open(path, "w") as f:
			f.write(text)
		self.rows.append({"name": name, "suite": ["ostiary:x"], "cmd": [sys.executable, path], "env": SANITIZERS, "is_parallel": True})

	def start(self, seconds=60, *args, **more):
		"""As Meson would register the programs."""
		with open(os.path.join(self.root, "build/meson-info/intro-tests.json"), "w") as f:
			json.dump([row | {"timeout": seconds} for row in self.rows], f)
		env = {k: v for k, v in os.environ.items() if k != "CI"}
		env.update(more)
		return subprocess.Popen([sys.executable, "-B", "-c", DRIVER.format(tools=os.path.join(ROOT, "tools"), root=self.root), *(args or ("x",))],
			stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env)

	def run(self, text, seconds=60, **more):
		self.program(text)
		process = self.start(seconds, **more)
		out, _ = process.communicate(timeout=60)
		return process.returncode, out


def lives(pid):
	try:
		with open(f"/proc/{pid}/stat") as f:
			return f.read().rpartition(")")[2].split()[0] not in "ZX"
	except OSError:
		return False


def fails(text, word, **more):
	with Place() as p:
		status, out = p.run(text, **more)
		equal(status, 1, out)
		contains(out, word, "what it says")
		return out


@test
def what_passes_passes():
	with Place() as p:
		status, out = p.run("print('ok 1 - a\\nok 2 - b\\n1..2')")
		equal(status, 0, out)
		equal(out.rstrip().splitlines()[-1], "2 passed, 0 failed, 0 skipped", "the last line")
		contains(out, "x: 0.0 minutes", "each suite's minutes")


@test
def a_failed_test_is_shown_with_its_words():
	out = fails("print('# because\\nnot ok 1 - a\\nok 2 - b\\n1..2'); raise SystemExit(1)", "# because")
	equal(out.rstrip().splitlines()[-1], "1 passed, 1 failed, 0 skipped", "the last line")


@test
def a_program_that_ends_early_fails():
	fails("print('ok 1 - a\\n1..2')", "planned 2")
	fails("print('ok 1 - a')", "planned None")
	fails("print('1..0')", "ran no test")
	fails("print('ok 1 - a\\n1..1'); raise SystemExit(3)", "exit status 3")


@test
def a_program_that_hangs_fails():
	fails("import time; print('ok 1 - a', flush=True); time.sleep(600)", "stopped after 1 s", seconds=1)


@test
def nothing_is_skipped_in_ci():
	skips = "print('ok 1 - a\\nok 2 - b # SKIP no reason\\n1..2')"
	with Place() as p:
		status, out = p.run(skips)
		equal(status, 0, out)
		contains(out, "1 passed, 0 failed, 1 skipped", "the count")
	fails(skips, "nothing may be skipped", CI="true")


@test
def every_test_is_listed_without_the_suites_own_build():
	with Place() as p:
		p.program("print('a b')")
		for suite in ("x", "fuzz"):
			out, _ = p.start(60, "--list", suite).communicate(timeout=60)
			equal(out, f"{suite}/one:a\n{suite}/one:b\n", "the list")


@test
def no_test_is_no_success():
	with Place() as p:
		process = p.start()
		out, _ = process.communicate(timeout=60)
		equal(process.returncode, 1, out)


@test
def whoever_a_sanitizer_spoke_of_it_is_heard():
	"""A leak in a process whose output and status nobody looks at."""
	with Place() as p:
		with open(os.path.join(p.root, "leak.c"), "w") as f:
			f.write("#include <stdlib.h>\nint main(void)\n{\n\tvoid *volatile p = malloc(77);\n\tp = 0;\n\treturn p != 0;\n}\n")
		subprocess.run(["gcc", "-g", "-fsanitize=address", "-o", os.path.join(p.root, "leak"), os.path.join(p.root, "leak.c")], check=True)
		hidden = f"import subprocess; subprocess.run([{os.path.join(p.root, 'leak')!r}], stderr=subprocess.DEVNULL)\nprint('ok 1 - a\\n1..1')"
		status, out = p.run(hidden)
		equal(status, 1, out)
		contains(out, "77 byte(s) leaked", "the report")
		status, out = p.run("print('ok 1 - a\\n1..1')")
		equal(status, 0, "yesterday's report is not today's: " + out)


@test
def what_outlives_a_suite_fails_and_is_ended():
	with Place() as p:
		status, out = p.run("import subprocess; q = subprocess.Popen(['/bin/sleep', '600'], start_new_session=True)\n"
			"open('pid', 'w').write(str(q.pid)); print('ok 1 - a\\n1..1')")
		equal(status, 1, out)
		contains(out, "left running: /bin/sleep 600", "what it says")
		with open(os.path.join(p.root, "pid")) as f:
			poll(lambda pid=int(f.read()): not lives(pid), "the process is gone")


def interrupted(how):
	with Place() as p:
		for name in "abc":
			p.program(f"import subprocess, time; q = subprocess.Popen(['/bin/sleep', '600'], start_new_session=True)\n"
				f"open('{name}.tmp', 'w').write(str(q.pid)); import os; os.rename('{name}.tmp', '{name}.pid'); time.sleep(600)", name)
		process = p.start()
		def pids():
			found = [os.path.join(p.root, n) for n in os.listdir(p.root) if n.endswith(".pid")]
			return [int(open(f).read()) for f in found]
		poll(lambda: len(pids()) == 2, "two programs run", 30)
		process.send_signal(how)
		out, _ = process.communicate(timeout=30)
		tap.check(process.returncode not in (0, 1), f"status {process.returncode}: {out}")
		equal(len(pids()), 2, "no program was begun after it")
		for pid in pids():
			poll(lambda: not lives(pid), "nothing is left running")


@test
def interrupted_it_leaves_nothing_running():
	interrupted(signal.SIGINT)


@test
def terminated_it_leaves_nothing_running():
	interrupted(signal.SIGTERM)


@test
def tap_lines_are_read_as_they_stand():
	result = check.Result("x/y")
	check.read_tap(result, "# one\nok 1 - a # 1.2 s\nnoise\nnot ok 2 - b\nok 3 - c # SKIP why\n1..3\n", 1)
	equal((result.passed, result.failed, result.skipped), (1, 1, 1), "counts")
	equal(result.trouble, ["not ok x/y:b", "    noise", "skipped x/y:c # SKIP why"], "what is shown")


tap.main()
