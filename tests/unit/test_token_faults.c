/* SPDX-License-Identifier: Apache-2.0 */
/* Each request of the token side, once with each of its store verbs failing and once with each of its allocations failing:
 * it must say so, and never that the client or its token is wrong, nor that something was done that was not. */
#include "faults.h"
#include "oauth/grant/consent.h"
#include "oauth/token/user_revocation.h"
#include "session/session.h"

#define ALL "openid profile email orders:read"
#define OFFLINE "openid offline_access orders:read"
#define API "api:" FX_SECRET
#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

/* A request that is ready to be sent, and its answer where nothing fails. */
struct prepared {
	op_handler *handler;
	struct request call;
	enum rc want;
	const char *ended; /* an access token that must be inactive once the answer is RC_OK; NULL: none */
	bool reads_ends;
};

static struct reply reply;
static unsigned assertions;
static const char *code_in_use;

static bool is_active(const char *token)
{
	bool active = true;
	CHECK_OK(fx_call(introspect_endpoint, API, FORM("token", token), &reply));
	CHECK_OK(json_bool(json_get(fx_body(&reply), SLICE("active")), &active));
	return active;
}

/* The access token of an answer, which is good. */
static const char *alive(const struct json *body)
{
	const char *token = fx_text(body, "access_token");
	CHECK(is_active(token));
	return token;
}

static void from_form(struct prepared *p, op_handler *handler, const char *credentials, const char *const *pairs)
{
	p->handler = handler;
	p->call = fx_post(pairs);
	if (credentials != NULL)
		fx_authorization(&p->call, fx_basic(credentials));
}

static void credentials_basic(struct prepared *p)
{
	from_form(p, token_endpoint, "job:" FX_SECRET, FORM("grant_type", "client_credentials", "resource", FX_API));
}

static void credentials_posted(struct prepared *p)
{
	from_form(p, token_endpoint, NULL, FORM("grant_type", "client_credentials", "client_id", "poster", "client_secret", FX_SECRET,
						"scope", "orders:read"));
}

static void credentials_wrong(struct prepared *p)
{
	from_form(p, token_endpoint, "job:wrong", FORM("grant_type", "client_credentials"));
	p->want = RC_INVALID_CLIENT;
}

static const char *assertion(void)
{
	struct slice claims = SLICE_NONE, token = SLICE_NONE;
	const char *text = "";
	const struct jwt_signer signer = jwt_signer_of(fx.client_key);
	CHECK_OK(arena_format(&fx.arena, &claims,
			      "{\"iss\":\"si\\u0067ner\",\"sub\":\"si\\u0067ner\",\"aud\":\"" FX_ISSUER "\",\"exp\":%lld,\"jti\":\"\\u0061%u\"}",
			      (long long)fx.now + 60, assertions++));
	CHECK_OK(jwt_sign(&signer, JOSE_ES256, jwk_kid(fx.client_key), SLICE("JWT"), claims, &fx.arena, &token));
	CHECK_OK(arena_cstr(&fx.arena, token, &text));
	return text;
}

static void credentials_assertion(struct prepared *p)
{
	from_form(p, token_endpoint, NULL, FORM("grant_type", "client_credentials", "client_assertion_type", ASSERTION_TYPE,
						"client_assertion", assertion()));
}

static void assertion_replayed(struct prepared *p)
{
	credentials_assertion(p);
	CHECK_OK(token_endpoint(&fx.op, &p->call, &reply));
	p->want = RC_INVALID_CLIENT;
}

static void record_of(enum eph_type type, const char *code, struct eph_record *ret)
{
	uint8_t id[32];
	crypto_sha256(slice_cstr(code), id);
	CHECK_OK(fx.ephemeral.get(fx.ephemeral.self, type, id, fx.now, &fx.arena, ret));
}

static void redeem(struct prepared *p, const char *code)
{
	from_form(p, token_endpoint, NULL, FORM("grant_type", "authorization_code", "client_id", "shop", "code", code, "redirect_uri",
						FX_CB, "code_verifier", FX_VERIFIER));
}

static void code_first(struct prepared *p)
{
	redeem(p, fx_code(ALL));
	p->reads_ends = true;
}

static void code_offline(struct prepared *p)
{
	redeem(p, fx_code(OFFLINE));
}

static void code_replayed(struct prepared *p)
{
	const char *code = fx_code(ALL);
	CHECK_OK(fx_redeem(code, &reply));
	redeem(p, code);
	p->want = RC_INVALID_GRANT;
}

/* The code comes again while its first use is being answered. */
static enum rc replay_meanwhile(void *self, const struct dir_refresh *r)
{
	const bool store_on = store_fault.on, memory_on = memory_fault.on;
	struct eph_record used = {0};
	store_fault.on = memory_fault.on = false;
	record_of(EPH_CODE_USED, code_in_use, &used);
	/* Behind it are the client, with its length, and the time. */
	const size_t at = used.value.n - (4 + sizeof "shop" - 1 + 8) - 1;
	const struct slice parts[] = {slice_to(used.value, at), SLICE("\1"), slice_from(used.value, at + 1)};
	CHECK_OK(arena_join(&fx.arena, parts, ARRAY_LEN(parts), &used.value));
	CHECK_OK(real_ephemeral.replace(real_ephemeral.self, &used, fx.now));
	store_fault.on = store_on;
	memory_fault.on = memory_on;
	return real_directory.refresh.issue(self, r);
}

static void code_replayed_meanwhile(struct prepared *p)
{
	code_in_use = fx_code(ALL);
	redeem(p, code_in_use);
	fx.directory.refresh.issue = replay_meanwhile;
	p->want = RC_INVALID_GRANT;
}

static void refresh(struct prepared *p, const char *token)
{
	from_form(p, token_endpoint, NULL, FORM("grant_type", "refresh_token", "client_id", "shop", "refresh_token", token));
}

static void refresh_first(struct prepared *p)
{
	refresh(p, fx_text(fx_sign_in(ALL), "refresh_token"));
}

/* A family as an earlier release left it: its resources are what its scopes mean. */
static void refresh_of_an_old_family(struct prepared *p)
{
	struct slice token = SLICE_NONE;
	const char *text = "";
	struct dir_refresh r = {.user = SLICE(FX_USER), .client = SLICE("shop"), .scopes = SLICE("openid orders:read"), .issued = fx.now,
				.context = SLICE("{\"auth_time\":1,\"acr\":\"\",\"amr\":\"\",\"resource\":\"\"}"),
				.expires = fx.now + 600, .family_expires = fx.now + 600};
	CHECK_OK(crypto_random_text(GRANT_ID_BYTES, &fx.arena, &r.family));
	CHECK_OK(crypto_random_text(GRANT_TOKEN_BYTES, &fx.arena, &token));
	crypto_sha256(token, r.hash);
	CHECK_OK(arena_cstr(&fx.arena, token, &text));
	CHECK_OK(fx.directory.refresh.issue(fx.directory.refresh.self, &r));
	refresh(p, text);
}

static void refresh_repeated(struct prepared *p)
{
	const char *token = fx_text(fx_sign_in(ALL), "refresh_token");
	CHECK_OK(fx_refresh(token, &reply));
	refresh(p, token);
}

static void reused(struct prepared *p, const char *scopes)
{
	const struct json *body = fx_sign_in(scopes);
	CHECK_OK(fx_refresh(fx_text(body, "refresh_token"), &reply));
	fx.now += fx.settings.refresh_grace + 1;
	refresh(p, fx_text(body, "refresh_token"));
	p->want = RC_INVALID_GRANT;
}

static void refresh_reused(struct prepared *p)
{
	reused(p, ALL);
}

static void refresh_reused_offline(struct prepared *p)
{
	reused(p, OFFLINE);
}

static void refresh_unknown(struct prepared *p)
{
	refresh(p, "0123456789012345678901234567890123456789012");
	p->want = RC_INVALID_GRANT;
}

static void introspect_access(struct prepared *p)
{
	const char *token = fx_text(fx_sign_in(ALL), "access_token");
	fx.now += REVOCATIONS_FRESH + 1;
	from_form(p, introspect_endpoint, API, FORM("token", token));
	p->reads_ends = true;
}

/* A token of ours under a header of which every string is written with an escape. */
static const char *signed_by_hand(struct slice claims)
{
	struct slice header = SLICE_NONE, header64 = SLICE_NONE, claims64 = SLICE_NONE, input = SLICE_NONE, signature64 = SLICE_NONE;
	uint8_t signature[64];
	const char *text = "";
	size_t n = 0;
	struct slice kid = jwk_kid(fx.es);
	CHECK_OK(arena_format(&fx.arena, &header, "{\"alg\":\"ES256\",\"kid\":\"\\u%04x%.*s\",\"typ\":\"at\\u002bjwt\"}", kid.p[0],
			      SLICE_ARGS(slice_from(kid, 1))));
	CHECK_OK(base64url_encode_arena(&fx.arena, header, &header64));
	CHECK_OK(base64url_encode_arena(&fx.arena, claims, &claims64));
	CHECK_OK(arena_format(&fx.arena, &input, "%.*s.%.*s", SLICE_ARGS(header64), SLICE_ARGS(claims64)));
	CHECK_OK(jwk_sign(fx.es, JOSE_ES256, input, signature, sizeof signature, &n));
	CHECK_OK(base64url_encode_arena(&fx.arena, slice_of(signature, n), &signature64));
	const struct slice parts[] = {input, SLICE("."), signature64};
	CHECK_OK(arena_join(&fx.arena, parts, ARRAY_LEN(parts), &input));
	CHECK_OK(arena_cstr(&fx.arena, input, &text));
	return text;
}

/* A token whose strings are all written with escapes, so that each has to be copied. */
static void introspect_escaped(struct prepared *p)
{
	struct slice claims = SLICE_NONE;
	CHECK_OK(arena_format(&fx.arena, &claims,
			      "{\"iss\":\"\\u0068ttps://id.example\",\"sub\":\"\\u0075uuuuuuuuuuuuuuuuuuuuu\",\"aud\":\"\\u0068ttps://api.example\","
			      "\"exp\":%lld,\"iat\":%lld,\"jti\":\"\\u006a\",\"client_id\":\"sho\\u0070\",\"scope\":\"orders\\u003aread\","
			      "\"tenant\":\"\\u0064efault\",\"sid\":\"\\u0073\",\"grant_id\":\"\\u0067\",\"acr\":\"\\u0031\",\"roles\":[\"\\u0061\"],"
			      "\"amr\":[\"\\u0070wd\"]}", (long long)fx.now + 60, (long long)fx.now));
	from_form(p, introspect_endpoint, API, FORM("token", signed_by_hand(claims)));
}

static void introspect_refresh(struct prepared *p)
{
	from_form(p, introspect_endpoint, API, FORM("token", fx_text(fx_sign_in(ALL), "refresh_token")));
}

static void introspect_unknown(struct prepared *p)
{
	from_form(p, introspect_endpoint, API, FORM("token", "0123456789012345678901234567890123456789012"));
}

static void revoke_access(struct prepared *p)
{
	p->ended = alive(fx_sign_in(ALL));
	from_form(p, revoke_endpoint, NULL, FORM("client_id", "shop", "token", p->ended));
}

static void revoke_refresh(struct prepared *p)
{
	const struct json *body = fx_sign_in(ALL);
	p->ended = alive(body);
	from_form(p, revoke_endpoint, NULL, FORM("client_id", "shop", "token", fx_text(body, "refresh_token")));
}

static void revoke_offline(struct prepared *p)
{
	const struct json *body = fx_sign_in(OFFLINE);
	p->ended = alive(body);
	from_form(p, revoke_endpoint, NULL, FORM("client_id", "shop", "token", fx_text(body, "refresh_token")));
}

static void userinfo_header(struct prepared *p)
{
	struct slice header = SLICE_NONE;
	CHECK_OK(arena_format(&fx.arena, &header, "Bearer %s", fx_text(fx_sign_in(ALL), "access_token")));
	fx.now += REVOCATIONS_FRESH + 1;
	from_form(p, userinfo_endpoint, NULL, FORM("x", "y"));
	fx_authorization(&p->call, header);
	p->reads_ends = true;
}

static void userinfo_form(struct prepared *p)
{
	from_form(p, userinfo_endpoint, NULL, FORM("access_token", fx_text(fx_sign_in(ALL), "access_token")));
}

static void discovery(struct prepared *p)
{
	from_form(p, discovery_endpoint, NULL, FORM("x", "y"));
}

static void jwks(struct prepared *p)
{
	from_form(p, jwks_endpoint, NULL, FORM("x", "y"));
}

#define ROW(name) {#name, name}

static const struct {
	const char *name;
	void (*prepare)(struct prepared *p);
} requests[] = {
	ROW(credentials_basic), ROW(credentials_posted), ROW(credentials_wrong), ROW(credentials_assertion), ROW(assertion_replayed),
	ROW(code_first), ROW(code_offline), ROW(code_replayed), ROW(code_replayed_meanwhile), ROW(refresh_first), ROW(refresh_of_an_old_family), ROW(refresh_repeated), ROW(refresh_reused),
	ROW(refresh_reused_offline), ROW(refresh_unknown), ROW(introspect_access), ROW(introspect_escaped), ROW(introspect_refresh), ROW(introspect_unknown),
	ROW(revoke_access), ROW(revoke_refresh), ROW(revoke_offline), ROW(userinfo_header), ROW(userinfo_form), ROW(discovery),
	ROW(jwks),
};

/* Prepares the request anew and sends it with the n-th fault of its kind. */
static enum rc send_with(size_t row, struct fault *fault, unsigned n, struct prepared *p)
{
	*p = (struct prepared){.want = RC_OK};
	/* What an earlier one ended is forgotten: each signs in with the same session. */
	fx.now += fx.settings.access_ttl + fx.settings.leeway + 2;
	arena_reset(&fx.arena);
	CHECK_OK(fx.ephemeral.purge(fx.ephemeral.self, fx.now + 1000000, 10000));
	requests[row].prepare(p);
	p->call.now = fx.now;
	/* A client is parsed in memory of its own; in the store sweep it has to be read. */
	if (fault == &store_fault)
		client_cache_clear(fx.clients);
	faults_install_ends(p->reads_ends);
	/* It stands for the verb's own fault too. */
	bool own = fx.directory.refresh.issue == replay_meanwhile;
	*fault = (struct fault){.on = true, .at = n};
	reply = (struct reply){0};
	enum rc rc = p->handler(&fx.op, &p->call, &reply);
	fault->on = false;
	if (own)
		fx.directory.refresh.issue = faulty_refresh_issue;
	return rc;
}

/* What failed can be asked for again, and what is acknowledged was done. */
static void validate_revoked(struct prepared *p, enum rc rc)
{
	if (p->ended == NULL)
		return;
	if (rc != RC_OK)
		CHECK_OK(p->handler(&fx.op, &p->call, &reply));
	CHECK(!is_active(p->ended));
}

/* Every n until the request is through without it. */
static unsigned sweep(size_t row, struct fault *fault, enum rc why)
{
	for (unsigned n = 1; n < 300; n++) {
		struct prepared p;
		char name[64];
		(void)snprintf(name, sizeof name, "%s, fault %u", requests[row].name, n);
		t_set_row(name);
		enum rc rc = send_with(row, fault, n, &p);
		bool through = fault->seen < n;
		CHECK_RC(rc, through ? p.want : why);
		validate_revoked(&p, rc);
		t_set_row("");
		if (through)
			return n - 1;
	}
	t_fail(__FILE__, __LINE__, "no end");
	return 0;
}

static unsigned sweep_all(struct fault *fault, enum rc why)
{
	unsigned faults = 0;
	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		fx_start();
		faults_install();
		faults += sweep(i, fault, why);
		fx_stop();
	}
	return faults;
}

static void every_store_fault_is_told(void)
{
	CHECK(sweep_all(&store_fault, RC_STORE) > 80);
}

static void every_lack_of_memory_is_told(void)
{
	CHECK(sweep_all(&memory_fault, RC_MEMORY) > 300);
}

/* ---- clients are read into memory of their own ---- */

FX_TEST(a_client_that_cannot_be_read_is_not_unknown)
{
	static const char *const ids[] = {"shop", "signer", "job", "escaped"};
	fx_put_client("escaped", "{\"\\u0063lient_name\":\"\\u0041\",\"scope\":\"\\u0061\",\"\\u0067rant_types\":[\"client\\u005fcredentials\"],"
				 "\"response_types\":[]}", true, false);
	T_TEXTS(text, ids) {
		struct client *client = NULL;
		memory_elsewhere = true;
		for (unsigned n = 1; n < 100 && client == NULL; n++) {
			client_cache_clear(fx.clients);
			memory_fault = (struct fault){.on = true, .at = n};
			enum rc rc = client_get(&fx.op, slice_cstr(text), fx.now, &client);
			memory_fault.on = false;
			CHECK_RC(rc, memory_fault.seen < n ? RC_OK : RC_MEMORY);
		}
		memory_elsewhere = false;
		CHECK(client != NULL && memory_fault.at > 6);
		client_unref(client);
	}
}

FX_TEST(origins_that_cannot_be_read_are_read_again)
{
	enum rc rc = RC_MEMORY;
	for (unsigned n = 1; n < 400 && rc != RC_OK; n++) {
		client_cache_clear(fx.clients);
		memory_elsewhere = true;
		memory_fault = (struct fault){.on = true, .at = n};
		rc = client_origins_read(&fx.op);
		memory_fault.on = false;
		memory_elsewhere = false;
		CHECK((rc == RC_OK) == (memory_fault.seen < n));
		CHECK(client_origin_known(&fx.op, SLICE("https://shop.example")));
	}
	CHECK(rc == RC_OK && memory_fault.at > 20);
}

static struct fault heap_fault;

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
	return fault_hits(&heap_fault) ? NULL : __real_calloc(count, size);
}

FX_TEST(origins_without_room_are_told_and_read_again)
{
	enum rc rc = RC_MEMORY;
	for (unsigned i = 0; i < 60; i++) {
		char id[8], metadata[160];
		(void)snprintf(id, sizeof id, "m%u", i);
		(void)snprintf(metadata, sizeof metadata, "{\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":[\"https://m%u.example/cb\"]}", i);
		fx_put_client(id, metadata, false, false);
	}
	for (unsigned n = 1; n < 1000 && rc != RC_OK; n++) {
		heap_fault = (struct fault){.on = true, .at = n};
		rc = client_origins_read(&fx.op);
		heap_fault.on = false;
		CHECK(rc == (heap_fault.seen < n ? RC_OK : RC_MEMORY));
	}
	CHECK(rc == RC_OK && heap_fault.at > 2);
	CHECK(client_origin_known(&fx.op, SLICE("https://m59.example")));
}

/* ---- what cannot be ours is refused without a look ---- */

FX_TEST(what_cannot_be_a_code_or_refresh_token_asks_no_store)
{
	static const char *const rows[] = {"", "x", "012345678901234567890123456789012345678901", "01234567890123456789012345678901234567890123"};
	CHECK_RC(fx_redeem(rows[0], &reply), RC_MISSING);
	faults_install();
	for (size_t i = 1; i < ARRAY_LEN(rows); i++) {
		t_set_row(rows[i]);
		struct client *client;
		CHECK_OK(client_get(&fx.op, SLICE("shop"), fx.now, &client));
		client_unref(client);
		store_fault = (struct fault){.on = true, .at = 1};
		CHECK_RC(fx_redeem(rows[i], &reply), RC_INVALID_GRANT);
		CHECK_RC(fx_refresh(rows[i], &reply), RC_INVALID_GRANT);
		store_fault.on = false;
		CHECK(store_fault.seen == 0);
	}
}

static enum rc end_before_rotation(void *self, const struct dir_rotate *r, struct arena *a, struct dir_rotated *ret)
{
	const struct dir_revocation end = {.type = DIR_REVOCATION_SID, .id = SLICE(FX_SID), .at = fx.now, .expires = fx.now + 600};
	CHECK_OK(fx.directory.revocations.add(self, &end, NULL));
	return real_directory.refresh.rotate(self, r, a, ret);
}

FX_TEST(a_family_that_ends_meanwhile_is_not_rotated)
{
	const char *token = fx_text(fx_sign_in(ALL), "refresh_token");
	real_directory = fx.directory;
	fx.directory.refresh.rotate = end_before_rotation;
	CHECK_RC(fx_refresh(token, &reply), RC_INVALID_GRANT);
	CHECK(strcmp(fx.audited, "refresh.refused") == 0);
}

/* No such client can be registered; were there one, it would get nothing. */
FX_TEST(a_public_client_gets_no_token_of_its_own)
{
	const struct client client = {.id = SLICE("shop"), .auth = CLIENT_AUTH_NONE, .grants = CLIENT_GRANT_CREDENTIALS};
	struct request c = fx_post(FORM("x", "y"));
	struct token_answer answer = {0};
	CHECK_RC(grant_client_credentials.run(&fx.op, &c, &client, &answer), RC_UNAUTHORIZED_CLIENT);
	CHECK(answer.access_token.n == 0);
}

FX_TEST(a_consent_is_withdrawn_whole_or_it_is_told)
{
	const struct dir_consent consent = {.user = SLICE(FX_USER), .client = SLICE("shop"), .scopes = SLICE("openid"), .given = fx.now};
	const struct dir_audit audit = {.event = SLICE("consent.withdrawn")};
	const struct json *tokens = fx_sign_in(OFFLINE);
	const struct directory real = fx.directory;
	CHECK_OK(fx.directory.consents.put(fx.directory.consents.self, &consent, NULL));
	fx.directory.consents.remove = failing_consents_remove;
	CHECK_RC(consent_withdraw(&fx.op, consent.user, consent.client, &audit, fx.now, &fx.arena), RC_STORE);
	fx.directory = real;
	fx.directory.revocations.add = failing_revocations_add;
	CHECK_RC(consent_withdraw(&fx.op, consent.user, consent.client, &audit, fx.now, &fx.arena), RC_STORE);
	fx.directory = real;
	fx.directory.refresh.families = failing_refresh_families;
	CHECK_RC(consent_withdraw(&fx.op, consent.user, consent.client, &audit, fx.now, &fx.arena), RC_STORE);
	fx.directory = real;
	CHECK(is_active(fx_text(tokens, "access_token")));
	CHECK_OK(consent_withdraw(&fx.op, consent.user, consent.client, &audit, fx.now, &fx.arena));
	CHECK(!is_active(fx_text(tokens, "access_token")));
	CHECK_RC(fx_refresh(fx_text(tokens, "refresh_token"), &reply), RC_INVALID_GRANT);
	CHECK_RC(consent_withdraw(&fx.op, consent.user, consent.client, &audit, fx.now, &fx.arena), RC_NOT_FOUND);
}

/* A client signs people in as often as it likes. */
FX_TEST(a_withdrawn_consent_leaves_no_family_however_many)
{
	const struct dir_audit audit = {.event = SLICE("consent.withdrawn")};
	struct slice *left;
	size_t n;
	for (unsigned i = 0; i <= CONSENT_FAMILIES_MAX; i++) {
		char id[23];
		(void)snprintf(id, sizeof id, "family%016u", i);
		struct dir_refresh r = {.family = slice_cstr(id), .user = SLICE(FX_USER), .client = SLICE("shop"), .scopes = SLICE("openid"),
					.context = SLICE("{}"), .issued = fx.now, .expires = fx.now + 100, .family_expires = fx.now + 100};
		crypto_sha256(r.family, r.hash);
		CHECK_OK(fx.directory.refresh.issue(fx.directory.refresh.self, &r));
	}
	CHECK_OK(consent_withdraw(&fx.op, SLICE(FX_USER), SLICE("shop"), &audit, fx.now, &fx.arena));
	CHECK_OK(fx.directory.refresh.families(fx.directory.refresh.self, SLICE(FX_USER), SLICE("shop"), fx.now, 10,
					       &fx.arena, &left, &n));
	CHECK(n == 0);
}

/* ---- records that are not what was written ---- */

/* The record's first n bytes; beyond its length one more than it had. */
static void cut(enum eph_type type, const char *code, size_t n)
{
	struct eph_record r = {0};
	record_of(type, code, &r);
	const struct slice parts[] = {slice_to(r.value, n), n > r.value.n ? SLICE("x") : SLICE_NONE};
	CHECK_OK(arena_join(&fx.arena, parts, ARRAY_LEN(parts), &r.value));
	CHECK_OK(fx.ephemeral.replace(fx.ephemeral.self, &r, fx.now));
}

static size_t length_of(enum eph_type type, const char *code)
{
	struct eph_record r = {0};
	record_of(type, code, &r);
	return r.value.n;
}

FX_TEST(a_damaged_code_is_the_stores_fault)
{
	size_t length = length_of(EPH_CODE, fx_code(ALL));
	for (size_t n = 0; n <= length + 1; n++) {
		const char *code = fx_code(ALL);
		if (n == length)
			continue;
		cut(EPH_CODE, code, n);
		CHECK_RC(fx_redeem(code, &reply), RC_STORE);
	}
}

FX_TEST(a_damaged_mark_of_use_is_the_stores_fault)
{
	const char *code = fx_code(ALL);
	CHECK_OK(fx_redeem(code, &reply));
	for (size_t n = length_of(EPH_CODE_USED, code); n-- > 0;) {
		cut(EPH_CODE_USED, code, n);
		CHECK_RC(fx_redeem(code, &reply), RC_STORE);
	}
	CHECK(fx.revocations_told == 0);
}

static enum rc damage_mark(void *self, const struct dir_refresh *r)
{
	cut(EPH_CODE_USED, code_in_use, length_of(EPH_CODE_USED, code_in_use) + 1);
	return real_directory.refresh.issue(self, r);
}

FX_TEST(a_mark_of_use_that_is_damaged_meanwhile_is_the_stores_fault)
{
	real_directory = fx.directory;
	fx.directory.refresh.issue = damage_mark;
	code_in_use = fx_code(ALL);
	CHECK_RC(fx_redeem(code_in_use, &reply), RC_STORE);
}

static enum rc issue_with(const char *context)
{
	struct dir_refresh r = {.user = SLICE(FX_USER), .client = SLICE("shop"), .scopes = SLICE("openid"), .issued = fx.now,
				.expires = fx.now + 600, .family_expires = fx.now + 600, .context = slice_cstr(context)};
	struct slice token;
	const char *text;
	TRY(crypto_random_text(GRANT_ID_BYTES, &fx.arena, &r.family));
	TRY(crypto_random_text(GRANT_TOKEN_BYTES, &fx.arena, &token));
	crypto_sha256(token, r.hash);
	TRY(arena_cstr(&fx.arena, token, &text));
	TRY(fx.directory.refresh.issue(fx.directory.refresh.self, &r));
	return fx_refresh(text, &reply);
}

FX_TEST(a_damaged_context_of_a_refresh_is_the_stores_fault)
{
	static const char *const rows[] = {
		"", "{", "[]", "{}", "{\"auth_time\":\"1\",\"acr\":\"\",\"amr\":\"\",\"resource\":\"\"}",
		"{\"auth_time\":1,\"amr\":\"\",\"resource\":\"\"}", "{\"auth_time\":1,\"acr\":\"\",\"resource\":\"\"}",
		"{\"auth_time\":1,\"acr\":\"\",\"amr\":\"\"}", "{\"auth_time\":1,\"acr\":\"\",\"amr\":\"\",\"resource\":7}",
	};
	CHECK_OK(issue_with("{\"auth_time\":1,\"acr\":\"\",\"amr\":\"\",\"resource\":\"\"}"));
	T_TEXTS(text, rows)
		CHECK_RC(issue_with(text), RC_STORE);
}

static size_t successor_kept; /* bytes of it */

static enum rc cut_successor(void *self, const struct dir_rotate *r, struct arena *a, struct dir_rotated *ret)
{
	TRY(real_directory.refresh.rotate(self, r, a, ret));
	uint8_t *copy = arena_alloc(a, ret->successor.n + 1);
	if (copy == NULL)
		return RC_MEMORY;
	memcpy(copy, ret->successor.p, ret->successor.n);
	if (ret->successor.n > 0)
		copy[ret->successor.n - 1] ^= 1;
	ret->successor = slice_of(copy, successor_kept < ret->successor.n ? successor_kept : ret->successor.n);
	return RC_OK;
}

FX_TEST(a_damaged_successor_is_the_stores_fault)
{
	static const size_t rows[] = {0, 1, 70, 1000};
	const char *token = fx_text(fx_sign_in(ALL), "refresh_token");
	CHECK_OK(fx_refresh(token, &reply));
	real_directory = fx.directory;
	fx.directory.refresh.rotate = cut_successor;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		successor_kept = rows[i];
		CHECK_RC(fx_refresh(token, &reply), RC_STORE);
	}
	/* And the client may ask again. */
	fx.directory.refresh.rotate = real_directory.refresh.rotate;
	CHECK_OK(fx_refresh(token, &reply));
}

FX_TEST(refresh_tokens_have_no_key_without_the_store)
{
	uint8_t key[32];
	CHECK_OK(refresh_token_key(&fx.directory, key));
	fx.directory.shared.secret = failing_shared_secret;
	CHECK_RC(refresh_token_key(&fx.directory, key), RC_STORE);
}

/* Until it was through, whoever ends a user is told that it is not done. */
FX_TEST(a_user_is_ended_whole_or_it_is_told)
{
	unsigned n = 0;
	struct session one;
	/* How long tokens live is read but once. */
	CHECK_OK(user_revocation_add(&fx.op, SLICE(FX_USER), NULL, fx.now, &fx.arena));
	CHECK_OK(session_create(&fx.sessions, SLICE(FX_USER), SLICE("x"), session_unbound(fx.now), &fx.arena, &one));
	faults_install();
	do {
		store_fault = (struct fault){.on = true, .at = ++n};
		enum rc rc = user_revocation_add(&fx.op, SLICE(FX_USER), NULL, fx.now, &fx.arena);
		store_fault.on = false;
		CHECK_RC(rc, store_fault.seen < n ? RC_OK : RC_STORE);
	} while (store_fault.seen >= n && n < 20);
	CHECK(n == 4);
	CHECK_RC(session_open(&fx.sessions, one.cookie, session_unbound(fx.now), &fx.arena, &one), RC_NOT_FOUND);
}

T_MAIN(T(refresh_tokens_have_no_key_without_the_store), T(a_user_is_ended_whole_or_it_is_told), T(every_store_fault_is_told), T(every_lack_of_memory_is_told), T(a_client_that_cannot_be_read_is_not_unknown),
       T(origins_that_cannot_be_read_are_read_again), T(origins_without_room_are_told_and_read_again), T(what_cannot_be_a_code_or_refresh_token_asks_no_store), T(a_family_that_ends_meanwhile_is_not_rotated),
       T(a_public_client_gets_no_token_of_its_own), T(a_consent_is_withdrawn_whole_or_it_is_told),
       T(a_withdrawn_consent_leaves_no_family_however_many), T(a_damaged_code_is_the_stores_fault),
       T(a_damaged_mark_of_use_is_the_stores_fault), T(a_mark_of_use_that_is_damaged_meanwhile_is_the_stores_fault),
       T(a_damaged_context_of_a_refresh_is_the_stores_fault), T(a_damaged_successor_is_the_stores_fault))
