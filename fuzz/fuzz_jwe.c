/* SPDX-License-Identifier: Apache-2.0 */
/* Whole messages against keys of every kind; and, since no fuzzer forges a tag, the same bytes as the header of a
 * message sealed by us, as a recipient's key, and as what a compressed text inflates from. What fails must leave the
 * result alone. */
#include <stdlib.h>

#include "base/base64url.h"
#include "crypto/cipher.h"
#include "jose/jwe/jwt_nested.h"
#include "jose/jwe/zip.h"

enum { ARENA_MAX = 8 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct jwe_policy policy = {
	.algs = JWE_ALG_BIT(JWE_ALG_COUNT) - 1, .encs = JWE_ENC_BIT(JWE_ENC_COUNT) - 1, .json = true, .inflate = true,
	.unprotected = true, .hints = true, .p2c_max = JWE_P2C_MIN,
};

static const char keys_text[] =
	"{\"keys\":[{\"kty\":\"oct\",\"kid\":\"7\",\"k\":\"AAECAwQFBgcICQoLDA0ODw\"},"
	"{\"kty\":\"oct\",\"kid\":\"o\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"},"
	"{\"kty\":\"EC\",\"kid\":\"e\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
	"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\",\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\"},"
	"{\"kty\":\"OKP\",\"kid\":\"Bob\",\"crv\":\"X25519\",\"x\":\"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08\","
	"\"d\":\"XasIfmJKikt54X-Lg4AO5m87sSkmGLb9HC-LJ_-I4Os\"}]}";

static struct jwe_keys keys_once(void)
{
	static struct jwks *set;
	if (set == NULL && jwks_read(slice_cstr(keys_text), JWK_PRIVATE | JWK_ENCRYPTION, &set, NULL) != RC_OK)
		abort();
	return (struct jwe_keys){.set = set, .password = secret_of("password", 8)};
}

static void whole(struct slice text, struct arena *a)
{
	struct jwe_keys keys = keys_once();
	struct jwe jwe = {.plain = SLICE("untouched")};
	struct slice inner;
	if (jwe_decrypt(text, &keys, &policy, a, &jwe) != RC_OK && !slice_eq(jwe.plain, SLICE("untouched")))
		abort();
	/* What opens as a nested token is the message's text. */
	if (jwt_nested_open(text, &keys, &policy, a, &inner) == RC_OK && !slice_eq(jwe.plain, inner))
		abort();
	arena_reset(a);
}

/* The bytes as a protected header: whatever it says, what opens is what was sealed. */
static void as_header(struct slice header, struct arena *a)
{
	static const uint8_t cek[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, iv[12];
	struct jwe_keys keys = keys_once();
	struct jwe jwe;
	struct slice header64, text64, tag64, text;
	uint8_t sealed[5 + 16];
	if (base64url_encode_arena(a, header, &header64) != RC_OK)
		return;
	struct crypto_message m = {.iv = slice_of(iv, sizeof iv), .aad = header64, .text = SLICE("plain")};
	if (crypto_enc_seal(CRYPTO_A128GCM, secret_of(cek, sizeof cek), &m, sealed) != RC_OK ||
	    base64url_encode_arena(a, slice_of(sealed, 5), &text64) != RC_OK ||
	    base64url_encode_arena(a, slice_of(sealed + 5, 16), &tag64) != RC_OK)
		return;
	const struct slice parts[] = {header64, SLICE("..AAAAAAAAAAAAAAAA."), text64, SLICE("."), tag64};
	if (arena_join(a, parts, ARRAY_LEN(parts), &text) != RC_OK)
		return;
	if (jwe_decrypt(text, &keys, &policy, a, &jwe) == RC_OK &&
	    (!slice_eq(jwe.plain, SLICE("plain")) || jwe.header.alg != JWE_DIR || jwe.header.enc != JWE_A128GCM))
		abort();
	arena_reset(a);
}

/* No more comes out than the maximum, and what comes out packs and unpacks to itself. */
static void as_packed(struct slice packed, struct arena *a)
{
	struct slice plain, again, same;
	if (zip_inflate(packed, 4096, a, &plain) == RC_OK) {
		if (plain.n > 4096)
			abort();
		if (zip_deflate(plain, a, &again) != RC_OK || zip_inflate(again, 4096, a, &same) != RC_OK ||
		    !slice_eq(plain, same))
			abort();
	}
	arena_reset(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of(data, size);
	struct arena a;
	arena_init(&a, ARENA_MAX);
	whole(text, &a);
	as_header(text, &a);
	as_packed(text, &a);
	arena_reset(&a);
	return 0;
}
