/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/admin_owned.h"

#include "identity/login_name.h"

/* `line` 0: the file has no such entry. */
static enum rc refuse_owned(const struct admin *ad, struct request *c, unsigned line, const char *list)
{
	if (line == 0)
		return RC_OK;
	TRY(arena_format(c->arena, &c->log_detail,
			 "it stands in %s, line %u of %s: change it there, then reload (SIGHUP)", list, line,
			 ad->config->path));
	return RC_FORBIDDEN;
}

enum rc admin_owned_client(const struct admin *ad, struct request *c, struct slice id)
{
	unsigned line = 0;
	const struct config_client *v = ad->config->clients.v;
	for (size_t i = 0; i < ad->config->clients.n && line == 0; i++)
		if (slice_eq(v[i].id, id))
			line = v[i].at.line;
	return refuse_owned(ad, c, line, "clients");
}

static bool same_login(const struct config_user *u, const struct dir_user *user, struct arena *a)
{
	struct slice login;
	return slice_eq(u->tenant, user->tenant) && login_normalise(u->login, a, &login) == RC_OK &&
	       slice_eq(login, user->login);
}

static enum rc find_user(const struct admin *ad, struct request *c, const struct dir_user *u, bool password)
{
	unsigned line = 0;
	const struct config_user *v = ad->config->users.v;
	for (size_t i = 0; i < ad->config->users.n && line == 0; i++)
		if ((!password || v[i].reset_password) && same_login(&v[i], u, c->arena))
			line = v[i].at.line;
	return refuse_owned(ad, c, line, "users");
}

enum rc admin_owned_user(const struct admin *ad, struct request *c, const struct dir_user *u)
{
	return find_user(ad, c, u, false);
}

enum rc admin_owned_password(const struct admin *ad, struct request *c, const struct dir_user *u)
{
	return find_user(ad, c, u, true);
}
