/* SPDX-License-Identifier: Apache-2.0 */
/* usage: bench_jose DIR. Verify, sign and import, ours beside raw OpenSSL, a slice at a time (slices.h). What it verifies,
 * and the keys, go to DIR for the peers: ALG.token, ALG.jwk, ALG.private.jwk, ALG.pem. */
#include <pthread.h>

#include "crypto/tables.h"
#include "jose/jwt/jwt.h"
#include "raw_jose.h"
#include "slices.h"

enum { NOW = 1764115200, TEXT_MAX = 8192 };

/* 323 bytes, ten claims. */
static const char claims_text[] =
	"{\"iss\":\"https://id.example.com\",\"sub\":\"8f14e45f-ceea-467f-a9d4-3c1b2b9c1c77\",\"aud\":\"https://api.example.com\","
	"\"exp\":4102444800,\"iat\":1764115200,\"nbf\":1764115200,\"jti\":\"Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9\",\"client_id\":\"shop-frontend\","
	"\"scope\":\"openid profile email orders:read orders:write\",\"roles\":[\"customer\",\"admin\",\"ops\"]}";
_Static_assert(sizeof claims_text - 1 == 323, "the payload is what it is said to be");

static const struct slice audiences[] = {SLICE_INIT("https://api.example.com")};
static const struct slice types[] = {SLICE_INIT("at+jwt")};

struct bench {
	enum jose_alg alg;
	struct raw raw;
	struct jwk *key;
	struct jwks *set;
	struct jwt_policy policy;
	struct arena arena;
	uint8_t token_text[TEXT_MAX], set_text[TEXT_MAX];
	struct slice token, set_json;
};

static bool ours_verify(void *self)
{
	struct bench *b = self;
	struct jwt_claims claims;
	bool good = jwt_verify(b->token, b->set, &b->policy, NOW, &b->arena, &claims) == RC_OK;
	arena_clear(&b->arena);
	return good;
}

static bool ours_verify_without_table(void *self)
{
	crypto_tables_max(0);
	bool good = ours_verify(self);
	crypto_tables_max(CRYPTO_TABLES_DEFAULT);
	return good;
}

static bool ours_sign(void *self)
{
	struct bench *b = self;
	uint8_t signature[JWK_SIGNATURE_MAX] UNINITIALIZED;
	size_t n;
	return jwk_sign(b->key, b->alg, b->raw.input, signature, sizeof signature, &n) == RC_OK;
}

static bool ours_import(void *self)
{
	struct bench *b = self;
	struct jwks *set;
	bool good = jwks_read(b->set_json, JWK_PUBLIC, &set, NULL) == RC_OK && jwks_count(set) == 1;
	if (good)
		jwks_unref(set);
	return good;
}

static bool write_file(const char *dir, const char *alg, const char *type, struct slice text)
{
	char path[512];
	(void)snprintf(path, sizeof path, "%s/%s.%s", dir, alg, type);
	FILE *f = fopen(path, "wb");
	bool good = f != NULL && fwrite(text.p, 1, text.n, f) == text.n;
	return f != NULL && fclose(f) == 0 && good;
}

static bool write_pem(const struct raw *r, const char *dir, const char *alg)
{
	char path[512];
	(void)snprintf(path, sizeof path, "%s/%s.pem", dir, alg);
	FILE *f = fopen(path, "wb");
	bool good = f != NULL && raw_pem(r, f);
	return f != NULL && fclose(f) == 0 && good;
}

static bool sign_as(struct bench *b, enum jose_alg alg, const char *typ, struct slice *ret_token)
{
	struct jwt_signer signer = jwt_signer_of(b->key);
	return jwt_sign(&signer, alg, jwk_kid(b->key), slice_cstr(typ), slice_cstr(claims_text), &b->arena, ret_token) == RC_OK;
}

/* libjwt refuses any other `typ` than JWT, fast-jwt any other name than EdDSA. */
static bool make_tokens(struct bench *b, const char *dir, const char *alg)
{
	struct slice token, plain, eddsa = SLICE_NONE;
	struct jwt_parts parts;
	if (!sign_as(b, b->alg, "at+jwt", &token) || !sign_as(b, b->alg, "JWT", &plain) || token.n > TEXT_MAX)
		return false;
	if (b->alg == JOSE_ED25519 && !sign_as(b, JOSE_EDDSA, "at+jwt", &eddsa))
		return false;
	memcpy(b->token_text, token.p, token.n);
	b->token = slice_of(b->token_text, token.n);
	return jwt_split(b->token, &parts) == RC_OK && raw_input(&b->raw, parts.signing_input) &&
	       write_file(dir, alg, "token", token) && write_file(dir, alg, "eddsa.token", eddsa) && write_file(dir, alg, "plain.token", plain);
}

static bool make_keys(struct bench *b, const char *dir, const char *alg)
{
	uint8_t memory[TEXT_MAX];
	struct buf own, set;
	bool oct = jose_alg_row(b->alg)->symmetric;
	buf_over(&own, memory, sizeof memory);
	buf_over(&set, b->set_text, sizeof b->set_text);
	if (!raw_jwk(&b->raw, true, &own) || jwk_read(buf_slice(&own), oct ? JWK_SYMMETRIC : JWK_PRIVATE, &b->key) != RC_OK)
		return false;
	buf_put(&set, SLICE("{\"keys\":["));
	if (!raw_jwk(&b->raw, false, &set))
		return false;
	buf_put(&set, SLICE("]}"));
	b->set_json = buf_slice(&set);
	struct slice public = slice_of(b->set_json.p + 9, b->set_json.n - 11);
	return jwks_read(b->set_json, oct ? JWK_SYMMETRIC : JWK_PUBLIC, &b->set, NULL) == RC_OK && jwks_count(b->set) == 1 &&
	       write_file(dir, alg, "jwk", public) && write_file(dir, alg, "private.jwk", buf_slice(&own)) &&
	       write_file(dir, alg, "secret", slice_of(b->raw.secret, oct ? crypto_hash_len(jose_alg_row(b->alg)->hash) : 0)) &&
	       write_pem(&b->raw, dir, alg);
}

static bool setup(struct bench *b, enum jose_alg alg, const char *dir)
{
	const char *name = (const char *)jose_alg_row(alg)->name.p;
	b->alg = alg;
	b->policy = (struct jwt_policy){
		.algs = JOSE_ALG_BIT(alg), .issuer = SLICE("https://id.example.com"), .audiences = audiences,
		.audience_count = 1, .types = types, .type_count = 1,
	};
	arena_init(&b->arena, 1 << 20);
	return raw_new(&b->raw, alg) && make_keys(b, dir, name) && make_tokens(b, dir, name);
}

static void add(struct bench *b)
{
	const char *name = (const char *)jose_alg_row(b->alg)->name.p;
	slice_add("verify", name, ours_verify, b);
	if (b->alg == JOSE_ES256)
		slice_add("verify_without_table", name, ours_verify_without_table, b);
	slice_add("raw.verify", name, raw_verify, &b->raw);
	if (b->alg == JOSE_ED25519) {
		slice_add("verify_by_libsodium", name, ours_verify, b);
		slice_add("raw.verify_by_libsodium", name, raw_verify_libsodium, &b->raw);
	}
	slice_add("sign", name, ours_sign, b);
	slice_add("raw.sign", name, raw_sign, &b->raw);
	if (!jose_alg_row(b->alg)->symmetric) {
		slice_add("import", name, ours_import, b);
		slice_add("raw.import", name, raw_import, &b->raw);
	}
}

/* Two threads on one key set, each with a share of the work; their CPU time counts, not the clock's. */
struct share {
	struct bench *b;
	struct arena arena;
	uint64_t left;
	int64_t ns;
	bool good;
};

static void *share_run(void *self)
{
	struct share *s = self;
	struct jwt_claims claims;
	int64_t start = slice_cpu_ns();
	s->good = true;
	for (uint64_t i = 0; i < s->left; i++) {
		s->good = s->good && jwt_verify(s->b->token, s->b->set, &s->b->policy, NOW, &s->arena, &claims) == RC_OK;
		arena_clear(&s->arena);
	}
	s->ns = slice_cpu_ns() - start;
	return NULL;
}

/* Answers like slice_run, with the work of `threads` threads and the mean of their CPU time. */
static bool threads_run(struct bench *b, unsigned threads, uint64_t each)
{
	struct share shares[2];
	pthread_t id[2];
	int64_t ns = 0;
	for (unsigned i = 0; i < threads; i++) {
		shares[i] = (struct share){.b = b, .left = each};
		arena_init(&shares[i].arena, 1 << 20);
		if (pthread_create(&id[i], NULL, share_run, &shares[i]) != 0)
			return false;
	}
	for (unsigned i = 0; i < threads; i++) {
		if (pthread_join(id[i], NULL) != 0 || !shares[i].good)
			return false;
		ns += shares[i].ns;
		arena_reset(&shares[i].arena);
	}
	printf("%llu %lld\n", (unsigned long long)(each * threads), (long long)(ns / threads));
	return fflush(stdout) == 0;
}

/* bench_jose DIR threads: one thread and two in turn, for each of three algorithms. */
static int threads_main(struct bench *all)
{
	static const struct {
		enum jose_alg alg;
		uint64_t each;
	} rows[] = {{JOSE_HS256, 60000}, {JOSE_RS256, 2500}, {JOSE_ES256, 1500}, {JOSE_ED25519, 1000}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (int round = 0; round < 15; round++)
			if (!threads_run(&all[rows[i].alg], 1, rows[i].each) || !threads_run(&all[rows[i].alg], 2, rows[i].each))
				return 1;
	return 0;
}

int main(int argc, char **argv)
{
	static struct bench all[JOSE_ALG_COUNT];
	if (argc < 2)
		return 2;
	for (enum jose_alg alg = 0; alg < JOSE_ALG_COUNT; alg++) {
		if (jose_alg_row(alg)->kty == JOSE_KTY_AKP || alg == JOSE_EDDSA)
			continue;
		if (!setup(&all[alg], alg, argv[1])) {
			(void)fprintf(stderr, "%s cannot be set up\n", (const char *)jose_alg_row(alg)->name.p);
			return 1;
		}
		if (argc == 2)
			add(&all[alg]);
	}
	return argc == 2 ? slice_serve() : threads_main(all);
}
