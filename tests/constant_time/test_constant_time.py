#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Comparisons of secrets take the same path whatever they hold: valgrind sees secrets as undefined memory (probe.c)."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap
from tap import check, equal, test

PROBE = os.path.join(os.environ["OSTIARY_BUILD"], "tests/constant_time/probe")
FOUND = 99


def run(case, found=FOUND):
	done = subprocess.run(["valgrind", "--quiet", "--leak-check=no", f"--error-exitcode={found}", PROBE, case],
		capture_output=True, text=True)
	return done.returncode, done.stderr


def says_nothing(case):
	status, said = run(case)
	equal((status, said), (0, ""), case)


@test
def a_planted_leak_is_found():
	status, said = run("planted")
	equal(status, FOUND, "status")
	check("leaky_equal" in said and "depends on uninitialised value" in said, said)


@test
def ct_equal_compares_in_constant_time():
	says_nothing("comparison")


@test
def a_mac_is_made_and_compared_in_constant_time():
	says_nothing("mac")


def branches_only_in(case, function):
	"""The one branch is on the answer, there; the probe counts."""
	status, said = run(case, 0)
	equal(status, 0, said)
	check(all(function in part for part in said.split("Conditional jump")[1:]), said)
	check("Use of uninitialised value" not in said, said)


@test
def hs256_is_verified_in_constant_time():
	branches_only_in("hs256", "jwk_verify")


@test
def a_cbc_tag_is_checked_in_constant_time():
	branches_only_in("cbc_hs", "cbc_open")


tap.main()
