/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens signed, then encrypted: what opens and verifies, and every layer that is not what it should be. */
#include "jwe_forge.h"

#include "jose/jwe/jwt_nested.h"

enum { NOW = 1700000000 };

static const char claims_text[] = "{\"iss\":\"i\",\"aud\":\"a\",\"sub\":\"alice\",\"exp\":1700000600}";
static const struct slice audiences[] = {SLICE_INIT("a")};
static const struct slice types[] = {SLICE_INIT("at+jwt")};
static const struct jwt_policy signature = {
	.algs = JOSE_ALG_BIT(JOSE_ES256), .issuer = SLICE_INIT("i"), .audiences = audiences, .audience_count = 1, .types = types,
	.type_count = 1,
};
static const struct jwe_policy encryption = {.algs = JWE_ALG_BIT(JWE_ECDH_ES) | JWE_ALG_BIT(JWE_DIR), .encs = JWE_ALL_ENCS, .json = true};

/* Both sides' keys, a signed token and what the verifier demands. */
struct fixture {
	struct arena a;
	struct jwk *signer, *stranger, *reader, *dir;
	struct jwks *signers;
	struct slice inner;
	struct jwt_nested nested;
};

static struct jwks *set_of(const char *members)
{
	char text[1024];
	struct jwks *set = NULL;
	int n = snprintf(text, sizeof text, "{\"keys\":[{%s}]}", members);
	CHECK_OK(jwks_read(slice_of(text, (size_t)n), JWK_PUBLIC, &set, NULL));
	return set;
}

static struct slice signed_by(struct fixture *x, struct jwk *key, struct slice typ)
{
	struct jwt_signer signer = jwt_signer_of(key);
	struct slice token = SLICE_NONE;
	CHECK_OK(jwt_sign(&signer, JOSE_ES256, SLICE_NONE, typ, slice_cstr(claims_text), &x->a, &token));
	return token;
}

static void set_up(struct fixture *x)
{
	*x = (struct fixture){.signer = key_from(EC_PRIVATE), .reader = key_from(X25519_PRIVATE), .dir = key_from(OCT_16)};
	arena_init(&x->a, 1 << 20);
	CHECK_OK(jwk_generate(JOSE_ES256, 0, &x->stranger));
	x->signers = set_of(EC_PUBLIC);
	x->inner = signed_by(x, x->signer, SLICE("at+jwt"));
	x->nested = (struct jwt_nested){{.key = x->reader}, &encryption, x->signers, &signature};
}

static void tear_down(struct fixture *x)
{
	jwks_unref(x->signers);
	jwk_unref(x->signer);
	jwk_unref(x->stranger);
	jwk_unref(x->reader);
	jwk_unref(x->dir);
	arena_reset(&x->a);
}

static struct slice encrypted(struct fixture *x, struct slice inner)
{
	struct jwe_recipient to = {.key = x->reader, .alg = JWE_ECDH_ES};
	struct jwe_spec spec = {.recipients = &to, .count = 1, .enc = JWE_A128GCM};
	struct slice token = SLICE_NONE;
	CHECK_OK(jwt_nested_encrypt(&spec, inner, &x->a, &token));
	return token;
}

static enum rc verify(struct fixture *x, struct slice token)
{
	struct jwt_claims claims = {.sub = SLICE("untouched")};
	enum rc rc = jwt_nested_verify(token, &x->nested, NOW, &x->a, &claims);
	CHECK_SLICE(claims.sub, rc == RC_OK ? SLICE("alice") : SLICE("untouched"));
	return rc;
}

static void nested_verifies_both_layers(void)
{
	struct fixture x;
	set_up(&x);
	CHECK_OK(verify(&x, encrypted(&x, x.inner)));
	tear_down(&x);
}

/* A message under dir with any header and any text inside. */
static enum rc verify_forged(struct fixture *x, const char *header, struct slice inner)
{
	struct forge f = {.protected = header, .enc = JWE_A128GCM, .cek = counting(16), .plain = inner};
	x->nested.keys.key = x->dir;
	return verify(x, forge_compact(&f, &x->a));
}

static void nested_refuses_what_does_not_say_cty_jwt(void)
{
	static const struct {
		const char *header;
		enum rc want;
	} rows[] = {
		{"{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"cty\":\"JWT\"}", RC_OK},
		{"{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"cty\":\"jwt\"}", RC_OK},
		{"{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"cty\":\"application/jwt\"}", RC_OK},
		{"{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", RC_JOSE_HEADER},
		{"{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"cty\":\"\"}", RC_JOSE_HEADER},
		{"{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"cty\":\"JW\"}", RC_JOSE_HEADER},
		{"{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"cty\":\"JWT2\"}", RC_JOSE_HEADER},
		{"{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"cty\":7}", RC_JOSE_HEADER},
		{"{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"typ\":\"JWT\"}", RC_JOSE_HEADER},
	};
	struct fixture x;
	set_up(&x);
	T_ROWS(row, rows, header)
		CHECK_RC(verify_forged(&x, row->header, x.inner), row->want);
	tear_down(&x);
}

/* Whoever can encrypt to us has signed nothing. */
static void nested_refuses_an_inner_token_that_is_not_signed(void)
{
	const char *header = "{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"cty\":\"JWT\"}";
	struct fixture x;
	struct slice claims64, none, none_with_signature, stranger;
	set_up(&x);
	claims64 = to64(&x.a, slice_cstr(claims_text));
	CHECK_OK(arena_format(&x.a, &none, "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.%.*s.", SLICE_ARGS(claims64)));
	CHECK_OK(arena_format(&x.a, &none_with_signature, "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.%.*s.AAAA", SLICE_ARGS(claims64)));
	stranger = signed_by(&x, x.stranger, SLICE("at+jwt"));
	CHECK_RC(verify_forged(&x, header, none), RC_JOSE_MALFORMED);
	CHECK_RC(verify_forged(&x, header, none_with_signature), RC_JOSE_ALG);
	CHECK_RC(verify_forged(&x, header, slice_cstr(claims_text)), RC_JOSE_MALFORMED);
	CHECK_RC(verify_forged(&x, header, stranger), RC_JOSE_SIGNATURE);
	CHECK_RC(verify_forged(&x, header, SLICE("")), RC_JOSE_MALFORMED);
	CHECK_RC(verify_forged(&x, header, encrypted(&x, x.inner)), RC_JOSE_MALFORMED);
	tear_down(&x);
}

static void nested_refuses_the_inner_typ(void)
{
	struct fixture x;
	set_up(&x);
	CHECK_RC(verify(&x, encrypted(&x, signed_by(&x, x.signer, SLICE("logout+jwt")))), RC_JOSE_TYP);
	CHECK_RC(verify(&x, encrypted(&x, signed_by(&x, x.signer, SLICE_NONE))), RC_JOSE_TYP);
	tear_down(&x);
}

static void nested_refuses_either_layer_alone(void)
{
	struct fixture x;
	struct jwt_claims claims;
	set_up(&x);
	struct slice token = encrypted(&x, x.inner);
	CHECK_RC(verify(&x, x.inner), RC_JOSE_MALFORMED);
	CHECK_RC(jwt_verify(token, x.signers, &signature, NOW, &x.a, &claims), RC_JOSE_MALFORMED);
	x.nested.keys.key = x.signer;
	CHECK_RC(verify(&x, token), RC_JOSE_KEY);
	tear_down(&x);
}

static void nested_refuses_json(void)
{
	struct fixture x;
	struct slice text = SLICE_NONE;
	set_up(&x);
	struct jwe_recipient to = {.key = x.reader, .alg = JWE_ECDH_ES};
	struct jwe_spec spec = {.recipients = &to, .count = 1, .enc = JWE_A128GCM, .form = JWE_FLATTENED, .cty = SLICE("JWT")};
	CHECK_OK(jwe_encrypt(&spec, x.inner, &x.a, &text));
	CHECK_RC(verify(&x, text), RC_JOSE_MALFORMED);
	CHECK_RC(jwt_nested_encrypt(&spec, x.inner, &x.a, &text), RC_RANGE);
	spec.form = JWE_COMPACT;
	CHECK_RC(jwt_nested_encrypt(&spec, SLICE("{}"), &x.a, &text), RC_JOSE_MALFORMED);
	tear_down(&x);
}

T_MAIN(T(nested_verifies_both_layers), T(nested_refuses_what_does_not_say_cty_jwt), T(nested_refuses_an_inner_token_that_is_not_signed),
       T(nested_refuses_the_inner_typ), T(nested_refuses_either_layer_alone), T(nested_refuses_json))
