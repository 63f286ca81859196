#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Each guard over the tree, and each guard over a tree with a violation planted, where it must speak."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools"))
import guard  # noqa: E402
import tap  # noqa: E402

tree = guard.read_tree()


def over_the_tree(fn):
	def run():
		found = list(fn(tree))
		tap.note(" ".join(fn.__doc__.split()))
		tap.check(not found, "\n".join(found))
	run.__name__ = fn.__name__
	return run


def over_a_plant(fn):
	def run():
		clean, found = list(fn(tree)), list(fn(guard.planted(tree, fn)))
		tap.check(len(found) > len(clean), "the planted violation was not found")
	run.__name__ = f"{fn.__name__}_fires"
	return run


for one in guard.GUARDS.values():
	tap.test(over_the_tree(one))
	tap.test(over_a_plant(one))

tap.main()
