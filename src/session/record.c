/* SPDX-License-Identifier: Apache-2.0 */
/* The session record's bytes, and its two layers of encryption. */
#include "session/record.h"

#include "base/buf.h"
#include "base/cursor.h"

enum { FORMAT = 1, RECORD_MAX = SESSION_PAYLOAD_MAX + 512, BOUND_MAX = SESSION_SID_LEN + 3 * 8 + EPH_INDEX_MAX };

static void put_lock(struct buf *b, const struct record_lock *l)
{
	buf_put(b, slice_of(l->hash, sizeof l->hash));
	buf_put(b, slice_of(l->wrapped, sizeof l->wrapped));
}

enum rc record_write(const struct record *r, struct arena *a, struct slice *ret_value)
{
	uint8_t *memory = arena_alloc(a, RECORD_MAX);
	struct buf b;
	if (memory == NULL)
		return RC_LIMIT;
	buf_over(&b, memory, RECORD_MAX);
	buf_u8(&b, FORMAT);
	buf_put(&b, slice_of(r->sid, sizeof r->sid));
	buf_u64(&b, (uint64_t)r->created);
	buf_u64(&b, (uint64_t)r->absolute);
	buf_u64(&b, (uint64_t)r->touched);
	buf_u64(&b, (uint64_t)r->version);
	put_lock(&b, &r->current);
	put_lock(&b, &r->previous);
	buf_u64(&b, (uint64_t)r->previous_until);
	buf_block(&b, r->sealed);
	TRY(buf_rc(&b));
	*ret_value = buf_slice(&b);
	return RC_OK;
}

static enum rc read_bytes(struct cursor *c, uint8_t *dst, size_t n)
{
	struct slice s;
	TRY(cursor_bytes(c, n, &s));
	memcpy(dst, s.p, n);
	return RC_OK;
}

static enum rc read_time(struct cursor *c, int64_t *ret)
{
	uint64_t v;
	TRY(cursor_u64(c, &v));
	if (v > INT64_MAX)
		return RC_RANGE;
	*ret = (int64_t)v;
	return RC_OK;
}

static enum rc read_lock(struct cursor *c, struct record_lock *l)
{
	TRY(read_bytes(c, l->hash, sizeof l->hash));
	return read_bytes(c, l->wrapped, sizeof l->wrapped);
}

static enum rc read_all(struct cursor *c, struct record *r)
{
	uint8_t format;
	TRY(cursor_u8(c, &format));
	if (format != FORMAT)
		return RC_SYNTAX;
	TRY(read_bytes(c, r->sid, sizeof r->sid));
	TRY(read_time(c, &r->created));
	TRY(read_time(c, &r->absolute));
	TRY(read_time(c, &r->touched));
	TRY(read_time(c, &r->version));
	TRY(read_lock(c, &r->current));
	TRY(read_lock(c, &r->previous));
	TRY(read_time(c, &r->previous_until));
	TRY(cursor_block(c, SESSION_PAYLOAD_MAX + CRYPTO_SEAL_OVERHEAD, &r->sealed));
	return cursor_end(c);
}

enum rc record_read(struct slice value, struct record *ret)
{
	struct cursor c = cursor_of(value);
	struct record r;
	if (read_all(&c, &r) != RC_OK)
		return RC_STORE;
	*ret = r;
	return RC_OK;
}

static enum rc wrap_key(const uint8_t sid[static SESSION_SID_LEN], const uint8_t secret[static RECORD_SECRET],
			uint8_t key[static 32])
{
	return crypto_hkdf(secret_of(secret, RECORD_SECRET), slice_of(sid, SESSION_SID_LEN), SLICE("ostiary session data key"),
			   key, 32);
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
		rc = crypto_open(key, slice_of(sid, SESSION_SID_LEN), slice_of(lock->wrapped, RECORD_WRAPPED), data_key);
	ct_wipe(key, sizeof key);
	return rc == RC_JOSE_SIGNATURE ? RC_STORE : rc;
}

/* What a writer of the store could otherwise swap between sessions, or turn back. */
static enum rc bound_of(const struct record *r, struct slice subject, uint8_t dst[static BOUND_MAX], struct slice *ret)
{
	struct buf b;
	buf_over(&b, dst, BOUND_MAX);
	buf_put(&b, slice_of(r->sid, sizeof r->sid));
	buf_u64(&b, (uint64_t)r->created);
	buf_u64(&b, (uint64_t)r->absolute);
	buf_u64(&b, (uint64_t)r->version);
	buf_put(&b, subject);
	*ret = buf_slice(&b);
	return buf_rc(&b);
}

enum rc record_seal(struct record *r, const uint8_t data_key[static RECORD_KEY], struct slice subject, struct slice payload,
		    struct arena *a)
{
	uint8_t memory[BOUND_MAX];
	struct slice bound;
	if (payload.n > SESSION_PAYLOAD_MAX)
		return RC_LIMIT;
	uint8_t *sealed = arena_alloc(a, payload.n + CRYPTO_SEAL_OVERHEAD);
	if (sealed == NULL)
		return RC_LIMIT;
	TRY(bound_of(r, subject, memory, &bound));
	TRY(crypto_seal(data_key, bound, payload, sealed));
	r->sealed = slice_of(sealed, payload.n + CRYPTO_SEAL_OVERHEAD);
	return RC_OK;
}

enum rc record_open(const struct record *r, const uint8_t data_key[static RECORD_KEY], struct slice subject, struct arena *a,
		    struct slice *ret_payload)
{
	uint8_t memory[BOUND_MAX];
	struct slice bound;
	if (r->sealed.n < CRYPTO_SEAL_OVERHEAD)
		return RC_STORE;
	size_t n = r->sealed.n - CRYPTO_SEAL_OVERHEAD;
	uint8_t *plain = arena_alloc(a, n);
	if (plain == NULL)
		return RC_LIMIT;
	TRY(bound_of(r, subject, memory, &bound));
	enum rc rc = crypto_open(data_key, bound, r->sealed, plain);
	if (rc == RC_JOSE_SIGNATURE)
		return RC_STORE;
	TRY(rc);
	*ret_payload = slice_of(plain, n);
	return RC_OK;
}
