# SPDX-License-Identifier: Apache-2.0
"""Builds an earlier commit of this repository, so that what it leaves behind is what it really left behind.

Each stands under build/upgrade/COMMIT and is built once. A clone without that commit (a shallow one) is an error that says so.
"""
import io
import os
import subprocess
import sys
import tarfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.environ.get("OSTIARY_ROOT") or os.path.dirname(os.path.dirname(HERE))
PROGRAMS = ("ostiary", "ngx_http_ostiary_module.so", "examples/backend/backend")


class Release:
	"""`tree`: its sources; `build`: its programs."""

	def __init__(self, name, commit):
		self.name, self.commit = name, commit
		self.folder = os.path.join(ROOT, "build/upgrade", commit)
		self.tree, self.build = os.path.join(self.folder, "tree"), os.path.join(self.folder, "build")

	def make(self):
		if not os.path.exists(os.path.join(self.tree, "meson.build")):
			self.unpack()
		if not os.path.exists(os.path.join(self.build, "build.ninja")):
			run(["meson", "setup", self.build, self.tree], self.tree)
		run(["ninja", "-C", self.build, *PROGRAMS], self.tree)
		return self

	def unpack(self):
		found = subprocess.run(["git", "-C", ROOT, "archive", self.commit], capture_output=True)
		if found.returncode:
			sys.exit(f"{self.name}: this clone does not hold commit {self.commit}: `git fetch --unshallow` brings it")
		os.makedirs(self.tree, exist_ok=True)
		with tarfile.open(fileobj=io.BytesIO(found.stdout)) as archive:
			archive.extractall(self.tree)


def run(argv, folder):
	done = subprocess.run(argv, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL)
	if done.returncode:
		sys.exit(f"{' '.join(argv[:3])} failed:\n{done.stdout[-3000:]}")


def releases():
	with open(os.path.join(ROOT, "RELEASES")) as f:
		rows = [line.split() for line in f if line.strip() and not line.startswith("#")]
	return [Release(name, commit) for name, commit in rows]
