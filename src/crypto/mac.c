/* SPDX-License-Identifier: Apache-2.0 */
/* HMAC and HKDF. */
#include "crypto/mac.h"

#include <stdlib.h>

#include "crypto/sha2.h"

enum { BLOCK_MAX = 128, HKDF_MAX = 255 * 32 };

struct crypto_mac {
	struct sha2 inner, outer; /* after hashing the key's block */
};

static void pad_start(struct sha2 *s, enum crypto_hash h, const uint8_t block[static BLOCK_MAX], uint8_t pad)
{
	uint8_t padded[BLOCK_MAX];
	for (size_t i = 0; i < BLOCK_MAX; i++)
		padded[i] = block[i] ^ pad;
	sha2_init(s, h);
	sha2_update(s, slice_of(padded, sha2_block_len(h)));
	ct_wipe(padded, sizeof padded);
}

static void mac_init(struct crypto_mac *mac, enum crypto_hash h, struct secret key)
{
	uint8_t block[BLOCK_MAX] = {0};
	if (key.n > sha2_block_len(h))
		crypto_hash(h, secret_reveal(key), block);
	else if (key.n > 0)
		memcpy(block, key.secret_p, key.n);
	pad_start(&mac->inner, h, block, 0x36);
	pad_start(&mac->outer, h, block, 0x5C);
	ct_wipe(block, sizeof block);
}

enum rc crypto_mac_new(enum crypto_hash h, struct secret key, struct crypto_mac **ret_mac)
{
	struct crypto_mac *mac = malloc(sizeof *mac);
	if (mac == NULL)
		return RC_MEMORY;
	mac_init(mac, h, key);
	*ret_mac = mac;
	return RC_OK;
}

void crypto_mac_free(struct crypto_mac *mac)
{
	if (mac == NULL)
		return;
	ct_wipe(mac, sizeof *mac);
	free(mac);
}

/* The state must not be used again. */
static void finish(struct sha2 *inner, const struct crypto_mac *mac, uint8_t dst[static CRYPTO_HASH_MAX])
{
	size_t n = crypto_hash_len(mac->outer.hash);
	sha2_final(inner, dst);
	sha2_copy(inner, &mac->outer);
	sha2_update(inner, slice_of(dst, n));
	sha2_final(inner, dst);
}

size_t crypto_mac_tag(const struct crypto_mac *mac, struct slice data, uint8_t dst[static CRYPTO_HASH_MAX])
{
	struct sha2 s UNINITIALIZED;
	sha2_copy(&s, &mac->inner);
	sha2_update(&s, data);
	finish(&s, mac, dst);
	return crypto_hash_len(mac->inner.hash);
}

void crypto_hmac_parts(enum crypto_hash h, struct secret key, const struct slice *parts, size_t count, uint8_t *dst)
{
	struct crypto_mac mac;
	uint8_t tag[CRYPTO_HASH_MAX];
	mac_init(&mac, h, key);
	for (size_t i = 0; i < count; i++)
		sha2_update(&mac.inner, parts[i]);
	finish(&mac.inner, &mac, tag);
	memcpy(dst, tag, crypto_hash_len(h));
	ct_wipe(&mac, sizeof mac);
	ct_wipe(tag, sizeof tag);
}

enum rc crypto_hmac(enum crypto_hash h, struct secret key, struct slice data, uint8_t *dst)
{
	crypto_hmac_parts(h, key, &data, 1, dst);
	return RC_OK;
}

/* T(i) = HMAC(PRK, T(i-1) ‖ info ‖ i), RFC 5869 2.3. */
static void expand_block(const struct crypto_mac *prk, struct slice info, uint8_t counter,
			 uint8_t t[static CRYPTO_HASH_MAX])
{
	struct sha2 s = prk->inner;
	sha2_update(&s, slice_of(t, counter == 1 ? 0 : 32));
	sha2_update(&s, info);
	sha2_update(&s, slice_of(&counter, 1));
	sha2_final(&s, t);
	s = prk->outer;
	sha2_update(&s, slice_of(t, 32));
	sha2_final(&s, t);
	ct_wipe(&s, sizeof s);
}

enum rc crypto_hkdf(struct secret key, struct slice salt, struct slice info, uint8_t *dst, size_t n)
{
	uint8_t t[CRYPTO_HASH_MAX];
	struct crypto_mac prk;
	if (n > HKDF_MAX)
		return RC_RANGE;
	TRY(crypto_hmac(CRYPTO_SHA256, secret_from_slice(salt), secret_reveal(key), t));
	mac_init(&prk, CRYPTO_SHA256, secret_of(t, 32));
	uint8_t counter = 0;
	for (size_t at = 0; at < n; at += 32) {
		expand_block(&prk, info, ++counter, t);
		memcpy(dst + at, t, n - at < 32 ? n - at : 32);
	}
	ct_wipe(&prk, sizeof prk);
	ct_wipe(t, sizeof t);
	return RC_OK;
}
