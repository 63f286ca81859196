/* SPDX-License-Identifier: Apache-2.0 */
/* The examples of RFC 7515, 7520 4, 7797, 8037 and 9964 in every serialization, from the JSON file beside this one. */
#include "base/base64url.h"
#include "crypto/key.h"
#include "jose/jws/jws_any.h"
#include "vectors.h"

enum { KEYS_MAX = 8 };

static bool flag(const struct json *row, const char *name)
{
	bool value = false;
	return json_bool(json_get(row, slice_cstr(name)), &value) == RC_OK && value;
}

static struct jwks *keys_of(const struct json *row)
{
	const struct json *list = json_get(row, SLICE("keys"));
	struct jwk *keys[KEYS_MAX];
	struct jwks *set = NULL;
	size_t n = 0;
	for (const struct json *v = json_first(list); v != NULL && n < KEYS_MAX; v = json_next(list, v)) {
		bool whole = json_get(v, SLICE("d")) != NULL || json_get(v, SLICE("k")) != NULL;
		CHECK_OK(jwk_parse(v, whole ? JWK_PRIVATE : JWK_PUBLIC, &keys[n++]));
	}
	CHECK_OK(jwks_of(keys, n, &set));
	while (n > 0)
		jwk_unref(keys[--n]);
	return set;
}

/* The algorithms that a row allows: where its keys name none, the RFC's text says which they are for. */
static jose_alg_set algs_of(const struct json *row)
{
	const struct json *list = json_get(row, SLICE("algs"));
	jose_alg_set algs = 0;
	for (const struct json *v = json_first(list); v != NULL; v = json_next(list, v)) {
		enum jose_alg alg = JOSE_ALG_COUNT;
		CHECK_OK(jose_alg_by_name(v->text, &alg));
		algs |= JOSE_ALG_BIT(alg);
	}
	return list == NULL ? JOSE_ALG_BIT(JOSE_ALG_COUNT) - 1 : algs;
}

static void check_row(const struct json *row)
{
	struct arena a;
	struct slice payload = SLICE_NONE, text = SLICE_NONE;
	struct jws_signed s;
	int64_t needed = 0;
	struct jwks *set = keys_of(row);
	arena_init(&a, 1 << 20);
	CHECK_OK(json_string(json_get(row, SLICE("text")), &a, &text));
	CHECK_OK(base64url_decode_arena(&a, vectors_text(row, "payload"), &payload));
	(void)(json_int(json_get(row, SLICE("needed")), &needed) == RC_OK);
	struct jws_rules rules = {
		.algs = algs_of(row), .forms = JWS_COMPACT | JWS_FLATTENED | JWS_GENERAL,
		.unencoded = flag(row, "unencoded"), .detached = flag(row, "detached"), .needed = (size_t)needed, .all = flag(row, "all"),
	};
	if (rules.detached)
		rules.payload = payload;
	enum rc rc = jws_verify_any(text, set, &rules, &a, &s);
	CHECK_SLICE(slice_cstr(rc_row(rc)->name), vectors_text(row, "result"));
	if (rc == RC_OK)
		CHECK_SLICE(s.payload, payload);
	jwks_unref(set);
	arena_reset(&a);
}

/* ML-DSA before OpenSSL 3.5: the key is not taken, and so nothing is verified with it. Else its kid is its thumbprint. */
static bool post_quantum_key_is_taken(const struct json *row)
{
	const struct json *v = json_first(json_get(row, SLICE("keys")));
	struct jwk *key = NULL;
	uint8_t thumbprint[32];
	char text[43];
	bool there = crypto_key_available(CRYPTO_KEY_ML_DSA_44);
	CHECK_RC(jwk_parse(v, JWK_PUBLIC, &key), there ? RC_OK : RC_JOSE_KEY);
	if (key == NULL)
		return false;
	CHECK_OK(jwk_thumbprint(key, thumbprint));
	base64url_encode_to(slice_of(thumbprint, 32), text);
	CHECK_SLICE(jwk_kid(key), slice_of(text, 43));
	jwk_unref(key);
	return true;
}

static void jws_examples_in_every_serialization(void)
{
	struct vectors v;
	vectors_load(&v, "jws_any.json");
	CHECK(v.root != NULL && v.root->count == 42);
	for (const struct json *row = json_first(v.root); row != NULL; row = json_next(v.root, row)) {
		vectors_row(row);
		if (!flag(row, "post_quantum") || post_quantum_key_is_taken(row))
			check_row(row);
	}
	arena_reset(&v.arena);
}

T_MAIN(T(jws_examples_in_every_serialization))
