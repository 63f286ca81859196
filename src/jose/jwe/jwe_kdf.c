/* SPDX-License-Identifier: Apache-2.0 */
/* Derivations from a key agreement or a password, for both directions. */
#include "crypto/kdf.h"
#include "jose/jwe/jwe_internal.h"

enum { NAME_MAX = 32 };

enum crypto_enc jwe_gcmkw_cipher(enum jwe_alg alg)
{
	return (enum crypto_enc)(CRYPTO_A128GCM + (alg - JWE_A128GCMKW));
}

enum crypto_oaep jwe_oaep_hash(enum jwe_alg alg)
{
	return (enum crypto_oaep)(CRYPTO_OAEP_SHA1 + (alg - JWE_RSA_OAEP));
}

_Static_assert((int)JWE_A128CBC_HS256 == (int)CRYPTO_A128CBC_HS256 && (int)JWE_A256GCM == (int)CRYPTO_A256GCM &&
		       (int)JWE_ENC_COUNT == (int)CRYPTO_ENC_COUNT,
	       "the two enumerations are one");

enum crypto_enc jwe_enc_cipher(enum jwe_enc enc)
{
	return (enum crypto_enc)enc;
}

bool jwe_all_zero(struct secret key)
{
	static const uint8_t zero[CRYPTO_CEK_MAX];
	return key.n <= sizeof zero && ct_equal(key, secret_of(zero, key.n));
}

enum rc jwe_agree(const struct jwe_agreement *g, uint8_t dst[static CRYPTO_CEK_MAX])
{
	const struct jwe_alg_row *alg = jwe_alg_row(g->alg);
	const struct jwe_enc_row *enc = jwe_enc_row(g->enc);
	uint8_t agreed[CRYPTO_AGREED_MAX];
	size_t n;
	/* RFC 7518 4.6.2: AlgorithmID is `enc` if the agreed key encrypts the content, else `alg`. */
	bool direct = alg->key_len == 0;
	struct crypto_concat info = {direct ? enc->name : alg->name, g->apu, g->apv};
	enum rc rc = crypto_key_agree(g->own, g->peer, agreed, &n);
	if (rc == RC_OK)
		crypto_concat_kdf(secret_of(agreed, n), &info, dst, direct ? enc->key_len : alg->key_len);
	ct_wipe(agreed, sizeof agreed);
	return rc;
}

enum rc jwe_password_key(enum jwe_alg alg, struct secret password, struct slice p2s, uint32_t p2c,
			 uint8_t dst[static 32])
{
	const struct jwe_alg_row *row = jwe_alg_row(alg);
	enum crypto_hash hash = (enum crypto_hash)(CRYPTO_SHA256 + (alg - JWE_PBES2_HS256_A128KW));
	uint8_t salt[NAME_MAX + 1 + JWE_P2S_MAX];
	struct buf b;
	buf_over(&b, salt, sizeof salt);
	buf_put(&b, row->name);
	buf_byte(&b, 0);
	buf_put(&b, p2s);
	TRY(buf_rc(&b));
	const struct crypto_pbkdf2 how = {hash, buf_slice(&b), p2c};
	return crypto_pbkdf2(&how, password, dst, row->key_len);
}
