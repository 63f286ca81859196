/* SPDX-License-Identifier: Apache-2.0 */
/* Messages made by hand, so that exactly one thing is wrong with them, and the keys for them. */
#ifndef OSTIARY_TESTS_JWE_FORGE_H
#define OSTIARY_TESTS_JWE_FORGE_H

#include "base/base64url.h"
#include "crypto/cipher.h"
#include "jose/jwe/jwe.h"
#include "jose_keys.h"
#include "t.h"

#define JWE_ALL_ALGS (JWE_ALG_BIT(JWE_ALG_COUNT) - 1)
#define JWE_ALL_ENCS (JWE_ENC_BIT(JWE_ENC_COUNT) - 1)

#define OCT_16 "\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODw\""
#define OCT_24 "\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\""
#define OCT_48 "\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v\""
#define OCT_64 \
	"\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0-Pw\""
#define OCT_16_ZERO "\"kty\":\"oct\",\"k\":\"AAAAAAAAAAAAAAAAAAAAAA\""
#define RSA_PRIVATE RSA_PUBLIC ",\"d\":\"" RSA_D "\""
#define EC_PRIVATE EC_PUBLIC ",\"d\":\"" EC_D "\""
/* RFC 7748 6.1, Bob's. */
#define X25519_PUBLIC "\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08\""
#define X25519_PRIVATE X25519_PUBLIC ",\"d\":\"XasIfmJKikt54X-Lg4AO5m87sSkmGLb9HC-LJ_-I4Os\""

/* The bytes 0 1 2 … that the oct keys above begin with. */
static inline struct secret counting(size_t n)
{
	static uint8_t bytes[64];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)i;
	return secret_of(bytes, n);
}

/* A private (or oct) key from the members between a JWK's braces. */
static inline struct jwk *key_from(const char *members)
{
	char text[4096];
	struct jwk *key = NULL;
	int n = snprintf(text, sizeof text, "{%s}", members);
	CHECK(n > 0 && (size_t)n < sizeof text);
	CHECK_OK(jwk_read(slice_of(text, (size_t)n), JWK_ANY, &key));
	return key;
}

struct forge {
	const char *protected; /* the header's text; NULL: none */
	const char *more;      /* members of a JSON message beside the usual ones, with a comma behind */
	enum jwe_enc enc;
	struct secret cek;
	struct slice wrapped; /* the encrypted key */
	struct slice plain;
	struct slice aad64;  /* as it stands in the text */
	size_t iv_n, tag_n;  /* as written; 0: as they should be */
	size_t cut;          /* bytes off the ciphertext */
};

/* The parts in base64url. */
struct forged {
	struct slice protected64, wrapped64, iv64, text64, tag64;
};

static inline struct slice to64(struct arena *a, struct slice bytes)
{
	struct slice text = SLICE_NONE;
	CHECK_OK(base64url_encode_arena(a, bytes, &text));
	return text;
}

static inline struct forged forge_parts(const struct forge *f, struct arena *a)
{
	static uint8_t sealed[400000];
	uint8_t iv[32] = {1, 2, 3}, long_tag[64] = {0};
	enum crypto_enc enc = (enum crypto_enc)f->enc;
	struct forged out = {.protected64 = to64(a, slice_cstr(f->protected)), .wrapped64 = to64(a, f->wrapped)};
	const struct slice joined[] = {out.protected64, SLICE("."), f->aad64};
	struct crypto_message m = {.iv = slice_of(iv, crypto_enc_iv_len(enc)), .aad = out.protected64, .text = f->plain};
	size_t n = crypto_enc_text_len(enc, f->plain.n), tag_n = crypto_enc_tag_len(enc);
	if (f->aad64.n > 0)
		CHECK_OK(arena_join(a, joined, 3, &m.aad));
	CHECK(n + tag_n <= sizeof sealed);
	CHECK_OK(crypto_enc_seal(enc, f->cek, &m, sealed));
	memcpy(long_tag, sealed + n, tag_n);
	out.iv64 = to64(a, slice_of(iv, f->iv_n > 0 ? f->iv_n : m.iv.n));
	out.text64 = to64(a, slice_of(sealed, n - f->cut));
	out.tag64 = to64(a, slice_of(long_tag, f->tag_n > 0 ? f->tag_n : tag_n));
	return out;
}

static inline struct slice forge_compact(const struct forge *f, struct arena *a)
{
	struct forged p = forge_parts(f, a);
	const struct slice dot = SLICE(".");
	const struct slice parts[] = {p.protected64, dot, p.wrapped64, dot, p.iv64, dot, p.text64, dot, p.tag64};
	struct slice text = SLICE_NONE;
	CHECK_OK(arena_join(a, parts, ARRAY_LEN(parts), &text));
	return text;
}

/* Flattened or general, as `more` says. */
static inline struct slice forge_json(const struct forge *f, struct arena *a)
{
	struct forged p = forge_parts(f, a);
	struct slice text = SLICE_NONE;
	const struct slice parts[] = {
		SLICE("{"), slice_cstr(f->more),
		f->protected == NULL ? SLICE("") : SLICE("\"protected\":\""), p.protected64, f->protected == NULL ? SLICE("") : SLICE("\","),
		f->aad64.n == 0 ? SLICE("") : SLICE("\"aad\":\""), f->aad64, f->aad64.n == 0 ? SLICE("") : SLICE("\","),
		SLICE("\"iv\":\""), p.iv64, SLICE("\",\"ciphertext\":\""), p.text64, SLICE("\",\"tag\":\""), p.tag64, SLICE("\"}"),
	};
	CHECK_OK(arena_join(a, parts, ARRAY_LEN(parts), &text));
	return text;
}

/* What opens everything that is not wrong. */
static const struct jwe_policy forge_policy = {.algs = JWE_ALL_ALGS, .encs = JWE_ALL_ENCS, .json = true, .inflate = true};

/* The result of opening with one key; what is not opened must be left alone. */
static inline enum rc open_with(struct slice text, const struct jwk *key, const struct jwe_policy *policy)
{
	struct arena a;
	struct jwe jwe = {.plain = SLICE_INIT("untouched")};
	struct jwe_keys keys = {.key = key, .password = key == NULL ? secret_of("password", 8) : secret_of(NULL, 0)};
	arena_init(&a, 8 << 20);
	enum rc rc = jwe_decrypt(text, &keys, policy, &a, &jwe);
	if (rc != RC_OK)
		CHECK_SLICE(jwe.plain, SLICE("untouched"));
	arena_reset(&a);
	return rc;
}

#endif
