/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a session record, and its two layers of encryption. */
#include "session/record.h"

#include "base/buf.h"
#include "store/stored.h"

enum { UNBOUND_FIELDS = 11, BOUND_MAX = 1 + BINDING_THUMBPRINT + SESSION_SID_LEN + 3 * 8 + EPH_INDEX_MAX };

#define BYTES(member) STORED_BYTES_OF(struct record, member)
#define TIME(member) STORED_TIME_OF(struct record, member)

static const struct stored_field fields[] = {
	BYTES(sid), TIME(created), TIME(absolute), TIME(touched), TIME(version), BYTES(current.hash), BYTES(current.wrapped),
	BYTES(previous.hash), BYTES(previous.wrapped), TIME(previous_until),
	STORED_TEXT_OF(struct record, sealed, SESSION_PAYLOAD_MAX + CRYPTO_SEAL_OVERHEAD),
	STORED_BYTE_OF(struct record, binding.type), BYTES(binding.thumbprint),
};
static const struct stored_row row_1 = {1, fields, UNBOUND_FIELDS, NULL};
static const struct stored_row row = {2, fields, ARRAY_LEN(fields), &row_1};

enum rc record_write(const struct record *r, struct arena *a, struct slice *ret_value)
{
	return stored_write(&row, r, a, ret_value);
}

enum rc record_read(struct slice value, struct record *ret)
{
	static const struct binding none;
	TRY(stored_read(&row, value, ret, sizeof *ret));
	bool whole = ret->binding.type != BINDING_NONE || memcmp(&ret->binding, &none, sizeof none) == 0;
	return whole ? RC_OK : RC_STORE;
}

static enum rc wrap_key(const uint8_t sid[static SESSION_SID_LEN], const uint8_t secret[static RECORD_SECRET],
			uint8_t key[static 32])
{
	return crypto_hkdf(secret_of(secret, RECORD_SECRET), slice_of(sid, SESSION_SID_LEN),
			   SLICE("ostiary session data key"), key, 32);
}

enum rc record_lock(const uint8_t sid[static SESSION_SID_LEN], const uint8_t secret[static RECORD_SECRET],
		    const uint8_t data_key[static RECORD_KEY], struct record_lock *ret)
{
	uint8_t key[32];
	crypto_sha256(slice_of(secret, RECORD_SECRET), ret->hash);
	enum rc rc = wrap_key(sid, secret, key);
	if (rc == RC_OK)
		rc = crypto_seal(key, slice_of(sid, SESSION_SID_LEN), slice_of(data_key, RECORD_KEY), ret->wrapped);
	ct_wipe(key, sizeof key);
	return rc;
}

enum rc record_unlock(const struct record_lock *lock, const uint8_t sid[static SESSION_SID_LEN],
		      const uint8_t secret[static RECORD_SECRET], uint8_t data_key[static RECORD_KEY])
{
	uint8_t key[32];
	enum rc rc = wrap_key(sid, secret, key);
	if (rc == RC_OK)
		rc = crypto_open(key, slice_of(sid, SESSION_SID_LEN), slice_of(lock->wrapped, RECORD_WRAPPED),
				 data_key);
	ct_wipe(key, sizeof key);
	return rc == RC_JOSE_SIGNATURE ? RC_STORE : rc;
}

/* Values that a writer of the store could otherwise swap between sessions, or reset. A sid begins
 * with a character of base64url, which is the number of no binding: the two forms differ in the first byte. */
static enum rc bound_of(const struct record *r, struct slice subject, uint8_t dst[static BOUND_MAX], struct slice *ret)
{
	struct buf b;
	buf_over(&b, dst, BOUND_MAX);
	if (r->binding.type != BINDING_NONE) {
		buf_u8(&b, r->binding.type);
		buf_put(&b, slice_of(r->binding.thumbprint, BINDING_THUMBPRINT));
	}
	buf_put(&b, slice_of(r->sid, sizeof r->sid));
	buf_u64(&b, (uint64_t)r->created);
	buf_u64(&b, (uint64_t)r->absolute);
	buf_u64(&b, (uint64_t)r->version);
	buf_put(&b, subject);
	*ret = buf_slice(&b);
	return buf_rc(&b);
}

enum rc record_seal(struct record *r, const uint8_t data_key[static RECORD_KEY], struct slice subject,
		    struct slice payload, struct arena *a)
{
	uint8_t memory[BOUND_MAX];
	struct slice bound;
	if (payload.n > SESSION_PAYLOAD_MAX)
		return RC_LIMIT;
	uint8_t *sealed = arena_alloc(a, payload.n + CRYPTO_SEAL_OVERHEAD);
	if (sealed == NULL)
		return RC_MEMORY;
	TRY(bound_of(r, subject, memory, &bound));
	TRY(crypto_seal(data_key, bound, payload, sealed));
	r->sealed = slice_of(sealed, payload.n + CRYPTO_SEAL_OVERHEAD);
	return RC_OK;
}

enum rc record_open(const struct record *r, const uint8_t data_key[static RECORD_KEY], struct slice subject,
		    struct arena *a, struct slice *ret_payload)
{
	uint8_t memory[BOUND_MAX];
	struct slice bound;
	if (r->sealed.n < CRYPTO_SEAL_OVERHEAD)
		return RC_STORE;
	size_t n = r->sealed.n - CRYPTO_SEAL_OVERHEAD;
	uint8_t *plain = arena_alloc(a, n);
	if (plain == NULL)
		return RC_MEMORY;
	TRY(bound_of(r, subject, memory, &bound));
	enum rc rc = crypto_open(data_key, bound, r->sealed, plain);
	if (rc == RC_JOSE_SIGNATURE)
		return RC_STORE;
	TRY(rc);
	*ret_payload = slice_of(plain, n);
	return RC_OK;
}
