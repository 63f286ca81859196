/* SPDX-License-Identifier: Apache-2.0 */
/* The hot path: what is remembered between verifications decides nothing that the strict path would decide otherwise, and
 * a verification under a prepared key takes no memory from the system. */
#include <pthread.h>

#include "crypto/tables.h"
#include "jose/jwk/header_cache.h"
#include "jose/jwt/jwt.h"
#include "t.h"

enum { NOW = 1700000000 };

/* Every allocation of our own code passes here; those inside OpenSSL and libc do not. */
static _Atomic unsigned long allocations;
void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t n);

void *__wrap_malloc(size_t n)
{
	allocations++;
	return __real_malloc(n);
}

void *__wrap_calloc(size_t count, size_t size)
{
	allocations++;
	return __real_calloc(count, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	allocations++;
	return __real_realloc(p, n);
}

static const struct slice audiences[] = {SLICE_INIT("https://api.example")};
static const struct slice types[] = {SLICE_INIT("at+jwt")};
static const char claims_text[] = "{\"iss\":\"https://op.example\",\"sub\":\"alice\",\"aud\":\"https://api.example\","
				  "\"exp\":1700000600,\"iat\":1700000000,\"nbf\":1700000000,\"jti\":\"x1\"}";

static const struct jwt_policy policy = {
	.algs = JOSE_ALG_BIT(JOSE_ALG_COUNT) - 1, .issuer = SLICE_INIT("https://op.example"),
	.audiences = audiences, .audience_count = 1, .types = types, .type_count = 1, .sub_required = true,
};

struct fixture {
	struct jwk *key;
	struct jwks *set;
	struct arena arena;
};

static bool setup(struct fixture *f, enum jose_alg alg)
{
	uint8_t memory[8192];
	struct buf b;
	bool oct = jose_alg_row(alg)->symmetric;
	f->key = NULL;
	f->set = NULL;
	arena_init(&f->arena, 1 << 20);
	if (jwk_generate(alg, 2048, &f->key) != RC_OK)
		return false;
	buf_over(&b, memory, sizeof memory);
	buf_put(&b, SLICE("{\"keys\":["));
	struct json_out out = json_out_to(&b);
	CHECK_OK(jwk_write(f->key, oct, &out));
	buf_put(&b, SLICE("]}"));
	CHECK_OK(jwks_read(buf_slice(&b), oct ? JWK_SYMMETRIC : JWK_PUBLIC, &f->set, NULL));
	return f->set != NULL;
}

static void teardown(struct fixture *f)
{
	jwk_unref(f->key);
	jwks_unref(f->set);
	arena_reset(&f->arena);
}

static struct slice token_of(struct fixture *f, enum jose_alg alg, const char *typ)
{
	struct jwt_signer signer = jwt_signer_of(f->key);
	struct slice token = SLICE_NONE;
	CHECK_OK(jwt_sign(&signer, alg, jwk_kid(f->key), slice_cstr(typ), slice_cstr(claims_text), &f->arena, &token));
	return token;
}

static enum rc verify(struct fixture *f, struct slice token, const struct jwt_policy *p)
{
	struct jwt_claims claims;
	return jwt_verify(token, f->set, p, NOW, &f->arena, &claims);
}

static size_t remembered(const struct fixture *f)
{
	size_t n = 0;
	while (n < HEADER_CACHES_MAX && atomic_load(&jwks_header_cache_of(f->set)->v[n]) != NULL)
		n++;
	return n;
}

static void header_is_remembered_only_under_a_good_signature(void)
{
	struct fixture f;
	CHECK(setup(&f, JOSE_ES256));
	struct slice token = token_of(&f, JOSE_ES256, "at+jwt");
	uint8_t *last = (uint8_t *)(uintptr_t)token.p + token.n - 20, was = *last;
	*last = was == 'A' ? 'B' : 'A';
	CHECK_RC(verify(&f, token, &policy), RC_JOSE_SIGNATURE);
	CHECK(remembered(&f) == 0);
	*last = was;
	CHECK_OK(verify(&f, token, &policy));
	CHECK(remembered(&f) == 1);
	CHECK_OK(verify(&f, token, &policy));
	CHECK(remembered(&f) == 1);
	*last = was == 'A' ? 'B' : 'A';
	CHECK_RC(verify(&f, token, &policy), RC_JOSE_SIGNATURE);
	teardown(&f);
}

static void header_remembered_still_meets_the_policy(void)
{
	struct fixture f;
	struct jwt_policy p = policy;
	CHECK(setup(&f, JOSE_ES256));
	struct slice token = token_of(&f, JOSE_ES256, "at+jwt");
	CHECK_OK(verify(&f, token, &policy));
	p.algs &= ~JOSE_ALG_BIT(JOSE_ES256);
	CHECK_RC(verify(&f, token, &p), RC_JOSE_ALG);
	p = policy;
	p.type_count = 0;
	CHECK_RC(verify(&f, token, &p), RC_JOSE_TYP);
	teardown(&f);
}

/* Its last characters changed: another header, which is read and refused. */
static void header_of_other_bytes_is_read(void)
{
	struct fixture f;
	struct jwt_parts parts;
	CHECK(setup(&f, JOSE_ES256));
	struct slice token = token_of(&f, JOSE_ES256, "at+jwt");
	CHECK_OK(verify(&f, token, &policy));
	CHECK_OK(jwt_split(token, &parts));
	for (size_t i = 0; i < parts.header64.n; i++) {
		uint8_t *at = (uint8_t *)(uintptr_t)token.p + i, was = *at;
		*at = was == 'A' ? 'B' : 'A';
		CHECK(verify(&f, token, &policy) != RC_OK);
		*at = was;
	}
	struct slice shorter[2] = {slice_from(parts.header64, 4), slice_from(token, parts.header64.n)}, other;
	CHECK_OK(arena_join(&f.arena, shorter, 2, &other));
	CHECK_RC(verify(&f, other, &policy), RC_JOSE_HEADER);
	teardown(&f);
}

static void header_memory_has_a_bound(void)
{
	struct fixture f;
	static char typ[1024];
	struct jwt_policy p = policy;
	static struct slice many[HEADER_CACHES_MAX + 3];
	static char names[HEADER_CACHES_MAX + 3][8];
	p.types = many;
	p.type_count = ARRAY_LEN(many);
	CHECK(setup(&f, JOSE_HS256));
	for (size_t i = 0; i < ARRAY_LEN(many); i++) {
		(void)snprintf(names[i], sizeof names[i], "t%zu+jwt", i);
		many[i] = slice_cstr(names[i]);
	}
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < ARRAY_LEN(many); i++)
			CHECK_OK(verify(&f, token_of(&f, JOSE_HS256, names[i]), &p));
	CHECK(remembered(&f) == HEADER_CACHES_MAX);
	teardown(&f);
	CHECK(setup(&f, JOSE_HS256));
	memset(typ, 'x', 500);
	many[0] = slice_cstr(typ);
	CHECK_OK(verify(&f, token_of(&f, JOSE_HS256, typ), &p));
	CHECK(remembered(&f) == 0);
	teardown(&f);
}

/* The claims are the caller's, whatever becomes of the keys. */
static void header_texts_outlive_the_key_set(void)
{
	struct fixture f;
	struct jwt_claims claims;
	CHECK(setup(&f, JOSE_HS256));
	struct slice token = token_of(&f, JOSE_HS256, "at+jwt");
	CHECK_OK(verify(&f, token, &policy));
	CHECK_OK(jwt_verify(token, f.set, &policy, NOW, &f.arena, &claims));
	jwks_unref(f.set);
	f.set = NULL;
	CHECK_SLICE(claims.header.kid, jwk_kid(f.key));
	CHECK_SLICE(claims.header.typ, SLICE("at+jwt"));
	CHECK(claims.header.alg == JOSE_HS256);
	teardown(&f);
}

/* The table is made by one verification, on purpose, and kept. */
static void verification_takes_no_memory(void)
{
	for (enum jose_alg alg = 0; alg < JOSE_ALG_COUNT; alg++) {
		struct fixture f;
		struct jwt_claims claims;
		struct arena a;
		t_set_row((const char *)jose_alg_row(alg)->name.p);
		if (!setup(&f, alg)) {
			teardown(&f);
			continue;
		}
		arena_init(&a, 65536);
		struct slice token = token_of(&f, alg, "at+jwt");
		for (int i = 1; i <= 2 * CRYPTO_TABLE_USES; i++) {
			unsigned long before = allocations;
			CHECK_OK(jwt_verify(token, f.set, &policy, NOW, &a, &claims));
			arena_clear(&a);
			if (i != 1 && i != CRYPTO_TABLE_USES)
				CHECK(allocations == before);
		}
		arena_reset(&a);
		teardown(&f);
	}
}

/* Keys' tables come and go with use, up to the maximum, and only for P-256. */
static void tables_are_bounded_and_die_with_their_keys(void)
{
	struct fixture f[4];
	static const enum jose_alg algs[4] = {JOSE_ES256, JOSE_ES256, JOSE_ES256, JOSE_ES384};
	CHECK(crypto_tables_count() == 0);
	crypto_tables_max(2);
	for (size_t i = 0; i < ARRAY_LEN(f); i++) {
		CHECK(setup(&f[i], algs[i]));
		struct slice token = token_of(&f[i], algs[i], "at+jwt");
		for (int uses = 1; uses <= CRYPTO_TABLE_USES; uses++) {
			CHECK(crypto_tables_count() == (i < 2 ? i : 2));
			CHECK_OK(verify(&f[i], token, &policy));
		}
		CHECK(crypto_tables_count() == (i < 2 ? i + 1 : 2));
	}
	crypto_tables_max(CRYPTO_TABLES_DEFAULT);
	for (size_t i = 0; i < ARRAY_LEN(f); i++)
		teardown(&f[i]);
	CHECK(crypto_tables_count() == 0);
}

static void tables_can_be_turned_off(void)
{
	struct fixture f;
	CHECK(setup(&f, JOSE_ES256));
	struct slice token = token_of(&f, JOSE_ES256, "at+jwt");
	crypto_tables_max(0);
	for (int i = 0; i < 2 * CRYPTO_TABLE_USES; i++)
		CHECK_OK(verify(&f, token, &policy));
	CHECK(crypto_tables_count() == 0);
	crypto_tables_max(CRYPTO_TABLES_DEFAULT);
	for (int i = 0; i < CRYPTO_TABLE_USES; i++)
		CHECK_OK(verify(&f, token, &policy));
	CHECK(crypto_tables_count() == 1);
	crypto_tables_max(0);
	CHECK_OK(verify(&f, token, &policy));
	crypto_tables_max(CRYPTO_TABLES_DEFAULT);
	teardown(&f);
}

/* P-256's order n (SP 800-186 3.2.1.3). */
static const uint8_t order[32] = {0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
				  0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51};

/* n - v for the big-endian number v. */
static void negate(uint8_t v[static 32])
{
	int borrow = 0;
	for (int i = 31; i >= 0; i--) {
		int d = order[i] - v[i] - borrow;
		borrow = d < 0;
		v[i] = (uint8_t)d;
	}
}

/* Each signature twice, by OpenSSL and by the table: the same answer. */
static void table_gives_the_answers_of_the_slow_path(void)
{
	struct fixture f;
	uint8_t good[JWK_SIGNATURE_MAX], bad[64];
	size_t n;
	CHECK(setup(&f, JOSE_ES256));
	struct jwk *key = jwks_at(f.set, 0);
	struct crypto_slow {
		const char *name;
		enum rc rc;
	} rows[] = {{"good", RC_OK}, {"negated s", RC_OK}, {"r zero", RC_JOSE_SIGNATURE}, {"s zero", RC_JOSE_SIGNATURE},
		    {"r the order", RC_JOSE_SIGNATURE}, {"s the order", RC_JOSE_SIGNATURE}, {"both zero", RC_JOSE_SIGNATURE},
		    {"r one", RC_JOSE_SIGNATURE}, {"all ones", RC_JOSE_SIGNATURE}, {"halves swapped", RC_JOSE_SIGNATURE}};
	CHECK_OK(jwk_sign(f.key, JOSE_ES256, SLICE("input"), good, sizeof good, &n));
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			t_set_row(rows[i].name);
			memcpy(bad, good, 64);
			if (i == 1)
				negate(bad + 32);
			if (i == 2 || i == 6 || i == 7)
				memset(bad, 0, 32);
			if (i == 3 || i == 6)
				memset(bad + 32, 0, 32);
			if (i == 4 || i == 5)
				memcpy(bad + (i == 4 ? 0 : 32), order, 32);
			if (i == 7)
				bad[31] = 1;
			if (i == 8)
				memset(bad, 0xFF, 64);
			if (i == 9) {
				memcpy(bad, good + 32, 32);
				memcpy(bad + 32, good, 32);
			}
			CHECK_RC(jwk_verify(key, JOSE_ES256, SLICE("input"), slice_of(bad, 64)), rows[i].rc);
		}
		CHECK_RC(jwk_verify(key, JOSE_ES256, SLICE("other"), slice_of(good, 64)), RC_JOSE_SIGNATURE);
		for (int i = 0; i < CRYPTO_TABLE_USES; i++)
			CHECK_OK(jwk_verify(key, JOSE_ES256, SLICE("input"), slice_of(good, 64)));
		CHECK(crypto_tables_count() == 1);
	}
	for (int i = 0; i < 200; i++) {
		CHECK_OK(jwk_sign(f.key, JOSE_ES256, slice_of(good, (size_t)i % 64), bad, sizeof bad, &n));
		CHECK_OK(jwk_verify(key, JOSE_ES256, slice_of(good, (size_t)i % 64), slice_of(bad, 64)));
		bad[i % 64] ^= (uint8_t)(1 << i % 8);
		CHECK_RC(jwk_verify(key, JOSE_ES256, slice_of(good, (size_t)i % 64), slice_of(bad, 64)), RC_JOSE_SIGNATURE);
	}
	teardown(&f);
}

/* A key made so that a signature of "small s" has s = 1: s + n fits 32 bytes too, is the same number to the arithmetic, and would
 * be a second text for one signature. The key's private half is (1 - SHA-256("small s")) / r, r the x of the generator. */
static void s_beyond_the_order_is_refused(void)
{
	struct jwk *key;
	uint8_t r_one[64] = {0x6B, 0x17, 0xD1, 0xF2, 0xE1, 0x2C, 0x42, 0x47, 0xF8, 0xBC, 0xE6, 0xE5, 0x63, 0xA4, 0x40, 0xF2,
			     0x77, 0x03, 0x7D, 0x81, 0x2D, 0xEB, 0x33, 0xA0, 0xF4, 0xA1, 0x39, 0x45, 0xD8, 0x98, 0xC2, 0x96};
	uint8_t beyond[64];
	CHECK_OK(jwk_read(SLICE("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"RUPl6xIKhiJh-r7OUmzMryVGzZvjuAivlp-4Mh0CRac\","
				"\"y\":\"y0vLcyoYSPZac1pLbBpcKz8Irby-F-gL5GBveRNFOwk\"}"), JWK_PUBLIC, &key));
	r_one[63] = 1;
	memcpy(beyond, r_one, 32);
	memcpy(beyond + 32, order, 32);
	beyond[63]++;
	for (int i = 0; i <= CRYPTO_TABLE_USES; i++) {
		CHECK_OK(jwk_verify(key, JOSE_ES256, SLICE("small s"), slice_of(r_one, 64)));
		CHECK_RC(jwk_verify(key, JOSE_ES256, SLICE("small s"), slice_of(beyond, 64)), RC_JOSE_SIGNATURE);
	}
	CHECK(crypto_tables_count() == 1);
	jwk_unref(key);
}

struct thread {
	pthread_t id;
	struct jwks *set;
	struct slice token;
	unsigned refused;
};

static void *verify_often(void *self)
{
	struct thread *t = self;
	struct arena a;
	struct jwt_claims claims;
	arena_init(&a, 65536);
	for (int i = 0; i < 2 * CRYPTO_TABLE_USES; i++) {
		t->refused += jwt_verify(t->token, t->set, &policy, NOW, &a, &claims) != RC_OK;
		arena_clear(&a);
	}
	arena_reset(&a);
	return NULL;
}

/* From cold: contexts, memory of headers and the table are made while the others verify. */
static void threads_share_a_key_set(void)
{
	static const enum jose_alg algs[] = {JOSE_HS256, JOSE_RS256, JOSE_ES256, JOSE_ED25519};
	for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
		struct fixture f;
		struct thread threads[4];
		t_set_row((const char *)jose_alg_row(algs[i])->name.p);
		CHECK(setup(&f, algs[i]));
		struct slice token = token_of(&f, algs[i], "at+jwt");
		for (size_t k = 0; k < ARRAY_LEN(threads); k++) {
			threads[k] = (struct thread){.set = f.set, .token = token};
			CHECK(pthread_create(&threads[k].id, NULL, verify_often, &threads[k]) == 0);
		}
		for (size_t k = 0; k < ARRAY_LEN(threads); k++) {
			CHECK(pthread_join(threads[k].id, NULL) == 0);
			CHECK(threads[k].refused == 0);
		}
		CHECK(remembered(&f) >= 1);
		CHECK(crypto_tables_count() == (algs[i] == JOSE_ES256));
		teardown(&f);
	}
}

T_MAIN(T(header_is_remembered_only_under_a_good_signature), T(header_remembered_still_meets_the_policy),
       T(header_of_other_bytes_is_read), T(header_memory_has_a_bound), T(header_texts_outlive_the_key_set),
       T(verification_takes_no_memory), T(tables_are_bounded_and_die_with_their_keys), T(tables_can_be_turned_off),
       T(table_gives_the_answers_of_the_slow_path), T(s_beyond_the_order_is_refused), T(threads_share_a_key_set))
