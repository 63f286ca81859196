#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Clients against the running daemon: which APIs they may have, by file and by command, and what of before is named."""
import json
import os
import re
import signal
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap  # noqa: E402
from system import System, basic, change, decode, events, wait_until  # noqa: E402
from tap import check, contains, equal, lacks, test  # noqa: E402

API = "https://plain.example"


def answer(s, *words):
	return json.loads(s.cli(*words, "--json").stdout)


def restart(s):
	s.end(s.daemon)
	s.start_daemon()


class Plain(System):
	"""With an API that no scope means."""

	def write(self):
		super().write()
		change(self, ("resources:\n", f"resources:\n  - {{uri: {API}}}\n"))


@test
def a_machine_gets_the_apis_that_a_command_lists():
	with Plain() as s:
		done = answer(s, "client", "add", "job", "--grants", "client_credentials", "--resources", API, "--roles", "stock,night")
		equal((done["client"]["metadata"]["resources"], done["client"]["metadata"]["roles"]), ([API], "stock night"), "as registered")
		who = basic("job", done["client_secret"])
		reply = s.token(who, grant_type="client_credentials", resource=API)
		claims = decode(reply.json()["access_token"])[1]
		equal((claims["aud"], claims["roles"]), (API, ["stock", "night"]), "its token")
		reply = s.token(who, grant_type="client_credentials", resource=s.origin("api"))
		equal(reply.json()["error"], "invalid_target", "another API")
		contains(s.cli("client", "show", "job").stdout, "resources", "shown")


@test
def an_api_of_plain_tokens_is_no_client():
	"""What its verifiers take is typed as ID tokens are: nothing else may have that audience."""
	with Plain() as s:
		change(s, (f"  - {{uri: {API}}}\n", f"  - {{uri: {API}, typ: JWT}}\n"))
		s.cli("client", "add", API, "--grants", "client_credentials")
		contains(s.cli("check-config", check=False).stderr, "resources.typ: is JWT, and a client that was added by a command", "named")
		restart(s)
		contains(events(s, "config.mistake")[0]["reason"], "resources.typ", "and by the daemon")
		done = s.cli("client", "add", s.issuer + "/userinfo", "--grants", "client_credentials", check=False)
		contains(done.stderr, "client_id: access tokens of typ JWT are for that name", "no client later")
		added = answer(s, "client", "add", "job", "--grants", "client_credentials", "--resources", f"{API},{s.origin('api')}", "--scope", "orders:read")
		who = basic("job", added["client_secret"])
		equal(decode(s.token(who, grant_type="client_credentials", resource=API).json()["access_token"])[0]["typ"], "JWT", "for that API")
		equal(decode(s.token(who, grant_type="client_credentials", resource=s.origin("api")).json()["access_token"])[0]["typ"], "at+jwt", "for another")
		change(s, ("clients:\n", f"clients:\n  - {{client_id: {API}, token_endpoint_auth_method: none, redirect_uris: [\"https://client.example/cb\"]}}\n"))
		done = s.cli("check-config", check=False)
		equal(done.returncode, 4, "refused")
		contains(done.stderr, "typ: JWT cannot be", "with the line")
		change(s, (f"{API}, typ: JWT", f"{API}"))
		equal(s.cli("check-config", check=False).returncode, 0, "an API of at+jwt may be called as a client")


@test
def a_gateway_takes_such_tokens_and_no_id_token():
	s = System()
	s.edit_config = lambda text: text.replace(', scopes: ["orders:read"', ', typ: JWT, scopes: ["orders:read"', 1)
	s.edit_nginx = lambda text: text.replace("typ at+jwt;", "typ at+jwt JWT;", 1)
	with s:
		tokens = s.sign_in("alice")
		equal([decode(tokens[name])[0]["typ"] for name in ("access_token", "id_token")], ["JWT", "JWT"], "both typed alike")

		def status(url, name):
			return s.fetch(url, headers={"Authorization": "Bearer " + tokens[name]}).status
		for url in (s.origin("api") + "/orders", s.issuer + "/userinfo"):
			equal((status(url, "access_token"), status(url, "id_token")), (200, 401), url)
		refreshed = s.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"], client_id="shop").json()
		equal(decode(refreshed["access_token"])[0]["typ"], "JWT", "a refresh gives the same")


@test
def a_client_id_has_one_grammar_and_a_pattern_is_refused():
	with Plain(nginx=False) as s:
		for client_id in ("a:b", "https://client.example/"):
			s.cli("client", "add", client_id, "--auth", "none", "--redirect-uris", "https://client.example/cb")
			change(s, ("clients:\n", f'clients:\n  - {{client_id: "{client_id}2", token_endpoint_auth_method: none, redirect_uris: ["https://client.example/cb"]}}\n'))
		equal(s.cli("check-config", check=False).returncode, 0, "the file takes them too")
		for client_id in ('a"b', "a b", "ü"):
			equal(s.cli("client", "add", client_id, "--auth", "none", "--redirect-uris", "https://client.example/cb", check=False).returncode, 1, client_id)
		done = s.cli("client", "add", "wild", "--auth", "none", "--redirect-uris", "https://example.com/*", check=False)
		contains(done.stderr, "redirect_uris has a *, which stands for itself", "in words")
		done = s.cli("client", "add", "app", "--auth", "none", "--redirect-uris", "myapp://cb,app.immich:///oauth-callback", "--type", "native")
		contains(done.stdout, "myapp://cb", "an app of the field")


@test
def the_file_lists_apis_too_and_refuses_unknown_ones():
	with Plain() as s:
		reply = s.token(basic("stock-robot", s.secrets["stock-robot"]), grant_type="client_credentials", resource=API)
		equal(reply.json()["error"], "invalid_target", "not listed")
		change(s, ("    roles: customer\n", f"    roles: customer\n    resources: [{API}]\n"))
		restart(s)
		equal(decode(s.machine_token(resource=API))[1]["aud"], API, "listed")
		change(s, (f"resources: [{API}]", "resources: [https://typo.example]"))
		done = s.cli("check-config", check=False)
		equal(done.returncode, 4, "refused")
		contains(done.stderr, "clients", "where")
		contains(done.stderr, "resources: its entry 1", "which")


@test
def what_grants_of_before_hold_and_the_list_lacks_is_named():
	with Plain() as s:
		tokens = s.sign_in("alice")
		s.end(s.daemon)
		# As an older version left it: the API was asked for by name, and no list was looked at.
		with sqlite3.connect(os.path.join(s.state, "ostiary.db")) as db:
			changed = db.execute("UPDATE refresh_family SET context = json_remove(json_set(context, '$.resource', ?), '$.resources')", [API])
			check(changed.rowcount > 0, "a family")
			db.execute("DELETE FROM once")
		db.close()
		said = s.cli("check-config")
		contains(said.stderr, f"client shop holds grants for {API}", "check-config says so")
		s.start_daemon()
		named = [(e["client_id"], e["resource"]) for e in events(s, "client.resource_not_listed")]
		equal(named, [("shop", API)], "the first start says so")
		refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_id": "shop"}
		equal(s.token(**refresh).json()["error"], "invalid_target", "refused meanwhile")
		change(s, ("    scope: openid profile email offline_access orders:read orders:write\n",
			f"    scope: openid profile email offline_access orders:read orders:write\n    resources: [{API}, \"{s.origin('api')}\"]\n"))
		restart(s)
		lacks(s.cli("check-config").stderr, "holds grants", "mended")
		equal(len(events(s, "client.resource_not_listed")), 1, "and named once only")
		check(API in decode(s.token(**refresh).json()["access_token"])[1]["aud"], "the family goes on")


@test
def what_parts_of_a_configuration_say_against_each_other_is_found():
	mistakes = (
		(("    client_id: web\n    client_secret_file: web.secret\n    scope", "    client_id: nobody\n    client_secret_file: web.secret\n    scope"),
			"gateways.client_id: there is no such client"),
		(("    client_id: web\n    client_secret_file: web.secret\n    scope", "    client_id: web\n    client_secret_file: stock-robot.secret\n    scope"),
			"gateways.client_secret_file: holds another secret"),
		(("    client_id: web\n    client_secret_file: web.secret\n    scope", "    client_id: stock-robot\n    client_secret_file: stock-robot.secret\n    scope"),
			"gateways.client_id: its client's grant_types has no authorization_code"),
		(("    client_id: web\n    client_secret_file: web.secret\n    scope", "    client_id: web\n    client_secret_file: web.secret\n    return_to: [/goodbye]\n    scope"),
			 "gateways.return_to: its client's post_logout_redirect_uris lacks"),
		(("  - host: web.localhost", "  - host: other.localhost"), "gateways.host: its client's redirect_uris lacks"),
		(("    scope: openid profile email offline_access orders:read orders:write\n    resource", "    scope: openid bills:read\n    resource"),
			"gateways.scope: asks for bills:read"),
		(("    resource: ", "    resource: https://none.example # "), "gateways.resource: is no uri"),
		(("    grant_types: [authorization_code, refresh_token]\n    scope: openid profile email offline_access orders:read orders:write\n    trusted",
			"    scope: openid profile email offline_access orders:read orders:write\n    trusted"), "has offline_access, and its client's grant_types"),
		(("directory: sqlite\n", "directory: sqlite:/elsewhere/x.db\n"), "directory: names a file outside the state folder"),
		(("users:\n", "user: nobody-of-that-name\nusers:\n"), "user: there is no user nobody-of-that-name on this system"),
		(("users:\n", "forward_auth:\n  - {name: x, audience: https://none.example}\nusers:\n"), "forward_auth.audience: is no uri"),
	)
	with Plain(nginx=False) as s:
		with open(s.config) as f:
			good = f.read()
		equal(s.cli("check-config", check=False).returncode, 0, "the example is without mistakes")
		for pair, want in mistakes:
			with open(s.config, "w") as f:
				f.write(good)
			change(s, pair)
			done = s.cli("check-config", check=False)
			equal(done.returncode, 4, f"{want}: {done.stderr}")
			contains(done.stderr, want, "said")
		with open(s.config, "w") as f:
			f.write(good)
		change(s, mistakes[0][0], ("directory: sqlite\n", "directory: sqlite:not-there-yet.db\n"))
		contains(s.cli("check-config", check=False).stderr, "gateways.client_id: is not in this file, and the store cannot be read", "nobody knows")
		with open(s.config, "w") as f:
			f.write(good)
		change(s, ("/_ostiary/callback\"]", "/_ostiary/callback\", \"https://x.example/*\"]"))
		contains(s.cli("check-config", check=False).stderr, "clients.redirect_uris: has a *", "a pattern")
		restart(s)
		said = events(s, "config.mistake")[0]["reason"]
		contains(said, "has a *", "and the daemon starts, and says it")
		check(re.match(re.escape(s.config) + r":\d+:\d+: clients\.", said), f"with the place, and nothing else of the file: {said}")


def hup(s):
	before = len(events(s, "reload.done"))
	s.daemon.send_signal(signal.SIGHUP)
	wait_until(lambda: len(events(s, "reload.done")) > before, "the reload", 30, s.daemon)


@test
def a_command_does_not_change_what_the_file_writes():
	with Plain(nginx=False) as s:
		for words in (("user", "roles", "alice", "admin"), ("user", "delete", "alice"), ("client", "delete", "shop")):
			done = s.cli(*words, check=False)
			equal(done.returncode, 1, " ".join(words))
			check(f"of {os.path.realpath(s.config)}: change it there" in done.stderr and "line " in done.stderr, f"the line to edit: {done.stderr}")
		equal(answer(s, "user", "show", "alice")["user"]["roles"], ["customer"], "as before")
		s.cli("user", "disable", "alice")
		s.cli("user", "enable", "alice")
		with open(os.path.join(s.folder, "fresh"), "w") as f:
			f.write("a long enough pass phrase\n")
		os.chmod(f.name, 0o600)
		s.cli("user", "password", "alice", "--password-file", f.name)
		change(s, ("password_file: alice.password", "password_file: alice.password, reset_password: true"))
		hup(s)
		done = s.cli("user", "password", "alice", "--password-file", f.name, check=False)
		contains(done.stderr, "change it there", "a password that the file sets")
		s.cli("user", "add", "carol", "--no-password")
		s.cli("user", "roles", "carol", "admin")
		s.cli("user", "delete", "carol")


@test
def a_client_is_disabled_enabled_and_gets_a_new_secret():
	with Plain(nginx=False) as s:
		secret = answer(s, "client", "add", "job", "--grants", "client_credentials", "--resources", API)["client_secret"]

		def asks(secret):
			reply = s.fetch_daemon("/token", "POST", basic("job", secret), {"grant_type": "client_credentials", "resource": API})
			return reply.status
		equal(asks(secret), 200, "as added")
		equal(answer(s, "client", "disable", "job")["client"]["disabled"], True, "disabled")
		equal(asks(secret), 401, "refused")
		s.cli("client", "enable", "job")
		equal(asks(secret), 200, "enabled")
		fresh = answer(s, "client", "rotate-secret", "job")["client_secret"]
		equal((asks(secret), asks(fresh)), (401, 200), "a new secret")
		contains(s.cli("client", "rotate-secret", "stock-robot", check=False).stderr, "change it there", "the file's secret is the file's")
		contains(s.cli("client", "rotate-secret", "shop", check=False).stderr, "it has no client_secret", "a public client")
		s.cli("client", "disable", "stock-robot")
		restart(s)
		equal(answer(s, "client", "show", "stock-robot")["client"]["disabled"], True, "the lock is state")


@test
def single_members_of_a_client_and_a_user_are_set():
	with Plain(nginx=False) as s:
		home = "https://app.example/"
		s.cli("client", "add", "app", "--auth", "none", "--redirect-uris", home + "a," + home + "b", "--scope", "openid profile", "--policy", home)
		done = answer(s, "client", "set", "app", "--redirect-uris", home + "c", "--trusted", "true", "--unset", "policy")
		lacks(done, "client_secret", "of a public client")
		want = {"client_id": "app", "token_endpoint_auth_method": "none", "redirect_uris": [home + "c"], "scope": "openid profile", "trusted": True}
		equal(done["client"]["metadata"], want, "these, and no others")
		equal(answer(s, "client", "show", "app")["client"]["metadata"], want, "kept")
		done = answer(s, "client", "set", "app", "--auth", "client_secret_basic")
		check(len(done["client_secret"]) == 43 and done["client"]["has_secret"], "a secret where it needs one now")
		first = done["client_secret"]
		lacks(answer(s, "client", "set", "app", "--name", "An App"), "client_secret", "not a second one")
		check(answer(s, "client", "secret", "rotate", "app")["client_secret"] != first, "another one")
		equal(answer(s, "client", "set", "app", "--auth", "none")["client"]["has_secret"], False, "none any more")
		for words, code, why in (
			(("client", "set", "shop", "--name", "x"), 1, "change it there"), (("client", "set", "app"), 2, "needs what is to change"),
			(("client", "set", "app", "--unset", "nothing"), 2, "no such option"), (("client", "set", "app", "--unset", "name", "--name", "x"), 2, "beside it"),
			(("client", "set", "app", "--redirect-uris", "https://app.example/*"), 1, "has a *"), (("client", "set", "app", "--trusted", "yes"), 2, "true or false"),
			(("client", "set", "app", "--resources", "https://typo.example"), 1, "resources names an API"), (("client", "set", "app", "--unset", "redirect-uris"), 1, "redirect_uris"),
			(("client", "set", "nobody", "--name", "x"), 1, "no client nobody"), (("client", "secret", "show", "app"), 2, "one action"),
			(("user", "set", "alice", "--email", "a@x.example"), 1, "change it there"), (("user", "set", "carol"), 2, "needs one of"),
			(("user", "set", "carol", "--login", "alice"), 1, "change it there"), (("user", "set", "carol", "--login", "dan"), 1, "there is a user dan already"),
			(("user", "set", "carol", "--email", "no-address"), 1, "an e-mail address has one @"), (("user", "set", "carol", "--verified", "yes"), 2, "true or false"),
		):
			if words[:2] == ("client", "secret"):
				s.cli("user", "add", "carol", "--no-password", "--roles", "customer", "--email", "c@x.example")
				s.cli("user", "add", "dan", "--no-password")
			done = s.cli(*words, check=False)
			equal(done.returncode, code, f"{words}: {done.stderr}")
			contains(done.stderr, why, str(words))
		changes = [e for e in answer(s, "audit", "list")["audit"] if e["event"] == "client.changed"]
		equal((len(changes), changes[-1]["detail"]), (4, {"members": ["redirect_uris", "trusted", "policy_uri"]}), "audited, with the members")

		def user(*words):
			u = answer(s, "user", "set", *words)["user"]
			return u["login"], u["name"], u["email"], u["email_verified"], u["roles"]
		equal(user("carol", "--verified", "true", "--name", "Carol"), ("carol", "Carol", "c@x.example", True, ["customer"]), "two of them")
		equal(user("carol", "--login", "Caroline"), ("caroline", "Carol", "c@x.example", True, ["customer"]), "another login")
		equal(user("caroline", "--email", "d@x.example")[2:4], ("d@x.example", False), "another address is not verified")
		equal(user("caroline", "--email", "e@x.example", "--verified", "true")[2:4], ("e@x.example", True), "but where that is said")
		equal(user("caroline", "--name", "", "--email", "")[1:4], ("", "", False), "taken away")


@test
def what_is_removed_from_the_file_is_disabled_until_it_is_back():
	with Plain(nginx=False) as s:
		with open(s.config) as f:
			good = f.read()
		s.cli("user", "add", "carol", "--no-password")
		start = good.index("  # A machine: no person")
		less = good[:start] + good[good.index("users:\n"):]
		less = "\n".join(line for line in less.splitlines() if "login: bob" not in line) + "\n"
		with open(s.config, "w") as f:
			f.write(less)
		hup(s)
		equal(answer(s, "client", "show", "stock-robot")["client"]["disabled"], True, "the client")
		equal([answer(s, "user", "show", who)["user"]["disabled"] for who in ("alice", "bob", "carol")], [False, True, False], "the users")
		equal([e["name"] for e in events(s, "client.disabled") + events(s, "user.disabled")], ["stock-robot", "bob"], "said")
		s.cli("user", "enable", "bob")
		restart(s)
		equal(answer(s, "user", "show", "bob")["user"]["disabled"], False, "who was enabled by a command stays")
		with open(s.config, "w") as f:
			f.write(good)
		restart(s)
		equal(answer(s, "client", "show", "stock-robot")["client"]["disabled"], False, "back")
		# An older version did not remember what the file wrote: its first start disables nothing.
		s.end(s.daemon)
		with sqlite3.connect(os.path.join(s.state, "ostiary.db")) as db:
			db.execute("DELETE FROM owned")
		db.close()
		with open(s.config, "w") as f:
			f.write(less)
		s.start_daemon()
		equal(answer(s, "client", "show", "stock-robot")["client"]["disabled"], False, "nothing at the first start")


tap.main()
