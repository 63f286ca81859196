/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration: every way of being refused with file, line, column and key, and never a value. */
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ct.h"
#include "config/config.h"
#include "config/config_secret.h"
#include "config/config_table.h"
#include "t.h"

static struct arena arena;

static enum rc parse(const char *text, struct config *c, struct config_error *err)
{
	arena_reset(&arena);
	arena_init(&arena, CONFIG_ARENA_MAX);
	*err = (struct config_error){.file = "o.yaml"};
	return config_parse(slice_cstr(text), &arena, c, err);
}

#define ISSUER "issuer: http://id.localhost:8080\n"

/* A text, and the whole message that it must be refused with. */
struct refusal {
	const char *text, *message;
};

static void validate_refusals(const struct refusal *rows, size_t n)
{
	struct config c;
	struct config_error err;
	for (size_t i = 0; i < n; i++) {
		t_set_row(rows[i].text);
		CHECK_RC(parse(rows[i].text, &c, &err), RC_SYNTAX);
		CHECK_SLICE(slice_cstr(err.text), slice_cstr(rows[i].message));
	}
	t_set_row("");
}

#define REFUSED(rows) validate_refusals(rows, sizeof(rows) / sizeof *(rows))

static void defaults_are_what_the_manual_says(void)
{
	struct config c;
	struct config_error err;
	CHECK_OK(parse(ISSUER, &c, &err));
	CHECK_SLICE(c.issuer, SLICE("http://id.localhost:8080"));
	CHECK_SLICE(c.state, SLICE("/var/lib/ostiary"));
	CHECK_SLICE(c.directory, SLICE("sqlite"));
	CHECK_SLICE(c.ephemeral, SLICE("memory"));
	CHECK_SLICE(c.keys.algorithms, SLICE("ES256 RS256"));
	CHECK(c.tokens.access == 600 && c.tokens.refresh_absolute == 90 * 86400 && c.sessions.absolute == 12 * 3600);
	CHECK(c.passwords.memory == 19 << 20 && c.keys.rsa_bits == 2048);
	CHECK(c.listen.n == 1 && c.tenants.n == 1 && c.clients.n == 0);
	CHECK_SLICE(((struct config_listen *)c.listen.v)[0].address, SLICE("unix:http.sock"));
	CHECK_SLICE(((struct config_tenant *)c.tenants.v)[0].id, SLICE("default"));
}

static void values_reach_their_place(void)
{
	struct config c;
	struct config_error err;
	CHECK_OK(parse(ISSUER "tokens: {access: 90s, leeway: 0s}\npasswords: {memory: 64MiB, passes: 3}\n"
			      "keys: {algorithms: [Ed25519], retire: 2d}\nlog: {level: debug}\n"
			      "users:\n  - {login: alice, roles: [customer, admin], email_verified: true}\n",
		       &c, &err));
	CHECK(c.tokens.access == 90 && c.tokens.leeway == 0 && c.tokens.id == 600);
	CHECK(c.passwords.memory == 64 << 20 && c.passwords.passes == 3);
	CHECK_SLICE(c.keys.algorithms, SLICE("Ed25519"));
	CHECK_SLICE(c.log.level, SLICE("debug"));
	const struct config_user *u = c.users.v;
	CHECK(c.users.n == 1 && u->email_verified && !u->disabled);
	CHECK_SLICE(u->roles, SLICE("customer admin"));
	CHECK_SLICE(u->tenant, SLICE("default"));
}

static void an_api_says_how_its_tokens_are_typed(void)
{
	struct config c;
	struct config_error err;
	static const struct refusal rows[] = {
		{ISSUER "resources: [{uri: \"https://a.example\", typ: jwt}]\n", "o.yaml:2:45: resources[0].typ: must be one of: at+jwt JWT"},
		{ISSUER "clients:\n  - {client_id: \"https://a.example\"}\nresources:\n  - {uri: \"https://a.example\", typ: JWT}\n",
		 "o.yaml:5:5: resources: typ: JWT cannot be: its uri is the client_id in line 3, and that client's ID tokens would pass for its access "
		 "tokens"},
		{ISSUER "resources:\n  - {uri: \"https://a.example\"}\n  - {uri: \"https://a.example\", typ: JWT}\n",
		 "o.yaml:4:5: resources: this uri has another typ in line 3"},
	};
	REFUSED(rows);
	CHECK_OK(parse(ISSUER "clients:\n  - {client_id: \"https://a.example\"}\nresources:\n  - {uri: \"https://a.example\"}\n"
			      "  - {uri: \"https://b.example\", typ: JWT}\n  - {uri: \"https://b.example\", typ: JWT}\n", &c, &err));
	const struct config_resource *r = c.resources.v;
	CHECK(!config_is_plain(&r[0]) && config_is_plain(&r[1]));
	CHECK_SLICE(r[0].typ, SLICE("at+jwt"));
}

static void clients_become_metadata(void)
{
	struct config c;
	struct config_error err;
	CHECK_OK(parse(ISSUER "clients:\n  - client_id: shop\n    client_name: \"The \\\"Shop\\\"\"\n    redirect_uris: [\"https://a.example/\"]\n"
			      "    client_secret_file: x\n    trusted: true\n",
		       &c, &err));
	const struct config_client *k = c.clients.v;
	CHECK_SLICE(k->metadata, SLICE("{\"client_id\":\"shop\",\"client_name\":\"The \\\"Shop\\\"\","
				       "\"redirect_uris\":[\"https://a.example/\"],\"trusted\":true}"));
	CHECK_SLICE(k->secret_file, SLICE("x"));
}

static void yaml_is_read_strictly(void)
{
	static const struct refusal rows[] = {
		{"", "o.yaml:1:1: the file is empty"},
		{"- a\n", "o.yaml:1:1: the file must hold keys and values"},
		{ISSUER "a: [b\n", "o.yaml:3:1: not valid YAML: did not find expected ',' or ']'"},
		{ISSUER "a: &x b\n", "o.yaml:2:4: anchors and tags are not supported"},
		{ISSUER "a: !!str b\n", "o.yaml:2:4: anchors and tags are not supported"},
		{ISSUER "a: *x\n", "o.yaml:2:4: aliases are not supported"},
		{ISSUER "---\nissuer: b\n", "o.yaml:2:1: a second document is not supported"},
		{ISSUER "? [a]\n: b\n", "o.yaml:2:3: a key must be a word"},
		{"iss\t\tuer: a\n", "o.yaml:1:1: a key must be a word"},
		{"\"\\e[2Jissuer\": a\n", "o.yaml:1:1: a key must be a word"},
		{"\"\": a\n", "o.yaml:1:1: a key must be a word"},
		{"a: {b: {c: {d: {e: {f: {g: {h: {i: {j: {k: {l: {m: 1}}}}}}}}}}}}\n", "o.yaml:1:48: nested deeper than 12 levels"},
	};
	REFUSED(rows);
}

static void unknown_and_duplicate_keys_are_refused(void)
{
	static const struct refusal rows[] = {
		{ISSUER "log: {levle: info}\n", "o.yaml:2:7: log.levle: unknown key; did you mean level?"},
		{ISSUER "listen:\n  - {addres: \"unix:a\"}\n",
		 "o.yaml:3:6: listen[0].addres: unknown key; did you mean address?"},
		{ISSUER "listen:\n  - {nothing: \"unix:a\"}\n",
		 "o.yaml:3:6: listen[0].nothing: unknown key; known here: address, serves, trusted_proxy, trusted_proxies"},
		{ISSUER "clients:\n  - {client_id: a, rediretc_urs: [x]}\n", "o.yaml:3:20: clients[0].rediretc_urs: unknown key; did you mean redirect_uris?"},
		{ISSUER "log: {x: info}\n", "o.yaml:2:7: log.x: unknown key; known here: level"},
		{ISSUER "log: {a_key_that_is_longer_than_any_that_could_be_meant: 1}\n",
		 "o.yaml:2:7: log.a_key_that_is_longer_than_any_that_could_be_meant: unknown key; known here: level"},
		{ISSUER ISSUER, "o.yaml:2:1: issuer: is given twice (first in line 1)"},
		{ISSUER "log:\n  level: info\n  level: warn\n", "o.yaml:4:3: level: is given twice (first in line 3)"},
	};
	REFUSED(rows);
}

static void missing_and_misplaced_values_are_refused(void)
{
	static const struct refusal rows[] = {
		{"state: /x\n", "o.yaml:1:1: issuer: is missing"},
		{ISSUER "users:\n  - {name: A}\n", "o.yaml:3:5: users[0].login: is missing"},
		{"issuer:\n", "o.yaml:1:8: issuer: is empty"},
		{"issuer: [a]\n", "o.yaml:1:9: issuer: must be a single value"},
		{ISSUER "log: info\n", "o.yaml:2:6: log: must have keys of its own"},
		{ISSUER "clients: shop\n", "o.yaml:2:10: clients: must be a list"},
		{ISSUER "keys: {algorithms: ES256}\n", "o.yaml:2:20: keys.algorithms: must be a list"},
		{ISSUER "keys: {algorithms: []}\n", "o.yaml:2:20: keys.algorithms: must have from 1 to 8 entries"},
	};
	REFUSED(rows);
}

static void durations_and_sizes_are_exact(void)
{
#define DURATION "is not a duration: write digits and one unit, as in 90s, 15m, 1h or 30d"
#define SIZE "is not a size: write digits and one unit of KiB, MiB, GiB"
	static const struct refusal rows[] = {
		{ISSUER "tokens: {access: 80x}\n", "o.yaml:2:18: tokens.access: " DURATION},
		{ISSUER "tokens: {access: 30}\n", "o.yaml:2:18: tokens.access: " DURATION},
		{ISSUER "tokens: {access: -5m}\n", "o.yaml:2:18: tokens.access: " DURATION},
		{ISSUER "tokens: {access: 1h30m}\n", "o.yaml:2:18: tokens.access: " DURATION},
		{ISSUER "tokens: {access: \"10 m\"}\n", "o.yaml:2:18: tokens.access: " DURATION},
		{ISSUER "tokens: {access: 15500ms}\n", "o.yaml:2:18: tokens.access: must be whole seconds"},
		{ISSUER "tokens: {access: 1s}\n", "o.yaml:2:18: tokens.access: must be from 10s to 1d"},
		{ISSUER "tokens: {access: 2d}\n", "o.yaml:2:18: tokens.access: must be from 10s to 1d"},
		{ISSUER "passwords: {memory: 19}\n", "o.yaml:2:21: passwords.memory: " SIZE},
		{ISSUER "passwords: {memory: 19MB}\n", "o.yaml:2:21: passwords.memory: " SIZE},
		{ISSUER "passwords: {memory: 0x20MiB}\n", "o.yaml:2:21: passwords.memory: " SIZE},
		{ISSUER "passwords: {memory: 1MiB}\n", "o.yaml:2:21: passwords.memory: must be from 8MiB to 1GiB"},
		{ISSUER "passwords: {passes: 2.0}\n", "o.yaml:2:21: passwords.passes: is not a whole number"},
		{ISSUER "passwords: {passes: 010}\n", "o.yaml:2:21: passwords.passes: is not a whole number"},
		{ISSUER "passwords: {passes: 17}\n", "o.yaml:2:21: passwords.passes: must be from 1 to 16"},
	};
	REFUSED(rows);
}

static void choices_and_truth_are_exact(void)
{
	static const struct refusal rows[] = {
		{ISSUER "log: {level: verbose}\n", "o.yaml:2:14: log.level: must be one of: debug info warn error"},
		{ISSUER "log: {level: INFO}\n", "o.yaml:2:14: log.level: must be one of: debug info warn error"},
		{ISSUER "keys: {algorithms: [none]}\n",
		 "o.yaml:2:21: keys.algorithms: must be one of: ES256 ES384 ES512 RS256 RS384 RS512 PS256 PS384 PS512 Ed25519 EdDSA"},
		{ISSUER "keys: {algorithms: [ES256, ES256]}\n", "o.yaml:2:28: keys.algorithms: is given twice"},
		{ISSUER "listen: [{address: \"unix:a\", trusted_proxies: [10.0.0.0/8]}]\n",
		 "o.yaml:2:10: listen: trusted_proxies needs trusted_proxy: true"},
		{ISSUER "listen: [{address: \"unix:a\", trusted_proxy: true, trusted_proxies: [10.0.0.1/8]}]\n",
		 "o.yaml:2:69: listen[0].trusted_proxies: must be an address, or a network such as 10.0.0.0/8 with no bit set behind its prefix"},
		{ISSUER "listen: [{address: \"unix:a\", trusted_proxy: yes}]\n",
		 "o.yaml:2:45: listen[0].trusted_proxy: must be true or false"},
		{ISSUER "listen: [{address: \"unix:a\", trusted_proxy: \"true\"}]\n",
		 "o.yaml:2:45: listen[0].trusted_proxy: must be true or false"},
	};
	REFUSED(rows);
}

static void issuers_and_addresses_are_checked(void)
{
	static const struct refusal rows[] = {
		{"issuer: http://id.example.com\n",
		 "o.yaml:1:9: issuer: must be https (http only on localhost, *.localhost and loopback addresses)"},
		{"issuer: https://id.example.com//\n", "o.yaml:1:9: issuer: must not end with two slashes"},
		{"issuer: https://id.example.com?x\n", "o.yaml:1:9: issuer: must have no query, fragment, space or backslash"},
		{"issuer: https://ID.example.com\n", "o.yaml:1:9: issuer: has no valid host name in lower case"},
		{"issuer: https://a@id.example.com\n", "o.yaml:1:9: issuer: has no valid host name in lower case"},
		{"issuer: https://id.example.com:0\n", "o.yaml:1:9: issuer: has an invalid port"},
		{"issuer: id.example.com\n", "o.yaml:1:9: issuer: must be an absolute https URL"},
		{ISSUER "listen: [{address: \"0.0.0.0:80\"}]\n",
		 "o.yaml:2:20: listen[0].address: must be unix:NAME, 127.0.0.1:PORT or [::1]:PORT; a gateway such as nginx stands before it"},
		{ISSUER "listen: [{address: \"127.0.0.1:99999\"}]\n", "o.yaml:2:20: listen[0].address: has no valid port"},
		{ISSUER "directory: postgres\n", "o.yaml:2:12: directory: must be sqlite or sqlite:FILE"},
		{ISSUER "ephemeral: redis\n", "o.yaml:2:12: ephemeral: must be memory, sqlite or sqlite:FILE"},
	};
	REFUSED(rows);
}

static void values_must_fit_each_other(void)
{
	static const struct refusal rows[] = {
		{ISSUER "keys: {retire: 10s}\n", "o.yaml:2:16: keys.retire: must not be shorter than a token lives (tokens.access or "
						 "tokens.id, and tokens.leeway)"},
		{ISSUER "tokens: {refresh_idle: 30d, refresh_absolute: 1d}\n",
		 "o.yaml:2:47: tokens.refresh_absolute: must not be shorter than tokens.refresh_idle"},
		{ISSUER "sessions: {idle: 2h, absolute: 1h}\n",
		 "o.yaml:2:32: sessions.absolute: must not be shorter than sessions.idle"},
		{ISSUER "keys: {rotate: 1h}\n", "o.yaml:1:1: keys.publish: must not be longer than keys.rotate"},
		{ISSUER "users:\n  - {login: a}\n  - {login: a}\n", "o.yaml:4:5: users: a user of this login stands in line 3"},
		{ISSUER "forward_auth:\n  - {name: a}\n", "o.yaml:3:5: forward_auth: a policy of mode bearer needs an audience"},
		{ISSUER "forward_auth:\n  - {name: a, mode: session}\n  - {name: a, mode: session}\n",
		 "o.yaml:4:5: forward_auth: a policy of this name stands in line 3"},
		{ISSUER "users:\n  - {login: a, tenant: other}\n", "o.yaml:3:5: users: its tenant is not among tenants"},
		{ISSUER "clients:\n  - {client_id: a}\n  - {client_id: a}\n",
		 "o.yaml:4:5: clients: a client of this id stands in line 3"},
		{ISSUER "tenants: [{id: a, name: \"A\\u202Eb\"}]\n", "o.yaml:2:25: tenants[0].name: must be one line of UTF-8 text, without "
								       "characters that are not seen or turn text around"},
		{ISSUER "listen: [{address: \"unix:../a\"}]\n",
		 "o.yaml:2:20: listen[0].address: must not go through . or ..; give a name in the state folder, or an absolute one"},
		{ISSUER "listen: [{address: \"unix:/run/x/../../a\"}]\n",
		 "o.yaml:2:20: listen[0].address: must not go through . or ..; give a name in the state folder, or an absolute one"},
		{ISSUER "listen: [{address: \"unix:./a\"}]\n",
		 "o.yaml:2:20: listen[0].address: must not go through . or ..; give a name in the state folder, or an absolute one"},
		{ISSUER "listen: [{address: \"unix:\"}]\n", "o.yaml:2:20: listen[0].address: needs a short socket name after unix:"},
		{ISSUER "listen:\n  - {address: \"unix:a\"}\n  - {address: \"unix:a\"}\n",
		 "o.yaml:4:5: listen: this address stands in line 3 already"},
		{ISSUER "tenants:\n  - {id: default}\n  - {id: default}\n", "o.yaml:4:5: tenants: a tenant of this id stands in line 3"},
	};
	REFUSED(rows);
}

static void a_sign_out_returns_to_a_path_of_its_host(void)
{
#define GATE ISSUER "gateways:\n  - host: app.example\n    client_id: app\n    return_to: "
	static const struct refusal rows[] = {
		{GATE "[//evil.example]\n", "o.yaml:5:17: gateways[0].return_to: must be a path of that host, as /goodbye"},
		{GATE "[\"https://evil.example/\"]\n", "o.yaml:5:17: gateways[0].return_to: must be a path of that host, as /goodbye"},
		{GATE "[/a, \"/\\\\evil.example\"]\n", "o.yaml:5:21: gateways[0].return_to: must have no query, fragment, space or backslash"},
	};
	REFUSED(rows);
}

static void no_message_holds_a_value(void)
{
	static const char *const texts[] = {
		ISSUER "key_encryption_key: [hunter2hunter2]\n", ISSUER "tokens: {access: hunter2hunter2}\n",
		ISSUER "users: [{login: a, password_file: {hunter2hunter2: x}}]\n", "issuer: hunter2hunter2\n",
		ISSUER "log: {level: hunter2hunter2}\n", ISSUER "clients: [{client_id: \"hunter2hunter2 x\"}]\n",
		ISSUER "users: [{login: a, client_secret: hunter2hunter2}]\n"};
	struct config c;
	struct config_error err;
	T_TEXTS(row, texts) {
		CHECK_RC(parse(row, &c, &err), RC_SYNTAX);
		CHECK(strstr(err.text, "hunter2") == NULL);
	}
}

static void every_row_is_documented(void)
{
	for (const struct config_row *r = config_table; r->key != NULL; r++) {
		t_set_row(r->key);
		CHECK(r->doc != NULL && strlen(r->doc) > 4);
		for (const struct config_row *s = r->sub; s != NULL && s->key != NULL; s++)
			CHECK(s->doc != NULL && strlen(s->doc) > 4);
	}
}

static void paths_are_relative_to_their_folder(void)
{
	struct config c;
	struct config_error err;
	const char *path;
	CHECK_OK(parse(ISSUER "state: var\n", &c, &err));
	c.path = "/etc/o/o.yaml";
	CHECK_OK(config_file_path(&c, SLICE("a.secret"), &arena, &path));
	CHECK_SLICE(slice_cstr(path), SLICE("/etc/o/a.secret"));
	CHECK_OK(config_state_path(&c, SLICE("admin.sock"), &arena, &path));
	CHECK_SLICE(slice_cstr(path), SLICE("/etc/o/var/admin.sock"));
	CHECK_OK(config_state_path(&c, SLICE("/run/x"), &arena, &path));
	CHECK_SLICE(slice_cstr(path), SLICE("/run/x"));
}

/* A file in a folder of its own. */
static char folder[] = "/tmp/ostiary-config-XXXXXX";

static const char *write_file(const char *name, const char *text, mode_t mode)
{
	static char path[128];
	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	(void)unlink(path);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && fchmod(fd, mode) == 0);
	(void)close(fd);
	return path;
}

/* What the arena hands out next stands behind it; a name without its NUL would go on with that. */
static void a_file_s_name_ends_where_it_ends(void)
{
	static struct config c;
	struct config_error err;
	struct slice behind;
	char want[PATH_MAX];
	const char *file = write_file("a", ISSUER, 0600);
	CHECK(realpath(file, want) != NULL);
	arena_reset(&arena);
	arena_init(&arena, CONFIG_ARENA_MAX);
	CHECK_OK(config_load(file, &arena, &c, &err));
	CHECK_OK(arena_copy(&arena, SLICE("a secret stands here"), &behind));
	CHECK_SLICE(slice_cstr(c.path), slice_cstr(want));
}

static void secrets_must_be_private_and_one_line(void)
{
	char line[CONFIG_SECRET_MAX];
	struct config_secret_error err;
	size_t n = 0;
	CHECK_OK(config_secret_read(write_file("a", "s3cret\n", 0600), geteuid(), line, &n, &err));
	CHECK_SLICE(slice_of(line, n), SLICE("s3cret"));
	CHECK_OK(config_secret_read(write_file("a", "s3cret", 0400), geteuid(), line, &n, &err));
	CHECK(n == 6);
	CHECK_RC(config_secret_read(write_file("a", "s3cret\n", 0640), geteuid(), line, &n, &err), RC_FORBIDDEN);
	CHECK(strstr(err.text, "chmod 600") != NULL && strstr(err.text, "s3cret") == NULL);
	CHECK_RC(config_secret_read(write_file("a", "s3cret\n", 0602), geteuid(), line, &n, &err), RC_FORBIDDEN);
	CHECK_RC(config_secret_read(write_file("a", "", 0600), geteuid(), line, &n, &err), RC_SYNTAX);
	CHECK_RC(config_secret_read(write_file("a", "two\nlines\n", 0600), geteuid(), line, &n, &err), RC_SYNTAX);
	CHECK_RC(config_secret_read("/nonexistent/x", geteuid(), line, &n, &err), RC_IO);
	CHECK_RC(config_secret_read("/tmp", geteuid(), line, &n, &err), RC_FORBIDDEN);
}

/* Only root can give files away. */
static void a_secret_is_root_s_or_the_daemon_s(void)
{
	char line[CONFIG_SECRET_MAX];
	uint8_t key[CONFIG_KEK_LEN];
	struct config_secret_error err;
	struct config c;
	struct config_error wrong;
	const struct passwd *nobody = getpwnam("nobody");
	uid_t other = nobody == NULL ? 65534 : nobody->pw_uid;
	size_t n;
	CHECK_OK(parse(ISSUER, &c, &wrong));
	CHECK(config_secret_owner(&c) == geteuid());
	if (geteuid() != 0 || nobody == NULL)
		return;
	const char *path = write_file("a", "s3cret\n", 0600);
	CHECK(chown(path, other, (gid_t)-1) == 0);
	CHECK_RC(config_secret_read(path, 0, line, &n, &err), RC_FORBIDDEN);
	CHECK(strstr(err.text, "chown root") != NULL);
	CHECK_RC(config_secret_read(path, other + 1, line, &n, &err), RC_FORBIDDEN);
	CHECK_OK(config_secret_read(path, other, line, &n, &err));
	CHECK_OK(config_secret_read(path, CONFIG_OWNER_ANY, line, &n, &err));
	CHECK(chown(path, 0, (gid_t)-1) == 0);
	CHECK_OK(config_secret_read(path, other, line, &n, &err));
	path = write_file("k", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n", 0600);
	CHECK(chown(path, other, (gid_t)-1) == 0);
	CHECK_RC(config_secret_kek(path, 0, key, &err), RC_FORBIDDEN);
	CHECK_OK(parse(ISSUER "user: nobody\n", &c, &wrong));
	CHECK(config_secret_owner(&c) == other);
	CHECK_OK(parse(ISSUER "user: no-such-user-here\n", &c, &wrong));
	CHECK(config_secret_owner(&c) == 0);
}

static void weak_key_encryption_keys_are_refused(void)
{
	uint8_t key[CONFIG_KEK_LEN], zero[CONFIG_KEK_LEN] = {0};
	struct config_secret_error err;
	CHECK_RC(config_secret_kek(write_file("k", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", 0600), geteuid(), key, &err), RC_RANGE);
	CHECK_RC(config_secret_kek(write_file("k", "cGFzc3dvcmRwYXNzd29yZHBhc3N3b3JkcGFzc3dvcmQ\n", 0600), geteuid(), key, &err), RC_RANGE);
	CHECK_RC(config_secret_kek(write_file("k", "short\n", 0600), geteuid(), key, &err), RC_SYNTAX);
	CHECK(strstr(err.text, "ostiary init") != NULL);
	CHECK_RC(config_secret_kek(write_file("k", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", 0600), geteuid(), key, &err), RC_SYNTAX);
	CHECK(ct_equal(secret_of(key, sizeof key), secret_of(zero, sizeof zero)));
	CHECK_RC(config_secret_kek(write_file("k", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n", 0644), geteuid(), key, &err), RC_FORBIDDEN);
}

static void made_secrets_are_private_and_never_replaced(void)
{
	uint8_t key[CONFIG_KEK_LEN], again[CONFIG_KEK_LEN];
	char path[128];
	struct config_secret_error err;
	struct stat st;
	(void)snprintf(path, sizeof path, "%s/made", folder);
	CHECK_OK(config_secret_make(path, &err));
	CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600);
	CHECK_OK(config_secret_kek(path, geteuid(), key, &err));
	CHECK_RC(config_secret_make(path, &err), RC_CONFLICT);
	CHECK_OK(config_secret_kek(path, geteuid(), again, &err));
	CHECK(memcmp(key, again, sizeof key) == 0);
}

static void a_secret_is_whole_or_not_there(void)
{
	char path[128], begun[160];
	struct config_secret_error err;
	struct stat st;
	(void)snprintf(path, sizeof path, "%s/whole", folder);
	(void)snprintf(begun, sizeof begun, "%s.%ld", path, (long)getpid());
	/* What a killed process of the same number left half-written. */
	int fd = open(begun, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CHECK(fd >= 0 && write(fd, "AAAA", 4) == 4 && close(fd) == 0);
	CHECK_OK(config_secret_make(path, &err));
	CHECK(stat(path, &st) == 0 && st.st_size == 44 && st.st_nlink == 1);
	CHECK(stat(begun, &st) != 0);
	CHECK(unlink(path) == 0);
}

/* Who may write in the folder lays a file of his own where the secret will be begun, and keeps it open. */
static void a_secret_is_never_begun_in_another_ones_file(void)
{
	char path[128], begun[160], got[64] = "";
	struct config_secret_error err;
	struct stat st;
	(void)snprintf(path, sizeof path, "%s/laid", folder);
	(void)snprintf(begun, sizeof begun, "%s.%ld", path, (long)getpid());
	int fd = open(begun, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	CHECK(fd >= 0 && fchmod(fd, 0666) == 0);
	CHECK_OK(config_secret_make(path, &err));
	CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600 && st.st_nlink == 1);
	CHECK(pread(fd, got, sizeof got, 0) == 0);
	CHECK(close(fd) == 0 && unlink(path) == 0);
}

int main(int argc, char **argv)
{
	static const struct t_test tests[] = {
		T(defaults_are_what_the_manual_says), T(values_reach_their_place), T(clients_become_metadata), T(an_api_says_how_its_tokens_are_typed),
		T(yaml_is_read_strictly), T(unknown_and_duplicate_keys_are_refused), T(missing_and_misplaced_values_are_refused),
		T(durations_and_sizes_are_exact), T(choices_and_truth_are_exact), T(issuers_and_addresses_are_checked),
		T(values_must_fit_each_other), T(a_sign_out_returns_to_a_path_of_its_host), T(no_message_holds_a_value), T(every_row_is_documented),
		T(paths_are_relative_to_their_folder), T(a_file_s_name_ends_where_it_ends), T(secrets_must_be_private_and_one_line),
		T(a_secret_is_root_s_or_the_daemon_s), T(weak_key_encryption_keys_are_refused), T(made_secrets_are_private_and_never_replaced),
		T(a_secret_is_never_begun_in_another_ones_file),
		T(a_secret_is_whole_or_not_there)};
	if (mkdtemp(folder) == NULL)
		return 1;
	int bad = t_main(tests, (int)ARRAY_LEN(tests), argc, argv);
	for (const char *const *name = (const char *const[]){"a", "k", "made", NULL}; *name != NULL; name++) {
		char path[128];
		(void)snprintf(path, sizeof path, "%s/%s", folder, *name);
		(void)unlink(path);
	}
	(void)rmdir(folder);
	arena_reset(&arena);
	return bad;
}
