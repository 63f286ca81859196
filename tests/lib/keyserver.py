# SPDX-License-Identifier: Apache-2.0
"""A key server for tests: a folder with a CA of its own, certificates, signing keys; HTTPS servers that answer what a test says."""
import http.server
import json
import os
import ssl
import subprocess
import tempfile
import threading

ROOT = os.environ.get("OSTIARY_ROOT", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.environ.get("OSTIARY_BUILD", os.path.join(ROOT, "build"))
OSTIARY = os.path.join(BUILD, "ostiary")
ISSUER = "https://op.example"


def openssl(*words):
	subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=60)


class World:
	"""A folder with a CA, certificates under it, and keys that sign tokens."""

	def __init__(self):
		self.folder = tempfile.TemporaryDirectory()
		self.ca = self.authority("ca")
		self.good = self.certificate("good", "ca", "DNS:localhost,IP:127.0.0.1")
		self.keys = {}

	def path(self, name):
		return os.path.join(self.folder.name, name)

	def authority(self, name):
		openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-days", "2",
			"-keyout", self.path(name + ".key"), "-out", self.path(name + ".pem"))
		return self.path(name + ".pem")

	def certificate(self, name, ca, names, days="2"):
		with open(self.path(name + ".ext"), "w") as f:
			f.write("subjectAltName=" + names + "\n")
		openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + name,
			"-keyout", self.path(name + ".key"), "-out", self.path(name + ".csr"))
		openssl("x509", "-req", "-in", self.path(name + ".csr"), "-CA", self.path(ca + ".pem"), "-CAkey", self.path(ca + ".key"), "-CAcreateserial",
			"-days", days, "-extfile", self.path(name + ".ext"), "-out", self.path(name + ".pem"))
		return self.path(name + ".pem"), self.path(name + ".key")

	def key(self, name):
		if name not in self.keys:
			path = self.path(name + ".jwk")
			subprocess.run([OSTIARY, "key", "generate", "--out", path], check=True, timeout=60)
			shown = subprocess.run([OSTIARY, "key", "show", "--json", path], check=True, capture_output=True, timeout=60)
			self.keys[name] = path, json.loads(shown.stdout)["jwk"]
		return self.keys[name]

	def jwks(self, *names):
		return json.dumps({"keys": [self.key(n)[1] for n in names]})

	def token(self, name, iss=ISSUER, aud="https://api.example", typ="at+jwt", **more):
		claims = {"iss": iss, "aud": aud, "sub": "a", **more}
		done = subprocess.run([OSTIARY, "token", "sign", "--key", self.key(name)[0], "--typ", typ, "--lifetime", "5m"], input=json.dumps(claims).encode(),
			check=True, capture_output=True, timeout=60)
		return done.stdout.decode().strip()


class Server:
	"""Answers GETs with (status, headers, body) of `answer`, which may also be a function of the handler that writes by itself."""

	def __init__(self, answer, certificate=None):
		self.answer, self.paths, self.connections = answer, [], 0
		server = self

		class Handler(http.server.BaseHTTPRequestHandler):
			def do_GET(self):
				server.paths.append(self.path)
				if callable(server.answer):
					server.answer(self)
					return
				status, headers, body = server.answer
				self.send_response(status)
				for name, value in headers.items():
					self.send_header(name, value)
				self.send_header("Content-Length", str(len(body)))
				self.end_headers()
				self.wfile.write(body.encode())

			def log_message(self, *_):
				pass

		class Quiet(http.server.ThreadingHTTPServer):
			daemon_threads = True

			def get_request(self):
				server.connections += 1
				request, address = super().get_request()
				request.settimeout(10)
				return request, address

			def finish_request(self, request, address):
				if certificate is not None:
					request = context.wrap_socket(request, server_side=True)
				super().finish_request(request, address)

			def handle_error(self, *_):
				pass

		if certificate is not None:
			context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
			context.load_cert_chain(*certificate)
		self.http = Quiet(("127.0.0.1", 0), Handler)
		self.port = self.http.server_address[1]
		self.url = f"{'http' if certificate is None else 'https'}://localhost:{self.port}/jwks.json"
		threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

	def __enter__(self):
		return self

	def __exit__(self, *_):
		self.http.shutdown()
		self.http.server_close()
