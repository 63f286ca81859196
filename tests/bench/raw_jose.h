/* SPDX-License-Identifier: Apache-2.0 */
/* The limit that the JOSE library is measured against: OpenSSL with everything kept that can be. */
#ifndef OSTIARY_BENCH_RAW_JOSE_H
#define OSTIARY_BENCH_RAW_JOSE_H

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "base/buf.h"
#include "jose/jwk/alg.h"

struct raw {
	enum jose_alg alg;
	struct slice input;
	EVP_PKEY *pkey;
	EVP_PKEY_CTX *verify, *sign;     /* RSA, ECDSA */
	EVP_MD_CTX *md_verify, *md_sign; /* Edwards curves */
	union {
		SHA256_CTX s256;
		SHA512_CTX s512;
	} inner, outer; /* HMAC: after the key's block */
	uint8_t secret[64];
	uint8_t signature[1024];
	size_t signature_n;
	uint8_t ed_public[32]; /* Ed25519 */
};

/* A new key of 2048 bits for RSA; false where OpenSSL lacks the algorithm or this bench does. */
bool raw_new(struct raw *r, enum jose_alg alg);
/* What is signed; makes the signature that raw_verify checks. */
bool raw_input(struct raw *r, struct slice input);
/* The private (or oct) key as a JWK, and the public one's SPKI as PEM. */
bool raw_jwk(const struct raw *r, bool private_too, struct buf *text);
bool raw_pem(const struct raw *r, FILE *f);
/* `self` is a struct raw. Of Ed25519 also by libsodium: OpenSSL's share of it differs among processors. */
bool raw_verify(void *self);
bool raw_verify_libsodium(void *self);
bool raw_sign(void *self);
/* The public key made from its numbers, and let go. */
bool raw_import(void *self);

#endif
