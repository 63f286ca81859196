/* SPDX-License-Identifier: Apache-2.0 */
/* Encrypt, decrypt: the same text comes back; one changed character of a compact message, and nothing does. Of the
 * input the first bytes choose algorithm, `enc`, form and the place of the change; the rest is text, aad, apu and
 * the header's more. */
#include <stdlib.h>

#include "jose/jwe/jwe.h"

enum { ARENA_MAX = 16 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct jwe_policy policy = {
	.algs = JWE_ALG_BIT(JWE_ALG_COUNT) - 1, .encs = JWE_ENC_BIT(JWE_ENC_COUNT) - 1, .json = true, .inflate = true,
	.p2c_max = JWE_P2C_MIN,
};

/* A row: an alg and the key for it with the `enc` beside it. RSA is left out: a millisecond each. */
static const struct {
	enum jwe_alg alg;
	enum jwe_enc enc;
	const char *key;
} rows[] = {
	{JWE_DIR, JWE_A128GCM, "{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODw\"}"},
	{JWE_DIR, JWE_A128CBC_HS256, "{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}"},
	{JWE_A128KW, JWE_A192CBC_HS384, "{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODw\"}"},
	{JWE_A256GCMKW, JWE_A256CBC_HS512, "{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}"},
	{JWE_ECDH_ES_A192KW, JWE_A192GCM,
	 "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08\","
	 "\"d\":\"XasIfmJKikt54X-Lg4AO5m87sSkmGLb9HC-LJ_-I4Os\"}"},
	{JWE_ECDH_ES, JWE_A256GCM,
	 "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
	 "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\",\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-"
	 "E9LI\"}"},
};

static struct jwk *key_of(size_t row)
{
	static struct jwk *keys[ARRAY_LEN(rows)];
	if (keys[row] == NULL && jwk_read(slice_cstr(rows[row].key), JWK_PRIVATE | JWK_ENCRYPTION, &keys[row]) != RC_OK)
		abort();
	return keys[row];
}

static void change_one(struct slice text, uint16_t at, const struct jwe_keys *keys, struct arena *a)
{
	struct slice copy;
	struct jwe jwe;
	if (arena_copy(a, text, &copy) != RC_OK)
		return;
	uint8_t *p = (uint8_t *)(uintptr_t)copy.p + at % copy.n;
	*p = *p == 'A' ? 'B' : 'A';
	if (jwe_decrypt(copy, keys, &policy, a, &jwe) == RC_OK)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct slice text;
	struct jwe jwe;
	if (size < 6)
		return 0;
	size_t row = data[0] % ARRAY_LEN(rows), third = (size - 6) / 3;
	struct jwe_recipient to = {.key = key_of(row), .alg = rows[row].alg, .apu = slice_of(data + 6, third)};
	struct jwe_spec spec = {
		.recipients = &to, .count = 1, .enc = rows[row].enc, .form = data[1] % 3, .deflate = data[2] & 1,
		.aad = data[1] % 3 == JWE_COMPACT ? SLICE_NONE : slice_of(data + 6, third),
		.protected = data[2] & 2 ? slice_of(data + 6 + third, third) : SLICE_NONE,
	};
	struct slice plain = slice_of(data + 6 + 2 * third, size - 6 - 2 * third);
	struct jwe_keys keys = {.key = to.key};
	arena_init(&a, ARENA_MAX);
	if (jwe_encrypt(&spec, plain, &a, &text) == RC_OK) {
		if (jwe_decrypt(text, &keys, &policy, &a, &jwe) != RC_OK || !slice_eq(jwe.plain, plain) ||
		    !slice_eq(jwe.aad, spec.aad))
			abort();
		if (spec.form == JWE_COMPACT)
			change_one(text, (uint16_t)(data[3] << 8 | data[4]), &keys, &a);
	}
	arena_reset(&a);
	return 0;
}
