/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key_enc.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "crypto/key_internal.h"

static EVP_PKEY_CTX *oaep_start(const struct crypto_key *key, enum crypto_oaep hash, bool seal)
{
	static const char *const names[] = {"SHA1", "SHA2-256", "SHA2-384", "SHA2-512"};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
	if (ctx != NULL && (seal ? EVP_PKEY_encrypt_init(ctx) : EVP_PKEY_decrypt_init(ctx)) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, names[hash], NULL) == 1 &&
	    EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, names[hash], NULL) == 1)
		return ctx;
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return NULL;
}

enum rc crypto_key_oaep_seal(const struct crypto_key *key, enum crypto_oaep hash, struct secret plain,
			     uint8_t dst[static CRYPTO_OAEP_MAX], size_t *ret_n)
{
	static const size_t hash_len[] = {20, 32, 48, 64};
	if (key->type != CRYPTO_KEY_RSA)
		return RC_JOSE_KEY;
	/* RFC 8017 7.1.1 step 1b. */
	if (plain.n + 2 * hash_len[hash] + 2 > (size_t)EVP_PKEY_get_size(key->pkey))
		return RC_RANGE;
	EVP_PKEY_CTX *ctx = oaep_start(key, hash, true);
	size_t n = CRYPTO_OAEP_MAX;
	bool good = ctx != NULL && EVP_PKEY_encrypt(ctx, dst, &n, plain.secret_p, plain.n) == 1;
	EVP_PKEY_CTX_free(ctx);
	if (!good) {
		ERR_clear_error();
		return RC_INTERNAL;
	}
	*ret_n = n;
	return RC_OK;
}

enum rc crypto_key_oaep_open(const struct crypto_key *key, enum crypto_oaep hash, struct slice sealed, uint8_t *dst,
			     size_t n)
{
	uint8_t opened[CRYPTO_OAEP_MAX] = {0};
	size_t opened_n = sizeof opened;
	if (key->type != CRYPTO_KEY_RSA || !key->is_private || n > 64)
		return RC_JOSE_KEY;
	if (sealed.n != (size_t)EVP_PKEY_get_size(key->pkey))
		return RC_JOSE_DECRYPT;
	EVP_PKEY_CTX *ctx = oaep_start(key, hash, false);
	if (ctx == NULL)
		return RC_INTERNAL;
	/* RFC 7516 11.5: the random key is always made, and selected without a branch. */
	crypto_random(dst, n);
	int result = EVP_PKEY_decrypt(ctx, opened, &opened_n, sealed.p, sealed.n);
	volatile uint8_t mask = (uint8_t) - (uint8_t)((result == 1) & (opened_n == n));
	for (size_t i = 0; i < n; i++)
		dst[i] = (uint8_t)((opened[i] & mask) | (dst[i] & (uint8_t)~mask));
	EVP_PKEY_CTX_free(ctx);
	ct_wipe(opened, sizeof opened);
	ERR_clear_error();
	return RC_OK;
}

static bool all_zero(const uint8_t *p, size_t n)
{
	uint8_t any = 0;
	for (size_t i = 0; i < n; i++)
		any |= p[i];
	return any == 0;
}

enum rc crypto_key_agree(const struct crypto_key *key, const struct crypto_key *peer,
			 uint8_t dst[static CRYPTO_AGREED_MAX], size_t *ret_n)
{
	size_t n = CRYPTO_AGREED_MAX;
	if (!key->is_private || key->type != peer->type || !crypto_key_agrees(key->type))
		return RC_JOSE_KEY;
	/* The peer's point was validated when its key was made. */
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
	bool good = ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
		    EVP_PKEY_derive_set_peer_ex(ctx, peer->pkey, 0) == 1 && EVP_PKEY_derive(ctx, dst, &n) == 1;
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	if (!good)
		return RC_INTERNAL;
	if (all_zero(dst, n))
		return RC_JOSE_KEY;
	*ret_n = n;
	return RC_OK;
}

enum rc crypto_key_ephemeral(const struct crypto_key *peer, struct crypto_key **ret_key)
{
	if (!crypto_key_agrees(peer->type))
		return RC_JOSE_KEY;
	struct crypto_key *key = calloc(1, sizeof *key);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, peer->pkey, NULL);
	bool good =
		key != NULL && ctx != NULL && EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_generate(ctx, &key->pkey) == 1;
	EVP_PKEY_CTX_free(ctx);
	if (!good) {
		ERR_clear_error();
		crypto_key_free(key);
		return RC_INTERNAL;
	}
	key->type = peer->type;
	key->is_private = true;
	key->signature_len = peer->signature_len;
	*ret_key = key;
	return RC_OK;
}
