# SPDX-License-Identifier: Apache-2.0
"""Verify and sign of each algorithm, against raw OpenSSL with everything kept, in turn."""
import os

from measure import Measure, cores, run_json


def run(bench):
	bench.say("verify and sign beside raw OpenSSL")
	for row in run_json([os.path.join(bench.build, "tests/bench/bench_jose")], cores()[0]):
		row.pop("ok", None)
		yield Measure(**row)
