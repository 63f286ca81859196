/* SPDX-License-Identifier: Apache-2.0 */
/* The sealed handle that backends get in X-Session-Id: a session's sid and secret under the daemon's key, for minutes.
 * Who holds it can do nothing with it but hand it back. Pure; thread-safe. */
#ifndef OSTIARY_TICKET_TICKET_H
#define OSTIARY_TICKET_TICKET_H

#include "base/arena.h"

/* Bytes: u8 format (1), then AES-256-GCM (nonce, ciphertext, tag) over u64 expires, sid and secret, under the
 * format byte as associated data. The text is base64url of them. */
enum { TICKET_SID_LEN = 22, TICKET_SECRET_LEN = 43, TICKET_TEXT_LEN = 114 };

struct ticket {
	struct slice sid;    /* TICKET_SID_LEN characters base64url */
	struct slice secret; /* TICKET_SECRET_LEN characters base64url; a secret: the arena wipes it */
	int64_t expires;     /* Unix seconds: from then on it does not open */
};

/* RC_SYNTAX: sid or secret is not of its length and alphabet; RC_RANGE: expires below 0; RC_LIMIT: arena full. */
enum rc ticket_seal(const uint8_t key[static 32], const struct ticket *t, struct arena *a, struct slice *ret_text) WARN_UNUSED;
/* RC_SYNTAX: another length, alphabet or format; RC_JOSE_SIGNATURE: another key, or changed; RC_EXPIRED; RC_LIMIT. */
enum rc ticket_open(const uint8_t key[static 32], struct slice text, int64_t now, struct arena *a,
		    struct ticket *ret) WARN_UNUSED;

#endif
