# SPDX-License-Identifier: Apache-2.0
"""What the bench's parts share: a measure, the statistics of interleaved rounds, and what the kernel says of a process."""
import dataclasses
import json
import math
import os
import subprocess
import time


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


def claim_cores():
	"""First in line for the cores, where we may be: neighbours that empty the caches make the daemon look slower than it is,
	and raw signatures hardly. The second file is of kernels that share out time by session."""
	try:
		os.setpriority(os.PRIO_PROCESS, 0, -15)
		with open("/proc/self/autogroup", "w") as f:
			f.write("-15")
	except OSError:
		pass


def cpu_ns(pid):
	"""CPU time of a process with all its threads: the clock of clock_getcpuclockid(3), finer than the ticks of /proc."""
	return time.clock_gettime_ns((~pid << 3) | 2)


def pss_kb(pids):
	total = 0
	for pid in pids:
		with open(f"/proc/{pid}/smaps_rollup") as f:
			total += next(int(line.split()[1]) for line in f if line.startswith("Pss:"))
	return total


def load(bench, to, request, connections, seconds, rate=None):
	"""What tests/bench/load saw, run on its own core. `to`: unix:PATH or a port; `request`: the file of its bytes."""
	argv = [os.path.join(bench.build, "tests/bench/load"), to, request, str(connections), str(seconds)]
	return next(run_json(argv + ([str(rate)] if rate else []), cores()[1]))


def write_request(path, first, headers, body=""):
	"""An HTTP/1.1 request's bytes in a file, for load()."""
	lines = [first + " HTTP/1.1"] + [f"{name}: {value}" for name, value in headers.items()]
	if body:
		lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
	with open(path, "w") as f:
		f.write("\r\n".join(lines) + "\r\n\r\n" + body)


def run_json(argv, core):
	"""Runs a program on a core and reads the JSON objects that it prints, one a line."""
	with on_core(core):
		process = subprocess.Popen(argv, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
	with process:
		for line in process.stdout:
			yield json.loads(line)
	if process.returncode:
		raise RuntimeError(f"{os.path.basename(argv[0])} ended with status {process.returncode}")
