/* SPDX-License-Identifier: Apache-2.0 */
/* Whole tokens; and, since no fuzzer forges a signature, the same bytes as header, as claims, and signed by us. */
#include <stdlib.h>

#include "base/base64url.h"
#include "jose/jws/jws.h"

enum { NOW = 1700000000, ARENA_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct slice audiences[] = {SLICE_INIT("a")};
static const struct slice types[] = {SLICE_INIT("at+jwt")};
static const struct jwt_policy policy = {
	.algs = JOSE_ALG_BIT(JOSE_ALG_COUNT) - 1,
	.issuer = SLICE_INIT("i"),
	.audiences = audiences,
	.audience_count = 1,
	.types = types,
	.type_count = 1,
	.type_optional = true,
	.leeway = 30,
	.max_lifetime = 600,
};

/* A MAC key, so that a signature costs a microsecond. */
static const char keys_text[] =
	"{\"keys\":[{\"kty\":\"oct\",\"kid\":\"k\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}]}";

static void sign_and_verify(struct jwks *keys, struct slice claims, struct arena *a)
{
	struct jwt_signer signer = jwt_signer_of(jwks_at(keys, 0));
	struct jwt_claims checked, direct;
	struct jws any;
	struct slice token;
	if (jwt_sign(&signer, JOSE_HS256, SLICE("k"), SLICE("at+jwt"), claims, a, &token) != RC_OK)
		return;
	enum rc whole = jwt_verify(token, keys, &policy, NOW, a, &checked);
	if (jws_verify(token, keys, JOSE_ALG_BIT(JOSE_HS256), a, &any) == RC_OK && !slice_eq(any.payload, claims))
		abort();
	if (claims.n > 0 && whole != jwt_claims_validate_text(claims, &policy, NOW, a, &direct))
		abort();
}

static void header_alone(struct slice header, struct arena *a)
{
	struct jwt_parts parts = {.signature64 = SLICE("AA")};
	struct jwt_header h;
	if (base64url_encode_arena(a, header, &parts.header64) == RC_OK && jwt_header_read(&parts, a, &h) == RC_OK &&
	    (unsigned)h.alg >= JOSE_ALG_COUNT)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct jwks *keys;
	struct slice text = slice_of(data, size);
	struct jwt_claims claims;
	struct jwt_parts parts;
	struct arena a;
	if (keys == NULL && jwks_read(slice_cstr(keys_text), JWK_SYMMETRIC, &keys, NULL) != RC_OK)
		abort();
	arena_init(&a, ARENA_MAX);
	if (jwt_verify(text, keys, &policy, NOW, &a, &claims) == RC_OK && jwt_split(text, &parts) != RC_OK)
		abort();
	header_alone(text, &a);
	arena_reset(&a);
	sign_and_verify(keys, text, &a);
	arena_reset(&a);
	return 0;
}
