/* SPDX-License-Identifier: Apache-2.0 */
/* The session handle that backends get in X-Session-Id: a session's sid and secret, sealed under the daemon's key,
 * valid for minutes. A holder can only hand it back. Pure; thread-safe. */
#ifndef OSTIARY_SEALED_SESSION_HANDLE_H
#define OSTIARY_SEALED_SESSION_HANDLE_H

#include "base/arena.h"

/* Bytes: u8 format (1), then AES-256-GCM (nonce, ciphertext, tag) over u64 expires, sid and secret, with the format
 * byte as associated data. The text is their base64url. */
enum { SESSION_HANDLE_SID_LEN = 22, SESSION_HANDLE_SECRET_LEN = 43, SESSION_HANDLE_TEXT_LEN = 114 };

struct ticket {
	struct slice sid;    /* SESSION_HANDLE_SID_LEN characters base64url */
	struct slice secret; /* SESSION_HANDLE_SECRET_LEN characters base64url; a secret: the arena wipes it */
	int64_t expires;     /* Unix seconds: it does not open from then on */
};

/* RC_SYNTAX: sid or secret has the wrong length or alphabet. RC_RANGE: expires is negative. RC_MEMORY: arena full. */
enum rc session_handle_seal(const uint8_t key[static 32], const struct ticket *t, struct arena *a,
			    struct slice *ret_text) WARN_UNUSED;
/* RC_SYNTAX: wrong length, alphabet or format. RC_JOSE_SIGNATURE: another key, or changed. RC_EXPIRED.
 * RC_LIMIT: too long; RC_MEMORY: arena full. */
enum rc session_handle_open(const uint8_t key[static 32], struct slice text, int64_t now, struct arena *a,
		    struct ticket *ret) WARN_UNUSED;

#endif
