/* SPDX-License-Identifier: Apache-2.0 */
/* The refcounted client in memory: for client*.c only. */
#ifndef OSTIARY_OAUTH_CLIENT_REF_H
#define OSTIARY_OAUTH_CLIENT_REF_H

#include <stdatomic.h>

#include "oauth/client/client.h"

/* `client` is the first member, so a pointer to it is a pointer to the refcounted client. */
struct client_ref {
	struct client client;
	atomic_uint refs;
	bool owner;         /* allocated with malloc; owns `arena` */
	struct arena arena; /* if `owner`: all that `client` points to */
};

/* Fills `c` from the row's metadata, with memory of the arena. The caller must release c->keys, also on failure. */
enum rc client_read(const struct dir_client *row, struct arena *a, struct client *c, struct slice *ret_why) WARN_UNUSED;
/* An enabled client of an enabled tenant from the directory; the caller has the one reference. RC_NOT_FOUND; RC_STORE;
 * RC_MEMORY. */
enum rc client_load(const struct op *op, struct slice id, struct client_ref **ret_ref) WARN_UNUSED;

#endif
