#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Configurations that protect nothing are refused by nginx -t, or are safe: every way that we know in which somebody may come in unasked."""
import json
import os
import re
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from gate import Gate, HmacKey, jwt  # noqa: E402
import tap  # noqa: E402
from tap import check, equal, test  # noqa: E402

KEY = HmacKey("one")
ONE = "ostiary_issuer one { issuer https://i; algs HS256; audience a; keys file @DIR@/keys.jwks; }"
RULE = "ostiary_require scope all orders:read;"
PAGES = "location ^~ /_ostiary/ { ostiary provider; proxy_pass http://backend; }"


def gate(locations, http="", **more):
	g = Gate(locations, http=ONE + http, **more)
	g.write("keys.jwks", json.dumps({"keys": [KEY.jwk()]}))
	return g


def checked(locations, server="", http="", link=False):
	g = gate(locations, http, server=server, link=link)
	try:
		return g.check()
	finally:
		g.close()


def refused(what, words, locations, **more):
	code, text = checked(locations, **more)
	lines = [line for line in text.splitlines() if "[emerg]" in line]
	check(code != 0 and lines, f"{what}: {text}")
	check(lines and words in lines[0], f"{what}: says “{words}”: {text}")
	check(lines and re.search(r"in \S+/nginx\.conf:\d+$", lines[0]), f"{what}: file and line: {text}")


def accepted(what, locations, warning=None, **more):
	code, text = checked(locations, **more)
	equal(code, 0, f"{what}: {text}")
	found = [line for line in text.splitlines() if "[warn]" in line]
	equal(len(found), 1 if warning else 0, f"{what}: {text}")
	if warning:
		check(warning in found[0] and re.search(r"nginx\.conf:\d+$", found[0]), f"{what}: {text}")


@test
def rules_that_nobody_is_held_to():
	nothing = "protects nothing"
	refused("no mode", nothing, f"location /a {{ {RULE} }}")
	refused("no mode, from the server", nothing, "location / { }", server=RULE)
	refused("no mode, from http", nothing, "location / { ostiary off; }", http=RULE)
	refused("one location without", nothing, "location / { ostiary bearer one; } location /b { }", server=RULE)
	refused("the server's own level", nothing, "location /a { ostiary bearer one; }", server=RULE)
	refused("an outer location", nothing, f"location /a {{ {RULE} location /a/b {{ ostiary bearer one; }} }}")
	refused("after off", nothing, f"location /a {{ ostiary off; {RULE} }}")
	refused("under an off from above", nothing, f"location /a {{ {RULE} }}", server="ostiary off;")
	refused("with provider", nothing, f"location /a {{ ostiary provider; {RULE} }}")
	refused("inside limit_except", nothing, f"location /a {{ limit_except GET {{ {RULE} }} }}")
	refused("for some methods only", nothing, f"location /a {{ {RULE} limit_except GET {{ ostiary bearer one; }} }}")
	refused("a named location", nothing, f"location @a {{ {RULE} }}")
	refused("a pattern", nothing, f"location ~ ^/a {{ {RULE} }}")
	accepted("the mode above", f"location /a {{ {RULE} }}", server="ostiary bearer one;")
	accepted("the mode beside", f"location /a {{ ostiary bearer one; {RULE} }}")
	accepted("an opening by name", "location / { } location /open { ostiary off; }", server="ostiary bearer one; " + RULE)


@test
def the_line_is_the_rule_s_own():
	g = gate(f"location /a {{\n ostiary off;\n {RULE}\n }}", link=False)
	try:
		_, text = g.check()
		line = int(re.search(r"nginx\.conf:(\d+)", text)[1])
		with open(g.path("nginx.conf")) as f:
			check("ostiary_require" in f.read().splitlines()[line - 1], f"line {line}: {text}")
	finally:
		g.close()


@test
def rules_without_a_word():
	for rule, words in (("scope all", "names no word"), ("role any", "names no word"), ("claim email", "names no value"), ("scope all \"\"", "empty word"),
			("role any a \"\"", "empty word"), ("claim \"\" x", "takes a claim's name"), ("claim /a~b x", "takes a claim's name"), ("scope all \"a b\"", "a word of its own")):
		refused(rule, words, f"location /a {{ ostiary bearer one; ostiary_require {rule}; }}")
	refused("nothing at all", "invalid number of arguments", "location /a { ostiary bearer one; ostiary_require; }")
	refused("a condition", "not allowed here", "location /a { ostiary bearer one; if ($arg_x) { ostiary off; } }")
	refused("a condition of the server", "not allowed here", "location /a { }", server="if ($arg_x) { ostiary off; }")
	refused("two modes", "given twice", "location /a { ostiary bearer one; ostiary off; }")
	accepted("a role with a space", "location /a { ostiary bearer one; ostiary_require role any \"Domain Users\"; }")


@test
def headers_that_cannot_be_set():
	for name in ("X-User-Id", "x_user_id", "X.Roles", "X-Scope", "X-Client-Id", "X-Tenant-Id", "X-Session-Id"):
		refused(name, "sets already", f"location /a {{ ostiary bearer one; ostiary_header {name} email; }}")
	for name in ("Authorization", "authorization", "Host", "Connection", "Content-Length", "Transfer-Encoding", "Cookie", "TE", "Upgrade", "Trailer", "Expect",
			"Keep-Alive", "Proxy-Authorization", "Sec-Fetch-Site", "Origin", "X-Forwarded-For", "X-Forwarded-Host", "content_length"):
		refused(name, "take another name", f"location /a {{ ostiary bearer one; ostiary_header {name} email; }}")
		refused(name, "take another name", "location /a { }", http=f"ostiary_delete_header {name};")
	for name in ("\"X Email\"", "X-Email:", "\"\"", "Ünicode", "-X", "\"X\\r\\nY\""):
		refused(name, "the name of a header", f"location /a {{ ostiary bearer one; ostiary_header {name} email; }}")
	refused("twice", "twice", "location /a { ostiary bearer one; ostiary_header X-Email email; ostiary_header x_email other; }")
	refused("no claim", "takes a claim's name", "location /a { ostiary bearer one; ostiary_header X-Email \"\"; }")
	accepted("its own", "location /a { ostiary bearer one; ostiary_header X-Email email; ostiary_header X-Issuer iss; }")


@test
def sessions_without_their_pages():
	loop = "does not lead to the daemon"
	refused("none", loop, "location / { ostiary session; }", link=True)
	refused("not the provider's", loop, "location / { ostiary session; } location ^~ /_ostiary/ { proxy_pass http://backend; }", link=True)
	refused("off", loop, "location / { ostiary session; } location ^~ /_ostiary/ { ostiary off; proxy_pass http://backend; }", link=True)
	refused("taken by a pattern", loop, "location / { ostiary session; } location /_ostiary/ { ostiary provider; } location ~ log { ostiary session; }", link=True)
	refused("only one page", loop, "location / { ostiary session; } location = /_ostiary/login { ostiary provider; }", link=True)
	refused("taken by a longer one", loop, f"location / {{ ostiary session; }} {PAGES} location /_ostiary/call {{ }}", server="ostiary session;", link=True)
	refused("from the server", loop, "location / { }", server="ostiary session;", link=True)
	refused("from http", loop, "location / { }", http="ostiary session;", link=True)
	refused("inside limit_except", loop, "location / { limit_except GET { ostiary session; } }", link=True)
	accepted("as it should be", "location / { ostiary session; } " + PAGES, link=True)
	accepted("without ^~, where no pattern takes it", "location / { ostiary session; } location /_ostiary/ { ostiary provider; proxy_pass http://backend; } location ~ [.]php$ { ostiary session; }", link=True)
	accepted("inside another location", "location / { ostiary session; location ^~ /_ostiary/ { ostiary provider; proxy_pass http://backend; } }", link=True)
	accepted("by a pattern", "location / { ostiary session; } location ~ ^/_ostiary/ { ostiary provider; proxy_pass http://backend; }", link=True)
	accepted("another server that only redirects", "location / { ostiary session; } " + PAGES, link=True,
		http="server { listen 127.0.0.1:@PORT@; server_name plain.localhost; ostiary session; return 301 https://$host$request_uri; }")


@test
def places_of_the_daemon_that_lead_nowhere_are_warned_about():
	nowhere = "has no proxy_pass and checks no identity"
	accepted("a location", "location / { proxy_pass http://backend; } location /id/ { ostiary provider; }", nowhere)
	accepted("one with files", "location / { proxy_pass http://backend; } location /id/ { ostiary provider; root @DIR@; }", nowhere)
	accepted("the gateway's pages", "location / { ostiary session; } location ^~ /_ostiary/ { ostiary provider; }", nowhere, link=True)
	accepted("from the server", "location / { proxy_pass http://backend; } location /static/ { root @DIR@; }", nowhere, server="ostiary provider;")
	accepted("the server's own level", "location /a { proxy_pass http://backend; }", nowhere, server="ostiary provider;")
	accepted("a name", "location / { ostiary off; try_files /none @id; } location @id { ostiary provider; }", nowhere)
	accepted("around one that leads there", "location /id/ { ostiary provider; location /id/a { proxy_pass http://backend; } }", nowhere)
	accepted("the daemon", "location / { ostiary provider; proxy_pass http://backend; }")
	accepted("the daemon, from the server", "location / { proxy_pass http://backend; }", server="ostiary provider;")
	accepted("by a name", "location / { ostiary provider; try_files /none @id; } location @id { ostiary provider; proxy_pass http://backend; }")
	accepted("by a rewrite", "location /old/ { ostiary provider; rewrite ^ /id/ last; } location /id/ { ostiary provider; proxy_pass http://backend; }")
	accepted("an answer of its own", "location /gone { ostiary provider; return 410; }")
	accepted("for some methods", "location / { ostiary provider; proxy_pass http://backend; limit_except GET { deny all; } }")
	accepted("in a condition", "location / { ostiary provider; if ($arg_x) { proxy_pass http://backend; } proxy_pass http://backend; }")
	accepted("open on purpose", "location / { proxy_pass http://backend; } location /static/ { ostiary off; root @DIR@; }", server="ostiary provider;")
	accepted("files for those who have a token", "location / { ostiary bearer one; root @DIR@; }")
	accepted("files for those who have a session", "location / { ostiary session; root @DIR@; } " + PAGES, link=True)


@test
def what_answers_before_the_question_is_warned_about():
	accepted("return", "location /a { ostiary bearer one; return 200 secret; }", "answers before")
	accepted("return in a condition", "location /a { ostiary bearer one; if ($arg_x) { return 200 secret; } }", "answers before")
	accepted("return of the server", "location /a { }", "answers before", server="ostiary bearer one; return 200 secret;")
	accepted("return to an error page", "location /a { ostiary bearer one; error_page 418 = @b; return 418; } location @b { }", "answers before")
	accepted("rewrite", "location /a { ostiary bearer one; rewrite ^ /b last; } location /b { }", "leaves it before")
	accepted("rewrite without a word", "location /a { ostiary bearer one; rewrite ^ /b; } location /b { }", "leaves it before")
	accepted("nothing shown", "location /a { ostiary bearer one; if ($request_method = OPTIONS) { return 204; } if ($arg_x) { return 403; } return 302 /b; }")
	accepted("rewrite that stays", "location /a { ostiary bearer one; rewrite ^/a/(.*)$ /$1 break; rewrite ^/x$ /y redirect; if ($uri ~ x) { set $y 1; } }")
	accepted("an open one", "location /a { ostiary off; return 200 hello; rewrite ^ /b last; }")


# Every one leads to the backend if somebody comes in unasked.
SAFE = """
	error_page 400 401 403 404 405 500 502 503 = /protected;
	location / { ostiary bearer one; proxy_pass http://backend; }
	location /protected { ostiary bearer one; proxy_pass http://backend; }
	location /satisfy { ostiary bearer one; satisfy any; allow all; proxy_pass http://backend; }
	location /limit { ostiary bearer one; limit_except GET { allow all; } proxy_pass http://backend; }
	location /except { limit_except GET { ostiary bearer one; } proxy_pass http://backend; }
	location /if { ostiary bearer one; if ($arg_x) { proxy_pass http://backend; } proxy_pass http://backend; }
	location /set { ostiary bearer one; set $x 1; proxy_pass http://backend; }
	location /outer { ostiary bearer one; location /outer/inner { proxy_pass http://backend; } }
	location ~ ^/pattern { ostiary bearer one; proxy_pass http://backend; }
	location = /exact { ostiary bearer one; proxy_pass http://backend; }
	location /try { ostiary bearer one; try_files /none @open; }
	location @open { ostiary off; proxy_pass http://backend; }
	location /return { ostiary bearer one; try_files /none @return; }
	location @return { ostiary off; return 200 "{\\"line\\": \\"\\", \\"headers\\": []}"; }
	location /break { ostiary bearer one; rewrite ^/break/(.*)$ /$1 break; proxy_pass http://backend; }
	location /last { ostiary off; rewrite ^ /protected last; }
	location /beside { ostiary bearer one; auth_request /yes; proxy_pass http://backend; }
	location = /yes { internal; ostiary off; return 200; }
	location /page { ostiary bearer one; error_page 401 403 = @open; proxy_pass http://backend; }
	location /intercept { ostiary bearer one; proxy_intercept_errors on; error_page 401 =200 @open; proxy_pass http://backend; }
	location /mirror { ostiary off; mirror /protected; proxy_pass http://mirrored; }
	location /ssi { ostiary off; ssi on; ssi_types *; proxy_pass http://mirrored; }
	location /accel { ostiary off; proxy_pass http://accel; }
	location /methods { ostiary bearer one; dav_methods PUT DELETE; root @DIR@/files; }
	location /files { ostiary bearer one; root @DIR@; autoindex on; }
	location /override { ostiary bearer one; proxy_set_header X-Roles $http_x_roles; proxy_set_header X-User-Id $http_x_user_id; proxy_pass http://backend; }
	location /noheaders { ostiary bearer one; proxy_pass_request_headers off; proxy_pass http://backend; }
	location /open { proxy_pass http://backend; }
"""
SERVERS = """
	upstream mirrored { server 127.0.0.1:@PORT@; }
	upstream accel { server 127.0.0.1:@PORT@; }
	server { listen 127.0.0.1:@PORT@; server_name mirrored; location / { return 200 '<!--# include virtual="/protected" -->'; } }
	server { listen 127.0.0.1:@PORT@; server_name accel; add_header X-Accel-Redirect /protected always; location / { return 200 x; } }
	server { listen 127.0.0.1:@PORT@; server_name other.localhost; location / { proxy_pass http://backend; } location /off { ostiary off; proxy_pass http://backend; } }
"""
SPOOFS = [("X-User-Id", "root"), ("X_User_Id", "root"), ("X-Roles", "admin"), ("x.roles", "admin"), ("X-Email", "root@x")]


def token(**more):
	now = int(time.time())
	return jwt(KEY, {"iss": "https://i", "aud": "a", "sub": "u1", "exp": now + 300, "iat": now, **more})


def paths():
	return ["/", "/protected", "/satisfy", "/if?x=1", "/if", "/set", "/outer/inner", "/pattern", "/exact", "/try", "/return", "/break/open", "/last", "/beside",
		"/page", "/intercept", "/override", "/noheaders", "/files/secret", "/methods/secret", "/limit"]


@test
def nobody_comes_in_unasked():
	g = gate(SAFE, " underscores_in_headers on; ignore_invalid_headers off; " + SERVERS, link=False)
	os.mkdir(g.path("files"))
	g.write("files/secret", "secret", 0o644)
	with g:
		for path in paths():
			for headers in ([], [("Authorization", "Bearer a.b.c")], [("Authorization", "Basic eDp4")]):
				reply = g.ask(path, [*headers, *SPOOFS])
				equal(reply.status, 401, f"{path} {headers}")
				check(reply.get("WWW-Authenticate"), f"{path}: the gateway's own answer")
		for method in ("PUT", "DELETE", "POST", "OPTIONS", "HEAD", "BREW"):
			for path in ("/except", "/limit", "/methods/new", "/protected"):
				if (method, path) == ("HEAD", "/except"):
					continue # limit_except takes it for GET
				equal(g.ask(path, SPOOFS, method=method).status, 401, f"{method} {path}")
		check(not os.path.exists(g.path("files/methods")), "nothing was written")
		equal(g.ask("/protected", [("Connection", "X-User-Id")]).status, 400, "nor by the page of an error that is protected")
		equal(g.backend.seen, 0, "the backend saw nothing")
		check("headers" not in g.ask("/ssi").body.decode(), "nothing by an include")
		g.ask("/mirror")
		g.ask("/accel")
		equal(g.backend.seen, 0, "nor by a mirror or X-Accel-Redirect")
		equal(g.ask("/except").status, 200, "GET, which this limit_except leaves open")


@test
def with_a_token_they_all_lead_on():
	g = gate(SAFE, " underscores_in_headers on; ignore_invalid_headers off; " + SERVERS, link=False)
	os.mkdir(g.path("files"))
	g.write("files/secret", "secret", 0o644)
	with g:
		for path in paths():
			if path in ("/methods/secret",):
				continue
			reply = g.bearer(path, token(roles=["r"]), SPOOFS)
			equal(reply.status, 200, path)
			if not path.startswith("/files") and path not in ("/return",):
				equal([v for v in reply.seen("X-User-Id") + reply.seen("X-Roles") if v not in ("u1", "r")], [], f"{path}: nothing forged")
		equal(g.bearer("/override", token(roles=["r"]), SPOOFS).seen("X-Roles"), ["r"], "a variable of the name says what the gateway set")
		equal(g.bearer("/noheaders", token(), SPOOFS).seen("X-User-Id"), [], "no headers, no identity")


@test
def another_server_of_the_port_is_clean_too():
	with gate(SAFE, " underscores_in_headers on; ignore_invalid_headers off; " + SERVERS, link=False) as g:
		for host, path in (("other.localhost", "/"), ("other.localhost", "/off"), (f"web.localhost:{g.port}", "/open")):
			reply = g.ask(path, [("Host", host), *SPOOFS[:4]])
			equal((reply.status, reply.seen("X-User-Id"), reply.seen("X-Roles")), (200, [], []), f"{host} {path}")


tap.main()
