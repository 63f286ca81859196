/* SPDX-License-Identifier: Apache-2.0 */
/* Keys from and to what other programs keep: PEM and DER, certificates, and new keys by the name of an algorithm. */
#ifndef OSTIARY_JOSE_JWK_FILE_H
#define OSTIARY_JOSE_JWK_FILE_H

#include "crypto/key_codec.h"
#include "jose/jwk.h"

/* What a file does not say of its key. Empty: unsaid. */
struct jwk_names {
	struct slice alg; /* of JWS, of JWE, or an `enc`: the key is bound to it */
	struct slice use; /* "sig", "enc" */
	struct slice kid; /* empty: the RFC 7638 thumbprint */
};

/* One key from PEM (any label of enum crypto_form, one block; of certificates several, whose first holds the key and which
 * become its x5c) or from DER (any form). `passphrase` is for an encrypted PKCS #8.
 * RC_JOSE_KEY: nothing of that, or not wanted, unfit, or for another algorithm than `names` says; RC_ACCESS_DENIED: another
 * passphrase; RC_LIMIT. Release with jwk_unref. */
enum rc jwk_import(struct slice bytes, enum jwk_wanted wanted, const struct jwk_names *names, struct secret passphrase,
		   struct jwk **ret_key) WARN_UNUSED;

enum jwk_form {
	JWK_FORM_DER_PUBLIC,  /* SubjectPublicKeyInfo */
	JWK_FORM_DER_PRIVATE, /* PKCS #8, encrypted where there is a passphrase */
	JWK_FORM_PEM_PUBLIC,
	JWK_FORM_PEM_PRIVATE,
	JWK_FORM_COUNT
};

/* RC_JOSE_KEY: oct keys, and the private forms of a public key; RC_RANGE: a passphrase for a public form. */
enum rc jwk_export(const struct jwk *key, enum jwk_form form, struct secret passphrase, struct buf *dst) WARN_UNUSED;

struct jwk_spec {
	struct slice alg; /* of JWS, of JWE (not dir, not PBES2), or an `enc` for use with dir */
	struct slice crv; /* ECDH-ES*: P-256 (also where empty), P-384, P-521, X25519, X448; else empty */
	unsigned rsa_bits; /* 2048 to 8192; 0: 3072 */
	struct slice kid;  /* empty: the thumbprint */
};

/* A new random private key, bound to its algorithm. RC_JOSE_ALG: no such algorithm, or not for a key of our making, or this
 * OpenSSL lacks it; RC_RANGE: `rsa_bits`, `crv`. */
enum rc jwk_generate_for(const struct jwk_spec *spec, struct jwk **ret_key) WARN_UNUSED;
/* The public half as a key of its own. RC_JOSE_KEY for oct. */
enum rc jwk_public_of(const struct jwk *key, struct jwk **ret_key) WARN_UNUSED;

/* "urn:ietf:params:oauth:jwk-thumbprint:sha-256:" and the thumbprint (RFC 9278). */
enum { JWK_THUMBPRINT_URI_LEN = 45 + 43 };
enum rc jwk_thumbprint_uri(const struct jwk *key, char dst[static JWK_THUMBPRINT_URI_LEN]) WARN_UNUSED;

#endif
