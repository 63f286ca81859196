#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the command line tells an operator: the audit trail's events, who is shut out of an account, what `init` made."""
import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap  # noqa: E402
from system import System, agent, events, pkce  # noqa: E402
from tap import check, contains, equal, lacks, test  # noqa: E402

OK, FAILED, USAGE, UNREACHABLE, CONFIG = range(5)


def run(s, *words):
	return s.cli(*words, check=False)


def answer(s, *words):
	return json.loads(s.cli(*words, "--json").stdout)


@test
def an_event_that_is_none_is_refused_with_those_that_there_are():
	root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
	with System(nginx=False) as s:
		done = run(s, "audit", "list", "--event", "foo")
		equal(done.returncode, FAILED, done.stderr)
		contains(done.stderr, "there is no event foo; there are user.signed_in, ", "the list")
		told = set(re.findall(r"[a-z]+\.[a-z_]+", done.stderr.split("there are", 1)[1]))
		with open(os.path.join(root, "man", "ostiary.1")) as f:
			manual = f.read().split(".Sh AUDIT EVENTS", 1)[1].split("\n.Sh ", 1)[0]
		recorded, log_only = (set(re.findall(r"^\.It Cm (\S+)$", part, re.M)) for part in manual.split(".Ss In the log alone"))
		equal(told, recorded, "as the manual has them")
		check(len(recorded) > 30 and len(log_only) > 3, str(log_only))
		for event in sorted(told)[:3]:
			equal(run(s, "audit", "list", "--event", event).returncode, OK, event)
		for event in sorted(log_only)[:2]:
			equal(run(s, "audit", "list", "--event", event).returncode, FAILED, event)


@test
def each_record_is_a_line_of_the_log_too():
	with System(nginx=False) as s:
		s.cli("tenant", "add", "acme", "Acme")
		s.cli("user", "add", "carol", "--no-password")
		s.cli("user", "set", "carol", "--name", "Carol")
		s.cli("user", "unlock", "carol")
		s.cli("user", "delete", "carol")
		s.cli("key", "rotate")
		guess(s, "bob", "wrong password")
		records = answer(s, "audit", "list", "--limit", "500")["audit"]
		told = [(e["what"], e["request_id"], e["sub"], e["actor"]) for e in events(s, "audit")]
		for r in records:
			line = (r["event"], r.get("request_id") or "", r.get("sub") or "", r.get("actor") or "")
			check(line in told, f"{line} is not in {told}")
		names = {r["event"] for r in records}
		for name in ("tenant.added", "user.added", "user.changed", "user.unlocked", "user.ended", "user.deleted", "key.rotated", "client.applied",
				"user.sign_in_failed"):
			check(name in names, f"{name} in {names}")


def guess(s, login, password):
	"""A sign-in page of a fresh browser at one network, and its form with that password."""
	headers = {"X-Forwarded-For": "198.51.100.9", "Sec-Fetch-Site": "same-origin", "Origin": s.issuer}
	reply = s.fetch_daemon(s.authorize_url(challenge=pkce()[1])[len(s.issuer):], headers=headers)
	jar = "; ".join(line.split(";")[0] for line in reply.all("Set-Cookie"))
	if reply.status in (302, 303):
		reply = s.fetch_daemon(reply.location.removeprefix(s.issuer), headers={**headers, "Cookie": jar})
	form = agent.Forms(reply.text).forms[0]
	fields = {**{f["name"]: f.get("value") or "" for f in form["fields"]}, "login": login, "password": password}
	return s.fetch_daemon(form["action"].removeprefix(s.issuer), "POST", {**headers, "Cookie": jar}, fields)


@test
def user_show_says_who_is_shut_out():
	with System(nginx=False) as s:
		equal((answer(s, "user", "show", "bob")["user"]["failed_attempts"], answer(s, "user", "show", "bob")["user"]["throttled"]), (0, "no"), "at first")
		for i in range(11):
			guess(s, "bob", f"wrong password {i}")
		user = answer(s, "user", "show", "bob")["user"]
		equal((user["failed_attempts"], user["throttled"]), (10, "a network with 10 failed attempts, for minutes"), "after guesses")
		shown = s.cli("user", "show", "bob").stdout
		contains(shown, "failed attempts today", "people too")
		contains(shown, "a network with 10 failed attempts", "in words")
		s.cli("user", "unlock", "bob")
		equal(answer(s, "user", "show", "bob")["user"]["throttled"], "no", "unlocked")
		lacks(s.cli("user", "enable", "bob").stdout, "shut out", "other commands do not look")


@test
def init_and_check_config_speak_json():
	with System(nginx=False) as s, tempfile.TemporaryDirectory(prefix="ostiary-") as place:
		config, state = os.path.join(place, "ostiary.yaml"), os.path.join(place, "state")
		key = os.path.join(state, "key-encryption.key")
		for made in (True, False):
			done = subprocess.run([s.binary, "init", "--json", "-c", config, "--state", state], capture_output=True, text=True)
			equal((done.returncode, done.stderr), (OK, ""), "init")
			equal(json.loads(done.stdout), {"config": config, "config_made": made, "key_encryption_key": key, "key_encryption_key_made": made, "state": state},
				"what there is, and what was made")
		done = subprocess.run([s.binary, "check-config", "--json", config], capture_output=True, text=True)
		equal((done.returncode, json.loads(done.stdout)), (OK, {"config": config, "good": True}), "check-config")
		with open(config, "a") as f:
			f.write("nonsense: 1\n")
		done = subprocess.run([s.binary, "check-config", "--json", config], capture_output=True, text=True)
		equal((done.returncode, done.stdout), (CONFIG, ""), "nothing that says good")
		contains(done.stderr, "nonsense", "what is wrong")


@test
def the_sample_is_aligned():
	with System(nginx=False) as s, tempfile.TemporaryDirectory(prefix="ostiary-") as place:
		for name, words in (("a", ()), ("b", ("--issuer", "https://a-rather-long-name.of-a-provider.example.com/realms/one"))):
			config = os.path.join(place, name + ".yaml")
			done = subprocess.run([s.binary, "init", "-c", config, "--state", os.path.join(place, name), *words], capture_output=True, text=True)
			equal(done.returncode, OK, done.stderr)
			with open(config) as f:
				lines = f.read().split("\n")
			places = {line.rindex("  # ") for line in lines[1:7] if "  # " in line}
			equal(len(places), 1, "\n".join(lines[:8]))
			check(max(map(len, lines)) <= 120 + len(" ".join(words)), "no line beyond the screen")


tap.main()
