/* SPDX-License-Identifier: Apache-2.0 */
/* The whole decision: bearer and session mode, what it needs, what it refuses, what it answers. */
#include "gate/gate.h"

#include "base/buf.h"
#include "gate/cache.h"
#include "t.h"

enum { NOW = 1800000000 };

static struct arena arena;
static struct jwk *key, *other_key;
static struct jwks *keys, *other_keys;
static struct gate_ends *ends;
static struct gate_ring rings[2];
static _Alignas(64) uint8_t token_memory[64 * 1024], session_memory[64 * 1024];
static struct gate_cache tokens, sessions;
static const struct slice audiences[] = {SLICE_INIT("api")};
static const struct slice types[] = {SLICE_INIT("at+jwt")};
static struct gate_issuer issuer, other;
static const struct gate_issuer *const both[] = {&issuer, &other};
static struct gate_policy policy;
static struct gate_view view;
static struct gate_outcome out;

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

static struct gate_issuer issuer_named(struct slice name, size_t index)
{
	return (struct gate_issuer){
		.name = name, .index = index, .fed = true, .map = {SLICE("roles"), SLICE("tenant"), SLICE("scope")},
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
	gate_ends_free(ends);
	CHECK_OK(gate_ends_new(1024, &ends));
	memset(token_memory, 0, sizeof token_memory);
	memset(session_memory, 0, sizeof session_memory);
	CHECK_OK(gate_cache_over(token_memory, sizeof token_memory, 0, &tokens));
	CHECK_OK(gate_cache_over(session_memory, sizeof session_memory, 1984, &sessions));
	issuer = issuer_named(SLICE("https://id"), 0);
	other = issuer_named(SLICE("https://other"), 1);
	rings[0] = (struct gate_ring){keys, 11};
	rings[1] = (struct gate_ring){other_keys, 22};
	policy = (struct gate_policy){.mode = GATE_BEARER, .realm = SLICE("shop"), .issuers = both, .issuer_count = 1,
				      .session_map = {SLICE("roles"), SLICE("tenant"), SLICE("scope")}};
	view = (struct gate_view){.rings = rings, .ends = ends, .tokens = &tokens, .sessions = &sessions, .epoch = 5, .fresh = true,
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
	struct gate_header h = {SLICE("Authorization"), value};
	struct gate_request r = {.method = SLICE("GET"), .target = slice_cstr(target), .host = SLICE("api"), .headers = &h,
				 .header_count = token.n > 0};
	gate_decide(&policy, &r, &view, &arena, &out);
}

static bool refused(enum rc why, int status)
{
	return out.verdict == GATE_REFUSE && out.why == why && out.status == status && out.set_count == 0;
}

static void bearer_is_let_in(void)
{
	set_up();
	ask(token_of(key, "https://id", ",\"tenant\":\"t\",\"roles\":[\"a\"]"), "/x");
	CHECK(out.verdict == GATE_ALLOW && !out.cached && out.set_count == 3);
	CHECK_SLICE(out.set[0].value, SLICE("u1"));
	CHECK(out.issuer == &issuer);
}

static void off_lets_anyone_in_without_identity(void)
{
	set_up();
	policy.mode = GATE_OFF;
	ask(SLICE_NONE, "/x");
	CHECK(out.verdict == GATE_ALLOW && out.set_count == 0);
	ask(SLICE_NONE, "/x/../y");
	CHECK(refused(RC_SYNTAX, 400));
	policy.any_path = true;
	ask(SLICE_NONE, "/x/../y");
	CHECK(out.verdict == GATE_ALLOW);
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
	CHECK(out.verdict == GATE_NEED_KEY);
	ask(token_of(key, "https://evil", ""), "/x");
	CHECK(refused(RC_JOSE_ISS, 401));
	view.now = NOW + 1000;
	ask(token_of(key, "https://id", ""), "/x");
	CHECK(refused(RC_JOSE_EXP, 401));
}

static void bound_tokens_are_no_bearer_tokens(void)
{
	set_up();
	ask(token_of(key, "https://id", ",\"cnf\":{\"jkt\":\"x\"}"), "/x");
	CHECK(refused(RC_INVALID_TOKEN, 401));
}

static void tokens_that_are_too_long(void)
{
	set_up();
	static uint8_t text[JWT_TEXT_MAX + 1];
	memset(text, 'a', sizeof text);
	ask(slice_of(text, sizeof text), "/x");
	CHECK(refused(RC_JOSE_MALFORMED, 401));
}

static void cached_signature_still_checks_claims(void)
{
	set_up();
	struct slice token = token_of(key, "https://id", ",\"jti\":\"j\"");
	ask(token, "/x");
	CHECK(out.verdict == GATE_ALLOW && !out.cached);
	ask(token, "/x");
	CHECK(out.verdict == GATE_ALLOW && out.cached);
	view.now = NOW + 131;
	ask(token, "/x");
	CHECK(out.cached && refused(RC_JOSE_EXP, 401));
	view.now = NOW;
	struct gate_end end = {GATE_END_JTI, SLICE("j"), NOW, NOW + 500};
	CHECK_OK(gate_ends_add(ends, &end, NOW));
	ask(token, "/x");
	CHECK(out.cached && refused(RC_REVOKED, 401));
}

/* What this process has parsed before is judged as if it were new, and only under the keys that it was verified with. */
static void remembered_claims_are_still_checked(void)
{
	set_up();
	view.memo = gate_memo_new();
	CHECK(view.memo != NULL);
	struct slice token = token_of(key, "https://id", ",\"jti\":\"j\",\"tenant\":\"t\\u0041\",\"roles\":[\"a\",\"b\"]");
	ask(token, "/x");
	CHECK(out.verdict == GATE_ALLOW && !out.cached);
	/* Without the shared cache's help: it is the memo that knows. */
	memset(token_memory, 0, sizeof token_memory);
	ask(token, "/x");
	CHECK(out.verdict == GATE_ALLOW && out.cached && out.set_count == 3);
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
	struct gate_end end = {GATE_END_JTI, SLICE("j"), NOW, NOW + 500};
	CHECK_OK(gate_ends_add(ends, &end, NOW));
	ask(token, "/x");
	CHECK(out.cached && refused(RC_REVOKED, 401));
	rings[0] = (struct gate_ring){other_keys, 12};
	ask(token, "/x");
	CHECK(!out.cached && out.verdict == GATE_NEED_KEY);
	gate_memo_free(view.memo);
}

static void a_token_of_other_bytes_is_not_remembered(void)
{
	set_up();
	view.memo = gate_memo_new();
	struct slice token = token_of(key, "https://id", "");
	ask(token, "/x");
	struct slice forged = SLICE_NONE;
	CHECK_OK(arena_copy(&arena, token, &forged));
	for (size_t i = 0; i < forged.n; i++) {
		uint8_t *at = (uint8_t *)(uintptr_t)forged.p + i, was = *at;
		*at = was == 'A' ? 'B' : 'A';
		ask(forged, "/x");
		CHECK(!out.cached && out.verdict != GATE_ALLOW);
		*at = was;
	}
	ask(forged, "/x");
	CHECK(out.cached && out.verdict == GATE_ALLOW);
	gate_memo_free(view.memo);
}

static void new_key_generation_forgets_cached_signatures(void)
{
	set_up();
	struct slice token = token_of(key, "https://id", "");
	ask(token, "/x");
	rings[0] = (struct gate_ring){other_keys, 12};
	ask(token, "/x");
	CHECK(!out.cached && out.verdict == GATE_NEED_KEY);
}

static void without_a_cache_every_signature_is_checked(void)
{
	set_up();
	view.tokens = NULL;
	struct slice token = token_of(key, "https://id", "");
	ask(token, "/x");
	ask(token, "/x");
	CHECK(out.verdict == GATE_ALLOW && !out.cached);
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
	CHECK(out.verdict == GATE_ALLOW && out.issuer == &other);
	ask(token_of(key, "https://id", ""), "/x");
	CHECK(out.verdict == GATE_ALLOW && out.issuer == &issuer);
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
	struct gate_header h = {SLICE("Authorization"), value};
	struct gate_request r = {.method = SLICE("GET"), .target = SLICE("/"), .headers = &h, .header_count = 1};
	gate_decide(&policy, &r, &view, &arena, &out);
	CHECK(out.verdict == GATE_NEED_KEY && out.issuer == &issuer);
	r.key_asked = true;
	gate_decide(&policy, &r, &view, &arena, &out);
	CHECK(refused(RC_JOSE_KID, 401));
	r.key_asked = false;
	issuer.fed = false;
	gate_decide(&policy, &r, &view, &arena, &out);
	CHECK(refused(RC_JOSE_KID, 401));
}

static void no_decision_before_the_snapshot(void)
{
	set_up();
	struct slice token = token_of(key, "https://id", "");
	view.ends = NULL;
	ask(token, "/x");
	CHECK(out.verdict == GATE_NEED_SNAPSHOT);
	view.ends = ends;
	rings[0].keys = NULL;
	ask(token, "/x");
	CHECK(out.verdict == GATE_NEED_SNAPSHOT);
	issuer.fed = false;
	ask(token, "/x");
	CHECK(refused(RC_UPSTREAM, 503));
	rings[0].keys = keys;
	view.ends = NULL;
	ask(token, "/x");
	CHECK(out.verdict == GATE_ALLOW);
}

static void stale_link_by_policy(void)
{
	set_up();
	struct slice token = token_of(key, "https://id", "");
	view.fresh = false;
	ask(token, "/x");
	CHECK(out.verdict == GATE_ALLOW);
	policy.stale_refuse = true;
	ask(token, "/x");
	CHECK(refused(RC_UPSTREAM, 503));
	CHECK(out.challenge.n == 0);
	view.fresh = true;
	ask(token, "/x");
	CHECK(out.verdict == GATE_ALLOW);
	view.fresh = false;
	issuer.fed = false;
	ask(token, "/x");
	CHECK(out.verdict == GATE_ALLOW);
}

static void ends_apply_to_fed_issuers(void)
{
	set_up();
	struct gate_end end = {GATE_END_USER, SLICE("u1"), NOW, NOW + 500};
	CHECK_OK(gate_ends_add(ends, &end, NOW));
	ask(token_of(key, "https://id", ""), "/x");
	CHECK(refused(RC_REVOKED, 401));
	issuer.fed = false;
	ask(token_of(key, "https://id", ""), "/x");
	CHECK(out.verdict == GATE_ALLOW);
}

static void rules_turn_away(void)
{
	static const struct slice words[] = {SLICE_INIT("orders:read"), SLICE_INIT("orders:write")};
	static const struct gate_rule scope[] = {{GATE_RULE_SCOPE, true, {NULL, 0}, words, 2}}, role[] = {{GATE_RULE_ROLE, true, {NULL, 0}, words, 1}};
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
	set_up();
	ask(token_of(key, "https://id", ",\"roles\":[\"a,b\"]"), "/x");
	CHECK(refused(RC_JOSE_CLAIMS, 401));
	ask(token_of(key, "https://id", ",\"handle\":\"forged\""), "/x");
	CHECK(out.verdict == GATE_ALLOW && out.set_count == 1);
}

static void generation_names_keys_and_rules(void)
{
	set_up();
	uint64_t g = gate_generation(&issuer, SLICE("{}"));
	CHECK(g == gate_generation(&issuer, SLICE("{}")));
	CHECK(g != gate_generation(&issuer, SLICE("{ }")));
	struct gate_issuer x = issuer;
	x.jwt.issuer = SLICE("https://id2");
	CHECK(g != gate_generation(&x, SLICE("{}")));
	x = issuer;
	x.jwt.algs |= JOSE_ALG_BIT(JOSE_RS256);
	CHECK(g != gate_generation(&x, SLICE("{}")));
	x = issuer;
	x.jwt.type_optional = true;
	CHECK(g != gate_generation(&x, SLICE("{}")));
	x = issuer;
	x.jwt.type_count = 0;
	CHECK(g != gate_generation(&x, SLICE("{}")));
}

/* ---- session ---- */

static struct gate_answer answer;

static void visit(const char *cookie, const char *method)
{
	struct slice value = SLICE_NONE;
	CHECK_OK(arena_format(&arena, &value, "__Host-ostiary-gate=%s", cookie));
	struct gate_header h[] = {{SLICE("Accept"), SLICE("text/html")}, {SLICE("Cookie"), value}};
	struct gate_request r = {.method = slice_cstr(method), .target = SLICE("/a?b=c&d"), .host = SLICE("web"), .headers = h,
				 .header_count = cookie[0] != '\0' ? 2 : 1, .answer = answer};
	policy.mode = GATE_SESSION;
	gate_decide(&policy, &r, &view, &arena, &out);
}

static void identity_is(const char *more)
{
	struct slice text = SLICE_NONE;
	CHECK_OK(arena_format(&arena, &text, "{\"sub\":\"u1\",\"sid\":\"s1\",\"op_sid\":\"o1\",\"handle\":\"h1\",\"iat\":%d%s}", NOW - 5, more));
	answer = (struct gate_answer){GATE_ANSWER_IDENTITY, text, 5};
}

static void session_is_looked_up_then_cached(void)
{
	char exp[32];
	set_up();
	answer = (struct gate_answer){.kind = GATE_ANSWER_NOT_ASKED};
	visit("c.1", "GET");
	CHECK(out.verdict == GATE_NEED_LOOKUP);
	CHECK_SLICE(out.cookie, SLICE("c.1"));
	(void)snprintf(exp, sizeof exp, ",\"exp\":%d", NOW + 100);
	identity_is(exp);
	visit("c.1", "GET");
	CHECK(out.verdict == GATE_ALLOW && !out.cached && out.set_count == 2);
	CHECK_SLICE(out.set[1].value, SLICE("h1"));
	answer = (struct gate_answer){.kind = GATE_ANSWER_NOT_ASKED};
	visit("c.1", "GET");
	CHECK(out.verdict == GATE_ALLOW && out.cached);
	visit("c.2", "GET");
	CHECK(out.verdict == GATE_NEED_LOOKUP);
	view.fresh = false;
	visit("c.1", "GET");
	CHECK(out.verdict == GATE_NEED_LOOKUP);
	view.fresh = true;
	view.epoch = 6;
	visit("c.1", "GET");
	CHECK(out.verdict == GATE_NEED_LOOKUP);
	view.epoch = 5;
	view.now = NOW + 5;
	visit("c.1", "GET");
	CHECK(out.verdict == GATE_NEED_LOOKUP);
}

static void sessions_are_not_cached_when_stale_or_without_time(void)
{
	char exp[32];
	set_up();
	(void)snprintf(exp, sizeof exp, ",\"exp\":%d", NOW + 100);
	identity_is(exp);
	view.fresh = false;
	visit("c.1", "GET");
	CHECK(out.verdict == GATE_ALLOW);
	view.fresh = true;
	answer.ttl = 0;
	visit("c.3", "GET");
	answer = (struct gate_answer){.kind = GATE_ANSWER_NOT_ASKED};
	visit("c.1", "GET");
	CHECK(out.verdict == GATE_NEED_LOOKUP);
	visit("c.3", "GET");
	CHECK(out.verdict == GATE_NEED_LOOKUP);
	view.sessions = NULL;
	identity_is(exp);
	visit("c.1", "GET");
	CHECK(out.verdict == GATE_ALLOW);
	answer = (struct gate_answer){.kind = GATE_ANSWER_NOT_ASKED};
	visit("c.1", "GET");
	CHECK(out.verdict == GATE_NEED_LOOKUP);
}

static void session_refusals(void)
{
	char exp[64];
	set_up();
	answer = (struct gate_answer){.kind = GATE_ANSWER_NONE};
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
	answer = (struct gate_answer){.kind = GATE_ANSWER_ERROR};
	visit("c.1", "GET");
	CHECK(refused(RC_STORE, 503));
	view.ends = NULL;
	visit("c.1", "GET");
	CHECK(out.verdict == GATE_NEED_SNAPSHOT);
	view.ends = ends;
	(void)snprintf(exp, sizeof exp, ",\"exp\":%d", NOW);
	identity_is(exp);
	visit("c.1", "GET");
	CHECK(refused(RC_NO_CREDENTIALS, 302));
	identity_is("");
	visit("c.1", "GET");
	CHECK(refused(RC_NO_CREDENTIALS, 302));
	(void)snprintf(exp, sizeof exp, ",\"exp\":%d,\"tenant\":7", NOW + 100);
	identity_is(exp);
	visit("c.1", "GET");
	CHECK(refused(RC_JOSE_CLAIMS, 302));
	answer = (struct gate_answer){GATE_ANSWER_IDENTITY, SLICE("{"), 5};
	visit("c.1", "GET");
	CHECK(refused(RC_INTERNAL, 503));
}

static void session_without_a_host(void)
{
	struct gate_header h[] = {{SLICE("Cookie"), SLICE("__Host-ostiary-gate=c.1")}};
	struct gate_request r = {.method = SLICE("GET"), .target = SLICE("/"), .headers = h, .header_count = 1};
	set_up();
	policy.mode = GATE_SESSION;
	gate_decide(&policy, &r, &view, &arena, &out);
	CHECK(refused(RC_INVALID_REQUEST, 400));
}

static void session_ends(void)
{
	static const struct gate_end all[] = {{GATE_END_SID, SLICE_INIT("s1"), NOW, NOW + 500}, {GATE_END_SID, SLICE_INIT("o1"), NOW, NOW + 500},
					      {GATE_END_USER, SLICE_INIT("u1"), NOW, NOW + 500}};
	char exp[32];
	(void)snprintf(exp, sizeof exp, ",\"exp\":%d", NOW + 100);
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		set_up();
		identity_is(exp);
		visit("c.1", "GET");
		CHECK(out.verdict == GATE_ALLOW);
		CHECK_OK(gate_ends_add(ends, &all[i], NOW));
		visit("c.1", "GET");
		CHECK(refused(RC_NO_CREDENTIALS, 302));
	}
}

static void return_to_is_a_short_path_of_this_host(void)
{
	static char longer[4096] = "/";
	struct gate_header h = {SLICE("Sec-Fetch-Mode"), SLICE("navigate")};
	struct gate_request r = {.method = SLICE("GET"), .target = SLICE("//evil.example/"), .host = SLICE("web"), .headers = &h, .header_count = 1};
	set_up();
	policy.mode = GATE_SESSION;
	policy.any_path = true;
	gate_decide(&policy, &r, &view, &arena, &out);
	CHECK_SLICE(out.location, SLICE("/_ostiary/login?return_to=/"));
	memset(longer + 1, 'a', 2048);
	r.target = slice_of(longer, 2049);
	gate_decide(&policy, &r, &view, &arena, &out);
	CHECK_SLICE(out.location, SLICE("/_ostiary/login?return_to=/"));
	r.target = slice_of(longer, 2048);
	gate_decide(&policy, &r, &view, &arena, &out);
	CHECK(out.location.n == strlen("/_ostiary/login?return_to=/") + 2047);
}

static void refusal_bodies_are_json(void)
{
	set_up();
	for (enum rc rc = RC_INTERNAL; rc < RC_COUNT; rc++) {
		struct slice body;
		const struct json *root;
		t_set_row(rc_row(rc)->name);
		CHECK_OK(gate_refusal_body(rc, &arena, &body));
		CHECK_OK(json_parse_arena(&arena, slice_to(body, body.n - 1), 16, &root));
		struct slice error = SLICE_NONE;
		CHECK_OK(json_string(json_get(root, SLICE("error")), &arena, &error));
		CHECK(error.n > 0);
		policy.mode = GATE_BEARER;
		struct gate_request r = {.method = SLICE("GET"), .target = SLICE("/")};
		gate_refuse(&policy, &r, rc, &arena, &out);
		CHECK(out.status == 400 || out.status == 401 || out.status == 403 || out.status == 503);
		CHECK((out.challenge.n > 0) == (out.status != 503));
	}
	struct slice body = SLICE_NONE;
	CHECK_OK(gate_refusal_body(RC_NO_CREDENTIALS, &arena, &body));
	CHECK_SLICE(body, SLICE("{\"error\":\"login_required\",\"error_description\":\"sign in first\"}\n"));
	CHECK_OK(gate_refusal_body(RC_LIMIT, &arena, &body));
	CHECK(slice_starts(body, SLICE("{\"error\":\"temporarily_unavailable\"")));
	arena_reset(&arena);
}

static void full_arena_refuses(void)
{
	struct arena tiny;
	set_up();
	struct slice token = token_of(key, "https://id", ""), value;
	CHECK_OK(arena_format(&arena, &value, "Bearer %.*s", SLICE_ARGS(token)));
	struct gate_header h = {SLICE("Authorization"), value};
	struct gate_request r = {.method = SLICE("GET"), .target = SLICE("/"), .headers = &h, .header_count = 1};
	for (size_t max = 0; max < 32 * 1024; max += 512) {
		arena_init(&tiny, max);
		gate_decide(&policy, &r, &view, &tiny, &out);
		CHECK(out.verdict == GATE_ALLOW || (out.verdict == GATE_REFUSE && out.status != 200));
		arena_reset(&tiny);
	}
}

T_MAIN(T(bearer_is_let_in), T(off_lets_anyone_in_without_identity), T(bearer_needs_a_canonical_path), T(bearer_needs_a_credential),
       T(signature_and_claims_are_checked), T(bound_tokens_are_no_bearer_tokens), T(tokens_that_are_too_long),
       T(cached_signature_still_checks_claims), T(remembered_claims_are_still_checked), T(a_token_of_other_bytes_is_not_remembered),
       T(new_key_generation_forgets_cached_signatures),
       T(without_a_cache_every_signature_is_checked), T(issuer_is_chosen_by_the_token_and_checked), T(unknown_kid_is_asked_for_once),
       T(no_decision_before_the_snapshot), T(stale_link_by_policy), T(ends_apply_to_fed_issuers), T(rules_turn_away),
       T(unfit_claims_and_handles), T(generation_names_keys_and_rules), T(session_is_looked_up_then_cached),
       T(sessions_are_not_cached_when_stale_or_without_time), T(session_refusals), T(session_without_a_host), T(session_ends),
       T(return_to_is_a_short_path_of_this_host), T(refusal_bodies_are_json), T(full_arena_refuses))
