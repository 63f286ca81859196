/* SPDX-License-Identifier: Apache-2.0 */
/* What the admin handlers share. For admin_*.c only. */
#ifndef OSTIARY_ADMIN_ADMIN_INTERNAL_H
#define OSTIARY_ADMIN_ADMIN_INTERNAL_H

#include "base/json.h"
#include "admin/admin.h"

enum { ADMIN_BODY_MAX = 512 * 1024, ADMIN_ROW_MAX = 64 * 1024, ADMIN_LIST_MAX = 500, ADMIN_VALUES_MAX = 512 };

/* A JSON answer being written. */
struct admin_out {
	struct buf b;
	struct json_out o;
};

/* Opens an object. Always call admin_end or buf_free after it. */
void admin_begin(struct admin_out *out);
/* Closes the object and makes it the reply. RC_MEMORY. */
enum rc admin_end(struct admin_out *out, struct request *c, int status, struct reply *r) WARN_UNUSED;
/* True while the next row may go into the list: within `limit`, and while the answer has room. */
bool admin_list_room(const struct admin_out *out, size_t shown, size_t limit);
/* ?limit= of the query; default 100. RC_RANGE. */
enum rc admin_limit(struct request *c, size_t *ret_limit) WARN_UNUSED;
/* The body as an object. RC_SYNTAX. */
enum rc admin_body(struct request *c, const struct json **ret_root) WARN_UNUSED;
/* A member's text, or `fallback`. RC_SYNTAX where it is no string. */
enum rc admin_text(const struct json *root, struct slice name, struct request *c, struct slice fallback,
		   struct slice *ret) WARN_UNUSED;
enum rc admin_bool(const struct json *root, struct slice name, bool fallback, bool *ret) WARN_UNUSED;
/* An array of strings, joined by spaces. */
enum rc admin_words(const struct json *root, struct slice name, struct request *c, struct slice fallback,
		    struct slice *ret) WARN_UNUSED;
/* The audit record of a change, with time and origin of the request; admin_done logs it. */
struct dir_audit admin_audit(const struct request *c, enum audit_event event);
/* The change that recorded `audit` returned `rc`, which this returns; logged as audit_done does. */
enum rc admin_done(const struct admin *ad, const struct request *c, const struct dir_audit *audit,
		   enum rc rc) WARN_UNUSED;
/* The tenant that the query names, or the default one. */
struct slice admin_tenant(const struct admin *ad, const struct request *c);
/* The same, if it exists. RC_NOT_FOUND. */
enum rc admin_tenant_known(const struct admin *ad, struct request *c, struct slice *ret) WARN_UNUSED;
/* The user that the query names. RC_MISSING, RC_NOT_FOUND. */
enum rc admin_user(const struct admin *ad, struct request *c, struct dir_user *ret) WARN_UNUSED;
/* Returns `rc`, and sets the sentence that the command line prints. At most 399 bytes. */
enum rc admin_refuse(struct request *c, enum rc rc, const char *format, ...) PRINTF_LIKE(3, 4) WARN_UNUSED;
/* RC_RANGE, with the sentence: `event` is not empty, and none of the audit trail. */
enum rc admin_audit_event(struct request *c, struct slice event) WARN_UNUSED;
/* A name for such a sentence: as given, or "of that name" if it cannot be shown. */
struct slice admin_shown(struct slice name);
/* Returns `rc`, the result of a change of `u`, and sets the sentence for it; `why` is from user_add or user_validate.
 * Another code only if the store fails. */
enum rc admin_refuse_user(const struct admin *ad, struct request *c, const struct dir_user *u, enum rc rc,
			  struct slice why) WARN_UNUSED;

#endif
