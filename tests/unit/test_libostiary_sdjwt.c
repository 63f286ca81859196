/* SPDX-License-Identifier: Apache-2.0 */
/* The public SD-JWT functions: issuer, holder and verifier, and what each refuses. */
#include <ostiary/ostiary.h>

#include "t.h"

enum { NOW = 1700000000 };

static const char *const types[] = {"example+sd-jwt", NULL};
static const struct ostiary_policy token_policy = {sizeof token_policy, .algorithms = OSTIARY_ES256, .issuer = "https://issuer.example", .types = types};
static const char *const hide[] = {"/given_name", "/address", "/address/locality", "/roles/1", NULL};
static const char claims_text[] =
	"{\"iss\":\"https://issuer.example\",\"exp\":1800000000,\"given_name\":\"John\",\"address\":{\"locality\":\"Anytown\","
	"\"region\":\"R\"},\"roles\":[\"a\",\"b\"]}";

struct fixture {
	struct ostiary_jwk *issuer, *holder;
	struct ostiary_jwks *keys;
	char *credential;
};

static void setup(struct fixture *f)
{
	static const struct ostiary_jwk_spec es256 = {sizeof es256, .alg = "ES256"}, ed25519 = {sizeof ed25519, .alg = "Ed25519"};
	*f = (struct fixture){.issuer = NULL};
	CHECK(ostiary_jwk_generate(&es256, &f->issuer) == OSTIARY_OK && ostiary_jwk_generate(&ed25519, &f->holder) == OSTIARY_OK);
	const struct ostiary_jwk *list[] = {f->issuer};
	CHECK(ostiary_jwks_of(list, 1, &f->keys) == OSTIARY_OK);
	const struct ostiary_sdjwt_credential c = {sizeof c, .claims = claims_text, .hide = hide, .decoys = 1, .typ = types[0], .holder = f->holder};
	CHECK(ostiary_sdjwt_issue(&c, f->issuer, OSTIARY_OF_KEY, &f->credential) == OSTIARY_OK);
}

static void teardown(struct fixture *f)
{
	ostiary_free(f->credential);
	ostiary_jwks_free(f->keys);
	ostiary_jwk_free(f->issuer);
	ostiary_jwk_free(f->holder);
}

static struct ostiary_sdjwt_policy verifier(void)
{
	return (struct ostiary_sdjwt_policy){sizeof(struct ostiary_sdjwt_policy), .token = &token_policy, .audience_optional = true, .binding_required = true,
					     .binding_algorithms = OSTIARY_ED25519, .binding_audience = "https://verifier.example",
					     .nonce = "n"};
}

static void sdjwt_is_issued_presented_and_verified(void)
{
	static const char *const show[] = {"/address/locality", NULL};
	struct fixture f;
	char *shown = NULL, *list = NULL;
	struct ostiary_claims *claims = NULL;
	setup(&f);
	CHECK(ostiary_sdjwt_list(f.credential, strlen(f.credential), &list) == OSTIARY_OK);
	CHECK(strstr(list, "{\"path\":\"/roles/1\",\"value\":\"b\"}") != NULL);
	CHECK(strstr(list, "{\"path\":\"/address\",\"value\":{\"region\":\"R\",\"locality\":\"Anytown\"}}") != NULL);
	const struct ostiary_sdjwt_binding binding = {sizeof binding, .key = f.holder, .audience = "https://verifier.example", .nonce = "n", .now = NOW};
	CHECK(ostiary_sdjwt_present(f.credential, strlen(f.credential), show, &binding, &shown) == OSTIARY_OK);
	struct ostiary_sdjwt_policy policy = verifier();
	CHECK(ostiary_sdjwt_verify(shown, strlen(shown), f.keys, &policy, NOW, &claims) == OSTIARY_OK);
	size_t length;
	const char *json = ostiary_claims_json(claims, &length);
	CHECK(strstr(json, "\"address\":{\"region\":\"R\",\"locality\":\"Anytown\"}") != NULL && strstr(json, "\"roles\":[\"a\"]") != NULL);
	CHECK(strstr(json, "given_name") == NULL && strstr(json, "_sd") == NULL);
	ostiary_claims_free(claims);
	claims = NULL;
	static const unsigned forms[] = {OSTIARY_JWS_FLATTENED, OSTIARY_JWS_GENERAL};
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		char *written = NULL, *back = NULL;
		CHECK(ostiary_sdjwt_to_json(shown, strlen(shown), forms[i], &written) == OSTIARY_OK);
		CHECK((strstr(written, "\"signatures\":[") != NULL) == (i == 1) && strstr(written, "\"kb_jwt\":\"") != NULL);
		CHECK(ostiary_sdjwt_from_json(written, strlen(written), &back) == OSTIARY_OK && strcmp(back, shown) == 0);
		ostiary_free(written);
		ostiary_free(back);
	}
	ostiary_free(shown);
	ostiary_free(list);
	teardown(&f);
}

static void sdjwt_verify_names_its_reasons(void)
{
	struct fixture f;
	char *shown = NULL;
	struct ostiary_claims *claims = NULL;
	setup(&f);
	struct ostiary_sdjwt_policy policy = verifier();
	size_t n = strlen(f.credential);
	CHECK(ostiary_sdjwt_verify(f.credential, n, f.keys, &policy, NOW, &claims) == OSTIARY_BINDING);
	policy.nonce = NULL;
	CHECK(ostiary_sdjwt_verify(f.credential, n, f.keys, &policy, NOW, &claims) == OSTIARY_ARGUMENT);
	policy.binding_required = false;
	CHECK(ostiary_sdjwt_verify(f.credential, n - 1, f.keys, &policy, NOW, &claims) == OSTIARY_DISCLOSURE);
	CHECK(ostiary_sdjwt_verify(f.credential, n, f.keys, &policy, 1800000000, &claims) == OSTIARY_EXP);
	policy.audience_optional = false;
	CHECK(ostiary_sdjwt_verify(f.credential, n, f.keys, &policy, NOW, &claims) == OSTIARY_AUD);
	CHECK(ostiary_sdjwt_verify("a.b.c", 5, f.keys, &policy, NOW, &claims) == OSTIARY_MALFORMED);
	CHECK(claims == NULL);
	const struct ostiary_sdjwt_binding binding = {sizeof binding, .key = f.holder, .audience = "", .nonce = "n", .now = NOW};
	CHECK(ostiary_sdjwt_present(f.credential, n, NULL, &binding, &shown) == OSTIARY_ARGUMENT && shown == NULL);
	teardown(&f);
}

/* What jwt.h says of `algorithms`. */
static void a_key_that_fits_several_algorithms_is_no_issuers(void)
{
	static const char text[] = "{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8AAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHw\"}";
	struct ostiary_policy token = token_policy;
	struct ostiary_jwk *key = NULL;
	struct ostiary_jwks *keys = NULL;
	struct ostiary_claims *claims = NULL;
	char *credential = NULL;
	CHECK(ostiary_jwk_parse(text, strlen(text), OSTIARY_JWK_SYMMETRIC, &key) == OSTIARY_OK);
	const struct ostiary_jwk *list[] = {key};
	CHECK(ostiary_jwks_of(list, 1, &keys) == OSTIARY_OK);
	const struct ostiary_sdjwt_credential c = {sizeof c, .claims = claims_text, .hide = hide, .typ = types[0]};
	CHECK(ostiary_sdjwt_issue(&c, key, OSTIARY_HS256, &credential) == OSTIARY_OK);
	const struct ostiary_sdjwt_policy policy = {sizeof policy, .token = &token, .audience_optional = true};
	token.algorithms = (struct ostiary_jws_algorithms){.hs256 = 1, .hs512 = 1};
	CHECK(ostiary_sdjwt_verify(credential, strlen(credential), keys, &policy, NOW, &claims) == OSTIARY_ALG);
	token.algorithms = OSTIARY_HS256;
	CHECK(ostiary_sdjwt_verify(credential, strlen(credential), keys, &policy, NOW, &claims) == OSTIARY_OK);
	ostiary_claims_free(claims);
	ostiary_free(credential);
	ostiary_jwks_free(keys);
	ostiary_jwk_free(key);
}

static void sdjwt_arguments_that_make_no_sense_are_refused(void)
{
	static const char *const nowhere[] = {"/none", NULL}, *const twice[] = {"/roles", "/roles", NULL}, *const iss[] = {"/iss", NULL};
	struct fixture f;
	char *text = NULL;
	setup(&f);
	struct ostiary_sdjwt_credential c = {sizeof c, .claims = claims_text, .hide = nowhere};
	CHECK(ostiary_sdjwt_issue(&c, f.issuer, OSTIARY_OF_KEY, &text) == OSTIARY_ARGUMENT);
	c.hide = twice;
	CHECK(ostiary_sdjwt_issue(&c, f.issuer, OSTIARY_OF_KEY, &text) == OSTIARY_ARGUMENT);
	c.hide = iss;
	CHECK(ostiary_sdjwt_issue(&c, f.issuer, OSTIARY_OF_KEY, &text) == OSTIARY_ARGUMENT);
	c.hide = NULL;
	CHECK(ostiary_sdjwt_issue(&c, f.issuer, OSTIARY_ED25519, &text) == OSTIARY_ALG);
	c.hash = (enum ostiary_sdjwt_hash)3;
	CHECK(ostiary_sdjwt_issue(&c, f.issuer, OSTIARY_OF_KEY, &text) == OSTIARY_ARGUMENT);
	c = (struct ostiary_sdjwt_credential){sizeof(struct ostiary_sdjwt_credential), .claims = "[]"};
	CHECK(ostiary_sdjwt_issue(&c, f.issuer, OSTIARY_OF_KEY, &text) == OSTIARY_CLAIMS);
	CHECK(ostiary_sdjwt_issue(NULL, f.issuer, OSTIARY_OF_KEY, &text) == OSTIARY_ARGUMENT);
	CHECK(ostiary_sdjwt_present(f.credential, strlen(f.credential), nowhere, NULL, &text) == OSTIARY_ARGUMENT);
	CHECK(ostiary_sdjwt_list("x", 1, &text) == OSTIARY_MALFORMED);
	CHECK(ostiary_sdjwt_to_json("x", 1, OSTIARY_JWS_GENERAL, &text) == OSTIARY_MALFORMED);
	CHECK(ostiary_sdjwt_to_json(f.credential, strlen(f.credential), OSTIARY_JWS_COMPACT, &text) == OSTIARY_ARGUMENT);
	CHECK(ostiary_sdjwt_to_json(NULL, 0, OSTIARY_JWS_GENERAL, &text) == OSTIARY_ARGUMENT);
	CHECK(ostiary_sdjwt_to_json(f.credential, strlen(f.credential), OSTIARY_JWS_GENERAL, NULL) == OSTIARY_ARGUMENT);
	CHECK(text == NULL);
	teardown(&f);
}

T_MAIN(T(a_key_that_fits_several_algorithms_is_no_issuers),
       T(sdjwt_is_issued_presented_and_verified), T(sdjwt_verify_names_its_reasons), T(sdjwt_arguments_that_make_no_sense_are_refused))
