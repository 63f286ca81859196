/* SPDX-License-Identifier: Apache-2.0 */
/* The directory: clients. The rules of directory.h hold. */
#ifndef OSTIARY_STORE_DIR_CLIENTS_H
#define OSTIARY_STORE_DIR_CLIENTS_H

#include "base/arena.h"
#include "base/rc.h"
#include "base/slice.h"

struct dir_audit;

struct dir_client {
	struct slice id;
	struct slice tenant;
	struct slice metadata;   /* JSON object in RFC 7591 terms, validated by src/oauth/client */
	uint8_t secret_hash[32]; /* SHA-256 of the client_secret, valid if has_secret */
	bool has_secret, disabled;
	int64_t created, version;
};

struct dir_clients {
	void *self;
	/* Adds or replaces; increments the version. */
	enum rc (*put)(void *self, const struct dir_client *c, const struct dir_audit *audit);
	enum rc (*get)(void *self, struct slice id, struct arena *a, struct dir_client *ret);
	enum rc (*remove)(void *self, struct slice id, const struct dir_audit *audit);
	enum rc (*list)(void *self, struct slice after, size_t limit, struct arena *a, struct dir_client **ret,
			size_t *ret_n);
};

#endif
