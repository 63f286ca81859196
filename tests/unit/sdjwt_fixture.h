/* SPDX-License-Identifier: Apache-2.0 */
/* An issuer, a holder and a verifier of SD-JWTs, and a credential that hides much. */
#ifndef OSTIARY_TESTS_SDJWT_FIXTURE_H
#define OSTIARY_TESTS_SDJWT_FIXTURE_H

#include "base/base64url.h"
#include "jose/sdjwt/sdjwt.h"
#include "t.h"

enum { NOW = 1700000000, ARENA_MAX = 4 << 20, TEXT_MAX = 16384 };

#define BASE "\"iss\":\"https://issuer.example\",\"exp\":1800000000"
#define CLAIMS                                                                                                        \
	"{" BASE ",\"sub\":\"u42\",\"given_name\":\"John\",\"address\":{\"street\":\"Main St\",\"locality\":\"Anytown\"}," \
	"\"nationalities\":[\"US\",\"DE\",\"FR\"],\"a/b~c\":[1,{\"x\":true}]}"

static const struct slice types[] = {SLICE_INIT("example+sd-jwt")};
static const struct jwt_policy jwt_policy = {
	.algs = JOSE_ALG_BIT(JOSE_ES256), .issuer = SLICE_INIT("https://issuer.example"), .aud_optional = true, .types = types,
	.type_count = 1,
};
static const struct sdjwt_policy plain = {.jwt = &jwt_policy};
static const struct sdjwt_policy bound = {
	.jwt = &jwt_policy, .binding_required = true, .binding_algs = JOSE_ALG_BIT(JOSE_ES256) | JOSE_ALG_BIT(JOSE_ED25519),
	.aud = SLICE_INIT("https://verifier.example"), .nonce = SLICE_INIT("n-1"),
};

struct fixture {
	struct jwk *issuer, *holder;
	struct jwks *keys;
	struct arena a;
};

static inline void setup(struct fixture *f)
{
	struct buf b;
	char text[2048];
	CHECK_OK(jwk_generate(JOSE_ES256, 0, &f->issuer));
	CHECK_OK(jwk_generate(JOSE_ED25519, 0, &f->holder));
	buf_over(&b, text, sizeof text);
	buf_put(&b, SLICE("{\"keys\":["));
	struct json_out out = json_out_to(&b);
	CHECK_OK(jwk_write(f->issuer, false, &out));
	buf_put(&b, SLICE("]}"));
	CHECK_OK(jwks_read(buf_slice(&b), JWK_PUBLIC, &f->keys, NULL));
	arena_init(&f->a, ARENA_MAX);
}

static inline void teardown(struct fixture *f)
{
	jwk_unref(f->issuer);
	jwk_unref(f->holder);
	jwks_unref(f->keys);
	arena_reset(&f->a);
}

static inline struct slice issue(struct fixture *f, const struct sdjwt_issue *what)
{
	struct slice text = SLICE_NONE;
	CHECK_OK(sdjwt_issue(what, f->issuer, JOSE_ES256, &f->a, &text));
	return text;
}

static inline enum rc verify(struct fixture *f, struct slice text, const struct sdjwt_policy *policy, struct sdjwt *ret)
{
	struct sdjwt s = {.disclosure_count = 0};
	enum rc rc = sdjwt_verify(text, f->keys, policy, NOW, &f->a, &s);
	if (ret != NULL)
		*ret = s;
	return rc;
}

static const struct slice hide_all[] = {
	SLICE_INIT("/sub"), SLICE_INIT("/given_name"), SLICE_INIT("/address"), SLICE_INIT("/address/locality"),
	SLICE_INIT("/nationalities/0"), SLICE_INIT("/nationalities/2"), SLICE_INIT("/a~1b~0c/1/x"), SLICE_INIT("/a~1b~0c/1"),
};

static inline struct sdjwt_issue everything(const struct fixture *f)
{
	return (struct sdjwt_issue){.claims = SLICE(CLAIMS), .hide = hide_all, .hide_count = ARRAY_LEN(hide_all), .decoys = 3,
				    .typ = SLICE("example+sd-jwt"), .holder = f->holder};
}

static inline struct sdjwt_binding binding_of(const struct fixture *f)
{
	return (struct sdjwt_binding){f->holder, JOSE_ED25519, SLICE("https://verifier.example"), SLICE("n-1"), NOW};
}

#endif
