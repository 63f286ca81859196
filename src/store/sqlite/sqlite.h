/* SPDX-License-Identifier: Apache-2.0 */
/* Both stores on SQLite: one file each, WAL, synchronous=FULL. What a verb acknowledged survives a power cut. */
#ifndef OSTIARY_STORE_SQLITE_SQLITE_H
#define OSTIARY_STORE_SQLITE_SQLITE_H

#include "store/backend.h"

extern const struct store_backend sqlite_backend;

struct sqlite_options {
	struct slice path;  /* of the file, made with mode 0600; `-wal` and `-shm` stand beside it */
	int busy_ms;        /* how long to wait for another process's lock; then RC_BUSY. 0 stands for 2000 */
	size_t readers;     /* connections for reading, each opened when first needed; 0 stands for 4, at most 16 */
	size_t max_records; /* of the ephemeral store, of each kind; its room (store/rooms.h) may be smaller. 0: that room */
	const char *vfs;    /* NULL: the system's; tests name another */
};

/* Opens, creates or brings up to date. On failure (RC_STORE, RC_BUSY, RC_FORBIDDEN: others may read the file,
 * RC_LIMIT, RC_MEMORY) *ret_why says what is wrong, in the arena or static, for the operator. A newer schema,
 * another program's file and a damaged file are refused. Close with ret->close once no verb runs. A file is for one
 * process at a time to write much; another one's lock is waited for. Threads are made nowhere here. */
enum rc sqlite_directory_open(const struct sqlite_options *o, struct arena *a, struct directory *ret,
			      struct slice *ret_why) WARN_UNUSED;
/* Looks into a directory's file, of any version, and changes nothing: as refresh_held. RC_STORE where it cannot. */
enum rc sqlite_directory_held(const char *path, int64_t now, size_t limit, struct arena *a, struct dir_held **ret,
			      size_t *ret_n) WARN_UNUSED;
/* A client, in the same way. RC_NOT_FOUND. */
enum rc sqlite_directory_client(const char *path, struct slice id, struct arena *a, struct dir_client *ret) WARN_UNUSED;
/* Verified e-mails that are no login, in the same way: tenant, login and email of each user. */
enum rc sqlite_directory_idle_emails(const char *path, size_t limit, struct arena *a, struct dir_user **ret,
				     size_t *ret_n) WARN_UNUSED;
enum rc sqlite_ephemeral_open(const struct sqlite_options *o, struct arena *a, struct ephemeral *ret,
			      struct slice *ret_why) WARN_UNUSED;

#endif
