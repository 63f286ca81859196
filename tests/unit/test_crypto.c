/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes, MACs, derivation, sealing, passwords: published values and every refusal. */
#include <argon2.h>

#include "crypto/hash.h"
#include "crypto/mac.h"
#include "crypto/password.h"
#include "crypto/start.h"
#include "t.h"
#include "unhex.h"

static void start_finds_every_algorithm(void)
{
	CHECK_OK(crypto_start());
	CHECK_OK(crypto_start());
}

/* FIPS 180-4: "abc" and the empty message. */
static void hash_gives_the_published_digests(void)
{
	static const struct {
		const char *name;
		enum crypto_hash hash;
		const char *text, *digest;
	} rows[] = {
		{"SHA-256 abc", CRYPTO_SHA256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"SHA-256 empty", CRYPTO_SHA256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"SHA-384 abc", CRYPTO_SHA384, "abc",
		 "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"},
		{"SHA-512 abc", CRYPTO_SHA512, "abc",
		 "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
		 "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
	};
	T_ROWS(row, rows, name) {
		uint8_t want[64], got[64];
		struct slice w = unhex(row->digest, want);
		crypto_hash(row->hash, slice_cstr(row->text), got);
		CHECK(w.n == crypto_hash_len(row->hash));
		CHECK_SLICE(slice_of(got, w.n), w);
	}
}

/* RFC 4231 4.3 (short key) and 4.7 (key longer than the block). */
static void hmac_gives_the_published_tags(void)
{
	uint8_t long_key[131], want[64], got[64];
	memset(long_key, 0xAA, sizeof long_key);
	CHECK_OK(crypto_hmac(CRYPTO_SHA256, secret_of("Jefe", 4), SLICE("what do ya want for nothing?"), got));
	CHECK_SLICE(slice_of(got, 32), unhex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", want));
	CHECK_OK(crypto_hmac(CRYPTO_SHA384, secret_of("Jefe", 4), SLICE("what do ya want for nothing?"), got));
	CHECK_SLICE(slice_of(got, 48), unhex("af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
					     "8e2240ca5e69e2c78b3239ecfab21649", want));
	CHECK_OK(crypto_hmac(CRYPTO_SHA512, secret_of(long_key, 131),
			     SLICE("Test Using Larger Than Block-Size Key - Hash Key First"), got));
	CHECK_SLICE(slice_of(got, 64), unhex("80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
					     "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598", want));
}

static void mac_kept_key_gives_the_same_tag_again(void)
{
	static const enum crypto_hash hashes[] = {CRYPTO_SHA256, CRYPTO_SHA384, CRYPTO_SHA512};
	uint8_t a[64], b[64];
	for (size_t i = 0; i < ARRAY_LEN(hashes); i++) {
		struct crypto_mac *mac;
		CHECK_OK(crypto_mac_new(hashes[i], secret_of("key", 3), &mac));
		CHECK(crypto_mac_tag(mac, SLICE("one"), a) == crypto_hash_len(hashes[i]));
		(void)crypto_mac_tag(mac, SLICE("two"), b);
		CHECK(memcmp(a, b, 32) != 0);
		(void)crypto_mac_tag(mac, SLICE("one"), b);
		CHECK(memcmp(a, b, crypto_hash_len(hashes[i])) == 0);
		CHECK_OK(crypto_hmac(hashes[i], secret_of("key", 3), SLICE("one"), b));
		CHECK(memcmp(a, b, crypto_hash_len(hashes[i])) == 0);
		crypto_mac_free(mac);
	}
	crypto_mac_free(NULL);
}

/* RFC 5869 A.1 and A.3. */
static void hkdf_gives_the_published_keys(void)
{
	uint8_t ikm[22], salt[16], info[16], want[64], got[42], big[8161];
	memset(ikm, 0x0b, sizeof ikm);
	CHECK_OK(crypto_hkdf(secret_of(ikm, 22), unhex("000102030405060708090a0b0c", salt), unhex("f0f1f2f3f4f5f6f7f8f9", info),
			     got, 42));
	CHECK_SLICE(slice_of(got, 42), unhex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
					     "34007208d5b887185865", want));
	CHECK_OK(crypto_hkdf(secret_of(ikm, 22), SLICE_NONE, SLICE_NONE, got, 42));
	CHECK_SLICE(slice_of(got, 42), unhex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
					     "9d201395faa4b61a96c8", want));
	CHECK_OK(crypto_hkdf(secret_of(ikm, 22), SLICE_NONE, SLICE_NONE, big, 8160));
	CHECK_RC(crypto_hkdf(secret_of(ikm, 22), SLICE_NONE, SLICE_NONE, big, 8161), RC_RANGE);
}

static void random_differs(void)
{
	uint8_t a[32], b[32];
	crypto_random(a, sizeof a);
	crypto_random(b, sizeof b);
	CHECK(memcmp(a, b, sizeof a) != 0);
}

static void random_text_is_base64url_of_so_many_bytes(void)
{
	struct arena a;
	struct slice one, other;
	arena_init(&a, 4096);
	CHECK_OK(crypto_random_text(16, &a, &one));
	CHECK_OK(crypto_random_text(16, &a, &other));
	CHECK(one.n == 22 && !slice_eq(one, other));
	CHECK_OK(crypto_random_text(CRYPTO_HASH_MAX, &a, &one));
	CHECK(one.n == 86);
	CHECK_RC(crypto_random_text(CRYPTO_HASH_MAX + 1, &a, &one), RC_RANGE);
	arena_reset(&a);
}

static void seal_opens_only_unchanged(void)
{
	uint8_t key[32] = {1}, other[32] = {2}, sealed[CRYPTO_SEAL_OVERHEAD + 5], plain[5];
	struct slice all = slice_of(sealed, sizeof sealed);
	CHECK_OK(crypto_seal(key, SLICE("aad"), SLICE("hello"), sealed));
	CHECK_OK(crypto_open(key, SLICE("aad"), all, plain));
	CHECK_SLICE(slice_of(plain, 5), SLICE("hello"));
	CHECK_RC(crypto_open(key, SLICE("aae"), all, plain), RC_JOSE_SIGNATURE);
	CHECK_SLICE(slice_of(plain, 5), SLICE("\0\0\0\0\0"));
	CHECK_RC(crypto_open(other, SLICE("aad"), all, plain), RC_JOSE_SIGNATURE);
	CHECK_RC(crypto_open(key, SLICE("aad"), slice_to(all, sizeof sealed - 1), plain), RC_JOSE_SIGNATURE);
	CHECK_RC(crypto_open(key, SLICE("aad"), slice_to(all, CRYPTO_SEAL_OVERHEAD - 1), plain), RC_JOSE_SIGNATURE);
	for (size_t i = 0; i < sizeof sealed; i++) {
		sealed[i] ^= 1;
		CHECK_RC(crypto_open(key, SLICE("aad"), all, plain), RC_JOSE_SIGNATURE);
		sealed[i] ^= 1;
	}
	CHECK_OK(crypto_seal(key, SLICE_NONE, SLICE_NONE, sealed));
	CHECK_OK(crypto_open(key, SLICE_NONE, slice_to(all, CRYPTO_SEAL_OVERHEAD), plain));
}

static void seal_never_repeats_a_nonce(void)
{
	uint8_t key[32] = {1}, a[CRYPTO_SEAL_OVERHEAD], b[CRYPTO_SEAL_OVERHEAD];
	CHECK_OK(crypto_seal(key, SLICE_NONE, SLICE_NONE, a));
	CHECK_OK(crypto_seal(key, SLICE_NONE, SLICE_NONE, b));
	CHECK(memcmp(a, b, 12) != 0);
}

/* From the reference implementation's own test, argon2id, 64 MiB. */
static void password_verifies_a_foreign_hash(void)
{
	static const char phc[] = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
	CHECK_OK(crypto_password_verify(secret_of("password", 8), slice_cstr(phc)));
	CHECK_RC(crypto_password_verify(secret_of("Password", 8), slice_cstr(phc)), RC_ACCESS_DENIED);
}

/* libargon2 is the reference implementation: with each length of salt and number of lanes it makes what we verify. */
static void password_verifies_what_the_reference_makes(void)
{
	static const struct {
		const char *name;
		uint32_t passes, memory_kib, lanes;
		size_t salt_n, tag_n;
	} rows[] = {
		{"our own form", 2, 19456, 1, 16, 32}, {"one pass", 1, 8192, 1, 16, 32}, {"another tag", 3, 8200, 1, 16, 16},
		{"a short salt", 1, 8192, 1, 8, 32},   {"two lanes", 1, 8192, 2, 16, 32},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char phc[CRYPTO_PASSWORD_PHC_MAX];
		t_set_row(rows[i].name);
		CHECK(argon2id_hash_encoded(rows[i].passes, rows[i].memory_kib, rows[i].lanes, "password", 8, "0123456789abcdef",
					    rows[i].salt_n, rows[i].tag_n, phc, sizeof phc) == ARGON2_OK);
		CHECK_OK(crypto_password_verify(secret_of("password", 8), slice_cstr(phc)));
		CHECK_RC(crypto_password_verify(secret_of("passwore", 8), slice_cstr(phc)), RC_ACCESS_DENIED);
	}
}

/* A hash that is slow to verify is made again: it would also tell its user's login by its time. */
static void password_of_another_salt_is_outdated(void)
{
	static const char short_salt[] = "$argon2id$v=19$m=8192,t=1,p=1$c29tZXNhbHQ$iTkfjU0vNT5fFGMngehfMQ";
	CHECK(crypto_password_outdated(slice_cstr(short_salt), (struct crypto_password_cost){8192, 1, 1}));
}

static void password_round_trips(void)
{
	struct crypto_password_cost cost = {8192, 1, 2};
	char phc[CRYPTO_PASSWORD_PHC_MAX], again[CRYPTO_PASSWORD_PHC_MAX];
	size_t n = 0, m = 0;
	struct slice text;
	CHECK_OK(crypto_password_hash(secret_of("correct horse", 13), cost, phc, &n));
	text = slice_of(phc, n);
	CHECK_OK(crypto_password_verify(secret_of("correct horse", 13), text));
	CHECK_RC(crypto_password_verify(secret_of("correct horsf", 13), text), RC_ACCESS_DENIED);
	CHECK_RC(crypto_password_verify(secret_of("", 0), text), RC_ACCESS_DENIED);
	CHECK_OK(crypto_password_hash(secret_of("correct horse", 13), cost, again, &m));
	CHECK(!slice_eq(text, slice_of(again, m)));
	CHECK(!crypto_password_outdated(text, cost));
	CHECK(crypto_password_outdated(text, (struct crypto_password_cost){8193, 1, 2}));
	CHECK(crypto_password_outdated(text, (struct crypto_password_cost){8192, 2, 2}));
	CHECK(crypto_password_outdated(SLICE("x"), cost));
}

static void password_cost_has_bounds(void)
{
	static const struct crypto_password_cost rows[] = {{8191, 1, 1},    {1048577, 1, 1}, {8192, 0, 1},
							   {8192, 17, 1}, {8192, 1, 0},    {8192, 1, 5}};
	static const char long_one[CRYPTO_PASSWORD_MAX + 1] = {'x'};
	char phc[CRYPTO_PASSWORD_PHC_MAX];
	size_t n;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_RC(crypto_password_hash(secret_of("x", 1), rows[i], phc, &n), RC_RANGE);
	CHECK_RC(crypto_password_hash(secret_of(long_one, sizeof long_one), (struct crypto_password_cost){8192, 1, 1}, phc, &n),
		 RC_LIMIT);
}

static void password_refuses_malformed_phc(void)
{
	static const char *const rows[] = {
		"", "$argon2id$", "$argon2i$v=19$m=8192,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5Q",
		"$argon2id$v=16$m=8192,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5Q",
		"$argon2id$v=19$m=8191,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5Q",
		"$argon2id$v=19$m=99999999999,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5Q",
		"$argon2id$v=19$m=08192,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5Q",
		"$argon2id$v=19$m=8192,t=99,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5Q",
		"$argon2id$v=19$m=8192,t=1,p=9$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5Q",
		"$argon2id$v=19$m=8192,t=1,p=1$c29t$CTFhFdXPJO1aFaMaO6Mm5Q",
		"$argon2id$v=19$m=8192,t=1,p=1$c29tZXNhbHQ$CTFh",
		"$argon2id$v=19$m=8192,t=1,p=1$c29tZXNhbHQ$",
		"$argon2id$v=19$m=8192,t=1,p=1$c29tZXNhbHQ",
		"$argon2id$v=19$m=8192,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5R",
		"$argon2id$v=19$m=8192,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5Q$",
		"$argon2id$v=19$m=8192,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5-",
		"$argon2id$v=19$m=8192,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO-aFaMaO6Mm5Q",
		"$argon2id$v=19$m=8192,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO_aFaMaO6Mm5Q",
		"$argon2id$v=19$m=8192,t=,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5Q",
		"$argon2id$v=19$m=",
		"$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
	};
	T_TEXTS(text, rows)
		CHECK_RC(crypto_password_verify(secret_of("password", 8), slice_cstr(text)), RC_SYNTAX);
}

/* A salt and a tag that fill no buffer of ours. */
static void password_refuses_long_phc(void)
{
	static char text[65536];
	static const char head[] = "$argon2id$v=19$m=8192,t=1,p=1$", tail[] = "$CTFhFdXPJO1aFaMaO6Mm5Q";
	memset(text, 'A', sizeof text);
	memcpy(text, head, sizeof head - 1);
	memcpy(text + sizeof text - sizeof tail, tail, sizeof tail - 1);
	CHECK_RC(crypto_password_verify(secret_of("password", 8), slice_of(text, sizeof text - 1)), RC_SYNTAX);
}

/* The hash is of a password of 1025 characters, by the reference implementation. */
static void password_that_is_too_long_is_another(void)
{
	static const char phc[] = "$argon2id$v=19$m=8192,t=1,p=1$c29tZXNhbHQ$iTkfjU0vNT5fFGMngehfMQ";
	static char text[CRYPTO_PASSWORD_MAX + 1];
	memset(text, 'x', sizeof text);
	CHECK_RC(crypto_password_verify(secret_of(text, sizeof text), slice_cstr(phc)), RC_ACCESS_DENIED);
	CHECK_RC(crypto_password_verify(secret_of(text, sizeof text - 1), slice_cstr(phc)), RC_ACCESS_DENIED);
}

T_MAIN(T(start_finds_every_algorithm), T(hash_gives_the_published_digests), T(hmac_gives_the_published_tags),
       T(mac_kept_key_gives_the_same_tag_again), T(hkdf_gives_the_published_keys),
       T(random_differs), T(random_text_is_base64url_of_so_many_bytes), T(seal_opens_only_unchanged), T(seal_never_repeats_a_nonce), T(password_verifies_a_foreign_hash),
       T(password_verifies_what_the_reference_makes), T(password_of_another_salt_is_outdated), T(password_round_trips), T(password_cost_has_bounds), T(password_refuses_malformed_phc),
       T(password_refuses_long_phc), T(password_that_is_too_long_is_another))
