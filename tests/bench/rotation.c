/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway's decision where many tokens come in turn: rotation TOKENS. Each token is verified once, then all come
 * again, in order, and then as Zipf's law has them (the k-th most frequent 1/k as often as the first). The caches are
 * those of a default ostiary_zone and of one nginx worker. Prints one JSON object. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "gateway/gateway_credential.h"

enum { NOW = 1800000000, ZONE = 8 * 1024 * 1024 / 32 * 31, ROUNDS = 3, TOKENS_MAX = 1000000 };

struct bench {
	struct slice *tokens;
	size_t n;
	struct gateway_policy policy;
	struct gateway_view view;
	struct arena a; /* of one decision */
};

struct seen {
	double ns;
	size_t cached;
};

static int64_t cpu_ns(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void die(const char *what)
{
	(void)fprintf(stderr, "rotation: %s\n", what);
	exit(1);
}

static bool decide(struct bench *b, struct slice token)
{
	static char value[4096] = "Bearer ";
	struct gateway_outcome out;
	memcpy(value + 7, token.p, token.n);
	const struct gateway_header h = {SLICE("Authorization"), slice_of(value, 7 + token.n)};
	const struct gateway_request r = {
		.method = SLICE("GET"), .target = SLICE("/orders"), .host = SLICE("api"), .headers = &h, .header_count = 1};
	gateway_decide(&b->policy, &r, &b->view, &b->a, &out);
	bool cached = out.cached;
	if (out.verdict != GATEWAY_ALLOW)
		die("a token was refused");
	arena_clear(&b->a);
	return cached;
}

static struct seen in_order(struct bench *b, size_t count)
{
	struct seen s = {0};
	int64_t began = cpu_ns();
	for (size_t i = 0; i < count; i++)
		s.cached += decide(b, b->tokens[i % b->n]);
	s.ns = (double)(cpu_ns() - began) / (double)count;
	return s;
}

/* The rank of a draw, by the inverse of the harmonic sum (its integral is close enough). */
static struct seen by_zipf(struct bench *b, size_t count)
{
	struct seen s = {0};
	uint64_t x = 88172645463325252u;
	int64_t began = cpu_ns();
	for (size_t i = 0; i < count; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		double u = (double)(x >> 11) / 9007199254740992.0;
		size_t rank = (size_t)exp(u * log((double)b->n + 1)) - 1;
		s.cached += decide(b, b->tokens[rank < b->n ? rank : b->n - 1]);
	}
	s.ns = (double)(cpu_ns() - began) / (double)count;
	return s;
}

static struct slice token_of(struct jwk *key, size_t i, struct arena *a)
{
	struct jwt_signer signer = jwt_signer_of(key);
	struct slice claims, token = SLICE_NONE;
	if (arena_format(a, &claims,
			 "{\"iss\":\"https://id\",\"aud\":\"api\",\"sub\":\"user-%zu\",\"client_id\":\"shop\",\"iat\":%d,\"exp\":%d,"
			 "\"jti\":\"%024zu\",\"scope\":\"openid orders:read\",\"roles\":[\"customer\"],\"tenant\":\"default\"}",
			 i, NOW - 10, NOW + 600, i) != RC_OK ||
	    jwt_sign(&signer, JOSE_ES256, jwk_kid(key), SLICE("at+jwt"), claims, a, &token) != RC_OK)
		die("no token");
	return token;
}

static struct jwks *set_of(const struct jwk *key)
{
	static uint8_t memory[4096];
	struct jwks *set = NULL;
	struct buf b;
	buf_over(&b, memory, sizeof memory);
	buf_put(&b, SLICE("{\"keys\":["));
	struct json_out o = json_out_to(&b);
	if (jwk_write(key, false, &o) != RC_OK)
		die("no key");
	buf_put(&b, SLICE("]}"));
	if (jwks_read(buf_slice(&b), JWK_PUBLIC, &set, NULL) != RC_OK)
		die("no key");
	return set;
}

static void make_tokens(struct bench *b, struct jwk *key)
{
	struct arena each;
	arena_init(&each, 1024 * 1024);
	b->tokens = calloc(b->n, sizeof *b->tokens);
	if (b->tokens == NULL)
		die("no memory");
	for (size_t i = 0; i < b->n; i++) {
		struct slice t = token_of(key, i, &each);
		uint8_t *copy = malloc(t.n);
		if (copy == NULL)
			die("no memory");
		memcpy(copy, t.p, t.n);
		b->tokens[i] = slice_of(copy, t.n);
		arena_clear(&each);
	}
	arena_reset(&each);
}

static void run(struct bench *b)
{
	struct slice one = b->tokens[0];
	(void)decide(b, one);
	size_t n = b->n;
	b->n = 1;
	struct seen warm = in_order(b, 200000);
	b->n = n;
	(void)in_order(b, n);
	struct seen order = in_order(b, ROUNDS * n), zipf = by_zipf(b, ROUNDS * n);
	printf("{\"tokens\":%zu,\"warm_ns\":%.0f,\"in_order_ns\":%.0f,\"in_order_hits\":%.4f,\"zipf_ns\":%.0f,\"zipf_hits\":%.4f}\n", n,
	       warm.ns, order.ns, (double)order.cached / (double)(ROUNDS * n), zipf.ns, (double)zipf.cached / (double)(ROUNDS * n));
}

int main(int argc, char **argv)
{
	static struct bench b;
	static const struct slice audience = SLICE_INIT("api"), type = SLICE_INIT("at+jwt"), scope = SLICE_INIT("orders:read");
	static const uint8_t secret[SIPHASH_KEY] = {1, 2, 3};
	static struct gateway_issuer issuer = {
		.name = SLICE_INIT("https://id"), .ours = true,
		.map = {SLICE_INIT("roles"), SLICE_INIT("tenant"), SLICE_INIT("scope")},
		.jwt = {.algs = JOSE_ALG_BIT(JOSE_ES256), .issuer = SLICE_INIT("https://id"), .audiences = &audience, .audience_count = 1,
			.types = &type, .type_count = 1, .leeway = 30}};
	static const struct gateway_issuer *const issuers[] = {&issuer};
	const struct gateway_rule rule = {.type = GATEWAY_RULE_SCOPE, .values = &scope, .value_count = 1};
	struct signature_cache tokens;
	struct jwk *key = NULL;
	void *memory = aligned_alloc(64, ZONE);
	b.n = argc == 2 ? (size_t)strtoul(argv[1], NULL, 10) : 0;
	if (b.n < 1 || b.n > TOKENS_MAX)
		return 2;
	if (memory == NULL || jwk_generate(JOSE_ES256, 0, &key) != RC_OK)
		die("no memory");
	memset(memory, 0, ZONE);
	if (signature_cache_over(memory, ZONE, 0, &tokens) != RC_OK)
		die("no cache");
	struct gateway_key_set keys = {set_of(key), 7};
	b.policy = (struct gateway_policy){.credential = &gateway_bearer, .realm = SLICE("api"), .issuers = issuers, .issuer_count = 1,
					   .rules = &rule, .rule_count = 1};
	b.view = (struct gateway_view){
		.key_sets = &keys, .tokens = &tokens, .parsed = token_cache_new(), .cache_secret = secret, .fresh = true, .now = NOW};
	arena_init(&b.a, 1024 * 1024);
	make_tokens(&b, key);
	run(&b);
	return 0;
}
