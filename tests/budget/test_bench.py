#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The bench's front door, and that its parts still measure: few rounds, and no verdict on a machine that others use too."""
import json
import os
import signal
import subprocess
import sys
import tempfile

_here = os.path.dirname(os.path.abspath(__file__))
_root = os.path.dirname(os.path.dirname(_here))
sys.path[:0] = [os.path.join(_here, "..", "lib"), os.path.join(_here, "..", "bench"), os.path.join(_root, "tools")]
import bench  # noqa: E402
import tap  # noqa: E402
from measure import Measure, bounded, interval, median  # noqa: E402
from system import command_of  # noqa: E402
from tap import check, contains, equal, poll, test  # noqa: E402


def run(*words):
	return subprocess.run([os.path.join(_root, "bench"), *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=240)


def rows_of(part):
	with tempfile.TemporaryDirectory() as folder:
		path = os.path.join(folder, "rows")
		done = run(part, "--quick", "--json", path)
		equal(done.returncode, 0, f"status; {done.stderr[-1000:]}")
		with open(path) as f:
			rows = {row["name"]: row for row in map(json.loads, f)}
	for name, row in rows.items():
		contains(done.stdout, name, "the table")
		# A difference of two times may be below zero where the machine is busy.
		check((row["value"] > 0 or "rotation" in name) and row["unit"] and "peers" in row, f"{name} has a value, a unit and peers: {row}")
	return rows


@test
def help_names_every_part():
	done = run("--help")
	equal(done.returncode, 0, "status")
	for part in bench.PARTS:
		contains(done.stdout, f"\n  {part} ", "help")


@test
def an_unknown_part_is_refused():
	done = run("nothing")
	equal(done.returncode, 2, "status")
	contains(done.stderr, "no part named nothing", "what it says")


@test
def a_file_that_cannot_be_written_is_named():
	done = run("token", "--quick", "--json", "/nowhere/rows")
	equal(done.returncode, 1, "status")
	contains(done.stderr, "/nowhere/rows", "what it says")


def session_of(pid):
	try:
		with open(f"/proc/{pid}/stat", errors="replace") as f:
			fields = f.read().rpartition(")")[2].split()
		return int(fields[3]) if fields[0] != "Z" else None
	except (OSError, ValueError):
		return None


@test
def ended_early_it_leaves_nothing_running():
	started = subprocess.Popen([os.path.join(_root, "bench"), "footprint", "--quick"], stdout=subprocess.DEVNULL,
		stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, start_new_session=True)

	def alive():
		return [pid for pid in filter(str.isdigit, os.listdir("/proc")) if session_of(pid) == started.pid]
	try:
		poll(lambda: any(b"worker" in command_of(pid) for pid in alive()), "the daemon runs", 60)
		started.terminate()
		equal(started.wait(timeout=60), 143, "status")
		poll(lambda: not alive(), "all have ended")
	finally:
		for pid in alive():
			os.kill(int(pid), signal.SIGKILL)


@test
def tokens_are_measured_against_raw_signatures():
	row = rows_of("token")["token.issue"]
	check(0 < row["ratio"] < 1 and abs(row["ratio"] - row["value"] / row["limit"]) < 0.2, f"the ratio is of value and limit: {row}")
	equal((row["reach"], row["at_most"]), (0.4, False), "reach")


@test
def the_gateway_is_measured_against_plain_proxy_and_auth_request():
	rows = rows_of("gateway")
	check(0 < rows["gateway.request"]["limit"] and rows["gateway.request"]["at_most"], "against the plain proxy")
	check(rows["gateway.against_auth_request"]["ratio"] < 1, "the module costs less than asking the daemon about each request")
	check(0 < rows["gateway.decision.p50"]["value"] < 100, f"the decision's time in µs: {rows['gateway.decision.p50']}")


@test
def a_measure_short_of_its_reach_fails_the_gate():
	least = [Measure("m", 1, "1/s", ratio=r, reach=0.4) for r in (0.39, 0.4)]
	most = [bounded("m", v, "MB", 25) for v in (25.1, 25)]
	equal([m.ok for m in least + most], [False, True, False, True], "ok")
	equal(Measure("m", 1, "ms").ok, True, "without a reach it only tells")
	equal([bench.verdict([m], True) for m in (least[0], least[1])], [1, 0], "status with --gate")
	equal(bench.verdict([least[0]], False), 0, "status without")


@test
def intervals_are_order_statistics_of_the_median():
	# The binomial table: of 15 values the 4th and the 12th hold the median 96.5 % of the time, of 6 the 1st and the 6th 96.9 %.
	equal(interval(range(15, 0, -1)), (4, 12), "15 rounds")
	equal(interval(range(6)), (0, 5), "6 rounds")
	equal(interval(range(5)), None, "too few to say")
	equal([median([3, 1, 2]), median([4, 1, 2, 3])], [2, 2.5], "median")


tap.main()
