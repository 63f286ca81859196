/* SPDX-License-Identifier: Apache-2.0 */
/* The claims that the signer is asked to sign: whatever a worker that was taken over sends, a token that is made
 * says what the signer wrote, once, to every reader. */
#include <stdlib.h>

#include "base/base64url.h"
#include "jose/jwt/jwt_mint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW = 1800000000, LIFE = 600, VALUES = 2048 };

static struct json pool[VALUES], back[VALUES + 8];

static void demand(bool promise)
{
	if (!promise)
		abort();
}

/* As readers that compare names without case see it. */
static size_t named(const struct json *root, struct slice name)
{
	size_t n = 0;
	for (const struct json *m = json_first(root); m != NULL; m = json_next(root, m))
		n += slice_eq_nocase(m->key, name);
	return n;
}

static void hold(struct slice token, struct arena *a)
{
	struct jwt_parts parts;
	struct slice payload;
	int64_t iat = 0, exp = 0;
	demand(jwt_split(token, &parts) == RC_OK);
	demand(base64url_decode_arena(a, parts.payload64, &payload) == RC_OK);
	demand(json_parse(payload, back, VALUES + 8) == RC_OK && back->type == JSON_OBJECT);
	demand(json_is_string(json_get(back, SLICE("iss")), SLICE("https://id.example")));
	demand(json_int(json_get(back, SLICE("iat")), &iat) == RC_OK && iat == NOW);
	demand(json_int(json_get(back, SLICE("exp")), &exp) == RC_OK && exp == NOW + LIFE);
	demand(named(back, SLICE("iss")) == 1 && named(back, SLICE("iat")) == 1 && named(back, SLICE("exp")) == 1);
	demand(named(back, SLICE("typ")) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct jwt_mint_row rows[] = {
		{SLICE_INIT("at+jwt"), LIFE}, {SLICE_INIT("JWT"), LIFE, true}, {SLICE_INIT("JWT"), LIFE}};
	static const struct slice plain[] = {SLICE_INIT("https://api")};
	static const struct jwt_minter minter = {
		SLICE_INIT("https://id.example"),         rows, ARRAY_LEN(rows), pool, VALUES, plain, 1,
		SLICE_INIT("https://id.example/userinfo")};
	static struct jwk *key;
	const struct jwt_mint t = {SLICE("at+jwt"), SLICE("https://id.example"), NOW, NOW + LIFE, slice_of(data, size)};
	struct slice token;
	struct arena a;
	if (key == NULL)
		demand(jwk_generate(JOSE_ED25519, 0, &key) == RC_OK);
	arena_init(&a, 1 << 20);
	if (jwt_mint(&minter, &t, key, JOSE_ED25519, NOW, &a, &token) == RC_OK)
		hold(token, &a);
	arena_reset(&a);
	return 0;
}
