# SPDX-License-Identifier: Apache-2.0
"""CPU time of the nginx worker for a request at a fixed rate: the module with a warm cache, a plain proxy, and a proxy that asks the
daemon about each request (auth_request), in turn; and the decision's own time, from the module's histogram."""
import json
import os
import urllib.parse

from measure import Measure, bounded, cores, cpu_ns, interval, load, median, on_core, run_json, write_request
from system import System, basic
from world import ROOT, children_of, free_port, wait_until

REACH = 1.10
ROTATION = 4.0  # µs
CONNECTIONS, RATE = 16, 6000
POLICY = """
forward_auth:
  - {name: bench, audience: "@SCHEME@://api.localhost:@PORT@", scopes: ["orders:read"], roles: [customer]}
"""


class Gateways(System):
	"""The daemon, nginx with the module, one without (and with auth_request), and the service behind them all."""

	def __init__(self):
		super().__init__(backend=False, template=os.path.join(ROOT, "tests/bench/nginx_module.conf"))
		self.edit_config = lambda text: text + self.fill(POLICY)
		self.plain_port, self.asked_port = free_port(), free_port()
		self.others = []

	def write(self):
		super().write()
		for name in ("common", "plain", "upstream"):
			with open(os.path.join(ROOT, f"tests/bench/nginx_{name}.conf")) as f:
				text = f.read().replace("@PLAIN@", str(self.plain_port)).replace("@ASKED@", str(self.asked_port))
			with open(os.path.join(self.folder, f"nginx_{name}.conf"), "w") as f:
				f.write(self.fill(text))

	def start_nginx(self):
		super().start_nginx()
		with on_core(cores()[1]):
			self.start_other("upstream")
		self.plain = self.start_other("plain")

	def start_other(self, name):
		process = self.spawn(name, ["/usr/sbin/nginx", "-p", self.folder, "-c", f"{self.folder}/nginx_{name}.conf", "-e",
			f"{self.folder}/logs/{name}.log"])
		self.others.append(process)
		wait_until(lambda: children_of(process.pid), f"nginx ({name})", 20, process)
		return children_of(process.pid)[0]

	def stop(self):
		for process in self.others:
			self.end(process)
		return super().stop()


def run(bench):
	rounds, seconds = (3, 0.3) if bench.quick else (60, 0.25)
	with on_core(cores()[0]), Gateways() as s:
		worker = s.nginx_workers()[0]
		# name: port, and the processes that work for a request
		ways = {"module": (s.port, [worker]), "plain": (s.plain_port, [s.plain]),
			"asked": (s.asked_port, [s.plain, s.roles()["worker"]])}
		write_request(os.path.join(s.folder, "request"), "GET /orders", {"Host": f"api.localhost:{s.port}", "Accept": "application/json",
			"User-Agent": "bench", "Authorization": "Bearer " + token(s)})
		for port, _ in ways.values():
			load(bench, str(port), os.path.join(s.folder, "request"), CONNECTIONS, 0.5, RATE)
		rows = []
		for i in range(rounds):
			bench.say(f"module, plain proxy and auth_request in turn at {RATE} requests a second, round {i + 1} of {rounds}")
			rows.append({name: one_way(bench, s, port, pids, seconds) for name, (port, pids) in ways.items()})
		decision = json.loads(s.fetch(f"http://127.0.0.1:{s.port}/_ostiary/status").body)["decision_warm"]
	yield from tell(rows, decision)
	yield from rotation(bench)


def rotation(bench):
	"""What a decision costs more where many tokens come in turn, over one that is known."""
	tokens = 5000 if bench.quick else 100000
	bench.say(f"{tokens} tokens in rotation")
	seen = next(run_json([os.path.join(bench.build, "tests/bench/rotation"), str(tokens)], cores()[0]))
	for order in ("in_order", "zipf"):
		yield bounded(f"gateway.rotation.{order}", (seen[f"{order}_ns"] - seen["warm_ns"]) / 1e3, "µs", ROTATION,
			peers={"one token": seen["warm_ns"] / 1e3, "found": seen[f"{order}_hits"]})


def token(s):
	fields = urllib.parse.urlencode({"grant_type": "client_credentials", "scope": "orders:read"})
	reply = s.fetch_daemon("/token", "POST", {**basic("stock-robot", s.secrets["stock-robot"]),
		"Content-Type": "application/x-www-form-urlencoded"}, fields)
	return reply.json()["access_token"]


def one_way(bench, s, port, pids, seconds):
	"""µs of CPU for a request, of each process."""
	before = [cpu_ns(pid) for pid in pids]
	seen = load(bench, str(port), os.path.join(s.folder, "request"), CONNECTIONS, seconds, RATE)
	return [(cpu_ns(pid) - b) / seen["requests"] / 1e3 for pid, b in zip(pids, before)]


def tell(rows, decision):
	module, plain, asked = ([sum(row[name]) for row in rows] for name in ("module", "plain", "asked"))
	nginx_asked = [row["asked"][0] for row in rows]
	ratios = [m / p for m, p in zip(module, plain)]
	yield Measure("gateway.request", median(module), "µs", median(plain), median(ratios), REACH, at_most=True, interval=interval(ratios),
		peers={"auth_request, nginx alone": median(nginx_asked), "auth_request, with the daemon": median(asked)})
	saved = [m / a for m, a in zip(module, asked)]
	yield Measure("gateway.against_auth_request", median(module), "µs", median(asked), median(saved), interval=interval(saved))
	yield bounded("gateway.decision.p50", decision["p50_ns"] / 1e3, "µs", 2.0,
		peers={"p90": decision["p90_ns"] / 1e3, "p99": decision["p99_ns"] / 1e3})
