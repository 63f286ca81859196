/* SPDX-License-Identifier: Apache-2.0 */
/* Keys as DER: what files of OpenSSL and others hold. PEM around it is in src/jose/pem.h. Thread-safe. */
#ifndef OSTIARY_CRYPTO_KEY_CODEC_H
#define OSTIARY_CRYPTO_KEY_CODEC_H

#include "base/buf.h"
#include "crypto/key.h"

enum crypto_form {
	CRYPTO_FORM_SPKI,            /* SubjectPublicKeyInfo (RFC 5280 4.1.2.7) */
	CRYPTO_FORM_PKCS8,           /* OneAsymmetricKey (RFC 5958) */
	CRYPTO_FORM_PKCS8_ENCRYPTED, /* EncryptedPrivateKeyInfo (RFC 5958 3), PBES2 with PBKDF2 of at most 10,000,000 passes */
	CRYPTO_FORM_RSA_PUBLIC,      /* RSAPublicKey (RFC 8017 A.1.1) */
	CRYPTO_FORM_RSA_PRIVATE,     /* RSAPrivateKey (RFC 8017 A.1.2) */
	CRYPTO_FORM_EC_PRIVATE,      /* ECPrivateKey (RFC 5915) with a named curve */
	CRYPTO_FORM_CERTIFICATE,     /* the public key in it; says nothing of trust: see cert.h */
	CRYPTO_FORM_COUNT
};

enum { CRYPTO_DER_MAX = 16 * 1024 };

/* One key, checked as crypto_key_new does. `passphrase` is only for CRYPTO_FORM_PKCS8_ENCRYPTED.
 * RC_JOSE_KEY: not exactly one such structure, or a key that is unfit or of a type that we do not have; RC_LIMIT: over
 * CRYPTO_DER_MAX; RC_ACCESS_DENIED: another passphrase. */
enum rc crypto_key_read_der(enum crypto_form form, struct slice der, struct secret passphrase,
			    struct crypto_key **ret_key) WARN_UNUSED;
/* SPKI, PKCS8, or PKCS8_ENCRYPTED with PBKDF2-HMAC-SHA-256 of 600,000 passes and AES-256-CBC. Failures of room stick to the
 * buf. RC_JOSE_KEY without the private part that the form is for; RC_RANGE: any other form, or an empty passphrase. */
enum rc crypto_key_write_der(const struct crypto_key *key, enum crypto_form form, struct secret passphrase,
			     struct buf *dst) WARN_UNUSED;

#endif
