/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens with any header, signed by a key. */
#ifndef OSTIARY_TESTS_JWT_FORGE_H
#define OSTIARY_TESTS_JWT_FORGE_H

#include "base/base64url.h"
#include "jose/jwt/jwt.h"
#include "t.h"

static struct slice forge_token(const char *header, const char *claims, const struct jwk *key, enum jose_alg alg, struct arena *a)
{
	uint8_t signature[JWK_SIGNATURE_MAX];
	struct slice parts[5] = {SLICE_NONE, SLICE("."), SLICE_NONE, SLICE("."), SLICE_NONE}, token = SLICE_NONE;
	size_t n = 0;
	CHECK_OK(base64url_encode_arena(a, slice_cstr(header), &parts[0]));
	CHECK_OK(base64url_encode_arena(a, slice_cstr(claims), &parts[2]));
	CHECK_OK(arena_join(a, parts, 3, &token));
	CHECK_OK(jwk_sign(key, alg, token, signature, sizeof signature, &n));
	CHECK_OK(base64url_encode_arena(a, slice_of(signature, n), &parts[4]));
	CHECK_OK(arena_join(a, parts, 5, &token));
	return token;
}

#endif
