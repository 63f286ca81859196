#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Spring Boot's client and resource server with their defaults: no PKCE at a confidential client, no access token but of typ JWT."""
import os
import secrets
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap  # noqa: E402
from system import ROOT, System, agent, decode, free_port, wait_until  # noqa: E402
from tap import equal, test  # noqa: E402

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "spring")
PLACE = os.path.join(ROOT, "build/java/spring")
API = "https://orders.example"
SECRET = secrets.token_urlsafe(32)
ROWS = """
  - client_id: spring
    client_name: An application with Spring Boot
    client_secret_file: spring.secret
    redirect_uris: ["@APP@/login/oauth2/code/ostiary"]
    token_endpoint_auth_method: client_secret_basic
    require_pkce: false
    grant_types: [authorization_code]
    scope: openid profile email
    trusted: true
"""
world = {}


def program():
	"""The application, built once: the sources are copied so that Maven writes nothing into the tree."""
	jar = os.path.join(PLACE, "target/spring.jar")
	if not os.path.exists(jar):
		subprocess.run([os.path.join(ROOT, "tools/setup"), "java"], check=True, stdin=subprocess.DEVNULL)
		shutil.copytree(HERE, PLACE, dirs_exist_ok=True)
		done = subprocess.run(["mvn", "-q", "-B", "package"], cwd=PLACE, capture_output=True, text=True, stdin=subprocess.DEVNULL)
		if done.returncode:
			raise SystemExit(f"mvn failed:\n{done.stdout[-3000:]}{done.stderr[-2000:]}")
	return jar


def start_spring(s, port):
	hosts = os.path.join(s.folder, "hosts")
	with open(hosts, "w") as f:
		f.write("127.0.0.1 id.localhost app.localhost localhost\n")
	client = "--spring.security.oauth2.client"
	world["spring"] = s.spawn("spring", ["java", f"-Djdk.net.hosts.file={hosts}", "-Xmx256m", "-jar", program(),
		f"--server.port={port}", f"--spring.security.oauth2.resourceserver.jwt.issuer-uri={s.issuer}",
		f"--spring.security.oauth2.resourceserver.jwt.audiences={API}", "--server.address=127.0.0.1",
		f"{client}.registration.ostiary.client-id=spring", f"{client}.registration.ostiary.client-secret={SECRET}",
		f"{client}.registration.ostiary.scope=openid,profile,email", f"{client}.provider.ostiary.issuer-uri={s.issuer}"])

	def answers():
		try:
			return agent.fetch(f"http://app.localhost:{port}/person", timeout=5).status in (302, 401)
		except OSError:
			return False
	wait_until(answers, "Spring Boot", 120, world["spring"])


def setup():
	program()
	port = free_port()
	world["app"] = f"http://app.localhost:{port}"
	s = System(backend=False)

	def edit(text):
		with open(os.open(os.path.join(s.folder, "spring.secret"), os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
			f.write(SECRET + "\n")
		rows = ROWS.replace("@APP@", world["app"])
		text = text.replace("resources:\n", f"resources:\n  - {{uri: {API}, typ: JWT, scopes: [\"stock:read\"]}}\n", 1)
		text = text.replace("    scope: orders:read\n", "    scope: orders:read stock:read\n", 1)
		return text.replace("\nusers:\n", rows + "users:\n", 1)
	s.edit_config = edit
	world["s"] = s.__enter__()
	start_spring(s, port)


def teardown():
	if "s" in world:
		world["s"].end(world.get("spring"))
		world["s"].close()


@test
def spring_boot_signs_people_in():
	s, browser = world["s"], world["s"].browser()
	reply = browser.get(world["app"] + "/person", until=world["app"] + "/login/oauth2/code/")
	reply = s.answer_pages(browser, reply, "alice", world["app"])
	reply = browser.follow(reply, initiator=s.issuer)
	equal((reply.status, reply.json()["email"]), (200, "alice@example.com"), "whom it got")


@test
def spring_boots_resource_server_takes_tokens_of_its_api():
	s = world["s"]

	def status(token):
		return agent.fetch(world["app"] + "/orders", headers={"Authorization": "Bearer " + token}).status
	token = s.machine_token(scope="stock:read", resource=API)
	equal(decode(token)[0]["typ"], "JWT", "as the API is configured")
	equal(status(token), 200, "its own")
	equal(status(s.machine_token(scope="orders:read")), 401, "another API's")
	equal(status(s.sign_in("alice")["id_token"]), 401, "an ID token")


tap.main(setup, teardown)
