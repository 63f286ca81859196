# SPDX-License-Identifier: Apache-2.0
"""Starts the whole system for real in one folder: daemon, backend, nginx with the module. Used by demo, tests and bench.

Nothing here stands in for anything: the configuration is examples/demo's, every process is the real one. Sockets are Unix
sockets in the folder, so that only nginx's port can clash.
"""
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import agent  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HOSTS = ("id", "shop", "api", "web")


class Trouble(Exception):
	"""Something of the system did not start; the text is for a person."""


_reserved = []


def free_port():
	"""A port of loopback that nobody else is given while this process lives: who sets SO_REUSEADDR, as servers do, may listen there."""
	s = socket.socket()
	s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	s.bind(("127.0.0.1", 0))
	_reserved.append(s)
	return s.getsockname()[1]


def accepts(family, address):
	"""Whether somebody listens there: a socket's name is there before anybody does."""
	with socket.socket(family) as s:
		s.settimeout(1)
		return s.connect_ex(address) == 0


def port_is_busy(port):
	with socket.socket() as s:
		s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		try:
			s.bind(("127.0.0.1", port))
			return False
		except OSError:
			return True


def wait_until(fn, what, seconds=20.0, alive=None):
	"""Polls until fn() is true. `alive`: a process that must not end meanwhile."""
	end = time.monotonic() + seconds
	late = False
	while not fn():
		if alive is not None and alive.poll() is not None:
			raise Trouble(f"{what}: the process ended with status {alive.returncode}")
		if late:
			raise Trouble(f"{what}: not within {seconds:.0f} seconds")
		time.sleep(0.01)
		late = time.monotonic() > end  # asked before fn is: who was kept from running looks once more


def write_private(path, text):
	"""A secret: only its owner reads it. An existing one stays."""
	if not os.path.exists(path):
		with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as f:
			f.write(text)
	with open(path) as f:
		return f.read().strip()


def children_of(pid):
	found = []
	for other in filter(str.isdigit, os.listdir("/proc")):
		try:
			with open(f"/proc/{other}/stat", errors="replace") as f:
				text = f.read()
			if int(text[text.rindex(")") + 2:].split()[1]) == pid:
				found.append(int(other))
		except (OSError, ValueError):
			continue
	return sorted(found)


def command_of(pid):
	try:
		with open(f"/proc/{pid}/cmdline", "rb") as f:
			return f.read().split(b"\0")[:-1]
	except OSError:
		return []


class World:
	"""edit_config(text) and edit_nginx(text) may change what the templates gave."""

	def __init__(self, folder, port=None, build=None, tls=False, edit_config=None, edit_nginx=None, template="nginx.conf"):
		self.folder = os.path.abspath(folder)
		self.build = build or os.environ.get("OSTIARY_BUILD") or os.path.join(ROOT, "build")
		self.tls, self.port = tls, port or free_port()
		self.scheme = "https" if tls else "http"
		self.edit_config, self.edit_nginx, self.template = edit_config, edit_nginx, template
		self.state = os.path.join(self.folder, "state")
		self.binary = os.path.join(self.build, "ostiary")
		self.config = os.path.join(self.folder, "ostiary.yaml")
		self.nginx_conf = os.path.join(self.folder, "nginx.conf")
		self.http_sock = os.path.join(self.state, "http.sock")
		self.backend_sock = os.path.join(self.folder, "backend.sock")
		self.daemon = self.backend = self.nginx = None
		self.ca = os.path.join(self.folder, "tls", "ca.pem") if tls else None

	# names

	def origin(self, host):
		return f"{self.scheme}://{host}.localhost:{self.port}"

	def url(self, host, path="/"):
		return self.origin(host) + path

	@property
	def issuer(self):
		return self.origin("id")

	# files

	def fill(self, text):
		values = {"SCHEME": self.scheme, "PORT": str(self.port), "STATE": self.state, "DIR": self.folder, "BUILD": self.build,
			"ROOT": ROOT, "USER": "user root;" if os.getuid() == 0 else "",
			"LISTEN": f"127.0.0.1:{self.port}" + (" ssl http2" if self.tls else ""),
			"TLS": f"ssl_certificate {self.folder}/tls/server.pem; ssl_certificate_key {self.folder}/tls/server.key;"
				if self.tls else ""}
		return re.sub(r"@([A-Z]+)@", lambda m: values[m.group(1)], text)

	def write(self):
		for name in ("", "state", "logs", "tmp", "shop/vendor"):
			os.makedirs(os.path.join(self.folder, name), mode=0o755, exist_ok=True)
		os.chmod(self.state, 0o700)
		self.passwords = {}
		for user in ("alice", "bob"):
			password = "-".join(secrets.token_hex(2) for _ in range(3))
			self.passwords[user] = write_private(os.path.join(self.folder, f"{user}.password"), password + "\n")
		self.secrets = {}
		for client in ("web", "stock-robot"):
			self.secrets[client] = write_private(os.path.join(self.folder, f"{client}.secret"), secrets.token_urlsafe(32) + "\n")
		write_private(os.path.join(self.state, "key-encryption.key"), secrets.token_urlsafe(32) + "\n")
		self.write_partner_keys()
		if self.tls:
			self.write_certificates()
		self.write_config()
		self.write_nginx()
		self.write_shop()

	def write_partner_keys(self):
		"""Two symmetric keys, chosen by kid: only the gateway and the partner know them."""
		import json
		rows = [{"kty": "oct", "kid": kid, "alg": "HS256", "use": "sig", "k": secrets.token_urlsafe(32)}
			for kid in ("partner-1", "partner-2")]
		self.partner_file = os.path.join(self.folder, "partner.jwks")
		self.partner_keys = json.loads(write_private(self.partner_file, json.dumps({"keys": rows}, indent=1) + "\n"))["keys"]

	def write_config(self):
		with open(os.path.join(ROOT, "examples/demo/ostiary.yaml")) as f:
			text = self.fill(f.read())
		if self.tls:
			text += f"ca_file: {self.ca}\n"
		if self.edit_config:
			text = self.edit_config(text)
		with open(self.config, "w") as f:
			f.write(text)

	def write_nginx(self):
		with open(os.path.join(ROOT, "examples/demo", self.template)) as f:
			text = self.fill(f.read())
		if self.edit_nginx:
			text = self.edit_nginx(text)
		with open(self.nginx_conf, "w") as f:
			f.write(text)

	def write_shop(self):
		for name in os.listdir(os.path.join(ROOT, "examples/shop")):
			shutil.copy(os.path.join(ROOT, "examples/shop", name), os.path.join(self.folder, "shop", name))
		vendor = os.path.join(ROOT, "build/node/node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js")
		if os.path.exists(vendor):
			shutil.copy(vendor, os.path.join(self.folder, "shop/vendor/oidc-client-ts.js"))

	def write_certificates(self):
		"""A certificate authority of this folder alone and one certificate that lists each name: browsers refuse *.localhost."""
		place = os.path.join(self.folder, "tls")
		if os.path.exists(os.path.join(place, "server.pem")):
			return
		os.makedirs(place, mode=0o700, exist_ok=True)
		names = ",".join(f"DNS:{host}.localhost" for host in HOSTS)
		with open(os.path.join(place, "leaf.ext"), "w") as f:
			f.write(f"subjectAltName={names}\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n")
		new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
		steps = [
			["req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "365", "-subj", "/CN=Ostiary demo authority",
				"-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"],
			["req", *new_key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=id.localhost"],
			["x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "365",
				"-extfile", "leaf.ext", "-out", "leaf.pem"],
		]
		for step in steps:
			done = subprocess.run(["openssl", *step], cwd=place, capture_output=True, text=True, stdin=subprocess.DEVNULL)
			if done.returncode:
				raise Trouble(f"openssl {step[0]} failed:\n{done.stderr}")
		with open(os.path.join(place, "server.pem"), "w") as out:
			for name in ("leaf.pem", "ca.pem"):
				with open(os.path.join(place, name)) as f:
					out.write(f.read())

	# processes

	def spawn(self, name, argv):
		log = open(os.path.join(self.folder, "logs", f"{name}.log"), "ab")
		try:
			return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder)
		except FileNotFoundError as error:
			raise Trouble(f"{error.filename} is not there: ./check --build builds it") from error
		finally:
			log.close()

	def log(self, name="daemon"):
		path = os.path.join(self.folder, "logs", f"{name}.log")
		if not os.path.exists(path):
			return ""
		with open(path, errors="replace") as f:
			text = f.read()
		return text[:text.rfind("\n") + 1]  # the last line may be half written

	def ready(self):
		try:
			return agent.fetch("http://localhost/readyz", unix=self.http_sock, timeout=5).status == 200
		except OSError:
			return False

	def start_daemon(self, wait=True):
		self.daemon = self.spawn("daemon", [self.binary, "serve", "-c", self.config])
		if wait:
			self.wait_daemon()

	def wait_daemon(self):
		try:
			wait_until(self.ready, "ostiary serve", 60, self.daemon)
		except Trouble as error:
			raise Trouble(f"{error}\n{self.log()[-3000:]}") from None

	def start_backend(self):
		if os.path.exists(self.backend_sock):
			os.unlink(self.backend_sock)
		argv = [os.path.join(self.build, "examples/backend/backend"), "--listen", f"unix:{self.backend_sock}",
			"--issuer", self.issuer, "--audience", self.origin("api"), "--session", os.path.join(self.state, "session.sock")]
		self.backend = self.spawn("backend", argv + (["--ca", self.ca] if self.ca else []))
		wait_until(lambda: accepts(socket.AF_UNIX, self.backend_sock), "the backend", 30, self.backend)

	def start_nginx(self):
		argv = [os.environ.get("OSTIARY_NGINX", "/usr/sbin/nginx"), "-p", self.folder, "-c", self.nginx_conf,
			"-e", os.path.join(self.folder, "logs/nginx.log")]
		self.nginx = self.spawn("nginx", argv)
		try:
			wait_until(lambda: accepts(socket.AF_INET, ("127.0.0.1", self.port)), "nginx", 30, self.nginx)
		except Trouble as error:
			raise Trouble(f"{error}\n{self.log('nginx')[-3000:]}") from None

	def start(self):
		self.write()
		self.start_daemon()
		self.start_nginx()
		self.start_backend()
		return self

	def roles(self):
		"""{"parent": pid, "worker": pid, "signer": pid}"""
		found = {"parent": self.daemon.pid}
		for pid in children_of(self.daemon.pid):
			words = command_of(pid)
			for role in ("worker", "signer"):
				if role.encode() in words[:4]:
					found[role] = pid
		return found

	def nginx_workers(self):
		titles = {pid: b" ".join(command_of(pid)) for pid in children_of(self.nginx.pid)}
		return [pid for pid, title in titles.items() if b"worker process" in title and b"shutting down" not in title]

	def reload_nginx(self):
		before = set(self.nginx_workers())
		self.nginx.send_signal(signal.SIGHUP)
		wait_until(lambda: set(self.nginx_workers()) - before, "nginx after the reload", 20, self.nginx)

	def end(self, process, sig=signal.SIGTERM, seconds=15):
		"""Ends a process that we started and gives its status, or None where it had to be killed."""
		if process is None or process.poll() is not None:
			return process.returncode if process else 0
		process.send_signal(sig)
		try:
			return process.wait(timeout=seconds)
		except subprocess.TimeoutExpired:
			below = children_of(process.pid)
			process.kill()
			process.wait()
			for pid in below:
				try:
					os.kill(pid, signal.SIGKILL)
				except ProcessLookupError:
					pass
			return None

	def stop(self):
		"""Stops all; gives the daemon's exit status (0 after a clean end)."""
		self.end(self.nginx, signal.SIGTERM)
		self.end(self.backend)
		status = self.end(self.daemon)
		self.nginx = self.backend = self.daemon = None
		return status

	def cli(self, *words, stdin=None, check=True, timeout=60):
		"""Runs `ostiary WORDS…` against this daemon and gives the finished process."""
		done = subprocess.run([self.binary, *words, "-c", self.config], input=stdin, capture_output=True, text=True, timeout=timeout)
		if check and done.returncode:
			raise Trouble(f"ostiary {' '.join(words)} gave {done.returncode}: {done.stderr}{done.stdout}")
		return done
