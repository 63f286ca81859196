/* SPDX-License-Identifier: Apache-2.0 */
/* ostiary/jws.h as its users see it. */
#include <ostiary/ostiary.h>
#include <string.h>

#include "t.h"

static struct ostiary_jwk *new_key(const char *alg)
{
	struct ostiary_jwk *key = NULL;
	CHECK(ostiary_jwk_generate(&(struct ostiary_jwk_spec){sizeof(struct ostiary_jwk_spec), .alg = alg}, &key) == OSTIARY_OK);
	return key;
}

static struct ostiary_jwks *set_of(const struct ostiary_jwk *a, const struct ostiary_jwk *b)
{
	const struct ostiary_jwk *keys[2] = {a, b};
	struct ostiary_jwks *set = NULL;
	CHECK(ostiary_jwks_of(keys, b == NULL ? 1 : 2, &set) == OSTIARY_OK);
	return set;
}

static void two_sign_one_payload(void)
{
	struct ostiary_jwk *ec = new_key("ES256"), *ed = new_key("Ed25519");
	struct ostiary_jwks *both = set_of(ec, ed), *one = set_of(ed, NULL);
	const struct ostiary_jws_signature who[2] = {{sizeof(struct ostiary_jws_signature), .key = ec, .typ = "x+y", .header = "{\"note\":1}"}, {sizeof(struct ostiary_jws_signature), .key = ed, .more = "{\"n\":\"v\"}"}};
	const struct ostiary_jws_content what = {sizeof what, .form = OSTIARY_JWS_GENERAL, .payload = "pay\0load", .payload_length = 8};
	struct ostiary_jws_policy p = {sizeof p, .algorithms = {.es256 = 1, .ed25519 = 1}, .forms = OSTIARY_JWS_GENERAL, .needed = 2, .all = true};
	struct ostiary_jws *jws = NULL;
	char *text = NULL;
	size_t n = 0;
	CHECK(ostiary_jws_sign(&what, who, 2, &text) == OSTIARY_OK);
	CHECK(ostiary_jws_verify(text, strlen(text), both, &p, &jws) == OSTIARY_OK);
	const void *payload = ostiary_jws_payload(jws, &n);
	CHECK(n == 8 && payload != NULL && memcmp(payload, "pay\0load", 8) == 0);
	CHECK(ostiary_jws_count(jws) == 2 && ostiary_jws_holds(jws, 0) && ostiary_jws_holds(jws, 1) && !ostiary_jws_holds(jws, 2));
	CHECK(strcmp(ostiary_jws_text(jws, 0, "typ"), "x+y") == 0 && strcmp(ostiary_jws_text(jws, 1, "n"), "v") == 0);
	CHECK(ostiary_jws_text(jws, 1, "n") == ostiary_jws_text(jws, 1, "n") && ostiary_jws_header(jws, 1) == ostiary_jws_header(jws, 1));
	CHECK(ostiary_jws_text(jws, 0, "note") == NULL && ostiary_jws_text(jws, 2, "typ") == NULL);
	CHECK(strstr(ostiary_jws_header(jws, 0), "\"alg\":\"ES256\"") != NULL && ostiary_jws_header(jws, 2) == NULL);
	CHECK(strcmp(ostiary_jwk_kid(ostiary_jws_key(jws, 1)), ostiary_jwk_kid(ed)) == 0);
	ostiary_jws_free(jws);
	CHECK(ostiary_jws_verify(text, strlen(text), one, &p, &jws) == OSTIARY_KID);
	p.needed = 0;
	p.all = false;
	CHECK(ostiary_jws_verify(text, strlen(text), one, &p, &jws) == OSTIARY_OK);
	ostiary_jwks_free(one);
	CHECK(!ostiary_jws_holds(jws, 0) && ostiary_jws_key(jws, 0) == NULL && ostiary_jws_key(jws, 1) != NULL);
	ostiary_jws_free(jws);
	ostiary_free(text);
	ostiary_jwks_free(both);
	ostiary_jwk_free(ec);
	ostiary_jwk_free(ed);
}

/* Memory for all of it at once: what is signed is put together in one place for all signatures. */
static void most_signatures_over_nearly_the_largest_payload(void)
{
	static char payload[760 * 1024];
	struct ostiary_jwk *key = new_key("ES256");
	struct ostiary_jwks *set = set_of(key, NULL);
	const struct ostiary_jws_content what = {sizeof what, .form = OSTIARY_JWS_GENERAL, .payload = payload, .payload_length = sizeof payload};
	const struct ostiary_jws_policy p = {sizeof p, .algorithms = OSTIARY_ES256, .forms = OSTIARY_JWS_GENERAL, .all = true};
	struct ostiary_jws_signature who[16];
	struct ostiary_jws *jws = NULL;
	char *text = NULL;
	size_t n = 0;
	for (size_t i = 0; i < 16; i++)
		who[i] = (struct ostiary_jws_signature){sizeof(struct ostiary_jws_signature), .key = key};
	CHECK(ostiary_jws_sign(&what, who, 16, &text) == OSTIARY_OK);
	if (text != NULL)
		CHECK(ostiary_jws_verify(text, strlen(text), set, &p, &jws) == OSTIARY_OK);
	CHECK(ostiary_jws_count(jws) == 16 && ostiary_jws_payload(jws, &n) != NULL && n == sizeof payload);
	ostiary_jws_free(jws);
	ostiary_free(text);
	ostiary_jwks_free(set);
	ostiary_jwk_free(key);
}

static void detached_and_unencoded(void)
{
	static const char *const understood[] = {"http://example.com/x", NULL};
	struct ostiary_jwk *key = new_key("ES256");
	struct ostiary_jwks *set = set_of(key, NULL);
	const struct ostiary_jws_signature who = {
		.size = sizeof who, .key = key, .algorithm = OSTIARY_ES256, .more = "{\"http://example.com/x\":true}", .critical = understood, .without_kid = true,
	};
	const struct ostiary_jws_content what = {sizeof what, OSTIARY_JWS_COMPACT, "a.b", 3, true, true};
	struct ostiary_jws_policy p = {sizeof p, .algorithms = OSTIARY_ES256, .forms = OSTIARY_JWS_COMPACT, .understood = understood, .unencoded = true,
				       .detached = true, .payload = "a.b", .payload_length = 3};
	struct ostiary_jws *jws = NULL;
	char *text = NULL;
	CHECK(ostiary_jws_sign(&what, &who, 1, &text) == OSTIARY_OK);
	CHECK(strstr(text, "..") != NULL);
	CHECK(ostiary_jws_verify(text, strlen(text), set, &p, &jws) == OSTIARY_OK);
	CHECK(ostiary_jws_payload(jws, NULL) == p.payload && ostiary_jws_text(jws, 0, "kid") == NULL);
	ostiary_jws_free(jws);
	p.payload = "a.c";
	CHECK(ostiary_jws_verify(text, strlen(text), set, &p, &jws) == OSTIARY_SIGNATURE);
	p.payload = "a.b";
	p.understood = NULL;
	CHECK(ostiary_jws_verify(text, strlen(text), set, &p, &jws) == OSTIARY_HEADER);
	p.understood = understood;
	p.unencoded = false;
	CHECK(ostiary_jws_verify(text, strlen(text), set, &p, &jws) == OSTIARY_HEADER);
	p.unencoded = true;
	p.detached = false;
	CHECK(ostiary_jws_verify(text, strlen(text), set, &p, &jws) == OSTIARY_MALFORMED);
	ostiary_free(text);
	ostiary_jwks_free(set);
	ostiary_jwk_free(key);
}

static void a_policy_of_zeros_refuses(void)
{
	struct ostiary_jwk *key = new_key("ES256");
	struct ostiary_jwks *set = set_of(key, NULL);
	const struct ostiary_jws_signature who = {sizeof who, .key = key};
	const struct ostiary_jws_content what = {sizeof what, OSTIARY_JWS_COMPACT, "x", 1, false, false};
	struct ostiary_jws_policy p = {sizeof p};
	struct ostiary_jws *jws = NULL;
	char *text = NULL;
	CHECK(ostiary_jws_sign(&what, &who, 1, &text) == OSTIARY_OK);
	CHECK(ostiary_jws_verify(text, strlen(text), set, &p, &jws) == OSTIARY_MALFORMED);
	p.forms = OSTIARY_JWS_COMPACT;
	CHECK(ostiary_jws_verify(text, strlen(text), set, &p, &jws) == OSTIARY_ALG);
	p.algorithms = OSTIARY_RS256;
	CHECK(ostiary_jws_verify(text, strlen(text), set, &p, &jws) == OSTIARY_ALG);
	p.algorithms = OSTIARY_ES256;
	CHECK(ostiary_jws_verify(text, strlen(text), set, &p, &jws) == OSTIARY_OK);
	ostiary_jws_free(jws);
	ostiary_free(text);
	ostiary_jwks_free(set);
	ostiary_jwk_free(key);
}

static void calls_that_make_no_sense(void)
{
	static const char *const many[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d", "e", "f", "g", NULL};
	struct ostiary_jwk *key = new_key("ES256");
	struct ostiary_jwks *set = set_of(key, NULL);
	struct ostiary_jws_signature who = {sizeof who, .key = key};
	struct ostiary_jws_content what = {sizeof what, OSTIARY_JWS_COMPACT, "x", 1, false, false};
	struct ostiary_jws_policy p = {sizeof p, .algorithms = OSTIARY_ES256, .forms = OSTIARY_JWS_COMPACT};
	struct ostiary_jws *jws = NULL;
	char *text = NULL;
	CHECK(ostiary_jws_verify(NULL, 0, set, &p, &jws) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jws_verify("x", 1, NULL, &p, &jws) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jws_verify("x", 1, set, NULL, &jws) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jws_verify("x", 1, set, &p, NULL) == OSTIARY_ARGUMENT);
	p.understood = many;
	CHECK(ostiary_jws_verify("x", 1, set, &p, &jws) == OSTIARY_ARGUMENT);
	p.understood = NULL;
	p.payload_length = 1;
	CHECK(ostiary_jws_verify("x", 1, set, &p, &jws) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jws_sign(NULL, &who, 1, &text) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jws_sign(&what, NULL, 1, &text) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jws_sign(&what, &who, 1, NULL) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jws_sign(&what, &who, 0, &text) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jws_sign(&what, &who, 17, &text) == OSTIARY_ARGUMENT);
	what.form = 3;
	CHECK(ostiary_jws_sign(&what, &who, 1, &text) == OSTIARY_ARGUMENT);
	what.form = OSTIARY_JWS_COMPACT;
	what.payload = NULL;
	CHECK(ostiary_jws_sign(&what, &who, 1, &text) == OSTIARY_ARGUMENT);
	what.payload = "x";
	who.critical = many;
	CHECK(ostiary_jws_sign(&what, &who, 1, &text) == OSTIARY_ARGUMENT);
	who.critical = NULL;
	who.algorithm = OSTIARY_RS256;
	CHECK(ostiary_jws_sign(&what, &who, 1, &text) == OSTIARY_ALG);
	who.key = NULL;
	CHECK(ostiary_jws_sign(&what, &who, 1, &text) == OSTIARY_ARGUMENT);
	CHECK(text == NULL && jws == NULL);
	CHECK(ostiary_jws_count(NULL) == 0 && ostiary_jws_payload(NULL, NULL) == NULL);
	ostiary_jws_free(NULL);
	ostiary_jwks_free(set);
	ostiary_jwk_free(key);
}

/* With or without tables: the same answers. A set of its own has none while another set's keys get theirs. */
static void tables_change_no_answer(void)
{
	struct ostiary_jwk *key = new_key("ES256");
	struct ostiary_jwks *set = set_of(key, NULL), *sets[2] = {NULL, NULL};
	const struct ostiary_jws_signature who = {sizeof who, .key = key};
	const struct ostiary_jws_content what = {sizeof what, OSTIARY_JWS_COMPACT, "x", 1, false, false};
	const struct ostiary_jws_policy p = {sizeof p, .algorithms = OSTIARY_ES256, .forms = OSTIARY_JWS_COMPACT};
	const struct ostiary_jwks_options without = {sizeof without, .no_tables = true};
	char *text = NULL, *public = NULL;
	CHECK(ostiary_jwks_write(set, false, &public) == OSTIARY_OK);
	CHECK(ostiary_jwks_read(public, strlen(public), NULL, &sets[0]) == OSTIARY_OK);
	CHECK(ostiary_jwks_read(public, strlen(public), &without, &sets[1]) == OSTIARY_OK);
	CHECK(ostiary_jws_sign(&what, &who, 1, &text) == OSTIARY_OK);
	for (int i = 0; i < 300; i++) {
		struct ostiary_jws *jws = NULL;
		CHECK(ostiary_jws_verify(text, strlen(text), sets[i & 1], &p, &jws) == OSTIARY_OK);
		ostiary_jws_free(jws);
		char *last = text + strlen(text) - 10, was = *last;
		*last = was == 'A' ? 'B' : 'A';
		CHECK(ostiary_jws_verify(text, strlen(text), sets[i & 1], &p, &jws) == OSTIARY_SIGNATURE);
		*last = was;
	}
	ostiary_free(text);
	ostiary_free(public);
	ostiary_jwks_free(sets[0]);
	ostiary_jwks_free(sets[1]);
	ostiary_jwks_free(set);
	ostiary_jwk_free(key);
}

T_MAIN(T(two_sign_one_payload), T(most_signatures_over_nearly_the_largest_payload),
       T(detached_and_unencoded), T(a_policy_of_zeros_refuses), T(tables_change_no_answer), T(calls_that_make_no_sense))
