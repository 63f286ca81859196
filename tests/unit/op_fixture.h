/* SPDX-License-Identifier: Apache-2.0 */
/* A whole provider in one process for tests: real stores, real keys, a clock that stands still until it is moved. */
#ifndef OSTIARY_TESTS_OP_FIXTURE_H
#define OSTIARY_TESTS_OP_FIXTURE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/base64url.h"
#include "failing.h"
#include "jose_keys.h"
#include "jose/jwk/jwk.h"
#include "oauth/token/access_token.h"
#include "oauth/client/client.h"
#include "oauth/grant/code.h"
#include "oauth/endpoints.h"
#include "oauth/token/revocations.h"
#include "oauth/grant/grant.h"
#include "oauth/grant/refresh_token.h"
#include "oidc/oidc.h"
#include "store/memory/memory.h"
#include "store/sqlite/sqlite.h"
#include "t.h"

#define FX_ISSUER "https://id.example"
#define FX_API "https://api.example"
#define FX_BILLS "https://bills.example"
#define FX_SECRET "sssssssssssssssssssssssssssssssssssssssssss"
#define FX_USER "uuuuuuuuuuuuuuuuuuuuuu"
#define FX_SID "ssssssssssssssssssssss"
#define FX_CB "https://shop.example/cb"
#define FX_VERIFIER "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv"

/* Given, since making one takes longer than most tests. */
#define FX_RSA "{\"kty\":\"RSA\",\"kid\":\"rs\",\"use\":\"sig\",\"alg\":\"RS256\",\"e\":\"AQAB\",\"n\":\"" RSA_N "\",\"d\":\"" RSA_D "\",\"p\":\"" RSA_P \
	       "\",\"q\":\"" RSA_Q "\",\"dp\":\"" RSA_DP "\",\"dq\":\"" RSA_DQ "\",\"qi\":\"" RSA_QI "\"}"

enum { FX_NOW = 1800000000, FX_PAIRS = 16 };

/* One at a time: tests run one after the other. */
static struct fx {
	char dir[64], db[96];
	struct arena store_arena, arena;
	struct directory directory;
	struct ephemeral ephemeral;
	struct sessions sessions;
	struct issuer issuer;
	struct op_settings settings;
	struct op_services services;
	struct op_keys keys;
	struct op_key key_rows[2];
	struct jwk *es, *rs, *client_key;
	struct jwks *set;
	struct client_cache *clients;
	struct revocations *revocations;
	struct audit audit;
	struct op op;
	int64_t now;
	struct binding binding; /* what each request proves */
	char audited[64];
	atomic_uint revocations_told;
	struct request_pair pairs[FX_PAIRS], headers[4], query[4];
} fx;

static const struct op_key *fx_active(enum jose_alg alg)
{
	for (size_t i = 0; i < fx.keys.n; i++)
		if (fx.key_rows[i].alg == alg && fx.key_rows[i].state == OP_KEY_ACTIVE)
			return &fx.key_rows[i];
	return NULL;
}

/* As the signer does it, but that its clock is the test's. */
static enum rc fx_mint(void *self, enum jose_alg alg, const struct jwt_mint *t, struct arena *a, struct slice *ret_token)
{
	(void)self;
	static const struct jwt_mint_row rows[] = {{SLICE_INIT("at+jwt"), 86400}, {SLICE_INIT("JWT"), 86400, true},
						   {SLICE_INIT("JWT"), 86400}};
	struct json *pool = calloc(JWT_VALUES_MAX, sizeof *pool);
	struct slice plain[4];
	struct jwt_minter minter = {fx.issuer.name, rows, ARRAY_LEN(rows), pool, JWT_VALUES_MAX, .plain = plain,
				    .beside = SLICE(FX_ISSUER "/userinfo")};
	for (size_t i = 0; i < fx.settings.resource_count && i < ARRAY_LEN(plain); i++)
		if (fx.settings.resources[i].plain)
			plain[minter.plain_count++] = fx.settings.resources[i].uri;
	const struct op_key *row = fx_active(alg);
	enum rc rc = row == NULL ? RC_JOSE_KID :
		jwt_mint(&minter, t, row == &fx.key_rows[0] ? fx.es : fx.rs, alg, t->iat, a, ret_token);
	free(pool);
	return rc;
}

static const struct op_keys *fx_keys(void *self)
{
	(void)self;
	return &fx.keys;
}

static void fx_keys_release(void *self, const struct op_keys *keys)
{
	(void)self;
	(void)keys;
}

static void fx_audit(void *self, enum log_level level, const struct log_field *fields, size_t n)
{
	(void)self;
	(void)level;
	(void)n;
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_mutex_lock(&lock);
	(void)snprintf(fx.audited, sizeof fx.audited, "%.*s", SLICE_ARGS(fields[0].text));
	pthread_mutex_unlock(&lock);
}

static void fx_ends_changed(void *self)
{
	(void)self;
	fx.revocations_told++;
}

static inline void fx_put_client(const char *id, const char *metadata, bool with_secret, bool disabled)
{
	struct dir_client c = {.id = slice_cstr(id), .tenant = SLICE("default"), .metadata = slice_cstr(metadata),
			       .has_secret = with_secret, .disabled = disabled, .created = fx.now};
	crypto_sha256(SLICE(FX_SECRET), c.secret_hash);
	CHECK_OK(fx.directory.clients.put(fx.directory.clients.self, &c, NULL));
	client_cache_clear(fx.clients);
}

static struct slice fx_json_of(const struct jwk *key, bool private_too, struct buf *b)
{
	struct json_out o = json_out_to(b);
	CHECK_OK(jwk_write(key, private_too, &o));
	return buf_slice(b);
}

static inline void fx_put_clients(void)
{
	char jwt[4096];
	struct buf b;
	buf_init(&b, 4096);
	struct slice jwk = fx_json_of(fx.client_key, false, &b);
	(void)snprintf(jwt, sizeof jwt,
		       "{\"token_endpoint_auth_method\":\"private_key_jwt\",\"grant_types\":[\"client_credentials\"],"
		       "\"response_types\":[],\"scope\":\"orders:read\",\"jwks\":{\"keys\":[%.*s]}}", SLICE_ARGS(jwk));
	buf_free(&b);
	fx_put_client("shop", "{\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":[\"" FX_CB "\"],"
			      "\"grant_types\":[\"authorization_code\",\"refresh_token\"],\"id_token_signed_response_alg\":\"ES256\","
			      "\"scope\":\"openid profile email offline_access orders:read orders:write bills:read\"}", false, false);
	fx_put_client("other", "{\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":[\"" FX_CB "\"],"
			       "\"grant_types\":[\"authorization_code\",\"refresh_token\"],\"scope\":\"openid\"}", false, false);
	fx_put_client("web", "{\"redirect_uris\":[\"https://web.example/cb\"],\"scope\":\"openid orders:read\"}", true, false);
	fx_put_client("job", "{\"grant_types\":[\"client_credentials\"],\"response_types\":[],"
			     "\"scope\":\"orders:read orders:write bills:read openid\",\"roles\":\"robot\"}", true, false);
	fx_put_client("a:b%+", "{\"grant_types\":[\"client_credentials\"],\"response_types\":[]}", true, false);
	fx_put_client("api", "{\"grant_types\":[\"client_credentials\"],\"response_types\":[],\"resources\":[\"" FX_API "\"]}",
		      true, false);
	fx_put_client("poster", "{\"token_endpoint_auth_method\":\"client_secret_post\",\"grant_types\":[\"client_credentials\"],"
				"\"response_types\":[],\"scope\":\"orders:read\"}", true, false);
	fx_put_client("signer", jwt, false, false);
}

static inline struct dir_user fx_get_user(void)
{
	struct dir_user u = {0};
	CHECK_OK(fx.directory.users.get(fx.directory.users.self, SLICE(FX_USER), &fx.arena, &u));
	return u;
}

static inline void fx_put_user(void)
{
	const struct dir_tenant t = {.id = SLICE("default"), .name = SLICE("Example")};
	const struct dir_user u = {.id = SLICE(FX_USER), .tenant = SLICE("default"), .login = SLICE("alice"),
				   .name = SLICE("Alice"), .email = SLICE("a@x.example"), .roles = SLICE("customer vip"),
				   .created = fx.now, .credentials_changed = fx.now};
	CHECK_OK(fx.directory.tenants.put(fx.directory.tenants.self, &t));
	CHECK_OK(fx.directory.users.add(fx.directory.users.self, &u, NULL, NULL));
}

static inline void fx_disable_user(void)
{
	struct dir_user u = fx_get_user();
	u.disabled = true;
	CHECK_OK(fx.directory.users.update(fx.directory.users.self, &u, NULL));
}

static inline void fx_disable_tenant(void)
{
	const struct dir_tenant t = {.id = SLICE("default"), .name = SLICE("Example"), .disabled = true};
	CHECK_OK(fx.directory.tenants.put(fx.directory.tenants.self, &t));
	client_cache_clear(fx.clients);
}

static inline void fx_open_directory(void)
{
	const struct sqlite_options o = {.path = slice_cstr(fx.db)};
	struct slice why = SLICE_NONE;
	enum rc rc = sqlite_directory_open(&o, &fx.store_arena, &fx.directory, &why);
	if (rc != RC_OK) {
		printf("Bail out! directory: %.*s\n", SLICE_ARGS(why));
		exit(1);
	}
}

static inline void fx_make_keys(void)
{
	static struct slice text;
	static char jwks[8192];
	struct buf b;
	if (fx.es == NULL) {
		CHECK_OK(jwk_generate(JOSE_ES256, 0, &fx.es));
		CHECK_OK(jwk_read(SLICE(FX_RSA), JWK_PRIVATE, &fx.rs));
		CHECK_OK(jwk_generate(JOSE_ES256, 0, &fx.client_key));
		buf_over(&b, jwks, sizeof jwks);
		buf_put(&b, SLICE("{\"keys\":["));
		fx_json_of(fx.es, false, &b);
		buf_put(&b, SLICE(","));
		fx_json_of(fx.rs, false, &b);
		buf_put(&b, SLICE("]}"));
		text = buf_slice(&b);
		CHECK_OK(jwks_read(text, JWK_PUBLIC, &fx.set, NULL));
	}
	fx.key_rows[0] = (struct op_key){fx.es, jwk_kid(fx.es), JOSE_ES256, OP_KEY_ACTIVE};
	fx.key_rows[1] = (struct op_key){fx.rs, jwk_kid(fx.rs), JOSE_RS256, OP_KEY_ACTIVE};
	fx.keys = (struct op_keys){fx.key_rows, 2, text, fx.set};
}

static const struct op_resource fx_resources[] = {
	{.uri = SLICE_INIT(FX_API), .scopes = SLICE_INIT("orders:read orders:write")},
	{.uri = SLICE_INIT(FX_BILLS), .scopes = SLICE_INIT("bills:read")},
};

static inline void fx_settings(void)
{
	fx.issuer = issuer_from(SLICE(FX_ISSUER));
	fx.settings = (struct op_settings){
		.issuers = &fx.issuer, .issuer_count = 1, .default_tenant = SLICE("default"),
		.id_token_algs = JOSE_ALG_BIT(JOSE_ES256) | JOSE_ALG_BIT(JOSE_RS256), .default_alg = JOSE_ES256,
		.code_ttl = 60, .interaction_ttl = 1800, .access_ttl = 600, .id_token_ttl = 600, .refresh_idle_ttl = 86400,
		.refresh_absolute_ttl = 200000, .refresh_grace = 20, .leeway = 30, .assertion_ttl = 3600,
		.scopes = SLICE("openid profile email offline_access orders:read orders:write bills:read"),
		.resources = fx_resources, .resource_count = 2};
	fx.services = (struct op_services){.keys = fx_keys, .keys_release = fx_keys_release, .mint = fx_mint,
					   .revocations_changed = fx_ends_changed};
	fx.sessions = (struct sessions){&fx.ephemeral, {.type = EPH_SESSION, .idle = 3600, .absolute = 43200, .touch = 60}};
	fx.audit = (struct audit){&fx.directory, NULL, fx_audit};
	fx.op = (struct op){.settings = &fx.settings, .directory = &fx.directory, .ephemeral = &fx.ephemeral,
			    .sessions = &fx.sessions, .services = &fx.services, .audit = &fx.audit, .clients = fx.clients, .revocations = fx.revocations,
			    .openid = &oidc_openid, .installation_key = {1, 2, 3}, .refresh_key = {4, 5, 6}};
}

static inline void fx_start(void)
{
	const struct memory_options memory = {.max_records = 10000, .max_bytes = 1 << 24};
	fx.now = FX_NOW;
	fx.binding = (struct binding){BINDING_NONE, {0}};
	fx.audited[0] = '\0';
	fx.revocations_told = 0;
	const char *tmp = getenv("TMPDIR");
	(void)snprintf(fx.dir, sizeof fx.dir, "%.40s/ostiary-op-XXXXXX", tmp != NULL ? tmp : "/tmp");
	CHECK(mkdtemp(fx.dir) != NULL);
	(void)snprintf(fx.db, sizeof fx.db, "%s/ostiary.db", fx.dir);
	arena_init(&fx.store_arena, 1 << 20);
	arena_init(&fx.arena, 8 << 20);
	fx_make_keys();
	fx_open_directory();
	CHECK_OK(memory_ephemeral_open(&memory, &fx.ephemeral));
	CHECK_OK(client_cache_new(&fx.clients));
	CHECK_OK(revocations_new(&fx.revocations));
	fx_settings();
	fx_put_user();
	fx_put_clients();
}

static inline void fx_stop(void)
{
	static const char *const tails[] = {"", "-wal", "-shm"};
	client_cache_free(fx.clients);
	revocations_free(fx.revocations);
	fx.directory.close(fx.directory.self);
	fx.ephemeral.close(fx.ephemeral.self);
	arena_reset(&fx.arena);
	arena_reset(&fx.store_arena);
	for (size_t i = 0; i < ARRAY_LEN(tails); i++) {
		char path[128];
		(void)snprintf(path, sizeof path, "%s%s", fx.db, tails[i]);
		(void)unlink(path);
	}
	(void)rmdir(fx.dir);
}

/* A POST with these form parameters: pairs of C strings, ended by NULL. A NULL value leaves the pair out. */
static inline struct request fx_post(const char *const *pairs)
{
	struct request c = {.arena = &fx.arena, .now = fx.now, .method = CALL_POST, .secure = true, .peer_uid = -1,
			 .content_type = SLICE("application/x-www-form-urlencoded"), .remote = SLICE("192.0.2.1"),
			 .request_id = SLICE("00000000000000000000000000000000"), .binding = fx.binding,
			 .issuer = &fx.issuer};
	size_t n = 0;
	for (; *pairs != NULL; pairs += 2)
		if (pairs[1] != NULL)
			fx.pairs[n++] = (struct request_pair){slice_cstr(pairs[0]), slice_cstr(pairs[1])};
	c.form = (struct request_pairs){fx.pairs, n};
	return c;
}

static inline void fx_authorization(struct request *c, struct slice value)
{
	fx.headers[0] = (struct request_pair){SLICE("authorization"), value};
	c->headers = (struct request_pairs){fx.headers, 1};
}

/* Standard base64 with padding, for Basic. */
static inline struct slice fx_basic(const char *credentials)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t n = strlen(credentials), at = 0;
	char *text = arena_alloc(&fx.arena, n * 2 + 16);
	memcpy(text, "Basic ", 6);
	at = 6;
	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)(uint8_t)credentials[i] << 16;
		if (i + 1 < n)
			v |= (uint32_t)(uint8_t)credentials[i + 1] << 8;
		if (i + 2 < n)
			v |= (uint8_t)credentials[i + 2];
		text[at++] = set[v >> 18];
		text[at++] = set[v >> 12 & 63];
		text[at++] = i + 1 < n ? set[v >> 6 & 63] : '=';
		text[at++] = i + 2 < n ? set[v & 63] : '=';
	}
	return slice_of(text, at);
}

/* Calls a handler as `credentials` ("id:secret", or NULL). */
static inline enum rc fx_call(op_handler *handler, const char *credentials, const char *const *pairs, struct reply *ret)
{
	struct request c = fx_post(pairs);
	*ret = (struct reply){0};
	if (credentials != NULL)
		fx_authorization(&c, fx_basic(credentials));
	return handler(&fx.op, &c, ret);
}

#define FORM(...) ((const char *const[]){__VA_ARGS__, NULL})

/* The body's members. */
static inline const struct json *fx_body(const struct reply *r)
{
	const struct json *root = NULL;
	CHECK_OK(json_parse_arena(&fx.arena, r->body, 512, &root));
	return root;
}

static inline const char *fx_text(const struct json *object, const char *name)
{
	struct slice s;
	const char *text = NULL;
	if (json_string(json_get(object, slice_cstr(name)), &fx.arena, &s) != RC_OK)
		return NULL;
	rc_ignore(arena_cstr(&fx.arena, s, &text));
	return text;
}

static inline int64_t fx_int(const struct json *object, const char *name)
{
	int64_t i = -1;
	rc_ignore(json_int(json_get(object, slice_cstr(name)), &i));
	return i;
}

/* The claims of a token of ours, after its signature is checked. */
static inline const struct json *fx_claims(const char *token, const char *typ, const char *audience)
{
	const struct slice types[] = {slice_cstr(typ)}, audiences[] = {slice_cstr(audience)};
	const struct jwt_policy policy = {.algs = ~(jose_alg_set)0, .issuer = SLICE(FX_ISSUER), .audiences = audiences,
					  .audience_count = 1, .types = types, .type_count = 1};
	struct jwt_claims claims = {0};
	CHECK(token != NULL);
	CHECK_OK(jwt_verify(slice_cstr(token), fx.set, &policy, fx.now, &fx.arena, &claims));
	return claims.root;
}

static inline struct slice fx_challenge(void)
{
	uint8_t hash[32];
	struct slice text = SLICE_NONE;
	crypto_sha256(SLICE(FX_VERIFIER), hash);
	CHECK_OK(base64url_encode_arena(&fx.arena, slice_of(hash, 32), &text));
	return text;
}

static inline struct code_grant fx_grant(const char *scopes)
{
	return (struct code_grant){.client = SLICE("shop"), .redirect_uri = SLICE(FX_CB), .code_challenge = fx_challenge(),
				   .user = SLICE(FX_USER), .tenant = SLICE("default"), .sid = SLICE(FX_SID),
				   .scopes = slice_cstr(scopes), .nonce = SLICE("n-1"), .amr = SLICE("pwd"),
				   .auth_time = fx.now - 5};
}

/* As the consent page leaves it: all that there is to allow. */
static inline void fx_consent(struct slice user, struct slice client)
{
	const struct dir_consent given = {.user = user, .client = client, .scopes = fx.settings.scopes,
					  .resources = SLICE(FX_API " " FX_BILLS), .given = fx.now};
	CHECK_OK(fx.directory.consents.put(fx.directory.consents.self, &given, NULL));
}

static inline void fx_no_consent(void)
{
	enum rc rc = fx.directory.consents.remove(fx.directory.consents.self, SLICE(FX_USER), SLICE("shop"), NULL);
	CHECK(rc == RC_OK || rc == RC_NOT_FOUND);
}

static inline const char *fx_code_of(const struct code_grant *g)
{
	struct slice code = SLICE_NONE;
	const char *text = "";
	fx_consent(g->user, g->client);
	CHECK_OK(code_issue(&fx.op, g, fx.now, &fx.arena, &code));
	CHECK_OK(arena_cstr(&fx.arena, code, &text));
	return text;
}

static inline const char *fx_code(const char *scopes)
{
	struct code_grant g = fx_grant(scopes);
	return fx_code_of(&g);
}

static inline enum rc fx_redeem(const char *code, struct reply *ret)
{
	return fx_call(token_endpoint, NULL, FORM("grant_type", "authorization_code", "client_id", "shop", "code", code,
						  "redirect_uri", FX_CB, "code_verifier", FX_VERIFIER), ret);
}

static inline enum rc fx_refresh(const char *token, struct reply *ret)
{
	return fx_call(token_endpoint, NULL, FORM("grant_type", "refresh_token", "client_id", "shop", "refresh_token", token), ret);
}

/* Tokens of a fresh sign-in: the token endpoint's answer. */
static inline const struct json *fx_sign_in(const char *scopes)
{
	struct reply r;
	CHECK_OK(fx_redeem(fx_code(scopes), &r));
	return fx_body(&r);
}

#define FX_TEST(name)                     \
	static void name##_body(void);    \
	static void name(void)            \
	{                                 \
		fx_start();               \
		name##_body();            \
		fx_stop();                \
	}                                 \
	static void name##_body(void)

#endif
