/* SPDX-License-Identifier: Apache-2.0 */
/* Every row of rc.def can be reached: a way to each through a public function. A row without one fails here. */
#include "browser_fixture.h"
#include "crypto/cipher.h"
#include "crypto/kdf.h"
#include "config/config.h"
#include "gateway/gateway_claim.h"
#include "gateway/gateway_rule.h"
#include "gateway/gateway_request.h"
#include "fetch/http_client.h"
#include "http/http_request.h"
#include "identity/throttle.h"
#include "jose/sdjwt/sdjwt.h"
#include "rp/rp_room.h"
#include "rp/rp_payload.h"
#include "rp/rp_provider.h"
#include "sealed/session_handle.h"

#define JOB "job:" FX_SECRET

static struct reply reply;

static enum rc token(const char *credentials, const char *const *form)
{
	return fx_call(token_endpoint, credentials, form, &reply);
}

static enum rc ok(void)
{
	return token(JOB, FORM("grant_type", "client_credentials"));
}

/* ---- inside ---- */

static enum rc internal(void)
{
	uint8_t key[32];
	return crypto_pbkdf2(&(struct crypto_pbkdf2){CRYPTO_SHA256, SLICE("salt"), 1000}, secret_of("x", 1), key, 33);
}

static enum rc memory(void)
{
	static char metadata[300 * 1024];
	struct client *client;
	memset(metadata, ' ', sizeof metadata - 1);
	fx_put_client("huge", metadata, true, false);
	return client_get(&fx.op, SLICE("huge"), fx.now, &client);
}

static enum rc store(void)
{
	const char *code = fx_code("openid");
	struct eph_record r;
	uint8_t id[32];
	crypto_sha256(slice_cstr(code), id);
	TRY(fx.ephemeral.get(fx.ephemeral.self, EPH_CODE, id, fx.now, &fx.arena, &r));
	r.value = slice_to(r.value, r.value.n - 1);
	TRY(fx.ephemeral.replace(fx.ephemeral.self, &r, fx.now));
	return fx_redeem(code, &reply);
}

static enum rc busy(void)
{
	const struct memory_options one = {.max_records = 1, .max_bytes = 1 << 20};
	struct ephemeral e;
	struct eph_record r = {.type = EPH_CODE, .expires = fx.now + 60};
	TRY(memory_ephemeral_open(&one, &e));
	enum rc rc = RC_OK;
	for (uint8_t i = 0; i < 200 && rc == RC_OK; i++) {
		memset(r.id, i, sizeof r.id);
		rc = e.put(e.self, &r, fx.now);
	}
	e.close(e.self);
	return rc;
}

static enum rc signer(void)
{
	fx.keys.n = 0;
	enum rc rc = ok();
	fx.keys.n = 2;
	return rc;
}

static enum rc upstream(void)
{
	/* Port 1 of this machine: nobody listens there. */
	const struct http_request_out request = {.url = SLICE("http://127.0.0.1:1/"), .timeout_ms = 2000};
	struct http_response_in response;
	struct http_client *client;
	TRY(http_client_new(SLICE_NONE, &client));
	enum rc rc = http_client_fetch(client, &request, &fx.arena, &response);
	http_client_free(client);
	return rc;
}

static enum rc upstream_busy(void)
{
	struct rp_room_visit v;
	struct rp_rooms rooms;
	enum rc rc = RC_OK;
	rp_rooms_init(&rooms);
	while (rc == RC_OK)
		rc = rp_room_enter(&rooms, RP_ROOM_SIGN_IN, SLICE("https://a.example"), SLICE("192.0.2.1"), &v);
	return rc;
}

static enum rc io(void)
{
	struct config config;
	struct config_error err = {.file = "none"};
	return config_load("/nonexistent/ostiary.yaml", &fx.arena, &config, &err);
}

/* ---- what a caller sent ---- */

static enum rc body_length(const char *name, const char *value)
{
	const struct request_pair header = {slice_cstr(name), slice_cstr(value)};
	struct request c = {.headers = {&header, 1}};
	size_t n;
	return http_request_length(&c, 1024, &n);
}

static enum rc limit(void)
{
	return body_length("content-length", "1025");
}

static enum rc media_type(void)
{
	return body_length("transfer-encoding", "chunked");
}

static enum rc json(const char *text)
{
	const struct json *root;
	return json_parse_arena(&fx.arena, slice_cstr(text), 8, &root);
}

static enum rc syntax(void)
{
	return json("{");
}

static enum rc duplicate(void)
{
	return json("{\"a\":1,\"\\u0061\":2}");
}

static enum rc range(void)
{
	const struct json *root;
	int64_t seconds;
	TRY(json_parse_arena(&fx.arena, SLICE("-1"), 8, &root));
	return json_seconds(root, &seconds);
}

static enum rc missing(void)
{
	return token(JOB, FORM("scope", "openid"));
}

static enum rc not_found(void)
{
	struct client *client;
	return client_get(&fx.op, SLICE("nobody"), fx.now, &client);
}

static enum rc method(void)
{
	const struct request_pair host = {SLICE("Host"), SLICE("x")};
	const struct http_raw raw = {.method = SLICE("BREW"), .target = SLICE("/"), .version = SLICE("HTTP/1.1"), .headers = &host,
				     .header_count = 1};
	const struct http_trust trust = {0};
	struct request c = {.arena = &fx.arena};
	return http_request_head(&raw, &trust, &c);
}

static enum rc conflict(void)
{
	struct dir_user u = fx_get_user();
	return fx.directory.users.add(fx.directory.users.self, &u, NULL, NULL);
}

/* A write that names a version of the session's data which is not the current one. */
static enum rc precondition(void)
{
	const struct rp r = {.sessions = &fx.sessions, .handle_key = {7}};
	const struct gateway_payload p = {.host = SLICE("web.example")};
	struct session x;
	struct slice payload, handle;
	TRY(gateway_payload_write(&p, &fx.arena, &payload));
	TRY(session_create(&fx.sessions, SLICE(FX_USER), payload, session_unbound(fx.now), &fx.arena, &x));
	const struct ticket t = {.sid = x.sid, .secret = slice_from(x.cookie, SESSION_SID_LEN + 1), .expires = fx.now + 60};
	TRY(session_handle_seal(r.handle_key, &t, &fx.arena, &handle));
	const struct request_pair headers[] = {{SLICE("x-session-id"), handle}, {SLICE("if-match"), SLICE("\"7\"")}};
	struct request c = {.arena = &fx.arena, .now = fx.now, .method = CALL_PUT, .headers = {headers, 2}, .body = SLICE("{}")};
	return rp_data(&r, &c, &reply);
}

static enum rc rule(enum gateway_rule_type type)
{
	const struct slice admin = SLICE("admin");
	const struct gateway_rule wanted = {.type = type, .values = &admin, .value_count = 1}, *broken;
	const struct gateway_identity id = {.roles = SLICE("customer"), .scope = SLICE("openid")};
	return gateway_rules_validate(&id, &wanted, 1, &broken);
}

static enum rc forbidden(void)
{
	return rule(GATEWAY_RULE_ROLE);
}

static enum rc throttled(void)
{
	const struct identity id = op_identity(&fx.op);
	const struct throttle_attempt attempt = {.tenant = SLICE("default"), .login = SLICE("guessed"), .remote = SLICE("203.0.113.9")};
	struct throttle_taken taken;
	struct throttle_refusal after;
	enum rc rc = RC_OK;
	for (int i = 0; i < 1000 && rc == RC_OK; i++)
		rc = throttle_take(&id, &attempt, fx.now, &taken, &after);
	return rc;
}

static enum rc expired(void)
{
	static const uint8_t key[32] = {7};
	const struct ticket t = {.sid = SLICE("AAAAAAAAAAAAAAAAAAAAAA"), .secret = SLICE("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), .expires = fx.now};
	struct ticket opened;
	struct slice text;
	TRY(session_handle_seal(key, &t, &fx.arena, &text));
	return session_handle_open(key, text, fx.now, &fx.arena, &opened);
}

static enum rc csrf(void)
{
	const struct gateway_header header = {SLICE("Sec-Fetch-Site"), SLICE("cross-site")};
	const struct gateway_request r = {.method = SLICE("POST"), .headers = &header, .header_count = 1};
	return gateway_request_csrf(&r);
}

/* ---- OAuth ---- */

static enum rc invalid_request(void)
{
	return token(JOB, FORM("grant_type", "client_credentials", "client_secret", "x"));
}

static enum rc invalid_client(void)
{
	return token("job:wrong", FORM("grant_type", "client_credentials"));
}

static enum rc invalid_grant(void)
{
	return fx_refresh("x", &reply);
}

static enum rc unauthorized_client(void)
{
	return token(JOB, FORM("grant_type", "refresh_token", "refresh_token", "x"));
}

static enum rc unsupported_grant_type(void)
{
	return token(JOB, FORM("grant_type", "password"));
}

static enum rc invalid_scope(void)
{
	return token(JOB, FORM("grant_type", "client_credentials", "scope", "root"));
}

static enum rc invalid_target(void)
{
	return token(JOB, FORM("grant_type", "client_credentials", "resource", "https://evil.example"));
}

static enum rc access_denied(void)
{
	char phc[CRYPTO_PASSWORD_PHC_MAX];
	size_t n;
	TRY(crypto_password_hash(secret_of("right", 5), (struct crypto_password_cost){8192, 1, 1}, phc, &n));
	return crypto_password_verify(secret_of("wrong", 5), slice_of(phc, n));
}

/* The code whose `error` the redirect back to the app carries. */
static enum rc redirected(struct browser *b, const char *url)
{
	struct answer a = browser_follow(b, browser_get(b, url));
	struct slice error = answer_value(&a, "error");
	for (int rc = 0; rc < RC_COUNT; rc++)
		if (error.n > 0 && slice_eq(slice_cstr(rc_row((enum rc)rc)->oauth_error), error))
			return (enum rc)rc;
	return a.rc;
}

#define REDIRECTED(name, url)                         \
	static enum rc name(void)                     \
	{                                             \
		struct browser b = browser_new();     \
		return redirected(&b, REQUEST url);   \
	}

REDIRECTED(login_required, "&prompt=none")
REDIRECTED(request_not_supported, "&request=e30.e30.")
REDIRECTED(request_uri_not_supported, "&request_uri=https%3A%2F%2Fevil.example")
REDIRECTED(registration_not_supported, "&registration=%7B%7D")

static enum rc unsupported_response_type(void)
{
	struct browser b = browser_new();
	return redirected(&b, "/authorize?response_type=none&client_id=shop&redirect_uri=https%3A%2F%2Fshop.example%2Fcb&scope=openid");
}

static enum rc consent_required(void)
{
	struct browser b = browser_new();
	struct answer page = browser_follow(&b, browser_get(&b, REQUEST));
	(void)browser_submit(&b, &page, CREDENTIALS);
	fx_no_consent();
	return redirected(&b, REQUEST "&prompt=none");
}

/* ---- bearer tokens ---- */

static enum rc userinfo(const char *access_token)
{
	return fx_call(userinfo_endpoint, NULL, FORM("access_token", access_token), &reply);
}

static enum rc invalid_token(void)
{
	const char *text = fx_text(fx_sign_in("openid"), "access_token");
	struct dir_user u = fx_get_user();
	u.disabled = true;
	TRY(fx.directory.users.update(fx.directory.users.self, &u, NULL));
	enum rc rc = userinfo(text);
	u = fx_get_user();
	u.disabled = false;
	TRY(fx.directory.users.update(fx.directory.users.self, &u, NULL));
	return rc;
}

static enum rc insufficient_scope(void)
{
	return rule(GATEWAY_RULE_SCOPE);
}

static enum rc no_credentials(void)
{
	return fx_call(userinfo_endpoint, NULL, FORM("x", "y"), &reply);
}

static enum rc revoked(void)
{
	const char *text = fx_text(fx_sign_in("openid"), "access_token");
	TRY(fx_call(revoke_endpoint, NULL, FORM("client_id", "shop", "token", text), &reply));
	return userinfo(text);
}

static enum rc replay(void)
{
	static const uint8_t hash[32] = {1};
	const struct directory *d = &fx.directory;
	TRY(d->replay.mark(d->replay.self, SLICE("test"), hash, fx.now, fx.now + 60));
	return d->replay.mark(d->replay.self, SLICE("test"), hash, fx.now, fx.now + 60);
}

/* ---- JOSE ---- */

static enum rc jose_malformed(void)
{
	return userinfo("x");
}

static enum rc header(const char *json_text)
{
	struct slice text;
	struct jwt_header h;
	TRY(base64url_encode_arena(&fx.arena, slice_cstr(json_text), &text));
	const struct jwt_parts parts = {.header64 = text, .payload64 = SLICE("e30"), .signature64 = SLICE("AA")};
	return jwt_header_read(&parts, &fx.arena, &h);
}

static enum rc jose_header(void)
{
	return header("{\"alg\":\"ES256\",\"jku\":\"https://evil.example\"}");
}

static enum rc jose_alg(void)
{
	return header("{\"alg\":\"none\"}");
}

static enum rc jose_crit(void)
{
	return header("{\"alg\":\"ES256\",\"crit\":[\"x\"]}");
}

static enum rc jose_typ(void)
{
	return userinfo(fx_text(fx_sign_in("openid"), "id_token"));
}

static enum rc jose_kid(void)
{
	struct jwk *key;
	return jwks_find(fx.set, SLICE("unknown"), JOSE_ES256, &key);
}

static enum rc jose_key(void)
{
	struct jwk *key;
	return jwk_read(SLICE("{\"kty\":\"RSA\"}"), JWK_PUBLIC, &key);
}

static enum rc jose_size(void)
{
	static const uint8_t text[JWT_TEXT_MAX + 1];
	struct jwt_parts parts;
	return jwt_split(slice_of(text, sizeof text), &parts);
}

static enum rc jose_private(void)
{
	struct jwks *set;
	return jwks_read(SLICE("{\"keys\":[{\"kty\":\"RSA\",\"d\":\"AQ\"}]}"), JWK_PUBLIC, &set, NULL);
}

static enum rc jose_signature(void)
{
	static const uint8_t signature[64] = {1};
	return jwk_verify(fx.es, JOSE_ES256, SLICE("a.b"), slice_of(signature, sizeof signature));
}

static enum rc jose_decrypt(void)
{
	static const uint8_t wrapped[40] = {1}, key[16] = {1};
	uint8_t plain[32];
	return crypto_unwrap(secret_of(key, sizeof key), slice_of(wrapped, sizeof wrapped), plain, sizeof plain);
}

static enum rc claims(const char *text)
{
	static const struct slice audience = SLICE_INIT("a");
	const struct jwt_policy policy = {.issuer = SLICE("i"), .audiences = &audience, .audience_count = 1, .sub_required = true,
					  .jti_required = true};
	struct jwt_claims c;
	return jwt_claims_validate_text(slice_cstr(text), &policy, 1000, &fx.arena, &c);
}

#define CLAIMS(name, text)                    \
	static enum rc name(void)             \
	{                                     \
		return claims(text);          \
	}

#define UP_TO_EXP "{\"iss\":\"i\",\"sub\":\"s\",\"aud\":\"a\",\"exp\":2000"
CLAIMS(jose_claims, "[]")
CLAIMS(jose_iss, "{\"iss\":\"evil\"}")
CLAIMS(jose_sub, "{\"iss\":\"i\"}")
CLAIMS(jose_aud, "{\"iss\":\"i\",\"sub\":\"s\",\"aud\":\"b\"}")
CLAIMS(jose_exp, "{\"iss\":\"i\",\"sub\":\"s\",\"aud\":\"a\",\"exp\":1000}")
CLAIMS(jose_nbf, UP_TO_EXP ",\"nbf\":1500}")
CLAIMS(jose_iat, UP_TO_EXP ",\"iat\":1500}")
CLAIMS(jose_jti, UP_TO_EXP ",\"jti\":\"\"}")

static enum rc id_claims(struct slice text, struct slice nonce)
{
	const struct rp_site site = {.client_id = SLICE("us")};
	const struct json *root;
	TRY(json_parse_arena(&fx.arena, text, 16, &root));
	return provider_id_claims(&site, root, nonce);
}

static enum rc jose_azp(void)
{
	return id_claims(SLICE("{\"aud\":[\"us\",\"them\"],\"azp\":null}"), SLICE_NONE);
}

static enum rc jose_nonce(void)
{
	return id_claims(SLICE("{\"aud\":\"us\",\"nonce\":\"theirs\"}"), SLICE("ours"));
}

static enum rc jose_required(void)
{
	static const struct slice names[] = {SLICE_INIT("tenant")}, audiences[] = {SLICE_INIT("a")};
	struct jwt_policy policy = {.issuer = SLICE("i"), .audiences = audiences, .audience_count = 1, .required = names,
				    .required_count = 1};
	struct jwt_claims claims;
	struct arena a;
	arena_init(&a, 65536);
	enum rc rc = jwt_claims_validate_text(SLICE("{\"iss\":\"i\",\"aud\":\"a\",\"exp\":2000}"), &policy, 1000, &a, &claims);
	arena_reset(&a);
	return rc;
}

static enum rc jose_id_token(void)
{
	static const struct slice audiences[] = {SLICE_INIT("a")};
	const struct jwt_policy policy = {.issuer = SLICE("i"), .audiences = audiences, .audience_count = 1, .no_id_token = true};
	struct jwt_claims claims;
	struct arena a;
	arena_init(&a, 65536);
	enum rc rc = jwt_claims_validate_text(SLICE("{\"iss\":\"i\",\"aud\":\"a\",\"exp\":2000,\"nonce\":\"n\"}"), &policy, 1000, &a, &claims);
	arena_reset(&a);
	return rc;
}

/* A presentation whose JWT has the empty object as its claims. */
static enum rc present(const char *tail)
{
	struct slice text;
	TRY(arena_format(&fx.arena, &text, "eyJhbGciOiJFUzI1NiJ9.e30.AA~%s", tail));
	return sdjwt_present(text, NULL, 0, &fx.arena, &text);
}

static enum rc jose_disclosure(void)
{
	/* ["salt","name","value"], of which the JWT has no digest. */
	return present("WyJzYWx0IiwibmFtZSIsInZhbHVlIl0~");
}

static enum rc jose_binding(void)
{
	return present("e30.e30.AA");
}

#define WAY(code, function) [RC_##code] = function

static enum rc (*const ways[RC_COUNT])(void) = {
	WAY(OK, ok), WAY(INTERNAL, internal), WAY(MEMORY, memory), WAY(STORE, store), WAY(BUSY, busy), WAY(SIGNER, signer),
	WAY(UPSTREAM_BUSY, upstream_busy), WAY(UPSTREAM, upstream), WAY(IO, io), WAY(LIMIT, limit), WAY(SYNTAX, syntax), WAY(DUPLICATE, duplicate), WAY(RANGE, range),
	WAY(MISSING, missing), WAY(NOT_FOUND, not_found), WAY(METHOD, method), WAY(MEDIA_TYPE, media_type), WAY(CONFLICT, conflict),
	WAY(PRECONDITION, precondition),
	WAY(FORBIDDEN, forbidden), WAY(THROTTLED, throttled), WAY(EXPIRED, expired), WAY(CSRF, csrf),
	WAY(INVALID_REQUEST, invalid_request), WAY(INVALID_CLIENT, invalid_client), WAY(INVALID_GRANT, invalid_grant),
	WAY(UNAUTHORIZED_CLIENT, unauthorized_client), WAY(UNSUPPORTED_GRANT_TYPE, unsupported_grant_type),
	WAY(UNSUPPORTED_RESPONSE_TYPE, unsupported_response_type), WAY(INVALID_SCOPE, invalid_scope),
	WAY(INVALID_TARGET, invalid_target), WAY(ACCESS_DENIED, access_denied), WAY(LOGIN_REQUIRED, login_required),
	WAY(CONSENT_REQUIRED, consent_required), WAY(REQUEST_NOT_SUPPORTED, request_not_supported),
	WAY(REQUEST_URI_NOT_SUPPORTED, request_uri_not_supported), WAY(REGISTRATION_NOT_SUPPORTED, registration_not_supported),
	WAY(INVALID_TOKEN, invalid_token), WAY(INSUFFICIENT_SCOPE, insufficient_scope), WAY(NO_CREDENTIALS, no_credentials),
	WAY(JOSE_MALFORMED, jose_malformed), WAY(JOSE_SIZE, jose_size), WAY(JOSE_HEADER, jose_header), WAY(JOSE_ALG, jose_alg), WAY(JOSE_CRIT, jose_crit),
	WAY(JOSE_TYP, jose_typ), WAY(JOSE_ID_TOKEN, jose_id_token), WAY(JOSE_KID, jose_kid), WAY(JOSE_KEY, jose_key), WAY(JOSE_PRIVATE, jose_private),
	WAY(JOSE_SIGNATURE, jose_signature),
	WAY(JOSE_DECRYPT, jose_decrypt), WAY(JOSE_CLAIMS, jose_claims), WAY(JOSE_ISS, jose_iss), WAY(JOSE_SUB, jose_sub),
	WAY(JOSE_AUD, jose_aud), WAY(JOSE_AZP, jose_azp), WAY(JOSE_NONCE, jose_nonce), WAY(JOSE_EXP, jose_exp), WAY(JOSE_NBF, jose_nbf), WAY(JOSE_IAT, jose_iat), WAY(JOSE_JTI, jose_jti),
	WAY(JOSE_REQUIRED, jose_required),
	WAY(JOSE_DISCLOSURE, jose_disclosure), WAY(JOSE_BINDING, jose_binding), WAY(REPLAY, replay), WAY(REVOKED, revoked),
};

BROWSER_TEST(every_row_can_be_reached)
{
	for (int i = 0; i < RC_COUNT; i++) {
		t_set_row(rc_row((enum rc)i)->name);
		CHECK(ways[i] != NULL);
		if (ways[i] != NULL)
			CHECK_RC(ways[i](), (enum rc)i);
	}
}

static void every_row_says_what_may_be_said(void)
{
	for (int i = 1; i < RC_COUNT; i++) {
		const struct rc_row *row = rc_row((enum rc)i);
		t_set_row(row->name);
		CHECK(row->http_status >= 400 && row->http_status < 600);
		CHECK(strlen(row->text) > 0 && strchr(row->text, '"') == NULL && strchr(row->text, '%') == NULL);
		/* An error of ours is one for the operator, and never blames the client. */
		CHECK(row->http_status < 500 || row->level >= LOG_LEVEL_WARN);
		CHECK(row->http_status < 500 || strcmp(row->oauth_error, "server_error") == 0 ||
		      strcmp(row->oauth_error, "temporarily_unavailable") == 0);
		CHECK(rc_server_error((enum rc)i) == (row->http_status >= 500));
	}
	CHECK(rc_row((enum rc)RC_COUNT) == rc_row(RC_INTERNAL));
}

T_MAIN(T(every_row_can_be_reached), T(every_row_says_what_may_be_said))
