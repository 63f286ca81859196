/* SPDX-License-Identifier: Apache-2.0 */
/* The stored form of a session and its keys. For src/session only. The payload is sealed under a random data key.
 * The data key is wrapped under a key derived from the secret: once for the current secret and, during the overlap,
 * once for the previous one. So a rotation rewrites wraps and never needs the payload. */
#ifndef OSTIARY_SESSION_RECORD_H
#define OSTIARY_SESSION_RECORD_H

#include "crypto/hash.h"
#include "session/session.h"

enum { RECORD_SECRET = 32, RECORD_KEY = 32, RECORD_WRAPPED = RECORD_KEY + CRYPTO_SEAL_OVERHEAD };

/* Opens the data key with one secret. */
struct record_lock {
	uint8_t hash[32]; /* SHA-256 of the secret's bytes */
	uint8_t wrapped[RECORD_WRAPPED];
};

struct record {
	uint8_t sid[SESSION_SID_LEN]; /* as text; public */
	int64_t created, absolute, touched;
	int64_t version; /* of subject and payload */
	struct record_lock current, previous;
	int64_t previous_until; /* Unix seconds; 0: no previous secret */
	struct binding binding; /* what its sender proved when it was created, and must always prove */
	struct slice sealed;    /* the payload */
};

/* Writes the record in the arena: the value of an ephemeral record. */
enum rc record_write(const struct record *r, struct arena *a, struct slice *ret_value) WARN_UNUSED;
/* RC_STORE: the stored record is corrupt. Slices point into `value`. */
enum rc record_read(struct slice value, struct record *ret) WARN_UNUSED;

/* Makes the lock of a secret for a data key. */
enum rc record_lock(const uint8_t sid[static SESSION_SID_LEN], const uint8_t secret[static RECORD_SECRET],
		    const uint8_t data_key[static RECORD_KEY], struct record_lock *ret) WARN_UNUSED;
/* Opens the lock with this hash. RC_STORE: it does not open. */
enum rc record_unlock(const struct record_lock *lock, const uint8_t sid[static SESSION_SID_LEN],
		      const uint8_t secret[static RECORD_SECRET], uint8_t data_key[static RECORD_KEY]) WARN_UNUSED;

/* Seals the payload into r->sealed, bound to sid, times, version, subject and binding. */
enum rc record_seal(struct record *r, const uint8_t data_key[static RECORD_KEY], struct slice subject,
		    struct slice payload, struct arena *a) WARN_UNUSED;
/* RC_STORE: it does not open. */
enum rc record_open(const struct record *r, const uint8_t data_key[static RECORD_KEY], struct slice subject,
		    struct arena *a, struct slice *ret_payload) WARN_UNUSED;

#endif
