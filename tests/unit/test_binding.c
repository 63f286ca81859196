/* SPDX-License-Identifier: Apache-2.0 */
/* What is bound to a key: codes, refresh tokens and access tokens, their `token_type` and `cnf`. The rows are this program's. */
#include "op_fixture.h"

/* In place of base/binding_rows.c: as RFC 9449 and RFC 8705 would have them. */
enum { DPOP = 1, MTLS = 2, UNKNOWN = 9 };
const struct binding_row binding_rows[] = {
	{BINDING_NONE, SLICE_INIT("Bearer"), SLICE_INIT("")},
	{DPOP, SLICE_INIT("DPoP"), SLICE_INIT("jkt")},
	{MTLS, SLICE_INIT("Bearer"), SLICE_INIT("x5t#S256")},
};
const size_t binding_row_count = ARRAY_LEN(binding_rows);

#define ALL "openid offline_access orders:read"
#define THUMBPRINT "AQIDBAUGBwgJAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static const struct binding unbound = {BINDING_NONE, {0}}, key = {DPOP, {1, 2, 3, 4, 5, 6, 7, 8, 9}},
			    other_key = {DPOP, {1, 2, 3, 4, 5, 6, 7, 8, 10}},
			    certificate = {MTLS, {1, 2, 3, 4, 5, 6, 7, 8, 9}};
static const struct binding *const others[] = {&unbound, &other_key, &certificate};

static struct reply reply;

static void prove(const struct binding *b)
{
	fx.binding = *b;
}

static const char *access_of(const struct json *answer)
{
	return fx_text(answer, "access_token");
}

static const struct json *introspected(const char *token)
{
	CHECK_OK(fx_call(introspect_endpoint, "api:" FX_SECRET, FORM("token", token), &reply));
	return fx_body(&reply);
}

/* ---- what is admitted ---- */

static void what_is_bound_is_for_its_key_alone(void)
{
	CHECK(binding_admits(&unbound, &unbound) && binding_admits(&unbound, &key));
	CHECK(binding_admits(&key, &key) && binding_admits(&certificate, &certificate));
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		CHECK(!binding_admits(&key, others[i]));
	struct binding last = key;
	last.thumbprint[BINDING_THUMBPRINT - 1] = 1;
	CHECK(!binding_admits(&key, &last));
}

/* ---- the claim ---- */

static struct arena arena;

static enum rc read_cnf(const char *text, struct binding *ret)
{
	const struct json *root;
	CHECK_OK(json_parse_arena(&arena, slice_cstr(text), 16, &root));
	return binding_read(root, &arena, ret);
}

static void a_cnf_is_read_as_it_is_written(void)
{
	const struct binding *const rows[] = {&key, &other_key, &certificate};
	struct binding got;
	arena_init(&arena, 1 << 16);
	CHECK_OK(binding_read(NULL, &arena, &got));
	CHECK(got.type == BINDING_NONE);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[256] = "";
		struct buf b;
		struct json_out o = json_out_to(&b);
		const struct json *root;
		buf_over(&b, text, sizeof text);
		json_out_object(&o);
		binding_write(rows[i], &o);
		json_out_object_end(&o);
		CHECK_OK(json_parse_arena(&arena, buf_slice(&b), 16, &root));
		CHECK_OK(binding_read(json_get(root, SLICE("cnf")), &arena, &got));
		CHECK(got.type == rows[i]->type && memcmp(&got, rows[i], sizeof got) == 0);
	}
	arena_reset(&arena);
}

static void a_cnf_that_nobody_knows_is_refused(void)
{
	static const char *const rows[] = {
		"null", "\"" THUMBPRINT "\"", "[]", "{}", "{\"\":\"" THUMBPRINT "\"}", "{\"jwk\":{}}",
		"{\"jkt\":\"" THUMBPRINT "\",\"kid\":\"x\"}", "{\"jkt\":\"" THUMBPRINT "A\"}", "{\"jkt\":\"AQID\"}",
		"{\"jkt\":\"\"}", "{\"jkt\":1}", "{\"jkt\":\"AQIDBAUGBwgJAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\"}",
	};
	struct binding got;
	arena_init(&arena, 1 << 16);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		t_set_row(rows[i]);
		CHECK_RC(read_cnf(rows[i], &got), RC_JOSE_BINDING);
	}
	CHECK_OK(read_cnf("{\"jkt\":\"" THUMBPRINT "\"}", &got));
	arena_reset(&arena);
}

static void a_full_arena_is_not_a_bad_cnf(void)
{
	const struct json *root;
	struct binding got;
	struct arena none;
	arena_init(&arena, 1 << 16);
	arena_init(&none, 0);
	CHECK_OK(json_parse_arena(&arena, SLICE("{\"jkt\":\"\\u0041QID\"}"), 16, &root));
	CHECK_RC(binding_read(root, &none, &got), RC_MEMORY);
	arena_reset(&arena);
}

static void a_type_without_a_row_is_never_written(void)
{
	const struct binding b = {UNKNOWN, {1}};
	struct buf out;
	struct json_out o = json_out_to(&out);
	char text[64];
	buf_over(&out, text, sizeof text);
	CHECK(binding_token_type(&b).n == 0);
	binding_write(&b, &o);
	CHECK_RC(buf_rc(&out), RC_INTERNAL);
	CHECK(buf_slice(&out).n == 0);
}

/* ---- tokens ---- */

FX_TEST(tokens_are_bound_to_what_the_request_proved)
{
	static const struct {
		const struct binding *proved;
		const char *type, *member;
	} rows[] = {{&unbound, "Bearer", NULL}, {&key, "DPoP", "jkt"}, {&certificate, "Bearer", "x5t#S256"}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		prove(rows[i].proved);
		const struct json *answer = fx_sign_in(ALL), *cnf;
		CHECK(strcmp(fx_text(answer, "token_type"), rows[i].type) == 0);
		cnf = json_get(fx_claims(access_of(answer), "at+jwt", FX_API), SLICE("cnf"));
		CHECK((cnf == NULL) == (rows[i].member == NULL));
		if (cnf != NULL)
			CHECK(cnf->count == 1 && json_is_string(json_get(cnf, slice_cstr(rows[i].member)), SLICE(THUMBPRINT)));
		prove(&unbound); /* an API asks */
		const struct json *told = introspected(access_of(answer));
		CHECK(strcmp(fx_text(told, "token_type"), rows[i].type) == 0);
		cnf = json_get(told, SLICE("cnf"));
		CHECK((cnf == NULL) == (rows[i].member == NULL));
		if (cnf != NULL)
			CHECK(cnf->count == 1 && json_is_string(json_get(cnf, slice_cstr(rows[i].member)), SLICE(THUMBPRINT)));
	}
}

FX_TEST(a_clients_own_tokens_are_bound_too)
{
	prove(&key);
	CHECK_OK(fx_call(token_endpoint, "job:" FX_SECRET, FORM("grant_type", "client_credentials", "scope", "orders:read"), &reply));
	const struct json *answer = fx_body(&reply);
	CHECK(strcmp(fx_text(answer, "token_type"), "DPoP") == 0);
	const struct json *cnf = json_get(fx_claims(access_of(answer), "at+jwt", FX_API), SLICE("cnf"));
	CHECK(json_is_string(json_get(cnf, SLICE("jkt")), SLICE(THUMBPRINT)));
}

/* As another version of ours might: a confirmation that this one does not know. */
static enum rc mint_unknown(void *self, enum jose_alg alg, const struct jwt_mint *t, struct arena *a, struct slice *ret_token)
{
	struct jwt_mint odd = *t;
	CHECK_OK(arena_copy(a, t->claims, &odd.claims));
	uint8_t *jkt = memmem(odd.claims.p, odd.claims.n, "\"jkt\"", 5);
	if (jkt != NULL)
		memcpy(jkt, "\"jku\"", 5);
	return fx_mint(self, alg, &odd, a, ret_token);
}

FX_TEST(a_token_with_a_confirmation_that_is_not_known_is_none)
{
	fx.services.mint = mint_unknown;
	prove(&key);
	const char *odd = access_of(fx_sign_in(ALL));
	CHECK(fx_call(userinfo_endpoint, NULL, FORM("access_token", odd), &reply) != RC_OK);
	prove(&unbound);
	CHECK(fx_call(userinfo_endpoint, NULL, FORM("access_token", odd), &reply) != RC_OK);
	CHECK_SLICE(json_get(introspected(odd), SLICE("active"))->text, SLICE("false"));
}

FX_TEST(a_bound_token_opens_userinfo_to_its_key_alone)
{
	prove(&key);
	const char *bound = access_of(fx_sign_in(ALL));
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		prove(others[i]);
		CHECK_RC(fx_call(userinfo_endpoint, NULL, FORM("access_token", bound), &reply), RC_JOSE_BINDING);
	}
	prove(&key);
	CHECK_OK(fx_call(userinfo_endpoint, NULL, FORM("access_token", bound), &reply));
	prove(&unbound);
	const char *bearer = access_of(fx_sign_in(ALL));
	prove(&key);
	CHECK_OK(fx_call(userinfo_endpoint, NULL, FORM("access_token", bearer), &reply));
}

FX_TEST(nothing_is_issued_for_a_type_without_a_row)
{
	prove(&(struct binding){UNKNOWN, {1}});
	CHECK_RC(fx_redeem(fx_code(ALL), &reply), RC_INTERNAL);
}

/* ---- codes ---- */

static const char *bound_code(const struct binding *b)
{
	struct code_grant g = fx_grant(ALL);
	g.binding = *b;
	return fx_code_of(&g);
}

FX_TEST(a_bound_code_is_redeemed_by_its_key_alone)
{
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		const char *code = bound_code(&key);
		prove(others[i]);
		CHECK_RC(fx_redeem(code, &reply), RC_INVALID_GRANT);
		prove(&key); /* it is used up */
		CHECK_RC(fx_redeem(code, &reply), RC_INVALID_GRANT);
	}
	CHECK_OK(fx_redeem(bound_code(&key), &reply));
	CHECK_OK(fx_redeem(bound_code(&unbound), &reply));
}

/* As an earlier version stored it. */
FX_TEST(a_code_without_a_binding_is_redeemed)
{
	enum { BINDING_BYTES = 1 + BINDING_THUMBPRINT };
	const char *code = fx_code(ALL);
	struct eph_record r;
	uint8_t id[32];
	crypto_sha256(slice_cstr(code), id);
	CHECK_OK(fx.ephemeral.get(fx.ephemeral.self, EPH_CODE, id, fx.now, &fx.arena, &r));
	uint8_t *older = arena_alloc(&fx.arena, r.value.n);
	memcpy(older, r.value.p, r.value.n);
	CHECK(older[0] == 2);
	older[0] = 1;
	r.value = slice_of(older, r.value.n - BINDING_BYTES);
	CHECK_OK(fx.ephemeral.replace(fx.ephemeral.self, &r, fx.now));
	CHECK_OK(fx_redeem(code, &reply));
}

/* ---- refresh tokens ---- */

FX_TEST(a_public_clients_refresh_token_is_for_its_key_alone)
{
	prove(&key);
	const char *token = fx_text(fx_sign_in(ALL), "refresh_token");
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		prove(others[i]);
		CHECK_RC(fx_refresh(token, &reply), RC_INVALID_GRANT);
		CHECK(strcmp(fx.audited, "refresh.refused") == 0);
	}
	prove(&key);
	for (int i = 0; i < 2; i++) { /* so is the one after it */
		CHECK_OK(fx_refresh(token, &reply));
		CHECK(strcmp(fx_text(fx_body(&reply), "token_type"), "DPoP") == 0);
		token = fx_text(fx_body(&reply), "refresh_token");
		prove(&unbound);
		CHECK_RC(fx_refresh(token, &reply), RC_INVALID_GRANT);
		prove(&key);
	}
}

/* An access token is bound to what its own request proved. */
FX_TEST(an_unbound_refresh_token_gives_bound_access_tokens)
{
	const char *token = fx_text(fx_sign_in(ALL), "refresh_token");
	prove(&key);
	CHECK_OK(fx_refresh(token, &reply));
	CHECK(strcmp(fx_text(fx_body(&reply), "token_type"), "DPoP") == 0);
	token = fx_text(fx_body(&reply), "refresh_token");
	prove(&unbound);
	CHECK_OK(fx_refresh(token, &reply));
	CHECK(strcmp(fx_text(fx_body(&reply), "token_type"), "Bearer") == 0);
}

/* RFC 9449 5: its authentication binds it. */
FX_TEST(a_confidential_clients_refresh_token_is_not_bound)
{
	fx_put_client("backend", "{\"redirect_uris\":[\"" FX_CB "\"],\"grant_types\":[\"authorization_code\",\"refresh_token\"],"
				 "\"scope\":\"" ALL "\"}", true, false);
	struct code_grant g = fx_grant(ALL);
	g.client = SLICE("backend");
	const char *code = fx_code_of(&g);
	prove(&key);
	CHECK_OK(fx_call(token_endpoint, "backend:" FX_SECRET, FORM("grant_type", "authorization_code", "code", code, "redirect_uri",
								    FX_CB, "code_verifier", FX_VERIFIER), &reply));
	CHECK(strcmp(fx_text(fx_body(&reply), "token_type"), "DPoP") == 0);
	const char *token = fx_text(fx_body(&reply), "refresh_token");
	prove(&other_key);
	CHECK_OK(fx_call(token_endpoint, "backend:" FX_SECRET, FORM("grant_type", "refresh_token", "refresh_token", token), &reply));
	CHECK(strcmp(fx_text(fx_body(&reply), "token_type"), "DPoP") == 0);
}

T_MAIN(T(what_is_bound_is_for_its_key_alone), T(a_cnf_is_read_as_it_is_written), T(a_cnf_that_nobody_knows_is_refused),
       T(a_full_arena_is_not_a_bad_cnf), T(a_type_without_a_row_is_never_written), T(tokens_are_bound_to_what_the_request_proved),
       T(a_clients_own_tokens_are_bound_too), T(a_token_with_a_confirmation_that_is_not_known_is_none), T(a_bound_token_opens_userinfo_to_its_key_alone),
       T(nothing_is_issued_for_a_type_without_a_row), T(a_bound_code_is_redeemed_by_its_key_alone),
       T(a_code_without_a_binding_is_redeemed), T(a_public_clients_refresh_token_is_for_its_key_alone),
       T(an_unbound_refresh_token_gives_bound_access_tokens), T(a_confidential_clients_refresh_token_is_not_bound))
