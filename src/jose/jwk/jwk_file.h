/* SPDX-License-Identifier: Apache-2.0 */
/* Imports and exports keys: PEM and DER, certificates, and new keys by an algorithm's name. */
#ifndef OSTIARY_JOSE_JWK_JWK_FILE_H
#define OSTIARY_JOSE_JWK_JWK_FILE_H

#include "crypto/key_codec.h"
#include "jose/jwk/jwk.h"

/* Attributes that a file does not give its key. Empty: not set. */
struct jwk_names {
	struct slice alg; /* of JWS, of JWE, or an `enc`: the key may be used for it only */
	struct slice use; /* "sig", "enc" */
	struct slice kid; /* empty: the RFC 7638 thumbprint */
};

/* One key from PEM or DER (any form). PEM: any label of enum crypto_form; text around the blocks and EC PARAMETERS
 * are ignored; certificates beside the key become its x5c, and the first must match it; with certificates alone the
 * first holds the key. A PSS-only RSA key (RFC 4055) gets alg PS256 unless `names` or its parameters say otherwise.
 * Without a kid in `names` the thumbprint serves as kid, and the key matches tokens of any kid. `passphrase` is for
 * an encrypted PKCS #8. RC_JOSE_KEY: no key, not wanted, unfit, or for another algorithm than in `names`;
 * RC_ACCESS_DENIED: wrong passphrase; RC_LIMIT, RC_MEMORY. Release with jwk_unref. */
enum rc jwk_import(struct slice bytes, enum jwk_wanted wanted, const struct jwk_names *names, struct secret passphrase,
		   struct jwk **ret_key) WARN_UNUSED;
/* The same with the reason: *ret_remark is always set. */
enum rc jwk_import_remarked(struct slice bytes, enum jwk_wanted wanted, const struct jwk_names *names,
			  struct secret passphrase, struct jwk **ret_key, enum jwk_remark *ret_remark) WARN_UNUSED;

enum jwk_form {
	JWK_FORM_DER_PUBLIC,  /* SubjectPublicKeyInfo */
	JWK_FORM_DER_PRIVATE, /* PKCS #8, encrypted if there is a passphrase */
	JWK_FORM_PEM_PUBLIC,
	JWK_FORM_PEM_PRIVATE,
	JWK_FORM_COUNT
};

/* RC_JOSE_KEY: oct keys, and the private forms of a public key; RC_RANGE: a passphrase for a public form. */
enum rc jwk_export(const struct jwk *key, enum jwk_form form, struct secret passphrase, struct buf *dst) WARN_UNUSED;

struct jwk_spec {
	struct slice alg; /* of JWS, of JWE (not dir, not PBES2), or an `enc` for use with dir */
	struct slice crv; /* ECDH-ES*: P-256 (default), P-384, P-521, X25519, X448; otherwise empty */
	unsigned rsa_bits; /* 2048 to 8192; 0: 3072 */
	struct slice kid;  /* empty: the thumbprint */
};

/* A new random private key with its algorithm set. RC_JOSE_ALG: no such algorithm, one whose keys we do not make, or
 * this OpenSSL lacks it; RC_RANGE: `rsa_bits`, `crv`. */
enum rc jwk_generate_for(const struct jwk_spec *spec, struct jwk **ret_key) WARN_UNUSED;
/* The public part as a separate key. RC_JOSE_KEY for oct. */
enum rc jwk_public_of(const struct jwk *key, struct jwk **ret_key) WARN_UNUSED;

/* "urn:ietf:params:oauth:jwk-thumbprint:sha-256:" and the thumbprint (RFC 9278). */
enum { JWK_THUMBPRINT_URI_LEN = 45 + 43 };
enum rc jwk_thumbprint_uri(const struct jwk *key, char dst[static JWK_THUMBPRINT_URI_LEN]) WARN_UNUSED;

#endif
