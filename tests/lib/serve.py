#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the system for tests in Node: says where all is as one line of JSON, then answers commands, a line each.

The first line on standard input is {"clients": YAML rows, "files": {name: text}, "tls": false}. Then {"visit": url,
"until": prefix, "user": name}: walks sign-in and consent as a browser and answers {"url": where it would go next}.
{"cli": [words]}: runs `ostiary words…`. Ends when standard input does.
"""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import system  # noqa: E402


def add_clients(rows):
	return lambda text: text.replace("\nusers:\n", "\n" + rows + "\nusers:\n", 1) if rows else text


def start(wish):
	s = system.System(tls=wish.get("tls", False), edit_config=None)

	def edit(text):
		for name, content in wish.get("files", {}).items():
			with open(os.open(os.path.join(s.folder, name), os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
				f.write(content)
		return add_clients(wish.get("clients"))(text).replace("@ORIGIN@", s.origin("shop"))
	s.edit_config = edit
	return s


def describe(s):
	return {"issuer": s.issuer, "shop": s.origin("shop"), "api": s.origin("api"), "web": s.origin("web"), "ca": s.ca,
		"passwords": s.passwords, "secrets": s.secrets, "folder": s.folder, "binary": s.binary, "config": s.config, "port": s.port}


def command(s, browsers, order):
	if "cli" in order:
		done = s.cli(*order["cli"], check=False)
		return {"status": done.returncode, "out": done.stdout, "err": done.stderr}
	browser = browsers.setdefault(order.get("browser", ""), s.browser())
	reply = browser.get(order["visit"], until=order["until"], initiator=order.get("initiator"))
	if not (reply.location or "").startswith(order["until"]):
		if order.get("press"):
			reply = browser.submit(reply, until=order["until"])
		else:
			reply = s.answer_pages(browser, reply, order["user"], order["until"])
	return {"url": reply.location, "status": reply.status}


def main():
	with start(json.loads(sys.stdin.readline())) as s:
		print(json.dumps(describe(s)), flush=True)
		browsers = {}
		for line in sys.stdin:
			try:
				answer = command(s, browsers, json.loads(line))
			except (AssertionError, OSError, system.Trouble) as error:
				answer = {"error": str(error)}
			print(json.dumps(answer), flush=True)


if __name__ == "__main__":
	main()
