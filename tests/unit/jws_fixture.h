/* SPDX-License-Identifier: Apache-2.0 */
/* Two keys and their set, for tests of JWS. */
#ifndef OSTIARY_TESTS_JWS_FIXTURE_H
#define OSTIARY_TESTS_JWS_FIXTURE_H

#include "jose/jws/jws_any.h"
#include "jose_keys.h"
#include "t.h"

/* RFC 7515 A.3's key as "k1", and a MAC key as "m1". */
struct fixture {
	struct arena arena;
	struct jwk *ec, *mac;
	struct jwks *set;
};

static const struct jws_rules open_rules = {
	.algs = JOSE_ALG_BIT(JOSE_ALG_COUNT) - 1, .forms = JWS_COMPACT | JWS_FLATTENED | JWS_GENERAL,
};

static inline void setup(struct fixture *f)
{
	*f = (struct fixture){.ec = NULL};
	arena_init(&f->arena, 16 << 20);
	CHECK_OK(jwk_read(SLICE("{" EC_PUBLIC ",\"d\":\"" EC_D "\",\"kid\":\"k1\"}"), JWK_PRIVATE, &f->ec));
	CHECK_OK(jwk_read(SLICE("{\"kty\":\"oct\",\"kid\":\"m1\",\"alg\":\"HS256\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}"), JWK_SYMMETRIC,
			  &f->mac));
	CHECK_OK(jwks_of((struct jwk *[]){f->ec, f->mac}, 2, &f->set));
}

static inline void teardown(struct fixture *f)
{
	jwk_unref(f->ec);
	jwk_unref(f->mac);
	jwks_unref(f->set);
	arena_reset(&f->arena);
}

static inline enum rc verify(struct fixture *f, struct slice text, const struct jws_rules *rules)
{
	struct jws_signed s;
	return jws_verify_any(text, f->set, rules, &f->arena, &s);
}

#endif
