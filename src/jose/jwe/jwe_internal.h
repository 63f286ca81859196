/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the jwe files. For src/jose/jwe only. */
#ifndef OSTIARY_JOSE_JWE_JWE_INTERNAL_H
#define OSTIARY_JOSE_JWE_JWE_INTERNAL_H

#include "crypto/cipher.h"
#include "crypto/key_enc.h"
#include "jose/jwe/jwe.h"

/* One recipient as in the message. */
struct jwe_entry {
	const struct json *header; /* NULL if absent */
	struct slice key64;        /* empty if absent */
};

/* A message in parts; only the protected header is decoded. */
struct jwe_parts {
	struct slice protected64, aad64, iv64, text64, tag64;
	const struct json *protected, *unprotected; /* NULL if absent */
	struct jwe_entry entries[JWE_RECIPIENTS_MAX];
	size_t count;
};

/* jwe_parse.c. RC_JOSE_MALFORMED, RC_JOSE_HEADER, RC_LIMIT, RC_MEMORY. */
enum rc jwe_parse(struct slice text, bool json, struct arena *a, struct jwe_parts *ret_parts) WARN_UNUSED;

/* jwe_header.c: values for the whole message. `enc` applies to every recipient. */
struct jwe_shared {
	enum jwe_enc enc;
	bool zip;
};

/* Names disjoint, crit, refused parameters, zip, one enc. RC_JOSE_HEADER, RC_JOSE_CRIT, RC_JOSE_ALG. */
enum rc jwe_header_validate(const struct jwe_parts *parts, const struct jwe_policy *policy, struct arena *a,
			 struct jwe_shared *ret_shared) WARN_UNUSED;
/* The header of one recipient. */
struct jwe_header jwe_header_of(const struct jwe_parts *parts, size_t index);
/* RC_JOSE_HEADER: a name is in both objects; either may be NULL. */
enum rc jwe_disjoint(const struct json *one, const struct json *other, struct arena *a) WARN_UNUSED;
/* A parameter's base64url decoded, at most `max` bytes; empty if absent. RC_JOSE_HEADER. */
enum rc jwe_param_bytes(const struct jwe_header *header, struct slice name, size_t max, struct arena *a,
			struct slice *ret_bytes) WARN_UNUSED;

/* jwe_unwrap.c: how a recipient gets the content encryption key. */
struct jwe_unwrap {
	const struct jwe_header *header;
	const struct jwk *key;  /* allowed for header->alg; NULL for PBES2 */
	struct secret password;
	uint32_t p2c_max;
	struct slice wrapped;
};

enum { JWE_APU_MAX = 256, JWE_P2S_MIN = 8, JWE_P2S_MAX = 256 };

/* Writes as many bytes as header->enc needs. RC_JOSE_HEADER: a parameter missing or malformed; RC_JOSE_KEY: epk;
 * RC_JOSE_DECRYPT: every failure that depends on the key. */
enum rc jwe_unwrap(const struct jwe_unwrap *u, struct arena *a, uint8_t cek[static CRYPTO_CEK_MAX]) WARN_UNUSED;

/* jwe_wrap.c: the inverse. */
struct jwe_wrapped {
	uint8_t bytes[CRYPTO_OAEP_MAX];
	size_t n;
};

/* True if `alg` determines the content encryption key: dir and ECDH-ES alone. */
bool jwe_alg_direct(enum jwe_alg alg);
/* Writes the header parameters of one recipient to `out` and wraps the key, or (jwe_alg_direct) sets it. */
enum rc jwe_wrap(const struct jwe_recipient *r, enum jwe_enc enc, uint8_t cek[static CRYPTO_CEK_MAX],
		 struct json_out *out, struct jwe_wrapped *ret_wrapped) WARN_UNUSED;

/* jwe_kdf.c: derivations for both directions. Gives the wrapping key, or for ECDH-ES alone the content encryption
 * key. */
struct jwe_agreement {
	const struct crypto_key *own, *peer;
	enum jwe_alg alg;
	enum jwe_enc enc;
	struct slice apu, apv;
};

/* `dst` takes the alg's key_len, or the enc's. RC_JOSE_KEY. */
enum rc jwe_agree(const struct jwe_agreement *g, uint8_t dst[static CRYPTO_CEK_MAX]) WARN_UNUSED;
/* RFC 7518 4.8.1.1: PBKDF2 over alg ‖ 0 ‖ p2s. `p2s` at most JWE_P2S_MAX. */
enum rc jwe_password_key(enum jwe_alg alg, struct secret password, struct slice p2s, uint32_t p2c,
			 uint8_t dst[static 32]) WARN_UNUSED;
/* The cipher and the hash of an alg of those modes. */
enum crypto_enc jwe_gcmkw_cipher(enum jwe_alg alg);
enum crypto_oaep jwe_oaep_hash(enum jwe_alg alg);
/* The cipher of an `enc`. */
enum crypto_enc jwe_enc_cipher(enum jwe_enc enc);
/* True for an all-zero key, as from a failed generator. Constant time. */
bool jwe_all_zero(struct secret key);

#endif
