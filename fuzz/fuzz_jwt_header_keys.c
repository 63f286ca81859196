/* SPDX-License-Identifier: Apache-2.0 */
/* Headers that bring keys: jwk, x5c, jku, x5u, with a signature that holds under none of them; and the same bytes as
 * an unsecured token. */
#include <stdlib.h>

#include "../tests/unit/chain_certs.h"
#include "base/base64url.h"
#include "jose/jwt/jwt_header_keys.h"
#include "jose/jwt/jwt_unsecured.h"

enum { NOW = 1800000000, ARENA_MAX = 4 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct slice audiences[] = {SLICE_INIT("a")}, types[] = {SLICE_INIT("at+jwt")},
			  hosts[] = {SLICE_INIT("h")};

/* The input is what every address leads to as well. */
static enum rc fetch(void *self, struct slice url, uint8_t *dst, size_t cap, size_t *ret_n)
{
	const struct slice *all = self;
	if (!slice_starts(url, SLICE("https://h/")))
		abort();
	*ret_n = all->n < cap ? all->n : cap;
	if (*ret_n > 0)
		memcpy(dst, all->p, *ret_n);
	return RC_OK;
}

static void verify(struct slice header, const struct jwt_policy *policy, struct arena *a)
{
	struct slice parts[2] = {SLICE_NONE, SLICE(".e30.AAAA")}, token;
	struct jwt_claims claims;
	if (base64url_encode_arena(a, header, &parts[0]) != RC_OK || arena_join(a, parts, 2, &token) != RC_OK)
		return;
	if (jwt_verify(token, NULL, policy, NOW, a, &claims) == RC_OK)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t root[1024];
	static struct slice anchor;
	struct slice all = slice_of(data, size);
	struct jwt_header_keys header_keys = {.proof = true,
					    .anchors = &anchor,
					    .anchor_count = 1,
					    .name = SLICE("issuer.example"),
					    .hosts = hosts,
					    .host_count = 1,
					    .fetch = fetch,
					    .self = &all};
	struct jwt_policy policy = {.algs = JOSE_ALG_BIT(JOSE_ALG_COUNT) - 1,
				    .issuer = SLICE("i"),
				    .audiences = audiences,
				    .audience_count = 1,
				    .types = types,
				    .type_count = 1,
				    .header_keys = &header_keys};
	struct jwt_claims claims;
	struct arena a;
	if (anchor.n == 0 && base64_decode(SLICE(CERT_ROOT), root, sizeof root, &anchor.n) != RC_OK)
		abort();
	anchor.p = root;
	arena_init(&a, ARENA_MAX);
	verify(all, &policy, &a);
	arena_reset(&a);
	policy.header_keys = NULL;
	if (jwt_unsecured_read(all, &policy, NOW, &a, &claims) == RC_OK && claims.header.alg != JOSE_ALG_COUNT)
		abort();
	arena_reset(&a);
	return 0;
}
