#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""usage: ./check [--build | --list | --fuzz | --long] [NAME…]

Sets up, builds and runs the tests. Without a name: all of them but the long ones.
  NAME      a suite (unit), a program of it (unit/base) or one test (unit/base:json_refuses_a_duplicate_member)
  --build   only set up and build
  --list    list the tests, one name a line, those of long suites too
  --fuzz    run the fuzz suite alone: FUZZ_SECONDS (120) for each target, where all suites together give it 15 minutes
  --long    run the long ones too, and others for longer
  --help    this text
The last line is "N passed, N failed, N skipped"; the exit status is 0 only if something passed and nothing failed.
With CI set in the environment a skipped test is a failure. Logs and screenshots go to build/artefacts/.
"""
import concurrent.futures
import ctypes
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from suites import SUITES, VARIANTS  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ARTEFACTS = os.path.join(ROOT, "build", "artefacts")
PR_SET_CHILD_SUBREAPER = 36
FUZZ_SECONDS_IN_ALL = 900
JOBS = 2  # programs at a time, where Meson says that they may run side by side
SANITIZERS = ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS")


class Result:
	"""What one program said: counts, the lines of failed tests with their diagnostics, seconds."""

	def __init__(self, name):
		self.name = name
		self.passed = self.failed = self.skipped = 0
		self.trouble = []
		self.seconds = 0.0

	def fail(self, *lines):
		self.failed += 1
		self.trouble += lines

	def count(self):
		return self.passed + self.failed + self.skipped


def colour(code, text):
	return f"\033[{code}m{text}\033[0m" if sys.stdout.isatty() else text


_print_lock = threading.Lock()


def say(text=""):
	with _print_lock:
		print(("\r\033[K" if sys.stdout.isatty() else "") + text, flush=True)


def show(text):
	"""Where things stand, on a terminal, until the next line is said."""
	if sys.stdout.isatty():
		with _print_lock:
			print("\r\033[K" + text[:shutil.get_terminal_size().columns - 1], end="", flush=True)


def clock(start):
	seconds = int(time.monotonic() - start)
	return f"{seconds // 60}:{seconds % 60:02}"


# --- programs ---------------------------------------------------------------------------------------------------

def programs(suite_name, variant=None):
	"""The programs of a suite as Meson registers them (tests/meson.build): {name: its row}. Compiled ones first. `variant`: of
	another build."""
	suite = SUITES[suite_name]
	with open(os.path.join(ROOT, VARIANTS[variant or suite.variant].folder, "meson-info/intro-tests.json"), encoding="utf-8") as f:
		rows = [row for row in json.load(f) if row["suite"][0].rpartition(":")[2] == suite.suite]
	return {row["name"]: row for row in sorted(rows, key=lambda row: (len(row["cmd"]), row["name"]))}


def reports_of(suite_name, name):
	"""What sanitizers say goes to a file for each process, whoever started it: no process can hide what it did wrong."""
	return os.path.join(ARTEFACTS, "sanitizers", f"{suite_name}-{name}")


def environment(suite_name, row, long):
	env = {k: v for k, v in os.environ.items() if not k.startswith("OSTIARY_")}
	said = {k: v for k, v in env.items() if k in SANITIZERS}  # who set them by hand wants to see something
	env.update(row["env"])
	env.update(said)
	for option in SANITIZERS:
		if option in env and option != "LSAN_OPTIONS" and suite_name != "fuzz":
			env[option] += ":log_exe_name=1:log_path=" + reports_of(suite_name, row["name"])
	if long:
		env["OSTIARY_LONG"] = "1"
	return env


def list_tests(suite_name, row):
	run = subprocess.run(row["cmd"] + ["--list"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
		stdin=subprocess.DEVNULL, env=environment(suite_name, row, False), timeout=60, cwd=ROOT)
	if run.returncode:
		raise SystemExit(f"check: {suite_name}/{row['name']} --list failed:\n{run.stdout}")
	return run.stdout.split()


def read_tap(result, text, status):
	"""Counts the TAP lines; diagnostics ("#" and anything else) belong to the test line that follows them."""
	pending, planned = [], None
	for line in text.splitlines():
		match = re.match(r"(not )?ok\b\s*\d*\s*-?\s*([^#]*?)\s*(#\s*SKIP.*|#.*)?$", line)
		if match:
			bad, name, remark = match.groups()
			if bad:
				result.fail(f"not ok {result.name}:{name}", *("    " + p for p in pending))
			elif remark and re.match(r"#\s*SKIP", remark, re.I):
				result.skipped += 1
				result.trouble.append(f"skipped {result.name}:{name} {remark}")
			else:
				result.passed += 1
			pending = []
		elif re.match(r"1\.\.\d+$", line):
			planned = int(line[3:])
		else:
			pending.append(line)
	tail = ["    " + p for p in pending[-60:]]
	if planned is None or planned != result.count():
		result.fail(f"not ok {result.name}: ended after {result.count()} tests, planned {planned}, status {status}", *tail)
	elif status and not result.failed:
		result.fail(f"not ok {result.name}: exit status {status}", *tail)
	elif not planned:
		result.fail(f"not ok {result.name}: ran no test", *tail)


_running = set()  # processes whose sessions are ours to end


def kill_session(process):
	try:
		os.killpg(process.pid, signal.SIGKILL)
	except ProcessLookupError:
		pass


def old_reports(suite_name, name):
	return sorted(glob.glob(glob.escape(reports_of(suite_name, name)) + ".*"))


def read_reports(result, suite_name, name):
	for path in old_reports(suite_name, name):
		with open(path, encoding="utf-8", errors="replace") as f:
			lines = f.read().splitlines()
		result.fail(f"not ok {result.name}: a sanitizer spoke: {os.path.relpath(path, ROOT)}", *("    " + line for line in lines[:60]))


def run_program(suite_name, row, tests, long):
	name = row["name"]
	result = Result(f"{suite_name}/{name}")
	log = os.path.join(ARTEFACTS, "logs", f"{suite_name}-{name}.tap")
	for path in (log, reports_of(suite_name, name)):
		os.makedirs(os.path.dirname(path), exist_ok=True)
	for path in old_reports(suite_name, name):
		os.unlink(path)
	start = time.monotonic()
	seconds = row["timeout"] * (4 if long else 1)
	with open(log, "wb") as out:
		process = subprocess.Popen(row["cmd"] + tests, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
			env=environment(suite_name, row, long), start_new_session=True, cwd=ROOT)
		_running.add(process)
		try:
			status = process.wait(timeout=seconds)
		except subprocess.TimeoutExpired:
			process.terminate()
			try:
				process.wait(timeout=10)
			except subprocess.TimeoutExpired:
				pass
			status = f"stopped after {seconds} s"
		finally:
			kill_session(process)
			process.wait()
			_running.discard(process)
	result.seconds = time.monotonic() - start
	with open(log, encoding="utf-8", errors="replace") as text:
		read_tap(result, text.read(), status)
	read_reports(result, suite_name, name)
	return result


# --- builds -----------------------------------------------------------------------------------------------------

def last_line(path):
	with open(path, "rb") as f:
		f.seek(max(0, os.path.getsize(path) - 300))
		return f.read().decode(errors="replace").rstrip("\n").rpartition("\n")[2]


def run_logged(argv, log, env=None):
	start = time.monotonic()
	with open(log, "ab") as out:
		process = subprocess.Popen(argv, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=ROOT, env=env,
			start_new_session=True)
	_running.add(process)
	while True:
		try:
			status = process.wait(timeout=1)
			_running.discard(process)
			return status
		except subprocess.TimeoutExpired:
			show(f"  {clock(start)} {os.path.basename(log)[:-4]} {last_line(log)}")


def build_variant(name):
	"""Configures and builds; a compiler warning fails it."""
	result = Result(f"build/{name}")
	variant = VARIANTS[name]
	folder = os.path.join(ROOT, variant.folder)
	log = os.path.join(ARTEFACTS, "logs", f"build-{name}.log")
	os.makedirs(os.path.dirname(log), exist_ok=True)
	open(log, "w").close()
	start = time.monotonic()
	status = 0
	if not os.path.exists(os.path.join(folder, "build.ninja")):
		env = dict(os.environ, CC=variant.cc)
		status = run_logged(["meson", "setup", folder, ROOT, "-Dwerror=true"] + variant.options, log, env)
	if not status:
		status = run_logged(["ninja", "-C", folder], log)
	if not status and name == "asan":
		status = run_logged([os.path.join(ROOT, "tools/build-nginx-asan")], log)
	result.seconds = time.monotonic() - start
	with open(log, encoding="utf-8", errors="replace") as text:
		lines = text.read().splitlines()
	warned = [i for i, line in enumerate(lines) if re.search(r"\b(warning|error):|FAILED:", line)]
	if status or any("warning:" in lines[i] for i in warned):
		shown = sorted({j for i in warned[:20] for j in range(i, min(i + 6, len(lines)))})
		result.fail(f"not ok {result.name}", *("    " + lines[j] for j in shown or range(max(0, len(lines) - 20), len(lines))))
	else:
		result.passed += 1
	return result


# --- the run ----------------------------------------------------------------------------------------------------

def children():
	"""Processes whose parent is this one: what a test left behind comes to us, the subreaper."""
	me, found = os.getpid(), []
	for pid in filter(str.isdigit, os.listdir("/proc")):
		try:
			with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as f:
				text = f.read()
			fields = text[text.rindex(")") + 2:].split()
			if int(fields[1]) == me and fields[0] != "Z":
				with open(f"/proc/{pid}/cmdline", "rb") as f:
					found.append((int(pid), f.read().replace(b"\0", b" ").decode(errors="replace").strip()))
		except (OSError, ValueError):
			continue
	return found


def collect():
	"""Waits for what has ended already."""
	try:
		while os.waitpid(-1, os.WNOHANG)[0] != 0:
			pass
	except ChildProcessError:
		pass


def reap_leftovers(result, patience=3):
	"""Nothing may outlive its suite: names what does, kills it, and counts it as a failure. What these leave comes to us next."""
	end = time.monotonic() + patience
	while children() and time.monotonic() < end:
		time.sleep(0.05)
	named, end = set(), time.monotonic() + 10
	while (left := children()) and time.monotonic() < end:
		for pid, command in left:
			if pid not in named:
				named.add(pid)
				result.fail(f"not ok {result.name}: left running: {command[:200]}")
			try:
				os.kill(pid, signal.SIGKILL)
			except ProcessLookupError:
				pass
		time.sleep(0.02)
	collect()


def report(result):
	word = colour("31", "FAIL") if result.failed else colour("32", "ok")
	say(f"  {word} {result.name}  {result.passed} passed" + (f", {result.failed} failed" if result.failed else "")
		+ (f", {result.skipped} skipped" if result.skipped else "") + f"  {result.seconds:.1f} s")
	for line in result.trouble:
		say("    " + line)


def run_suite(suite_name, wanted, long):
	"""Runs the wanted programs of a suite ({program: [tests]}, empty list: all) and returns their results."""
	say(colour("1", f"suite {suite_name}"))
	start, results = time.monotonic(), []
	found = programs(suite_name)
	if suite_name == "fuzz":
		os.environ.setdefault("FUZZ_SECONDS", str(FUZZ_SECONDS_IN_ALL * JOBS // len(found)))
	pool = concurrent.futures.ThreadPoolExecutor(JOBS if all(found[name]["is_parallel"] for name in wanted) else 1)
	try:
		jobs = {pool.submit(run_program, suite_name, found[name], tests, long): name for name, tests in wanted.items()}
		while jobs:
			done, _ = concurrent.futures.wait(jobs, timeout=1, return_when=concurrent.futures.FIRST_COMPLETED)
			for job in done:
				del jobs[job]
				results.append(job.result())
				report(results[-1])
			at_work = ", ".join(name for job, name in jobs.items() if job.running())
			show(f"  {clock(start)} {len(results)} of {len(wanted)} done; running: {at_work}")
	finally:
		# Where we were interrupted: what has not begun never does.
		pool.shutdown(wait=False, cancel_futures=True)
	after = Result(suite_name)
	reap_leftovers(after)
	if after.failed:
		report(after)
		results.append(after)
	minutes = (time.monotonic() - start) / 60
	say(f"  {suite_name}: {minutes:.1f} minutes")
	return results, minutes


def build(names):
	say(colour("1", "build"))
	start, results = time.monotonic(), []
	for name in names:
		results.append(build_variant(name))
		report(results[-1])
	minutes = (time.monotonic() - start) / 60
	say(f"  build: {minutes:.1f} minutes")
	return results, minutes


def choose(names, long):
	"""Turns the names of the command line into {suite: {program: [tests]}}; None as tests means all."""
	chosen = {}
	for name in names or [suite for suite in SUITES if long or not SUITES[suite].long]:
		suite, _, rest = name.partition("/")
		program, _, one = rest.partition(":")
		if suite not in SUITES:
			raise SystemExit(f"check: no suite named {suite} (suites: {' '.join(SUITES)})")
		chosen.setdefault(suite, {})
		if program:
			chosen[suite].setdefault(program.removeprefix("test_"), []).extend([one] if one else [])
		else:
			chosen[suite]["*"] = []
	return chosen


def expand(suite, chosen, found):
	if "*" in chosen:
		return {name: [] for name in found}
	for name in chosen:
		if name not in found:
			raise SystemExit(f"check: no program {suite}/{name} (there: {' '.join(found)})")
	return chosen


def list_all(chosen):
	"""A sanitizer's build has the same tests as the plain one, which is there already."""
	signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `--list | head` ends quietly
	for suite in chosen:
		found = programs(suite, "gcc")
		for name, only in expand(suite, chosen[suite], found).items():
			for test in only or list_tests(suite, found[name]):
				print(f"{suite}/{name}:{test}")


def set_up():
	if subprocess.run([os.path.join(ROOT, "tools/setup"), "build", "run", "test"], stdin=subprocess.DEVNULL).returncode:
		raise SystemExit("check: tools/setup failed")


def finish(results, minutes):
	say()
	for suite, spent in minutes.items():
		say(f"{suite:14} {spent:5.1f} minutes")
	passed = sum(r.passed for r in results)
	failed = sum(r.failed for r in results)
	skipped = sum(r.skipped for r in results)
	say(f"{'all':14} {sum(minutes.values()):5.1f} minutes")
	for result in results:
		if result.failed or result.skipped:
			say("\n".join(line for line in result.trouble if not line.startswith("    ")))
	strict = os.environ.get("CI") and skipped
	if strict:
		say(f"in CI nothing may be skipped: {skipped} skipped")
	say(f"{passed} passed, {failed} failed, {skipped} skipped")
	return 1 if failed or strict or not passed else 0


def main():
	args = sys.argv[1:]
	if "--help" in args or "-h" in args:
		print(__doc__.strip())
		return 0
	flags = {a for a in args if a.startswith("-")}
	if flags - {"--build", "--list", "--fuzz", "--long"}:
		print(__doc__.strip(), file=sys.stderr)
		return 2
	ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
	# A shell that starts us in the background has us ignore it, and our programs after us.
	signal.signal(signal.SIGINT, signal.default_int_handler)
	names = [a for a in args if not a.startswith("-")] + (["fuzz"] if "--fuzz" in flags else [])
	if "--fuzz" in flags:
		os.environ.setdefault("FUZZ_SECONDS", "120")
	chosen = choose(names, bool(flags & {"--long", "--list"}))
	os.makedirs(ARTEFACTS, exist_ok=True)
	if "--list" in flags:
		sys.stdout, listing = sys.stderr, sys.stdout
	set_up()
	variants = [v for v in VARIANTS if v == "gcc" or any(SUITES[suite].variant == v for suite in chosen)]
	if "--list" in flags or ("--build" in flags and not names):
		variants = ["gcc"]
	results, minutes = [], {}
	built, minutes["build"] = build(variants)
	results += built
	if "--list" in flags:
		sys.stdout = listing
		list_all(chosen)
		return 1 if any(r.failed for r in built) else 0
	if "--build" not in flags:
		for suite in chosen:
			if any(r.failed and r.name == f"build/{SUITES[suite].variant}" for r in built):
				say(f"suite {suite} cannot run: its build failed")
				continue
			wanted = expand(suite, chosen[suite], programs(suite))
			if wanted:
				done, minutes[suite] = run_suite(suite, wanted, "--long" in flags)
				results += done
	return finish(results, minutes)


def end_everything():
	"""Nothing that we started may outlive us, however we end."""
	for process in list(_running):
		kill_session(process)
		try:
			process.wait(timeout=10)
		except subprocess.TimeoutExpired:
			pass
	reap_leftovers(Result("the end"), 0)


def run():
	status = 130
	try:
		status = main()
	except KeyboardInterrupt:
		pass
	except SystemExit as why:
		if isinstance(why.code, str):
			print(why.code, file=sys.stderr)
		status = why.code if isinstance(why.code, int) else 1
	except BaseException:
		traceback.print_exc()
		status = 1
	finally:
		end_everything()
		sys.stdout.flush()
		sys.stderr.flush()
		# The threads that waited for programs have nothing left to wait for, but Python would.
		os._exit(status)


if __name__ == "__main__":
	run()
