# SPDX-License-Identifier: Apache-2.0
"""Tests in TAP for Python: `@test` registers one, `main()` runs all, the named ones, or lists them.

	#!/usr/bin/python3
	import os, sys
	sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
	import tap
	from tap import test, check, equal

	@test
	def the_sum_is_right():
		equal(1 + 1, 2, "one and one")

	tap.main()

`prog` runs all, `prog name…` some, `prog --list` names them. A failed check ends its test. A test that checked
nothing fails: it proves nothing.
"""
import os
import sys
import time
import traceback

_tests = []
_state = {"checks": 0}


class Skip(Exception):
	"""Raised by skip()."""


class Failed(AssertionError):
	"""Raised by a check that did not hold."""


def test(fn=None, *, long=False):
	"""Registers a test; with long=True it runs only under `./check --long` (OSTIARY_LONG=1) or when named."""
	def register(f):
		_tests.append((f.__name__, f, long))
		return f
	return register(fn) if fn else register


def check(condition, what):
	_state["checks"] += 1
	if not condition:
		raise Failed(what)


def equal(got, want, what):
	_state["checks"] += 1
	if got != want:
		raise Failed(f"{what}: got {got!r}, want {want!r}")


def contains(text, part, what):
	_state["checks"] += 1
	if part not in text:
		raise Failed(f"{what}: {part!r} is not in {text[:2000]!r}")


def lacks(text, part, what):
	_state["checks"] += 1
	if part in text:
		raise Failed(f"{what}: {part!r} is in {text[:2000]!r}")


def fails(kind, fn, what):
	"""Checks that fn() raises kind, and returns the exception."""
	_state["checks"] += 1
	try:
		fn()
	except kind as error:
		return error
	raise Failed(f"{what}: nothing was raised")


def skip(reason):
	raise Skip(reason)


def note(text):
	"""Prints a diagnostic line, shown when the test fails."""
	for line in str(text).splitlines() or [""]:
		print("# " + line, flush=True)


def poll(fn, what, seconds=10.0, every=0.02):
	"""Calls fn until it gives something true and returns that; fails after `seconds`."""
	end = time.monotonic() + seconds
	while True:
		late = time.monotonic() > end  # asked before fn is: who was kept from running looks once more
		value = fn()
		if value:
			_state["checks"] += 1
			return value
		if late:
			raise Failed(f"{what}: not within {seconds} s")
		time.sleep(every)


def _where(error):
	"""For a failed check where it stands and what it said; for anything else the whole trace."""
	if not isinstance(error, Failed):
		return "".join(traceback.format_exception(error)).rstrip()
	frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != __file__]
	return "\n".join(f"{os.path.basename(f.filename)}:{f.lineno}: {f.line}" for f in frames) + f"\n{error}"


def _run_one(number, name, fn):
	_state["checks"] = 0
	start = time.monotonic()
	result, tail = "ok", ""
	try:
		fn()
		if _state["checks"] == 0:
			raise Failed("a test without an assertion")
	except Skip as why:
		tail = f" # SKIP {why}"
	except BaseException as error:
		if isinstance(error, (KeyboardInterrupt, SystemExit)):
			raise
		result = "not ok"
		note(_where(error))
	spent = time.monotonic() - start
	if not tail and spent > 1:
		tail = f" # {spent:.1f} s"
	print(f"{result} {number} - {name}{tail}", flush=True)
	return result == "ok"


def main(setup=None, teardown=None):
	"""Runs the tests named in argv and exits: 0 when each was ok. setup runs once before them, teardown after."""
	names = [name for name, _, _ in _tests]
	args = sys.argv[1:]
	if args == ["--list"]:
		print("\n".join(names))
		sys.exit(0)
	for name in args:
		if name not in names:
			print(f"Bail out! no test named {name}", flush=True)
			sys.exit(2)
	run_long = os.environ.get("OSTIARY_LONG") == "1"
	wanted = [(n, f) for n, f, is_long in _tests if (n in args if args else run_long or not is_long)]
	bad = 0
	try:
		if setup:
			setup()
		for number, (name, fn) in enumerate(wanted, 1):
			bad += not _run_one(number, name, fn)
	finally:
		if teardown:
			teardown()
	print(f"1..{len(wanted)}", flush=True)
	sys.exit(1 if bad or not wanted else 0)
