/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cipher.h"

#include <openssl/err.h>

#include "crypto/aes_gcm.h"
#include "crypto/mac.h"

enum { BLOCK = 16, WRAP_EXTRA = 8 };

struct row {
	size_t key_len, iv_len, tag_len;
	enum crypto_hash hash; /* of the MAC, if the cipher has one */
};

static const struct row rows[CRYPTO_ENC_COUNT] = {
	[CRYPTO_A128CBC_HS256] = {32, BLOCK, 16, CRYPTO_SHA256},
	[CRYPTO_A192CBC_HS384] = {48, BLOCK, 24, CRYPTO_SHA384},
	[CRYPTO_A256CBC_HS512] = {64, BLOCK, 32, CRYPTO_SHA512},
	[CRYPTO_A128GCM] = {16, AES_GCM_NONCE_LEN, AES_GCM_TAG_LEN, CRYPTO_SHA256},
	[CRYPTO_A192GCM] = {24, AES_GCM_NONCE_LEN, AES_GCM_TAG_LEN, CRYPTO_SHA256},
	[CRYPTO_A256GCM] = {32, AES_GCM_NONCE_LEN, AES_GCM_TAG_LEN, CRYPTO_SHA256},
};

static bool is_cbc(enum crypto_enc enc)
{
	return enc <= CRYPTO_A256CBC_HS512;
}

size_t crypto_enc_key_len(enum crypto_enc enc)
{
	return rows[enc].key_len;
}

size_t crypto_enc_iv_len(enum crypto_enc enc)
{
	return rows[enc].iv_len;
}

size_t crypto_enc_tag_len(enum crypto_enc enc)
{
	return rows[enc].tag_len;
}

size_t crypto_enc_text_len(enum crypto_enc enc, size_t n)
{
	return is_cbc(enc) ? n + BLOCK - n % BLOCK : n;
}

/* One pass of the cipher with its own padding, under the key's second half. Returns bytes written, or SIZE_MAX on
 * failure. */
static size_t cbc(enum crypto_enc enc, bool seal, struct secret key, const struct crypto_message *m, uint8_t *dst)
{
	const EVP_CIPHER *cipher = fetched_get()->aes_cbc[enc - CRYPTO_A128CBC_HS256];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int body = 0, rest = 0;
	bool good = ctx != NULL &&
		    EVP_CipherInit_ex2(ctx, cipher, key.secret_p + key.n / 2, m->iv.p, seal, NULL) == 1 &&
		    (m->text.n == 0 || EVP_CipherUpdate(ctx, dst, &body, m->text.p, (int)m->text.n) == 1) &&
		    EVP_CipherFinal_ex(ctx, dst + body, &rest) == 1;
	EVP_CIPHER_CTX_free(ctx);
	ERR_clear_error();
	return good ? (size_t)body + (size_t)rest : SIZE_MAX;
}

/* RFC 7518 5.2.2.1: MAC(A ‖ IV ‖ E ‖ AL) under the key's first half; the tag is the MAC's first half. AL is the
 * number of bits as 64 bits, which CRYPTO_TEXT_MAX cannot overflow. */
static void cbc_tag(const struct row *row, struct secret key, const struct crypto_message *m, struct slice text,
		    uint8_t dst[static CRYPTO_HASH_MAX])
{
	uint8_t al[8];
	uint64_t bits = (uint64_t)m->aad.n * 8;
	for (size_t i = 0; i < sizeof al; i++)
		al[i] = (uint8_t)(bits >> (56 - 8 * i));
	const struct slice parts[] = {m->aad, m->iv, text, slice_of(al, sizeof al)};
	crypto_hmac_parts(row->hash, secret_of(key.secret_p, key.n / 2), parts, ARRAY_LEN(parts), dst);
}

static enum rc cbc_seal(enum crypto_enc enc, struct secret key, const struct crypto_message *m, uint8_t *dst)
{
	const struct row *row = &rows[enc];
	uint8_t tag[CRYPTO_HASH_MAX];
	size_t n = cbc(enc, true, key, m, dst);
	if (n == SIZE_MAX)
		return RC_INTERNAL;
	cbc_tag(row, key, m, slice_of(dst, n), tag);
	memcpy(dst + n, tag, row->tag_len);
	ct_wipe(tag, sizeof tag);
	return RC_OK;
}

/* RFC 7518 5.2.2.2: checks the tag before it decrypts; decryption refuses partial blocks. */
static enum rc cbc_open(enum crypto_enc enc, struct secret key, const struct crypto_message *m, uint8_t *dst,
			size_t *ret_n)
{
	const struct row *row = &rows[enc];
	uint8_t tag[CRYPTO_HASH_MAX];
	cbc_tag(row, key, m, m->text, tag);
	bool holds = ct_equal(secret_of(tag, row->tag_len), secret_from_slice(m->tag));
	ct_wipe(tag, sizeof tag);
	if (!holds)
		return RC_JOSE_DECRYPT;
	size_t n = cbc(enc, false, key, m, dst);
	if (n == SIZE_MAX) {
		ct_wipe(dst, m->text.n);
		return RC_JOSE_DECRYPT;
	}
	*ret_n = n;
	return RC_OK;
}

enum rc crypto_enc_seal(enum crypto_enc enc, struct secret key, const struct crypto_message *m, uint8_t *dst)
{
	const struct fetched *f = fetched_get();
	if (key.n != rows[enc].key_len || m->iv.n != rows[enc].iv_len)
		return RC_RANGE;
	if (m->text.n > CRYPTO_TEXT_MAX || m->aad.n > CRYPTO_TEXT_MAX)
		return RC_LIMIT;
	if (f == NULL)
		return RC_INTERNAL;
	if (is_cbc(enc))
		return cbc_seal(enc, key, m, dst);
	return aes_gcm_seal(f->aes_gcm[enc - CRYPTO_A128GCM], key.secret_p, m, dst) ? RC_OK : RC_INTERNAL;
}

enum rc crypto_enc_open(enum crypto_enc enc, struct secret key, const struct crypto_message *m, uint8_t *dst,
			size_t *ret_n)
{
	const struct fetched *f = fetched_get();
	if (key.n != rows[enc].key_len || m->iv.n != rows[enc].iv_len || m->tag.n != rows[enc].tag_len)
		return RC_JOSE_DECRYPT;
	if (m->text.n > CRYPTO_TEXT_MAX || m->aad.n > CRYPTO_TEXT_MAX)
		return RC_LIMIT;
	if (f == NULL)
		return RC_INTERNAL;
	if (is_cbc(enc))
		return cbc_open(enc, key, m, dst, ret_n);
	TRY(aes_gcm_open(f->aes_gcm[enc - CRYPTO_A128GCM], key.secret_p, m, dst));
	*ret_n = m->text.n;
	return RC_OK;
}

/* The AES row for a key of that many bytes, or -1. */
static int aes_row(size_t key_len)
{
	return key_len == 16 ? 0 : key_len == 24 ? 1 : key_len == 32 ? 2 : -1;
}

/* RFC 3394 2.2: the library checks the initial value in constant time. */
static bool wrap(struct secret key, bool seal, struct slice in, uint8_t *dst, size_t out_len)
{
	const struct fetched *f = fetched_get();
	uint8_t out[CRYPTO_CEK_MAX + 2 * WRAP_EXTRA];
	int n = 0, none = 0;
	EVP_CIPHER_CTX *ctx = f == NULL ? NULL : EVP_CIPHER_CTX_new();
	if (ctx != NULL)
		EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	bool good = ctx != NULL &&
		    EVP_CipherInit_ex2(ctx, f->aes_wrap[aes_row(key.n)], key.secret_p, NULL, seal, NULL) == 1 &&
		    EVP_CipherUpdate(ctx, out, &n, in.p, (int)in.n) == 1 && (size_t)n == out_len &&
		    EVP_CipherFinal_ex(ctx, out + n, &none) == 1 && none == 0;
	EVP_CIPHER_CTX_free(ctx);
	ERR_clear_error();
	if (good)
		memcpy(dst, out, out_len);
	ct_wipe(out, sizeof out);
	return good;
}

/* RFC 3394 2: whole 64-bit blocks, at least two. */
static bool wraps(struct secret key, size_t n)
{
	return aes_row(key.n) >= 0 && n >= 16 && n <= CRYPTO_CEK_MAX && n % 8 == 0;
}

enum rc crypto_wrap(struct secret key, struct secret plain, uint8_t *dst)
{
	if (!wraps(key, plain.n))
		return RC_RANGE;
	return wrap(key, true, secret_reveal(plain), dst, plain.n + WRAP_EXTRA) ? RC_OK : RC_INTERNAL;
}

enum rc crypto_unwrap(struct secret key, struct slice wrapped, uint8_t *dst, size_t n)
{
	bool fits = wraps(key, n) && wrapped.n == n + WRAP_EXTRA;
	if (!fits)
		return RC_JOSE_DECRYPT;
	if (!wrap(key, false, wrapped, dst, n)) {
		ct_wipe(dst, n);
		return RC_JOSE_DECRYPT;
	}
	return RC_OK;
}
