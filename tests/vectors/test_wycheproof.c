/* SPDX-License-Identifier: Apache-2.0 */
/* Wycheproof's signatures: the JWS of json_web_signature_test.json, and those over bytes, each through a JWK. Where we judge otherwise than
 * the label, the row says `why`. What Wycheproof leaves open ("acceptable") we refuse. */
#include "base/base64url.h"
#include "crypto/tables.h"
#include "jose/jws/jws_any.h"
#include "vectors.h"

static void name_row(const struct json *group, const struct json *test)
{
	static char name[160];
	struct slice section = vectors_text(group, "section"), id = vectors_text(test, "id");
	(void)snprintf(name, sizeof name, "%.*s %.*s", (int)section.n, (const char *)section.p, (int)id.n, (const char *)id.p);
	t_set_row(name);
}

static bool flag(const struct json *test, const char *name)
{
	bool value = false;
	return json_bool(json_get(test, slice_cstr(name)), &value) == RC_OK && value;
}

/* What we make of it: the label, or where the row says why the other. */
static bool is_good(const struct json *test)
{
	return flag(test, "valid") != (json_get(test, SLICE("why")) != NULL);
}

/* NULL for a key that we do not take. */
static struct jwk *key_of(const struct json *group)
{
	const struct json *jwk = json_get(group, SLICE("key"));
	struct jwk *key = NULL;
	enum jwk_wanted wanted = json_get(jwk, SLICE("k")) != NULL ? JWK_SYMMETRIC : JWK_PUBLIC;
	CHECK(jwk != NULL);
	rc_ignore(jwk_parse(jwk, wanted | JWK_ENCRYPTION, &key));
	return key;
}

struct tally {
	size_t valid, invalid, deviations;
};

static void count(struct tally *tally, const struct json *test)
{
	bool valid = flag(test, "valid");
	tally->valid += valid;
	tally->invalid += !valid;
	tally->deviations += flag(test, "acceptable") || valid != is_good(test);
}

static enum rc verify(struct slice text, struct jwk *key, struct arena *a)
{
	const struct jws_rules rules = {.algs = JOSE_ALG_BIT(JOSE_ALG_COUNT) - 1, .forms = JWS_COMPACT};
	struct jwks *set = NULL;
	struct jws_signed s;
	CHECK_OK(jwks_of(&key, 1, &set));
	enum rc rc = jws_verify_any(text, set, &rules, a, &s);
	jwks_unref(set);
	return rc;
}

static void check_jws(struct vectors *v, const struct json *test, struct jwk *key)
{
	struct slice text = SLICE_NONE;
	CHECK_OK(json_string(json_get(test, SLICE("text")), &v->arena, &text));
	CHECK((key != NULL && verify(text, key, &v->arena) == RC_OK) == is_good(test));
}

static void web_signatures_are_judged_as_labelled(void)
{
	struct vectors v;
	struct tally tally = {0};
	vectors_load(&v, "wycheproof_jws.json");
	const struct json *groups = json_get(v.root, SLICE("groups"));
	for (const struct json *group = json_first(groups); group != NULL; group = json_next(groups, group)) {
		const struct json *tests = json_get(group, SLICE("tests"));
		struct jwk *key = key_of(group);
		for (const struct json *test = json_first(tests); test != NULL; test = json_next(tests, test)) {
			name_row(group, test);
			check_jws(&v, test, key);
			count(&tally, test);
		}
		jwk_unref(key);
	}
	CHECK(tally.valid == 46 && tally.invalid == 355 && tally.deviations == 8);
	arena_reset(&v.arena);
}

static void check_bytes(struct vectors *v, const struct json *test, const struct jwk *key, enum jose_alg alg)
{
	struct slice data = SLICE_NONE, signature = SLICE_NONE;
	CHECK_OK(base64url_decode_arena(&v->arena, vectors_text(test, "msg"), &data));
	CHECK_OK(base64url_decode_arena(&v->arena, vectors_text(test, "sig"), &signature));
	if (key == NULL)
		CHECK(!is_good(test));
	else
		CHECK_RC(jwk_verify(key, alg, data, signature), is_good(test) ? RC_OK : RC_JOSE_SIGNATURE);
}

/* Uses the key until it has its table. */
static void give_table(const struct jwk *key)
{
	static const uint8_t none[64];
	for (int i = 0; i < CRYPTO_TABLE_USES; i++)
		CHECK_RC(jwk_verify(key, JOSE_ES256, SLICE("x"), slice_of(none, sizeof none)), RC_JOSE_SIGNATURE);
	CHECK(crypto_tables_count() == 1);
}

static void check_file(const char *name, enum jose_alg alg, bool table, struct tally want)
{
	struct vectors v;
	struct tally tally = {0};
	vectors_load(&v, name);
	const struct json *groups = json_get(v.root, SLICE("groups"));
	for (const struct json *group = json_first(groups); group != NULL; group = json_next(groups, group)) {
		const struct json *tests = json_get(group, SLICE("tests"));
		struct jwk *key = key_of(group);
		if (table && key != NULL)
			give_table(key);
		for (const struct json *test = json_first(tests); test != NULL; test = json_next(tests, test)) {
			name_row(group, test);
			check_bytes(&v, test, key, alg);
			count(&tally, test);
		}
		jwk_unref(key);
	}
	CHECK(tally.valid == want.valid && tally.invalid == want.invalid && tally.deviations == want.deviations);
	arena_reset(&v.arena);
}

static void signatures_over_bytes_are_judged_as_labelled(void)
{
	static const struct {
		const char *name;
		enum jose_alg alg;
		struct tally want;
	} files[] = {
		{"wycheproof_es256.json", JOSE_ES256, {173, 89, 0}},     {"wycheproof_es384.json", JOSE_ES384, {193, 87, 0}},
		{"wycheproof_es512.json", JOSE_ES512, {231, 87, 0}},     {"wycheproof_es256k.json", JOSE_ES256K, {167, 85, 0}},
		{"wycheproof_ed25519.json", JOSE_ED25519, {117, 93, 29}}, {"wycheproof_ed448.json", JOSE_ED448, {17, 70, 0}},
		{"wycheproof_hs256.json", JOSE_HS256, {23, 8, 0}},
		{"wycheproof_rs256.json", JOSE_RS256, {9, 250, 3}},      {"wycheproof_ps256.json", JOSE_PS256, {63, 45, 0}},
	};
	crypto_tables_max(0);
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		check_file(files[i].name, files[i].alg, false, files[i].want);
	crypto_tables_max(CRYPTO_TABLES_DEFAULT);
}

/* ES256 again, each key with a table of its multiples: src/crypto/key_table.c adds the points itself. */
static void tables_judge_p256_the_same(void)
{
	check_file("wycheproof_es256.json", JOSE_ES256, true, (struct tally){173, 89, 0});
	CHECK(crypto_tables_count() == 0);
}

T_MAIN(T(web_signatures_are_judged_as_labelled), T(signatures_over_bytes_are_judged_as_labelled), T(tables_judge_p256_the_same))
