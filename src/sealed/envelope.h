/* SPDX-License-Identifier: Apache-2.0 */
/* A sealed text that the browser keeps for us until sign-in: the browser can neither read nor change it, and
 * strangers' requests use no store. Each hour's key is derived (HKDF) from one secret, so all nodes with that secret
 * agree without communication. Pure; thread-safe. */
#ifndef OSTIARY_SEALED_ENVELOPE_H
#define OSTIARY_SEALED_ENVELOPE_H

#include "base/arena.h"
#include "base/ct.h"

/* base64url of: u8 format (2), u32 hour since 1970, AES-256-GCM (nonce, ciphertext, tag) of the bytes. */
enum {
	ENVELOPE_PLAIN_MAX = 24 * 1024, /* the largest authorization request */
	ENVELOPE_OVERHEAD = 1 + 4 + 12 + 16,
	ENVELOPE_HOURS = 24, /* it does not open after this time, whatever expiry its content has */
};

/* `purpose` separates types. RC_LIMIT: too long; RC_MEMORY: arena full. RC_RANGE: now is before 1970. */
enum rc envelope_seal(struct secret key, struct slice purpose, struct slice plain, int64_t now, struct arena *a,
		      struct slice *ret_text) WARN_UNUSED;
/* RC_SYNTAX: no envelope. RC_EXPIRED: its hour is too long ago, or in the future. RC_JOSE_SIGNATURE: another key or
 * purpose, or changed. RC_LIMIT: too long; RC_MEMORY: arena full. */
enum rc envelope_open(struct secret key, struct slice purpose, struct slice text, int64_t now, struct arena *a,
		      struct slice *ret_plain) WARN_UNUSED;

#endif
