/* SPDX-License-Identifier: Apache-2.0 */
/* The limit that JWE is measured against: OpenSSL's own operations for the same message with everything kept that can be. */
#ifndef OSTIARY_BENCH_RAW_JWE_H
#define OSTIARY_BENCH_RAW_JWE_H

#include <openssl/evp.h>

#include "jose/jwk/jwe_alg.h"

/* A256GCM under every mode, or A128CBC-HS256 under dir. */
struct raw_jwe {
	enum jwe_mode mode;
	bool cbc, x25519;
	struct slice plain;
	EVP_CIPHER *cipher, *kw;
	EVP_CIPHER_CTX *content, *wrap, *unwrap;
	EVP_MAC_CTX *mac;
	EVP_MD *md;
	EVP_MD_CTX *hash;
	EVP_PKEY *pkey, *group; /* the recipient's; one whose parameters an ephemeral key is made of */
	EVP_PKEY_CTX *seal_key, *open_key, *derive, *import, *generate;
	uint8_t cek[32], iv[16], epk[65];
	size_t epk_n, wrapped_n, text_n;
	uint8_t wrapped[512], text[1024], tag[32];
};

/* New keys and a message that raw_jwe_open opens. False where OpenSSL fails. */
bool raw_jwe_new(struct raw_jwe *r, enum jwe_mode mode, bool cbc, bool x25519, struct slice plain);
/* `self` is a struct raw_jwe: from the wrapped key to the plaintext, and back. */
bool raw_jwe_open(void *self);
bool raw_jwe_seal(void *self);

#endif
