/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "cli/ask.h"
#include "cli/commands.h"
#include "cli/list.h"
#include "cli/show.h"

enum { JWKS_MAX = 48 * 1024, JWKS_VALUES = 1000 };

static const struct show_column table[] = {{"CLIENT ID", "client_id", SHOW_TEXT},   {"TENANT", "tenant", SHOW_TEXT},
					   {"SECRET", "has_secret", SHOW_YES},	    {"DISABLED", "disabled", SHOW_YES},
					   {"CREATED", "created", SHOW_TIME},	    {0}};
/* How an option's value becomes a member (oauth/client/client_members.def). */
enum member_type { MEMBER_TEXT, MEMBER_CHOICE, MEMBER_TEXTS, MEMBER_WORDS, MEMBER_BOOL, MEMBER_JSON };
static const struct member {
	const char *name, *option; /* NULL: no command sets it */
	enum member_type type;
} members[] = {
#define OPTION_BOTH(option) option
#define OPTION_COMMAND(option) option
#define OPTION_CONFIG(option) NULL
#define OPTION_NEITHER(option) NULL
#define CLIENT_MEMBER(name, type, least, most, choices, who, option, letter, value, help, doc) \
	{#name, OPTION_##who(option), MEMBER_##type},
#include "oauth/client/client_members.def"
#undef CLIENT_MEMBER
};

static const struct show_column metadata[] = {
#define CLIENT_MEMBER(name, ...) {#name, #name, SHOW_TEXT},
#include "oauth/client/client_members.def"
#undef CLIENT_MEMBER
	{0}};

/* A member that is a JSON document in a file. */
static int add_document(struct cli *cli, struct ask_body *body, const char *name, const char *path)
{
	uint8_t *text = arena_alloc(cli->arena, JWKS_MAX);
	FILE *f = text == NULL ? NULL : fopen(path, "re");
	if (f == NULL)
		return cli_fail(CLI_FAILED, "%s: %s", path, strerror(errno));
	size_t n = fread(text, 1, JWKS_MAX, f);
	(void)fclose(f);
	const struct json *root;
	enum rc rc = n == JWKS_MAX ? RC_LIMIT : json_parse_arena(cli->arena, slice_of(text, n), JWKS_VALUES, &root);
	if (rc == RC_LIMIT)
		return cli_fail(CLI_FAILED, "%s: is too large: over 48 KiB, 1,000 values or 16 levels", path);
	if (rc != RC_OK)
		return cli_fail(CLI_FAILED, "%s: %s", path,
				rc_server_error(rc) ? rc_row(rc)->text : "is no JSON document");
	json_out_key(&body->o, slice_cstr(name));
	json_out_raw(&body->o, root->text);
	return CLI_OK;
}

/* "a,b" and "a b" alike. */
static int add_words(struct cli *cli, struct ask_body *body, const char *name, const char *value)
{
	struct slice all = SLICE_NONE, rest = slice_cstr(value), part, word;
	while (slice_split(&rest, ',', &part))
		while (slice_word(&part, &word))
			if (arena_format(cli->arena, &all, "%.*s%s%.*s", SLICE_ARGS(all), all.n == 0 ? "" : " ",
					 SLICE_ARGS(word)) != RC_OK)
				return cli_fail(CLI_FAILED, "out of memory");
	json_out_member(&body->o, slice_cstr(name), all);
	return CLI_OK;
}

static int add_bool(struct ask_body *body, const struct member *m, const char *value)
{
	bool yes = strcmp(value, "true") == 0;
	if (!yes && strcmp(value, "false") != 0)
		return cli_fail(CLI_USAGE, "--%s is true or false", m->option);
	json_out_member_bool(&body->o, slice_cstr(m->name), yes);
	return CLI_OK;
}

static int add_member(struct cli *cli, struct ask_body *body, const struct member *m)
{
	const char *value = m->option == NULL ? NULL : cli_option(cli, m->option);
	if (value == NULL)
		return CLI_OK;
	switch (m->type) {
	case MEMBER_TEXTS:
		ask_body_words(body, m->name, value);
		return CLI_OK;
	case MEMBER_WORDS:
		return add_words(cli, body, m->name, value);
	case MEMBER_BOOL:
		return add_bool(body, m, value);
	case MEMBER_JSON:
		return add_document(cli, body, m->name, value);
	case MEMBER_TEXT:
	case MEMBER_CHOICE:
		break;
	}
	ask_body_text(body, m->name, value);
	return CLI_OK;
}

static int add_members(struct cli *cli, struct ask_body *body)
{
	int code = CLI_OK;
	for (size_t i = 0; i < ARRAY_LEN(members) && code == CLI_OK; i++)
		code = add_member(cli, body, &members[i]);
	return code;
}

static void show_client(const struct cli *cli, const struct json *client)
{
	const struct show_part parts[] = {{client, table, true},
					  {json_get(client, SLICE("metadata")), metadata, false}};
	show_parts(cli, parts, ARRAY_LEN(parts));
}

static void show_secret(struct cli *cli, const struct json *root)
{
	struct slice secret;
	if (json_string(json_get(root, SLICE("client_secret")), cli->arena, &secret) == RC_OK)
		show_line("\nclient_secret  %.*s\nIt is not shown again: only its hash is kept.", SLICE_ARGS(secret));
}

int cmd_client_add(struct cli *cli)
{
	struct ask_body body;
	const struct json *root;
	ask_body_begin(&body);
	ask_body_text(&body, "client_id", cli->words[0]);
	ask_body_text(&body, "tenant", cli_option(cli, "tenant"));
	int code = add_members(cli, &body);
	struct ask ask = {"POST", SLICE("/admin/clients"), ask_body_end(cli, &body)};
	if (code == CLI_OK)
		code = ask_daemon(cli, &ask, &root);
	if (code != CLI_OK || show_json(cli, root))
		return code;
	show_line("added:");
	show_client(cli, json_get(root, SLICE("client")));
	show_secret(cli, root);
	return CLI_OK;
}

int cmd_client_list(struct cli *cli)
{
	const char *pairs[] = {"limit", cli_option(cli, "limit"), "after", cli_option(cli, "after"), NULL, NULL};
	return list_show(cli, "GET", ask_path(cli, "/admin/clients", pairs), SLICE("clients"), table);
}

static int ask_client_with(struct cli *cli, const char *method, struct slice body, const char *done)
{
	const char *pairs[] = {"client_id", cli->words[0], NULL, NULL};
	const struct json *root;
	struct ask ask = {method, ask_path(cli, "/admin/client", pairs), body};
	int code = ask_daemon(cli, &ask, &root);
	if (code != CLI_OK || show_json(cli, root))
		return code;
	if (done != NULL)
		show_line("%s", done);
	show_client(cli, json_get(root, SLICE("client")));
	show_secret(cli, root);
	return CLI_OK;
}

static int ask_client(struct cli *cli, const char *method, const char *done)
{
	return ask_client_with(cli, method, SLICE_NONE, done);
}

int cmd_client_disable(struct cli *cli)
{
	return ask_client_with(cli, "PUT", SLICE("{\"disabled\":true}"), "disabled; its tokens are ended:");
}

int cmd_client_enable(struct cli *cli)
{
	return ask_client_with(cli, "PUT", SLICE("{\"disabled\":false}"), "enabled:");
}

int cmd_client_rotate(struct cli *cli)
{
	return ask_client_with(cli, "PUT", SLICE("{\"rotate_secret\":true}"), "rotated; the old secret no longer works:");
}

int cmd_client_secret(struct cli *cli)
{
	if (strcmp(cli->words[0], "rotate") != 0)
		return cli_fail(CLI_USAGE, "client secret knows one action: rotate");
	cli->words[0] = cli->words[1];
	return cmd_client_rotate(cli);
}

/* --unset: null in the body removes a member. */
static int unset_members(struct cli *cli, struct ask_body *body)
{
	const char *given = cli_option(cli, "unset");
	struct slice rest = slice_cstr(given == NULL ? "" : given), word;
	while (rest.n > 0 && slice_split(&rest, ',', &word)) {
		const struct member *m = NULL;
		for (size_t i = 0; i < ARRAY_LEN(members) && m == NULL; i++)
			if (members[i].option != NULL && slice_eq(slice_trim(word), slice_cstr(members[i].option)))
				m = &members[i];
		if (m == NULL || cli_option(cli, m->option) != NULL)
			return cli_fail(CLI_USAGE, "--unset %.*s: %s", SLICE_ARGS(word),
					m == NULL ? "there is no such option" : "is given beside it");
		json_out_key(&body->o, slice_cstr(m->name));
		json_out_raw(&body->o, SLICE("null"));
	}
	return CLI_OK;
}

int cmd_client_set(struct cli *cli)
{
	struct ask_body body;
	bool any = cli_option(cli, "unset") != NULL;
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		any = any || (members[i].option != NULL && cli_option(cli, members[i].option) != NULL);
	if (!any)
		return cli_fail(CLI_USAGE, "client set needs what is to change; see --help");
	ask_body_begin(&body);
	json_out_key(&body.o, SLICE("metadata"));
	json_out_object(&body.o);
	int code = add_members(cli, &body);
	if (code == CLI_OK)
		code = unset_members(cli, &body);
	json_out_object_end(&body.o);
	struct slice text = ask_body_end(cli, &body);
	return code != CLI_OK ? code : ask_client_with(cli, "PUT", text, "changed:");
}

int cmd_client_show(struct cli *cli)
{
	return ask_client(cli, "GET", NULL);
}

int cmd_client_delete(struct cli *cli)
{
	return ask_client(cli, "DELETE", "deleted; its tokens are ended:");
}
