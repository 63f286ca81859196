/* SPDX-License-Identifier: Apache-2.0 */
/* The directory's verbs, as directory.h states them; `self` is a struct engine. For src/store/sqlite only. */
#ifndef OSTIARY_STORE_SQLITE_VERBS_H
#define OSTIARY_STORE_SQLITE_VERBS_H

#include "store/sqlite/engine.h"

enum rc sqlite_user_add(void *self, const struct dir_user *u, const struct dir_audit *audit);
enum rc sqlite_user_get(void *self, struct slice id, struct arena *a, struct dir_user *ret);
enum rc sqlite_user_by_login(void *self, struct slice tenant, struct slice login, struct arena *a, struct dir_user *ret);
enum rc sqlite_user_update(void *self, const struct dir_user *u, const struct dir_audit *audit);
enum rc sqlite_user_delete(void *self, struct slice id, const struct dir_audit *audit);
enum rc sqlite_user_list(void *self, struct slice tenant, struct slice after, size_t limit, struct arena *a,
			 struct dir_user **ret, size_t *ret_n);

enum rc sqlite_client_put(void *self, const struct dir_client *c, const struct dir_audit *audit);
enum rc sqlite_client_get(void *self, struct slice id, struct arena *a, struct dir_client *ret);
enum rc sqlite_client_delete(void *self, struct slice id, const struct dir_audit *audit);
enum rc sqlite_client_list(void *self, struct slice after, size_t limit, struct arena *a, struct dir_client **ret,
			   size_t *ret_n);

enum rc sqlite_key_list(void *self, struct arena *a, struct dir_key **ret, size_t *ret_n);
enum rc sqlite_key_apply(void *self, const struct dir_key *rows, size_t n, const struct dir_audit *audit);

enum rc sqlite_consent_get(void *self, struct slice user, struct slice client, struct arena *a, struct dir_consent *ret);
enum rc sqlite_consent_put(void *self, const struct dir_consent *c, const struct dir_audit *audit);
enum rc sqlite_consent_delete(void *self, struct slice user, struct slice client, const struct dir_audit *audit);
enum rc sqlite_consent_list(void *self, struct slice user, size_t limit, struct arena *a, struct dir_consent **ret,
			    size_t *ret_n);
enum rc sqlite_refresh_families(void *self, struct slice user, struct slice client, int64_t now, size_t limit,
				struct arena *a, struct slice **ret, size_t *ret_n);

enum rc sqlite_refresh_issue(void *self, const struct dir_refresh *r);
enum rc sqlite_refresh_find(void *self, const uint8_t hash[static 32], int64_t now, struct arena *a, struct dir_refresh *ret);
enum rc sqlite_refresh_rotate(void *self, const struct dir_rotate *r, struct arena *a, struct dir_rotated *ret);

enum rc sqlite_end_add(void *self, const struct dir_end *e, const struct dir_audit *audit);
enum rc sqlite_end_list(void *self, int64_t seq, int64_t now, size_t limit, struct arena *a, struct dir_end **ret,
			size_t *ret_n);
enum rc sqlite_audit_add(void *self, const struct dir_audit *audit);
enum rc sqlite_audit_list(void *self, int64_t before_seq, size_t limit, struct arena *a, struct dir_audit **ret,
			  size_t *ret_n);
/* Inside another verb's transaction; NULL adds nothing. */
enum rc sqlite_audit_row(struct db *db, const struct dir_audit *audit) WARN_UNUSED;

/* A list that grows in an arena: room for one more element of `size`, or NULL. */
struct sqlite_rows {
	struct arena *a;
	void *v;
	size_t n, cap;
};
void *sqlite_rows_add(struct sqlite_rows *rows, size_t size) WARN_UNUSED;

#endif
