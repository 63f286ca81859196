/* SPDX-License-Identifier: Apache-2.0 */
/* The whole decision: bearer and session mode, what it needs, what it refuses, what it answers. */
#include "gateway/gateway_credential.h"

#include "base/buf.h"
#include "gateway/signature_cache.h"
#include "t.h"

enum { NOW = 1800000000 };

static struct arena arena;
static struct jwk *key, *other_key;
static struct jwks *keys, *other_keys;
static struct revocation_cache *revocations;
static struct gateway_key_set key_sets[2];
static _Alignas(64) uint8_t token_memory[64 * 1024], session_memory[64 * 1024];
static struct signature_cache tokens, sessions;
static const struct slice audiences[] = {SLICE_INIT("api")};
static const struct slice types[] = {SLICE_INIT("at+jwt")};
static struct gateway_issuer issuer, other;
static const struct gateway_issuer *const both[] = {&issuer, &other};
static struct gateway_policy policy;
static struct gateway_view view;
static const uint8_t secret[SIPHASH_KEY] = {1, 2, 3};
static struct gateway_outcome out;

static struct jwks *set_of(struct jwk *k)
{
	static uint8_t memory[4096];
	struct jwks *set = NULL;
	struct buf b;
	buf_over(&b, memory, sizeof memory);
	struct json_out o = json_out_to(&b);
	json_out_object(&o);
	json_out_key(&o, SLICE("keys"));
	json_out_array(&o);
	CHECK_OK(jwk_write(k, false, &o));
	json_out_array_end(&o);
	json_out_object_end(&o);
	CHECK_OK(jwks_read(buf_slice(&b), JWK_PUBLIC, &set, NULL));
	return set;
}

static struct gateway_issuer issuer_named(struct slice name, size_t index)
{
	return (struct gateway_issuer){
		.name = name, .index = index, .fed = true, .ours = true, .map = {SLICE("roles"), SLICE("tenant"), SLICE("scope")},
		.foreign = {.scope = SLICE("scope")},
		.jwt = {.algs = JOSE_ALG_BIT(JOSE_ES256), .issuer = name, .audiences = audiences, .audience_count = 1, .types = types,
			.type_count = 1, .leeway = 30}};
}

static void set_up(void)
{
	arena_reset(&arena);
	arena_init(&arena, 4 * 1024 * 1024);
	if (key == NULL) {
		CHECK_OK(jwk_generate(JOSE_ES256, 0, &key));
		CHECK_OK(jwk_generate(JOSE_ES256, 0, &other_key));
		keys = set_of(key);
		other_keys = set_of(other_key);
	}
	revocation_cache_free(revocations);
	CHECK_OK(revocation_cache_new(1024, &revocations));
	memset(token_memory, 0, sizeof token_memory);
	memset(session_memory, 0, sizeof session_memory);
	CHECK_OK(signature_cache_over(token_memory, sizeof token_memory, 0, &tokens));
	CHECK_OK(signature_cache_over(session_memory, sizeof session_memory, 1984, &sessions));
	issuer = issuer_named(SLICE("https://id"), 0);
	other = issuer_named(SLICE("https://other"), 1);
	key_sets[0] = (struct gateway_key_set){keys, 11};
	key_sets[1] = (struct gateway_key_set){other_keys, 22};
	policy = (struct gateway_policy){.credential = &gateway_bearer, .realm = SLICE("shop"), .issuers = both, .issuer_count = 1,
				      .session_map = {SLICE("roles"), SLICE("tenant"), SLICE("scope")}};
	view = (struct gateway_view){.key_sets = key_sets, .revoked = gateway_revoked, .revocations = revocations, .tokens = &tokens, .sessions = &sessions, .cache_secret = secret, .epoch = 5, .fresh = true,
				  .now = NOW};
}

static struct slice token_of(struct jwk *k, const char *iss, const char *more)
{
	struct jwt_signer signer = jwt_signer_of(k);
	struct slice claims, token = SLICE_NONE;
	CHECK_OK(arena_format(&arena, &claims, "{\"iss\":\"%s\",\"aud\":\"api\",\"sub\":\"u1\",\"iat\":%d,\"exp\":%d%s}", iss, NOW - 10,
			      NOW + 100, more));
	CHECK_OK(jwt_sign(&signer, JOSE_ES256, jwk_kid(k), SLICE("at+jwt"), claims, &arena, &token));
	return token;
}

static void ask(struct slice token, const char *target)
{
	struct slice value = SLICE_NONE;
	CHECK_OK(arena_format(&arena, &value, "Bearer %.*s", SLICE_ARGS(token)));
	struct gateway_header h = {SLICE("Authorization"), value};
	struct gateway_request r = {.method = SLICE("GET"), .target = slice_cstr(target), .host = SLICE("api"), .headers = &h,
				 .header_count = token.n > 0};
	gateway_decide(&policy, &r, &view, &arena, &out);
}

static bool refused(enum rc why, int status)
{
	return out.verdict == GATEWAY_REFUSE && out.why == why && out.status == status && out.set_count == 0;
}

static void bearer_is_let_in(void)
{
	set_up();
	ask(token_of(key, "https://id", ",\"tenant\":\"t\",\"roles\":[\"a\"]"), "/x");
	CHECK(out.verdict == GATEWAY_ALLOW && !out.cached && out.set_count == 3);
	CHECK_SLICE(out.set[0].value, SLICE("u1"));
	CHECK(out.issuer == &issuer);
}

/* A token with that many roles and one, where two issuers may have made it. */
static bool lets_in(int groups)
{
	static char more[16 * 1024];
	struct buf b;
	set_up();
	buf_over(&b, (uint8_t *)more, sizeof more);
	buf_format(&b, ",\"roles\":[\"a\"");
	for (int i = 0; i < groups; i++)
		buf_format(&b, ",\"%d\"", i);
	buf_format(&b, "]");
	buf_byte(&b, '\0');
	policy.issuer_count = 2;
	ask(token_of(key, "https://id", more), "/x");
	return out.verdict == GATEWAY_ALLOW && out.identity.roles.n > (size_t)groups;
}

static void hundreds_of_groups_have_a_maximum(void)
{
	CHECK(lets_in(10) && lets_in(300) && lets_in(900));
	CHECK(!lets_in(1100) && out.status == 401);
}

static bool sets(const char *name, const char *value)
{
	for (size_t i = 0; i < out.set_count; i++)
		if (slice_eq(out.set[i].name, slice_cstr(name)))
			return slice_eq(out.set[i].value, slice_cstr(value));
	return *value == '\0';
}

/* A partner's "admin" is not ours. */
static void roles_and_tenant_of_others_only_by_a_map(void)
{
	static const struct slice admin[] = {SLICE_INIT("admin")};
	static const struct gateway_rule rule = {.type = GATEWAY_RULE_ROLE, .values = admin, .value_count = 1};
	static const struct gateway_claim_header iss = {SLICE_INIT("X-Issuer"), SLICE_INIT("iss")};
	set_up();
	policy.claim_headers = &iss;
	policy.claim_header_count = 1;
	struct slice token = token_of(key, "https://id", ",\"tenant\":\"t\",\"roles\":[\"admin\"],\"scope\":\"s\"");
	for (int again = 0; again < 2; again++) {
		issuer.ours = true;
		view.own = SLICE_NONE;
		ask(token, "/x");
		CHECK(out.verdict == GATEWAY_ALLOW && sets("X-Roles", "admin") && sets("X-Tenant-Id", "t") && sets("X-Issuer", "https://id"));
		issuer.ours = false;
		ask(token, "/x");
		CHECK(out.verdict == GATEWAY_ALLOW && sets("X-Roles", "") && sets("X-Tenant-Id", "") && sets("X-Scope", "s") && sets("X-User-Id", "u1"));
		view.own = SLICE("https://other");
		ask(token, "/x");
		CHECK(out.verdict == GATEWAY_ALLOW && sets("X-Roles", ""));
		view.own = SLICE("https://id");
		ask(token, "/x");
		CHECK(out.verdict == GATEWAY_ALLOW && sets("X-Roles", "admin"));
	}
	policy.rules = &rule;
	policy.rule_count = 1;
	view.own = SLICE("https://other");
	ask(token, "/x");
	CHECK(refused(RC_FORBIDDEN, 403));
	issuer.foreign.roles = SLICE("roles");
	ask(token, "/x");
	CHECK(out.verdict == GATEWAY_ALLOW && sets("X-Roles", "admin") && sets("X-Tenant-Id", ""));
}

static void off_lets_anyone_in_without_identity(void)
{
	set_up();
	policy.credential = NULL;
	ask(SLICE_NONE, "/x");
	CHECK(out.verdict == GATEWAY_ALLOW && out.set_count == 0);
	ask(SLICE_NONE, "/x/../y");
	CHECK(refused(RC_SYNTAX, 400));
	policy.any_path = true;
	ask(SLICE_NONE, "/x/../y");
	CHECK(out.verdict == GATEWAY_ALLOW);
}

static void bearer_needs_a_canonical_path(void)
{
	set_up();
	ask(token_of(key, "https://id", ""), "/a%2fb");
	CHECK(refused(RC_SYNTAX, 400));
}

static void bearer_needs_a_credential(void)
{
	set_up();
	ask(SLICE_NONE, "/x");
	CHECK(refused(RC_NO_CREDENTIALS, 401));
	CHECK_SLICE(out.challenge, SLICE("Bearer realm=\"shop\""));
}

static void signature_and_claims_are_checked(void)
{
	set_up();
	ask(token_of(other_key, "https://id", ""), "/x");
	CHECK(out.verdict == GATEWAY_NEED_KEY);
	ask(token_of(key, "https://evil", ""), "/x");
	CHECK(refused(RC_JOSE_ISS, 401));
	view.now = NOW + 1000;
	ask(token_of(key, "https://id", ""), "/x");
	CHECK(refused(RC_JOSE_EXP, 401));
}

static void bound_tokens_are_no_bearer_tokens(void)
{
	static const char *const rows[] = {"{\"jkt\":\"x\"}", "{\"x5t#S256\":\"x\"}", "{}", "null", "[]", "\"x\""};
	set_up();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char claim[64];
		t_set_row(rows[i]);
		(void)snprintf(claim, sizeof claim, ",\"cnf\":%s", rows[i]);
		ask(token_of(key, "https://id", claim), "/x");
		CHECK(refused(RC_JOSE_BINDING, 401));
	}
}

static void tokens_that_are_too_long(void)
{
	set_up();
	static uint8_t text[JWT_TEXT_MAX + 1];
	memset(text, 'a', sizeof text);
	ask(slice_of(text, sizeof text), "/x");
	CHECK(refused(RC_JOSE_SIZE, 401));
}

static void cached_signature_still_checks_claims(void)
{
	set_up();
	struct slice token = token_of(key, "https://id", ",\"jti\":\"j\"");
	ask(token, "/x");
	CHECK(out.verdict == GATEWAY_ALLOW && !out.cached);
	ask(token, "/x");
	CHECK(out.verdict == GATEWAY_ALLOW && out.cached);
	view.now = NOW + 131;
	ask(token, "/x");
	CHECK(out.cached && refused(RC_JOSE_EXP, 401));
	view.now = NOW;
	struct revocation end = {REVOCATION_JTI, SLICE("j"), NOW, NOW + 500};
	CHECK_OK(revocation_cache_add(revocations, &end, NOW));
	ask(token, "/x");
	CHECK(out.cached && refused(RC_REVOKED, 401));
}

/* What this process has parsed before is judged as if it were new, and only under the keys that it was verified with. */
static void remembered_claims_are_still_checked(void)
{
	set_up();
	view.parsed = token_cache_new();
	CHECK(view.parsed != NULL);
	struct slice token = token_of(key, "https://id", ",\"jti\":\"j\",\"tenant\":\"t\\u0041\",\"roles\":[\"a\",\"b\"]");
	ask(token, "/x");
	CHECK(out.verdict == GATEWAY_ALLOW && !out.cached);
	/* Without the shared cache's help: only the token cache knows it. */
	memset(token_memory, 0, sizeof token_memory);
	ask(token, "/x");
	CHECK(out.verdict == GATEWAY_ALLOW && out.cached && out.set_count == 3);
	CHECK_SLICE(out.set[0].value, SLICE("u1"));
	CHECK_SLICE(out.set[1].value, SLICE("tA"));
	CHECK_SLICE(out.set[2].value, SLICE("a,b"));
	issuer.jwt.audiences = &SLICE("another");
	ask(token, "/x");
	CHECK(out.cached && refused(RC_JOSE_AUD, 401));
	issuer.jwt.audiences = audiences;
	view.now = NOW + 131;
	ask(token, "/x");
	CHECK(out.cached && refused(RC_JOSE_EXP, 401));
	view.now = NOW;
	struct revocation end = {REVOCATION_JTI, SLICE("j"), NOW, NOW + 500};
	CHECK_OK(revocation_cache_add(revocations, &end, NOW));
	ask(token, "/x");
	CHECK(out.cached && refused(RC_REVOKED, 401));
	key_sets[0] = (struct gateway_key_set){other_keys, 12};
	ask(token, "/x");
	CHECK(!out.cached && out.verdict == GATEWAY_NEED_KEY);
	token_cache_free(view.parsed);
}

static void a_token_of_other_bytes_is_not_remembered(void)
{
	set_up();
	view.parsed = token_cache_new();
	struct slice token = token_of(key, "https://id", "");
	ask(token, "/x");
	struct slice forged = SLICE_NONE;
	CHECK_OK(arena_copy(&arena, token, &forged));
	for (size_t i = 0; i < forged.n; i++) {
		uint8_t *at = (uint8_t *)(uintptr_t)forged.p + i, was = *at;
		*at = was == 'A' ? 'B' : 'A';
		ask(forged, "/x");
		CHECK(!out.cached && out.verdict != GATEWAY_ALLOW);
		*at = was;
	}
	ask(forged, "/x");
	CHECK(out.cached && out.verdict == GATEWAY_ALLOW);
	token_cache_free(view.parsed);
}

static void new_key_generation_forgets_cached_signatures(void)
{
	set_up();
	struct slice token = token_of(key, "https://id", "");
	ask(token, "/x");
	key_sets[0] = (struct gateway_key_set){other_keys, 12};
	ask(token, "/x");
	CHECK(!out.cached && out.verdict == GATEWAY_NEED_KEY);
}

static void without_a_cache_every_signature_is_checked(void)
{
	set_up();
	view.tokens = NULL;
	struct slice token = token_of(key, "https://id", "");
	ask(token, "/x");
	ask(token, "/x");
	CHECK(out.verdict == GATEWAY_ALLOW && !out.cached);
	/* As often as it comes. */
	struct slice forged = SLICE_NONE;
	CHECK_OK(arena_copy(&arena, token, &forged));
	uint8_t *at = (uint8_t *)(uintptr_t)forged.p + forged.n - 4;
	*at = *at == 'A' ? 'B' : 'A';
	ask(forged, "/x");
	CHECK(refused(RC_JOSE_SIGNATURE, 401));
}

static void issuer_is_chosen_by_the_token_and_checked(void)
{
	set_up();
	policy.issuer_count = 2;
	ask(token_of(other_key, "https://other", ""), "/x");
	CHECK(out.verdict == GATEWAY_ALLOW && out.issuer == &other);
	ask(token_of(key, "https://id", ""), "/x");
	CHECK(out.verdict == GATEWAY_ALLOW && out.issuer == &issuer);
	ask(token_of(key, "https://nobody", ""), "/x");
	CHECK(refused(RC_JOSE_ISS, 401));
	ask(SLICE("a.%%.c"), "/x");
	CHECK(refused(RC_JOSE_MALFORMED, 401));
	ask(SLICE("a.e30x.c"), "/x");
	CHECK(refused(RC_JOSE_CLAIMS, 401));
	ask(SLICE("a.e31.c"), "/x");
	CHECK(refused(RC_JOSE_MALFORMED, 401));
	ask(SLICE("a.W10.c"), "/x");
	CHECK(refused(RC_JOSE_ISS, 401));
	ask(SLICE("a.e30"), "/x");
	CHECK(refused(RC_JOSE_MALFORMED, 401));
}

static void unknown_kid_is_asked_for_once(void)
{
	set_up();
	struct slice token = token_of(other_key, "https://id", ""), value;
	CHECK_OK(arena_format(&arena, &value, "Bearer %.*s", SLICE_ARGS(token)));
	struct gateway_header h = {SLICE("Authorization"), value};
	struct gateway_request r = {.method = SLICE("GET"), .target = SLICE("/"), .headers = &h, .header_count = 1};
	gateway_decide(&policy, &r, &view, &arena, &out);
	CHECK(out.verdict == GATEWAY_NEED_KEY && out.issuer == &issuer);
	r.key_asked = true;
	gateway_decide(&policy, &r, &view, &arena, &out);
	CHECK(refused(RC_JOSE_KID, 401));
	r.key_asked = false;
	issuer.fed = false;
	gateway_decide(&policy, &r, &view, &arena, &out);
	CHECK(refused(RC_JOSE_KID, 401));
}

/* A place to wait is for tokens that a key could make good. */
static void nobody_waits_with_a_hopeless_token(void)
{
	static const char *const bad[] = {"a", "a.b.c", "a.b", "e30.e30.AA", "eyJhbGciOiJFUzI1NiJ9.W10.AA", "eyJhbGciOiJFUzI1NiJ9.e30.AA",
					  "eyJhbGciOiJFUzI1NiIsImNyaXQiOlsieCJdfQ.e30.AA", "eyJhbGciOiJFUzI1NiJ9.!.AA"};
	T_TEXTS(text, bad) {
		set_up();
		view.revoked = NULL;
		ask(slice_cstr(text), "/x");
		CHECK(out.verdict == GATEWAY_REFUSE && out.status == 401);
		view.revoked = gateway_revoked;
		key_sets[0].keys = NULL;
		ask(slice_cstr(text), "/x");
		CHECK(out.verdict == GATEWAY_REFUSE && out.status == 401);
	}
	set_up();
	struct slice expired = token_of(other_key, "https://id", ""), unknown = token_of(other_key, "https://id", "");
	struct slice elsewhere = token_of(other_key, "https://elsewhere", "");
	ask(unknown, "/x");
	CHECK(out.verdict == GATEWAY_NEED_KEY);
	ask(elsewhere, "/x");
	CHECK(refused(RC_JOSE_ISS, 401));
	view.now = NOW + 1000;
	ask(expired, "/x");
	CHECK(refused(RC_JOSE_EXP, 401));
	view.revoked = NULL;
	ask(expired, "/x");
	CHECK(refused(RC_JOSE_EXP, 401));
}

static void header_is_read_before_anybody_waits(void)
{
	set_up();
	/* {"alg":"ES256","crit":["x"]} before claims that are good. */
	struct slice token = token_of(key, "https://id", ""), bad = SLICE_NONE;
	CHECK_OK(arena_format(&arena, &bad, "eyJhbGciOiJFUzI1NiIsImNyaXQiOlsieCJdfQ.%.*s", SLICE_ARGS(slice_from(token, slice_find(token, '.') + 1))));
	view.revoked = NULL;
	ask(bad, "/x");
	CHECK(refused(RC_JOSE_CRIT, 401));
	/* One character decodes to nothing. */
	CHECK_OK(arena_format(&arena, &bad, "%.*s.A.AA", SLICE_ARGS(slice_to(token, slice_find(token, '.')))));
	ask(bad, "/x");
	CHECK(refused(RC_JOSE_MALFORMED, 401));
	/* Good in all but its end. */
	CHECK_OK(arena_format(&arena, &bad, "%.*s.!", SLICE_ARGS(token)));
	ask(bad, "/x");
	CHECK(refused(RC_JOSE_MALFORMED, 401));
	ask(token, "/x");
	CHECK(out.verdict == GATEWAY_NEED_SNAPSHOT);
}

static void no_decision_before_the_snapshot(void)
{
	set_up();
	struct slice token = token_of(key, "https://id", "");
	view.revoked = NULL;
	ask(token, "/x");
	CHECK(out.verdict == GATEWAY_NEED_SNAPSHOT);
	view.revoked = gateway_revoked;
	key_sets[0].keys = NULL;
	/* The daemon has said all that it knows. */
	ask(token, "/x");
	CHECK(refused(RC_UPSTREAM, 503));
	issuer.fed = false;
	ask(token, "/x");
	CHECK(refused(RC_UPSTREAM, 503));
	key_sets[0].keys = keys;
	view.revoked = NULL;
	ask(token, "/x");
	CHECK(out.verdict == GATEWAY_ALLOW);
}

static void stale_link_by_policy(void)
{
	set_up();
	struct slice token = token_of(key, "https://id", "");
	view.fresh = false;
	ask(token, "/x");
	CHECK(out.verdict == GATEWAY_ALLOW);
	policy.stale_refuse = true;
	ask(token, "/x");
	CHECK(refused(RC_UPSTREAM, 503));
	CHECK(out.challenge.n == 0);
	view.fresh = true;
	ask(token, "/x");
	CHECK(out.verdict == GATEWAY_ALLOW);
	view.fresh = false;
	issuer.fed = false;
	ask(token, "/x");
	CHECK(out.verdict == GATEWAY_ALLOW);
}

static void revocations_apply_to_fed_issuers(void)
{
	set_up();
	struct revocation end = {REVOCATION_USER, SLICE("u1"), NOW, NOW + 500};
	CHECK_OK(revocation_cache_add(revocations, &end, NOW));
	ask(token_of(key, "https://id", ""), "/x");
	CHECK(refused(RC_REVOKED, 401));
	issuer.fed = false;
	ask(token_of(key, "https://id", ""), "/x");
	CHECK(out.verdict == GATEWAY_ALLOW);
}

static void rules_turn_away(void)
{
	static const struct slice words[] = {SLICE_INIT("orders:read"), SLICE_INIT("orders:write")};
	static const struct gateway_rule scope[] = {{GATEWAY_RULE_SCOPE, true, {NULL, 0}, words, 2}}, role[] = {{GATEWAY_RULE_ROLE, true, {NULL, 0}, words, 1}};
	set_up();
	policy.rules = scope;
	policy.rule_count = 1;
	ask(token_of(key, "https://id", ",\"scope\":\"orders:read\""), "/x");
	CHECK(refused(RC_INSUFFICIENT_SCOPE, 403));
	CHECK_SLICE(out.challenge, SLICE("Bearer realm=\"shop\", error=\"insufficient_scope\", error_description=\"the token does not carry "
					 "what this needs\", scope=\"orders:read orders:write\""));
	CHECK_SLICE(out.identity.user, SLICE("u1"));
	policy.rules = role;
	ask(token_of(key, "https://id", ",\"scope\":\"orders:read\""), "/x");
	CHECK(refused(RC_FORBIDDEN, 403));
	CHECK_SLICE(out.challenge, SLICE("Bearer realm=\"shop\", error=\"insufficient_scope\", error_description=\"this is not allowed\""));
}

static void unfit_claims_and_handles(void)
{
	struct jwt_signer signer;
	struct slice claims, token;
	set_up();
	signer = jwt_signer_of(key);
	CHECK_OK(arena_format(&arena, &claims, "{\"iss\":\"https://id\",\"aud\":\"api\",\"sub\":\"a\\u0085\",\"exp\":%d}", NOW + 100));
	CHECK_OK(jwt_sign(&signer, JOSE_ES256, jwk_kid(key), SLICE("at+jwt"), claims, &arena, &token));
	ask(token, "/x");
	CHECK(refused(RC_JOSE_SUB, 401));
	ask(token_of(key, "https://id", ",\"roles\":[\"a,b\",{}]"), "/x");
	CHECK(out.verdict == GATEWAY_ALLOW && sets("X-Roles", "a%2Cb") && out.identity.dropped == 1u << GATEWAY_CLAIM_ROLES);
	ask(token_of(key, "https://id", ",\"handle\":\"forged\""), "/x");
	CHECK(out.verdict == GATEWAY_ALLOW && out.set_count == 1);
}

static void generation_names_keys_and_rules(void)
{
	set_up();
	uint64_t g = gateway_generation(&issuer, SLICE("{}"));
	CHECK(g == gateway_generation(&issuer, SLICE("{}")));
	CHECK(g != gateway_generation(&issuer, SLICE("{ }")));
	struct gateway_issuer x = issuer;
	x.jwt.issuer = SLICE("https://id2");
	CHECK(g != gateway_generation(&x, SLICE("{}")));
	x = issuer;
	x.jwt.algs |= JOSE_ALG_BIT(JOSE_RS256);
	CHECK(g != gateway_generation(&x, SLICE("{}")));
	x = issuer;
	x.jwt.type_optional = true;
	CHECK(g != gateway_generation(&x, SLICE("{}")));
	x = issuer;
	x.jwt.type_count = 0;
	CHECK(g != gateway_generation(&x, SLICE("{}")));
}

/* ---- session ---- */

static struct gateway_answer answer;

static void visit(const char *cookie, const char *method)
{
	struct slice value = SLICE_NONE;
	CHECK_OK(arena_format(&arena, &value, "__Host-ostiary-gate=%s", cookie));
	struct gateway_header h[] = {{SLICE("Accept"), SLICE("text/html")}, {SLICE("Cookie"), value}};
	struct gateway_request r = {.method = slice_cstr(method), .target = SLICE("/a?b=c&d"), .host = SLICE("web"), .headers = h,
				 .header_count = cookie[0] != '\0' ? 2 : 1, .answer = answer};
	policy.credential = &gateway_session;
	gateway_decide(&policy, &r, &view, &arena, &out);
}

static void identity_is(const char *more)
{
	struct slice text = SLICE_NONE;
	CHECK_OK(arena_format(&arena, &text, "{\"sub\":\"u1\",\"sid\":\"s1\",\"op_sid\":\"o1\",\"handle\":\"h1\",\"iat\":%d%s}", NOW - 5, more));
	answer = (struct gateway_answer){GATEWAY_ANSWER_IDENTITY, text, 5};
}

static void session_is_looked_up_then_cached(void)
{
	char exp[32];
	set_up();
	answer = (struct gateway_answer){.type = GATEWAY_ANSWER_NOT_ASKED};
	visit("c.1", "GET");
	CHECK(out.verdict == GATEWAY_NEED_LOOKUP);
	CHECK_SLICE(out.cookie, SLICE("c.1"));
	(void)snprintf(exp, sizeof exp, ",\"exp\":%d", NOW + 100);
	identity_is(exp);
	visit("c.1", "GET");
	CHECK(out.verdict == GATEWAY_ALLOW && !out.cached && out.set_count == 2);
	CHECK_SLICE(out.set[1].value, SLICE("h1"));
	answer = (struct gateway_answer){.type = GATEWAY_ANSWER_NOT_ASKED};
	visit("c.1", "GET");
	CHECK(out.verdict == GATEWAY_ALLOW && out.cached);
	visit("c.2", "GET");
	CHECK(out.verdict == GATEWAY_NEED_LOOKUP);
	view.fresh = false;
	visit("c.1", "GET");
	CHECK(out.verdict == GATEWAY_NEED_LOOKUP);
	view.fresh = true;
	view.epoch = 6;
	visit("c.1", "GET");
	CHECK(out.verdict == GATEWAY_NEED_LOOKUP);
	view.epoch = 5;
	view.now = NOW + 5;
	visit("c.1", "GET");
	CHECK(out.verdict == GATEWAY_NEED_LOOKUP);
}

static void sessions_are_not_cached_when_stale_or_without_time(void)
{
	char exp[32];
	set_up();
	(void)snprintf(exp, sizeof exp, ",\"exp\":%d", NOW + 100);
	identity_is(exp);
	view.fresh = false;
	visit("c.1", "GET");
	CHECK(out.verdict == GATEWAY_ALLOW);
	view.fresh = true;
	answer.ttl = 0;
	visit("c.3", "GET");
	answer = (struct gateway_answer){.type = GATEWAY_ANSWER_NOT_ASKED};
	visit("c.1", "GET");
	CHECK(out.verdict == GATEWAY_NEED_LOOKUP);
	visit("c.3", "GET");
	CHECK(out.verdict == GATEWAY_NEED_LOOKUP);
	view.sessions = NULL;
	identity_is(exp);
	visit("c.1", "GET");
	CHECK(out.verdict == GATEWAY_ALLOW);
	answer = (struct gateway_answer){.type = GATEWAY_ANSWER_NOT_ASKED};
	visit("c.1", "GET");
	CHECK(out.verdict == GATEWAY_NEED_LOOKUP);
}

static void session_refusals(void)
{
	char exp[64];
	set_up();
	answer = (struct gateway_answer){.type = GATEWAY_ANSWER_NONE};
	visit("c.1", "GET");
	CHECK(refused(RC_NO_CREDENTIALS, 302));
	CHECK_SLICE(out.location, SLICE("/_ostiary/login?return_to=/a%3Fb%3Dc%26d"));
	CHECK(out.challenge.n == 0);
	visit("", "GET");
	CHECK(refused(RC_NO_CREDENTIALS, 302));
	visit("", "POST");
	CHECK(refused(RC_NO_CREDENTIALS, 401));
	visit("c.1", "POST");
	CHECK(refused(RC_CSRF, 403));
	policy.csrf_off = true;
	visit("c.1", "POST");
	CHECK(refused(RC_NO_CREDENTIALS, 401));
	policy.csrf_off = false;
	answer = (struct gateway_answer){.type = GATEWAY_ANSWER_ERROR};
	visit("c.1", "GET");
	CHECK(refused(RC_STORE, 503));
	view.revoked = NULL;
	visit("c.1", "GET");
	CHECK(out.verdict == GATEWAY_NEED_SNAPSHOT);
	view.revoked = gateway_revoked;
	(void)snprintf(exp, sizeof exp, ",\"exp\":%d", NOW);
	identity_is(exp);
	visit("c.1", "GET");
	CHECK(refused(RC_NO_CREDENTIALS, 302));
	identity_is("");
	visit("c.1", "GET");
	CHECK(refused(RC_NO_CREDENTIALS, 302));
	/* What cannot be carried is left out, and refuses nobody. */
	(void)snprintf(exp, sizeof exp, ",\"exp\":%d,\"tenant\":{}", NOW + 100);
	identity_is(exp);
	visit("c.1", "GET");
	CHECK(out.verdict == GATEWAY_ALLOW && out.identity.tenant.n == 0 && out.identity.dropped == 1u << GATEWAY_CLAIM_TENANT);
	/* But nobody's is nobody's. */
	answer = (struct gateway_answer){GATEWAY_ANSWER_IDENTITY, SLICE("{\"sub\":\"a\\u0085\",\"exp\":1800000100}"), 5};
	visit("c.1", "GET");
	CHECK(refused(RC_JOSE_SUB, 302));
	answer = (struct gateway_answer){GATEWAY_ANSWER_IDENTITY, SLICE("{"), 5};
	visit("c.1", "GET");
	CHECK(refused(RC_INTERNAL, 503));
}

static void session_without_a_host(void)
{
	struct gateway_header h[] = {{SLICE("Cookie"), SLICE("__Host-ostiary-gate=c.1")}};
	struct gateway_request r = {.method = SLICE("GET"), .target = SLICE("/"), .headers = h, .header_count = 1};
	set_up();
	policy.credential = &gateway_session;
	gateway_decide(&policy, &r, &view, &arena, &out);
	CHECK(refused(RC_INVALID_REQUEST, 400));
}

static void session_ends(void)
{
	static const struct revocation all[] = {{REVOCATION_SID, SLICE_INIT("s1"), NOW, NOW + 500}, {REVOCATION_SID, SLICE_INIT("o1"), NOW, NOW + 500},
					      {REVOCATION_USER, SLICE_INIT("u1"), NOW, NOW + 500}};
	char exp[32];
	(void)snprintf(exp, sizeof exp, ",\"exp\":%d", NOW + 100);
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		set_up();
		identity_is(exp);
		visit("c.1", "GET");
		CHECK(out.verdict == GATEWAY_ALLOW);
		CHECK_OK(revocation_cache_add(revocations, &all[i], NOW));
		visit("c.1", "GET");
		CHECK(refused(RC_NO_CREDENTIALS, 302));
	}
}

static void return_to_is_a_short_path_of_this_host(void)
{
	static char longer[4096] = "/";
	struct gateway_header h = {SLICE("Sec-Fetch-Mode"), SLICE("navigate")};
	struct gateway_request r = {.method = SLICE("GET"), .target = SLICE("//evil.example/"), .host = SLICE("web"), .headers = &h, .header_count = 1};
	set_up();
	policy.credential = &gateway_session;
	policy.any_path = true;
	gateway_decide(&policy, &r, &view, &arena, &out);
	CHECK_SLICE(out.location, SLICE("/_ostiary/login?return_to=/"));
	r.target = SLICE("http://evil.example/");
	gateway_decide(&policy, &r, &view, &arena, &out);
	CHECK_SLICE(out.location, SLICE("/_ostiary/login?return_to=/"));
	r.target = SLICE_NONE;
	gateway_decide(&policy, &r, &view, &arena, &out);
	CHECK_SLICE(out.location, SLICE("/_ostiary/login?return_to=/"));
	memset(longer + 1, 'a', 2048);
	r.target = slice_of(longer, 2049);
	gateway_decide(&policy, &r, &view, &arena, &out);
	CHECK_SLICE(out.location, SLICE("/_ostiary/login?return_to=/"));
	r.target = slice_of(longer, 2048);
	gateway_decide(&policy, &r, &view, &arena, &out);
	CHECK(out.location.n == strlen("/_ostiary/login?return_to=/") + 2047);
}

static void post(const char *accept, const char *site, bool with_cookie)
{
	struct gateway_header h[] = {{SLICE("Accept"), slice_cstr(accept)}, {SLICE("Referer"), SLICE("https://web/edit?id=1&x=2")},
				  {SLICE("Sec-Fetch-Site"), slice_cstr(site)}, {SLICE("Cookie"), SLICE("__Host-ostiary-gate=c.1")}};
	struct gateway_request r = {.method = SLICE("POST"), .target = SLICE("/save"), .host = SLICE("web"), .secure = true, .headers = h,
				 .header_count = with_cookie ? 4 : 3, .answer = answer};
	policy.credential = &gateway_session;
	gateway_decide(&policy, &r, &view, &arena, &out);
}

static void a_refused_form_says_what_became_of_it(void)
{
	struct slice role = SLICE("admin");
	struct gateway_rule rule = {.type = GATEWAY_RULE_ROLE, .values = &role, .value_count = 1};
	char exp[32];
	set_up();
	answer = (struct gateway_answer){.type = GATEWAY_ANSWER_NOT_ASKED};
	post("text/html", "same-origin", false);
	CHECK(refused(RC_NO_CREDENTIALS, 401) && out.location.n == 0);
	CHECK_SLICE(out.page.heading, SLICE("Your session has ended"));
	CHECK_SLICE(out.page.uri, SLICE("/_ostiary/login?return_to=/edit%3Fid%3D1%26x%3D2"));
	CHECK(out.page.text.n > 0 && out.page.label.n > 0);
	answer = (struct gateway_answer){.type = GATEWAY_ANSWER_NONE};
	post("text/html", "same-origin", true);
	CHECK(refused(RC_NO_CREDENTIALS, 401));
	CHECK_SLICE(out.page.heading, SLICE("Your session has ended"));
	/* A script's answer is JSON. */
	post("application/json", "same-origin", true);
	CHECK(refused(RC_NO_CREDENTIALS, 401) && out.page.heading.n == 0);
	/* Another site's, with the cookie and, as browsers send it, without. */
	post("text/html", "cross-site", true);
	CHECK(refused(RC_CSRF, 403));
	CHECK_SLICE(out.page.heading, SLICE("Sent from another site"));
	CHECK_SLICE(out.page.uri, SLICE("/"));
	post("text/html", "cross-site", false);
	CHECK(refused(RC_NO_CREDENTIALS, 401));
	CHECK_SLICE(out.page.heading, SLICE("Sent from another site"));
	answer = (struct gateway_answer){.type = GATEWAY_ANSWER_ERROR};
	post("text/html", "same-origin", true);
	CHECK(refused(RC_STORE, 503));
	CHECK(out.page.heading.n > 0 && out.page.label.n == 0 && out.page.uri.n == 0);
	policy.rules = &rule;
	policy.rule_count = 1;
	(void)snprintf(exp, sizeof exp, ",\"exp\":%d", NOW + 100);
	identity_is(exp);
	post("text/html", "same-origin", true);
	CHECK(refused(RC_FORBIDDEN, 403));
	CHECK_SLICE(out.page.heading, SLICE("You may not do this"));
	CHECK_SLICE(out.page.uri, SLICE("/edit?id=1&x=2"));
}

static void a_refused_form_without_memory_or_sense_has_no_page(void)
{
	struct gateway_header h[] = {{SLICE("Accept"), SLICE("text/html")}, {SLICE("Sec-Fetch-Site"), SLICE("none")}};
	struct gateway_request r = {.method = SLICE("POST"), .target = SLICE("/"), .host = SLICE("web"), .headers = h, .header_count = 2};
	struct arena tiny;
	set_up();
	policy.credential = &gateway_session;
	out = (struct gateway_outcome){0};
	gateway_refuse(&policy, &r, RC_INVALID_REQUEST, &arena, &out);
	CHECK(out.status == 400 && out.page.heading.n == 0);
	arena_init(&tiny, 0);
	gateway_refuse(&policy, &r, RC_NO_CREDENTIALS, &tiny, &out);
	CHECK(out.status == 401 && out.page.heading.n == 0);
	arena_reset(&tiny);
}

static void a_refusal_names_a_member_of_the_bearer_token_alone(void)
{
	/* {"alg":"ES256","jku":"x"} */
	struct gateway_header h = {SLICE("Authorization"), SLICE("Bearer eyJhbGciOiJFUzI1NiIsImprdSI6IngifQ.e30.AA")};
	const struct gateway_request r = {.method = SLICE("GET"), .target = SLICE("/"), .headers = &h, .header_count = 1}, none = {.method = SLICE("GET")};
	set_up();
	policy.credential = &gateway_bearer;
	const char *name = gateway_refusal_member(&policy, &r, RC_JOSE_HEADER);
	CHECK(name != NULL && strcmp(name, "jku") == 0);
	CHECK(gateway_refusal_member(&policy, &none, RC_JOSE_AUD) == NULL);
	policy.credential = &gateway_session;
	CHECK(gateway_refusal_member(&policy, &r, RC_JOSE_HEADER) == NULL);
	arena_reset(&arena);
}

static void refusal_bodies_are_json(void)
{
	set_up();
	for (enum rc rc = RC_INTERNAL; rc < RC_COUNT; rc++) {
		struct slice body;
		const struct json *root;
		t_set_row(rc_row(rc)->name);
		CHECK_OK(gateway_refusal_body(rc, &arena, &body));
		CHECK_OK(json_parse_arena(&arena, slice_to(body, body.n - 1), 16, &root));
		struct slice error = SLICE_NONE;
		CHECK_OK(json_string(json_get(root, SLICE("error")), &arena, &error));
		CHECK(error.n > 0);
		policy.credential = &gateway_bearer;
		struct gateway_request r = {.method = SLICE("GET"), .target = SLICE("/")};
		gateway_refuse(&policy, &r, rc, &arena, &out);
		CHECK(out.status == 400 || out.status == 401 || out.status == 403 || out.status == 503);
		CHECK((out.challenge.n > 0) == (out.status != 503));
	}
	struct slice body = SLICE_NONE;
	CHECK_OK(gateway_refusal_body(RC_NO_CREDENTIALS, &arena, &body));
	CHECK_SLICE(body, SLICE("{\"error\":\"login_required\",\"error_description\":\"sign in first\"}\n"));
	CHECK_OK(gateway_refusal_body(RC_MEMORY, &arena, &body));
	CHECK(slice_starts(body, SLICE("{\"error\":\"temporarily_unavailable\"")));
	/* What the caller sent too much of is the caller's fault. */
	CHECK_OK(gateway_refusal_body(RC_LIMIT, &arena, &body));
	CHECK(slice_starts(body, SLICE("{\"error\":\"invalid_request\"")));
	gateway_refuse(&policy, &(struct gateway_request){.method = SLICE("GET"), .target = SLICE("/")}, RC_LIMIT, &arena, &out);
	CHECK(out.status == 400);
	arena_reset(&arena);
}

static void full_arena_refuses(void)
{
	struct arena tiny;
	set_up();
	struct slice token = token_of(key, "https://id", ""), value;
	CHECK_OK(arena_format(&arena, &value, "Bearer %.*s", SLICE_ARGS(token)));
	struct gateway_header h = {SLICE("Authorization"), value};
	struct gateway_request r = {.method = SLICE("GET"), .target = SLICE("/"), .headers = &h, .header_count = 1};
	for (size_t max = 0; max < 32 * 1024; max += 512) {
		arena_init(&tiny, max);
		gateway_decide(&policy, &r, &view, &tiny, &out);
		CHECK(out.verdict == GATEWAY_ALLOW || (out.verdict == GATEWAY_REFUSE && out.status != 200));
		arena_reset(&tiny);
	}
}

/* Configuration offers the rows by this list. */
static void each_credential_is_found_by_its_name(void)
{
	struct slice names = SLICE(GATEWAY_CREDENTIAL_NAMES), name;
	size_t n = 0;
	for (; slice_word(&names, &name); n++)
		CHECK(n < GATEWAY_CREDENTIALS && gateway_credential_by_name(name) == gateway_credentials[n]);
	CHECK(n == GATEWAY_CREDENTIALS);
	CHECK(gateway_credential_by_name(SLICE("off")) == NULL && gateway_credential_by_name(SLICE_NONE) == NULL);
}

static void add_pair(struct revocation_cache *e, const char *id)
{
	struct revocation end = {.type = REVOCATION_USER_CLIENT, .id = slice_cstr(id), .at = 600, .expires = 9000};
	CHECK_OK(revocation_cache_add(e, &end, 500));
}

static void a_user_is_revoked_at_one_client_alone(void)
{
	struct revocation_cache *e;
	char longest[REVOCATION_ID_MAX + 1] = {0};
	CHECK_OK(revocation_cache_new(1024, &e));
	add_pair(e, "u1 c1");
	struct revocation_subject s = {.user = SLICE("u1"), .client = SLICE("c1"), .iat = 600};
	CHECK_RC(revocation_cache_validate(e, &s, 500), RC_REVOKED);
	s.iat = 601;
	CHECK_OK(revocation_cache_validate(e, &s, 500));
	s.iat = 0;
	CHECK_RC(revocation_cache_validate(e, &s, 500), RC_REVOKED);
	static const struct revocation_subject others[] = {{.user = SLICE_INIT("u1"), .client = SLICE_INIT("c2")}, {.user = SLICE_INIT("u2"), .client = SLICE_INIT("c1")},
						       {.user = SLICE_INIT("u1")}, {.client = SLICE_INIT("c1")}, {.user = SLICE_INIT("u1 c1")},
						       {.client = SLICE_INIT("u1 c1")}};
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		CHECK_OK(revocation_cache_validate(e, &others[i], 500));
	/* As long as can be, and one more. */
	memset(longest, 'x', REVOCATION_ID_MAX);
	longest[REVOCATION_ID_MAX - 2] = ' ';
	add_pair(e, longest);
	s = (struct revocation_subject){.user = slice_of(longest, REVOCATION_ID_MAX - 2), .client = SLICE("x")};
	CHECK_RC(revocation_cache_validate(e, &s, 500), RC_REVOKED);
	s.client = SLICE("xx");
	CHECK_OK(revocation_cache_validate(e, &s, 500));
	revocation_cache_free(e);
}

T_MAIN(T(each_credential_is_found_by_its_name), T(bearer_is_let_in), T(roles_and_tenant_of_others_only_by_a_map), T(hundreds_of_groups_have_a_maximum), T(off_lets_anyone_in_without_identity), T(bearer_needs_a_canonical_path), T(bearer_needs_a_credential),
       T(signature_and_claims_are_checked), T(bound_tokens_are_no_bearer_tokens), T(tokens_that_are_too_long),
       T(cached_signature_still_checks_claims), T(remembered_claims_are_still_checked), T(a_token_of_other_bytes_is_not_remembered),
       T(new_key_generation_forgets_cached_signatures),
       T(without_a_cache_every_signature_is_checked), T(issuer_is_chosen_by_the_token_and_checked), T(unknown_kid_is_asked_for_once),
       T(no_decision_before_the_snapshot), T(nobody_waits_with_a_hopeless_token), T(header_is_read_before_anybody_waits), T(stale_link_by_policy), T(revocations_apply_to_fed_issuers), T(a_user_is_revoked_at_one_client_alone), T(rules_turn_away),
       T(unfit_claims_and_handles), T(generation_names_keys_and_rules), T(session_is_looked_up_then_cached),
       T(sessions_are_not_cached_when_stale_or_without_time), T(session_refusals), T(session_without_a_host), T(session_ends),
       T(return_to_is_a_short_path_of_this_host), T(a_refused_form_says_what_became_of_it),
       T(a_refused_form_without_memory_or_sense_has_no_page), T(a_refusal_names_a_member_of_the_bearer_token_alone), T(refusal_bodies_are_json), T(full_arena_refuses))
