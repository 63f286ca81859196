#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The unit and vector suites on Debian 13, whose OpenSSL 3.5 has ML-DSA and more to say no to, and the module in its nginx 1.26. The root is made by
debootstrap, from the mirror that this machine's apt uses, under build/debian13 and kept; it takes root to make and enter."""
import base64
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap
from tap import check, equal, test

ROOT = os.environ["OSTIARY_ROOT"]
PLACE = os.path.join(ROOT, "build/debian13")
SYSTEM, STAMP = os.path.join(PLACE, "root"), os.path.join(PLACE, "complete")
SUITE = "trixie"
NGINX_CONF = """load_module /src/build/ngx_http_ostiary_module.so;
pid /tmp/nginx.pid;
error_log stderr;
events { }
http {
	access_log off;
	ostiary_issuer one { issuer https://i; algs HS256; audience a; keys file /tmp/keys.json; }
	server {
		listen unix:/tmp/nginx.sock;
		location /open { ostiary off; return 204; }
		location /bearer { ostiary bearer one; proxy_pass http://unix:/tmp/nginx.sock:/open; }
	}
}
"""
# Runs in there: nobody's request, one with a token, one with the token changed.
ASK = """import base64, hashlib, hmac, json, socket, time
def text(data): return base64.urlsafe_b64encode(data).rstrip(b"=")
key = bytes(range(32))
body = text(json.dumps({"alg": "HS256", "typ": "at+jwt"}).encode()) + b"." + text(json.dumps(
	{"iss": "https://i", "aud": "a", "sub": "s", "client_id": "c", "iat": int(time.time()), "exp": int(time.time()) + 60, "jti": "1"}).encode())
token = body + b"." + text(hmac.digest(key, body, "sha256"))
for head in (b"", b"Authorization: Bearer " + token + b"\\r\\n", b"Authorization: Bearer x" + token + b"\\r\\n"):
	s = socket.socket(socket.AF_UNIX)
	s.connect("/tmp/nginx.sock")
	s.sendall(b"GET /bearer HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n" + head + b"\\r\\n")
	print(s.makefile("rb").readline().decode().strip())
"""
# A mount namespace of its own: what is mounted goes with it, whatever happens.
ENTER = """set -e
mount --bind /proc "$0/proc"
mount --rbind /dev "$0/dev"
exec chroot "$0" /bin/sh -ec "$1"
"""


def call(argv, **more):
	done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, errors="replace", **more)
	check(done.returncode == 0, f"{argv[0]} ended with status {done.returncode}\n{done.stdout[-4000:]}")
	return done.stdout


def mirror():
	"""Where apt gets this machine's own release from."""
	for line in call(["apt-get", "indextargets", "--format", "$(SITE) $(RELEASE)"]).splitlines():
		site, release = line.split()
		if "-" not in release:
			return site
	raise tap.Skip("apt has no mirror of Debian")


def packages():
	"""Those that tools/setup names for building, and what the tests look at: the file of authorities that libcurl was built with."""
	text = open(os.path.join(ROOT, "tools/setup")).read()
	return ["openssl", "ca-certificates", "nginx"] + re.search(r'^build="([^"]*)"', text, re.M).group(1).split()


def make_system():
	if os.path.exists(STAMP) and open(STAMP).read() == " ".join(packages()):
		return
	os.makedirs(PLACE, exist_ok=True)
	call(["rm", "-rf", "--one-file-system", SYSTEM])
	call(["debootstrap", "--variant=minbase", SUITE, SYSTEM, mirror()])
	inside("export DEBIAN_FRONTEND=noninteractive; apt-get update -q; "
		"apt-get install -q -y --no-install-recommends " + " ".join(packages()))
	with open(STAMP, "w") as f:
		f.write(" ".join(packages()))


def inside(command):
	return call(["unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", ENTER, SYSTEM, command])


def copy_tree():
	"""The tree as git would see it, changes too; what is older there stays, so that the build is incremental."""
	names = call(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard"]).splitlines()
	there = "\n".join(n for n in names if os.path.lexists(os.path.join(ROOT, n)))
	packed = subprocess.run(["tar", "-C", ROOT, "-cf", "-", "--files-from=-"], input=there.encode(), stdout=subprocess.PIPE, check=True)
	subprocess.run(["tar", "-C", os.path.join(SYSTEM, "src"), "--no-same-owner", "-xf", "-"], input=packed.stdout, check=True)


def prepare():
	if os.geteuid() != 0:
		raise tap.Skip("only root makes and enters another system")
	make_system()
	os.makedirs(os.path.join(SYSTEM, "src"), exist_ok=True)
	copy_tree()
	inside("cd /src; [ -e build/build.ninja ] || meson setup build >/dev/null; cd build; "
		"ninja ngx_http_ostiary_module.so $(ninja -t targets all | sed -nE 's#^(tests/(unit|vectors)/test_[a-z0-9_]+): .*#\\1#p')")


def run_suite(suite):
	"""Each program from the top of the tree, as ./check runs it."""
	said = inside(f"""cd /src; export OSTIARY_ROOT=/src
		for program in build/tests/{suite}/test_*; do
			if [ -f $program ] && [ -x $program ]; then $program || echo "not ok $program ended with status $?"; fi
		done""")
	bad = [line for line in said.splitlines() if line.startswith("not ok")]
	equal(bad, [], suite)
	check("\nok " in said, said[-2000:])


@test
def openssl_is_newer():
	prepare()
	version = inside("openssl version")
	check(re.match(r"OpenSSL (3\.([5-9]|\d\d)|[4-9])", version), version)


@test
def the_module_stands_in_its_nginx():
	"""nginx loads no module that was made for another version or build of it; then requests go through."""
	prepare()
	version = inside("nginx -v 2>&1")
	check(re.search(r"nginx/1\.(2[6-9]|[3-9]\d)", version), version)
	key = base64.urlsafe_b64encode(bytes(range(32))).rstrip(b"=").decode()
	for name, text in (("nginx.conf", NGINX_CONF), ("ask.py", ASK), ("keys.json", json.dumps({"keys": [{"kty": "oct", "alg": "HS256", "k": key}]}))):
		with open(os.path.join(SYSTEM, "tmp", name), "w") as f:
			f.write(text)
	said = inside("""chmod 600 /tmp/keys.json; rm -f /tmp/nginx.sock; nginx -t -c /tmp/nginx.conf 2>&1; nginx -c /tmp/nginx.conf 2>&1
		trap 'kill $(cat /tmp/nginx.pid)' EXIT; python3 /tmp/ask.py""")
	check("test is successful" in said, said)
	equal([line.split(" ")[1] for line in said.splitlines() if line.startswith("HTTP/1.1 ")], ["401", "204", "401"], said)


@test
def unit_suite():
	prepare()
	run_suite("unit")


@test
def vector_suite():
	prepare()
	run_suite("vectors")


tap.main()
