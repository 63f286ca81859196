/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/grant/refresh_token.h"

#include "base/base64url.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "oauth/grant/grant.h"

enum { FORMAT = 1, FAMILY = 16, RANDOM = 32, MAC = 16, SAID = 1 + FAMILY + 4 + RANDOM, RAW = SAID + MAC };

_Static_assert(RAW / 3 * 4 == REFRESH_TOKEN_LEN && RAW % 3 == 0, "no bits are left over");

enum rc refresh_token_key(const struct directory *directory, uint8_t ret_key[static 32])
{
	uint8_t fresh[32], shared[32];
	crypto_random(fresh, sizeof fresh);
	TRY(directory->shared.secret(directory->shared.self, SLICE("refresh"), fresh, shared));
	enum rc rc =
		crypto_hkdf(secret_of(shared, sizeof shared), SLICE_NONE, SLICE("ostiary refresh token"), ret_key, 32);
	ct_wipe(fresh, sizeof fresh);
	ct_wipe(shared, sizeof shared);
	return rc;
}

static void mac_of(const struct op *op, const uint8_t said[static SAID], uint8_t dst[static 32])
{
	const struct slice part = slice_of(said, SAID);
	crypto_hmac_parts(CRYPTO_SHA256, secret_of(op->refresh_key, sizeof op->refresh_key), &part, 1, dst);
}

enum rc refresh_token_make(const struct op *op, struct slice family, int64_t generation, struct arena *a,
			   struct slice *ret_token, struct dir_token *ret)
{
	uint8_t raw[RAW] = {FORMAT}, mac[32];
	struct buf b;
	size_t n = 0;
	rc_ignore(base64url_decode(family, raw + 1, FAMILY, &n)); /* n stays 0 on failure */
	if (generation < 1 || generation > UINT32_MAX || n != FAMILY)
		return RC_RANGE;
	buf_over(&b, raw + 1 + FAMILY, 4);
	buf_u32(&b, (uint32_t)generation);
	crypto_random(raw + SAID - RANDOM, RANDOM);
	mac_of(op, raw, mac);
	memcpy(raw + SAID, mac, MAC);
	enum rc rc = base64url_encode_arena(a, slice_of(raw, sizeof raw), ret_token);
	ct_wipe(raw, sizeof raw);
	TRY(rc);
	*ret = (struct dir_token){.family = family, .generation = generation};
	crypto_sha256(*ret_token, ret->hash);
	return RC_OK;
}

static enum rc read_said(const struct op *op, const uint8_t raw[static RAW], struct arena *a, struct dir_token *ret)
{
	uint8_t mac[32];
	uint32_t generation;
	mac_of(op, raw, mac);
	if (raw[0] != FORMAT || !ct_equal(secret_of(mac, MAC), secret_of(raw + SAID, MAC)))
		return RC_INVALID_GRANT;
	struct cursor c = cursor_of(slice_of(raw + 1 + FAMILY, 4));
	TRY(cursor_u32(&c, &generation));
	ret->generation = generation;
	return base64url_encode_arena(a, slice_of(raw + 1, FAMILY), &ret->family);
}

enum rc refresh_token_read(const struct op *op, struct slice token, struct arena *a, struct dir_token *ret)
{
	uint8_t raw[RAW] = {0};
	size_t n = 0;
	struct dir_token t = {.family = SLICE_NONE};
	crypto_sha256(token, t.hash);
	if (token.n == REFRESH_TOKEN_LEN) {
		rc_ignore(base64url_decode(token, raw, sizeof raw, &n)); /* n stays 0 on failure */
		if (n != RAW)
			return RC_INVALID_GRANT;
		enum rc rc = read_said(op, raw, a, &t);
		ct_wipe(raw, sizeof raw);
		TRY(rc);
	} else if (token.n != GRANT_TOKEN_LEN) {
		return RC_INVALID_GRANT;
	}
	*ret = t;
	return RC_OK;
}

enum rc refresh_token_find(const struct op *op, struct slice token, int64_t now, struct arena *a,
			   struct dir_token *ret_token, struct dir_refresh *ret)
{
	const struct dir_refreshes *d = &op->directory->refresh;
	enum rc rc = refresh_token_read(op, token, a, ret_token);
	if (rc != RC_OK)
		return rc_server_error(rc) ? rc : RC_NOT_FOUND;
	return d->find(d->self, ret_token, now, a, ret);
}
