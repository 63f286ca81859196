#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""README.md, "Before one's own service": its commands and its two configurations as they stand there, with other names, ports
and folders, until a person is signed in at a service that knows nothing of sign-ins."""
import http.server
import json
import os
import re
import shlex
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap  # noqa: E402
from system import ROOT, Forms, System  # noqa: E402
from tap import check, contains, equal, test  # noqa: E402

PASSWORD = "a long enough pass phrase"


def blocks(kind):
	"""Of that section alone."""
	with open(os.path.join(ROOT, "README.md")) as f:
		section = f.read().split("\n## Before one's own service\n")[1].split("\n## ")[0]
	return re.findall(rf"```{kind}\n(.*?)```", section, re.S)


class Service(http.server.BaseHTTPRequestHandler):
	"""One's own service: says which headers reached it."""

	def do_GET(self):
		body = json.dumps({k.lower(): v for k, v in self.headers.items()}).encode()
		self.send_response(200)
		self.send_header("Content-Type", "application/json")
		self.send_header("Content-Length", str(len(body)))
		self.end_headers()
		self.wfile.write(body)

	def log_message(self, *_):
		pass


class Readme(System):
	"""The names of the README, put where a test may write."""

	def __init__(self):
		super().__init__(nginx=False, tls=True)
		os.chmod(self.folder, 0o755)
		self.etc = os.path.join(self.folder, "etc")
		self.config = os.path.join(self.etc, "ostiary.yaml")
		self.service = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
		threading.Thread(target=self.service.serve_forever, daemon=True).start()

	def place(self, text):
		for old, new in (("/etc/ostiary", self.etc), ("/var/lib/ostiary", self.state), ("https://id.example.com", self.origin("id")),
			("https://app.example.com", self.origin("web")), ("host: app.example.com", f"host: web.localhost:{self.port}"),
			("id.example.com", "id.localhost"), ("app.example.com", "web.localhost"), ("listen 443", f"listen 127.0.0.1:{self.port}"),
			("127.0.0.1:3000", f"127.0.0.1:{self.service.server_address[1]}"), ("/usr/local/lib/nginx/modules/", self.build + "/"),
			("/etc/ssl/example.pem", os.path.join(self.folder, "tls/server.pem")), ("/etc/ssl/example.key", os.path.join(self.folder, "tls/server.key"))):
			text = text.replace(old, new)
		return text

	def shell(self, line):
		"""One line of the README; what changes the machine itself is left out."""
		if re.match(r"\./check|useradd|nginx |cp examples/ostiary.service ", line):
			return
		line = re.sub(r"\s+#.*", "", self.place(line))
		line = line.replace("--user ostiary", "--user nobody" if os.getuid() == 0 else "")
		line = re.sub(r"(^|&& )ostiary (init|check-config|user add)\b",
			lambda m: f"{m[1]}{shlex.quote(self.binary)} {m[2]} -c {shlex.quote(self.config)}", line)
		line = line.replace("init -c", f"init --state {shlex.quote(self.state)} -c")
		line = line.replace("user add -c", "user add --password-stdin -c")
		done = subprocess.run(["/bin/sh", "-ec", line], input=PASSWORD + "\n", capture_output=True, text=True, timeout=60)
		equal(done.returncode, 0, f"{line}: {done.stdout}{done.stderr}")

	def write_nginx_conf(self):
		text = self.place(blocks("nginx")[0])
		first, rest = text.split("\n", 1)
		check(first.startswith("load_module "), "the first line is for the top")
		for name in ("logs", "tmp"):
			os.makedirs(os.path.join(self.folder, name), exist_ok=True)
		temporary = " ".join(f"{kind}_temp_path {self.folder}/tmp/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
		with open(self.nginx_conf, "w") as f:
			f.write(f"{first}\n{'user root;' if os.getuid() == 0 else ''}\ndaemon off; pid {self.folder}/nginx.pid;\nevents {{}}\n"
				f"http {{ access_log off; {temporary}\n{rest}}}\n")


@test
def a_service_is_put_behind_it_as_the_readme_says():
	s = Readme()
	try:
		before, after = blocks("sh")[:2]
		for line in before.strip().splitlines():
			s.shell(line)
		os.makedirs(os.path.join(s.folder, "logs"), exist_ok=True)
		s.write_certificates()
		os.chmod(os.path.join(s.folder, "tls"), 0o755)
		with open(s.config, "a") as f:
			f.write(s.place(blocks("yaml")[0]) + f"ca_file: {s.ca}\n")
		s.write_nginx_conf()
		lines = after.strip().splitlines()
		# A daemon put into the background is not up yet at the next line, and a prompt swallows the line behind it.
		check(not any(re.search(r"[^&]&\s*(#.*)?$", line) for line in lines), "no line leaves something in the background")
		check(lines[-1].startswith("ostiary user add "), "what asks for a password is last")
		start = next(i for i, line in enumerate(lines) if "systemctl enable --now ostiary" in line)
		for line in lines[:start]:
			s.shell(line)
		s.start_daemon()
		s.start_nginx()
		for line in lines[start:]:
			s.shell(line)
		browser = s.browser()
		page = browser.get(s.url("web", "/hello"), headers={"Accept": "text/html"})
		check(page.url.startswith(s.issuer) and Forms(page.text).forms, f"the sign-in page: {page!r}")
		page = browser.submit(page, {"login": "alice", "password": PASSWORD})
		equal((page.url, page.status), (s.url("web", "/hello"), 200), "back where it began, without a question")
		seen = page.json()
		equal((seen["x-tenant-id"], seen["x-roles"]), ("default", "customer"), "what the service reads")
		equal(len(seen["x-user-id"]), 22, "who it is")
		check("__Host-ostiary-gate" not in seen.get("cookie", ""), "the service does not see the gateway's cookie")
		reply = s.fetch(s.url("web", "/hello"), headers={"X-User-Id": seen["x-user-id"], "X-Roles": "admin"})
		equal(reply.status, 401, "nobody else can set them")
	finally:
		for name in ("daemon", "nginx"):
			for line in s.log(name).splitlines()[-8:]:
				print(f"# {name}: {line[:300]}", flush=True)
		s.service.shutdown()
		s.close()


@test
def everything_that_the_readme_names_is_installed():
	with System(nginx=False) as s:
		place = os.path.join(s.folder, "root")
		done = subprocess.run(["meson", "install", "-C", os.path.join(ROOT, "build"), "--no-rebuild", "--destdir", place], capture_output=True,
			text=True, stdin=subprocess.DEVNULL, timeout=120)
		equal(done.returncode, 0, done.stdout[-500:] + done.stderr[-500:])
		for name in ("bin/ostiary", "lib/nginx/modules/ngx_http_ostiary_module.so", "share/man/man1/ostiary.1", "share/man/man5/ostiary.yaml.5",
			"share/man/man5/ngx_http_ostiary_module.5", "share/man/man3/libostiary.3", "include/ostiary/ostiary.h"):
			check(os.path.exists(os.path.join(place, "usr/local", name)), name)
		contains(subprocess.run([os.path.join(place, "usr/local/bin/ostiary"), "--version"], capture_output=True, text=True).stdout, "ostiary ", "it runs")


tap.main()
