/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 (RFC 8032) with libsodium: strict about S, and about small-order and non-canonical points. */
#include <sodium/crypto_core_ed25519.h>
#include <sodium/crypto_sign_ed25519.h>

#include "crypto/key_internal.h"

enum rc key_ed25519_load(struct crypto_key *key, const struct crypto_parts *parts)
{
	struct slice x = parts->v[CRYPTO_PART_X], d = parts->v[CRYPTO_PART_D];
	if (crypto_core_ed25519_is_valid_point(x.p) != 1)
		return RC_JOSE_KEY;
	memcpy(key->ed_public, x.p, 32);
	if (d.n == 0)
		return RC_OK;
	uint8_t derived[32];
	(void)crypto_sign_ed25519_seed_keypair(derived, key->ed_secret, d.p);
	return memcmp(derived, x.p, 32) == 0 ? RC_OK : RC_JOSE_KEY;
}

void key_ed25519_generate(struct crypto_key *key)
{
	uint8_t seed[32];
	crypto_random(seed, sizeof seed);
	(void)crypto_sign_ed25519_seed_keypair(key->ed_public, key->ed_secret, seed);
	ct_wipe(seed, sizeof seed);
}

enum rc key_ed25519_sign(const struct crypto_key *key, struct slice data, uint8_t dst[static 64])
{
	return crypto_sign_ed25519_detached(dst, NULL, data.p, data.n, key->ed_secret) == 0 ? RC_OK : RC_INTERNAL;
}

enum rc key_ed25519_verify(const struct crypto_key *key, struct slice data, struct slice signature)
{
	return crypto_sign_ed25519_verify_detached(signature.p, data.p, data.n, key->ed_public) == 0
		       ? RC_OK
		       : RC_JOSE_SIGNATURE;
}
