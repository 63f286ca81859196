# SPDX-License-Identifier: Apache-2.0
"""A small browser without a screen: cookies, redirects and forms over HTTP, for tests, the demo's tour and the bench.

It resolves *.localhost to loopback, as browsers do. Its cookie jar keeps what browsers keep: the __Host- and __Secure-
rules, host-only cookies, Secure cookies over plain HTTP on *.localhost, and SameSite on navigations that another site
started. A cookie that a browser would refuse is kept in `refused`, where a test sees it.
"""
import base64
import html.parser
import http.client
import json
import re
import socket
import ssl
import time
import urllib.parse


class Reply:
	"""An answer. `headers` is the list of pairs as it came; names compare without case."""

	def __init__(self, method, url, status, headers, body):
		self.method, self.url, self.status, self.headers, self.body = method, url, status, headers, body

	def header(self, name, default=None):
		found = self.all(name)
		return found[0] if found else default

	def all(self, name):
		return [v for k, v in self.headers if k.lower() == name.lower()]

	@property
	def text(self):
		return self.body.decode("utf-8", "replace")

	def json(self):
		return json.loads(self.body)

	@property
	def location(self):
		place = self.header("location")
		return urllib.parse.urljoin(self.url, place) if place else None

	def __repr__(self):
		return f"<{self.method} {self.url} {self.status} {self.headers} {self.text[:600]!r}>"


class Forms(html.parser.HTMLParser):
	"""The forms of a page: action, method, fields as a browser would send them, and submit buttons."""

	def __init__(self, text):
		super().__init__(convert_charrefs=True)
		self.forms, self.title, self._title = [], "", False
		self.feed(text)

	def handle_starttag(self, tag, attrs):
		a = dict(attrs)
		if tag == "title":
			self._title = True
		if tag == "form":
			self.forms.append({"action": a.get("action", ""), "method": (a.get("method") or "get").upper(),
				"id": a.get("id"), "fields": [], "buttons": []})
		elif self.forms and tag in ("input", "button", "select", "textarea"):
			kind = a.get("type") or ("submit" if tag == "button" else "text")
			row = {"name": a.get("name"), "type": kind, "value": a.get("value") or "", "attrs": a}
			if kind in ("submit", "image"):
				self.forms[-1]["buttons"].append(row)
			elif kind in ("checkbox", "radio"):
				row["value"] = a.get("value", "on")
				self.forms[-1]["fields"].append(row)
			elif kind not in ("button", "reset"):
				self.forms[-1]["fields"].append(row)

	def handle_endtag(self, tag):
		if tag == "title":
			self._title = False

	def handle_data(self, data):
		if self._title:
			self.title += data


class Jar:
	"""Cookies by host. Ports do not count, as in browsers."""

	def __init__(self):
		self.cookies, self.refused = {}, []

	def take(self, host, secure_context, line):
		name_value, *attributes = [part.strip() for part in line.split(";")]
		name, _, value = name_value.partition("=")
		attrs = {}
		for part in attributes:
			key, _, text = part.partition("=")
			attrs[key.strip().lower()] = text.strip()
		bad = None
		if "domain" in attrs:
			bad = "a Domain on localhost"
		elif "secure" in attrs and not secure_context:
			bad = "Secure from an insecure place"
		elif name.startswith(("__Host-", "__Secure-")) and "secure" not in attrs:
			bad = "a prefix without Secure"
		elif name.startswith("__Host-") and attrs.get("path") != "/":
			bad = "__Host- without Path=/"
		elif attrs.get("samesite", "").lower() == "none" and "secure" not in attrs:
			bad = "SameSite=None without Secure"
		elif len(name) + len(value) > 4096:
			bad = "over 4096 bytes"
		if bad:
			self.refused.append((host, line, bad))
			return
		jar = self.cookies.setdefault(host, {})
		if attrs.get("max-age", "").lstrip("-").isdigit() and int(attrs["max-age"]) <= 0:
			jar.pop(name, None)
			return
		until = time.time() + int(attrs["max-age"]) if attrs.get("max-age", "").isdigit() else None
		jar[name] = {"value": value, "path": attrs.get("path", "/"), "same": attrs.get("samesite", "lax").lower(),
			"until": until, "attrs": attrs}

	def header(self, host, path, cross_site=False, safe_navigation=True):
		jar = self.cookies.get(host, {})
		for name in [n for n, c in jar.items() if c["until"] and c["until"] < time.time()]:
			del jar[name]
		sent = []
		for name, cookie in jar.items():
			place = cookie["path"].rstrip("/")
			if not (path == place or path.startswith(place + "/")):
				continue
			if cross_site and (cookie["same"] == "strict" or (cookie["same"] == "lax" and not safe_navigation)):
				continue
			sent.append(f"{name}={cookie['value']}")
		return "; ".join(sent)


class _Connection(http.client.HTTPConnection):
	"""To loopback whatever the name says, or to a Unix socket; with TLS where a context is given."""

	def __init__(self, host, port, context=None, unix=None, timeout=30, address="127.0.0.1"):
		super().__init__(host, port, timeout=timeout)
		self._context, self._unix, self._address = context, unix, address

	def connect(self):
		if self._unix:
			self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
			self.sock.settimeout(self.timeout)
			self.sock.connect(self._unix)
			return
		self.sock = socket.create_connection((self._address, self.port), self.timeout)
		self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
		if self._context:
			self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host)


def fetch(url, method="GET", headers=None, body=None, ca=None, unix=None, timeout=30):
	"""One request, no cookies, no redirects. `headers`: a dict or a list of pairs (which may repeat a name)."""
	parts = urllib.parse.urlsplit(url)
	context = None
	if parts.scheme == "https":
		context = ssl.create_default_context(cafile=ca)
	port = parts.port or (443 if parts.scheme == "https" else 80)
	pairs = list(headers.items()) if isinstance(headers, dict) else list(headers or [])
	if isinstance(body, dict):
		body = urllib.parse.urlencode(body)
		pairs.append(("Content-Type", "application/x-www-form-urlencoded"))
	if isinstance(body, str):
		body = body.encode()
	connection = _Connection(parts.hostname, port, context, unix, timeout)
	try:
		connection.putrequest(method, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
			skip_host=True, skip_accept_encoding=True)
		names = {k.lower() for k, _ in pairs}
		if "host" not in names:
			connection.putheader("Host", parts.netloc)
		for name, value in pairs:
			connection.putheader(name, value)
		if body is not None or method in ("POST", "PUT", "PATCH"):
			if "content-length" not in names:
				connection.putheader("Content-Length", str(len(body or b"")))
		connection.endheaders(body)
		answer = connection.getresponse()
		return Reply(method, url, answer.status, answer.getheaders(), answer.read())
	finally:
		connection.close()


class Agent:
	"""A browser: `get`, `follow`, `submit`. Each hop is handed to `on_hop(reply, request_headers, body)` if set."""

	def __init__(self, ca=None, on_hop=None):
		self.jar, self.ca, self.on_hop, self.hops = Jar(), ca, on_hop, []

	def request(self, url, method="GET", headers=None, body=None, initiator=None, navigate=True):
		"""One hop. `initiator` is the origin that started it: None as typed into the address bar."""
		parts = urllib.parse.urlsplit(url)
		cross = initiator is not None and urllib.parse.urlsplit(initiator).hostname != parts.hostname
		origin = f"{parts.scheme}://{parts.netloc}"
		sent = {"User-Agent": "ostiary-agent/1", "Accept": "text/html,*/*"}
		if navigate:
			site = "none" if initiator is None else "same-origin" if initiator == origin else \
				"same-site" if not cross else "cross-site"
			sent.update({"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-User": "?1"})
			if method != "GET" and initiator:
				sent["Origin"] = initiator
		cookie = self.jar.header(parts.hostname, parts.path or "/", cross, navigate and method == "GET")
		if cookie:
			sent["Cookie"] = cookie
		sent.update(headers or {})
		reply = fetch(url, method, sent, body, ca=self.ca)
		safe = parts.scheme == "https" or parts.hostname.endswith(".localhost")
		for line in reply.all("set-cookie"):
			self.jar.take(parts.hostname, safe, line)
		self.hops.append(reply)
		if self.on_hop:
			self.on_hop(reply, sent, body)
		return reply

	def follow(self, reply, until=None, initiator=None, most=20):
		"""Follows redirects until there are none, or the next place starts with `until` (which is not asked)."""
		start = urllib.parse.urlsplit(reply.url)
		initiator = initiator or f"{start.scheme}://{start.netloc}"
		for _ in range(most):
			place = reply.location
			if reply.status not in (301, 302, 303, 307, 308) or not place or (until and place.startswith(until)):
				return reply
			if reply.status in (307, 308) and reply.method != "GET":
				raise AssertionError(f"a redirect that repeats the {reply.method}: {reply!r}")
			reply = self.request(place, initiator=initiator)
		raise AssertionError(f"over {most} redirects, last {reply!r}")

	def get(self, url, until=None, initiator=None, headers=None):
		return self.follow(self.request(url, headers=headers, initiator=initiator), until, initiator)

	def submit(self, page, values=None, button=None, until=None, form=0):
		"""Fills the page's form and presses a button (its value or name; the first one if None). Values are by field name;
		"login" and "password" also find the text and the password field whatever they are called."""
		found = Forms(page.text).forms
		if not found:
			raise AssertionError(f"no form on {page!r}")
		chosen = found[form]
		values, data = dict(values or {}), []
		for field in chosen["fields"]:
			name, kind = field["name"], field["type"]
			if kind == "password" and "password" in values:
				data.append((name, values["password"]))
			elif kind in ("text", "email") and name not in values and "login" in values:
				data.append((name, values["login"]))
			elif name in values:
				data.append((name, values[name]))
			elif kind in ("checkbox", "radio") and "checked" not in field["attrs"]:
				continue
			elif name:
				data.append((name, field["value"]))
		pressed = next((b for b in chosen["buttons"] if button is None or button in (b["value"], b["name"])), None)
		if button is not None and pressed is None:
			raise AssertionError(f"no button {button} among {chosen['buttons']}")
		if pressed and pressed["name"]:
			data.append((pressed["name"], pressed["value"]))
		target = urllib.parse.urljoin(page.url, pressed["attrs"].get("formaction") or chosen["action"] if pressed else chosen["action"])
		parts = urllib.parse.urlsplit(page.url)
		origin = f"{parts.scheme}://{parts.netloc}"
		if chosen["method"] == "GET":
			return self.get(target + ("&" if "?" in target else "?") + urllib.parse.urlencode(data), until, origin)
		referrer = origin + "/" if page.header("referrer-policy") == "strict-origin" else page.url
		headers = {"Content-Type": "application/x-www-form-urlencoded", "Referer": referrer}
		reply = self.request(target, "POST", headers, urllib.parse.urlencode(data).encode(), initiator=origin)
		return self.follow(reply, until, origin)


# --- tokens -----------------------------------------------------------------------------------------------------

def b64url(data):
	return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64url(text):
	return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def decode(token):
	"""The header and the claims of a JWT, unverified: for looking at."""
	header, claims, _ = token.split(".")
	return json.loads(unb64url(header)), json.loads(unb64url(claims))


def query_of(url):
	"""The query's parameters; one that repeats fails."""
	query = urllib.parse.urlsplit(url).query
	pairs = urllib.parse.parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
	found = dict(pairs)
	if len(found) != len(pairs):
		raise AssertionError(f"a parameter repeats in {url}")
	return found


def error_of_challenge(value):
	match = re.search(r'error="([^"]*)"', value or "")
	return match.group(1) if match else None
