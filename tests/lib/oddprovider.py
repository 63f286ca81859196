# SPDX-License-Identifier: Apache-2.0
"""An OpenID Provider that answers what a test says: good by default, odd, broken or slow in whatever place a case names.

	p = OddProvider(path="/realms/x/")         # its issuer is http://127.0.0.1:PORT/realms/x/
	p.claims = {"sub": "u1", "groups": [1, 2]} # of the next ID tokens, over the usual ones
	p.answer = {"scope": "openid"}             # of the token endpoint, over the usual members
	p.lies["/token"] = (503, "{}")             # this status and body (str or bytes) at this path, until it is deleted
"""
import http.server
import json
import os
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "gateway"))
from gate import OpensslKey, jwt  # noqa: E402


class OddProvider(http.server.ThreadingHTTPServer):
	daemon_threads = True
	request_queue_size = 128

	def __init__(self, folder, path=""):
		super().__init__(("127.0.0.1", 0), _Handler)
		self.base = f"http://127.0.0.1:{self.server_address[1]}"
		self.issuer = self.base + path
		self.folder, self.path = folder, path.rstrip("/")
		self.keys = [OpensslKey(folder, f"k{self.server_address[1]}")]
		self.published = None  # JWKs instead of those of `keys`
		self.nonces, self.lies, self.asked, self.forms, self.revoked = {}, {}, [], [], []
		self.slow = {}  # path: seconds
		self.reset()
		threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

	def reset(self):
		self.claims, self.answer, self.metadata, self.person = {}, {}, {}, {"sub": "u1"}
		self.lies, self.slow = {}, {}

	def rotate(self):
		self.keys = [OpensslKey(self.folder, f"k{time.monotonic_ns()}")]

	def id_token(self, nonce):
		now = int(time.time())
		return jwt(self.keys[0], {"iss": self.issuer, "aud": "app", "sub": "u1", "iat": now, "exp": now + 600, "nonce": nonce, **self.claims},
			{"typ": "JWT"})

	def tokens(self, form):
		nonce = self.nonces.get(form.get("code"))
		usual = {"access_token": "at", "token_type": "Bearer", "expires_in": 3600, "id_token": self.id_token(nonce)}
		return {k: v for k, v in {**usual, **self.answer}.items() if v != "absent"}

	def document(self):
		return {"issuer": self.issuer, "jwks_uri": self.base + "/keys", "authorization_endpoint": self.base + "/authorize",
			"token_endpoint": self.base + "/token", "userinfo_endpoint": self.base + "/userinfo", "end_session_endpoint": self.base + "/end",
			**self.metadata}


class _Handler(http.server.BaseHTTPRequestHandler):
	protocol_version = "HTTP/1.1"

	def reply(self, status, body, kind="application/json", headers=()):
		body = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
		self.send_response(status)
		self.send_header("Content-Type", kind)
		self.send_header("Content-Length", str(len(body)))
		for name, value in headers:
			self.send_header(name, value)
		self.end_headers()
		self.wfile.write(body)

	def serve(self, form):
		p, path = self.server, self.path.partition("?")[0]
		p.asked.append(path)
		time.sleep(p.slow.get(path, 0))
		if path in p.lies:
			return self.reply(*p.lies[path])
		if path == p.path + "/.well-known/openid-configuration":
			return self.reply(200, p.document())
		if path == "/keys":
			return self.reply(200, {"keys": p.published if p.published is not None else [k.jwk() for k in p.keys]})
		if path == "/token":
			p.forms.append(form)
			return self.reply(200, p.tokens(form))
		if path == "/revoke":
			p.revoked.append((form, self.headers.get("Authorization")))
			return self.reply(200, "")
		if path == "/userinfo":
			return self.reply(200, p.person)
		return self.reply(404, {})

	def do_GET(self):
		self.serve({})

	def do_POST(self):
		body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
		self.serve(dict(urllib.parse.parse_qsl(body)))

	def log_message(self, *_):
		pass
