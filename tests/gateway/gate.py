# SPDX-License-Identifier: Apache-2.0
"""A real nginx with the module in a temporary folder, a backend that says what reached it, and the far end of the link.

The link's peer is played here, frame by frame, because its misbehaviour is what the tests are about; the whole system with
the real daemon runs in the other suites.
"""
import base64
import hashlib
import hmac
import json
import os
import shutil
import socket
import socketserver
import struct
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.environ.get("OSTIARY_ROOT") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("OSTIARY_BUILD") or os.path.join(ROOT, "build")
NGINX = os.environ.get("OSTIARY_NGINX") or "nginx"
MODULE = os.environ.get("OSTIARY_NGINX_MODULE") or os.path.join(BUILD, "ngx_http_ostiary_module.so")
sys.path.insert(0, os.path.join(ROOT, "tests/lib"))
from system import free_port, wait_until  # noqa: E402


# ---- tokens ----

def b64(data):
	return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def encode(value):
	return b64(json.dumps(value, separators=(",", ":")).encode())


class HmacKey:
	def __init__(self, kid, alg="HS256", secret=None):
		self.kid, self.alg = kid, alg
		self.secret = secret or os.urandom(32)

	def jwk(self):
		return {"kty": "oct", "kid": self.kid, "alg": self.alg, "use": "sig", "k": b64(self.secret)}

	def sign(self, data):
		return hmac.new(self.secret, data, hashlib.sha256).digest()


class OpensslKey:
	"""ES256 or RS256, made and used by the openssl program."""

	def __init__(self, folder, kid, alg="ES256"):
		self.kid, self.alg = kid, alg
		self.path = os.path.join(folder, f"{kid}.pem")
		kind = ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"] if alg == "ES256" else ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
		subprocess.run(["openssl", "genpkey", "-algorithm", *kind, "-out", self.path], check=True, capture_output=True)

	def jwk(self):
		head = {"kid": self.kid, "alg": self.alg, "use": "sig"}
		if self.alg == "RS256":
			out = subprocess.run(["openssl", "rsa", "-in", self.path, "-noout", "-modulus"], check=True, capture_output=True).stdout
			return {"kty": "RSA", "n": b64(bytes.fromhex(out.decode().strip().split("=")[1])), "e": "AQAB", **head}
		der = subprocess.run(["openssl", "pkey", "-in", self.path, "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout
		return {"kty": "EC", "crv": "P-256", "x": b64(der[-64:-32]), "y": b64(der[-32:]), **head}

	def public_pem(self):
		return subprocess.run(["openssl", "pkey", "-in", self.path, "-pubout"], check=True, capture_output=True).stdout

	def sign(self, data):
		der = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.path], input=data, check=True, capture_output=True).stdout
		if self.alg == "RS256":
			return der
		at, parts = 2, []
		for _ in range(2):
			n = der[at + 1]
			parts.append(der[at + 2:at + 2 + n].lstrip(b"\0").rjust(32, b"\0"))
			at += 2 + n
		return b"".join(parts)


def jwt(key, claims, header=None, signature=None):
	head = {"typ": "at+jwt", "alg": key.alg, "kid": key.kid}
	head.update(header or {})
	signing = encode({k: v for k, v in head.items() if v is not None}) + "." + encode({k: v for k, v in claims.items() if v is not None})
	return signing + "." + b64(key.sign(signing.encode()) if signature is None else signature)


# ---- backend ----

class Backend(socketserver.ThreadingMixIn, socketserver.TCPServer):
	"""Answers every request with JSON of what it got: request line and all header lines, in order."""
	allow_reuse_address = True
	daemon_threads = True
	request_queue_size = 256

	def __init__(self):
		self.extra = ""
		self.seen = 0
		self.log = [] # (request line, headers)
		super().__init__(("127.0.0.1", 0), BackendHandler)
		threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

	@property
	def port(self):
		return self.server_address[1]


class BackendHandler(socketserver.StreamRequestHandler):
	def handle(self):
		while True:
			line = self.rfile.readline()
			if not line.strip():
				return
			headers, length = [], 0
			while (h := self.rfile.readline()) not in (b"\r\n", b"\n", b""):
				name, _, value = h.decode("latin-1").rstrip("\r\n").partition(":")
				headers.append([name, value.strip()])
				length = int(value) if name.lower() == "content-length" else length
			self.rfile.read(length)
			self.server.seen += 1
			self.server.log.append((line.decode("latin-1").strip(), headers))
			body = json.dumps({"line": line.decode("latin-1").strip(), "headers": headers}).encode()
			self.wfile.write(f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{self.server.extra}Content-Length: {len(body)}\r\n\r\n".encode() + body)
			if any(n.lower() == "connection" and v == "close" for n, v in headers):
				return


# ---- the link's far end ----

def block(data):
	data = data if isinstance(data, bytes) else data.encode()
	return struct.pack(">I", len(data)) + data


def frame(kind, payload=b""):
	return struct.pack(">IB", len(payload) + 1, kind) + payload


SNAPSHOT, KEYS, ENDS, READY, HEARTBEAT, ANSWER, HELLO, LOOKUP, UNKNOWN_KID, FULL = 1, 2, 3, 4, 5, 6, 16, 17, 18, 19
JTI, SID, USER, CLIENT = range(4)


class Peer:
	"""Serves link.sock. `keys`: issuer → list of JWKs. `sessions`: cookie → identity claims, None, or "error"."""

	def __init__(self, path):
		self.path, self.keys, self.ends, self.sessions = path, {}, [], {}
		self.silent = self.hold = self.no_snapshot = False
		self.lookups, self.unknown, self.held = [], [], []
		self.accepted, self.connections = [], []  # all; those that said HELLO
		self.lock = threading.RLock()
		self.epoch = 1
		self.on_unknown = None
		self.own = None  # the issuer whose daemon this is
		self.running = False

	def start(self):
		if os.path.exists(self.path):
			os.unlink(self.path)
		self.listener = socket.socket(socket.AF_UNIX)
		self.listener.bind(self.path)
		os.chmod(self.path, 0o666)
		self.listener.listen(16)
		self.running = True
		threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()
		threading.Thread(target=self._beat, daemon=True).start()
		return self

	def stop(self):
		self.running = False
		with self.lock:
			for s in [self.listener] + self.accepted:
				try:
					s.shutdown(socket.SHUT_RDWR)
				except OSError:
					pass
				s.close()
			self.connections, self.accepted = [], []

	def _accept(self, listener):
		while self.running:
			try:
				c, _ = listener.accept()
			except OSError:
				return
			with self.lock:
				# Whoever comes while we stop was not heard by anybody.
				if not self.running:
					c.close()
					return
				self.accepted.append(c)
			threading.Thread(target=self._serve, args=(c,), daemon=True).start()

	def _beat(self):
		while self.running:
			if not self.silent:
				self.broadcast(frame(HEARTBEAT, struct.pack(">Q", int(time.time()))))
			time.sleep(0.1)

	def broadcast(self, data):
		with self.lock:
			for c in list(self.connections):
				try:
					c.sendall(data)
				except OSError:
					self.connections.remove(c)

	def keys_frame(self, issuer):
		text = json.dumps({"keys": self.keys[issuer]})
		return frame(KEYS, block(issuer) + block('{"own":true,' + text[1:] if issuer == self.own else text))

	def ends_frame(self, ends):
		return frame(ENDS, struct.pack(">H", len(ends)) + b"".join(struct.pack(">BQQ", k, at, int(time.time()) + 3600) + block(i) for k, i, at in ends))

	def snapshot(self):
		out = frame(SNAPSHOT, struct.pack(">IQ", 1, self.epoch))
		out += b"".join(self.keys_frame(i) for i in self.keys)
		return out + (self.ends_frame(self.ends) if self.ends else b"") + frame(READY)

	def set_keys(self, issuer, keys):
		with self.lock:
			self.keys[issuer] = [k.jwk() for k in keys]
			if self.running:
				self.broadcast(self.keys_frame(issuer))

	def end(self, kind, ident, at=None):
		with self.lock:
			self.ends.append((kind, ident, int(time.time()) if at is None else at))
			self.broadcast(self.ends_frame(self.ends[-1:]))

	def answer(self, c, ident, cookie):
		found = self.sessions.get(cookie)
		if found == "error":
			c.sendall(frame(ANSWER, struct.pack(">QBI", ident, 3, 0) + block(b"")))
		elif found is None:
			c.sendall(frame(ANSWER, struct.pack(">QBI", ident, 2, 0) + block(b"")))
		else:
			ttl = found.pop("_ttl", 60)
			c.sendall(frame(ANSWER, struct.pack(">QBI", ident, 1, ttl) + block(json.dumps(found))))

	def answer_held(self):
		"""Answers what was held until now."""
		with self.lock:
			held, self.held = self.held, []
			for c, ident, cookie in held:
				self.answer(c, ident, cookie)

	def _serve(self, c):
		f = c.makefile("rb")
		try:
			while True:
				head = f.read(5)
				if len(head) < 5:
					break
				n, kind = struct.unpack(">IB", head)
				self._take(c, kind, f.read(n - 1))
		except OSError:
			pass
		with self.lock:
			for kept in (self.connections, self.accepted):
				if c in kept:
					kept.remove(c)
		c.close()

	def _take(self, c, kind, payload):
		with self.lock:
			if kind == HELLO:
				if not self.no_snapshot:
					c.sendall(self.snapshot())
				self.connections.append(c)
			elif kind == LOOKUP:
				ident, n = struct.unpack(">QI", payload[:12])
				host, rest = payload[12:12 + n].decode(), payload[12 + n:]
				cookie = rest[4:].decode()
				self.lookups.append((host, cookie))
				if self.hold:
					self.held.append((c, ident, cookie))
				else:
					self.answer(c, ident, cookie)
			elif kind == UNKNOWN_KID:
				issuer = payload[4:].decode()
				self.unknown.append(issuer)
				if self.on_unknown:
					self.on_unknown(issuer)
				elif issuer in self.keys:
					c.sendall(self.keys_frame(issuer))


# ---- nginx ----

class Reply:
	def __init__(self, status, headers, body):
		self.status, self.headers, self.body = status, headers, body

	def get(self, name):
		found = [v for n, v in self.headers if n.lower() == name.lower()]
		return found[0] if found else None

	def all(self, name):
		return [v for n, v in self.headers if n.lower() == name.lower()]

	def json(self):
		return json.loads(self.body)

	def seen(self, name):
		"""Values of a header that reached the backend, by any spelling that a backend might fold to it."""
		fold = lambda s: "".join(ch if ch.isalnum() else "-" for ch in s.lower())
		return [v for n, v in self.json()["headers"] if fold(n) == fold(name)]


def read_reply(f, method="GET"):
	status = f.readline().split()
	if not status:
		raise ConnectionResetError("no reply")
	headers = []
	while (line := f.readline()) not in (b"\r\n", b""):
		name, _, value = line.decode("latin-1").rstrip("\r\n").partition(":")
		headers.append((name, value.strip()))
	reply = Reply(int(status[1]), headers, b"")
	length = reply.get("content-length")
	if method == "HEAD" or reply.status in (204, 304):
		return reply
	if reply.get("transfer-encoding") == "chunked":
		while (n := int(f.readline(), 16)) > 0:
			reply.body += f.read(n)
			f.readline()
		f.readline()
	else:
		reply.body = f.read(int(length)) if length is not None else f.read()
	return reply


class Gate:
	"""`locations` stand inside the server, `http` before it."""

	def __init__(self, locations, http="", server="", workers=1, link=True):
		self.dir = tempfile.mkdtemp(prefix="ostiary-gate-")
		os.chmod(self.dir, 0o755)
		self.port = free_port()
		self.backend = Backend()
		self.peer = Peer(os.path.join(self.dir, "link.sock")) if link else None
		self.locations, self.http, self.server, self.workers = locations, http, server, workers
		self.process = None

	def path(self, name):
		return os.path.join(self.dir, name)

	def write(self, name, text, mode=0o600):
		with open(os.open(self.path(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as f:
			f.write(text)
		os.chmod(self.path(name), mode)
		return self.path(name)

	def config(self):
		link = f"ostiary_link unix:{self.dir}/link.sock;" if self.peer else ""
		text = f"""
load_module {MODULE};
worker_processes {self.workers}; daemon off; pid {self.dir}/pid; error_log {self.dir}/error.log info;
{"user root;" if os.getuid() == 0 else ""}
events {{ worker_connections 1024; }}
http {{
	access_log off; client_body_temp_path {self.dir}/t1; proxy_temp_path {self.dir}/t2; fastcgi_temp_path {self.dir}/t3;
	uwsgi_temp_path {self.dir}/t4; scgi_temp_path {self.dir}/t5;
	upstream backend {{ server 127.0.0.1:{self.backend.port}; }}
	{link}
	{self.http}
	server {{
		listen 127.0.0.1:{self.port}; server_name web.localhost;
		{self.server}
		location = /status {{ ostiary_status; }}
		{self.locations}
	}}
}}
"""
		return text.replace("@DIR@", self.dir).replace("@PORT@", str(self.port))

	def check(self):
		"""nginx -t: what it says about the configuration."""
		path = self.write("nginx.conf", self.config(), 0o644)
		# nginx frees nothing where it refuses a configuration, and ends at once.
		env = dict(os.environ, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")
		done = subprocess.run([NGINX, "-t", "-c", path, "-p", self.dir, "-e", self.path("error.log")], capture_output=True, text=True, env=env)
		return done.returncode, done.stderr

	def __enter__(self):
		try:
			if self.peer:
				self.peer.start()
			self.start()
		except BaseException:
			self.close()
			raise
		return self

	def start(self):
		path = self.write("nginx.conf", self.config(), 0o644)
		with open(self.path("stderr"), "wb") as err:
			self.process = subprocess.Popen([NGINX, "-c", path, "-p", self.dir, "-e", self.path("error.log")], stderr=err, stdout=err)
		wait_until(self.listening, "nginx listens")

	def listening(self):
		if self.process.poll() is not None:
			raise AssertionError("nginx ended: " + self.errors())
		try:
			with socket.create_connection(("127.0.0.1", self.port), timeout=5):
				return True
		except OSError:
			return False

	def errors(self):
		text = ""
		for name in ("error.log", "stderr"):
			if os.path.exists(self.path(name)):
				with open(self.path(name), errors="replace") as f:
					text += f.read()
		return text

	def reload(self):
		self.process.send_signal(1)

	def worker_pids(self):
		path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
		with open(path) as f:
			return [int(x) for x in f.read().split()]

	def __exit__(self, kind, error, trace):
		self.end()
		log = self.errors()
		self.close()
		bad = [line for line in log.splitlines() if "[alert]" in line or "[emerg]" in line or "AddressSanitizer" in line or "runtime error" in line
			or "exited on signal" in line]
		if kind is not None or bad:
			for line in (bad or log.splitlines()[-15:]):
				print("# nginx: " + line[:600], flush=True)
		if kind is None and bad:
			raise AssertionError("nginx logged an alert: " + bad[0])
		return False

	def end(self):
		"""Stops nginx; what it says at its end stands in its log."""
		if self.process and self.process.poll() is None:
			self.process.send_signal(15)
			try:
				self.process.wait(30)
			except subprocess.TimeoutExpired:
				self.process.kill()
				self.process.wait()

	def close(self):
		self.end()
		if self.peer and self.peer.running:
			self.peer.stop()
		self.backend.shutdown()
		self.backend.server_close()
		shutil.rmtree(self.dir, ignore_errors=True)

	def connect(self):
		s = socket.create_connection(("127.0.0.1", self.port), timeout=20)
		return s

	def send(self, s, path, headers=(), method="GET", body=b""):
		"""`headers`: pairs, so that a name may come twice and in any spelling."""
		names = [n.lower() for n, _ in headers]
		lines = [f"{method} {path} HTTP/1.1"]
		if "host" not in names:
			lines.append(f"Host: web.localhost:{self.port}")
		lines += [f"{n}: {v}" for n, v in headers]
		if body or method in ("POST", "PUT", "PATCH"):
			lines.append(f"Content-Length: {len(body)}")
		s.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

	def ask(self, path, headers=(), method="GET", body=b""):
		with self.connect() as s:
			self.send(s, path, [*headers, ("Connection", "close")] if "connection" not in [n.lower() for n, _ in headers] else headers, method, body)
			with s.makefile("rb") as f:
				return read_reply(f, method)

	def bearer(self, path, token, headers=(), **more):
		return self.ask(path, [("Authorization", "Bearer " + token), *headers], **more)

	def status(self):
		return self.ask("/status").json()
