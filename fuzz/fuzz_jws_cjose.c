/* SPDX-License-Identifier: Apache-2.0 */
/* Our compact JWS against cjose's, under one HMAC key: the input as a token; and, since no fuzzer forges a MAC, its
 * first line as header and the rest as payload of a token with the MAC that HS256 or HS512 gives. Never laxer, and
 * the same payload. Known differences. Ours is stricter: any `crit`; jwk, jku, x5c, x5u, b64, zip, enc in the
 * header; a kid or typ that is no printable text; an empty payload; tokens over 16 KiB and headers over 2 KiB or 32
 * values; JSON as in fuzz_json_jansson; base64url of one spelling only. cjose is stricter in one thing: numbers in
 * the header that no C type holds. */
#include <stdlib.h>

#include "base/base64url.h"
#include "jose/jws/jws.h"
#include "theirs.h"

enum { ARENA_MAX = 1 << 20, PLAIN_MAX = 32 * 1024, KEY_BYTES = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const jose_alg_set algs = JOSE_ALG_BIT(JOSE_HS256) | JOSE_ALG_BIT(JOSE_HS384) | JOSE_ALG_BIT(JOSE_HS512);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* The header holds a number that jansson refuses. */
static bool overflows(struct slice token, struct arena *a)
{
	static char events[PLAIN_MAX];
	struct jwt_parts parts;
	struct slice header;
	size_t n;
	return jwt_split(token, &parts) == RC_OK && base64url_decode_arena(a, parts.header64, &header) == RC_OK &&
	       theirs_json(header.p, header.n, events, sizeof events, &n) == THEIRS_OVERFLOW;
}

static void compare(struct slice token, const struct jwk *key, const uint8_t *bytes, struct arena *a)
{
	static char plain[PLAIN_MAX];
	struct jws jws;
	size_t n = 0;
	if (jws_verify_key(token, key, algs, a, &jws) != RC_OK)
		return;
	if (theirs_jws(token.p, token.n, bytes, KEY_BYTES, plain, sizeof plain, &n) != THEIRS_ACCEPTED) {
		must(overflows(token, a));
		return;
	}
	must(slice_eq(jws.payload, slice_of(plain, n)));
}

static void signed_token(struct slice header, struct slice payload, enum jose_alg alg, const struct jwk *key,
			 const uint8_t *bytes, struct arena *a)
{
	uint8_t mac[JWK_SIGNATURE_MAX];
	struct slice h, p, s, input, token;
	size_t n;
	if (base64url_encode_arena(a, header, &h) != RC_OK || base64url_encode_arena(a, payload, &p) != RC_OK ||
	    arena_join(a, (struct slice[]){h, SLICE("."), p}, 3, &input) != RC_OK ||
	    jwk_sign(key, alg, input, mac, sizeof mac, &n) != RC_OK ||
	    base64url_encode_arena(a, slice_of(mac, n), &s) != RC_OK ||
	    arena_join(a, (struct slice[]){input, SLICE("."), s}, 3, &token) != RC_OK)
		return;
	compare(token, key, bytes, a);
}

static struct jwk *make_key(uint8_t bytes[static KEY_BYTES])
{
	struct arena a;
	struct slice k, text;
	struct jwk *key;
	for (size_t i = 0; i < KEY_BYTES; i++)
		bytes[i] = (uint8_t)i;
	arena_init(&a, ARENA_MAX);
	must(base64url_encode_arena(&a, slice_of(bytes, KEY_BYTES), &k) == RC_OK);
	must(arena_format(&a, &text, "{\"kty\":\"oct\",\"k\":\"%.*s\"}", SLICE_ARGS(k)) == RC_OK);
	must(jwk_read(text, JWK_SYMMETRIC, &key) == RC_OK);
	arena_reset(&a);
	return key;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct jwk *key;
	static uint8_t bytes[KEY_BYTES];
	struct slice all = slice_of(data, size);
	struct arena a;
	if (key == NULL)
		key = make_key(bytes);
	arena_init(&a, ARENA_MAX);
	compare(all, key, bytes, &a);
	size_t line = slice_find(all, '\n');
	signed_token(slice_to(all, line), slice_from(all, line + 1), JOSE_HS256, key, bytes, &a);
	signed_token(slice_to(all, line), slice_from(all, line + 1), JOSE_HS512, key, bytes, &a);
	arena_reset(&a);
	return 0;
}
