/* SPDX-License-Identifier: Apache-2.0 */
/* The key refresher: fetches other issuers' keys by discovery or from a configured address, refreshes them ahead of
 * need, and keeps the last good ones. */
#ifndef OSTIARY_CHANNEL_KEY_REFRESHER_H
#define OSTIARY_CHANNEL_KEY_REFRESHER_H

#include "base/arena.h"
#include "base/log.h"
#include "fetch/http_client.h"

enum {
	KEY_REFRESHER_ISSUERS_MAX = 16,
	KEY_REFRESHER_PLACES = 64,
	KEY_REFRESHER_REFRESH = 300,      /* seconds, less if the answer's max-age is less */
	KEY_REFRESHER_REFRESH_LEAST = 60, /* minimum of that */
	KEY_REFRESHER_ASK_INTERVAL = 10,
	KEY_REFRESHER_BACK_OFF_MAX = 60
};

struct key_refresher_issuer {
	struct slice issuer;
	struct slice jwks_uri; /* https, or http on a loopback host; from the configuration, never from a token */
};

struct refresher;

/* Copies the list. Without issuers no thread starts before key_refresher_set.
 * A failed fetch is logged if its reason differs from the last one; a skipped or odd key is logged once per key set.
 * If an issuer's set holds private keys, none of its keys is trusted any more, not even the last good ones.
 * RC_MEMORY, RC_INTERNAL (no thread), RC_LIMIT: over KEY_REFRESHER_ISSUERS_MAX. */
enum rc key_refresher_start(const struct key_refresher_issuer *issuers, size_t count, struct http_client *http,
			    const struct log *log, struct refresher **ret_refresher) WARN_UNUSED;
/* Replaces the issuers. Those that stay keep their keys. A removed one gets an empty key set, which is broadcast to
 * gateways, and keeps its slot. `http` is used only if there were no issuers before. RC_LIMIT: more than
 * KEY_REFRESHER_ISSUERS_MAX, or no slot is left. RC_INTERNAL (no thread), RC_MEMORY. On failure nothing has changed. */
enum rc key_refresher_set(struct refresher *f, const struct key_refresher_issuer *issuers, size_t count,
			  struct http_client *http) WARN_UNUSED;
/* Sets `changed`, which the refresher's thread calls after keys changed and after a fetch by key_refresher_ask. */
void key_refresher_listen(struct refresher *f, void (*changed)(void *self), void *self);
/* Stops the thread after a running fetch; the keys can still be read. Accepts NULL and a second call. */
void key_refresher_stop(struct refresher *f);
/* Frees it after all readers stopped. The control channel reads it and is woken by its thread: stop the refresher
 * before the channel, free it after. */
void key_refresher_free(struct refresher *f);
/* The last good keys, or an empty set for a removed issuer. *ret_serial counts every change and every answered
 * request. RC_NOT_FOUND: none yet. */
enum rc key_refresher_keys(struct refresher *f, size_t index, struct arena *a, struct slice *ret_issuer,
			   struct slice *ret_jwks, uint64_t *ret_serial) WARN_UNUSED;
size_t key_refresher_count(struct refresher *f);
struct slice key_refresher_issuer(const struct refresher *f, size_t index);
/* A gateway met an unknown kid. True: a fetch follows, then a call of `changed`. False: the issuer is not
 * configured, or was asked within KEY_REFRESHER_ASK_INTERVAL seconds; the known keys are current. */
bool key_refresher_ask(struct refresher *f, struct slice issuer);

#endif
