/* SPDX-License-Identifier: Apache-2.0 */
/* The sentences that the command line prints for a refusal: what was refused, and what is allowed. */
#include <stdarg.h>

#include "admin/admin_internal.h"
#include "base/utf8.h"
#include "identity/user_rule.h"

enum { NAME_SHOWN_MAX = 100, SENTENCE_MAX = 400 };

enum rc admin_refuse(struct request *c, enum rc rc, const char *format, ...)
{
	char text[SENTENCE_MAX];
	va_list args;
	va_start(args, format);
	int n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (n > 0 && (size_t)n < sizeof text)
		rc_ignore(arena_copy(c->arena, slice_of(text, (size_t)n), &c->log_detail));
	return rc;
}

struct slice admin_shown(struct slice name)
{
	return name.n > 0 && name.n <= NAME_SHOWN_MAX && utf8_shown(name) ? name : SLICE("of that name");
}

/* Another user than `u` who signs in with that name. */
static enum rc find_holder(const struct admin *ad, struct request *c, const struct dir_user *u, struct slice name,
			   struct dir_user *ret)
{
	if (name.n == 0)
		return RC_NOT_FOUND;
	TRY(ad->directory->users.by_name(ad->directory->users.self, u->tenant, name, c->arena, ret));
	return slice_eq(ret->id, u->id) ? RC_NOT_FOUND : RC_OK;
}

static enum rc refuse_conflict(const struct admin *ad, struct request *c, const struct dir_user *u)
{
	struct dir_user other;
	const char *what = "login";
	enum rc rc = find_holder(ad, c, u, u->login, &other);
	if (rc == RC_OK && slice_eq(other.login, u->login))
		return admin_refuse(c, RC_CONFLICT, "there is a user %.*s already", SLICE_ARGS(admin_shown(u->login)));
	if (rc == RC_NOT_FOUND) {
		what = "e-mail address";
		rc = find_holder(ad, c, u, u->email_name, &other);
	}
	if (rc == RC_NOT_FOUND)
		return admin_refuse(c, RC_CONFLICT, "it has changed meanwhile; try again");
	TRY(rc);
	struct slice login = admin_shown(other.login);
	if (!other.disabled)
		return admin_refuse(c, RC_CONFLICT, "that %s signs in user %.*s", what, SLICE_ARGS(login));
	return admin_refuse(c, RC_CONFLICT, "that %s is the disabled user %.*s's: ostiary user delete %.*s frees it",
			    what, SLICE_ARGS(login), SLICE_ARGS(login));
}

enum rc admin_refuse_user(const struct admin *ad, struct request *c, const struct dir_user *u, enum rc rc,
			  struct slice why)
{
	const char *rule = user_rule(why);
	bool value = rc == RC_SYNTAX || rc == RC_RANGE || rc == RC_DUPLICATE;
	c->log_detail = rc == RC_OK ? SLICE_NONE : why;
	if (rc == RC_CONFLICT)
		return refuse_conflict(ad, c, u);
	if (rc == RC_NOT_FOUND)
		return admin_refuse(c, rc, "no tenant %.*s", SLICE_ARGS(admin_shown(u->tenant)));
	return value && rule != NULL ? admin_refuse(c, rc, "%s", rule) : rc;
}

/* The operator at the admin socket also learns what the log says. */
enum rc admin_error(struct request *c, enum rc why, struct reply *r)
{
	struct admin_out out;
	admin_begin(&out);
	json_out_member(&out.o, SLICE("error"), slice_cstr(rc_row(why)->oauth_error));
	json_out_member(&out.o, SLICE("error_description"), slice_cstr(rc_row(why)->text));
	json_out_member(&out.o, SLICE("detail"), c->log_detail);
	return admin_end(&out, c, rc_row(why)->http_status, r);
}

enum rc admin_authorise_peer(const struct admin *ad, const struct request *c)
{
	return c->peer_uid == 0 || c->peer_uid == (int64_t)ad->uid ? RC_OK : RC_FORBIDDEN;
}
