# SPDX-License-Identifier: Apache-2.0
"""Tokens a second by client credentials, all of the daemon on one core, against raw ES256 signatures a second there.

Both are counted by the CPU time that they took: on a machine of one's own that is the time, and elsewhere it leaves out most of
what the neighbours take. The daemon's log goes to a file, as a service manager would have it."""
import os
import urllib.parse

from measure import Measure, cores, cpu_ns, interval, load, median, on_core, run_json, write_request
from system import System, basic

REACH = 0.40
CONNECTIONS = 32


def run(bench):
	rounds, seconds = (3, 0.2) if bench.quick else (40, 0.3)
	with on_core(cores()[0]), System(nginx=False) as s:
		request = os.path.join(s.folder, "request")
		write_request(request, "POST /token", {"Host": urllib.parse.urlsplit(s.issuer).netloc, "X-Forwarded-For": "192.0.2.1",
			"X-Forwarded-Proto": "http", **basic("stock-robot", s.secrets["stock-robot"])},
			"grant_type=client_credentials&scope=orders%3Aread")
		load(bench, "unix:" + s.http_sock, request, CONNECTIONS, seconds)
		rows = []
		for i in range(rounds):
			bench.say(f"tokens and raw signatures in turn, round {i + 1} of {rounds}")
			rows.append(one_round(bench, s, request, seconds))
	yield from tell(rows)


def one_round(bench, s, request, seconds):
	"""µs of CPU: of worker and signer (and the parent) for a token, of a raw signature; and what the load saw."""
	roles = s.roles()
	before = {role: cpu_ns(pid) for role, pid in roles.items()}
	seen = load(bench, "unix:" + s.http_sock, request, CONNECTIONS, seconds)
	row = {role: (cpu_ns(pid) - before[role]) / seen["requests"] / 1e3 for role, pid in roles.items()}
	raw = next(run_json([os.path.join(bench.build, "tests/bench/raw_es256"), str(seconds)], cores()[0]))
	row["raw"] = raw["cpu_ns"] / raw["signatures"] / 1e3
	row["all"] = sum(row[role] for role in roles)
	row["wall"] = seen["requests"] / seen["seconds"]
	return row


def tell(rows):
	def middle(name):
		return median([row[name] for row in rows])
	ratios = [row["raw"] / row["all"] for row in rows]
	yield Measure("token.issue", 1e6 / middle("all"), "1/s", 1e6 / middle("raw"), median(ratios), REACH, interval=interval(ratios),
		peers={"as the clock on the wall saw it": middle("wall")})
	yield Measure("token.cpu", middle("all"), "µs", peers={"worker": middle("worker"), "signer": middle("signer"), "raw": middle("raw")})
