/* SPDX-License-Identifier: Apache-2.0 */
/* Seals and opens session handles. */
#include "sealed/session_handle.h"

#include "base/base64url.h"
#include "base/cursor.h"
#include "crypto/hash.h"

enum {
	FORMAT = 1,
	SID_BYTES = 16,
	SECRET_BYTES = 32,
	PLAIN = 8 + SID_BYTES + SECRET_BYTES,
	SEALED = 1 + PLAIN + CRYPTO_SEAL_OVERHEAD,
};

static const uint8_t format_byte[1] = {FORMAT};

static enum rc decode_exact(struct slice text, uint8_t *dst, size_t n)
{
	size_t got;
	if (base64url_decode(text, dst, n, &got) != RC_OK || got != n)
		return RC_SYNTAX;
	return RC_OK;
}

static enum rc pack(const struct ticket *t, uint8_t plain[static PLAIN])
{
	struct buf b;
	if (t->expires < 0)
		return RC_RANGE;
	buf_over(&b, plain, 8);
	buf_u64(&b, (uint64_t)t->expires);
	TRY(buf_rc(&b));
	TRY(decode_exact(t->sid, plain + 8, SID_BYTES));
	return decode_exact(t->secret, plain + 8 + SID_BYTES, SECRET_BYTES);
}

enum rc session_handle_seal(const uint8_t key[static 32], const struct ticket *t, struct arena *a,
			    struct slice *ret_text)
{
	uint8_t plain[PLAIN], sealed[SEALED] = {FORMAT};
	enum rc rc = pack(t, plain);
	if (rc == RC_OK)
		rc = crypto_seal(key, slice_of(format_byte, 1), slice_of(plain, PLAIN), sealed + 1);
	ct_wipe(plain, sizeof plain);
	TRY(rc);
	return base64url_encode_arena(a, slice_of(sealed, SEALED), ret_text);
}

static enum rc unpack(struct slice plain, int64_t now, struct arena *a, struct ticket *ret)
{
	struct cursor c = cursor_of(plain);
	struct slice sid, secret;
	struct ticket t;
	uint64_t expires;
	TRY(cursor_u64(&c, &expires));
	TRY(cursor_bytes(&c, SID_BYTES, &sid));
	TRY(cursor_bytes(&c, SECRET_BYTES, &secret));
	TRY(cursor_end(&c));
	/* As an unsigned number, a time before 1970 is after expiry. */
	if (expires > INT64_MAX || (uint64_t)now >= expires)
		return RC_EXPIRED;
	t.expires = (int64_t)expires;
	TRY(base64url_encode_arena(a, sid, &t.sid));
	TRY(base64url_encode_arena(a, secret, &t.secret));
	*ret = t;
	return RC_OK;
}

enum rc session_handle_open(const uint8_t key[static 32], struct slice text, int64_t now, struct arena *a,
			    struct ticket *ret)
{
	uint8_t sealed[SEALED], plain[PLAIN];
	TRY(decode_exact(text, sealed, SEALED));
	if (sealed[0] != FORMAT)
		return RC_SYNTAX;
	TRY(crypto_open(key, slice_of(format_byte, 1), slice_of(sealed + 1, SEALED - 1), plain));
	enum rc rc = unpack(slice_of(plain, PLAIN), now, a, ret);
	ct_wipe(plain, sizeof plain);
	return rc;
}
