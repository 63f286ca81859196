/* SPDX-License-Identifier: Apache-2.0 */
/* SD-JWT: round trips, and every refusal of RFC 9901 7.1 to 7.3. */
#include "sdjwt_fixture.h"

/* Everything disclosed is what was issued; nothing disclosed is what was not hidden. */
static void sdjwt_issue_and_verify(void)
{
	struct fixture f;
	struct sdjwt s;
	struct slice shown;
	const struct json *v;
	setup(&f);
	struct sdjwt_issue what = everything(&f);
	for (enum crypto_hash h = CRYPTO_SHA256; h <= CRYPTO_SHA512; h++) {
		what.hash = h;
		struct slice text = issue(&f, &what);
		CHECK_OK(verify(&f, text, &plain, &s));
		CHECK(s.disclosure_count == ARRAY_LEN(hide_all));
		CHECK_SLICE(s.claims.sub, SLICE("u42"));
		CHECK_OK(sdjwt_at(s.claims.root, SLICE("/address/locality"), &v));
		CHECK_SLICE(v->text, SLICE("Anytown"));
		CHECK_OK(sdjwt_at(s.claims.root, SLICE("/nationalities/2"), &v));
		CHECK_SLICE(v->text, SLICE("FR"));
		CHECK_OK(sdjwt_at(s.claims.root, SLICE("/a~1b~0c/1/x"), &v));
		CHECK_SLICE(v->text, SLICE("true"));
		CHECK(json_get(s.claims.root, SLICE("_sd_alg")) == NULL && json_get(s.claims.root, SLICE("_sd")) == NULL);
		CHECK_OK(sdjwt_present(text, NULL, 0, &f.a, &shown));
		CHECK_OK(verify(&f, shown, &plain, &s));
		CHECK(s.disclosure_count == 0 && s.claims.sub.n == 0);
		CHECK_OK(sdjwt_at(s.claims.root, SLICE("/nationalities"), &v));
		CHECK_SLICE(v->text, SLICE("[\"DE\"]"));
		arena_reset(&f.a);
	}
	teardown(&f);
}

/* The salt makes each issue another one, and digests of one object stand sorted. */
static void sdjwt_issue_hides_values_and_order(void)
{
	struct fixture f;
	struct slice payload, rest, part[3];
	const struct json *root;
	setup(&f);
	struct sdjwt_issue what = everything(&f);
	struct slice one = issue(&f, &what), two = issue(&f, &what);
	CHECK(!slice_eq(slice_to(one, slice_find(one, '~')), slice_to(two, slice_find(two, '~'))));
	rest = slice_to(one, slice_find(one, '~'));
	for (size_t i = 0; i < 3; i++)
		CHECK(slice_split(&rest, '.', &part[i]));
	CHECK_OK(base64url_decode_arena(&f.a, part[1], &payload));
	CHECK(memmem(payload.p, payload.n, "John", 4) == NULL && memmem(payload.p, payload.n, "locality", 8) == NULL);
	CHECK_OK(json_parse_arena(&f.a, payload, 256, &root));
	const struct json *sd = json_get(root, SLICE("_sd")), *last = NULL;
	CHECK(sd != NULL && sd->count == 3 + 3);
	for (const struct json *e = json_first(sd); e != NULL; last = e, e = json_next(sd, e))
		CHECK(last == NULL || slice_cmp(last->text, e->text) < 0);
	const struct json *list = json_get(root, SLICE("nationalities"));
	CHECK(list != NULL && list->count == 3 + 3);
	teardown(&f);
}

static void sdjwt_issue_refusals(void)
{
	static const struct {
		const char *name, *claims, *hide[3];
		unsigned decoys;
		enum rc rc;
	} rows[] = {
		{"no such claim", "{" BASE "}", {"/none"}, 0, RC_NOT_FOUND},
		{"no such element", "{" BASE ",\"a\":[1]}", {"/a/1"}, 0, RC_NOT_FOUND},
		{"an element by another spelling", "{" BASE ",\"a\":[1]}", {"/a/00"}, 0, RC_NOT_FOUND},
		{"not a pointer", "{" BASE "}", {"iss"}, 0, RC_SYNTAX},
		{"a bad escape", "{" BASE ",\"~2\":1}", {"/~2"}, 0, RC_SYNTAX},
		{"twice", "{" BASE ",\"a\":1}", {"/a", "/a"}, 0, RC_DUPLICATE},
		{"the whole", "{" BASE "}", {""}, 0, RC_RANGE},
		{"iss", "{" BASE "}", {"/iss"}, 0, RC_RANGE},
		{"exp", "{" BASE "}", {"/exp"}, 0, RC_RANGE},
		{"nbf", "{" BASE ",\"nbf\":1}", {"/nbf"}, 0, RC_RANGE},
		{"aud", "{" BASE ",\"aud\":\"x\"}", {"/aud"}, 0, RC_RANGE},
		{"cnf given", "{" BASE ",\"cnf\":{}}", {NULL}, 0, RC_RANGE},
		{"_sd", "{" BASE ",\"_sd\":[]}", {NULL}, 0, RC_RANGE},
		{"_sd inside", "{" BASE ",\"a\":[{\"_sd\":1}]}", {NULL}, 0, RC_RANGE},
		{"_sd by escape", "{" BASE ",\"a\":{\"\\u005fsd\":1}}", {NULL}, 0, RC_RANGE},
		{"...", "{" BASE ",\"a\":[{\"...\":\"x\"}]}", {NULL}, 0, RC_RANGE},
		{"_sd_alg", "{" BASE ",\"_sd_alg\":\"sha-256\"}", {NULL}, 0, RC_RANGE},
		{"too many decoys", "{" BASE ",\"a\":1}", {"/a"}, SDJWT_DECOYS_MAX + 1, RC_RANGE},
		{"not an object", "[]", {NULL}, 0, RC_JOSE_CLAIMS},
		{"not JSON", "{", {NULL}, 0, RC_JOSE_CLAIMS},
	};
	struct fixture f;
	setup(&f);
	T_ROWS(row, rows, name) {
		struct slice hide[3], text = SLICE("untouched");
		struct sdjwt_issue what = {.claims = slice_cstr(row->claims), .hide = hide, .decoys = row->decoys,
					   .holder = f.holder};
		for (; row->hide[what.hide_count] != NULL; what.hide_count++)
			hide[what.hide_count] = slice_cstr(row->hide[what.hide_count]);
		CHECK_RC(sdjwt_issue(&what, f.issuer, JOSE_ES256, &f.a, &text), row->rc);
		CHECK_SLICE(text, SLICE("untouched"));
	}
	t_set_row("what is in cnf");
	static const struct slice in_cnf[] = {SLICE_INIT("/cnf"), SLICE_INIT("/cnf/jwk"), SLICE_INIT("/cnfx")};
	for (size_t i = 0; i < ARRAY_LEN(in_cnf); i++) {
		struct sdjwt_issue what = {.claims = SLICE("{" BASE ",\"cnf\":{\"jwk\":{}},\"cnfx\":1}"), .hide = &in_cnf[i], .hide_count = 1};
		struct slice text;
		CHECK_RC(sdjwt_issue(&what, f.issuer, JOSE_ES256, &f.a, &text), i == 2 ? RC_OK : RC_RANGE);
	}
	t_set_row("a secret as the holder's key");
	struct jwk *secret;
	struct slice text = SLICE("untouched");
	CHECK_OK(jwk_generate(JOSE_HS256, 0, &secret));
	struct sdjwt_issue what = {.claims = SLICE("{" BASE "}"), .holder = secret};
	CHECK_RC(sdjwt_issue(&what, f.issuer, JOSE_ES256, &f.a, &text), RC_JOSE_KEY);
	CHECK_SLICE(text, SLICE("untouched"));
	jwk_unref(secret);
	teardown(&f);
}

/* A claim inside a hidden one brings the outer disclosure along; a visible one needs none. */
static void sdjwt_present_shows_what_is_chosen(void)
{
	static const struct slice locality[] = {SLICE_INIT("/address/locality")};
	static const struct slice visible[] = {SLICE_INIT("/nationalities/1"), SLICE_INIT("/iss")};
	static const struct slice prefix[] = {SLICE_INIT("/given_nam")};
	struct fixture f;
	struct sdjwt s;
	struct slice shown;
	const struct json *v;
	setup(&f);
	struct sdjwt_issue what = everything(&f);
	struct slice text = issue(&f, &what);
	CHECK_OK(sdjwt_present(text, locality, 1, &f.a, &shown));
	CHECK_OK(verify(&f, shown, &plain, &s));
	CHECK(s.disclosure_count == 2);
	CHECK_OK(sdjwt_at(s.claims.root, SLICE("/address"), &v));
	CHECK_SLICE(v->text, SLICE("{\"street\":\"Main St\",\"locality\":\"Anytown\"}"));
	CHECK_RC(sdjwt_at(s.claims.root, SLICE("/given_name"), &v), RC_NOT_FOUND);
	CHECK_OK(sdjwt_present(text, visible, 2, &f.a, &shown));
	CHECK_OK(verify(&f, shown, &plain, &s));
	CHECK(s.disclosure_count == 0);
	CHECK_RC(sdjwt_present(text, prefix, 1, &f.a, &shown), RC_NOT_FOUND);
	teardown(&f);
}

static struct slice present_bound(struct fixture *f, struct slice text, const struct sdjwt_binding *b)
{
	static const struct slice name[] = {SLICE_INIT("/given_name")};
	struct slice shown = SLICE_NONE, all = SLICE_NONE;
	CHECK_OK(sdjwt_present(text, name, 1, &f->a, &shown));
	CHECK_OK(sdjwt_bind(shown, b, &f->a, &all));
	return all;
}

static void sdjwt_key_binding_holds(void)
{
	struct fixture f;
	struct sdjwt s;
	struct slice shown;
	setup(&f);
	struct sdjwt_issue what = everything(&f);
	struct sdjwt_binding b = binding_of(&f);
	what.hash = CRYPTO_SHA384;
	struct slice all = present_bound(&f, issue(&f, &what), &b);
	CHECK_OK(verify(&f, all, &bound, &s));
	CHECK(s.disclosure_count == 1);
	/* 7.3: the verifier's policy decides, not what was sent. */
	CHECK_OK(verify(&f, all, &plain, &s));
	/* 7.2: a holder takes no SD-JWT+KB. */
	CHECK_RC(sdjwt_present(all, NULL, 0, &f.a, &shown), RC_JOSE_BINDING);
	CHECK_RC(sdjwt_bind(all, &b, &f.a, &shown), RC_JOSE_BINDING);
	CHECK_OK(sdjwt_present(issue(&f, &what), NULL, 0, &f.a, &shown));
	b.nonce = SLICE_NONE;
	CHECK_RC(sdjwt_bind(shown, &b, &f.a, &all), RC_RANGE);
	b = binding_of(&f);
	b.aud = SLICE_NONE;
	CHECK_RC(sdjwt_bind(shown, &b, &f.a, &all), RC_RANGE);
	teardown(&f);
}

static void sdjwt_key_binding_refuses_another_transaction(void)
{
	struct fixture f;
	setup(&f);
	struct sdjwt_issue what = everything(&f);
	struct slice text = issue(&f, &what);
	struct sdjwt_binding b = binding_of(&f);
	CHECK_OK(verify(&f, present_bound(&f, text, &b), &bound, NULL));
	t_set_row("another verifier");
	b.aud = SLICE("https://other.example");
	CHECK_RC(verify(&f, present_bound(&f, text, &b), &bound, NULL), RC_JOSE_BINDING);
	t_set_row("another nonce");
	b = binding_of(&f);
	b.nonce = SLICE("n-2");
	CHECK_RC(verify(&f, present_bound(&f, text, &b), &bound, NULL), RC_JOSE_BINDING);
	t_set_row("too old");
	b = binding_of(&f);
	b.iat = NOW - SDJWT_BINDING_AGE;
	CHECK_OK(verify(&f, present_bound(&f, text, &b), &bound, NULL));
	b.iat--;
	CHECK_RC(verify(&f, present_bound(&f, text, &b), &bound, NULL), RC_JOSE_BINDING);
	t_set_row("from the future");
	b.iat = NOW + SDJWT_BINDING_AGE + 1;
	CHECK_RC(verify(&f, present_bound(&f, text, &b), &bound, NULL), RC_JOSE_BINDING);
	t_set_row("of any age");
	struct sdjwt_policy ageless = bound;
	ageless.binding_age = INT64_MAX;
	CHECK_OK(verify(&f, present_bound(&f, text, &b), &ageless, NULL));
	b.iat = 0;
	CHECK_OK(verify(&f, present_bound(&f, text, &b), &ageless, NULL));
	t_set_row("another key");
	b = binding_of(&f);
	b.key = f.issuer;
	b.alg = JOSE_ES256;
	CHECK_RC(verify(&f, present_bound(&f, text, &b), &bound, NULL), RC_JOSE_BINDING);
	t_set_row("an algorithm that is not allowed");
	struct sdjwt_policy narrow = bound;
	narrow.binding_algs = JOSE_ALG_BIT(JOSE_ES256);
	b = binding_of(&f);
	CHECK_RC(verify(&f, present_bound(&f, text, &b), &narrow, NULL), RC_JOSE_BINDING);
	teardown(&f);
}

/* Attack: a presentation without the KB-JWT, or of a credential that names no holder. */
static void sdjwt_missing_key_binding_is_refused(void)
{
	struct fixture f;
	struct slice shown;
	setup(&f);
	struct sdjwt_issue what = everything(&f);
	struct slice text = issue(&f, &what);
	CHECK_OK(sdjwt_present(text, NULL, 0, &f.a, &shown));
	CHECK_RC(verify(&f, shown, &bound, NULL), RC_JOSE_BINDING);
	what.holder = NULL;
	struct sdjwt_binding b = binding_of(&f);
	CHECK_RC(verify(&f, present_bound(&f, issue(&f, &what), &b), &bound, NULL), RC_JOSE_BINDING);
	teardown(&f);
}

/* Attack: the KB-JWT of one presentation behind another. */
static void sdjwt_sd_hash_of_other_text_is_refused(void)
{
	static const struct slice more[] = {SLICE_INIT("/given_name"), SLICE_INIT("/sub")};
	struct fixture f;
	struct slice other, swapped;
	setup(&f);
	struct sdjwt_issue what = everything(&f);
	struct slice text = issue(&f, &what);
	struct sdjwt_binding b = binding_of(&f);
	struct slice all = present_bound(&f, text, &b);
	size_t last = all.n;
	while (all.p[last - 1] != '~')
		last--;
	CHECK_OK(sdjwt_present(text, more, 2, &f.a, &other));
	CHECK_OK(arena_join(&f.a, (struct slice[]){other, slice_from(all, last)}, 2, &swapped));
	CHECK_RC(verify(&f, swapped, &bound, NULL), RC_JOSE_BINDING);
	teardown(&f);
}

/* A KB-JWT made by hand over no disclosures: header and claims as given; `@` in them is the right sd_hash. */
static struct slice hand_bound(struct fixture *f, const char *typ, const char *claims)
{
	struct slice shown = SLICE_NONE, kb = SLICE_NONE, all = SLICE_NONE, hash, text;
	struct jwt_signer signer = jwt_signer_of(f->holder);
	struct sdjwt_issue what = everything(f);
	uint8_t digest[32];
	CHECK_OK(sdjwt_present(issue(f, &what), NULL, 0, &f->a, &shown));
	crypto_sha256(shown, digest);
	CHECK_OK(base64url_encode_arena(&f->a, slice_of(digest, sizeof digest), &hash));
	struct slice given = slice_cstr(claims);
	size_t at = slice_find(given, '@');
	struct slice parts[] = {slice_to(given, at), at == given.n ? SLICE_NONE : hash, slice_from(given, at + 1)};
	CHECK_OK(arena_join(&f->a, parts, 3, &text));
	CHECK_OK(jwt_sign(&signer, JOSE_ED25519, SLICE_NONE, slice_cstr(typ), text, &f->a, &kb));
	CHECK_OK(arena_join(&f->a, (struct slice[]){shown, kb}, 2, &all));
	return all;
}

static void sdjwt_kb_jwt_rules(void)
{
#define KB "\"aud\":\"https://verifier.example\",\"nonce\":\"n-1\",\"iat\":1700000000,\"sd_hash\":\"@\""
	static const struct {
		const char *name, *typ, *claims;
		enum rc rc;
	} rows[] = {
		{"as it must be", "kb+jwt", "{" KB "}", RC_OK},
		{"long type", "application/kb+jwt", "{" KB "}", RC_OK},
		{"another type", "JWT", "{" KB "}", RC_JOSE_BINDING},
		{"no type", "", "{" KB "}", RC_JOSE_BINDING},
		{"no aud", "kb+jwt", "{\"nonce\":\"n-1\",\"iat\":1700000000,\"sd_hash\":\"@\"}", RC_JOSE_BINDING},
		{"aud an array", "kb+jwt", "{\"aud\":[\"https://verifier.example\"],\"nonce\":\"n-1\",\"iat\":1700000000,\"sd_hash\":\"@\"}",
		 RC_JOSE_BINDING},
		{"no nonce", "kb+jwt", "{\"aud\":\"https://verifier.example\",\"iat\":1700000000,\"sd_hash\":\"@\"}", RC_JOSE_BINDING},
		{"nonce a number", "kb+jwt", "{\"aud\":\"https://verifier.example\",\"nonce\":1,\"iat\":1700000000,\"sd_hash\":\"@\"}",
		 RC_JOSE_BINDING},
		{"no iat", "kb+jwt", "{\"aud\":\"https://verifier.example\",\"nonce\":\"n-1\",\"sd_hash\":\"@\"}", RC_JOSE_BINDING},
		{"no sd_hash", "kb+jwt", "{\"aud\":\"https://verifier.example\",\"nonce\":\"n-1\",\"iat\":1700000000}", RC_JOSE_BINDING},
		{"expired", "kb+jwt", "{" KB ",\"exp\":1700000000}", RC_JOSE_BINDING},
		{"exp a text", "kb+jwt", "{" KB ",\"exp\":\"1900000000\"}", RC_JOSE_BINDING},
		{"not yet", "kb+jwt", "{" KB ",\"nbf\":1700000001}", RC_JOSE_BINDING},
		{"good dates", "kb+jwt", "{" KB ",\"nbf\":1700000000,\"exp\":1700000001}", RC_OK},
		{"a claim twice", "kb+jwt", "{" KB ",\"nonce\":\"n-1\"}", RC_JOSE_BINDING},
		{"not an object", "kb+jwt", "[\"@\"]", RC_JOSE_BINDING},
	};
	struct fixture f;
	setup(&f);
	T_ROWS(row, rows, name)
		CHECK_RC(verify(&f, hand_bound(&f, row->typ, row->claims), &bound, NULL), row->rc);
	teardown(&f);
}

/* An SD-JWT by hand: in `claims` each `@n` is the digest of the n-th disclosure, in disclosure n those of the ones before.
 * `sent` says which are behind the JWT. */
struct hand {
	const char *name, *claims;
	const char *disclosures[5];
	const char *sent; /* "012" */
	enum rc rc;
};

static struct slice fill(struct fixture *f, const char *text, const struct slice *digests)
{
	struct buf b;
	uint8_t *memory = arena_alloc(&f->a, TEXT_MAX);
	buf_over(&b, memory, TEXT_MAX);
	for (; *text != 0; text++) {
		if (*text == '@')
			buf_put(&b, digests[*++text - '0']);
		else
			buf_byte(&b, (uint8_t)*text);
	}
	CHECK_OK(buf_rc(&b));
	return buf_slice(&b);
}

static struct slice by_hand(struct fixture *f, const struct hand *h)
{
	struct slice digests[5] = {0}, list[5] = {0}, jwt = SLICE_NONE;
	struct jwt_signer signer = jwt_signer_of(f->issuer);
	uint8_t *memory = arena_alloc(&f->a, TEXT_MAX);
	struct buf b;
	for (size_t i = 0; i < 5 && h->disclosures[i] != NULL; i++) {
		uint8_t digest[32];
		CHECK_OK(base64url_encode_arena(&f->a, fill(f, h->disclosures[i], digests), &list[i]));
		crypto_sha256(list[i], digest);
		CHECK_OK(base64url_encode_arena(&f->a, slice_of(digest, sizeof digest), &digests[i]));
	}
	CHECK_OK(jwt_sign(&signer, JOSE_ES256, SLICE_NONE, SLICE("example+sd-jwt"), fill(f, h->claims, digests), &f->a, &jwt));
	buf_over(&b, memory, TEXT_MAX);
	buf_put(&b, jwt);
	buf_byte(&b, '~');
	for (const char *s = h->sent; *s != 0; s++) {
		buf_put(&b, list[*s - '0']);
		buf_byte(&b, '~');
	}
	return buf_slice(&b);
}

/* A name that no pointer can be asked for is not listed as if it could. */
static void sdjwt_list_refuses_a_name_that_is_too_long(void)
{
	static char name[1200];
	static const struct hand hand = {"", "{" BASE ",\"_sd\":[\"@0\"]}", {name}, "0", RC_OK};
	struct fixture f;
	struct slice list = SLICE("untouched");
	setup(&f);
	memset(name, 'n', sizeof name - 1);
	memcpy(name, "[\"s\",\"", 6);
	memcpy(name + sizeof name - 5, "\",1]", 4);
	CHECK_OK(verify(&f, by_hand(&f, &hand), &plain, NULL));
	CHECK_RC(sdjwt_list(by_hand(&f, &hand), &f.a, &list), RC_NOT_FOUND);
	CHECK_SLICE(list, SLICE("untouched"));
	teardown(&f);
}

static void run_hand(const struct hand *rows, size_t count)
{
	struct fixture f;
	setup(&f);
	for (size_t i = 0; i < count; i++) {
		t_set_row(rows[i].name);
		CHECK_RC(verify(&f, by_hand(&f, &rows[i]), &plain, NULL), rows[i].rc);
		arena_reset(&f.a);
	}
	teardown(&f);
}

#define A "[\"salt\",\"a\",1]"

static void sdjwt_duplicate_digests_are_refused(void)
{
	static const struct hand rows[] = {
		{"once", "{" BASE ",\"_sd\":[\"@0\"]}", {A}, "0", RC_OK},
		{"in one list", "{" BASE ",\"_sd\":[\"@0\",\"@0\"]}", {A}, "0", RC_JOSE_DISCLOSURE},
		{"in one list, not disclosed", "{" BASE ",\"_sd\":[\"@0\",\"@0\"]}", {A}, "", RC_JOSE_DISCLOSURE},
		{"on two levels", "{" BASE ",\"_sd\":[\"@0\"],\"o\":{\"_sd\":[\"@0\"]}}", {A}, "0", RC_JOSE_DISCLOSURE},
		{"in an array and an object", "{" BASE ",\"_sd\":[\"@0\"],\"l\":[{\"...\":\"@0\"}]}", {A}, "0", RC_JOSE_DISCLOSURE},
		{"through another disclosure", "{" BASE ",\"_sd\":[\"@0\",\"@1\"]}", {A, "[\"s\",\"b\",{\"_sd\":[\"@0\"]}]"}, "01",
		 RC_JOSE_DISCLOSURE},
		{"inside an array", "{" BASE ",\"l\":[[{\"_sd\":[\"x\",\"x\"]}]]}", {NULL}, "", RC_JOSE_DISCLOSURE},
		{"inside a disclosed element", "{" BASE ",\"l\":[{\"...\":\"@0\"}]}", {"[\"s\",{\"_sd\":[\"x\",\"x\"]}]"}, "0", RC_JOSE_DISCLOSURE},
		{"a decoy twice", "{" BASE ",\"_sd\":[\"x\",\"x\"]}", {NULL}, "", RC_JOSE_DISCLOSURE},
	};
	run_hand(rows, ARRAY_LEN(rows));
}

static void sdjwt_disclosure_given_twice_is_refused(void)
{
	static const struct hand rows[] = {
		{"twice", "{" BASE ",\"_sd\":[\"@0\"]}", {A}, "00", RC_JOSE_DISCLOSURE},
	};
	run_hand(rows, ARRAY_LEN(rows));
}

static void sdjwt_unreferenced_disclosure_is_refused(void)
{
	static const struct hand rows[] = {
		{"nowhere", "{" BASE "}", {A}, "0", RC_JOSE_DISCLOSURE},
		{"its parent is not disclosed", "{" BASE ",\"_sd\":[\"@1\"]}", {A, "[\"s\",\"b\",{\"_sd\":[\"@0\"]}]"}, "0",
		 RC_JOSE_DISCLOSURE},
		{"with its parent", "{" BASE ",\"_sd\":[\"@1\"]}", {A, "[\"s\",\"b\",{\"_sd\":[\"@0\"]}]"}, "01", RC_OK},
		{"in any order", "{" BASE ",\"_sd\":[\"@1\"]}", {A, "[\"s\",\"b\",{\"_sd\":[\"@0\"]}]"}, "10", RC_OK},
		{"as a claim's text", "{" BASE ",\"x\":\"@0\"}", {A}, "0", RC_JOSE_DISCLOSURE},
	};
	run_hand(rows, ARRAY_LEN(rows));
}

static void sdjwt_reserved_names_are_refused(void)
{
	static const struct hand rows[] = {
		{"_sd", "{" BASE ",\"_sd\":[\"@0\"]}", {"[\"s\",\"_sd\",[]]"}, "0", RC_JOSE_DISCLOSURE},
		{"_sd by escape", "{" BASE ",\"_sd\":[\"@0\"]}", {"[\"s\",\"\\u005fsd\",[]]"}, "0", RC_JOSE_DISCLOSURE},
		{"...", "{" BASE ",\"_sd\":[\"@0\"]}", {"[\"s\",\"...\",\"x\"]"}, "0", RC_JOSE_DISCLOSURE},
		{"_sd_alg", "{" BASE ",\"_sd\":[\"@0\"]}", {"[\"s\",\"_sd_alg\",\"sha-256\"]"}, "0", RC_JOSE_DISCLOSURE},
		{"... in an object", "{" BASE ",\"o\":{\"...\":\"x\"}}", {NULL}, "", RC_JOSE_DISCLOSURE},
		{"... beside another member", "{" BASE ",\"l\":[{\"...\":\"x\",\"y\":1}]}", {NULL}, "", RC_JOSE_DISCLOSURE},
		{"... not a text", "{" BASE ",\"l\":[{\"...\":1}]}", {NULL}, "", RC_JOSE_DISCLOSURE},
		{"_sd not a list", "{" BASE ",\"_sd\":\"x\"}", {NULL}, "", RC_JOSE_DISCLOSURE},
		{"_sd of numbers", "{" BASE ",\"_sd\":[1]}", {NULL}, "", RC_JOSE_DISCLOSURE},
		{"... in a disclosed value", "{" BASE ",\"_sd\":[\"@0\"]}", {"[\"s\",\"a\",{\"...\":\"x\"}]"}, "0", RC_JOSE_DISCLOSURE},
	};
	run_hand(rows, ARRAY_LEN(rows));
}

static void sdjwt_claim_that_exists_is_refused(void)
{
	static const struct hand rows[] = {
		{"visible", "{" BASE ",\"a\":2,\"_sd\":[\"@0\"]}", {A}, "0", RC_JOSE_CLAIMS},
		{"visible by escape", "{" BASE ",\"\\u0061\":2,\"_sd\":[\"@0\"]}", {A}, "0", RC_JOSE_CLAIMS},
		{"iss", "{" BASE ",\"_sd\":[\"@0\"]}", {"[\"s\",\"iss\",\"https://other\"]"}, "0", RC_JOSE_CLAIMS},
		{"two of one name", "{" BASE ",\"_sd\":[\"@0\",\"@1\"]}", {A, "[\"t\",\"a\",2]"}, "01", RC_JOSE_CLAIMS},
		{"one of two", "{" BASE ",\"_sd\":[\"@0\",\"@1\"]}", {A, "[\"t\",\"a\",2]"}, "1", RC_OK},
	};
	run_hand(rows, ARRAY_LEN(rows));
}

static void sdjwt_disclosure_of_the_wrong_type_is_refused(void)
{
	static const struct hand rows[] = {
		{"element in an object", "{" BASE ",\"_sd\":[\"@0\"]}", {"[\"s\",1]"}, "0", RC_JOSE_DISCLOSURE},
		{"claim in an array", "{" BASE ",\"l\":[{\"...\":\"@0\"}]}", {A}, "0", RC_JOSE_DISCLOSURE},
		{"element in an array", "{" BASE ",\"l\":[{\"...\":\"@0\"}]}", {"[\"s\",1]"}, "0", RC_OK},
		{"one element", "{" BASE ",\"_sd\":[\"@0\"]}", {"[\"s\"]"}, "0", RC_JOSE_DISCLOSURE},
		{"four elements", "{" BASE ",\"_sd\":[\"@0\"]}", {"[\"s\",\"a\",1,2]"}, "0", RC_JOSE_DISCLOSURE},
		{"an object", "{" BASE ",\"_sd\":[\"@0\"]}", {"{\"s\":\"s\",\"a\":\"b\",\"v\":1}"}, "0", RC_JOSE_DISCLOSURE},
		{"a text", "{" BASE ",\"_sd\":[\"@0\"]}", {"\"sab\""}, "0", RC_JOSE_DISCLOSURE},
		{"salt a number", "{" BASE ",\"_sd\":[\"@0\"]}", {"[1,\"a\",1]"}, "0", RC_JOSE_DISCLOSURE},
		{"name a number", "{" BASE ",\"_sd\":[\"@0\"]}", {"[\"s\",1,1]"}, "0", RC_JOSE_DISCLOSURE},
		{"not JSON", "{" BASE ",\"_sd\":[\"@0\"]}", {"[\"s\",\"a\",1"}, "0", RC_JOSE_DISCLOSURE},
		{"something behind it", "{" BASE ",\"_sd\":[\"@0\"]}", {"[\"s\",\"a\",1]x"}, "0", RC_JOSE_DISCLOSURE},
		{"a duplicate in its value", "{" BASE ",\"_sd\":[\"@0\"]}", {"[\"s\",\"a\",{\"x\":1,\"x\":2}]"}, "0", RC_JOSE_DISCLOSURE},
	};
	run_hand(rows, ARRAY_LEN(rows));
}

static void sdjwt_validity_claims_count_when_disclosed(void)
{
	static const struct hand rows[] = {
		{"exp kept back", "{\"iss\":\"https://issuer.example\",\"_sd\":[\"@0\"]}", {"[\"s\",\"exp\",1800000000]"}, "", RC_JOSE_EXP},
		{"exp disclosed", "{\"iss\":\"https://issuer.example\",\"_sd\":[\"@0\"]}", {"[\"s\",\"exp\",1800000000]"}, "0", RC_OK},
		{"disclosed and over", "{\"iss\":\"https://issuer.example\",\"_sd\":[\"@0\"]}", {"[\"s\",\"exp\",1600000000]"}, "0", RC_JOSE_EXP},
		{"nbf in the future", "{" BASE ",\"_sd\":[\"@0\"]}", {"[\"s\",\"nbf\",1700000001]"}, "0", RC_JOSE_NBF},
		{"another aud", "{" BASE ",\"_sd\":[\"@0\"]}", {"[\"s\",\"aud\",\"x\"]"}, "0", RC_JOSE_AUD},
		{"another iss", "{\"iss\":\"https://other.example\",\"exp\":1800000000}", {NULL}, "", RC_JOSE_ISS},
	};
	run_hand(rows, ARRAY_LEN(rows));
}

static void sdjwt_hash_must_be_known(void)
{
	static const struct hand rows[] = {
		{"sha-256", "{" BASE ",\"_sd_alg\":\"sha-256\",\"_sd\":[\"@0\"]}", {A}, "0", RC_OK},
		{"another hash than the digests'", "{" BASE ",\"_sd_alg\":\"sha-512\",\"_sd\":[\"@0\"]}", {A}, "0", RC_JOSE_DISCLOSURE},
		{"md5", "{" BASE ",\"_sd_alg\":\"md5\"}", {NULL}, "", RC_JOSE_ALG},
		{"upper case", "{" BASE ",\"_sd_alg\":\"SHA-256\"}", {NULL}, "", RC_JOSE_ALG},
		{"not a text", "{" BASE ",\"_sd_alg\":256}", {NULL}, "", RC_JOSE_ALG},
	};
	run_hand(rows, ARRAY_LEN(rows));
}

/* Decoys and what is kept back leave no trace. */
static void sdjwt_decoys_are_ignored(void)
{
	static const struct hand hand = {"decoys", "{" BASE ",\"_sd\":[\"@0\",\"decoy\"],\"l\":[{\"...\":\"x\"},{\"...\":\"@1\"},{\"...\":\"y\"}],"
					 "\"o\":{\"_sd\":[]}}", {A, "[\"s\",\"e\"]"}, "01", RC_OK};
	struct fixture f;
	struct sdjwt s;
	setup(&f);
	CHECK_OK(verify(&f, by_hand(&f, &hand), &plain, &s));
	CHECK_SLICE(s.claims.text, SLICE("{" BASE ",\"l\":[\"e\"],\"o\":{},\"a\":1}"));
	CHECK_SLICE(s.disclosures[0].path, SLICE("/a"));
	CHECK_SLICE(s.disclosures[1].path, SLICE("/l/0"));
	teardown(&f);
}

static void sdjwt_split_rules(void)
{
	static const struct {
		const char *name, *before, *behind;
		enum rc rc;
	} rows[] = {
		{"as it must be", "", "~", RC_OK},
		{"no tilde", "", "", RC_JOSE_MALFORMED},
		{"no JWT", "~", "~", RC_JOSE_MALFORMED},
		{"an empty disclosure", "", "~~", RC_JOSE_MALFORMED},
		{"padding", "", "~WyJzIiwiYSIsMV0=~", RC_JOSE_DISCLOSURE},
		{"white space", "", "~WyJzIiwiYSIsMV0 ~", RC_JOSE_DISCLOSURE},
		{"trailing bits", "", "~WyJzIiwiYSIsMV1~", RC_JOSE_DISCLOSURE},
	};
	struct fixture f;
	struct slice jwt, text;
	setup(&f);
	struct jwt_signer signer = jwt_signer_of(f.issuer);
	CHECK_OK(jwt_sign(&signer, JOSE_ES256, SLICE_NONE, types[0], SLICE("{" BASE "}"), &f.a, &jwt));
	T_ROWS(row, rows, name) {
		CHECK_OK(arena_format(&f.a, &text, "%s%.*s%s", row->before, SLICE_ARGS(jwt), row->behind));
		CHECK_RC(verify(&f, text, &plain, NULL), row->rc);
	}
	teardown(&f);
}

/* The issuer's JWT stands under all rules of a JWT, and outputs stay untouched. */
static void sdjwt_issuer_jwt_rules(void)
{
	struct fixture f;
	struct sdjwt s = {.disclosure_count = 77};
	struct jwk *stranger;
	struct slice text;
	setup(&f);
	CHECK_OK(jwk_generate(JOSE_ES256, 0, &stranger));
	struct sdjwt_issue what = everything(&f);
	CHECK_OK(sdjwt_issue(&what, stranger, JOSE_ES256, &f.a, &text));
	CHECK_RC(sdjwt_verify(text, f.keys, &plain, NOW, &f.a, &s), RC_JOSE_KID);
	CHECK(s.disclosure_count == 77);
	what.typ = SLICE("JWT");
	CHECK_RC(verify(&f, issue(&f, &what), &plain, NULL), RC_JOSE_TYP);
	what = everything(&f);
	CHECK_RC(sdjwt_verify(issue(&f, &what), f.keys, &plain, 1800000000, &f.a, &s), RC_JOSE_EXP);
	struct jwt_policy narrow = jwt_policy;
	narrow.algs = JOSE_ALG_BIT(JOSE_ED25519);
	struct sdjwt_policy p = {.jwt = &narrow};
	CHECK_RC(verify(&f, issue(&f, &what), &p, NULL), RC_JOSE_ALG);
	jwk_unref(stranger);
	teardown(&f);
}

static void sdjwt_policy_must_make_sense(void)
{
	struct fixture f;
	setup(&f);
	struct sdjwt_policy p = {.jwt = NULL};
	CHECK_RC(verify(&f, SLICE("a.b.c~"), &p, NULL), RC_RANGE);
	p = bound;
	p.aud = SLICE_NONE;
	CHECK_RC(verify(&f, SLICE("a.b.c~"), &p, NULL), RC_RANGE);
	p = bound;
	p.nonce = SLICE_NONE;
	CHECK_RC(verify(&f, SLICE("a.b.c~"), &p, NULL), RC_RANGE);
	p = bound;
	p.binding_algs = JOSE_ALG_BIT(JOSE_HS256);
	CHECK_RC(verify(&f, SLICE("a.b.c~"), &p, NULL), RC_RANGE);
	p = bound;
	p.binding_age = -1;
	CHECK_RC(verify(&f, SLICE("a.b.c~"), &p, NULL), RC_RANGE);
	teardown(&f);
}

static void sdjwt_from_json_rules(void)
{
	static const struct {
		const char *name, *json, *want;
		enum rc rc;
	} rows[] = {
		{"flattened", "{\"payload\":\"p\",\"protected\":\"h\",\"signature\":\"s\",\"header\":{\"disclosures\":[\"d\",\"e\"]}}", "h.p.s~d~e~", RC_OK},
		{"with a KB-JWT", "{\"payload\":\"p\",\"protected\":\"h\",\"signature\":\"s\",\"header\":{\"disclosures\":[\"d\"],\"kb_jwt\":\"a.b.c\",\"kid\":\"k\"}}",
		 "h.p.s~d~a.b.c", RC_OK},
		{"nothing disclosed", "{\"payload\":\"p\",\"protected\":\"h\",\"signature\":\"s\"}", "h.p.s~", RC_OK},
		{"general", "{\"payload\":\"p\",\"signatures\":[{\"protected\":\"h\",\"signature\":\"s\",\"header\":{\"disclosures\":[\"d\"]}},{\"protected\":\"i\","
			    "\"signature\":\"t\",\"header\":{\"kid\":\"k\"}}]}", "h.p.s~d~", RC_OK},
		{"disclosures beside the second", "{\"payload\":\"p\",\"signatures\":[{\"protected\":\"h\",\"signature\":\"s\"},{\"protected\":\"i\",\"signature\":\"t\","
						  "\"header\":{\"disclosures\":[]}}]}", NULL, RC_JOSE_HEADER},
		{"kb_jwt beside the second", "{\"payload\":\"p\",\"signatures\":[{\"protected\":\"h\",\"signature\":\"s\"},{\"header\":{\"kb_jwt\":\"\"}}]}", NULL, RC_JOSE_HEADER},
		{"both forms", "{\"payload\":\"p\",\"signature\":\"s\",\"signatures\":[{\"protected\":\"h\",\"signature\":\"s\"}]}", NULL, RC_JOSE_MALFORMED},
		{"signatures beside a protected header", "{\"payload\":\"p\",\"protected\":\"h\",\"signatures\":[{\"protected\":\"h\",\"signature\":\"s\"}]}",
		 NULL, RC_JOSE_MALFORMED},
		{"signatures beside a header", "{\"payload\":\"p\",\"header\":{},\"signatures\":[{\"protected\":\"h\",\"signature\":\"s\"}]}", NULL,
		 RC_JOSE_MALFORMED},
		{"a kid twice", "{\"payload\":\"p\",\"protected\":\"eyJraWQiOiJhIn0\",\"signature\":\"s\",\"header\":{\"kid\":\"b\"}}", NULL, RC_JOSE_HEADER},
		{"a kid outside", "{\"payload\":\"p\",\"protected\":\"eyJhbGciOiJhIn0\",\"signature\":\"s\",\"header\":{\"kid\":\"b\"}}",
		 "eyJhbGciOiJhIn0.p.s~", RC_OK},
		{"kb_jwt with a disclosure", "{\"payload\":\"p\",\"protected\":\"h\",\"signature\":\"s\",\"header\":{\"kb_jwt\":\"d~a.b.c\"}}", NULL, RC_JOSE_MALFORMED},
		{"no signatures", "{\"payload\":\"p\",\"signatures\":[]}", NULL, RC_JOSE_MALFORMED},
		{"signatures an object", "{\"payload\":\"p\",\"signatures\":{\"a\":{\"protected\":\"h\",\"signature\":\"s\"}}}", NULL, RC_JOSE_MALFORMED},
		{"alg outside", "{\"payload\":\"p\",\"protected\":\"h\",\"signature\":\"s\",\"header\":{\"alg\":\"none\"}}", NULL, RC_JOSE_HEADER},
		{"header a text", "{\"payload\":\"p\",\"protected\":\"h\",\"signature\":\"s\",\"header\":\"x\"}", NULL, RC_JOSE_MALFORMED},
		{"no protected header", "{\"payload\":\"p\",\"signature\":\"s\",\"header\":{}}", NULL, RC_JOSE_MALFORMED},
		{"no payload", "{\"protected\":\"h\",\"signature\":\"s\"}", NULL, RC_JOSE_MALFORMED},
		{"no signature", "{\"payload\":\"p\",\"protected\":\"h\"}", NULL, RC_JOSE_MALFORMED},
		{"a payload that is a number", "{\"payload\":1,\"protected\":\"h\",\"signature\":\"s\"}", NULL, RC_JOSE_MALFORMED},
		{"an empty payload", "{\"payload\":\"\",\"protected\":\"h\",\"signature\":\"s\"}", NULL, RC_JOSE_MALFORMED},
		{"a payload of two parts", "{\"payload\":\"p.q\",\"protected\":\"h\",\"signature\":\"s\"}", NULL, RC_JOSE_MALFORMED},
		{"a signature with a tilde", "{\"payload\":\"p\",\"protected\":\"h\",\"signature\":\"s~d\"}", NULL, RC_JOSE_MALFORMED},
		{"an escape", "{\"payload\":\"\\u0070\",\"protected\":\"h\",\"signature\":\"s\"}", NULL, RC_JOSE_MALFORMED},
		{"disclosures a text", "{\"payload\":\"p\",\"protected\":\"h\",\"signature\":\"s\",\"header\":{\"disclosures\":\"d\"}}", NULL, RC_JOSE_MALFORMED},
		{"a disclosure a number", "{\"payload\":\"p\",\"protected\":\"h\",\"signature\":\"s\",\"header\":{\"disclosures\":[1]}}", NULL, RC_JOSE_MALFORMED},
		{"a disclosure that is two", "{\"payload\":\"p\",\"protected\":\"h\",\"signature\":\"s\",\"header\":{\"disclosures\":[\"d~e\"]}}", NULL, RC_JOSE_MALFORMED},
		{"a disclosure with an escape", "{\"payload\":\"p\",\"protected\":\"h\",\"signature\":\"s\",\"header\":{\"disclosures\":[\"\\u0064\"]}}", NULL, RC_JOSE_MALFORMED},
		{"kb_jwt a number", "{\"payload\":\"p\",\"protected\":\"h\",\"signature\":\"s\",\"header\":{\"kb_jwt\":1}}", NULL, RC_JOSE_MALFORMED},
		{"kb_jwt with an escape", "{\"payload\":\"p\",\"protected\":\"h\",\"signature\":\"s\",\"header\":{\"kb_jwt\":\"\\u0064\"}}", NULL, RC_JOSE_MALFORMED},
		{"a member twice", "{\"payload\":\"p\",\"payload\":\"p\",\"protected\":\"h\",\"signature\":\"s\"}", NULL, RC_JOSE_MALFORMED},
		{"compact", "h.p.s~", NULL, RC_JOSE_MALFORMED},
		{"an array", "[]", NULL, RC_JOSE_MALFORMED},
	};
	struct arena a;
	arena_init(&a, ARENA_MAX);
	T_ROWS(row, rows, name) {
		struct slice text = SLICE("untouched");
		CHECK_RC(sdjwt_from_json(slice_cstr(row->json), &a, &text), row->rc);
		CHECK_SLICE(text, slice_cstr(row->want == NULL ? "untouched" : row->want));
	}
	arena_reset(&a);
}

static void sdjwt_to_json_rules(void)
{
	static const struct {
		const char *name, *text, *flattened, *general;
		enum rc rc;
	} rows[] = {
		{"disclosures", "aA.cA.cw~ZA~ZQ~", "{\"payload\":\"cA\",\"protected\":\"aA\",\"header\":{\"disclosures\":[\"ZA\",\"ZQ\"]},\"signature\":\"cw\"}",
		 "{\"payload\":\"cA\",\"signatures\":[{\"protected\":\"aA\",\"header\":{\"disclosures\":[\"ZA\",\"ZQ\"]},\"signature\":\"cw\"}]}", RC_OK},
		{"with a KB-JWT", "aA.cA.cw~ZA~YQ.Yg.Yw",
		 "{\"payload\":\"cA\",\"protected\":\"aA\",\"header\":{\"disclosures\":[\"ZA\"],\"kb_jwt\":\"YQ.Yg.Yw\"},\"signature\":\"cw\"}",
		 "{\"payload\":\"cA\",\"signatures\":[{\"protected\":\"aA\",\"header\":{\"disclosures\":[\"ZA\"],\"kb_jwt\":\"YQ.Yg.Yw\"},\"signature\":\"cw\"}]}", RC_OK},
		{"nothing disclosed", "aA.cA.cw~", "{\"payload\":\"cA\",\"protected\":\"aA\",\"header\":{\"disclosures\":[]},\"signature\":\"cw\"}",
		 "{\"payload\":\"cA\",\"signatures\":[{\"protected\":\"aA\",\"header\":{\"disclosures\":[]},\"signature\":\"cw\"}]}", RC_OK},
		{"a JWT", "aA.cA.cw", NULL, NULL, RC_JOSE_MALFORMED},
		{"an empty disclosure", "aA.cA.cw~~", NULL, NULL, RC_JOSE_MALFORMED},
		{"a quote in a disclosure", "aA.cA.cw~ZA\"~", NULL, NULL, RC_JOSE_MALFORMED},
		{"a disclosure with a dot", "aA.cA.cw~Z.~", NULL, NULL, RC_JOSE_MALFORMED},
		{"a disclosure that is not canonical", "aA.cA.cw~ZB~", NULL, NULL, RC_JOSE_MALFORMED},
		{"two parts", "aA.cA~ZA~", NULL, NULL, RC_JOSE_MALFORMED},
		{"a quote in the payload", "aA.c\".cw~ZA~", NULL, NULL, RC_JOSE_MALFORMED},
		{"a KB-JWT of two parts", "aA.cA.cw~ZA~YQ.Yg", NULL, NULL, RC_JOSE_MALFORMED},
		{"a quote in the KB-JWT", "aA.cA.cw~ZA~YQ.Yg.\"", NULL, NULL, RC_JOSE_MALFORMED},
		{"JSON", "{\"payload\":\"cA\",\"protected\":\"aA\",\"header\":{\"disclosures\":[]},\"signature\":\"cw\"}", NULL, NULL, RC_JOSE_MALFORMED},
		{"nothing", "", NULL, NULL, RC_JOSE_MALFORMED},
	};
	struct arena a;
	arena_init(&a, ARENA_MAX);
	T_ROWS(row, rows, name) {
		struct slice flattened = SLICE("untouched"), general = SLICE("untouched"), back = SLICE_NONE;
		CHECK_RC(sdjwt_to_json(slice_cstr(row->text), JWS_FLATTENED, &a, &flattened), row->rc);
		CHECK_RC(sdjwt_to_json(slice_cstr(row->text), JWS_GENERAL, &a, &general), row->rc);
		CHECK_SLICE(flattened, slice_cstr(row->flattened == NULL ? "untouched" : row->flattened));
		CHECK_SLICE(general, slice_cstr(row->general == NULL ? "untouched" : row->general));
		if (row->rc != RC_OK)
			continue;
		CHECK_OK(sdjwt_from_json(flattened, &a, &back));
		CHECK_SLICE(back, slice_cstr(row->text));
		CHECK_OK(sdjwt_from_json(general, &a, &back));
		CHECK_SLICE(back, slice_cstr(row->text));
	}
	struct slice json = SLICE("untouched");
	t_set_row("no form of JSON");
	CHECK_RC(sdjwt_to_json(SLICE("aA.cA.cw~"), JWS_COMPACT, &a, &json), RC_RANGE);
	CHECK_RC(sdjwt_to_json(SLICE("aA.cA.cw~"), (enum jws_form)(JWS_FLATTENED | JWS_GENERAL), &a, &json), RC_RANGE);
	CHECK_SLICE(json, SLICE("untouched"));
	arena_reset(&a);
}

/* An issuer writes one form, a holder answers in the other. */
static void sdjwt_json_is_issued_presented_and_verified(void)
{
	struct fixture f;
	struct slice json = SLICE_NONE, held = SLICE_NONE, shown = SLICE_NONE;
	setup(&f);
	struct sdjwt_issue what = everything(&f);
	struct slice issued = issue(&f, &what);
	CHECK_OK(sdjwt_to_json(issued, JWS_FLATTENED, &f.a, &json));
	CHECK_OK(sdjwt_from_json(json, &f.a, &held));
	CHECK_SLICE(held, issued);
	struct sdjwt_binding b = binding_of(&f);
	CHECK_OK(sdjwt_present(held, &hide_all[1], 1, &f.a, &shown));
	CHECK_OK(sdjwt_bind(shown, &b, &f.a, &shown));
	CHECK_OK(sdjwt_to_json(shown, JWS_GENERAL, &f.a, &json));
	CHECK_OK(sdjwt_from_json(json, &f.a, &held));
	struct sdjwt s;
	CHECK_OK(verify(&f, held, &bound, &s));
	CHECK(s.disclosure_count == 1 && json_get(s.claims.root, SLICE("given_name")) != NULL);
	teardown(&f);
}

static void sdjwt_at_rules(void)
{
	static const struct {
		const char *pointer, *want;
		enum rc rc;
	} rows[] = {
		{"", "{\"a\":{\"\":0,\"b/~\":[1,2]},\"\\u0063\":3}", RC_OK},
		{"/a/", "0", RC_OK},
		{"/a/b~1~0/1", "2", RC_OK},
		{"/c", "3", RC_OK},
		{"/a/b~1~0/2", NULL, RC_NOT_FOUND},
		{"/a/b~1~0/-", NULL, RC_NOT_FOUND},
		{"/a/b~1~0/01", NULL, RC_NOT_FOUND},
		{"/a/b~1~0/9999999", NULL, RC_NOT_FOUND},
		{"/a/b~1~0/", NULL, RC_NOT_FOUND},
		{"/c/x", NULL, RC_NOT_FOUND},
		{"/C", NULL, RC_NOT_FOUND},
		{"a", NULL, RC_SYNTAX},
		{"/a~", NULL, RC_SYNTAX},
		{"/a~2", NULL, RC_SYNTAX},
	};
	struct json pool[16];
	CHECK_OK(json_parse(slice_cstr(rows[0].want), pool, ARRAY_LEN(pool)));
	T_ROWS(row, rows, pointer) {
		const struct json *v = NULL;
		CHECK_RC(sdjwt_at(pool, slice_cstr(row->pointer), &v), row->rc);
		CHECK((v == NULL) == (row->want == NULL));
		if (v != NULL)
			CHECK_SLICE(v->text, slice_cstr(row->want));
	}
}

T_MAIN(T(sdjwt_issue_and_verify), T(sdjwt_issue_hides_values_and_order), T(sdjwt_issue_refusals), T(sdjwt_list_refuses_a_name_that_is_too_long), T(sdjwt_present_shows_what_is_chosen),
       T(sdjwt_key_binding_holds), T(sdjwt_key_binding_refuses_another_transaction), T(sdjwt_missing_key_binding_is_refused),
       T(sdjwt_sd_hash_of_other_text_is_refused), T(sdjwt_kb_jwt_rules), T(sdjwt_duplicate_digests_are_refused),
       T(sdjwt_disclosure_given_twice_is_refused), T(sdjwt_unreferenced_disclosure_is_refused), T(sdjwt_reserved_names_are_refused),
       T(sdjwt_claim_that_exists_is_refused), T(sdjwt_disclosure_of_the_wrong_type_is_refused),
       T(sdjwt_validity_claims_count_when_disclosed), T(sdjwt_hash_must_be_known), T(sdjwt_decoys_are_ignored), T(sdjwt_split_rules), T(sdjwt_issuer_jwt_rules),
       T(sdjwt_policy_must_make_sense), T(sdjwt_from_json_rules), T(sdjwt_to_json_rules),
       T(sdjwt_json_is_issued_presented_and_verified), T(sdjwt_at_rules))
