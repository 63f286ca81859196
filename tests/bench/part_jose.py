# SPDX-License-Identifier: Apache-2.0
"""Verify, sign and import of each algorithm, and JWE opened and made, against raw OpenSSL with everything kept, and beside
other libraries: each program does a slice at a time in turn (slices.h), so that all see the same seconds of the machine."""
import os
import subprocess

from measure import Measure, cores, interval, median, on_core
from world import ROOT

HERE = os.path.join(ROOT, "tests/bench")
# What the reach asks of a ratio to raw.
REACH = {"verify.RS256": 0.96, "verify.PS256": 0.96, "verify.ES256": 1.5, "verify_without_table.ES256": 0.98,
	"verify.Ed25519": 1.9, "verify_by_libsodium.Ed25519": 0.96, "verify.HS256": 0.45}
HS256_TO_BEST_C_PEER = 10
# Two threads against one, in the CPU time of each.
THREADS, THREADS_REACH = ("HS256", "RS256", "ES256", "Ed25519"), 1.9
C_PEERS = {"cjose": ["cjose", "jansson"], "libjwt": ["libjwt"], "rhonabwy": ["librhonabwy"]}


class Program:
	"""A running program and what it can do; with `prefix`, one of several libraries in it."""

	def __init__(self, argv):
		with on_core(cores()[0]):
			self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
		self.can = self.line().split()

	def line(self):
		text = self.process.stdout.readline()
		if not text:
			raise RuntimeError(f"{self.process.args} ended with status {self.process.wait()}")
		return text

	def slice(self, name, milliseconds):
		"""Operations per second of CPU time."""
		self.process.stdin.write(f"{name} {milliseconds}\n")
		self.process.stdin.flush()
		count, ns = map(int, self.line().split())
		return count * 1e9 / ns

	def close(self):
		self.process.stdin.close()
		self.process.wait()


def compile_peer(bench, name, packages, folder):
	"""Peers are built here, not by Meson: the build does not need them, nor what they need."""
	flags = subprocess.run(["pkg-config", "--cflags", "--libs"] + packages, capture_output=True, text=True, check=True).stdout.split()
	out = os.path.join(folder, "peer_" + name)
	subprocess.run(["gcc", "-O2", "-I" + HERE, os.path.join(HERE, f"peer_{name}.c"), "-o", out] + flags, check=True)
	return out


def start_peers(bench, folder):
	"""(library, name of its operation's prefix, program)"""
	for name, packages in C_PEERS.items():
		yield name, "", Program([compile_peer(bench, name, packages, folder), folder])
	node = Program([os.path.join(bench.build, "node/node"), os.path.join(HERE, "peer_node.mjs"), folder, os.path.join(bench.build, "node")])
	yield "jose", "jose:", node
	yield "fast-jwt", "fast-jwt:", node


def measure(bench, ours, peers, name):
	"""One operation: ours and raw in each round, the peers once they are there."""
	base = name.replace("_without_table", "")
	rounds, ms = (3, 10) if bench.quick else (21, 25)
	values, limits, others = [], [], {}
	for _ in range(rounds):
		values.append(ours.slice(name, ms))
		limits.append(ours.slice("raw." + base, ms))
		for library, prefix, program in peers if name == base else ():
			if prefix + base in program.can:
				others.setdefault(library, []).append(program.slice(prefix + base, ms))
	ratios = [v / r for v, r in zip(values, limits)]
	between = interval(ratios)
	return Measure("jose." + name, median(values), "1/s", median(limits), median(ratios), REACH.get(name), interval=between,
		peers={library: median(v) for library, v in others.items()})


def beside_peers(m):
	"""HS256 is no harder than its parsing: there the best C library is the measure."""
	best = max(v for library, v in m.peers.items() if library in C_PEERS)
	return Measure(m.name + ".c_peer", m.value, "1/s", best, m.value / best, HS256_TO_BEST_C_PEER)


def threads(bench, folder):
	lines = subprocess.run([os.path.join(bench.build, "tests/bench/bench_jose"), folder, "threads"], capture_output=True, text=True,
		check=True).stdout.split("\n")
	rates = [int(line.split()[0]) * 1e9 / int(line.split()[1]) for line in lines if line]
	for i, alg in enumerate(THREADS):
		mine = rates[30 * i:30 * (i + 1)]
		one, two = mine[::2], mine[1::2]
		ratios = [b / a for a, b in zip(one, two)]
		yield Measure(f"jose.verify.{alg}.two_threads", median(two), "1/s", median(one), median(ratios), THREADS_REACH,
			interval=interval(ratios))


def run(bench):
	folder = os.path.join(bench.build, "bench/jose")
	os.makedirs(folder, exist_ok=True)
	bench.say("jose: keys and tokens")
	programs = [Program([os.path.join(bench.build, "tests/bench", name), folder]) for name in ("bench_jose", "bench_jwe")]
	peers = list(start_peers(bench, folder))
	for ours, name in ((p, n) for p in programs for n in p.can if not n.startswith("raw.")):
		bench.say("jose: " + name)
		m = measure(bench, ours, peers, name)
		yield m
		if name == "verify.HS256":
			yield beside_peers(m)
	for program in {id(p): p for p in programs + [p for _, _, p in peers]}.values():
		program.close()
	bench.say("jose: two threads")
	yield from threads(bench, folder)
