#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""usage: ./bench [--gate] [--quick] [--json FILE] [PART…]

Installs what is missing, builds, and measures. Without a part: all of them.
  --json FILE  write one JSON object a line for each measure: name value unit limit ratio, peers of the same run beside it
  --gate       status 1 where a measure is short of its reach
  --quick      few, short rounds: shows that it works, and little more
  --help       this text
Parts:
"""
import argparse
import importlib
import json
import os
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from demo import set_up  # noqa: E402
from world import ROOT, Trouble  # noqa: E402
sys.path[:0] = [os.path.join(ROOT, "tests/bench"), os.path.join(ROOT, "tests/lib")]
from measure import claim_cores  # noqa: E402

# Each is tests/bench/part_NAME.py with run(bench), which yields measures as they are made.
PARTS = {
	"jose": "verify, sign and import of each algorithm, against raw OpenSSL and beside other libraries",
	"token": "tokens by client credentials on one core, against raw ES256 signatures there",
	"gateway": "nginx's CPU time for a request with the module, against a plain proxy and auth_request; the decision's own time",
	"footprint": "memory of all processes, at rest, with idle connections and after sign-ins; time to start",
}
COLUMNS = ("measure", "value", "unit", "limit", "ratio", "95 %", "reach", "")


class Bench:
	"""What a part is given."""

	def __init__(self, quick):
		self.quick, self.build = quick, os.path.join(ROOT, "build")
		self.said = 0

	def say(self, text):
		"""What is being done, for who waits: a line that the next one replaces on a terminal; elsewhere one now and then."""
		now = time.monotonic()
		if sys.stderr.isatty():
			print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
		elif text and now - self.said > 10:
			print(f"bench: {text}", file=sys.stderr, flush=True)
			self.said = now


def number(value):
	if value is None:
		return ""
	return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}" if abs(value) >= 100 else f"{value:.2f}"


def cells(m):
	reach = "" if m.reach is None else ("≤ " if m.at_most else "≥ ") + f"{m.reach:.2f}"
	between = "" if m.interval is None else f"{m.interval[0]:.2f}–{m.interval[1]:.2f}"
	verdict = "" if m.reach is None else "ok" if m.ok else "short"
	return (m.name, number(m.value), m.unit, number(m.limit), "" if m.ratio is None else f"{m.ratio:.3f}", between, reach, verdict)


def print_line(row, widths=(34, 10, 6, 10, 7, 11, 7, 5)):
	line = " ".join(f"{c:<{w}}" if i in (0, 2, 7) else f"{c:>{w}}" for i, (c, w) in enumerate(zip(row, widths))).rstrip()
	colour = {"ok": "32", "short": "31"}.get(row[-1])
	if colour and sys.stdout.isatty():
		line = line.removesuffix(row[-1]) + f"\033[{colour}m{row[-1]}\033[0m"
	print(line, flush=True)


def show(m):
	print_line(cells(m))
	for name, value in m.peers.items():
		print_line(("  " + name, number(value), m.unit, "", "", "", "", ""))


def options():
	parser = argparse.ArgumentParser(prog="./bench", usage=__doc__.split("\n")[0].removeprefix("usage: "), add_help=False)
	parser.add_argument("parts", nargs="*", metavar="PART")
	parser.add_argument("--json")
	parser.add_argument("--gate", action="store_true")
	parser.add_argument("--quick", action="store_true")
	parser.add_argument("--help", "-h", action="store_true")
	chosen = parser.parse_args()
	unknown = [p for p in chosen.parts if p not in PARTS]
	if unknown:
		parser.error(f"no part named {unknown[0]} (parts: {' '.join(PARTS)})")
	return chosen


def measure(bench, names):
	for name in names:
		for m in importlib.import_module("part_" + name).run(bench):
			bench.say("")
			yield m


def verdict(rows, gate):
	"""Says what is short; the exit status."""
	short = [m.name for m in rows if not m.ok]
	if short:
		print(f"short of their reach: {' '.join(short)}")
	return 1 if gate and short else 0


def main():
	chosen = options()
	if chosen.help:
		print(__doc__.strip())
		print("\n".join(f"  {name:12} {what}" for name, what in PARTS.items()))
		return 0
	bench, rows = Bench(chosen.quick), []
	signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
	try:
		out = open(chosen.json, "w") if chosen.json else None
		set_up("build", "run", "bench")
		if not chosen.quick:
			claim_cores()
		print_line(COLUMNS)
		for m in measure(bench, chosen.parts or PARTS):
			show(m)
			rows.append(m)
			if out:
				print(json.dumps(m.row()), file=out, flush=True)
	except KeyboardInterrupt:
		return 130
	except (Trouble, OSError) as error:
		print(f"bench: {error}", file=sys.stderr)
		return 1
	return verdict(rows, chosen.gate)


if __name__ == "__main__":
	sys.exit(main())
