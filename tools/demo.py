#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""usage: ./demo [--once] [--tls] [--port N] [--state DIR]

Installs what is missing, builds, and starts the whole system: provider, gateway, shop and backend. Serves until Ctrl-C.
  --once       walk the tour by itself, print each hop, and end: status 0 only if every hop was right
  --tls        HTTPS and HTTP/2 under a certificate authority that it makes
  --port N     nginx's port (default 8080; 8443 with --tls; a free one with --once)
  --state DIR  where this demo keeps its files (default .demo beside this script; a temporary folder with --once)
  --help       this text
"""
import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from world import ROOT, Trouble, World, port_is_busy  # noqa: E402


def bold(text):
	return f"\033[1m{text}\033[0m" if sys.stdout.isatty() else text


def set_up(*parts):
	"""Installs what these parts of tools/setup need, and builds."""
	for argv in ([os.path.join(ROOT, "tools/setup"), *parts], None):
		if argv is None:
			build = os.path.join(ROOT, "build")
			if not os.path.exists(os.path.join(build, "build.ninja")):
				run_quietly(["meson", "setup", build, ROOT, "-Dwerror=true"], dict(os.environ, CC="gcc"))
			run_quietly(["ninja", "-C", build])
		elif subprocess.run(argv, stdin=subprocess.DEVNULL).returncode:
			raise Trouble("the set-up failed")


def run_quietly(argv, env=None):
	done = subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=env, cwd=ROOT)
	if done.returncode:
		raise Trouble(f"{argv[0]} failed:\n{done.stdout[-3000:]}{done.stderr[-2000:]}")


def introduce(world):
	print(f"""
{bold('Ostiary is running.')}

  The shop, a single-page app         {bold(world.url('shop'))}
  The shop without tokens in it       {bold(world.url('web'))}
  The provider                        {world.url('id')}
  Its metadata                        {world.url('id', '/.well-known/openid-configuration')}
  The API behind the gateway          {world.url('api', '/orders')}

  Sign in as                          {bold('alice')}
  with the password                   {bold(world.passwords['alice'])}

  The command line                    {os.path.relpath(world.binary)} -c {os.path.relpath(world.config)} key list
  Logs and configuration              {os.path.relpath(world.folder)}""")
	if world.tls:
		print(f"  Trust this authority                {os.path.relpath(world.ca)}")
	print("\nCtrl-C ends it.", flush=True)


def serve(world):
	"""Until Ctrl-C, or until one of the processes ends by itself."""
	def stop(*_):
		raise KeyboardInterrupt
	signal.signal(signal.SIGTERM, stop)
	try:
		while True:
			for name in ("daemon", "backend", "nginx"):
				process = getattr(world, name)
				if process.poll() is not None:
					raise Trouble(f"the {name} ended with status {process.returncode}; its log is {world.folder}/logs/{name}.log")
			signal.sigtimedwait([signal.SIGCHLD], 1)
	except KeyboardInterrupt:
		print("\nStopping.", flush=True)
		return 0


def options():
	parser = argparse.ArgumentParser(prog="./demo", usage=__doc__.split("\n")[0].removeprefix("usage: "), add_help=False)
	parser.add_argument("--once", action="store_true")
	parser.add_argument("--tls", action="store_true")
	parser.add_argument("--port", type=int)
	parser.add_argument("--state")
	parser.add_argument("--help", "-h", action="store_true")
	return parser.parse_args()


def main():
	chosen = options()
	if chosen.help:
		print(__doc__.strip())
		return 0
	if chosen.port is not None and not 1 <= chosen.port <= 65535:
		print("demo: --port takes a number from 1 to 65535", file=sys.stderr)
		return 2
	port = chosen.port or (None if chosen.once else 8443 if chosen.tls else 8080)
	folder = chosen.state or (tempfile.mkdtemp(prefix="ostiary-demo-") if chosen.once else os.path.join(ROOT, ".demo"))
	world = None
	try:
		set_up("build", "run", "node")
		if port and port_is_busy(port):
			raise Trouble(f"port {port} is busy: something else listens there, or another demo; --port N takes another")
		world = World(folder, port=port, tls=chosen.tls).start()
		if chosen.once:
			import tour
			return tour.walk(world)
		introduce(world)
		return serve(world)
	except KeyboardInterrupt:
		return 130
	except Trouble as error:
		print(f"demo: {error}", file=sys.stderr)
		return 1
	finally:
		if world:
			world.stop()
		if chosen.once and not chosen.state:
			shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
	sys.exit(main())
