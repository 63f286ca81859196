/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/show.h"
#include "crypto/start.h"
#include "config/config_secret.h"

static const char sample[] =
	"# Ostiary's configuration. Every key is described in ostiary.yaml(5); ostiary check-config checks this file.\n"
	"%.*s# what browsers open and what tokens carry as iss\n"
	"%.*s# store, sockets, keys\n"
	"%.*s# whom the daemon becomes where root starts it\n"
	"listen:\n"
	"%.*s# a socket in state; nginx stands before it\n"
	"# tokens: {access: 10m, refresh_idle: 30d}\n"
	"# sessions: {idle: 1h, absolute: 12h}\n"
	"# keys: {algorithms: [ES256, RS256], rotate: 30d}\n"
	"# resources:\n"
	"#   - {uri: \"https://api.example.com\", scopes: [\"orders:read\"]}  # typ: JWT where its verifier refuses at+jwt\n"
	"# clients:  # or: ostiary client add\n"
	"#   - client_id: shop\n"
	"#     client_name: Shop\n"
	"#     token_endpoint_auth_method: none\n"
	"#     redirect_uris: [\"https://shop.example.com/\"]\n"
	"#     scope: openid profile offline_access\n"
	"# users:    # or: ostiary user add\n"
	"#   - {login: alice, password_file: alice.password, name: Alice, roles: [customer]}\n";

/* For example /etc/ostiary; the folder above it must exist. */
static void make_folder(const char *path)
{
	char folder[4096];
	(void)snprintf(folder, sizeof folder, "%s", path);
	char *slash = strrchr(folder, '/');
	if (slash == NULL || slash == folder)
		return;
	*slash = 0;
	(void)mkdir(folder, 0755);
}

static int find_user(const char *user, const struct passwd **ret_passwd)
{
	*ret_passwd = getpwnam(user);
	if (*ret_passwd == NULL)
		return cli_fail(CLI_CONFIG, "there is no user %s on this system; make it with: useradd --system %s",
				user, user);
	return CLI_OK;
}

/* What there is now, and what of it was made. */
struct made {
	const char *key, *state;
	bool config_made, key_made;
};

/* A line for people. */
static void tell(const struct cli *cli, const char *path, const char *what)
{
	if (!cli->json)
		show_line("%s  %s", path, what);
}

struct wanted {
	const char *issuer, *state, *user; /* NULL: not said */
};

enum { REMARKED = 4 };

/* The lines that have a remark, as wide as the longest of them and two blanks. */
static enum rc align(struct cli *cli, struct slice lines[static REMARKED])
{
	int width = 0;
	for (size_t i = 0; i < REMARKED; i++)
		width = (int)lines[i].n > width ? (int)lines[i].n : width;
	for (size_t i = 0; i < REMARKED; i++)
		TRY(arena_format(cli->arena, &lines[i], "%.*s%*s", SLICE_ARGS(lines[i]), width + 2 - (int)lines[i].n,
				 ""));
	return RC_OK;
}

static enum rc fill_sample(struct cli *cli, const struct wanted *w, struct slice *ret_text)
{
	struct slice lines[REMARKED] = {[3] = SLICE("  - {address: \"unix:http.sock\", trusted_proxy: true}")};
	TRY(arena_format(cli->arena, &lines[0], "issuer: %s",
			 w->issuer == NULL ? "http://id.localhost:8080" : w->issuer));
	TRY(arena_format(cli->arena, &lines[1], "state: %s", w->state == NULL ? "/var/lib/ostiary" : w->state));
	TRY(arena_format(cli->arena, &lines[2], "%suser: %s", w->user == NULL ? "# " : "",
			 w->user == NULL ? "ostiary" : w->user));
	TRY(align(cli, lines));
	return arena_format(cli->arena, ret_text, sample, SLICE_ARGS(lines[0]), SLICE_ARGS(lines[1]),
			    SLICE_ARGS(lines[2]), SLICE_ARGS(lines[3]));
}

/* A file that cannot be read would remain, and stop the next try. */
static int write_sample(struct cli *cli, const struct wanted *w)
{
	static struct config config;
	struct config_error err = {.file = cli->config, .text = "out of memory"};
	struct slice text;
	if (fill_sample(cli, w, &text) != RC_OK || config_parse(text, cli->arena, &config, &err) != RC_OK)
		return cli_fail(CLI_CONFIG, "%s\nnothing was written", err.text);
	make_folder(cli->config);
	int fd = open(cli->config, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	if (f == NULL)
		return cli_fail(CLI_FAILED, "%s: %s", cli->config, strerror(errno));
	bool good = fwrite(text.p, 1, text.n, f) == text.n;
	if (fclose(f) != 0 || !good)
		return cli_fail(CLI_FAILED, "%s: %s", cli->config, strerror(errno));
	tell(cli, cli->config, "written: look at it, above all at issuer");
	return CLI_OK;
}

static void say_kept(const struct cli *cli, const char *key, const char *said, struct slice has)
{
	if (said == NULL || slice_eq(slice_cstr(said), has))
		return;
	if (has.n == 0)
		cli_complain("%s names no %s: add it there; --%s was not used", cli->config, key, key);
	else
		cli_complain("%s: its %s %.*s stays; --%s was not used", cli->config, key, SLICE_ARGS(slice_to(has, 200)),
			     key);
}

/* Written only if there is none. */
static int read_config(struct cli *cli, struct config *ret, struct made *made)
{
	const struct wanted w = {cli_option(cli, "issuer"), cli_option(cli, "state"), cli_option(cli, "user")};
	struct config_error err;
	bool there = access(cli->config, F_OK) == 0;
	int code = there ? CLI_OK : write_sample(cli, &w);
	if (code != CLI_OK)
		return code;
	if (there)
		tell(cli, cli->config, "is there already, left as it is");
	made->config_made = !there;
	if (config_load(cli->config, cli->arena, ret, &err) != RC_OK)
		return cli_fail(CLI_CONFIG, "%s", err.text);
	say_kept(cli, "issuer", w.issuer, ret->issuer);
	say_kept(cli, "state", w.state, ret->state);
	say_kept(cli, "user", w.user, ret->user);
	return CLI_OK;
}

/* With root and `user`, the state folder belongs to that user, but the key-encryption key to root: the signer reads it
 * before it drops privileges. */
static int make_state(struct cli *cli, const struct config *config, const char **ret_state)
{
	char user[64];
	if (config_file_path(config, config->state, cli->arena, ret_state) != RC_OK)
		return cli_fail(CLI_CONFIG, "the state folder's name is too long");
	if (mkdir(*ret_state, 0750) != 0 && errno != EEXIST)
		return cli_fail(CLI_FAILED, "%s: %s", *ret_state, strerror(errno));
	if (config->user.n == 0 || geteuid() != 0 || !slice_to_cstr(config->user, user, sizeof user))
		return CLI_OK;
	const struct passwd *p;
	int code = find_user(user, &p);
	if (code != CLI_OK)
		return code;
	if (chown(*ret_state, p->pw_uid, p->pw_gid) != 0)
		return cli_fail(CLI_FAILED, "%s: %s", *ret_state, strerror(errno));
	return CLI_OK;
}

static int make_key(struct cli *cli, const struct config *config, struct made *made)
{
	struct config_secret_error err = {""};
	if (config_state_path(config, config->key_encryption_key, cli->arena, &made->key) != RC_OK)
		return cli_fail(CLI_CONFIG, "the state folder's name is too long");
	enum rc rc = config_secret_kek_there(config, cli->arena, &err);
	if (rc == RC_CONFLICT)
		return cli_fail(CLI_CONFIG, "%s", err.text);
	rc = config_secret_make(made->key, &err);
	if (rc == RC_CONFLICT) {
		tell(cli, made->key, "is there already, left as it is");
		return CLI_OK;
	}
	if (rc != RC_OK)
		return cli_fail(CLI_FAILED, "%s", err.text);
	made->key_made = true;
	tell(cli, made->key, "made: keep a copy in a safe place; without it the signing keys are lost");
	return CLI_OK;
}

static int tell_all(const struct cli *cli, const struct made *made)
{
	uint8_t memory[16 * 1024];
	struct buf b;
	if (!cli->json) {
		show_line("%s  is the state folder\nnext: ostiary serve -c %s", made->state, cli->config);
		return CLI_OK;
	}
	buf_over(&b, memory, sizeof memory);
	struct json_out o = json_out_to(&b);
	json_out_object(&o);
	json_out_member(&o, SLICE("config"), slice_cstr(cli->config));
	json_out_member_bool(&o, SLICE("config_made"), made->config_made);
	json_out_member(&o, SLICE("key_encryption_key"), slice_cstr(made->key));
	json_out_member_bool(&o, SLICE("key_encryption_key_made"), made->key_made);
	json_out_member(&o, SLICE("state"), slice_cstr(made->state));
	json_out_object_end(&o);
	if (buf_rc(&b) != RC_OK)
		return cli_fail(CLI_FAILED, "a path is too long");
	show_line("%.*s", SLICE_ARGS(buf_slice(&b)));
	return CLI_OK;
}

int cmd_init(struct cli *cli)
{
	static struct config config;
	struct made made = {NULL, NULL, false, false};
	const char *user = cli_option(cli, "user");
	const struct passwd *p;
	int code = user == NULL ? CLI_OK : find_user(user, &p);
	if (code != CLI_OK)
		return code;
	if (crypto_start() != RC_OK)
		return cli_fail(CLI_FAILED, "the cryptographic library cannot be used");
	code = read_config(cli, &config, &made);
	if (code == CLI_OK)
		code = make_state(cli, &config, &made.state);
	if (code == CLI_OK)
		code = make_key(cli, &config, &made);
	if (code == CLI_OK && geteuid() == 0 && config.user.n == 0)
		tell(cli, cli->config, "names no user: a daemon that root starts stays root");
	return code == CLI_OK ? tell_all(cli, &made) : code;
}
