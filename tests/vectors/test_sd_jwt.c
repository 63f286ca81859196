/* SPDX-License-Identifier: Apache-2.0 */
/* The examples of RFC 9901, from sd_jwt.json: signature (by the key of its A.5), digests, key binding, resulting payload. */
#include "jose/sdjwt/sdjwt.h"
#include "t.h"

enum { FILE_MAX = 64 * 1024, NOW = 1748361941 };

static const char keys_text[] =
	"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ\","
	"\"y\":\"Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8\"}]}";

static bool same(const struct json *a, const struct json *b, struct arena *arena)
{
	struct slice x, y;
	if (a == NULL || b == NULL || a->type != b->type || a->count != b->count)
		return false;
	if (a->type == JSON_STRING)
		return json_string(a, arena, &x) == RC_OK && json_string(b, arena, &y) == RC_OK && slice_eq(x, y);
	if (a->count == 0)
		return a->type == JSON_OBJECT || a->type == JSON_ARRAY || slice_eq(a->text, b->text);
	const struct json *other = json_first(b);
	for (const struct json *m = json_first(a); m != NULL; m = json_next(a, m)) {
		if (a->type == JSON_OBJECT && json_key(m, arena, &x) != RC_OK)
			return false;
		if (!same(m, a->type == JSON_OBJECT ? json_get(b, x) : other, arena))
			return false;
		other = a->type == JSON_OBJECT ? NULL : json_next(b, other);
	}
	return true;
}

/* The example, written anew from its compact form: all of a flattened one; of a general one the first signature, but for the
 * kid beside it, which says nothing. */
static void check_written(const struct json *json, struct slice text, struct arena *a)
{
	static const struct slice names[] = {SLICE_INIT("protected"), SLICE_INIT("signature")};
	static const struct slice parameters[] = {SLICE_INIT("disclosures"), SLICE_INIT("kb_jwt")};
	const struct json *theirs = json_first(json_get(json, SLICE("signatures"))), *root = NULL;
	struct slice made = SLICE_NONE;
	CHECK_OK(sdjwt_to_json(text, theirs == NULL ? JWS_FLATTENED : JWS_GENERAL, a, &made));
	CHECK_OK(json_parse_arena(a, made, 256, &root));
	if (theirs == NULL) {
		CHECK(same(json, root, a));
		return;
	}
	const struct json *ours = json_first(json_get(root, SLICE("signatures")));
	CHECK(json_get(root, SLICE("signatures"))->count == 1 && same(json_get(json, SLICE("payload")), json_get(root, SLICE("payload")), a));
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		CHECK(same(json_get(theirs, names[i]), json_get(ours, names[i]), a));
	for (size_t i = 0; i < ARRAY_LEN(parameters); i++)
		CHECK(same(json_get(json_get(theirs, SLICE("header")), parameters[i]), json_get(json_get(ours, SLICE("header")), parameters[i]), a));
}

static void check(const struct json *row, struct jwks *keys, struct arena *a)
{
	bool bound = false;
	int64_t disclosures = -1, now = NOW;
	struct slice typ = json_get(row, SLICE("typ"))->text;
	struct jwt_policy jwt = {.algs = JOSE_ALG_BIT(JOSE_ES256), .issuer = json_get(row, SLICE("iss"))->text, .aud_optional = true,
				 .types = &typ, .type_count = 1};
	CHECK_OK(json_bool(json_get(row, SLICE("bound")), &bound));
	CHECK_OK(json_int(json_get(row, SLICE("disclosures")), &disclosures));
	if (json_get(row, SLICE("now")) != NULL)
		CHECK_OK(json_int(json_get(row, SLICE("now")), &now));
	struct sdjwt_policy policy = {.jwt = &jwt, .binding_required = bound, .binding_algs = JOSE_ALG_BIT(JOSE_ES256),
				      .aud = SLICE("https://verifier.example.org"), .nonce = SLICE("1234567890")};
	const struct json *json = json_get(row, SLICE("json"));
	struct slice text = json != NULL ? SLICE_NONE : json_get(row, SLICE("sd_jwt"))->text;
	if (json != NULL) {
		CHECK_OK(sdjwt_from_json(json->text, a, &text));
		check_written(json, text, a);
	}
	struct sdjwt s = {.disclosure_count = 0};
	const struct json *result = json_get(row, SLICE("result"));
	enum rc rc = sdjwt_verify(text, keys, &policy, now, a, &s);
	CHECK_SLICE(slice_cstr(rc_row(rc)->name), result == NULL ? SLICE("OK") : result->text);
	if (rc != RC_OK)
		return;
	CHECK((int64_t)s.disclosure_count == disclosures);
	CHECK(same(s.claims.root, json_get(row, SLICE("payload")), a));
	policy.nonce = SLICE("1234567891");
	CHECK_RC(sdjwt_verify(text, keys, &policy, now, a, &s), bound ? RC_JOSE_BINDING : RC_OK);
}

static void sd_jwt_examples_verify(void)
{
	static char text[FILE_MAX], name[128];
	struct arena a;
	struct jwks *keys = NULL;
	const struct json *root = NULL;
	FILE *f = fopen(VECTORS "/sd_jwt.json", "r");
	CHECK(f != NULL);
	if (f == NULL)
		return;
	arena_init(&a, 8 << 20);
	struct slice all = slice_of(text, fread(text, 1, sizeof text, f));
	(void)fclose(f);
	CHECK_OK(json_parse_arena(&a, all, 1024, &root));
	CHECK_OK(jwks_read(slice_cstr(keys_text), JWK_PUBLIC, &keys, NULL));
	CHECK(root != NULL && root->count == 9);
	for (const struct json *row = json_first(root); row != NULL; row = json_next(root, row)) {
		(void)slice_to_cstr(json_get(row, SLICE("section"))->text, name, sizeof name);
		t_set_row(name);
		check(row, keys, &a);
	}
	jwks_unref(keys);
	arena_reset(&a);
}

T_MAIN(T(sd_jwt_examples_verify))
