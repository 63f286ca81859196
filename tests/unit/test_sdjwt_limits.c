/* SPDX-License-Identifier: Apache-2.0 */
/* SD-JWT: every maximum, and too little memory at every step. */
#include "jose_keys.h"
#include "sdjwt_fixture.h"

/* A step of the issuer, holder or verifier, with `a` for all that it needs. */
struct step {
	const char *name;
	enum rc (*run)(struct fixture *f, struct slice in, struct arena *a, struct slice *ret);
};

static enum rc step_issue(struct fixture *f, struct slice in UNUSED, struct arena *a, struct slice *ret)
{
	struct sdjwt_issue what = everything(f);
	return sdjwt_issue(&what, f->issuer, JOSE_ES256, a, ret);
}

static enum rc step_list(struct fixture *f UNUSED, struct slice in, struct arena *a, struct slice *ret)
{
	return sdjwt_list(in, a, ret);
}

static enum rc step_present(struct fixture *f UNUSED, struct slice in, struct arena *a, struct slice *ret)
{
	return sdjwt_present(in, hide_all, ARRAY_LEN(hide_all), a, ret);
}

static enum rc step_bind(struct fixture *f, struct slice in, struct arena *a, struct slice *ret)
{
	struct sdjwt_binding b = binding_of(f);
	return sdjwt_bind(in, &b, a, ret);
}

static enum rc step_verify(struct fixture *f, struct slice in, struct arena *a, struct slice *ret)
{
	struct sdjwt s;
	TRY(sdjwt_verify(in, f->keys, &bound, NOW, a, &s));
	*ret = s.claims.text;
	return s.disclosure_count == ARRAY_LEN(hide_all) ? RC_OK : RC_INTERNAL;
}

/* With any little less than it needs each step says that, and gives nothing. */
static void sdjwt_little_memory_gives_no_half_answer(void)
{
	static const struct step steps[] = {{"issue", step_issue}, {"list", step_list}, {"present", step_present}, {"bind", step_bind},
					    {"verify", step_verify}};
	struct fixture f;
	struct slice in = SLICE_NONE, out;
	setup(&f);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		enum rc rc = RC_MEMORY;
		t_set_row(steps[i].name);
		for (size_t max = 0; rc == RC_MEMORY && max < ARENA_MAX; max += 48) {
			struct arena a;
			out = SLICE("untouched");
			arena_init(&a, max);
			rc = steps[i].run(&f, in, &a, &out);
			CHECK(rc == RC_OK || (rc == RC_MEMORY && slice_eq(out, SLICE("untouched"))));
			if (rc == RC_OK && i != 1)
				CHECK_OK(arena_copy(&f.a, out, &in));
			arena_reset(&a);
		}
		CHECK_OK(rc);
	}
	teardown(&f);
}

/* Decoding an escape takes memory: where there is none, that is no fault of the disclosure. */
static void sdjwt_escapes_without_room_are_a_limit(void)
{
	struct fixture f;
	uint8_t hash[32];
	struct slice d, digest, json, jwt, text;
	enum rc rc = RC_MEMORY;
	setup(&f);
	struct jwt_signer signer = jwt_signer_of(f.issuer);
	CHECK_OK(base64url_encode_arena(&f.a, SLICE("[\"\\u0073alt\",\"\\u006eame\",1]"), &d));
	crypto_sha256(d, hash);
	CHECK_OK(base64url_encode_arena(&f.a, slice_of(hash, sizeof hash), &digest));
	CHECK_OK(arena_format(&f.a, &json, "{" BASE ",\"_sd\":[\"%.*s\"],\"_sd_alg\":\"sha-25\\u0036\"}", SLICE_ARGS(digest)));
	CHECK_OK(jwt_sign(&signer, JOSE_ES256, SLICE_NONE, types[0], json, &f.a, &jwt));
	CHECK_OK(arena_format(&f.a, &text, "%.*s~%.*s~", SLICE_ARGS(jwt), SLICE_ARGS(d)));
	for (size_t max = 0; rc == RC_MEMORY && max < ARENA_MAX; max += 8) {
		struct arena a;
		struct sdjwt s;
		arena_init(&a, max);
		rc = sdjwt_verify(text, f.keys, &plain, NOW, &a, &s);
		arena_reset(&a);
	}
	CHECK_OK(rc);
	teardown(&f);
}

/* Each disclosure holds the digest of the one before, deeper than the reader goes. */
static void sdjwt_deep_recursion_is_refused(void)
{
	struct fixture f;
	struct slice digest = SLICE_NONE, all = SLICE_NONE, jwt, text;
	setup(&f);
	struct jwt_signer signer = jwt_signer_of(f.issuer);
	for (int depth = 0; depth <= JSON_DEPTH_MAX + 1; depth++) {
		uint8_t hash[32];
		struct slice json, d;
		CHECK_OK(depth == 0 ? arena_copy(&f.a, SLICE("[\"s\",\"a\",1]"), &json)
				    : arena_format(&f.a, &json, "[\"s\",\"a\",{\"_sd\":[\"%.*s\"]}]", SLICE_ARGS(digest)));
		CHECK_OK(base64url_encode_arena(&f.a, json, &d));
		crypto_sha256(d, hash);
		CHECK_OK(base64url_encode_arena(&f.a, slice_of(hash, sizeof hash), &digest));
		CHECK_OK(arena_format(&f.a, &all, "%.*s%.*s~", SLICE_ARGS(all), SLICE_ARGS(d)));
		CHECK_OK(arena_format(&f.a, &json, "{" BASE ",\"_sd\":[\"%.*s\"]}", SLICE_ARGS(digest)));
		CHECK_OK(jwt_sign(&signer, JOSE_ES256, SLICE_NONE, types[0], json, &f.a, &jwt));
		CHECK_OK(arena_format(&f.a, &text, "%.*s~%.*s", SLICE_ARGS(jwt), SLICE_ARGS(all)));
		/* The payload is one object around a level for each. */
		enum rc rc = verify(&f, text, &plain, NULL);
		CHECK(depth < JSON_DEPTH_MAX ? rc == RC_OK : rc == RC_LIMIT || rc == RC_JOSE_CLAIMS);
	}
	teardown(&f);
}

static void sdjwt_numbers_have_a_maximum(void)
{
	struct fixture f;
	struct buf b;
	struct slice jwt;
	setup(&f);
	struct jwt_signer signer = jwt_signer_of(f.issuer);
	buf_init(&b, SDJWT_TEXT_MAX + 1);
	CHECK_OK(jwt_sign(&signer, JOSE_ES256, SLICE_NONE, types[0], SLICE("{" BASE "}"), &f.a, &jwt));
	buf_put(&b, jwt);
	buf_byte(&b, '~');
	for (int i = 0; i < SDJWT_DISCLOSURES_MAX; i++)
		buf_put(&b, SLICE("WyJzIiwiYSIsMV0~"));
	CHECK_RC(verify(&f, buf_slice(&b), &plain, NULL), RC_JOSE_DISCLOSURE);
	buf_put(&b, SLICE("WyJzIiwiYSIsMV0~"));
	CHECK_RC(verify(&f, buf_slice(&b), &plain, NULL), RC_LIMIT);
	while (b.n <= SDJWT_TEXT_MAX)
		buf_byte(&b, '~');
	CHECK_RC(verify(&f, buf_slice(&b), &plain, NULL), RC_JOSE_MALFORMED);
	buf_free(&b);
	teardown(&f);
}

/* Texts that grow beyond their maximum only once all is put together. */
static void sdjwt_texts_have_a_maximum(void)
{
	struct fixture f;
	struct buf claims;
	struct slice text, pointers[SDJWT_DISCLOSURES_MAX + 1];
	setup(&f);
	buf_init(&claims, SDJWT_TEXT_MAX);
	buf_put(&claims, SLICE("{" BASE));
	for (int i = 0; i <= SDJWT_DISCLOSURES_MAX; i++) {
		buf_format(&claims, ",\"c%d\":0", i);
		CHECK_OK(arena_format(&f.a, &pointers[i], "/c%d", i));
	}
	buf_put(&claims, SLICE("}"));
	struct sdjwt_issue what = {.claims = buf_slice(&claims), .hide = pointers, .hide_count = SDJWT_DISCLOSURES_MAX, .typ = types[0],
				   .holder = f.holder};
	CHECK_OK(sdjwt_issue(&what, f.issuer, JOSE_ES256, &f.a, &text));
	CHECK_OK(verify(&f, text, &plain, NULL));
	what.hide_count++;
	CHECK_RC(sdjwt_issue(&what, f.issuer, JOSE_ES256, &f.a, &text), RC_LIMIT);
	/* The JWT in it has a maximum of its own; what is hidden only counts in the whole. */
	static const struct slice long_ones[] = {SLICE_INIT("/c"), SLICE_INIT("/d"), SLICE_INIT("/e")};
	static char filler[16384];
	memset(filler, 'x', sizeof filler);
	what = (struct sdjwt_issue){.hide = long_ones, .hide_count = 3, .typ = types[0], .holder = f.holder};
	enum rc rc = RC_LIMIT;
	for (size_t n = sizeof filler, tries = 0; rc == RC_LIMIT && n > 64; n -= 32, tries++) {
		arena_reset(&f.a);
		buf_clear(&claims);
		buf_put(&claims, SLICE("{" BASE));
		for (int i = 0; i < 3; i++) {
			buf_format(&claims, ",\"%c\":\"", 'c' + i);
			buf_put(&claims, slice_of(filler, n));
			buf_byte(&claims, '"');
		}
		buf_byte(&claims, '}');
		what.claims = buf_slice(&claims);
		rc = sdjwt_issue(&what, f.issuer, JOSE_ES256, &f.a, &text);
		CHECK(rc == RC_LIMIT || (rc == RC_OK && tries > 0));
	}
	CHECK_OK(rc);
	struct sdjwt_binding b = binding_of(&f);
	CHECK(text.n <= SDJWT_TEXT_MAX && text.n > SDJWT_TEXT_MAX - 256);
	struct slice all = SLICE("untouched");
	CHECK_RC(sdjwt_bind(text, &b, &f.a, &all), RC_LIMIT);
	CHECK_SLICE(all, SLICE("untouched"));
	buf_free(&claims);
	teardown(&f);
}

/* White space costs no values, and still counts. */
static void sdjwt_from_json_has_a_maximum(void)
{
	struct arena a;
	struct buf b;
	struct slice text = SLICE("untouched");
	arena_init(&a, ARENA_MAX);
	buf_init(&b, 3 * SDJWT_TEXT_MAX);
	buf_put(&b, SLICE("{\"payload\":\"p\",\"protected\":\"h\",\"signature\":\"s\"}"));
	while (b.n < 2 * SDJWT_TEXT_MAX)
		buf_byte(&b, ' ');
	CHECK_OK(sdjwt_from_json(buf_slice(&b), &a, &text));
	buf_byte(&b, ' ');
	CHECK_RC(sdjwt_from_json(buf_slice(&b), &a, &text), RC_JOSE_MALFORMED);
	buf_free(&b);
	arena_reset(&a);
}

static void sdjwt_to_json_has_a_maximum(void)
{
	struct buf b;
	struct slice json = SLICE("untouched"), back = SLICE_NONE;
	bool reached = false;
	struct arena enough;
	arena_init(&enough, ARENA_MAX);
	buf_init(&b, SDJWT_TEXT_MAX + 1);
	buf_put(&b, SLICE("aA.cA.cw~"));
	for (size_t i = 0; i < SDJWT_DISCLOSURES_MAX; i++)
		buf_put(&b, SLICE("ZA~"));
	for (size_t max = 0; max < 16384; max += 32) {
		struct arena a;
		arena_init(&a, max);
		enum rc rc = sdjwt_to_json(buf_slice(&b), JWS_GENERAL, &a, &json);
		CHECK(rc == RC_OK || (rc == RC_MEMORY && !reached));
		if (rc == RC_OK)
			CHECK_OK(sdjwt_from_json(json, &enough, &back));
		else
			CHECK_SLICE(json, SLICE("untouched"));
		reached = reached || rc == RC_OK;
		json = SLICE("untouched");
		arena_reset(&a);
	}
	CHECK(reached);
	CHECK_SLICE(back, buf_slice(&b));
	t_set_row("a disclosure more");
	buf_put(&b, SLICE("ZA~"));
	CHECK_RC(sdjwt_to_json(buf_slice(&b), JWS_FLATTENED, &enough, &json), RC_LIMIT);
	t_set_row("a text too long");
	while (b.n <= SDJWT_TEXT_MAX)
		buf_byte(&b, 'A');
	CHECK_RC(sdjwt_to_json(buf_slice(&b), JWS_FLATTENED, &enough, &json), RC_JOSE_MALFORMED);
	CHECK_SLICE(json, SLICE("untouched"));
	buf_free(&b);
	arena_reset(&enough);
}

/* So many digests in disclosures that only together they are too many. */
static void sdjwt_digests_have_a_maximum(void)
{
	struct fixture f;
	setup(&f);
	struct jwt_signer signer = jwt_signer_of(f.issuer);
	for (int over = 0; over <= 1; over++) {
		struct buf text, sd;
		struct slice jwt, json, d, digest;
		buf_init(&text, SDJWT_TEXT_MAX);
		buf_init(&sd, SDJWT_TEXT_MAX);
		for (int i = 0; i < 4; i++) {
			uint8_t hash[32];
			struct buf list;
			buf_init(&list, SDJWT_TEXT_MAX);
			/* 4 digests of the JWT's own and 127 in each of the four make 512. */
			for (int k = 0; k < 127 + (i == 0 ? over : 0); k++)
				buf_format(&list, "%s\"%d.%d\"", k == 0 ? "" : ",", i, k);
			CHECK_OK(arena_format(&f.a, &json, "[\"s\",\"c%d\",{\"_sd\":[%.*s]}]", i, SLICE_ARGS(buf_slice(&list))));
			CHECK_OK(base64url_encode_arena(&f.a, json, &d));
			crypto_sha256(d, hash);
			CHECK_OK(base64url_encode_arena(&f.a, slice_of(hash, sizeof hash), &digest));
			buf_format(&sd, "%s\"%.*s\"", i == 0 ? "" : ",", SLICE_ARGS(digest));
			buf_put(&text, d);
			buf_byte(&text, '~');
			buf_free(&list);
		}
		CHECK_OK(arena_format(&f.a, &json, "{" BASE ",\"_sd\":[%.*s]}", SLICE_ARGS(buf_slice(&sd))));
		CHECK_OK(jwt_sign(&signer, JOSE_ES256, SLICE_NONE, types[0], json, &f.a, &jwt));
		CHECK_OK(arena_format(&f.a, &json, "%.*s~%.*s", SLICE_ARGS(jwt), SLICE_ARGS(buf_slice(&text))));
		CHECK_OK(buf_rc(&text));
		CHECK_RC(verify(&f, json, &plain, NULL), over != 0 ? RC_LIMIT : RC_OK);
		buf_free(&text);
		buf_free(&sd);
	}
	teardown(&f);
}

/* What a holder may be handed: refused before anything is looked for in it. */
static void sdjwt_present_refuses_what_is_no_sd_jwt(void)
{
	static const struct {
		const char *text;
		enum rc rc;
	} rows[] = {{"", RC_JOSE_MALFORMED}, {"a.b.c", RC_JOSE_MALFORMED}, {"~", RC_JOSE_MALFORMED}, {"a.b~", RC_JOSE_MALFORMED},
		    {"AA.AA.AA~", RC_JOSE_CLAIMS}, {"AA.A.AA~", RC_JOSE_MALFORMED}, {"AA.W10.AA~", RC_JOSE_CLAIMS}, {"A?.e30.AA~", RC_JOSE_MALFORMED},
		    {"AA.e30.AA~~", RC_JOSE_MALFORMED}, {"AA.e30.AA~AA~", RC_JOSE_DISCLOSURE}, {"AA.e30.AA~AA", RC_JOSE_BINDING}};
	struct fixture f;
	setup(&f);
	T_ROWS(row, rows, text) {
		struct slice out = SLICE("untouched");
		struct sdjwt_binding b = binding_of(&f);
		CHECK_RC(sdjwt_present(slice_cstr(row->text), NULL, 0, &f.a, &out), row->rc);
		CHECK_RC(sdjwt_bind(slice_cstr(row->text), &b, &f.a, &out), row->rc);
		CHECK_RC(sdjwt_list(slice_cstr(row->text), &f.a, &out), row->rc);
		CHECK_SLICE(out, SLICE("untouched"));
	}
	teardown(&f);
}

/* RFC 8725 3.1 is said of the holder's key too. */
static void sdjwt_a_holders_key_serves_one_algorithm(void)
{
	static const struct {
		const char *name, *more;
		jose_alg_set algs;
		bool one_algorithm;
		enum rc rc;
	} rows[] = {
		{"one is allowed", "", JOSE_ALG_BIT(JOSE_PS256) | JOSE_ALG_BIT(JOSE_ES256), true, RC_OK},
		{"two are", "", JOSE_ALG_BIT(JOSE_PS256) | JOSE_ALG_BIT(JOSE_RS256), true, RC_JOSE_BINDING},
		{"two are, and the key says which", ",\"alg\":\"PS256\"", JOSE_ALG_BIT(JOSE_PS256) | JOSE_ALG_BIT(JOSE_RS256), true, RC_OK},
		{"two are, and nobody minds", "", JOSE_ALG_BIT(JOSE_PS256) | JOSE_ALG_BIT(JOSE_RS256), false, RC_OK},
	};
	struct fixture f;
	setup(&f);
	T_ROWS(row, rows, name) {
		struct jwt_policy jwt = jwt_policy;
		struct sdjwt_policy policy = bound;
		struct jwk *holder = NULL;
		struct slice shown = SLICE_NONE;
		char text[4096];
		(void)snprintf(text, sizeof text, "{" RSA_PUBLIC ",\"d\":\"" RSA_D "\"%s}", row->more);
		CHECK_OK(jwk_read(slice_cstr(text), JWK_PRIVATE, &holder));
		struct sdjwt_issue what = everything(&f);
		struct sdjwt_binding binding = binding_of(&f);
		what.holder = binding.key = holder;
		binding.alg = JOSE_PS256;
		jwt.one_algorithm = row->one_algorithm;
		policy.jwt = &jwt;
		policy.binding_algs = row->algs;
		CHECK_OK(sdjwt_present(issue(&f, &what), NULL, 0, &f.a, &shown));
		CHECK_OK(sdjwt_bind(shown, &binding, &f.a, &shown));
		CHECK_RC(verify(&f, shown, &policy, NULL), row->rc);
		jwk_unref(holder);
	}
	teardown(&f);
}

T_MAIN(T(sdjwt_little_memory_gives_no_half_answer), T(sdjwt_escapes_without_room_are_a_limit), T(sdjwt_deep_recursion_is_refused), T(sdjwt_numbers_have_a_maximum), T(sdjwt_texts_have_a_maximum), T(sdjwt_from_json_has_a_maximum), T(sdjwt_to_json_has_a_maximum), T(sdjwt_digests_have_a_maximum), T(sdjwt_present_refuses_what_is_no_sd_jwt), T(sdjwt_a_holders_key_serves_one_algorithm))
