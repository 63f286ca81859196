#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""mod_auth_openidc in a real Apache, with its defaults: sign-in by code and PKCE, claims as headers, sign-out."""
import os
import secrets
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap  # noqa: E402
from system import System, Trouble, agent, free_port, wait_until  # noqa: E402
from tap import contains, equal, test  # noqa: E402

MODULES = "/usr/lib/apache2/modules"
CLIENT = """
  - client_id: apache
    client_name: An application behind Apache
    client_secret_file: apache.secret
    redirect_uris: ["http://app.localhost:%d/secure/callback"]
    post_logout_redirect_uris: ["http://app.localhost:%d/bye"]
    token_endpoint_auth_method: %s
    grant_types: [authorization_code, refresh_token]
    scope: openid profile email
    trusted: true
"""
CONF = """
ServerRoot {folder}
ServerName app.localhost
PidFile {folder}/pid
DefaultRuntimeDir {folder}
ErrorLog {folder}/error.log
LogLevel warn
{user}
Listen 127.0.0.1:{port}
{modules}
TypesConfig /dev/null
AddType text/html .html
DocumentRoot {folder}/htdocs
OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID apache
OIDCClientSecret {secret}
OIDCRedirectURI http://app.localhost:{port}/secure/callback
OIDCCryptoPassphrase {passphrase}
OIDCScope "openid profile email"
OIDCPKCEMethod S256
OIDCRemoteUserClaim email
<Directory {folder}/htdocs>
	Options +Includes
	Require all granted
</Directory>
<Location /secure/>
	AuthType openid-connect
	Require valid-user
	SetOutputFilter INCLUDES
</Location>
"""
MODULE_NAMES = ("mpm_event", "authn_core", "authz_core", "authz_user", "mime", "include", "auth_openidc")


class Apache:
	def __init__(self, s, port, secret):
		self.folder = tempfile.mkdtemp(prefix="ostiary-apache-")
		os.chmod(self.folder, 0o755)
		os.makedirs(os.path.join(self.folder, "htdocs/secure"))
		for name, text in (("htdocs/secure/page.html", 'user <!--#echo var="REMOTE_USER" --> sub <!--#echo var="OIDC_CLAIM_sub" -->'),
				("htdocs/bye", "bye")):
			with open(os.path.join(self.folder, name), "w") as f:
				f.write(text)
		modules = "\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in MODULE_NAMES)
		with open(os.path.join(self.folder, "apache.conf"), "w") as f:
			f.write(CONF.format(folder=self.folder, port=port, issuer=s.issuer, secret=secret, modules=modules,
				passphrase=secrets.token_hex(16), user="User www-data\nGroup www-data" if os.getuid() == 0 else ""))
		with open(os.path.join(self.folder, "error.log"), "ab") as log:
			self.process = subprocess.Popen(["/usr/sbin/apache2", "-D", "FOREGROUND", "-f", os.path.join(self.folder, "apache.conf")],
				stdin=subprocess.DEVNULL, stdout=log, stderr=log)
		try:
			wait_until(lambda: self.answers(port), "Apache", 30, self.process)
		except Trouble as error:
			raise Trouble(f"{error}\n{self.errors()}") from None

	def answers(self, port):
		"""Apache opens its socket twice at its start: what connects between is reset."""
		try:
			return agent.fetch(f"http://app.localhost:{port}/bye", timeout=5).status == 200
		except OSError:
			return False

	def errors(self):
		with open(os.path.join(self.folder, "error.log"), errors="replace") as f:
			return f.read()

	def stop(self):
		self.process.terminate()
		try:
			self.process.wait(20)
		except subprocess.TimeoutExpired:
			self.process.kill()
			self.process.wait()
		shutil.rmtree(self.folder, ignore_errors=True)


def signs_in_and_out(method):
	port, secret = free_port(), secrets.token_urlsafe(32)
	s = System(backend=False)

	def edit(text):
		with open(os.open(os.path.join(s.folder, "apache.secret"), os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
			f.write(secret + "\n")
		return text.replace("\nusers:\n", CLIENT % (port, port, method) + "users:\n", 1)
	s.edit_config = edit
	with s:
		apache = Apache(s, port, secret)
		try:
			app = f"http://app.localhost:{port}"
			browser = s.browser()
			reply = s.answer_pages(browser, browser.get(app + "/secure/page.html", until=app + "/secure/callback"), "alice", app)
			reply = browser.follow(reply, initiator=s.issuer)
			equal(reply.status, 200, "signed in")
			contains(reply.text, "user alice@example.com", "REMOTE_USER from the claim email")
			reply = browser.get(app + "/secure/callback?logout=" + app.replace(":", "%3A").replace("/", "%2F") + "%2Fbye")
			if "<form" in reply.text:
				reply = browser.submit(reply)
			equal((reply.status, reply.text), (200, "bye"), "signed out, and back at the application")
			reply = browser.get(app + "/secure/page.html")
			contains(reply.text, 'type="password"', "the provider asks for the password again")
		except BaseException:
			tap.note(apache.errors()[-3000:])
			raise
		finally:
			apache.stop()


@test
def mod_auth_openidc_signs_in_and_out():
	signs_in_and_out("client_secret_basic")


tap.main()
