/* SPDX-License-Identifier: Apache-2.0 */
/* Claims as programs make and read them: the builder, JSON Pointers, iteration. */
#include <ostiary/ostiary.h>
#include <stdlib.h>

#include "t.h"

enum { NOW = 1800000000 };

static const char *const audiences[] = {"api", NULL}, *const types[] = {"at+jwt", NULL};

static struct ostiary_builder *new_builder(void)
{
	struct ostiary_builder *b = NULL;
	CHECK(ostiary_builder_new(&b) == OSTIARY_OK);
	return b;
}

static bool is(const char *got, const char *want)
{
	return got != NULL && strcmp(got, want) == 0;
}

static void what_is_built_is_escaped(void)
{
	static const char *const roles[] = {"a", "b\"c", NULL};
	struct ostiary_builder *b = new_builder();
	char *text = NULL;
	ostiary_builder_text(b, "sub", "al\"ice\\\n\",\"admin\":true,\"x\":\"");
	ostiary_builder_number(b, "exp", INT64_C(1800000600));
	ostiary_builder_bool(b, "ok", true);
	ostiary_builder_texts(b, "roles", roles);
	ostiary_builder_object(b, "realm_access");
	ostiary_builder_array(b, "list");
	ostiary_builder_number(b, NULL, -1);
	ostiary_builder_object(b, NULL);
	ostiary_builder_end(b);
	ostiary_builder_end(b);
	ostiary_builder_json(b, "raw", "{\"a\":[1,null]}", 14);
	ostiary_builder_end(b);
	CHECK(ostiary_builder_write(b, &text) == OSTIARY_OK);
	CHECK(is(text, "{\"sub\":\"al\\\"ice\\\\\\u000a\\\",\\\"admin\\\":true,\\\"x\\\":\\\"\",\"exp\":1800000600,\"ok\":true,"
		       "\"roles\":[\"a\",\"b\\\"c\"],\"realm_access\":{\"list\":[-1,{}],\"raw\":{\"a\":[1,null]}}}"));
	ostiary_free(text);
	t_set_row("it goes on after it was written");
	ostiary_builder_text(b, "na\"me", "");
	CHECK(ostiary_builder_write(b, &text) == OSTIARY_OK && strstr(text, ",\"na\\\"me\":\"\"}") != NULL);
	ostiary_free(text);
	ostiary_builder_free(b);
	t_set_row("empty");
	b = new_builder();
	CHECK(ostiary_builder_write(b, &text) == OSTIARY_OK && is(text, "{}"));
	ostiary_free(text);
	ostiary_builder_free(b);
	ostiary_builder_free(NULL);
}

static void null_text(struct ostiary_builder *b) { ostiary_builder_text(b, "a", NULL); }
static void null_name(struct ostiary_builder *b) { ostiary_builder_text(b, NULL, "a"); }
static void no_list(struct ostiary_builder *b) { ostiary_builder_texts(b, "a", NULL); }
static void bad_utf8(struct ostiary_builder *b) { ostiary_builder_text(b, "a", "\xff"); }
static void bad_name(struct ostiary_builder *b) { ostiary_builder_number(b, "\xff", 1); }
static void two_values(struct ostiary_builder *b) { ostiary_builder_json(b, "a", "1,\"admin\":true", 14); }
static void no_json(struct ostiary_builder *b) { ostiary_builder_json(b, "a", NULL, 0); }
static void broken_json(struct ostiary_builder *b) { ostiary_builder_json(b, "a", "{\"b\":}", 6); }
static void too_many_ends(struct ostiary_builder *b) { ostiary_builder_end(b); }
static void left_open(struct ostiary_builder *b) { ostiary_builder_object(b, "a"); }

static void name_in_an_array(struct ostiary_builder *b)
{
	ostiary_builder_array(b, "a");
	ostiary_builder_text(b, "b", "c");
	ostiary_builder_end(b);
}

static void twice(struct ostiary_builder *b)
{
	ostiary_builder_number(b, "sub", 1);
	ostiary_builder_number(b, "sub", 2);
}

static void too_deep(struct ostiary_builder *b)
{
	for (int i = 0; i < 20; i++)
		ostiary_builder_object(b, "a");
	for (int i = 0; i < 20; i++)
		ostiary_builder_end(b);
}

static void too_long(struct ostiary_builder *b)
{
	static char text[70 * 1024];
	memset(text, 'x', sizeof text - 1);
	ostiary_builder_text(b, "a", text);
}

static void the_first_failure_stays(void)
{
	static const struct {
		const char *name;
		void (*add)(struct ostiary_builder *b);
		enum ostiary_result result;
	} rows[] = {
		{"a text of NULL", null_text, OSTIARY_ARGUMENT}, {"no name in an object", null_name, OSTIARY_ARGUMENT},
		{"no list", no_list, OSTIARY_ARGUMENT}, {"not UTF-8", bad_utf8, OSTIARY_CLAIMS}, {"a name that is not", bad_name, OSTIARY_CLAIMS},
		{"JSON with more behind it", two_values, OSTIARY_CLAIMS}, {"no JSON", no_json, OSTIARY_ARGUMENT},
		{"broken JSON", broken_json, OSTIARY_CLAIMS}, {"closed too often", too_many_ends, OSTIARY_ARGUMENT},
		{"left open", left_open, OSTIARY_ARGUMENT}, {"a name in an array", name_in_an_array, OSTIARY_ARGUMENT},
		{"a name twice", twice, OSTIARY_CLAIMS}, {"too deep", too_deep, OSTIARY_LIMIT}, {"too long", too_long, OSTIARY_LIMIT},
	};
	T_ROWS(row, rows, name) {
		struct ostiary_builder *b = new_builder();
		char *text = NULL;
		row->add(b);
		ostiary_builder_text(b, "fine", "again");
		CHECK(ostiary_builder_write(b, &text) == row->result && text == NULL);
		ostiary_builder_free(b);
	}
	char *text = NULL;
	CHECK(ostiary_builder_new(NULL) == OSTIARY_ARGUMENT && ostiary_builder_write(NULL, &text) == OSTIARY_ARGUMENT);
	ostiary_builder_text(NULL, "a", "b");
	ostiary_builder_end(NULL);
}

#define CLAIMS                                                                                                                         \
	"{\"iss\":\"i\",\"aud\":\"api\",\"exp\":1800000600,\"realm_access\":{\"roles\":[\"viewer\",\"admi\\u006e\"]},\"a/b\":{\"m~n\":7}," \
	"\"na\\u006de\":\"x\",\"yes\":true,\"nothing\":null,\"half\":0.5}"

static struct ostiary_claims *claims_of(const char *text)
{
	static const struct ostiary_jwk_spec spec = {sizeof spec, .alg = "HS256"};
	static const struct ostiary_policy policy = {sizeof policy, .algorithms = {.hs256 = 1}, .issuer = "i", .audiences = audiences, .types = types};
	struct ostiary_jwk *key = NULL;
	struct ostiary_jwks *keys = NULL;
	struct ostiary_claims *claims = NULL;
	char *token = NULL;
	CHECK(ostiary_jwk_generate(&spec, &key) == OSTIARY_OK);
	CHECK(ostiary_jwks_of((const struct ostiary_jwk *const[]){key}, 1, &keys) == OSTIARY_OK);
	CHECK(ostiary_sign(key, OSTIARY_OF_KEY, "at+jwt", text, &token) == OSTIARY_OK);
	CHECK(ostiary_verify(token, strlen(token), keys, &policy, NOW, &claims) == OSTIARY_OK);
	ostiary_free(token);
	ostiary_jwks_free(keys);
	ostiary_jwk_free(key);
	return claims;
}

static void pointers_lead_to_values(void)
{
	static const struct {
		const char *pointer;
		enum ostiary_type type;
	} there[] = {{"", OSTIARY_OBJECT}, {"/realm_access/roles", OSTIARY_ARRAY}, {"/realm_access/roles/1", OSTIARY_STRING}, {"/a~1b/m~0n", OSTIARY_NUMBER},
		     {"/yes", OSTIARY_BOOL}, {"/nothing", OSTIARY_NULL}, {"/name", OSTIARY_STRING}};
	static const char *const nowhere[] = {"realm_access", "/realm_access/roles/2", "/realm_access/roles/01", "/realm_access/roles/-", "/a/b", "/a~1b/m~n",
					      "/yes/x", "/"};
	struct ostiary_claims *c = claims_of(CLAIMS);
	int64_t n = 0;
	bool yes = false;
	T_ROWS(row, there, pointer)
		CHECK(ostiary_claims_at(c, row->pointer) != NULL && ostiary_value_type(ostiary_claims_at(c, row->pointer)) == row->type);
	T_TEXTS(text, nowhere)
		CHECK(ostiary_claims_at(c, text) == NULL);
	t_set_row("");
	CHECK(ostiary_value_has(ostiary_claims_at(c, "/realm_access/roles"), "admin") && !ostiary_value_has(ostiary_claims_at(c, "/realm_access"), "roles"));
	CHECK(ostiary_claims_has(c, "aud", "api") && !ostiary_claims_has(c, "aud", "ap") && !ostiary_claims_has(c, "none", "api"));
	CHECK(is(ostiary_value_text(c, ostiary_claims_at(c, "/realm_access/roles/1")), "admin"));
	CHECK(ostiary_value_text(c, ostiary_claims_at(c, "/yes")) == NULL && ostiary_value_text(c, NULL) == NULL && ostiary_value_text(NULL, NULL) == NULL);
	CHECK(ostiary_value_number(ostiary_claims_at(c, "/a~1b/m~0n"), &n) && n == 7 && !ostiary_value_number(ostiary_claims_at(c, "/half"), &n));
	CHECK(!ostiary_value_number(NULL, &n) && !ostiary_value_number(ostiary_claims_at(c, "/exp"), NULL) && n == 7);
	CHECK(ostiary_value_bool(ostiary_claims_at(c, "/yes"), &yes) && yes && !ostiary_value_bool(ostiary_claims_at(c, "/exp"), &yes));
	CHECK(!ostiary_value_bool(NULL, &yes) && !ostiary_value_bool(ostiary_claims_at(c, "/yes"), NULL));
	CHECK(ostiary_claims_at(NULL, "") == NULL && ostiary_claims_at(c, NULL) == NULL && !ostiary_value_has(NULL, "a"));
	CHECK(!ostiary_value_has(ostiary_claims_at(c, "/name"), NULL) && ostiary_value_type(NULL) == OSTIARY_NULL);
	ostiary_claims_free(c);
	t_set_row("claims of no token");
	CHECK(ostiary_claims_new(&c) == OSTIARY_OK && ostiary_claims_at(c, "") == NULL);
	ostiary_claims_free(c);
}

static void all_members_come_in_turn(void)
{
	static const char *const names[] = {"iss", "aud", "exp", "realm_access", "a/b", "name", "yes", "nothing", "half"};
	struct ostiary_claims *c = claims_of(CLAIMS);
	const struct ostiary_value *all = ostiary_claims_at(c, ""), *roles = ostiary_claims_at(c, "/realm_access/roles");
	size_t n = 0;
	for (const struct ostiary_value *v = ostiary_value_first(all); v != NULL; v = ostiary_value_next(all, v), n++)
		CHECK(n < ARRAY_LEN(names) && is(ostiary_value_name(c, v), names[n]));
	CHECK(n == ARRAY_LEN(names));
	const struct ostiary_value *first = ostiary_value_first(roles), *second = ostiary_value_next(roles, first);
	CHECK(is(ostiary_value_text(c, first), "viewer") && is(ostiary_value_text(c, second), "admin") && ostiary_value_next(roles, second) == NULL);
	CHECK(ostiary_value_name(c, first) == NULL && ostiary_value_name(c, NULL) == NULL && ostiary_value_name(NULL, first) == NULL);
	CHECK(ostiary_value_first(NULL) == NULL && ostiary_value_first(first) == NULL && ostiary_value_next(NULL, first) == NULL);
	CHECK(ostiary_value_next(roles, NULL) == NULL);
	ostiary_claims_free(c);
}

T_MAIN(T(what_is_built_is_escaped), T(the_first_failure_stays), T(pointers_lead_to_values), T(all_members_come_in_turn))
