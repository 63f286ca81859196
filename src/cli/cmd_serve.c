/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "cli/commands.h"
#include "cli/roles.h"
#include "cli/show.h"
#include "worker/apply.h"
#include "config/config_secret.h"
#include "worker/held.h"
#include "worker/lint.h"
#include "process/parent.h"
#include "worker/setup.h"

enum { EMAILS_MAX = 1000 };

int cmd_serve(struct cli *cli)
{
	return parent_main(&roles, cli->argc, cli->argv, cli->config);
}

static int validate_kek(struct cli *cli, const struct config *config)
{
	struct config_secret_error err = {"the state folder's name is too long"};
	uint8_t key[CONFIG_KEK_LEN];
	const char *path;
	enum rc rc = config_secret_kek_there(config, cli->arena, &err);
	if (rc == RC_OK)
		rc = config_state_path(config, config->key_encryption_key, cli->arena, &path);
	if (rc == RC_OK)
		rc = config_secret_kek(path, config_secret_owner(config), key, &err);
	ct_wipe(key, sizeof key);
	if (rc == RC_OK)
		return CLI_OK;
	return cli_fail(CLI_CONFIG, "%s", err.text);
}

static void say_held(void *self, struct slice client, struct slice resource)
{
	(void)self;
	cli_complain("client %.*s holds grants for %.*s, which its resources lack: their refreshes are refused until "
		     "it is added",
		     SLICE_ARGS(client), SLICE_ARGS(resource));
}

/* A directory that is not there yet, or that this user may not read, tells nothing: RC_NOT_FOUND. */
static enum rc look_into(struct cli *cli, const struct config *config, struct store_look *ret)
{
	struct store_place place;
	TRY(config_store_place(config, STORE_DIRECTORY, cli->arena, &place));
	return store_look(&place, cli->arena, ret);
}

static void complain_held(struct cli *cli, const struct config *config, enum rc why)
{
	struct store_place place;
	struct slice name = config->directory;
	bool missing;
	if (config_store_place(config, STORE_DIRECTORY, cli->arena, &place) == RC_OK)
		rc_ignore(store_name(&place, cli->arena, &name, &missing));
	cli_complain("%.*s: what clients hold cannot be read from it: %s", SLICE_ARGS(name), rc_row(why)->text);
}

static int validate_held(struct cli *cli, const struct config *config)
{
	struct op_settings settings = {0};
	const struct op op = {.settings = &settings};
	struct store_look look;
	struct dir_held *v;
	size_t n;
	enum rc rc = setup_resources(config, cli->arena, &settings);
	if (rc != RC_OK)
		return cli_fail(CLI_FAILED, "%s", rc_row(rc)->text);
	rc = look_into(cli, config, &look);
	if (rc == RC_NOT_FOUND)
		return CLI_OK;
	if (rc == RC_OK)
		rc = look.held(look.self, clock_now(), HELD_MAX, cli->arena, &v, &n);
	if (rc == RC_OK)
		rc = held_validate(&op, config, v, n, say_held, NULL);
	if (rc != RC_OK)
		complain_held(cli, config, rc);
	return CLI_OK;
}

static bool said_of_file(const struct config *config, const struct apply_secrets *secrets, const struct dir_user *u)
{
	const struct config_user *v = config->users.v;
	for (size_t i = 0; i < config->users.n; i++)
		if (secrets->names[i].shared && slice_eq(v[i].tenant, u->tenant) &&
		    slice_eq(secrets->names[i].login, u->login))
			return true;
	return false;
}

/* Not an error: these users sign in by login. */
static int validate_emails(struct cli *cli, const struct config *config, const struct apply_secrets *secrets)
{
	static const char say[] = "user %.*s of tenant %.*s: the verified e-mail %.*s is another user's login or "
				  "verified e-mail, or cannot "
				  "be a login: they sign in by login alone";
	const struct config_user *users = config->users.v;
	struct store_look look;
	struct dir_user *v;
	size_t n;
	for (size_t i = 0; i < config->users.n; i++)
		if (secrets->names[i].shared)
			cli_complain(say, SLICE_ARGS(users[i].login), SLICE_ARGS(users[i].tenant),
				     SLICE_ARGS(users[i].email));
	if (look_into(cli, config, &look) != RC_OK ||
	    look.idle_emails(look.self, EMAILS_MAX, cli->arena, &v, &n) != RC_OK)
		return CLI_OK;
	for (size_t i = 0; i < n; i++)
		if (!said_of_file(config, secrets, &v[i]))
			cli_complain(say, SLICE_ARGS(v[i].login), SLICE_ARGS(v[i].tenant), SLICE_ARGS(v[i].email));
	return CLI_OK;
}

static enum rc find_client(void *self, struct slice id, struct arena *a, struct dir_client *ret)
{
	const struct store_look *look = self;
	return look->client == NULL ? RC_STORE : look->client(look->self, id, a, ret);
}

static void say_mistake(void *self, const char *text)
{
	(void)self;
	cli_complain("%s", text);
}

static int validate_sense(struct cli *cli, const struct config *config, const struct apply_secrets *secrets)
{
	struct store_look look = {NULL};
	size_t count = 0;
	rc_ignore(look_into(cli, config, &look));
	const struct lint l = {.config = config,
			       .secrets = secrets,
			       .arena = cli->arena,
			       .file = cli->config,
			       .outside = true,
			       .find_client = find_client,
			       .say = say_mistake,
			       .self = &look};
	if (lint_config(&l, &count) != RC_OK)
		return cli_fail(CLI_FAILED, "out of memory");
	return count == 0 ? CLI_OK : CLI_CONFIG;
}

static int tell_good(const struct cli *cli)
{
	uint8_t memory[8 * 1024];
	struct buf b;
	if (!cli->json) {
		show_line("%s: good", cli->config);
		return CLI_OK;
	}
	buf_over(&b, memory, sizeof memory);
	struct json_out o = json_out_to(&b);
	json_out_object(&o);
	json_out_member(&o, SLICE("config"), slice_cstr(cli->config));
	json_out_member_bool(&o, SLICE("good"), true);
	json_out_object_end(&o);
	if (buf_rc(&b) != RC_OK)
		return cli_fail(CLI_FAILED, "the path is too long");
	show_line("%.*s", SLICE_ARGS(buf_slice(&b)));
	return CLI_OK;
}

int cmd_validate_config(struct cli *cli)
{
	static struct config config;
	static struct apply_secrets secrets;
	struct config_error err;
	if (cli->word_count > 0)
		cli->config = cli->words[0];
	if (config_load(cli->config, cli->arena, &config, &err) != RC_OK ||
	    apply_read(&config, cli->arena, &secrets, &err) != RC_OK)
		return cli_fail(CLI_CONFIG, "%s", err.text);
	int code = validate_kek(cli, &config);
	if (code == CLI_OK)
		code = validate_sense(cli, &config, &secrets);
	if (code == CLI_OK)
		code = validate_held(cli, &config);
	if (code == CLI_OK)
		code = validate_emails(cli, &config, &secrets);
	return code == CLI_OK ? tell_good(cli) : code;
}

int cmd_version(struct cli *cli)
{
	show_line(cli->json ? "{\"version\":\"%s\"}" : "ostiary %s", OSTIARY_VERSION);
	return CLI_OK;
}
