/* SPDX-License-Identifier: Apache-2.0 */
/* The ciphers of JWE: content encryption (RFC 7518 5) and AES key wrap (RFC 3394). Thread-safe. Every length is
 * checked before anything is computed. */
#ifndef OSTIARY_CRYPTO_CIPHER_H
#define OSTIARY_CRYPTO_CIPHER_H

#include "crypto/hash.h"

enum crypto_enc {
	CRYPTO_A128CBC_HS256, CRYPTO_A192CBC_HS384, CRYPTO_A256CBC_HS512,
	CRYPTO_A128GCM, CRYPTO_A192GCM, CRYPTO_A256GCM,
	CRYPTO_ENC_COUNT
};

enum { CRYPTO_CEK_MAX = 64, CRYPTO_IV_MAX = 16, CRYPTO_TAG_MAX = 32, CRYPTO_TEXT_MAX = 1 << 28 };

/* Bytes of the content encryption key (32, 48, 64; 16, 24, 32), of the initialization vector (16; 12), of the
 * authentication tag (16, 24, 32; 16). */
size_t crypto_enc_key_len(enum crypto_enc enc);
size_t crypto_enc_iv_len(enum crypto_enc enc);
size_t crypto_enc_tag_len(enum crypto_enc enc);
/* Bytes of ciphertext for `n` bytes of plaintext: as many, or padded to whole blocks. */
size_t crypto_enc_text_len(enum crypto_enc enc, size_t n);

struct crypto_message {
	struct slice iv, aad;
	struct slice text; /* the input: plaintext to seal, ciphertext to open */
	struct slice tag;  /* only to open */
};

/* Writes crypto_enc_text_len bytes of ciphertext, then the tag. Use an `iv` only once per key. RC_RANGE: key or iv
 * of another length; RC_LIMIT: text or aad over CRYPTO_TEXT_MAX. */
enum rc crypto_enc_seal(enum crypto_enc enc, struct secret key, const struct crypto_message *m,
			uint8_t *dst) WARN_UNUSED;
/* `dst` takes m->text.n bytes. RC_JOSE_DECRYPT: anything but exactly what was sealed: key, iv or tag of another
 * length, ciphertext of partial blocks, a wrong tag (A*CBC-HS* checks it before decrypting, in constant time). Then
 * dst is wiped. */
enum rc crypto_enc_open(enum crypto_enc enc, struct secret key, const struct crypto_message *m, uint8_t *dst,
			size_t *ret_n) WARN_UNUSED;

/* RFC 3394 with its default initial value. `key` of 16, 24 or 32 bytes; `plain` 16 to CRYPTO_CEK_MAX bytes, a
 * multiple of 8: else RC_RANGE. `dst` takes 8 bytes more than `plain`. */
enum rc crypto_wrap(struct secret key, struct secret plain, uint8_t *dst) WARN_UNUSED;
/* `dst` takes exactly `n` bytes, n = wrapped.n - 8. RC_JOSE_DECRYPT: wrong lengths, or it does not open; then dst is
 * wiped. */
enum rc crypto_unwrap(struct secret key, struct slice wrapped, uint8_t *dst, size_t n) WARN_UNUSED;

#endif
