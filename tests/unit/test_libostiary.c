/* SPDX-License-Identifier: Apache-2.0 */
/* The public library as its users see it, with keys from text and from a key server that runs here. */
#include <arpa/inet.h>
#include <ostiary/ostiary.h>
#include <ostiary/remote.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "jwt_forge.h"

enum { NOW = 1700000000 };

static const char *const audiences[] = {"https://api.example", NULL};
static const char *const types[] = {"at+jwt", NULL};
static const struct ostiary_policy policy = {
	.size = sizeof policy, .algorithms = OSTIARY_ES256, .issuer = "https://op.example", .audiences = audiences, .types = types,
	.sub_required = true, .jti_required = true,
};
static const char claims_text[] =
	"{\"iss\":\"https://op.example\",\"sub\":\"al\\u0069ce\",\"aud\":[\"x\",\"https://api.example\"],\"exp\":1700000600,"
	"\"iat\":1700000000,\"jti\":\"x1\",\"tenant\":\"default\",\"roles\":[\"customer\",\"admin\"],"
	"\"scope\":\"orders:read orders:write\",\"n\":{}}";

static struct jwk *new_key(void)
{
	struct jwk *key = NULL;
	CHECK_OK(jwk_generate(JOSE_ES256, 0, &key));
	return key;
}

/* A key set's text over one key, NUL-terminated. */
static void jwks_text(const struct jwk *key, char *dst, size_t cap)
{
	struct buf b;
	buf_over(&b, dst, cap);
	buf_put(&b, SLICE("{\"keys\":["));
	struct json_out out = json_out_to(&b);
	CHECK_OK(jwk_write(key, false, &out));
	buf_put(&b, SLICE("]}\0"));
	CHECK_OK(buf_rc(&b));
}

static struct slice token_of(struct jwk *key, struct arena *a)
{
	struct slice token = SLICE_NONE;
	struct jwt_signer signer = jwt_signer_of(key);
	CHECK_OK(jwt_sign(&signer, JOSE_ES256, jwk_kid(key), SLICE("at+jwt"), slice_cstr(claims_text), a, &token));
	return token;
}

/* RFC 9449 4.2: a proof names neither issuer nor audience nor expiry. What one of our own keys signs must. */
static void only_a_proof_may_lack_what_proofs_lack(void)
{
#define OP "\"iss\":\"https://op.example\""
#define API "\"aud\":\"https://api.example\""
	static const char *const no_audiences[] = {NULL};
	static const struct ostiary_admission proof = {sizeof proof, .proof = true};
	static const struct {
		const char *name, *claims, *issuer;
		const char *const *audiences;
		int64_t max_age;
		enum ostiary_result ours, proven;
	} rows[] = {
		{"all", "{" OP "," API ",\"iat\":1700000000,\"exp\":1700000600}", "https://op.example", audiences, 300, OSTIARY_OK, OSTIARY_OK},
		{"no expiry", "{" OP "," API ",\"iat\":1700000000}", "https://op.example", audiences, 300, OSTIARY_EXP, OSTIARY_OK},
		{"no expiry and no max_age", "{" OP "," API ",\"iat\":1700000000}", "https://op.example", audiences, 0, OSTIARY_EXP, OSTIARY_EXP},
		{"no issuer", "{" API ",\"iat\":1700000000,\"exp\":1700000600}", NULL, audiences, 300, OSTIARY_ISS, OSTIARY_OK},
		{"no issuer, and one is named", "{" API ",\"iat\":1700000000}", "https://op.example", audiences, 300, OSTIARY_ISS, OSTIARY_ISS},
		{"no audience", "{" OP ",\"iat\":1700000000,\"exp\":1700000600}", "https://op.example", NULL, 300, OSTIARY_AUD, OSTIARY_OK},
		{"no audience, and one is named", "{" OP ",\"iat\":1700000000}", "https://op.example", audiences, 300, OSTIARY_AUD, OSTIARY_AUD},
		{"no audience, and none is allowed", "{" OP ",\"iat\":1700000000}", "https://op.example", no_audiences, 300, OSTIARY_AUD, OSTIARY_AUD},
	};
	struct jwk *key = new_key();
	struct ostiary_jwks *keys = NULL;
	char set[1024], header[1200];
	struct arena a;
	jwks_text(key, set, sizeof set);
	CHECK(ostiary_jwks_parse(set, strlen(set), &keys) == OSTIARY_OK);
	/* {"keys":[ in front and ]} behind. */
	(void)snprintf(header, sizeof header, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"jwk\":%.*s}", (int)strlen(set) - 11, set + 9);
	arena_init(&a, 1 << 20);
	T_ROWS(row, rows, name) {
		const struct ostiary_policy p = {sizeof p, .algorithms = OSTIARY_ES256, .issuer = row->issuer, .audiences = row->audiences,
						 .types = types, .max_age = row->max_age, .admission = &proof};
		struct slice ours = forge_token("{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}", row->claims, key, JOSE_ES256, &a);
		struct slice proven = forge_token(header, row->claims, key, JOSE_ES256, &a);
		struct ostiary_claims *c = NULL, *d = NULL;
		CHECK(ostiary_verify((const char *)ours.p, ours.n, keys, &p, NOW, &c) == row->ours);
		CHECK(ostiary_verify((const char *)proven.p, proven.n, keys, &p, NOW, &d) == row->proven);
		CHECK((c != NULL) == (row->ours == OSTIARY_OK) && (d != NULL) == (row->proven == OSTIARY_OK));
		ostiary_claims_free(c);
		ostiary_claims_free(d);
	}
	arena_reset(&a);
	ostiary_jwks_free(keys);
	jwk_unref(key);
}

static void validate_claims(struct ostiary_claims *c)
{
	int64_t n = 0;
	size_t length = 0;
	CHECK(strcmp(ostiary_claims_sub(c), "alice") == 0);
	CHECK(strcmp(ostiary_claims_tenant(c), "default") == 0);
	CHECK(ostiary_claims_has_role(c, "admin") && !ostiary_claims_has_role(c, "adm"));
	CHECK(ostiary_claims_has_scope(c, "orders:read") && !ostiary_claims_has_scope(c, "orders"));
	CHECK(strcmp(ostiary_claims_element(c, "roles", 1), "admin") == 0);
	CHECK(ostiary_claims_element(c, "roles", 2) == NULL && ostiary_claims_element(c, "sub", 0) == NULL);
	CHECK(ostiary_claims_number(c, "exp", &n) == 1 && n == 1700000600);
	CHECK(ostiary_claims_number(c, "sub", &n) == 0 && ostiary_claims_number(c, "none", &n) == 0);
	CHECK(ostiary_claims_text(c, "n") == NULL && ostiary_claims_text(c, "none") == NULL);
	CHECK(strcmp(ostiary_claims_json(c, &length), claims_text) == 0 && length == strlen(claims_text));
}

/* As often as one likes: kept claims are asked again and again. */
static void validate_asking_again(struct ostiary_claims *c)
{
	const char *sub = ostiary_claims_sub(c), *kid = ostiary_claims_kid(c), *json = ostiary_claims_json(c, NULL);
	bool same = sub != NULL && kid != NULL && json != NULL;
	for (int i = 0; i < 40000 && same; i++)
		same = ostiary_claims_sub(c) == sub && ostiary_claims_kid(c) == kid && ostiary_claims_json(c, NULL) == json &&
		       ostiary_claims_has_scope(c, "orders:read");
	CHECK(same);
	validate_claims(c);
}

static void verify_gives_the_claims(void)
{
	struct jwk *key = new_key();
	struct arena a;
	char text[1024];
	struct ostiary_jwks *keys = NULL;
	struct ostiary_claims *c = NULL;
	arena_init(&a, 65536);
	jwks_text(key, text, sizeof text);
	CHECK(ostiary_jwks_parse(text, strlen(text), &keys) == OSTIARY_OK && ostiary_jwks_count(keys) == 1);
	struct slice token = token_of(key, &a);
	CHECK(ostiary_verify((const char *)token.p, token.n, keys, &policy, NOW, &c) == OSTIARY_OK);
	validate_claims(c);
	validate_asking_again(c);
	ostiary_claims_free(c);
	c = NULL;
	CHECK(ostiary_verify((const char *)token.p, token.n, keys, &policy, NOW + 601, &c) == OSTIARY_EXP && c == NULL);
	CHECK(ostiary_verify((const char *)token.p, token.n - 1, keys, &policy, NOW, &c) == OSTIARY_MALFORMED);
	struct ostiary_policy none = {sizeof none};
	CHECK(ostiary_verify((const char *)token.p, token.n, keys, &none, NOW, &c) == OSTIARY_ALG);
	CHECK(ostiary_verify(NULL, 0, keys, &policy, NOW, &c) == OSTIARY_ARGUMENT);
	ostiary_jwks_free(keys);
	jwk_unref(key);
	arena_reset(&a);
}

static void policy_lists_have_a_maximum(void)
{
	static const char *const many[] = {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16",
					   "17", NULL};
	struct ostiary_policy p = policy;
	struct ostiary_jwks *keys = NULL;
	struct ostiary_claims *c = NULL;
	p.audiences = many;
	CHECK(ostiary_jwks_parse("{\"keys\":[]}", 11, &keys) == OSTIARY_OK);
	CHECK(ostiary_verify("a.b.c", 5, keys, &p, NOW, &c) == OSTIARY_ARGUMENT);
	ostiary_jwks_free(keys);
}

static void jwks_refuses_what_is_no_key_set(void)
{
	const struct ostiary_jwks_options symmetric = {sizeof symmetric, .wanted = OSTIARY_JWK_SYMMETRIC};
	struct ostiary_jwks *keys = NULL;
	static const char oct[] = "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"a\",\"alg\":\"HS256\","
				  "\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}]}";
	CHECK(ostiary_jwks_parse("[]", 2, &keys) == OSTIARY_KEY);
	CHECK(ostiary_jwks_parse(oct, strlen(oct), &keys) == OSTIARY_OK && ostiary_jwks_count(keys) == 0);
	ostiary_jwks_free(keys);
	CHECK(ostiary_jwks_read(oct, strlen(oct), &symmetric, &keys) == OSTIARY_OK && ostiary_jwks_count(keys) == 1);
	ostiary_jwks_free(keys);
}

static void results_have_names_and_texts(void)
{
	for (int i = OSTIARY_OK; i <= OSTIARY_REPLAY; i++) {
		const char *name = ostiary_result_name((enum ostiary_result)i);
		CHECK(*name != '\0' && *ostiary_result_text((enum ostiary_result)i) != '\0');
		CHECK((strcmp(name, "internal") == 0) == (i == OSTIARY_INTERNAL));
		t_set_row("a library is no server and knows of no request");
		CHECK(strstr(ostiary_result_text((enum ostiary_result)i), "server") == NULL);
		CHECK(strstr(ostiary_result_text((enum ostiary_result)i), "request") == NULL);
	}
	CHECK(strcmp(ostiary_result_name((enum ostiary_result)99), "internal") == 0 && *ostiary_result_text((enum ostiary_result)-1) != '\0');
}

/* A key server: answers each connection with what `answer` says at that moment. */
struct server {
	int listener;
	char url[64];
	_Atomic unsigned requests;
	pthread_mutex_t lock;
	char answer[2048];
	pthread_t thread;
};

static void *serve(void *self)
{
	struct server *s = self;
	for (;;) {
		char request[2048], answer[2048];
		int fd = accept(s->listener, NULL, NULL);
		if (fd < 0)
			return NULL;
		ssize_t n = recv(fd, request, sizeof request, 0);
		atomic_fetch_add(&s->requests, 1);
		pthread_mutex_lock(&s->lock);
		memcpy(answer, s->answer, sizeof answer);
		pthread_mutex_unlock(&s->lock);
		if (n > 0)
			n = send(fd, answer, strlen(answer), MSG_NOSIGNAL);
		(void)shutdown(fd, SHUT_RDWR);
		(void)close(fd);
	}
}

static void server_say(struct server *s, const char *status, const char *headers, const char *body)
{
	pthread_mutex_lock(&s->lock);
	(void)snprintf(s->answer, sizeof s->answer, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n%s\r\n%s", status,
		       strlen(body), headers, body);
	pthread_mutex_unlock(&s->lock);
}

static void server_start(struct server *s, const char *host)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof at;
	*s = (struct server){.listener = socket(AF_INET, SOCK_STREAM, 0)};
	pthread_mutex_init(&s->lock, NULL);
	CHECK(bind(s->listener, (struct sockaddr *)&at, sizeof at) == 0 && listen(s->listener, 8) == 0);
	CHECK(getsockname(s->listener, (struct sockaddr *)&at, &n) == 0);
	(void)snprintf(s->url, sizeof s->url, "http://%s:%u/jwks.json", host, ntohs(at.sin_port));
	CHECK(pthread_create(&s->thread, NULL, serve, s) == 0);
}

static void server_stop(struct server *s)
{
	(void)shutdown(s->listener, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	(void)close(s->listener);
	pthread_mutex_destroy(&s->lock);
}

static enum ostiary_result verify_once(struct slice token, struct ostiary_jwks_remote *remote)
{
	struct ostiary_claims *c = NULL;
	enum ostiary_result result = ostiary_verify_remote((const char *)token.p, token.n, remote, &policy, NOW, &c);
	ostiary_claims_free(c);
	return result;
}

static void remote_fetches_by_localhost_name(void)
{
	struct server s;
	struct jwk *key = new_key();
	struct arena a;
	char text[1024];
	struct ostiary_jwks_remote *remote = NULL;
	arena_init(&a, 65536);
	jwks_text(key, text, sizeof text);
	server_start(&s, "id.localhost");
	server_say(&s, "200 OK", "", text);
	struct ostiary_jwks_remote_options o = {sizeof o, .url = s.url, .allow_http_local = true};
	CHECK(ostiary_jwks_remote_open(&o, &remote) == OSTIARY_OK);
	struct slice token = token_of(key, &a);
	CHECK(verify_once(token, remote) == OSTIARY_OK);
	for (int i = 0; i < 20; i++)
		CHECK(verify_once(token, remote) == OSTIARY_OK);
	CHECK(atomic_load(&s.requests) == 1);
	ostiary_jwks_remote_free(remote);
	server_stop(&s);
	jwk_unref(key);
	arena_reset(&a);
}

/* After a rotation the new key comes at the first token, and an outage keeps the last good keys. */
static void remote_follows_rotation_and_survives_an_outage(void)
{
	struct server s;
	struct jwk *old = new_key(), *new = new_key();
	struct arena a;
	char text[1024];
	struct ostiary_jwks_remote *remote = NULL;
	arena_init(&a, 65536);
	server_start(&s, "127.0.0.1");
	jwks_text(old, text, sizeof text);
	server_say(&s, "200 OK", "Cache-Control: public, max-age=600\r\n", text);
	struct ostiary_jwks_remote_options o = {sizeof o, .url = s.url, .allow_http_local = true, .cooldown = 1};
	CHECK(ostiary_jwks_remote_open(&o, &remote) == OSTIARY_OK);
	CHECK(verify_once(token_of(old, &a), remote) == OSTIARY_OK);
	jwks_text(new, text, sizeof text);
	server_say(&s, "200 OK", "", text);
	struct slice token = token_of(new, &a);
	int64_t give_up = time(NULL) + 10;
	while (verify_once(token, remote) != OSTIARY_OK && time(NULL) < give_up)
		(void)usleep(20000);
	CHECK(verify_once(token, remote) == OSTIARY_OK);
	server_say(&s, "503 Service Unavailable", "", text);
	uint64_t good = 0, failed = 0;
	give_up = time(NULL) + 10;
	while (failed == 0 && time(NULL) < give_up) {
		CHECK(verify_once(token_of(old, &a), remote) == OSTIARY_KID);
		ostiary_jwks_remote_counts(remote, &good, &failed);
		(void)usleep(20000);
		arena_reset(&a);
		token = token_of(new, &a);
	}
	CHECK(good == 2 && failed >= 1);
	CHECK(verify_once(token, remote) == OSTIARY_OK);
	ostiary_jwks_remote_free(remote);
	server_stop(&s);
	jwk_unref(old);
	jwk_unref(new);
	arena_reset(&a);
}

static void remote_unknown_kid_flood_fetches_once(void)
{
	struct server s;
	struct jwk *key = new_key(), *stranger = new_key();
	struct arena a;
	char text[1024];
	struct ostiary_jwks_remote *remote = NULL;
	arena_init(&a, 65536);
	jwks_text(key, text, sizeof text);
	server_start(&s, "localhost");
	server_say(&s, "200 OK", "", text);
	struct ostiary_jwks_remote_options o = {sizeof o, .url = s.url, .allow_http_local = true, .cooldown = 600};
	CHECK(ostiary_jwks_remote_open(&o, &remote) == OSTIARY_OK);
	struct slice token = token_of(stranger, &a);
	for (int i = 0; i < 50; i++)
		CHECK(verify_once(token, remote) == OSTIARY_KID);
	CHECK(atomic_load(&s.requests) == 1);
	ostiary_jwks_remote_free(remote);
	server_stop(&s);
	jwk_unref(key);
	jwk_unref(stranger);
	arena_reset(&a);
}

static int never(void *self, const char *iss, const char *jti, int64_t until)
{
	(void)iss;
	(void)jti;
	(void)until;
	++*(int *)self;
	return -1;
}

/* A store of used tokens that cannot be reached is asked once, and the issuer not at all. */
static void remote_asks_the_replay_store_once(void)
{
	struct server s;
	struct jwk *key = new_key();
	struct arena a;
	char text[1024];
	int asked = 0;
	struct ostiary_jwks_remote *remote = NULL;
	struct ostiary_claims *c = NULL;
	const struct ostiary_replay replay = {sizeof replay, .mark = never, .self = &asked};
	struct ostiary_policy p = policy;
	p.replay = &replay;
	p.max_lifetime = 600;
	arena_init(&a, 65536);
	jwks_text(key, text, sizeof text);
	server_start(&s, "localhost");
	server_say(&s, "200 OK", "", text);
	struct ostiary_jwks_remote_options o = {sizeof o, .url = s.url, .allow_http_local = true, .cooldown = 1};
	CHECK(ostiary_jwks_remote_open(&o, &remote) == OSTIARY_OK);
	struct slice token = token_of(key, &a);
	CHECK(verify_once(token, remote) == OSTIARY_OK);
	(void)sleep(2);
	CHECK(ostiary_verify_remote((const char *)token.p, token.n, remote, &p, NOW, &c) == OSTIARY_UNAVAILABLE && c == NULL);
	CHECK(asked == 1 && atomic_load(&s.requests) == 1);
	ostiary_jwks_remote_free(remote);
	server_stop(&s);
	jwk_unref(key);
	arena_reset(&a);
}

static void remote_without_keys_is_unavailable(void)
{
	static const struct {
		const char *name, *status, *headers, *body;
	} rows[] = {
		{"not found", "404 Not Found", "", "{\"keys\":[]}"},
		{"redirect", "302 Found", "Location: http://127.0.0.1:1/\r\n", ""},
		{"no JSON", "200 OK", "", "<html>"},
		{"no key in it", "200 OK", "", "{\"keys\":[]}"},
	};
	struct jwk *key = new_key();
	struct arena a;
	arena_init(&a, 65536);
	T_ROWS(row, rows, name) {
		struct server s;
		struct ostiary_jwks_remote *remote = NULL;
		server_start(&s, "127.0.0.1");
		server_say(&s, row->status, row->headers, row->body);
		struct ostiary_jwks_remote_options o = {sizeof o, .url = s.url, .allow_http_local = true};
		CHECK(ostiary_jwks_remote_open(&o, &remote) == OSTIARY_OK);
		CHECK(verify_once(token_of(key, &a), remote) == OSTIARY_UNAVAILABLE);
		ostiary_jwks_remote_free(remote);
		server_stop(&s);
	}
	jwk_unref(key);
	arena_reset(&a);
}

static void remote_refuses_addresses(void)
{
	static const struct {
		const char *url;
		bool allow;
	} rows[] = {
		{NULL, true},
		{"", true},
		{"http://127.0.0.1/", false},
		{"http://id.localhost/", false},
		{"http://example.com/", true},
		{"http://127.0.0.1.example.com/", true},
		{"http://localhost.example.com/", true},
		{"http://xlocalhost/", true},
		{"http://169.254.169.254/", true},
		{"http://128.0.0.1/", true},
		{"https://user@example.com/", true},
		{"https://user:pw@example.com/", true},
		{"file:///etc/passwd", true},
		{"ftp://127.0.0.1/", true},
		{"gopher://127.0.0.1/", true},
		{"//example.com/", true},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ostiary_jwks_remote *remote = NULL;
		struct ostiary_jwks_remote_options o = {sizeof o, .url = rows[i].url, .allow_http_local = rows[i].allow};
		t_set_row(rows[i].url == NULL ? "none" : rows[i].url);
		CHECK(ostiary_jwks_remote_open(&o, &remote) == OSTIARY_ARGUMENT);
		CHECK(remote == NULL);
		ostiary_jwks_remote_free(remote);
	}
}

T_MAIN(T(verify_gives_the_claims), T(only_a_proof_may_lack_what_proofs_lack), T(policy_lists_have_a_maximum), T(jwks_refuses_what_is_no_key_set),
       T(results_have_names_and_texts), T(remote_fetches_by_localhost_name), T(remote_follows_rotation_and_survives_an_outage),
       T(remote_unknown_kid_flood_fetches_once), T(remote_asks_the_replay_store_once), T(remote_without_keys_is_unavailable), T(remote_refuses_addresses))
