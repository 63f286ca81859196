/* SPDX-License-Identifier: Apache-2.0 */
/* The examples of RFC 7515, 7517, 7520, 7638 and 8037, from the JSON files beside this one. */
#include <unistd.h>

#include "base/base64url.h"
#include "jose/jws/jws.h"
#include "vectors.h"

static struct jwk *key_of(const struct json *row)
{
	struct jwk *key = NULL;
	const struct json *v = json_get(row, SLICE("key"));
	CHECK(v != NULL);
	if (v != NULL)
		CHECK_OK(jwk_parse(v, json_get(v, SLICE("d")) == NULL && json_get(v, SLICE("k")) == NULL ? JWK_PUBLIC : JWK_PRIVATE,
				   &key));
	return key;
}

static const char *wanted_result(const struct json *row)
{
	static char name[64];
	(void)slice_to_cstr(vectors_text(row, "result"), name, sizeof name);
	return name;
}

static void check_jws(const struct json *row)
{
	struct jwk *key = key_of(row);
	struct arena a;
	struct jws jws = {.payload = SLICE_NONE};
	struct slice payload;
	arena_init(&a, 65536);
	if (key == NULL)
		return;
	enum rc rc = jws_verify_key(vectors_text(row, "compact"), key, JOSE_ALG_BIT(JOSE_ALG_COUNT) - 1, &a, &jws);
	CHECK_SLICE(slice_cstr(rc_row(rc)->name), slice_cstr(wanted_result(row)));
	if (rc == RC_OK) {
		CHECK_OK(base64url_decode_arena(&a, vectors_text(row, "payload"), &payload));
		CHECK_SLICE(jws.payload, payload);
	}
	jwk_unref(key);
	arena_reset(&a);
}

static void jws_examples_verify(void)
{
	struct vectors v;
	vectors_load(&v, "jws.json");
	for (const struct json *row = json_first(v.root); row != NULL; row = json_next(v.root, row)) {
		vectors_row(row);
		check_jws(row);
	}
	arena_reset(&v.arena);
}

/* Where the algorithm is deterministic, our own signature is the example's to the last character. */
static void jws_examples_sign_to_the_same_bytes(void)
{
	struct vectors v;
	unsigned same = 0;
	vectors_load(&v, "jws.json");
	for (const struct json *row = json_first(v.root); row != NULL; row = json_next(v.root, row)) {
		struct jwt_parts parts;
		struct jwt_header header;
		uint8_t signature[JWK_SIGNATURE_MAX];
		struct slice again;
		size_t n;
		vectors_row(row);
		if (jwt_split(vectors_text(row, "compact"), &parts) != RC_OK ||
		    jwt_header_read(&parts, &v.arena, &header) != RC_OK)
			continue;
		if (header.alg != JOSE_HS256 && header.alg != JOSE_RS256 && header.alg != JOSE_EDDSA)
			continue;
		struct jwk *key = key_of(row);
		CHECK_OK(jwk_sign(key, header.alg, parts.signing_input, signature, sizeof signature, &n));
		CHECK_OK(base64url_encode_arena(&v.arena, slice_of(signature, n), &again));
		CHECK_SLICE(again, parts.signature64);
		same++;
		jwk_unref(key);
	}
	CHECK(same == 5);
	arena_reset(&v.arena);
}

static void thumbprint_examples_match(void)
{
	struct vectors v;
	vectors_load(&v, "thumbprints.json");
	for (const struct json *row = json_first(v.root); row != NULL; row = json_next(v.root, row)) {
		uint8_t got[32];
		char text[43];
		vectors_row(row);
		struct jwk *key = key_of(row);
		if (key == NULL)
			continue;
		CHECK_OK(jwk_thumbprint(key, got));
		base64url_encode_to(slice_of(got, 32), text);
		CHECK_SLICE(slice_of(text, 43), vectors_text(row, "thumbprint"));
		jwk_unref(key);
	}
	arena_reset(&v.arena);
}

static void key_set_examples_read(void)
{
	struct vectors v;
	vectors_load(&v, "key_sets.json");
	for (const struct json *row = json_first(v.root); row != NULL; row = json_next(v.root, row)) {
		struct jwks *set = NULL;
		struct slice wanted = vectors_text(row, "wanted");
		int64_t kept = -1, must_skip = -1;
		size_t skipped = 0;
		vectors_row(row);
		CHECK_OK(json_int(json_get(row, SLICE("kept")), &kept));
		CHECK_OK(json_int(json_get(row, SLICE("skipped")), &must_skip));
		bool published = slice_eq(wanted, SLICE("public")) && kept < 0;
		CHECK_RC(jwks_read(vectors_text(row, "set"),
				   slice_eq(wanted, SLICE("public"))    ? JWK_PUBLIC
				   : slice_eq(wanted, SLICE("private")) ? JWK_PRIVATE
									: JWK_SYMMETRIC,
				   &set, &skipped),
			 published ? RC_JOSE_PRIVATE : RC_OK);
		CHECK(published || (set != NULL && (int64_t)jwks_count(set) == kept && (int64_t)skipped == must_skip));
		jwks_unref(set);
		/* Their certificates are their own. */
		CHECK_OK(jwks_read(vectors_text(row, "set"), JWK_ANY | JWK_CERTIFIED, &set, &skipped));
		CHECK(kept < 0 || jwks_count(set) >= (size_t)kept);
		jwks_unref(set);
	}
	arena_reset(&v.arena);
}

/* Each set of keys is labelled by what it makes of one signature; the one that we judge otherwise says why. Keys are read for both purposes, so that the refusals
 * are the key's and not the reader's. */
static void wycheproof_keys_verify_as_labelled(void)
{
	struct vectors v;
	unsigned rows = 0;
	vectors_load(&v, "wycheproof_jwk.json");
	for (const struct json *row = json_first(v.root); row != NULL; row = json_next(v.root, row)) {
		bool is_symmetric = slice_eq(vectors_text(row, "wanted"), SLICE("symmetric")), valid = false;
		struct jwks *set = NULL;
		struct jws jws;
		vectors_row(row);
		CHECK_OK(json_bool(json_get(row, SLICE("valid")), &valid));
		for (int both = 0; both < 2; both++) {
			enum jwk_wanted wanted = (is_symmetric ? JWK_SYMMETRIC : JWK_PUBLIC) | (both ? JWK_ENCRYPTION : 0);
			enum rc rc = jwks_read(vectors_text(row, "set"), wanted, &set, NULL);
			if (rc == RC_OK) {
				rc = jws_verify(vectors_text(row, "compact"), set, JOSE_ALG_BIT(JOSE_ALG_COUNT) - 1, &v.arena, &jws);
				jwks_unref(set);
			}
			CHECK((rc == RC_OK) == valid);
		}
		rows++;
	}
	CHECK(rows == 26);
	arena_reset(&v.arena);
}

T_MAIN(T(wycheproof_keys_verify_as_labelled), T(jws_examples_verify), T(jws_examples_sign_to_the_same_bytes), T(thumbprint_examples_match), T(key_set_examples_read))
