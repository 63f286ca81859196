/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of other issuers: fetched by discovery or from a given address, refreshed ahead of need, the last good ones kept. */
#ifndef OSTIARY_DAEMON_FEED_H
#define OSTIARY_DAEMON_FEED_H

#include "base/arena.h"
#include "http/client.h"

enum { FEED_ISSUERS_MAX = 16, FEED_REFRESH = 300, FEED_ASK_INTERVAL = 10, FEED_BACK_OFF_MAX = 60 };

struct feed_issuer {
	struct slice issuer;
	struct slice jwks_uri; /* https, or http on a loopback host; from the configuration, never from a token */
};

struct feed;

/* Copies the list. RC_MEMORY, RC_INTERNAL (no thread), RC_LIMIT: over FEED_ISSUERS_MAX. */
enum rc feed_start(const struct feed_issuer *issuers, size_t count, struct http_client *http,
		   struct feed **ret_feed) WARN_UNUSED;
/* From now on `changed` is called from the feed's thread after keys changed, and after a fetch that was asked for. */
void feed_listen(struct feed *f, void (*changed)(void *self), void *self);
/* Ends its thread, and waits for a fetch under way; what is known can still be read. NULL is fine, and twice. */
void feed_stop(struct feed *f);
/* Once nobody reads it any more: the link reads it, and its thread tells the link, so it stops before and goes after it. */
void feed_free(struct feed *f);
/* The last good keys; *ret_serial counts every change and every answered question. RC_NOT_FOUND: none yet. */
enum rc feed_keys(struct feed *f, size_t index, struct arena *a, struct slice *ret_issuer, struct slice *ret_jwks,
		  uint64_t *ret_serial) WARN_UNUSED;
size_t feed_count(const struct feed *f);
struct slice feed_issuer(const struct feed *f, size_t index);
/* A gateway met an unknown kid. True: a fetch follows, and then a call of `changed`. False: that issuer is not one of ours,
 * or was asked within FEED_ASK_INTERVAL seconds: what is known is what there is. */
bool feed_ask(struct feed *f, struct slice issuer);

#endif
