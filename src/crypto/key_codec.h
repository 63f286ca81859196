/* SPDX-License-Identifier: Apache-2.0 */
/* Keys as DER, as OpenSSL and others store them. PEM is in src/jose/jwk/pem.h. Thread-safe. */
#ifndef OSTIARY_CRYPTO_KEY_CODEC_H
#define OSTIARY_CRYPTO_KEY_CODEC_H

#include "base/buf.h"
#include "crypto/key.h"

enum crypto_form {
	CRYPTO_FORM_SPKI,  /* SubjectPublicKeyInfo (RFC 5280 4.1.2.7) */
	CRYPTO_FORM_PKCS8, /* OneAsymmetricKey (RFC 5958) */
	CRYPTO_FORM_PKCS8_ENCRYPTED, /* EncryptedPrivateKeyInfo (RFC 5958 3): PBES2 with PBKDF2 of at most 10,000,000
	                              * rounds, or with scrypt (RFC 7914) of at most 32 MiB and p at most 16 */
	CRYPTO_FORM_RSA_PUBLIC,  /* RSAPublicKey (RFC 8017 A.1.1) */
	CRYPTO_FORM_RSA_PRIVATE, /* RSAPrivateKey (RFC 8017 A.1.2) */
	CRYPTO_FORM_EC_PRIVATE,  /* ECPrivateKey (RFC 5915) with a named curve */
	CRYPTO_FORM_CERTIFICATE, /* the public key in it; trust is not checked: see cert.h */
	CRYPTO_FORM_COUNT
};

enum { CRYPTO_DER_MAX = 16 * 1024 };

/* Reads one key, validated as by crypto_key_new. `passphrase` is only for CRYPTO_FORM_PKCS8_ENCRYPTED. RC_JOSE_KEY:
 * not exactly one such structure, or an unfit key or unsupported type; RC_LIMIT: over CRYPTO_DER_MAX;
 * RC_ACCESS_DENIED: wrong passphrase; RC_RANGE: unsupported or too costly encryption. An id-RSASSA-PSS key (RFC
 * 4055) is an RSA key: see crypto_key_pss. */
enum rc crypto_key_read_der(enum crypto_form form, struct slice der, struct secret passphrase,
			    struct crypto_key **ret_key) WARN_UNUSED;
/* A set of 1 << enum crypto_hash: the hashes that a PSS-only key may be used with. 0: unrestricted. */
unsigned crypto_key_pss(const struct crypto_key *key);
/* SPKI, PKCS8, or PKCS8_ENCRYPTED with PBKDF2-HMAC-SHA-256 of 600,000 rounds and AES-256-CBC. Lack of room is sticky
 * in the buf. RC_JOSE_KEY: the form needs a private part that is missing; RC_RANGE: any other form, or an empty
 * passphrase. */
enum rc crypto_key_write_der(const struct crypto_key *key, enum crypto_form form, struct secret passphrase,
			     struct buf *dst) WARN_UNUSED;

#endif
