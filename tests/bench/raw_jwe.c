/* SPDX-License-Identifier: Apache-2.0 */
#include "raw_jwe.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

enum { AAD_LEN = 120 };

static const uint8_t aad[AAD_LEN];

/* A*CBC-HS*: the MAC over aad, iv, text and length; its first half is the tag. */
static bool mac(struct raw_jwe *r, uint8_t out[static 32])
{
	static const uint8_t al[8] = {[6] = AAD_LEN * 8 >> 8, [7] = (AAD_LEN * 8) & 0xFF};
	size_t n;
	return EVP_MAC_init(r->mac, r->cek, 16, NULL) == 1 && EVP_MAC_update(r->mac, aad, AAD_LEN) == 1 &&
	       EVP_MAC_update(r->mac, r->iv, 16) == 1 && EVP_MAC_update(r->mac, r->text, r->text_n) == 1 &&
	       EVP_MAC_update(r->mac, al, sizeof al) == 1 && EVP_MAC_final(r->mac, out, &n, 32) == 1;
}

static bool content(struct raw_jwe *r, bool seal, const uint8_t *in, size_t n, uint8_t *dst)
{
	int some = 0, rest = 0;
	const uint8_t *key = r->cbc ? r->cek + 16 : r->cek;
	if (EVP_CipherInit_ex2(r->content, r->cipher, key, r->iv, seal, NULL) != 1)
		return false;
	if (!r->cbc && EVP_CipherUpdate(r->content, NULL, &some, aad, AAD_LEN) != 1)
		return false;
	if (!r->cbc && !seal && EVP_CIPHER_CTX_ctrl(r->content, EVP_CTRL_AEAD_SET_TAG, 16, r->tag) != 1)
		return false;
	if (EVP_CipherUpdate(r->content, dst, &some, in, (int)n) != 1 || EVP_CipherFinal_ex(r->content, dst + some, &rest) != 1)
		return false;
	if (seal)
		r->text_n = (size_t)(some + rest);
	return r->cbc || !seal || EVP_CIPHER_CTX_ctrl(r->content, EVP_CTRL_AEAD_GET_TAG, 16, r->tag) == 1;
}

/* Concat KDF: SHA-256 of a counter, the secret and about as much beside it. */
static bool concat(struct raw_jwe *r, const uint8_t *agreed, size_t n)
{
	static const uint8_t beside[28] = {0};
	return EVP_DigestInit_ex2(r->hash, r->md, NULL) == 1 && EVP_DigestUpdate(r->hash, beside, 4) == 1 &&
	       EVP_DigestUpdate(r->hash, agreed, n) == 1 && EVP_DigestUpdate(r->hash, beside, sizeof beside) == 1 &&
	       EVP_DigestFinal_ex(r->hash, r->cek, NULL) == 1;
}

static bool derive(struct raw_jwe *r, EVP_PKEY_CTX *ctx, EVP_PKEY *peer)
{
	uint8_t agreed[66];
	size_t n = sizeof agreed;
	return EVP_PKEY_derive_set_peer_ex(ctx, peer, 0) == 1 && EVP_PKEY_derive(ctx, agreed, &n) == 1 && concat(r, agreed, n);
}

/* The ephemeral key from its bytes: nothing of it can be kept. */
static EVP_PKEY *peer_of(struct raw_jwe *r)
{
	EVP_PKEY *peer = NULL;
	char name[] = "P-256";
	OSSL_PARAM params[3] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0),
				OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, r->epk, r->epk_n), OSSL_PARAM_construct_end()};
	if (r->x25519)
		return EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, r->epk, r->epk_n);
	if (EVP_PKEY_fromdata_init(r->import) != 1 || EVP_PKEY_fromdata(r->import, &peer, EVP_PKEY_PUBLIC_KEY, params) != 1)
		return NULL;
	return peer;
}

static bool open_key(struct raw_jwe *r)
{
	size_t n = sizeof r->cek;
	uint8_t opened[512];
	int some = 0;
	EVP_PKEY *peer;
	bool good;
	switch (r->mode) {
	case JWE_MODE_KW:
		return EVP_CipherInit_ex2(r->unwrap, r->kw, (const uint8_t *)"0123456789abcdef0123456789abcdef", NULL, 0, NULL) == 1 &&
		       EVP_CipherUpdate(r->unwrap, r->cek, &some, r->wrapped, 40) == 1;
	case JWE_MODE_OAEP:
		n = sizeof opened;
		good = EVP_PKEY_decrypt(r->open_key, opened, &n, r->wrapped, r->wrapped_n) == 1 && n == 32;
		memcpy(r->cek, opened, 32);
		return good;
	case JWE_MODE_ECDH:
		peer = peer_of(r);
		good = peer != NULL && derive(r, r->derive, peer);
		EVP_PKEY_free(peer);
		return good;
	default:
		return true;
	}
}

bool raw_jwe_open(void *self)
{
	struct raw_jwe *r = self;
	uint8_t dst[1024], tag[32];
	if (!open_key(r))
		return false;
	if (r->cbc && (!mac(r, tag) || memcmp(tag, r->tag, 16) != 0))
		return false;
	return content(r, false, r->text, r->text_n, dst);
}

static bool seal_ecdh(struct raw_jwe *r)
{
	EVP_PKEY *ephemeral = NULL;
	bool good = EVP_PKEY_generate(r->generate, &ephemeral) == 1;
	EVP_PKEY_CTX *ctx = good ? EVP_PKEY_CTX_new_from_pkey(NULL, ephemeral, NULL) : NULL;
	good = ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 && derive(r, ctx, r->pkey) &&
	       EVP_PKEY_get_octet_string_param(ephemeral, OSSL_PKEY_PARAM_PUB_KEY, r->epk, sizeof r->epk, &r->epk_n) == 1;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(ephemeral);
	return good;
}

static bool seal_key(struct raw_jwe *r)
{
	int some = 0;
	if (r->mode == JWE_MODE_ECDH)
		return seal_ecdh(r);
	if (r->mode == JWE_MODE_DIR)
		return true;
	if (RAND_bytes(r->cek, sizeof r->cek) != 1)
		return false;
	if (r->mode == JWE_MODE_KW)
		return EVP_CipherInit_ex2(r->wrap, r->kw, (const uint8_t *)"0123456789abcdef0123456789abcdef", NULL, 1, NULL) == 1 &&
		       EVP_CipherUpdate(r->wrap, r->wrapped, &some, r->cek, 32) == 1;
	r->wrapped_n = sizeof r->wrapped;
	return EVP_PKEY_encrypt(r->seal_key, r->wrapped, &r->wrapped_n, r->cek, 32) == 1;
}

bool raw_jwe_seal(void *self)
{
	struct raw_jwe *r = self;
	return seal_key(r) && RAND_bytes(r->iv, sizeof r->iv) == 1 && content(r, true, r->plain.p, r->plain.n, r->text) &&
	       (!r->cbc || mac(r, r->tag));
}

static EVP_PKEY_CTX *oaep(EVP_PKEY *pkey, bool seal)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	if (ctx == NULL || (seal ? EVP_PKEY_encrypt_init(ctx) : EVP_PKEY_decrypt_init(ctx)) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, "SHA2-256", NULL) != 1)
		return NULL;
	return ctx;
}

static bool new_pkey(struct raw_jwe *r)
{
	if (r->mode == JWE_MODE_OAEP) {
		r->pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
		r->seal_key = oaep(r->pkey, true);
		r->open_key = oaep(r->pkey, false);
		return r->seal_key != NULL && r->open_key != NULL;
	}
	if (r->mode != JWE_MODE_ECDH)
		return true;
	r->pkey = r->x25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "X25519") : EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	r->derive = EVP_PKEY_CTX_new_from_pkey(NULL, r->pkey, NULL);
	r->import = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	r->generate = EVP_PKEY_CTX_new_from_pkey(NULL, r->pkey, NULL);
	return EVP_PKEY_derive_init(r->derive) == 1 && EVP_PKEY_keygen_init(r->generate) == 1;
}

bool raw_jwe_new(struct raw_jwe *r, enum jwe_mode mode, bool cbc, bool x25519, struct slice plain)
{
	char digest[] = "SHA2-256";
	OSSL_PARAM params[2] = {OSSL_PARAM_construct_utf8_string("digest", digest, 0), OSSL_PARAM_construct_end()};
	*r = (struct raw_jwe){.mode = mode, .cbc = cbc, .x25519 = x25519, .plain = plain};
	r->cipher = EVP_CIPHER_fetch(NULL, cbc ? "AES-128-CBC" : "AES-256-GCM", NULL);
	r->kw = EVP_CIPHER_fetch(NULL, "AES-256-WRAP", NULL);
	r->content = EVP_CIPHER_CTX_new();
	r->wrap = EVP_CIPHER_CTX_new();
	r->unwrap = EVP_CIPHER_CTX_new();
	EVP_CIPHER_CTX_set_flags(r->wrap, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	EVP_CIPHER_CTX_set_flags(r->unwrap, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	r->md = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	r->hash = EVP_MD_CTX_new();
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	r->mac = EVP_MAC_CTX_new(hmac);
	EVP_MAC_free(hmac);
	return EVP_MAC_CTX_set_params(r->mac, params) == 1 && RAND_bytes(r->cek, sizeof r->cek) == 1 && new_pkey(r) && raw_jwe_seal(r);
}
