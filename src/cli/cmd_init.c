/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/show.h"
#include "crypto/start.h"
#include "daemon/config_secret.h"

static const char sample[] =
	"# Ostiary's configuration. Every key is described in ostiary.yaml(5); ostiary check-config checks this file.\n"
	"issuer: %s          # what browsers open and what tokens carry as iss\n"
	"state: %s           # store, sockets, keys\n"
	"%suser: %s          # whom the daemon becomes where root starts it\n"
	"listen:\n"
	"  - {address: \"unix:http.sock\", trusted_proxy: true}   # a socket in state; nginx stands before it\n"
	"# tokens: {access: 10m, refresh_idle: 30d}\n"
	"# sessions: {idle: 1h, absolute: 12h}\n"
	"# keys: {algorithms: [ES256, RS256], rotate: 30d}\n"
	"# resources:\n"
	"#   - {uri: \"https://api.example.com\", scopes: [\"orders:read\"]}\n"
	"# clients:                          # or: ostiary client add\n"
	"#   - client_id: shop\n"
	"#     client_name: Shop\n"
	"#     token_endpoint_auth_method: none\n"
	"#     redirect_uris: [\"https://shop.example.com/\"]\n"
	"#     scope: openid profile offline_access\n"
	"# users:                            # or: ostiary user add\n"
	"#   - {login: alice, password_file: alice.password, name: Alice, roles: [customer]}\n";

/* /etc/ostiary, say; what stands above it must be there. */
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
		return cli_fail(CLI_CONFIG, "there is no user %s on this system; make it with: useradd --system %s", user, user);
	return CLI_OK;
}

static int write_sample(struct cli *cli, const char *issuer, const char *state)
{
	const char *user = cli_option(cli, "user");
	make_folder(cli->config);
	int fd = open(cli->config, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	if (fd < 0 && errno == EEXIST) {
		show_line("%s  is there already, left as it is", cli->config);
		return CLI_OK;
	}
	if (f == NULL)
		return cli_fail(CLI_FAILED, "%s: %s", cli->config, strerror(errno));
	(void)fprintf(f, sample, issuer, state, user == NULL ? "# " : "", user == NULL ? "ostiary" : user);
	if (fclose(f) != 0)
		return cli_fail(CLI_FAILED, "%s: %s", cli->config, strerror(errno));
	show_line("%s  written: look at it, above all at issuer", cli->config);
	return CLI_OK;
}

/* Where started as root with `user`, state belongs to that user; the key-encryption key stays root's: the signer reads it
 * before it gives up its rights. */
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

static int make_key(struct cli *cli, const struct config *config)
{
	struct config_secret_error err = {""};
	const char *path;
	if (config_state_path(config, config->key_encryption_key, cli->arena, &path) != RC_OK)
		return cli_fail(CLI_CONFIG, "the state folder's name is too long");
	enum rc rc = config_secret_make(path, &err);
	if (rc == RC_CONFLICT) {
		show_line("%s  is there already, left as it is", path);
		return CLI_OK;
	}
	if (rc != RC_OK)
		return cli_fail(CLI_FAILED, "%s", err.text);
	show_line("%s  made: keep a copy in a safe place; without it the signing keys are lost", path);
	return CLI_OK;
}

int cmd_init(struct cli *cli)
{
	static struct config config;
	struct config_error err;
	const char *issuer = cli_option(cli, "issuer"), *state = cli_option(cli, "state"), *user = cli_option(cli, "user"), *made;
	const struct passwd *p;
	int code = user == NULL ? CLI_OK : find_user(user, &p);
	if (code != CLI_OK)
		return code;
	if (crypto_start() != RC_OK)
		return cli_fail(CLI_FAILED, "the cryptographic library cannot be used");
	code = write_sample(cli, issuer == NULL ? "http://id.localhost:8080" : issuer, state == NULL ? "/var/lib/ostiary" : state);
	if (code != CLI_OK)
		return code;
	if (config_load(cli->config, cli->arena, &config, &err) != RC_OK)
		return cli_fail(CLI_CONFIG, "%s", err.text);
	code = make_state(cli, &config, &made);
	if (code == CLI_OK)
		code = make_key(cli, &config);
	if (code == CLI_OK && geteuid() == 0 && config.user.n == 0)
		show_line("%s  names no user: a daemon that root starts stays root", cli->config);
	if (code == CLI_OK)
		show_line("%s  is the state folder\nnext: ostiary serve -c %s", made, cli->config);
	return code;
}
