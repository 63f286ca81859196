/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jwk/jwk_remark.h"

#include <stdio.h>

#include "base/attr.h"

static const char *const texts[JWK_REMARK_COUNT] = {
	[JWK_REMARK_NONE] = "it is fit for use",
	[JWK_REMARK_NO_KEY] = "it is no JSON object with a kty",
	[JWK_REMARK_UNKNOWN] = "it is of no kind that is known here (kty, crv, or alg of AKP)",
	[JWK_REMARK_UNAVAILABLE] = "it is of a type that this OpenSSL lacks",
	[JWK_REMARK_KID] = "its kid is no string, longer than 256 bytes or not printable",
	[JWK_REMARK_COMPONENTS] = "its numbers are missing, malformed or of another length, or make no sound key",
	[JWK_REMARK_LENGTH] = "its modulus is not of 2048 to 8192 bits",
	[JWK_REMARK_EXPONENT] = "its exponent is not odd and from 65537 to 2^32",
	[JWK_REMARK_SHORT] = "its secret is too short",
	[JWK_REMARK_PRIVATE] = "it is a private key, where only public ones belong",
	[JWK_REMARK_PUBLIC] = "it holds no private part",
	[JWK_REMARK_SECRET] = "it is a shared secret (oct), where only public keys belong",
	[JWK_REMARK_PRIMES] = "it has more than two primes (oth)",
	[JWK_REMARK_ENCRYPTION] = "it is for encryption",
	[JWK_REMARK_USE] = "its use is unknown",
	[JWK_REMARK_OPS] = "its key_ops are malformed, contradict its use or alg, or allow nothing that is wanted here",
	[JWK_REMARK_ALG] = "its alg is unknown, or not one of its type",
	[JWK_REMARK_X5C] = "its x5c is malformed, or of another key",
	[JWK_REMARK_REPEATED] = "it is there twice",
	[JWK_REMARK_CROWD] = "its kid is that of four others of its type already",
	[JWK_REMARK_FILE] = "it is neither PEM nor DER of a key, or malformed",
	[JWK_REMARK_LABEL] = "its PEM block is of a kind that holds no key for us",
	[JWK_REMARK_SEVERAL] = "it holds more than one key",
	[JWK_REMARK_OLD_LOCK] = ("it is encrypted in the old way of PEM (Proc-Type: 4,ENCRYPTED), which is not taken; "
				 "\"openssl pkcs8 -topk8 -in OLD -out NEW\" writes it as PKCS #8"),
	[JWK_REMARK_LOCK] =
		"it is encrypted by another scheme than PBES2 with PBKDF2 or scrypt, or at a cost beyond all bounds",
	[JWK_REMARK_LOCKED] = "it is encrypted: its passphrase is needed",
	[JWK_REMARK_PASSPHRASE] = "it is encrypted, under another passphrase",
	[JWK_REMARK_CERTIFICATE] = "its certificate is of another key",
	[JWK_REMARK_TYPE] =
		"it is of a type that is not taken, or unsound: weak, off its curve, or its halves of two pairs",
	[JWK_REMARK_ZERO] = "its n or e begins with a zero octet (RFC 7518 6.3.1.1), which is left out",
	[JWK_REMARK_EMPTY_OPS] = "its key_ops is empty, and taken to say nothing (RFC 7517 4.3)",
	[JWK_REMARK_SHARED_KID] = "another key of its type has the same kid (RFC 7517 4.5): both are tried",
};

const char *jwk_remark_text(enum jwk_remark remark)
{
	return texts[remark < JWK_REMARK_COUNT ? remark : JWK_REMARK_NONE];
}

bool jwk_remark_skips(enum jwk_remark remark)
{
	return remark != JWK_REMARK_NONE && remark < JWK_REMARK_ZERO;
}

void jwks_report_line(const struct jwks_report_row *row, char dst[static JWKS_REPORT_LINE_MAX])
{
	char kid[JWKS_REPORT_KID_MAX + 10] = "";
	if (row->kid_n > 0)
		(void)snprintf(kid, sizeof kid, ", kid \"%.*s\",", (int)row->kid_n, (const char *)row->kid);
	(void)snprintf(dst, JWKS_REPORT_LINE_MAX, "key %zu%s is %s: %s", row->index, kid,
		       jwk_remark_skips(row->remark) ? "skipped" : "kept", jwk_remark_text(row->remark));
}
