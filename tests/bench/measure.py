# SPDX-License-Identifier: Apache-2.0
"""What the bench's parts share: a measure, the statistics of interleaved rounds, and what the kernel says of a process."""
import dataclasses
import json
import math
import os
import subprocess


@dataclasses.dataclass
class Measure:
	"""`ratio` is value against limit, as the reach counts it; `reach` what it should be, at most or at least; None: told only."""
	name: str
	value: float
	unit: str
	limit: float = None
	ratio: float = None
	reach: float = None
	at_most: bool = False
	interval: tuple = None  # of the ratio, 95 %
	peers: dict = dataclasses.field(default_factory=dict)

	@property
	def ok(self):
		if self.reach is None:
			return True
		return self.ratio <= self.reach if self.at_most else self.ratio >= self.reach

	def row(self):
		return {k: v for k, v in dataclasses.asdict(self).items() if v is not None} | {"ok": self.ok}


def bounded(name, value, unit, limit, **more):
	"""A measure that must not be above its limit."""
	return Measure(name, value, unit, limit, value / limit, 1.0, at_most=True, **more)


def median(values):
	v = sorted(values)
	middle = len(v) // 2
	return v[middle] if len(v) % 2 else (v[middle - 1] + v[middle]) / 2


def interval(values):
	"""The 95 % confidence interval of the median, by order statistics: nothing is assumed of how the noise is spread.
	None where the rounds are too few to say."""
	v, n = sorted(values), len(values)
	below, k = 0.0, 0
	while below + math.comb(n, k) / 2 ** n <= 0.025:
		below += math.comb(n, k) / 2 ** n
		k += 1
	return (v[k - 1], v[n - k]) if k > 0 else None


# --- processes --------------------------------------------------------------------------------------------------

def cores():
	"""(of the server, of the load); the same one where the machine has no other."""
	mine = sorted(os.sched_getaffinity(0))
	return mine[0], mine[-1]


class on_core:
	"""with on_core(n): what is started here stays on that core."""

	def __init__(self, core):
		self.core = core

	def __enter__(self):
		self.before = os.sched_getaffinity(0)
		os.sched_setaffinity(0, {self.core})

	def __exit__(self, *_):
		os.sched_setaffinity(0, self.before)


def cpu_ns(pids):
	"""CPU time of all threads, ended ones too: the kernel's own count, finer than its ticks."""
	return sum(os_clock(pid) for pid in pids)


def os_clock(pid):
	import time
	# clock_getcpuclockid(3): the process's CPU clock.
	return time.clock_gettime_ns((~pid << 3) | 2)


def pss_kb(pids):
	total = 0
	for pid in pids:
		with open(f"/proc/{pid}/smaps_rollup") as f:
			total += next(int(line.split()[1]) for line in f if line.startswith("Pss:"))
	return total


def run_json(argv, core):
	"""Runs a program on a core and reads the JSON objects that it prints, one a line."""
	with on_core(core):
		process = subprocess.Popen(argv, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
	with process:
		for line in process.stdout:
			yield json.loads(line)
	if process.returncode:
		raise RuntimeError(f"{os.path.basename(argv[0])} ended with status {process.returncode}")
