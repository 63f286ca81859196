/* SPDX-License-Identifier: Apache-2.0 */
/* Remarks on keys: why one is skipped, or what is unusual about one that is kept. */
#ifndef OSTIARY_JOSE_JWK_JWK_REMARK_H
#define OSTIARY_JOSE_JWK_JWK_REMARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

enum jwk_remark {
	JWK_REMARK_NONE,
	/* The key is skipped. */
	JWK_REMARK_NO_KEY,      /* no object, or without kty */
	JWK_REMARK_UNKNOWN,     /* kty, crv, or alg of AKP */
	JWK_REMARK_UNAVAILABLE, /* this OpenSSL lacks the type */
	JWK_REMARK_KID,         /* over 256 bytes, no string, or not printable */
	JWK_REMARK_COMPONENTS,  /* missing, malformed, of wrong length, or not a sound key together */
	JWK_REMARK_LENGTH,      /* RSA outside 2048 to 8192 bits */
	JWK_REMARK_EXPONENT,    /* RSA exponent even, or outside 65537 to 2^32 */
	JWK_REMARK_SHORT,       /* oct */
	JWK_REMARK_PRIVATE,     /* private, but only public keys are wanted */
	JWK_REMARK_PUBLIC,      /* public, but private keys are wanted */
	JWK_REMARK_SECRET,      /* oct, but none is wanted */
	JWK_REMARK_PRIMES,      /* oth */
	JWK_REMARK_ENCRYPTION,  /* for encryption, but keys for signatures are wanted */
	JWK_REMARK_USE,
	JWK_REMARK_OPS,
	JWK_REMARK_ALG,
	JWK_REMARK_X5C,
	JWK_REMARK_REPEATED,    /* the same key again, with the same kid and alg */
	JWK_REMARK_CROWD,       /* more than JWKS_TRIES_MAX of one type share a kid */
	/* For files, by jwk_import_remarked. */
	JWK_REMARK_FILE,        /* neither PEM nor DER, or malformed */
	JWK_REMARK_LABEL,       /* a PEM block of another type */
	JWK_REMARK_SEVERAL,     /* more than one key in a file */
	JWK_REMARK_OLD_LOCK,    /* RFC 1421: Proc-Type: 4,ENCRYPTED */
	JWK_REMARK_LOCK,        /* unsupported encryption */
	JWK_REMARK_LOCKED,      /* no passphrase was given */
	JWK_REMARK_PASSPHRASE,  /* wrong passphrase */
	JWK_REMARK_CERTIFICATE, /* the certificate beside it is another key's */
	JWK_REMARK_TYPE,        /* a type that neither signs nor encrypts here, or unsound */
	/* The key is kept. */
	JWK_REMARK_ZERO,        /* a zero octet before n or e */
	JWK_REMARK_EMPTY_OPS,
	JWK_REMARK_SHARED_KID,  /* another key of its type has the same */
	JWK_REMARK_COUNT
};

/* A short sentence about the key ("it") or its file. Static. */
const char *jwk_remark_text(enum jwk_remark remark);
bool jwk_remark_skips(enum jwk_remark remark);

enum { JWKS_REPORT_MAX = 64, JWKS_REPORT_KID_MAX = 64, JWKS_REPORT_LINE_MAX = 256 };

/* Remarks on the keys of a set, in its order. */
struct jwks_report {
	size_t n, skipped;
	struct jwks_report_row {
		enum jwk_remark remark;
		size_t index;  /* in the set, from 0 */
		uint8_t kid_n; /* 0: none, or not printable */
		uint8_t kid[JWKS_REPORT_KID_MAX]; /* its beginning */
	} v[JWKS_REPORT_MAX];
};

/* "key 2, kid \"enc-1\", is skipped: it is for encryption", for a log: printable, one line, with a NUL. */
void jwks_report_line(const struct jwks_report_row *row, char dst[static JWKS_REPORT_LINE_MAX]);

#endif
