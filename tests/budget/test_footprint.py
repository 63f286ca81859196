#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the daemon may cost in memory and time to start: the bench's own measures, with the limits that hold on any machine."""
import os
import sys

_here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(_here, "..", "lib"), os.path.join(_here, "..", "bench")]
import part_footprint as footprint  # noqa: E402
import tap  # noqa: E402
from system import System  # noqa: E402
from tap import check, note, test  # noqa: E402

KEPT = 64  # bytes that may stay of each connection


def private_kb(pid):
	"""What the process has written: clean pages count as its own or not by whatever else runs the same libraries."""
	with open(f"/proc/{pid}/smaps_rollup") as f:
		return sum(int(line.split()[1]) for line in f if line.startswith("Private_Dirty:"))


def grown_by_connections(s, worker, thousands):
	footprint.settle(s)
	before = private_kb(worker)
	for _ in range(thousands):
		with footprint.idle_connections(s, 1000):
			pass
	footprint.settle(s)
	grown = private_kb(worker) - before
	note(f"{grown} kB after {thousands},000 connections")
	return grown


@test
def memory_at_rest_is_within_its_limit():
	with System(nginx=False) as s:
		at_rest = footprint.settle(s)
		check(at_rest <= footprint.LIMIT_MB, f"at rest {at_rest:.1f} MB")


@test
def idle_connections_cost_little_and_leave_nothing_behind():
	with System(nginx=False) as s:
		worker = s.roles()["worker"]
		with footprint.idle_connections(s, 1000):
			idle = footprint.settle(s)
		check(idle <= footprint.LIMIT_MB, f"with 1,000 idle connections {idle:.1f} MB")
		for _ in range(2):
			with footprint.idle_connections(s, 1000):
				pass
		# A leak grows each time. What the allocator keeps for more threads than before comes once.
		for _ in range(3):
			each = grown_by_connections(s, worker, 16) * 1024 / 16000
			if each < KEPT:
				break
		check(each < KEPT, f"{each:.0f} bytes stay of each connection")


@test
def sign_ins_stay_within_the_limit():
	with System() as s:
		for _ in range(8):
			s.sign_in("alice")
		after = footprint.settle(s)
		check(after <= footprint.LIMIT_MB, f"after sign-ins {after:.1f} MB")


@test
def it_starts_on_an_existing_store_within_its_limit():
	with System(nginx=False) as s:
		times = []
		for _ in range(8):
			s.end(s.daemon)
			times.append(footprint.start_once(s))
		note(" ".join(f"{t:.0f}" for t in times))
		# The fastest: a neighbour's load makes a start slower, never faster.
		check(min(times) <= footprint.START_MS, f"{min(times):.0f} ms from exec to ready")


tap.main()
