/* SPDX-License-Identifier: Apache-2.0 */
/* Seals and opens under an hour's key. */
#include "sealed/envelope.h"

#include "base/base64url.h"
#include "base/cursor.h"
#include "crypto/hash.h"

enum { FORMAT = 2, HEAD = 1 + 4, HOUR = 3600, SEALED_MAX = ENVELOPE_PLAIN_MAX + ENVELOPE_OVERHEAD, PURPOSE_MAX = 32 };

static void envelope_head(uint32_t hour, uint8_t head[static HEAD])
{
	struct buf b;
	buf_over(&b, head, HEAD);
	buf_u8(&b, FORMAT);
	buf_u32(&b, hour);
}

static enum rc envelope_key(struct secret key, struct slice purpose, uint32_t hour, uint8_t dst[static 32])
{
	uint8_t memory[64];
	struct buf b;
	if (purpose.n > PURPOSE_MAX)
		return RC_RANGE;
	buf_over(&b, memory, sizeof memory);
	buf_put(&b, SLICE("ostiary envelope"));
	buf_u32(&b, hour);
	buf_put(&b, purpose);
	TRY(buf_rc(&b));
	return crypto_hkdf(key, SLICE_NONE, buf_slice(&b), dst, 32);
}

enum rc envelope_seal(struct secret key, struct slice purpose, struct slice plain, int64_t now, struct arena *a,
		      struct slice *ret_text)
{
	uint8_t hour_key[32];
	if (plain.n > ENVELOPE_PLAIN_MAX)
		return RC_LIMIT;
	if (now < 0 || now / HOUR > UINT32_MAX)
		return RC_RANGE;
	uint8_t *sealed = arena_alloc(a, plain.n + ENVELOPE_OVERHEAD);
	if (sealed == NULL)
		return RC_MEMORY;
	envelope_head((uint32_t)(now / HOUR), sealed);
	TRY(envelope_key(key, purpose, (uint32_t)(now / HOUR), hour_key));
	enum rc rc = crypto_seal(hour_key, slice_of(sealed, HEAD), plain, sealed + HEAD);
	ct_wipe(hour_key, sizeof hour_key);
	TRY(rc);
	return base64url_encode_arena(a, slice_of(sealed, plain.n + ENVELOPE_OVERHEAD), ret_text);
}

/* The hour of an envelope if it is valid now. Accepts the next hour, since nodes' clocks may differ. */
static enum rc envelope_hour(struct slice sealed, int64_t now, uint32_t *ret_hour)
{
	struct cursor c = cursor_of(sealed);
	uint8_t format;
	TRY(cursor_u8(&c, &format));
	TRY(cursor_u32(&c, ret_hour));
	if (format != FORMAT)
		return RC_SYNTAX;
	int64_t age = now / HOUR - *ret_hour;
	return age > ENVELOPE_HOURS || age < -1 ? RC_EXPIRED : RC_OK;
}

enum rc envelope_open(struct secret key, struct slice purpose, struct slice text, int64_t now, struct arena *a,
		      struct slice *ret_plain)
{
	uint8_t hour_key[32];
	uint32_t hour;
	size_t n;
	if (text.n > (size_t)SEALED_MAX / 3 * 4 + 4)
		return RC_LIMIT;
	uint8_t *sealed = arena_alloc(a, text.n + 1), *plain = arena_alloc(a, text.n + 1);
	if (sealed == NULL || plain == NULL)
		return RC_MEMORY;
	if (base64url_decode(text, sealed, text.n, &n) != RC_OK || n < ENVELOPE_OVERHEAD)
		return RC_SYNTAX;
	TRY(envelope_hour(slice_of(sealed, n), now, &hour));
	TRY(envelope_key(key, purpose, hour, hour_key));
	enum rc rc = crypto_open(hour_key, slice_of(sealed, HEAD), slice_of(sealed + HEAD, n - HEAD), plain);
	ct_wipe(hour_key, sizeof hour_key);
	TRY(rc);
	*ret_plain = slice_of(plain, n - ENVELOPE_OVERHEAD);
	return RC_OK;
}
