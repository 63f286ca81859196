/* SPDX-License-Identifier: Apache-2.0 */
/* Wycheproof's ML-DSA through JWKs of type AKP (RFC 9964): keys from their seeds, signatures over bytes with the context empty. Before
 * OpenSSL 3.5 no such key is taken, in any form. */
#include "base/base64url.h"
#include "jose/jwk/jwk.h"
#include "vectors.h"

static const struct set {
	const char *name;
	enum jose_alg alg;
	size_t omega, k; /* FIPS 204 table 1: hints at most, polynomials that have them */
} sets[] = {
	{"wycheproof_ml_dsa_44.json", JOSE_ML_DSA_44, 80, 4},
	{"wycheproof_ml_dsa_65.json", JOSE_ML_DSA_65, 55, 6},
	{"wycheproof_ml_dsa_87.json", JOSE_ML_DSA_87, 75, 8},
};

static bool available(void)
{
	return crypto_key_available(CRYPTO_KEY_ML_DSA_44);
}

static const struct json *groups_of(struct vectors *v, const struct set *set)
{
	vectors_load(v, set->name);
	return json_get(v->root, SLICE("groups"));
}

static struct slice bytes_of(struct vectors *v, const struct json *row, const char *name)
{
	struct slice s = SLICE_NONE;
	CHECK_OK(base64url_decode_arena(&v->arena, vectors_text(row, name), &s));
	return s;
}

/* A JWK of these members, `priv` left out where empty. */
static enum rc read_key(struct slice alg, struct slice pub, struct slice priv, struct jwk **ret_key)
{
	static char text[2 * CRYPTO_PART_MAX];
	int n = snprintf(text, sizeof text, "{\"kty\":\"AKP\",\"alg\":\"%.*s\",\"pub\":\"%.*s\"%s%.*s%s}", (int)alg.n, (const char *)alg.p,
			 (int)pub.n, (const char *)pub.p, priv.n > 0 ? ",\"priv\":\"" : "", (int)priv.n, (const char *)priv.p,
			 priv.n > 0 ? "\"" : "");
	CHECK(n > 0 && (size_t)n < sizeof text);
	return jwk_read(slice_of(text, (size_t)n), priv.n > 0 ? JWK_PRIVATE : JWK_PUBLIC, ret_key);
}

static void check_signatures(struct vectors *v, const struct json *group, const struct set *set, const struct jwk *key)
{
	const struct json *tests = json_get(group, SLICE("tests"));
	for (const struct json *test = json_first(tests); test != NULL; test = json_next(tests, test)) {
		static char name[160];
		bool valid = false;
		(void)slice_to_cstr(vectors_text(test, "what"), name, sizeof name);
		t_set_row(name);
		CHECK_OK(json_bool(json_get(test, SLICE("valid")), &valid));
		CHECK_RC(jwk_verify(key, set->alg, bytes_of(v, test, "msg"), bytes_of(v, test, "sig")), valid ? RC_OK : RC_JOSE_SIGNATURE);
	}
}

static void signatures_are_judged_as_labelled(void)
{
	for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
		struct vectors v;
		const struct json *groups = groups_of(&v, &sets[i]);
		CHECK(groups != NULL && groups->count == 4);
		for (const struct json *group = json_first(groups); group != NULL; group = json_next(groups, group)) {
			struct jwk *key = NULL;
			CHECK_RC(jwk_parse(json_get(group, SLICE("key")), JWK_PRIVATE, &key), available() ? RC_OK : RC_JOSE_KEY);
			if (key != NULL)
				check_signatures(&v, group, &sets[i], key);
			jwk_unref(key);
		}
		arena_reset(&v.arena);
	}
}

/* RFC 9964 3, 4, 7.3 and 7.4: `pub` and `alg` are there, `priv` is a seed of 32 bytes and makes `pub`, and is in no public key. */
static void keys_are_their_seeds(void)
{
	for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
		struct vectors v;
		const struct json *groups = groups_of(&v, &sets[i]), *group = json_first(groups);
		const struct json *jwk = json_get(group, SLICE("key")), *other = json_get(json_next(groups, group), SLICE("key"));
		struct slice alg = vectors_text(jwk, "alg"), pub = vectors_text(jwk, "pub"), priv = vectors_text(jwk, "priv");
		const struct row {
			const char *name;
			struct slice alg, pub, priv;
			bool good;
		} rows[] = {
			{"public", alg, pub, SLICE_NONE, true},
			{"seed", alg, pub, priv, true},
			{"seed of another key", alg, pub, vectors_text(other, "priv"), false},
			{"public part of another key", alg, vectors_text(other, "pub"), priv, false},
			{"seed of 31 bytes", alg, pub, SLICE("KioqKioqKioqKioqKioqKioqKioqKioqKioqKioqKg"), false},
			{"seed of 33 bytes", alg, pub, SLICE("KioqKioqKioqKioqKioqKioqKioqKioqKioqKioqKioq"), false},
			{"public part a byte short", alg, slice_to(pub, pub.n - 3), SLICE_NONE, false},
			{"no alg", SLICE_NONE, pub, SLICE_NONE, false},
			{"another alg", sets[i].alg == JOSE_ML_DSA_44 ? SLICE("ML-DSA-65") : SLICE("ML-DSA-44"), pub, SLICE_NONE, false},
		};
		T_ROWS(one, rows, name) {
			struct jwk *key = NULL;
			CHECK_RC(read_key(one->alg, one->pub, one->priv, &key), one->good && available() ? RC_OK : RC_JOSE_KEY);
			jwk_unref(key);
		}
		t_set_row("a seed where only public keys are wanted");
		struct jwk *none = NULL;
		CHECK_RC(jwk_parse(jwk, JWK_PUBLIC, &none), RC_JOSE_KEY);
		arena_reset(&v.arena);
	}
}

static void a_seed_signs(void)
{
	for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
		struct vectors v;
		static uint8_t signature[CRYPTO_SIGNATURE_MAX];
		size_t n = 0;
		struct jwk *key = NULL, *made = NULL;
		enum rc rc = available() ? RC_OK : RC_JOSE_KEY;
		CHECK_RC(jwk_parse(json_get(json_first(groups_of(&v, &sets[i])), SLICE("key")), JWK_PRIVATE, &key), rc);
		CHECK_RC(jwk_generate(sets[i].alg, 0, &made), available() ? RC_OK : RC_JOSE_ALG);
		if (key != NULL) {
			CHECK_OK(jwk_sign(key, sets[i].alg, SLICE("x"), signature, sizeof signature, &n));
			CHECK_OK(jwk_verify(key, sets[i].alg, SLICE("x"), slice_of(signature, n)));
			CHECK_RC(jwk_verify(key, sets[i].alg, SLICE("y"), slice_of(signature, n)), RC_JOSE_SIGNATURE);
			CHECK_RC(jwk_verify(made, sets[i].alg, SLICE("x"), slice_of(signature, n)), RC_JOSE_SIGNATURE);
		}
		jwk_unref(key);
		jwk_unref(made);
		arena_reset(&v.arena);
	}
}

/* What is done to a good signature's hints: places [0, omega), then how many of them each of k polynomials has. */
static void swap_first(uint8_t *hints, const struct set *set)
{
	uint8_t first = hints[0];
	CHECK(hints[set->omega] >= 2);
	hints[0] = hints[1];
	hints[1] = first;
}

static void repeat_first(uint8_t *hints, const struct set *set)
{
	CHECK(hints[set->omega] >= 2);
	hints[1] = hints[0];
}

static void fill_behind(uint8_t *hints, const struct set *set)
{
	CHECK(hints[set->omega - 1] == 0);
	hints[set->omega - 1] = 1;
}

static void count_too_many(uint8_t *hints, const struct set *set)
{
	hints[set->omega + set->k - 1] = (uint8_t)(set->omega + 1);
}

static void count_down(uint8_t *hints, const struct set *set)
{
	CHECK(hints[set->omega] > 0);
	hints[set->omega + 1] = (uint8_t)(hints[set->omega] - 1);
}

static void nothing(uint8_t *hints, const struct set *set)
{
	(void)hints;
	(void)set;
}

static void check_changed(struct vectors *v, const struct json *group, const struct set *set, const struct jwk *key)
{
	static const struct {
		const char *name;
		void (*change)(uint8_t *hints, const struct set *set);
		int longer;
		enum rc rc;
	} rows[] = {
		{"unchanged", nothing, 0, RC_OK},
		{"two hints in the other order", swap_first, 0, RC_JOSE_SIGNATURE},
		{"a hint twice", repeat_first, 0, RC_JOSE_SIGNATURE},
		{"something behind the hints", fill_behind, 0, RC_JOSE_SIGNATURE},
		{"more hints than there may be", count_too_many, 0, RC_JOSE_SIGNATURE},
		{"counts that fall", count_down, 0, RC_JOSE_SIGNATURE},
		{"a byte short", nothing, -1, RC_JOSE_SIGNATURE},
		{"a byte more", nothing, 1, RC_JOSE_SIGNATURE},
	};
	const struct json *test = json_first(json_get(group, SLICE("tests")));
	struct slice data = bytes_of(v, test, "msg"), good = bytes_of(v, test, "sig");
	T_ROWS(row, rows, name) {
		uint8_t s[CRYPTO_SIGNATURE_MAX + 1] = {0};
		memcpy(s, good.p, good.n);
		row->change(s + good.n - set->omega - set->k, set);
		CHECK_RC(jwk_verify(key, set->alg, data, slice_of(s, good.n + (size_t)row->longer)), row->rc);
	}
	CHECK_RC(jwk_verify(key, set->alg, data, SLICE_NONE), RC_JOSE_SIGNATURE);
}

/* FIPS 204 algorithm 21: the same hints in another order, or something behind them, would be another text of one signature. */
static void hints_have_one_encoding(void)
{
	for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
		struct vectors v;
		struct jwk *key = NULL;
		const struct json *group = json_first(groups_of(&v, &sets[i]));
		CHECK_RC(jwk_parse(json_get(group, SLICE("key")), JWK_PRIVATE, &key), available() ? RC_OK : RC_JOSE_KEY);
		if (key != NULL)
			check_changed(&v, group, &sets[i], key);
		jwk_unref(key);
		arena_reset(&v.arena);
	}
}

T_MAIN(T(signatures_are_judged_as_labelled), T(keys_are_their_seeds), T(a_seed_signs), T(hints_have_one_encoding))
