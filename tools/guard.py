#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""usage: tools/guard.py [GUARD…]

Silent mistakes, each found by a rule over the tree's text. A guard is a function that takes the tree ({path: text}) and
yields "path:line: what"; its docstring says which bug it prevents. tests/guards runs each over the tree, and again over a
tree with a violation planted, where it must speak.
"""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import mutate  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SKIPPED_FOLDERS = {".git", "build", "node_modules", "__pycache__", ".demo", "vectors", "corpus"}
GUARDS = {}

# Folders of the daemon and the command line: these run as processes, read clocks and environment, and print.
PROCESSES = {"admin", "channel", "cli", "config", "front", "process", "signer", "signing", "worker"}

# Foreign headers and the one place that may know them.
FOREIGN = {
	"openssl/": "src/crypto/", "sodium": "src/crypto/", "argon2": "src/crypto/", "microhttpd": "examples/",
	"curl/": "src/fetch/ examples/", "sqlite3": "src/store/sqlite/", "yaml": "src/config/", "seccomp": "src/process/",
	"linux/landlock": "src/process/", "ngx_": "nginx/", "uni": "src/identity/",
	"zlib": "src/jose/jwe/",
}


def guard(plant):
	"""Registers a guard. `plant`: {path: text} to add to the tree, or (path, old, new) to change in it."""
	def register(fn):
		assert fn.__name__ not in GUARDS, f"two guards of the name {fn.__name__}: one of them would never run"
		fn.plant = plant
		GUARDS[fn.__name__] = fn
		return fn
	return register


def read_tree(root=ROOT):
	tree = {}
	for folder, folders, files in os.walk(root):
		folders[:] = [f for f in folders if f not in SKIPPED_FOLDERS and not f.startswith("build")]
		for name in files:
			path = os.path.join(folder, name)
			if os.path.islink(path) or name == ".git":
				continue
			with open(path, "rb") as f:
				data = f.read()
			if b"\0" not in data:
				tree[os.path.relpath(path, root)] = data.decode("utf-8", "replace")
	return tree


def lines(tree, *endings, under=""):
	for path, text in sorted(tree.items()):
		if path.startswith(under) and path.endswith(endings):
			for number, line in enumerate(text.splitlines(), 1):
				yield path, number, line


def layers_of(tree):
	"""The rows of src/layers: {folder: folders that it names}."""
	rows = [line.split(":") for line in tree.get("src/layers", "").splitlines() if line.strip() and not line.startswith("#")]
	return {folder: uses.split() for folder, uses in rows}


def reach(rows, folder):
	seen, rest = set(), [folder]
	while rest:
		one = rest.pop()
		if one not in seen:
			seen.add(one)
			rest += rows.get(one, [])
	return seen


def row_of(rows, path):
	"""The row that a path under src/ belongs to: of `jose/jwk/jwk.c` that is `jose/jwk`, of `store/sqlite/db.h` `store`."""
	inner = "/".join(path.split("/")[:2])
	return inner if inner in rows else path.split("/")[0] if path.split("/")[0] in rows else None


@guard({"src/base/planted.c": '#include "oauth/op.h"\n'})
def layers(tree):
	"""A folder that includes what stands above it: the parser that knows the daemon can no longer be tested, fuzzed or
	linked into libostiary alone, and the sandboxed role that uses it drags in code that it must not hold."""
	rows = layers_of(tree)
	for path, number, line in lines(tree, ".c", ".h", under="src/"):
		found = re.match(r'#include "([a-z0-9_]+/[a-z0-9_/]*)', line)
		if not found or "/" not in path[4:]:
			continue
		folder, included = row_of(rows, path[4:]), row_of(rows, found[1])
		if folder is None or any(row.startswith(folder + "/") for row in rows):
			yield f"{path}:{number}: its folder has no row in src/layers"
		elif not found[1].startswith("ostiary/") and included not in reach(rows, folder):
			yield f"{path}:{number}: {folder} may not include {included or found[1]}"


@guard({"src/jose/jwk/planted.c": '#include "jose/jwt/jwt.h"\n'})
def layers_inside(tree):
	"""The same between the parts of a folder that is split: src/layers has a row `outer/inner` for each."""
	yield from layers(tree)


@guard(("src/layers", "base:\n", "base: worker\n"))
def layers_ordered(tree):
	"""A folder that names one below it: rows in a circle forbid nothing, and each of the folders needs all the others to be tested."""
	below = set()
	for number, line in enumerate(tree.get("src/layers", "").splitlines(), 1):
		if line.strip() and not line.startswith("#"):
			folder, uses = line.split(":")
			for one in sorted(set(uses.split()) - below):
				yield f"src/layers:{number}: {folder} names {one}, which is not above it"
			below.add(folder)


@guard(("DESIGN.md", "| `src/crypto` | the only folder that includes OpenSSL, libsodium, libargon2 | base |",
	"| `src/crypto` | the only folder that includes OpenSSL, libsodium, libargon2 | oauth |"))
def design_layers(tree):
	"""DESIGN.md and src/layers that disagree: who reads the one breaks the other."""
	table = dict(re.findall(r"^\| `src/([\w/]+)` \|[^|]*\| ([^|]*) \|$", tree.get("DESIGN.md", ""), re.M))
	for folder, uses in layers_of(tree).items():
		wanted = " ".join(uses) or "libc"
		if table.pop(folder, None) != wanted:
			yield f"DESIGN.md:1: the table of folders should say `{wanted}` for src/{folder}, as src/layers does"
	for folder in table:
		yield f"DESIGN.md:1: src/{folder} has no row in src/layers"


@guard({"src/oauth/parse.c": "int x;\n"})
def unique_names(tree):
	"""Two files of one name: a backtrace, a log line or a colleague says "login.c", and each reader opens another one."""
	seen = {}
	for path in sorted(tree):
		name = path.rsplit("/", 1)[-1]
		if re.match(r"(src|nginx)/.*\.[ch]$", path):
			if name in seen:
				yield f"{path}:1: {seen[name]} has that name already"
			seen[name] = path


@guard({"src/oauth/planted.c": "#include \"store/sqlite/sqlite.h\"\n"})
def store_backends_hidden(tree):
	"""A store's backend named outside src/store: it works until the first installation that is configured for another one."""
	for path, number, line in lines(tree, ".c", ".h", under="src/"):
		found = re.match(r'\s*#\s*include "store/(\w+)/|.*"(sqlite)\b', line)
		if found and not path.startswith("src/store/"):
			yield f"{path}:{number}: {found[1] or found[2]} is a row of src/store/backend.c: ask store/backend.h"


@guard({"include/ostiary/planted.h": "OSTIARY_API int ostiary_planted(void);\n"})
def library_exports_used(tree):
	"""A function of the library that no test and no example calls: it does what nobody has seen."""
	users = "\n".join(text for path, text in tree.items() if path.startswith(("tests/", "examples/")) and path.endswith((".c", ".cc")))
	for path, text in sorted(tree.items()):
		if path.startswith("include/ostiary/"):
			for found in re.finditer(r"^OSTIARY_(?:API|CHECKED)\b[^;]*?\b(ostiary_\w+)\(", text, re.M):
				if not re.search(rf"\b{found[1]}\b", users):
					yield f"{path}:{text[:found.start()].count(chr(10)) + 1}: nothing calls {found[1]}"


@guard({"src/oauth/planted.c": "#include <openssl/evp.h>\n"})
def foreign_headers(tree):
	"""A library's header outside the one folder that wraps it: its errors, its global state and its leniency leak past the
	checks that the wrapper makes (an OpenSSL return value of -1 read as true, say)."""
	for path, number, line in lines(tree, ".c", ".h"):
		found = re.match(r"\s*#\s*include <([^>]+)>", line)
		if not found or path.startswith("tests/"):
			continue
		for start, places in FOREIGN.items():
			if found[1].startswith(start) and found[1] != "unistd.h" and not path.startswith(tuple(places.split())):
				yield f"{path}:{number}: <{found[1]}> belongs to {places}"


@guard({"src/oauth/planted.c": "void f(void)\n{\n\tchar *home = getenv(\"HOME\");\n}\n"})
def pure_libraries(tree):
	"""A library that reads the clock or the environment, prints or aborts: tests cannot steer it, and a request can be
	decided by two different times."""
	pattern = re.compile(r"\b(getenv|time|gettimeofday|clock_gettime|printf|puts|syslog|abort|exit|system|popen)\s*\(")
	# The clock itself; without randomness there is no going on; deadlines of waits; the server stamps each request's time.
	allowed = {("src/base/clock.c", "clock_gettime"), ("src/crypto/random.c", "abort"), ("src/rp/rp_renewals.c", "clock_gettime"),
		("src/rp/rp_provider.c", "clock_gettime"),
		("src/http/server.c", "clock_gettime"), ("src/libostiary/ostiary_remote.c", "clock_gettime")}
	for path, number, line in lines(tree, ".c", under="src/"):
		if path.split("/")[1] in PROCESSES:
			continue
		found = pattern.search(re.sub(r'"(\\.|[^"\\])*"|/\*.*?\*/|^\s*\*.*|//.*', "", line))
		if found and (path, found[1]) not in allowed:
			yield f"{path}:{number}: {found[1]}() in a library"


@guard({"tests/unit/test_planted.c": "T_MAIN(T(x))\n", "tests/flow/test_planted.py": "tap.main()\n"})
def programs_registered(tree):
	"""A test file that no build row names runs nowhere and passes for ever."""
	calls_main = re.compile(r"^\s*(await )?(tap\.)?main\(|sys\.exit\(main\(", re.M)
	for path in tree:
		found = re.match(r"tests/(\w+)/test_(\w+)\.c$", path)
		if found and f"'{found[2]}'" not in tree.get(f"tests/{found[1]}/meson.build", ""):
			yield f"{path}:1: no row in tests/{found[1]}/meson.build"
		found = re.match(r"tests/(\w+)/(test_\w+\.(py|mjs))$", path)
		if found and not re.search(rf"^  '{found[1]}': \[\d+, \[[^\]]*'{found[2]}'|'{found[1]}'.*'{found[2]}'",
			tree.get("tests/meson.build", ""), re.M):
			yield f"{path}:1: no row in tests/meson.build"
		if found and not calls_main.search(tree[path]):
			yield f"{path}:1: never calls main(): it runs no test"
	targets = tree.get("fuzz/meson.build", "")
	for path in tree:
		found = re.match(r"fuzz/fuzz_(\w+)\.c$", path)
		if found and f"'{found[1]}'" not in targets:
			yield f"{path}:1: no row in fuzz/meson.build"


# Readers that a fuzz target feeds by way of another one, which it calls.
FUZZED_THROUGH = {"target_read": "http_request_head", "percent_decode": "form_decode", "config_node_read": "config_parse",
	"inner_jwks_read": "jwks_read"}


@guard({"src/base/planted.h": "enum rc planted_read(struct slice text, int *ret) WARN_UNUSED;\n"})
def readers_fuzzed(tree):
	"""A reader of bytes that no fuzz target calls: its first hostile input comes from the network."""
	targets = "".join(text for path, text in tree.items() if path.startswith("fuzz/") and path.endswith((".c", ".h")))
	pattern = re.compile(r"^enum rc (\w+_(?:read|parse|decode|split|open))\((?:const uint8_t \w+\[static \d+\], )?struct slice (?!aad\b)", re.M)
	for path, text in tree.items():
		if not (path.startswith("src/") and path.endswith(".h")) or path.endswith("_internal.h"):
			continue
		for found in pattern.finditer(text):
			if not re.search(rf"\b{FUZZED_THROUGH.get(found[1], found[1])}\b", targets):
				yield f"{path}:{text[:found.start()].count(chr(10)) + 1}: no fuzz target calls {found[1]}"


@guard({"src/base/planted.h": "void planted_forgotten(int x);\n"})
def exports_used(tree):
	"""A function that a header of src/ offers and nothing calls: it is read, kept and tested for nobody."""
	used = set()
	for path, text in tree.items():
		if path.endswith((".c", ".h")) and path.startswith(("src/", "nginx/", "tests/", "fuzz/")):
			text = re.sub(r"/\*.*?\*/|'(?:\\.|[^'\\])'|\"(?:\\.|[^\"\\])*\"", "", text, flags=re.S)
			# A declaration or definition begins its line; a use is indented, or in a macro.
			for line in text.splitlines():
				if line[:1] in (" ", "\t", "#"):
					used.update(re.findall(r"\w+", line))
				else:
					used.update(re.findall(r"[=(,]\s*&?(\w+)\b(?!\s*[*\w])", line))
	declared = re.compile(r"^(?!static|typedef|extern|#)\w[\w \*]*?[ \*]([a-z]\w+)\(", re.M)
	for path, text in sorted(tree.items()):
		if path.startswith("src/") and path.endswith(".h") and path != "src/base/banned.h":
			for found in declared.finditer(text):
				if found[1] not in used:
					yield f"{path}:{text[:found.start()].count(chr(10)) + 1}: nothing uses {found[1]}"


@guard(("src/config/config_table.c", "IN(config_forward_auth, audience)", "IN(config_forward_auth, planted)"))
def settings_read(tree):
	"""A configuration row whose member nothing reads: the operator sets it and it has no effect."""
	readers = "".join(text for path, text in tree.items() if path.startswith("src/") and path.endswith(".c") and
		path != "src/config/config_table.c")
	path = "src/config/config_table.c"
	for _, number, line in lines(tree, path, under=path):
		for found in re.finditer(r"\bIN\((\w+), ([\w.]+)\)", line):
			if not re.search(rf"(?:\.|->){re.escape(found[2])}\b", readers):
				yield f"{path}:{number}: nothing reads {found[2]} of {found[1]}"


@guard(("tests/jose_attacks.txt", "attack_04_an_empty_secret", "attack_04_that_nobody_wrote"))
def attacks_tested(tree):
	"""An entry of the attack catalogue without a test, or with one that is gone: it reads as refused and nobody tries it."""
	path, number = "tests/jose_attacks.txt", 0
	for _, at, line in lines(tree, path, under=path):
		if line.startswith("#"):
			continue
		number += 1
		words, _, names = line.partition(" | ")
		if words.split(" ")[0] != str(number) or not names:
			yield f"{path}:{at}: here stands entry {number}, with its tests behind a bar"
		for name in names.split():
			file, _, test = name.partition(":")
			place = "tests/" + file.replace("/", "/test_")
			calls = {".c": rf"\bT\({test}\)", ".py": rf"\n@test\ndef {test}\(", ".mjs": rf"\ntest\('{test}'"}
			if not any(re.search(pattern, tree.get(place + ending, "")) for ending, pattern in calls.items()):
				yield f"{path}:{at}: no test {name}"
	if number != 55:
		yield f"{path}: {number} entries of 55"


@guard((mutate.EQUIVALENT, "\n", "\nsrc/oauth/token/token.c: if (planted) return false; ## it is not there\n"))
def reasons_stand(tree):
	"""A reason why no test can hold a check that is not there any more: the check that took its place is held by nothing, and the
	mutation suite says so an hour later."""
	there = {(path, source) for path, text in tree.items() if mutate.is_rewritten(path)
		for _, _, _, source in mutate.rewrite(path, text, 0)[1]}
	for path, source in mutate.equivalents(tree[mutate.EQUIVALENT]):
		if (path, source) not in there:
			yield f"{mutate.EQUIVALENT}:1: {path} has no check {source}"


@guard({"fuzz/fuzz_unsown.c": "/* no corpus */\n"})
def fuzz_targets_sown(tree):
	"""A fuzz target without seeds: in its minute it never gets past the first comparison, and its crashes have no home."""
	for path in tree:
		found = re.match(r"fuzz/fuzz_(\w+)\.c$", path)
		folder = os.path.join(ROOT, "fuzz/corpus", found[1]) if found else ""
		if found and found[1] != "planted" and not (os.path.isdir(folder) and os.listdir(folder)):
			yield f"{path}:1: no seeds in fuzz/corpus/{found[1]}/"


@guard({"tests/flow/test_planted.py": "import tap\n\ndef forgotten_decorator():\n\ttap.check(1, '')\n\ntap.main()\n"})
def tests_registered(tree):
	"""A test function without @test (or T() in C): it reads as covered and never runs."""
	for path, text in tree.items():
		if not re.match(r"tests/\w+/test_\w+\.(py|c)$", path):
			continue
		pattern = r"(?<!\n@test)\n(?:def) (\w+)\(\):" if path.endswith(".py") else r"\nstatic void (\w+)\(void\)\n\{"
		for found in re.finditer(pattern, "\n" + text):
			before = text[:max(found.start() - 1, 0)].rsplit("\n", 1)[-1]
			if before.startswith("@") or len(re.findall(rf"\b{found[1]}\b", text)) > 1:
				continue
			yield f"{path}:{text[:found.start()].count(chr(10)) + 1}: {found[1]} is never run"


# Where the NUL is made, or was; each says so.
ENDED = {"src/base/arena.c", "src/libostiary/ostiary_jwk.c"}


@guard({"src/base/planted.c": "static void f(struct slice s)\n{\n\tputs((const char *)s.p);\n}\n"})
def slices_end(tree):
	"""A slice handed over as a C string: it has no NUL, and what stands behind it in memory, a secret perhaps, is printed with it."""
	pattern = re.compile(r"\((?:const )?char \*\)((?:\w+(?:\.|->))*\w+)(?:\.|->)p\b")
	for path, text in tree.items():
		if not path.startswith(("src/", "nginx/")) or not path.endswith(".c") or path in ENDED:
			continue
		rows = text.splitlines()
		for number, line in enumerate(rows, 1):
			for found in pattern.finditer(line):
				near = "\n".join(rows[max(number - 3, 0):number + 2])
				if not re.search(re.escape(found[1]) + r"(?:\.|->)n\b", near):
					yield f"{path}:{number}: {found[1]}.p goes without its length; arena_cstr or slice_to_cstr ends it with a NUL"


@guard({"src/base/planted.h": "int f(void);\n"})
def licence_line(tree):
	"""A file without its licence line: who takes that file alone cannot tell what they may do with it."""
	kinds = (".c", ".h", ".py", ".mjs", ".js", ".css", ".html", ".sql", ".md", ".yaml", ".build", ".conf", ".supp")
	for path, text in tree.items():
		if not path.endswith(kinds) and not text.startswith("#!"):
			continue
		head = text.split("\n")[:3]
		if not any("SPDX-License-Identifier: Apache-2.0" in line for line in head):
			yield f"{path}:1: no SPDX line"


@guard({"src/base/planted.c": "/* SPDX */\nvoid base_f(void)\n{\n" + "\t;\n" * 61 + "}\n"})
def sizes(tree):
	"""A function over 60 lines (100 of a test) or a file over its limit: checks hide there, and their order can no longer be read."""
	limits = {"src/": 500, "nginx/": 500, "examples/": 500, "tests/": 900, "tools/": 600, "fuzz/": 300}
	for path, text in tree.items():
		if not path.endswith((".c", ".h", ".py")):
			continue
		count = text.count("\n")
		limit = next((n for p, n in limits.items() if path.startswith(p)), 500)
		if path.endswith(".h") and path.startswith("src/"):
			limit = 200
		if count > limit:
			yield f"{path}:1: {count} lines, at most {limit}"
		if path.endswith(".c"):
			longest = 60 if path.startswith(("src/", "nginx/")) else 100
			start = None
			for number, line in enumerate(text.split("\n"), 1):
				if line == "{":
					start = number
				elif line.startswith("}") and start:
					if number - start - 1 > longest:
						yield f"{path}:{start}: a function of {number - start - 1} lines, at most {longest}"
					start = None


@guard({"docs/planted.md": "see " + "/wo" + "rk/main/x\n"})
def no_machine(tree):
	"""A path of one machine or an address of a registry in the tree: it works here and nowhere else."""
	pattern = re.compile("/wo" + r"rk/|\.\./sha" + r"red|/ho" + "me/[a-z]|registry\\.np" + "mjs|deb\\.deb" + "ian|/ro" + "ot/")
	for path, text in tree.items():
		if path == "LICENSE":
			continue
		for number, line in enumerate(text.split("\n"), 1):
			if pattern.search(line):
				yield f"{path}:{number}: {line.strip()[:100]}"


@guard({"src/base/planted.h": "/* SPDX-License-Identifier: Apache-2.0 */\n#include \"x.h\"\nint f(void);\n"})
def header_contracts(tree):
	"""A header without a purpose, an include guard or contracts: its users guess at ownership and result codes."""
	for path, text in tree.items():
		if not (path.startswith(("src/", "include/")) and path.endswith(".h")):
			continue
		rows = text.split("\n")
		if len(rows) < 2 or not rows[1].startswith(("/* ", "/** ")):
			yield f"{path}:2: the second line must say what this is"
		if not re.search(r"^#(ifndef \w+_H\n#define|pragma once)", text, re.M):
			yield f"{path}:1: no include guard"


@guard(("src/base/rc.def", "\n", "\nRC(PLANTED, \"\", 500, DEBUG, \"never given\")\n"))
def results_used(tree):
	"""A row of rc.def that nothing gives: its status and its text were never seen by anyone."""
	rows = re.findall(r"^RC\((\w+),", tree.get("src/base/rc.def", ""), re.M)
	code = "\n".join(text for path, text in tree.items() if path.startswith(("src/", "nginx/")) and path.endswith((".c", ".h")))
	for row in rows:
		if not re.search(rf"\bRC_{row}\b", code):
			yield f"src/base/rc.def:1: RC_{row} is never given"


@guard(("src/base/rc.def", "\n", "\nRC(PLANTED, \"\", 500, DEBUG, \"never reached\")\n"))
def results_reached(tree):
	"""A result that no test can provoke is a row that says the wrong thing unseen."""
	ways = set(re.findall(r"\bWAY\((\w+),", tree["tests/unit/test_rc.c"]))
	for number, line in enumerate(tree["src/base/rc.def"].splitlines(), 1):
		name = re.match(r"RC\((\w+),", line)
		if name and name[1] not in ways:
			yield f"src/base/rc.def:{number}: {name[1]} has no WAY in tests/unit/test_rc.c"


@guard({"src/front/routes.c": '\t{GET, "/planted", PUBLIC, 0},\n'})
def routes_documented(tree):
	"""An endpoint that INTERFACES.md does not name: nobody has decided that it should be there."""
	text = tree.get("INTERFACES.md", "")
	for path, number, line in lines(tree, ".c", under="src/front/routes"):
		for place in re.findall(r'"(/[a-z0-9._/-]*)"', line):
			if f"`{place}`" not in text:
				yield f"{path}:{number}: {place} is not in INTERFACES.md"


@guard({"src/config/config_table_planted.c": '... r[] = {\n\t{"planted", CONFIG_TEXT, AT(x), 1, 2},\n\t{0},\n};\n'})
def configuration_documented(tree):
	"""A key of the configuration without its words: it cannot be found and will be guessed."""
	for path, text in tree.items():
		if re.match(r"src/config/config_table\w*\.c$", path):
			for found in re.finditer(r'\n\t\{"(\w+)", CONFIG_.*?\n(?=\t\{)', text, re.S):
				if ".doc = \"" not in found[0]:
					yield f"{path}:{text[:found.start()].count(chr(10)) + 2}: {found[1]} has no .doc"


@guard({"src/cli/commands.c": '\t{"user", "planted", "", "does nothing", NULL, NULL, cmd_version, false},\n'})
def commands_documented(tree):
	"""A command that ostiary(1) does not name: --help points to a page that says it all. tests/unit/test_manual.c compares the
	options and the words as well, and prints what has to stand there."""
	page = tree.get("man/ostiary.1", "")
	for path, number, line in lines(tree, ".c", under="src/cli/commands"):
		found = re.match(r'\t\{(?:NULL|"(\w+)"), "([\w-]+)", "', line)
		name = " ".join(filter(None, found.groups())) if found else None
		if name and f".It Nm Cm {name}" not in page:
			yield f"{path}:{number}: {name} is not in man/ostiary.1"


AUDIT_TABLE = "src/audit/audit_events.def"


def audit_code(tree):
	"""Where events are made: the daemon's code but the table's own folder, and the store, which reads what it has."""
	return [path for path in sorted(tree) if path.startswith("src/") and path.endswith((".c", ".h")) and
		not path.startswith(("src/audit/", "src/store/"))]


@guard((AUDIT_TABLE, "\n\n", '\n\nAUDIT_EVENT(PLANTED, "planted.never", INFO, STORED, USERS, "Never written.")\n'))
def audit_events_written(tree):
	"""A row of the audit events that nothing writes: the manual promises it, and an operator waits for it in vain."""
	code = "\n".join(tree[path] for path in audit_code(tree))
	for number, line in enumerate(tree[AUDIT_TABLE].splitlines(), 1):
		found = re.match(r"AUDIT_EVENT\((\w+),", line)
		if found and not re.search(rf"\bAUDIT_{found[1]}\b", code):
			yield f"{AUDIT_TABLE}:{number}: AUDIT_{found[1]} is never written"


@guard({"src/oauth/planted.c": '\tconst struct dir_audit audit = {.at = now, .event = SLICE("planted.event")};\n'})
def audit_events_of_the_table(tree):
	"""An audit record that is not made of a row, or a store's or log's function called past src/audit: it has no level and no words,
	`audit list --event` does not know it, and it is in the log or in the directory, not in both."""
	bad = re.compile(r'struct dir_audit \w+ = [({]|\(struct dir_audit\)\{|\baudit\.add\b|LOG\([^"]*"audit"|\b(audit|row)\.event = ')
	for path in audit_code(tree):
		for number, line in enumerate(tree[path].splitlines(), 1):
			if bad.search(line):
				yield f"{path}:{number}: audit_row and audit_add or audit_done of src/audit/audit.h write events"


@guard({"src/oauth/planted.c": "\tstruct dir_audit audit = audit_row(AUDIT_TOKEN_REVOKED, c);\n\tTRY(revocations_add(op, &end, &audit, c->now));\n"})
def audit_records_logged(tree):
	"""A record that goes into a change's transaction and not into the log: who watches the log alone never learns of it. The line
	may say which other file logs it, in a comment."""
	made, told = re.compile(r"\b(?:audit_row|audit_row_of|admin_audit)\("), re.compile(r"\b(?:audit_done|admin_done|audit_add|audit_add_more)\(")
	for path in audit_code(tree):
		rows = [(number, line) for number, line in enumerate(tree[path].splitlines(), 1) if made.search(line) and line[:1] == "\t"]
		rows = [(number, line) for number, line in rows if not is_logged_elsewhere(tree, line)]
		if rows and not path.endswith("admin_internal.c") and len(told.findall(tree[path])) < len(rows):
			yield f"{path}:{rows[-1][0]}: {len(rows)} records are made, and fewer go to audit_done or audit_add"


def is_logged_elsewhere(tree, line):
	found = re.search(r"/\* logged by (\w+\.c) \*/", line)
	return bool(found) and any(re.search(r"\baudit_(log|done)\(", text) for path, text in tree.items() if path.endswith("/" + found[1]))


@guard(("src/admin/metrics.def", "\n\n", '\n\nMETRIC(ROOM, "planted", "ostiary_planted", GAUGE, "In no document.", 1)\n'))
def metrics_documented(tree):
	"""A metric that INTERFACES.md does not name as the table has it: who draws it has to guess what it counts."""
	path, text = "src/admin/metrics.def", tree.get("INTERFACES.md", "")
	for number, line in enumerate(tree[path].splitlines(), 1):
		found = re.match(r'METRIC\((\w+), "(\w+)", "\w+", (\w+), "([^"]+)", ', line)
		row = found and f"| {found[1].lower()} | `{found[2]}` | {found[3].lower()} | {found[4].rstrip('.')} |"
		if row and row not in text:
			yield f"{path}:{number}: INTERFACES.md lacks the row {row}"


@guard({"man/planted.1": ".TH PLANTED 1\n.Sh NAME\n.Xx\n"})
def manuals(tree):
	"""A manual page that mandoc cannot read as it was meant: a paragraph vanishes on the reader's terminal."""
	for path, text in sorted(tree.items()):
		if re.match(r"man/.*\.[1-8]$", path):
			done = subprocess.run(["mandoc", "-Tlint", "-Wwarning"], input=text, capture_output=True, text=True)
			for line in done.stdout.splitlines():
				yield f"{path}: {line.removeprefix('mandoc: <stdin>:')}"


@guard({"tools/planted.py": "# SPDX-License-Identifier: Apache-2.0\n" + "x = 1  # " + "y" * 150 + "\n"})
def widths(tree):
	"""Lines that nobody sees the end of: the check that stands there is not read in review. Tests' tables may be wider."""
	for path, number, line in lines(tree, ".c", ".h", ".py", ".mjs", ".js"):
		if len(line.expandtabs(8)) > 150 and not path.startswith("tests/"):
			yield f"{path}:{number}: {len(line.expandtabs(8))} columns"


def planted(tree, fn):
	"""The tree with the guard's violation in it."""
	changed = dict(tree)
	if isinstance(fn.plant, dict):
		changed.update(fn.plant)
	else:
		path, old, new = fn.plant
		changed[path] = changed.get(path, old).replace(old, new, 1)
	return changed


def main():
	tree, bad = read_tree(), 0
	for name in sys.argv[1:] or GUARDS:
		for found in GUARDS[name](tree):
			print(f"{name}: {found}")
			bad += 1
	return 1 if bad else 0


if __name__ == "__main__":
	sys.exit(main())
