/* SPDX-License-Identifier: Apache-2.0 */
/* What the admin handlers share. For admin_*.c only. */
#ifndef OSTIARY_DAEMON_ADMIN_PARTS_H
#define OSTIARY_DAEMON_ADMIN_PARTS_H

#include "base/json.h"
#include "daemon/worker.h"

enum { ADMIN_BODY_MAX = 512 * 1024, ADMIN_LIST_MAX = 500, ADMIN_VALUES_MAX = 512 };

/* A JSON answer being written. */
struct admin_out {
	struct buf b;
	struct json_out o;
};

/* Opens an object. End with admin_end, whatever happens between. */
void admin_begin(struct admin_out *out);
/* Closes the object, and gives it as the reply. */
enum rc admin_end(struct admin_out *out, struct call *c, int status, struct reply *r) WARN_UNUSED;
/* {"limit":n} of the query, or a usual one. RC_RANGE. */
enum rc admin_limit(struct call *c, size_t *ret_limit) WARN_UNUSED;
/* The body as an object. RC_SYNTAX. */
enum rc admin_body(struct call *c, const struct json **ret_root) WARN_UNUSED;
/* A member's text, or `fallback`. RC_SYNTAX where it is no string. */
enum rc admin_text(const struct json *root, struct slice name, struct call *c, struct slice fallback,
		   struct slice *ret) WARN_UNUSED;
enum rc admin_bool(const struct json *root, struct slice name, bool fallback, bool *ret) WARN_UNUSED;
/* An array of strings, joined by spaces. */
enum rc admin_words(const struct json *root, struct slice name, struct call *c, struct slice fallback,
		    struct slice *ret) WARN_UNUSED;
/* Who did it: the audit record of a change. */
struct dir_audit admin_audit(const struct call *c, struct slice event);
/* The tenant that the query names, or the default one. */
struct slice admin_tenant(const struct worker *w, const struct call *c);
/* The user that the query names. RC_MISSING, RC_NOT_FOUND. */
enum rc admin_user(struct worker *w, struct call *c, struct dir_user *ret) WARN_UNUSED;
/* Ends all that the user has: tokens of before now, and sessions. `audit` says who did it. */
enum rc admin_user_end(struct worker *w, struct slice id, const struct dir_audit *audit, int64_t now, struct arena *a) WARN_UNUSED;

#endif
