/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ct.h"
#include "cli/ask.h"
#include "cli/commands.h"
#include "cli/list.h"
#include "cli/show.h"

static const struct show_column table[] = {{"LOGIN", "login", SHOW_TEXT},
					   {"NAME", "name", SHOW_TEXT},
					   {"EMAIL", "email", SHOW_TEXT},
					   {"ROLES", "roles", SHOW_TEXT},
					   {"DISABLED", "disabled", SHOW_YES},
					   {"CREATED", "created", SHOW_TIME},
					   {0}};
static const struct show_column one[] = {{"sub", "sub", SHOW_TEXT},
					 {"tenant", "tenant", SHOW_TEXT},
					 {"login", "login", SHOW_TEXT},
					 {"name", "name", SHOW_TEXT},
					 {"email", "email", SHOW_TEXT},
					 {"email verified", "email_verified", SHOW_YES},
					 {"roles", "roles", SHOW_TEXT},
					 {"password", "password", SHOW_YES},
					 {"disabled", "disabled", SHOW_YES},
					 {"created", "created", SHOW_TIME},
					 {0}};

static struct slice user_path(struct cli *cli)
{
	const char *pairs[] = {"tenant", cli_option(cli, "tenant"), "login", cli->words[0], NULL, NULL};
	return ask_path(cli, "/admin/user", pairs);
}

static const struct show_column standing[] = {{"failed attempts today", "failed_attempts", SHOW_TEXT},
					      {"shut out", "throttled", SHOW_TEXT},
					      {0}};

static int ask_user(struct cli *cli, const char *method, struct slice path, struct slice body, const char *done)
{
	const struct json *root;
	struct ask ask = {method, path, body};
	int code = ask_daemon(cli, &ask, &root);
	if (code != CLI_OK || show_json(cli, root))
		return code;
	if (done != NULL)
		show_line("%s", done);
	const struct json *user = json_get(root, SLICE("user"));
	const struct show_part parts[] = {{user, one, true}, {user, standing, false}};
	show_parts(cli, parts, ARRAY_LEN(parts));
	return CLI_OK;
}

static int change(struct cli *cli, struct slice body, const char *done)
{
	return ask_user(cli, "PUT", user_path(cli), body, done);
}

int cmd_user_add(struct cli *cli)
{
	struct slice password = SLICE_NONE;
	struct ask_body body;
	if (cli_option(cli, "no-password") == NULL) {
		int code = cli_password(cli, true, &password);
		if (code != CLI_OK)
			return code;
	}
	ask_body_begin(&body);
	ask_body_text(&body, "login", cli->words[0]);
	ask_body_text(&body, "tenant", cli_option(cli, "tenant"));
	ask_body_text(&body, "name", cli_option(cli, "name"));
	ask_body_text(&body, "email", cli_option(cli, "email"));
	ask_body_words(&body, "roles", cli_option(cli, "roles"));
	json_out_member_if(&body.o, SLICE("password"), password);
	return ask_user(cli, "POST", SLICE("/admin/users"), ask_body_end(cli, &body), "added:");
}

int cmd_user_list(struct cli *cli)
{
	const char *pairs[] = {"tenant", cli_option(cli, "tenant"), "limit", cli_option(cli, "limit"),
			       "after", cli_option(cli, "after"), NULL, NULL};
	return list_show(cli, "GET", ask_path(cli, "/admin/users", pairs), SLICE("users"), table);
}

int cmd_user_show(struct cli *cli)
{
	return ask_user(cli, "GET", user_path(cli), SLICE_NONE, NULL);
}

int cmd_user_disable(struct cli *cli)
{
	return change(cli, SLICE("{\"disabled\":true}"), "disabled; sessions and tokens are ended:");
}

int cmd_user_enable(struct cli *cli)
{
	return change(cli, SLICE("{\"disabled\":false}"), "enabled:");
}

int cmd_user_unlock(struct cli *cli)
{
	const char *pairs[] = {"tenant", cli_option(cli, "tenant"), "login", cli->words[0], NULL, NULL};
	return ask_user(cli, "POST", ask_path(cli, "/admin/user/unlock", pairs), SLICE("{}"),
			"unlocked; failed attempts so far no longer count:");
}

int cmd_user_delete(struct cli *cli)
{
	return ask_user(cli, "DELETE", user_path(cli), SLICE_NONE, "deleted; sessions and tokens are ended:");
}

int cmd_user_password(struct cli *cli)
{
	struct slice password;
	struct ask_body body;
	int code = cli_password(cli, true, &password);
	if (code != CLI_OK)
		return code;
	ask_body_begin(&body);
	json_out_member(&body.o, SLICE("password"), password);
	return change(cli, ask_body_end(cli, &body), "password set; sessions and tokens are ended:");
}

int cmd_user_set(struct cli *cli)
{
	static const char *const texts[] = {"login", "name", "email"};
	const char *verified = cli_option(cli, "verified");
	bool yes = verified != NULL && strcmp(verified, "true") == 0, any = verified != NULL;
	struct ask_body body;
	if (verified != NULL && !yes && strcmp(verified, "false") != 0)
		return cli_fail(CLI_USAGE, "--verified is true or false");
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		any = any || cli_option(cli, texts[i]) != NULL;
	if (!any)
		return cli_fail(CLI_USAGE, "user set needs one of: --login, --name, --email, --verified; see --help");
	ask_body_begin(&body);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		ask_body_text(&body, texts[i], cli_option(cli, texts[i]));
	if (verified != NULL)
		json_out_member_bool(&body.o, SLICE("email_verified"), yes);
	return change(cli, ask_body_end(cli, &body), "changed:");
}

int cmd_user_roles(struct cli *cli)
{
	struct ask_body body;
	ask_body_begin(&body);
	ask_body_words(&body, "roles", cli->word_count > 1 ? cli->words[1] : "");
	return change(cli, ask_body_end(cli, &body), "roles set; they are in tokens issued from now on:");
}
