/* SPDX-License-Identifier: Apache-2.0 */
/* ostiary audit: the audit trail. */
#include "base/clock.h"
#include "cli/ask.h"
#include "cli/commands.h"
#include "cli/list.h"
#include "cli/show.h"

static const struct show_column events[] = {{"TIME", "at", SHOW_TIME},
					    {"EVENT", "event", SHOW_TEXT},
					    {"ACTOR", "actor", SHOW_TEXT},
					    {"SUB", "sub", SHOW_TEXT},
					    {"CLIENT", "client_id", SHOW_TEXT},
					    {"SID", "sid", SHOW_TEXT},
					    {"REMOTE", "remote", SHOW_TEXT},
					    {"DETAIL", "detail", SHOW_TEXT},
					    {0}};

/* A duration before now, or a date in UTC with or without a time. */
static bool read_since(const char *text, char *ret, size_t room)
{
	static const char *const forms[] = {"%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S"};
	int64_t now = clock_now(), ms, at = -1;
	if (clock_duration_ms(slice_cstr(text), &ms) == RC_OK)
		at = now - ms / 1000;
	for (size_t i = 0; i < ARRAY_LEN(forms) && at < 0; i++) {
		struct tm when = {0};
		const char *end = strptime(text, forms[i], &when);
		at = end != NULL && *end == 0 ? (int64_t)timegm(&when) : -1;
	}
	(void)snprintf(ret, room, "%lld", (long long)at);
	return at >= 0;
}

int cmd_audit_list(struct cli *cli)
{
	char since[24];
	const char *given = cli_option(cli, "since");
	const char *pairs[] = {"limit",  cli_option(cli, "limit"),
			       "after",  cli_option(cli, "after"),
			       "event",  cli_option(cli, "event"),
			       "tenant", cli_option(cli, "tenant"),
			       "login",  cli_option(cli, "user"),
			       "since",  given == NULL ? NULL : since,
			       NULL,     NULL};
	int code = list_tenant_given(cli, cli_option(cli, "user"), "--user");
	if (code != CLI_OK)
		return code;
	if (given != NULL && !read_since(given, since, sizeof since))
		return cli_fail(CLI_USAGE, "--since: a duration like 90s, 15m, 1h, 30d, or a date like 2026-01-31 or "
					   "2026-01-31T08:00:00Z");
	return list_show(cli, "GET", ask_path(cli, "/admin/audit", pairs), SLICE("audit"), events);
}
