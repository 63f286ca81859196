/* SPDX-License-Identifier: Apache-2.0 */
/* The stores' backends: one row for each. A new backend is a folder, its row in backend.c and its form in the texts below.
 * Nothing outside src/store names a backend: configuration, sandbox, set-up and command line ask here. */
#ifndef OSTIARY_STORE_BACKEND_H
#define OSTIARY_STORE_BACKEND_H

#include "store/directory.h"
#include "store/ephemeral.h"

/* For people: what ostiary.yaml may say. A test holds them against the rows. */
#define STORE_DIRECTORY_DEFAULT "sqlite"
#define STORE_DIRECTORY_FORMS "sqlite or sqlite:FILE"
#define STORE_DIRECTORY_DOC "sqlite (ostiary.db in the state folder) or sqlite:FILE"
#define STORE_EPHEMERAL_DEFAULT "memory"
#define STORE_EPHEMERAL_FORMS "memory, sqlite or sqlite:FILE"
#define STORE_EPHEMERAL_DOC "memory (lost at a restart), sqlite or sqlite:FILE"

enum store_role { STORE_DIRECTORY, STORE_EPHEMERAL };

/* Where a store is. */
struct store_place {
	enum store_role role;
	struct slice url;    /* from ostiary.yaml: SCHEME or SCHEME:REST */
	struct slice folder; /* the state folder, with a slash at its end: relative names start here */
	int64_t now;         /* Unix seconds: when it is opened */
	size_t max_records;  /* of each type in the ephemeral store, if its room is not smaller; 0: the backend's own limit */
};

/* What an open store continues to need in the worker's sandbox. */
enum { STORE_FILES_MAX = 4 };
struct store_files {
	const char *write[STORE_FILES_MAX]; /* and read; in the arena */
	size_t write_count;
};

/* Reads a directory of any version and changes nothing: `ostiary check-config`. RC_STORE: it cannot be read. */
struct store_look {
	void *self;
	/* As refresh.held of the directory. */
	enum rc (*held)(void *self, int64_t now, size_t limit, struct arena *a, struct dir_held **ret, size_t *ret_n);
	/* As clients.get of the directory. */
	enum rc (*client)(void *self, struct slice id, struct arena *a, struct dir_client *ret);
	/* Verified e-mails that are no login: tenant, login and email of each user. */
	enum rc (*idle_emails)(void *self, size_t limit, struct arena *a, struct dir_user **ret, size_t *ret_n);
};

struct store_backend {
	struct slice scheme;
	/* `rest` follows the colon; its p is NULL if there is no colon. */
	bool (*is_valid)(struct slice rest);
	/* What the operator should know about a valid one, or NULL. */
	const char *(*advice)(struct slice rest);
	/* For people, without secrets. *ret_missing: there is nothing at that place yet. */
	enum rc (*name)(const struct store_place *p, struct arena *a, struct slice *ret, bool *ret_missing);
	/* Opens, makes or migrates. *ret_why, in the arena or static: what is wrong, for the operator. NULL: the backend
	 * has no such role. */
	enum rc (*open_directory)(const struct store_place *p, struct arena *a, struct directory *ret,
				  struct slice *ret_why);
	enum rc (*open_ephemeral)(const struct store_place *p, struct arena *a, struct ephemeral *ret,
				  struct slice *ret_why);
	/* NULL: an open store needs nothing. */
	enum rc (*files)(const struct store_place *p, struct arena *a, struct store_files *ret);
	/* RC_NOT_FOUND: it is not there, or not this user's to read. */
	enum rc (*look)(const struct store_place *p, struct arena *a, struct store_look *ret);
};

/* All rows; ends with NULL. */
extern const struct store_backend *const store_backends[];

/* NULL: valid for this role. Else what is wrong. */
const char *store_url_refusal(enum store_role role, struct slice url);
/* Each as the row's own, for a URL that is not refused. RC_RANGE: it is. */
const char *store_url_advice(enum store_role role, struct slice url);
enum rc store_name(const struct store_place *p, struct arena *a, struct slice *ret, bool *ret_missing) WARN_UNUSED;
enum rc store_directory_open(const struct store_place *p, struct arena *a, struct directory *ret,
			     struct slice *ret_why) WARN_UNUSED;
enum rc store_ephemeral_open(const struct store_place *p, struct arena *a, struct ephemeral *ret,
			     struct slice *ret_why) WARN_UNUSED;
enum rc store_files(const struct store_place *p, struct arena *a, struct store_files *ret) WARN_UNUSED;
enum rc store_look(const struct store_place *p, struct arena *a, struct store_look *ret) WARN_UNUSED;

#endif
