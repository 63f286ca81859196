/* SPDX-License-Identifier: Apache-2.0 */
/* The directory's operations, as directory.h states them, a file for each aggregate. For src/store/sqlite only. */
#ifndef OSTIARY_STORE_SQLITE_OPERATIONS_H
#define OSTIARY_STORE_SQLITE_OPERATIONS_H

#include "store/sqlite/engine.h"

/* One for each aggregate; sqlite_directory_open gives them their `self`, a struct engine. */
extern const struct dir_tenants sqlite_tenants;
extern const struct dir_users sqlite_users;
extern const struct dir_credentials sqlite_credentials;
extern const struct dir_clients sqlite_clients;
extern const struct dir_keys sqlite_keys;
extern const struct dir_consents sqlite_consents;
extern const struct dir_refreshes sqlite_refresh;
extern const struct dir_revocations sqlite_revocations;
extern const struct store_replay sqlite_replay;
extern const struct dir_owned_rows sqlite_owned;
extern const struct dir_audit_trail sqlite_audit;
extern const struct dir_outbox sqlite_outbox;
extern const struct store_shared sqlite_shared;

enum rc sqlite_purge(void *self, int64_t now, int64_t audit_before, int64_t budget_ns, bool *ret_more);
enum rc sqlite_sizes(void *self, struct dir_sizes *ret);

/* Inside another operation's transaction; NULL adds nothing. */
enum rc sqlite_audit_row(struct db *db, const struct dir_audit *audit) WARN_UNUSED;
/* revocations.add inside another operation's transaction. */
enum rc sqlite_end_row(struct db *db, const struct dir_revocation *e, const struct dir_audit *audit) WARN_UNUSED;

/* The columns of a user, from the first on; users.update and the addition of a credential inside another operation's transaction. */
enum rc sqlite_user_read(struct stmt *s, struct arena *a, void *row) WARN_UNUSED;
enum rc sqlite_user_write(struct db *db, const struct dir_user *u) WARN_UNUSED;
enum rc sqlite_credential_add(struct db *db, const struct dir_credential *c) WARN_UNUSED;

/* A list that grows in an arena. */
struct sqlite_rows {
	struct arena *a;
	void *v;
	size_t n, cap;
};
/* All rows of a statement with its parameters, each by `read` into an element of `size`. RC_MEMORY: the arena is
 * full. */
typedef enum rc sqlite_read_row(struct stmt *s, struct arena *a, void *row);
enum rc sqlite_rows_read(struct stmt *s, struct sqlite_rows *rows, size_t size, sqlite_read_row *read) WARN_UNUSED;

#endif
