/* SPDX-License-Identifier: Apache-2.0 */
/* An index in memory of the clients' browser origins, updated as clients change and never read again for a request.
 * Thread-safe. For client_cache.c only. */
#ifndef OSTIARY_OAUTH_CLIENT_ORIGINS_H
#define OSTIARY_OAUTH_CLIENT_ORIGINS_H

#include "oauth/client/client.h"

enum { CLIENT_ORIGINS_MAX = 1 << 20 };

struct client_origins;

/* RC_MEMORY. */
enum rc client_origins_new(struct client_origins **ret) WARN_UNUSED;
/* NULL is fine. */
void client_origins_free(struct client_origins *o);
/* The index may be outdated: the next query waits until all clients are read again. */
void client_origins_doubt(struct client_origins *o);
/* Updates one client from the directory. RC_STORE, RC_MEMORY; RC_RANGE: over CLIENT_ORIGINS_MAX; RC_LIMIT. */
enum rc client_origins_take(struct client_origins *o, const struct op *op, struct slice id) WARN_UNUSED;
/* Reads all clients; queries use the old index meanwhile. RC_BUSY: another thread is reading. Otherwise as
 * client_origins_take. */
enum rc client_origins_walk(struct client_origins *o, const struct op *op) WARN_UNUSED;
bool client_origins_has(struct client_origins *o, const struct op *op, struct slice origin);
size_t client_origins_count(struct client_origins *o);

#endif
