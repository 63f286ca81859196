/* SPDX-License-Identifier: Apache-2.0 */
/* How a client is held in memory: for client*.c only. */
#ifndef OSTIARY_OAUTH_CLIENT_BOX_H
#define OSTIARY_OAUTH_CLIENT_BOX_H

#include <stdatomic.h>

#include "oauth/client.h"

/* `client` is the first member: the pointer that callers hold is also the box's. */
struct client_box {
	struct client client;
	atomic_uint refs;
	bool owner;         /* the box was malloc'd and owns `arena` */
	struct arena arena; /* everything that `client` points to, where `owner` */
};

/* Fills `c` from the row's metadata with memory of the arena; c->keys must be released by the caller, also on failure. */
enum rc client_read(const struct dir_client *row, struct arena *a, struct client *c, struct slice *ret_why) WARN_UNUSED;

#endif
