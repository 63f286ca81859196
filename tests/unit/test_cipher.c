/* SPDX-License-Identifier: Apache-2.0 */
/* Content encryption, key wrap, key agreement and derivation: published values and every refusal. */
#include "base/base64url.h"
#include "crypto/cipher.h"
#include "crypto/kdf.h"
#include "crypto/key_enc.h"
#include "t.h"
#include "unhex.h"

enum { ROOM = 512 };

/* A sealed message whose parts a test may change. */
struct sealed {
	enum crypto_enc enc;
	uint8_t key[CRYPTO_CEK_MAX], iv[CRYPTO_IV_MAX], aad[ROOM], text[ROOM];
	struct crypto_message m;
};

static void count_up(uint8_t *dst, size_t n)
{
	for (size_t i = 0; i < n; i++)
		dst[i] = (uint8_t)i;
}

static void seal(struct sealed *s, enum crypto_enc enc, struct slice plain)
{
	size_t n = crypto_enc_text_len(enc, plain.n);
	s->enc = enc;
	count_up(s->key, sizeof s->key);
	memset(s->iv, 7, sizeof s->iv);
	s->m = (struct crypto_message){slice_of(s->iv, crypto_enc_iv_len(enc)), SLICE("header"), plain, SLICE_NONE};
	CHECK_OK(crypto_enc_seal(enc, secret_of(s->key, crypto_enc_key_len(enc)), &s->m, s->text));
	s->m.text = slice_of(s->text, n);
	s->m.tag = slice_of(s->text + n, crypto_enc_tag_len(enc));
}

static enum rc open(const struct sealed *s, uint8_t *dst, size_t *n)
{
	return crypto_enc_open(s->enc, secret_of(s->key, crypto_enc_key_len(s->enc)), &s->m, dst, n);
}

/* RFC 7518 B.1 to B.3: key 00 01 02 …, one plaintext, IV and additional data. */
static void enc_cbc_gives_the_published_ciphertexts(void)
{
	static const struct {
		const char *name;
		enum crypto_enc enc;
		const char *text, *tag;
	} rows[] = {
		{"B.1", CRYPTO_A128CBC_HS256,
		 "c80edfa32ddf39d5ef00c0b468834279a2e46a1b8049f792f76bfe54b903a9c9a94ac9b47ad2655c5f10f9aef71427e2"
		 "fc6f9b3f399a221489f16362c703233609d45ac69864e3321cf82935ac4096c86e133314c54019e8ca7980dfa4b9cf1b"
		 "384c486f3a54c51078158ee5d79de59fbd34d848b3d69550a67646344427ade54b8851ffb598f7f80074b9473c82e2db",
		 "652c3fa36b0a7c5b3219fab3a30bc1c4"},
		{"B.2", CRYPTO_A192CBC_HS384,
		 "ea65da6b59e61edb419be62d19712ae5d303eeb50052d0dfd6697f77224c8edb000d279bdc14c1072654bd30944230c6"
		 "57bed4ca0c9f4a8466f22b226d1746214bf8cfc2400add9f5126e479663fc90b3bed787a2f0ffcbf3904be2a641d5c21"
		 "05bfe591bae23b1d7449e532eef60a9ac8bb6c6b01d35d49787bcd57ef484927f280adc91ac0c4e79c7b11efc60054e3",
		 "8490ac0e58949bfe51875d733f93ac2075168039ccc733d7"},
		{"B.3", CRYPTO_A256CBC_HS512,
		 "4affaaadb78c31c5da4b1b590d10ffbd3dd8d5d302423526912da037ecbcc7bd822c301dd67c373bccb584ad3e9279c2"
		 "e6d12a1374b77f077553df829410446b36ebd97066296ae6427ea75c2e0846a11a09ccf5370dc80bfecbad28c73f09b3"
		 "a3b75e662a2594410ae496b2e2e6609e31e6e02cc837f053d21f37ff4f51950bbe2638d09dd7a4930930806d0703b1f6",
		 "4dd3b4c088a7f45c216839645b2012bf2e6269a8c56a816dbc1b267761955bc5"},
	};
	struct slice plain = SLICE("A cipher system must not be required to be secret, and it must be able to fall into the hands of "
				   "the enemy without inconvenience");
	T_ROWS(row, rows, name) {
		uint8_t key[CRYPTO_CEK_MAX], iv[16], out[ROOM], want[ROOM], want_tag[32];
		size_t n = 0;
		count_up(key, sizeof key);
		struct slice text = unhex(row->text, want), tag = unhex(row->tag, want_tag);
		struct crypto_message m = {.iv = unhex("1af38c2dc2b96ffdd86694092341bc04", iv),
					   .aad = SLICE("The second principle of Auguste Kerckhoffs"), .text = plain};
		struct secret k = secret_of(key, crypto_enc_key_len(row->enc));
		CHECK(crypto_enc_text_len(row->enc, plain.n) == text.n && crypto_enc_tag_len(row->enc) == tag.n);
		CHECK_OK(crypto_enc_seal(row->enc, k, &m, out));
		CHECK_SLICE(slice_of(out, text.n), text);
		CHECK_SLICE(slice_of(out + text.n, tag.n), tag);
		m.text = text;
		m.tag = tag;
		CHECK_OK(crypto_enc_open(row->enc, k, &m, out, &n));
		CHECK_SLICE(slice_of(out, n), plain);
	}
}

/* The GCM specification's test cases 2, 8 and 14: all zero. */
static void enc_gcm_gives_the_published_ciphertexts(void)
{
	static const struct {
		const char *name;
		enum crypto_enc enc;
		const char *text_and_tag;
	} rows[] = {
		{"128", CRYPTO_A128GCM, "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf"},
		{"192", CRYPTO_A192GCM, "98e7247c07f0fe411c267e4384b0f6002ff58d80033927ab8ef4d4587514f0fb"},
		{"256", CRYPTO_A256GCM, "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
	};
	static const uint8_t zero[32];
	T_ROWS(row, rows, name) {
		uint8_t out[32], want[32];
		struct crypto_message m = {.iv = slice_of(zero, 12), .text = slice_of(zero, 16)};
		CHECK_OK(crypto_enc_seal(row->enc, secret_of(zero, crypto_enc_key_len(row->enc)), &m, out));
		CHECK_SLICE(slice_of(out, 32), unhex(row->text_and_tag, want));
	}
}

static void enc_opens_what_it_sealed(void)
{
	static const size_t lengths[] = {0, 1, 15, 16, 17, 31, 32, 200};
	uint8_t plain[ROOM], out[ROOM];
	count_up(plain, sizeof plain);
	for (enum crypto_enc enc = 0; enc < CRYPTO_ENC_COUNT; enc++)
		for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
			struct sealed s;
			size_t n = ROOM;
			seal(&s, enc, slice_of(plain, lengths[i]));
			CHECK_OK(open(&s, out, &n));
			CHECK_SLICE(slice_of(out, n), slice_of(plain, lengths[i]));
		}
}

/* Every byte of every part, one bit at a time. */
static void enc_refuses_a_changed_bit(void)
{
	for (enum crypto_enc enc = 0; enc < CRYPTO_ENC_COUNT; enc++) {
		struct sealed s;
		uint8_t out[ROOM];
		size_t n = 0;
		seal(&s, enc, SLICE("twenty bytes of text"));
		for (size_t i = 0; i < s.m.text.n + s.m.tag.n; i++) {
			s.text[i] ^= 0x10;
			CHECK_RC(open(&s, out, &n), RC_JOSE_DECRYPT);
			s.text[i] ^= 0x10;
		}
		for (size_t i = 0; i < s.m.iv.n; i++) {
			s.iv[i] ^= 1;
			CHECK_RC(open(&s, out, &n), RC_JOSE_DECRYPT);
			s.iv[i] ^= 1;
		}
		s.m.aad = SLICE("Header");
		CHECK_RC(open(&s, out, &n), RC_JOSE_DECRYPT);
		s.m.aad = SLICE("header");
		s.key[crypto_enc_key_len(enc) - 1] ^= 1;
		enum rc rc = open(&s, out, &n);
		s.key[crypto_enc_key_len(enc) - 1] ^= 1;
		CHECK(rc == RC_JOSE_DECRYPT || enc <= CRYPTO_A256CBC_HS512);
		s.key[0] ^= 1;
		CHECK_RC(open(&s, out, &n), RC_JOSE_DECRYPT);
		s.key[0] ^= 1;
		CHECK(n == 0);
		CHECK_OK(open(&s, out, &n));
	}
}

static void enc_refuses_a_tag_of_another_length(void)
{
	for (enum crypto_enc enc = 0; enc < CRYPTO_ENC_COUNT; enc++) {
		struct sealed s;
		uint8_t out[ROOM];
		size_t n = 0, tag_n = crypto_enc_tag_len(enc);
		seal(&s, enc, SLICE("text"));
		for (size_t k = 0; k <= tag_n + 4; k++) {
			s.m.tag.n = k;
			CHECK_RC(open(&s, out, &n), k == tag_n ? RC_OK : RC_JOSE_DECRYPT);
		}
	}
}

static void enc_refuses_an_iv_of_another_length(void)
{
	static const size_t lengths[] = {0, 8, 11, 12, 13, 15, 16};
	for (enum crypto_enc enc = 0; enc < CRYPTO_ENC_COUNT; enc++)
		for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
			struct sealed s;
			uint8_t out[ROOM];
			size_t n = 0;
			bool right = lengths[i] == crypto_enc_iv_len(enc);
			seal(&s, enc, SLICE("text"));
			s.m.iv.n = lengths[i];
			CHECK_RC(open(&s, out, &n), right ? RC_OK : RC_JOSE_DECRYPT);
			CHECK_RC(crypto_enc_seal(enc, secret_of(s.key, crypto_enc_key_len(enc)), &s.m, out), right ? RC_OK : RC_RANGE);
		}
}

static void enc_refuses_a_key_of_another_length(void)
{
	for (enum crypto_enc enc = 0; enc < CRYPTO_ENC_COUNT; enc++)
		for (size_t k = 0; k <= CRYPTO_CEK_MAX; k += 8) {
			struct sealed s;
			uint8_t out[ROOM];
			size_t n = 0;
			bool right = k == crypto_enc_key_len(enc);
			seal(&s, enc, SLICE("text"));
			CHECK_RC(crypto_enc_open(enc, secret_of(s.key, k), &s.m, out, &n), right ? RC_OK : RC_JOSE_DECRYPT);
			CHECK_RC(crypto_enc_seal(enc, secret_of(s.key, k), &s.m, out), right ? RC_OK : RC_RANGE);
		}
}

static void enc_refuses_a_broken_block(void)
{
	struct sealed s;
	uint8_t out[ROOM];
	size_t n = 0;
	seal(&s, CRYPTO_A128CBC_HS256, SLICE("a text of more than one block"));
	for (size_t k = 0; k < s.m.text.n; k++) {
		struct sealed cut = s;
		cut.m.text.n = k;
		CHECK_RC(open(&cut, out, &n), RC_JOSE_DECRYPT);
	}
}

/* Also where the tag holds: the sender may be the fault. */
static void enc_refuses_a_broken_block_under_a_good_tag(void)
{
	static const size_t lengths[] = {0, 1, 15, 17, 31};
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		struct sealed s;
		uint8_t out[ROOM], tag[CRYPTO_HASH_MAX], al[8] = {0, 0, 0, 0, 0, 0, 0, 48};
		size_t n = 0;
		seal(&s, CRYPTO_A128CBC_HS256, SLICE("a text of more than one block"));
		s.m.text.n = lengths[i];
		const struct slice parts[] = {s.m.aad, s.m.iv, s.m.text, slice_of(al, sizeof al)};
		crypto_hmac_parts(CRYPTO_SHA256, secret_of(s.key, 16), parts, ARRAY_LEN(parts), tag);
		s.m.tag = slice_of(tag, 16);
		CHECK_RC(open(&s, out, &n), RC_JOSE_DECRYPT);
		CHECK(n == 0);
	}
}

static void enc_refuses_what_is_too_long(void)
{
	struct sealed s;
	uint8_t out[ROOM];
	size_t n = 0;
	seal(&s, CRYPTO_A128GCM, SLICE("text"));
	s.m.aad.n = (size_t)CRYPTO_TEXT_MAX + 1;
	CHECK_RC(open(&s, out, &n), RC_LIMIT);
	CHECK_RC(crypto_enc_seal(s.enc, secret_of(s.key, 16), &s.m, out), RC_LIMIT);
	s.m.aad.n = 0;
	s.m.text.n = (size_t)CRYPTO_TEXT_MAX + 1;
	CHECK_RC(open(&s, out, &n), RC_LIMIT);
	CHECK_RC(crypto_enc_seal(s.enc, secret_of(s.key, 16), &s.m, out), RC_LIMIT);
	CHECK_RC(crypto_seal(s.key, SLICE_NONE, s.m.text, out), RC_LIMIT);
	CHECK_RC(crypto_open(s.key, SLICE_NONE, s.m.text, out), RC_LIMIT);
	struct slice long_aad = s.m.text;
	CHECK_RC(crypto_seal(s.key, long_aad, SLICE("text"), out), RC_LIMIT);
	CHECK_RC(crypto_open(s.key, long_aad, slice_of(s.text, 40), out), RC_LIMIT);
}

/* RFC 3394 4.1, 4.2, 4.3 and 4.6. */
static void wrap_gives_the_published_keys(void)
{
	static const struct {
		const char *name;
		size_t key_n;
		const char *plain, *wrapped;
	} rows[] = {
		{"4.1", 16, "00112233445566778899aabbccddeeff", "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5"},
		{"4.2", 24, "00112233445566778899aabbccddeeff", "96778b25ae6ca435f92b5b97c050aed2468ab8a17ad84e5d"},
		{"4.3", 32, "00112233445566778899aabbccddeeff", "64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7"},
		{"4.6", 32, "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f",
		 "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21"},
	};
	T_ROWS(row, rows, name) {
		uint8_t key[32], plain[64], wrapped[72], out[72];
		count_up(key, sizeof key);
		struct slice p = unhex(row->plain, plain), w = unhex(row->wrapped, wrapped);
		CHECK_OK(crypto_wrap(secret_of(key, row->key_n), secret_from_slice(p), out));
		CHECK_SLICE(slice_of(out, w.n), w);
		CHECK_OK(crypto_unwrap(secret_of(key, row->key_n), w, out, p.n));
		CHECK_SLICE(slice_of(out, p.n), p);
		for (size_t k = 0; k < w.n; k++) {
			wrapped[k] ^= 1;
			CHECK_RC(crypto_unwrap(secret_of(key, row->key_n), w, out, p.n), RC_JOSE_DECRYPT);
			wrapped[k] ^= 1;
		}
	}
}

/* Whatever the token claims, no more is written than the caller made room for. */
static void unwrap_refuses_other_lengths(void)
{
	uint8_t key[32], wrapped[128] = {0}, out[CRYPTO_CEK_MAX + 1];
	count_up(key, sizeof key);
	CHECK_OK(crypto_wrap(secret_of(key, 16), secret_of(key, 32), wrapped));
	for (size_t k = 0; k <= sizeof wrapped; k++)
		CHECK_RC(crypto_unwrap(secret_of(key, 16), slice_of(wrapped, k), out, 32), k == 40 ? RC_OK : RC_JOSE_DECRYPT);
	for (size_t k = 0; k <= 32; k++)
		CHECK_RC(crypto_unwrap(secret_of(key, k), slice_of(wrapped, 40), out, 32), k == 16 ? RC_OK : RC_JOSE_DECRYPT);
	CHECK_RC(crypto_unwrap(secret_of(key, 16), slice_of(wrapped, 80), out, 72), RC_JOSE_DECRYPT);
	CHECK_RC(crypto_unwrap(secret_of(key, 16), slice_of(wrapped, 16), out, 8), RC_JOSE_DECRYPT);
	CHECK_RC(crypto_unwrap(secret_of(key, 16), slice_of(wrapped, 37), out, 29), RC_JOSE_DECRYPT);
}

static void wrap_refuses_other_lengths(void)
{
	uint8_t key[72], out[96];
	count_up(key, sizeof key);
	for (size_t k = 0; k <= sizeof key; k++) {
		bool right = k >= 16 && k <= CRYPTO_CEK_MAX && k % 8 == 0;
		CHECK_RC(crypto_wrap(secret_of(key, 16), secret_of(key, k), out), right ? RC_OK : RC_RANGE);
	}
	CHECK_RC(crypto_wrap(secret_of(key, 20), secret_of(key, 16), out), RC_RANGE);
}

struct part64 {
	enum crypto_part part;
	const char *text;
};

static struct crypto_key *key_of(enum crypto_key_type type, const struct part64 *parts, size_t count)
{
	static uint8_t memory[8][CRYPTO_PART_MAX];
	struct crypto_parts p = {0};
	struct crypto_key *key = NULL;
	for (size_t i = 0; i < count; i++) {
		size_t n = 0;
		CHECK_OK(base64url_decode(slice_cstr(parts[i].text), memory[i], CRYPTO_PART_MAX, &n));
		p.v[parts[i].part] = slice_of(memory[i], n);
	}
	CHECK_OK(crypto_key_new(type, &p, &key));
	return key;
}

static const struct part64 bob_parts[] = {{CRYPTO_PART_X, "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ"},
					  {CRYPTO_PART_Y, "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck"},
					  {CRYPTO_PART_D, "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw"}};

/* RFC 7518 C. */
static void agree_and_concat_kdf_give_the_published_key(void)
{
	static const struct part64 alice[] = {{CRYPTO_PART_X, "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0"},
					      {CRYPTO_PART_Y, "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps"}};
	struct crypto_key *a = key_of(CRYPTO_KEY_P256, alice, 2), *b = key_of(CRYPTO_KEY_P256, bob_parts, 3);
	struct crypto_concat info = {SLICE("A128GCM"), SLICE("Alice"), SLICE("Bob")};
	uint8_t z[CRYPTO_AGREED_MAX], key[16];
	char text[22];
	size_t n = 0;
	CHECK_OK(crypto_key_agree(b, a, z, &n));
	CHECK(n == 32);
	crypto_concat_kdf(secret_of(z, n), &info, key, sizeof key);
	base64url_encode_to(slice_of(key, sizeof key), text);
	CHECK_SLICE(slice_of(text, sizeof text), SLICE("VqqN6vgjbSBcIijNcacQGg"));
	CHECK_RC(crypto_key_agree(a, b, z, &n), RC_JOSE_KEY);
	crypto_key_free(a);
	crypto_key_free(b);
}

static void agree_refuses_keys_of_other_types(void)
{
	static const enum crypto_key_type types[] = {CRYPTO_KEY_P256, CRYPTO_KEY_P384, CRYPTO_KEY_P521, CRYPTO_KEY_ED25519,
						     CRYPTO_KEY_RSA};
	struct crypto_key *keys[ARRAY_LEN(types)] = {NULL};
	uint8_t z[CRYPTO_AGREED_MAX];
	size_t n = 0;
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		CHECK_OK(crypto_key_generate(types[i], 2048, &keys[i]));
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		for (size_t k = 0; k < ARRAY_LEN(types); k++)
			CHECK_RC(crypto_key_agree(keys[i], keys[k], z, &n), i == k && i < 3 ? RC_OK : RC_JOSE_KEY);
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		crypto_key_free(keys[i]);
}

/* RFC 7748 6: 0, 1, -1, Curve25519's two of order 8, and all that is not reduced or has the bit that is not looked at. */
static void agree_refuses_points_of_small_order(void)
{
	static const struct {
		enum crypto_key_type type;
		const char *u;
	} rows[] = {
		{CRYPTO_KEY_X25519, "0000000000000000000000000000000000000000000000000000000000000000"},
		{CRYPTO_KEY_X25519, "0100000000000000000000000000000000000000000000000000000000000000"},
		{CRYPTO_KEY_X25519, "0100000000000000000000000000000000000000000000000000000000000080"},
		{CRYPTO_KEY_X25519, "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"},
		{CRYPTO_KEY_X25519, "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"},
		{CRYPTO_KEY_X25519, "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11d7"},
		{CRYPTO_KEY_X25519, "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"},
		{CRYPTO_KEY_X25519, "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"},
		{CRYPTO_KEY_X25519, "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
		{CRYPTO_KEY_X448, "00000000000000000000000000000000000000000000000000000000"
				  "00000000000000000000000000000000000000000000000000000000"},
		{CRYPTO_KEY_X448, "01000000000000000000000000000000000000000000000000000000"
				  "00000000000000000000000000000000000000000000000000000000"},
		{CRYPTO_KEY_X448, "feffffffffffffffffffffffffffffffffffffffffffffffffffffff"
				  "feffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
		{CRYPTO_KEY_X448, "ffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
				  "feffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
		{CRYPTO_KEY_X448, "00000000000000000000000000000000000000000000000000000000"
				  "ffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
	};
	T_ROWS(row, rows, u) {
		uint8_t u[64];
		struct crypto_parts parts = {0};
		struct crypto_key *key = NULL;
		parts.v[CRYPTO_PART_X] = unhex(row->u, u);
		CHECK_RC(crypto_key_new(row->type, &parts, &key), RC_JOSE_KEY);
		crypto_key_free(key);
		/* Its neighbour is fit. */
		key = NULL;
		u[5] ^= 4;
		CHECK_OK(crypto_key_new(row->type, &parts, &key));
		crypto_key_free(key);
	}
}

static void ephemeral_is_of_the_peers_type(void)
{
	static const enum crypto_key_type types[] = {CRYPTO_KEY_P256, CRYPTO_KEY_P384, CRYPTO_KEY_P521, CRYPTO_KEY_X25519, CRYPTO_KEY_X448};
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		struct crypto_key *peer = NULL, *own = NULL, *other = NULL;
		uint8_t a[CRYPTO_AGREED_MAX], b[CRYPTO_AGREED_MAX];
		size_t a_n = 0, b_n = 0;
		CHECK_OK(crypto_key_generate(types[i], 0, &peer));
		CHECK_OK(crypto_key_ephemeral(peer, &own));
		CHECK_OK(crypto_key_ephemeral(peer, &other));
		CHECK_OK(crypto_key_agree(own, peer, a, &a_n));
		CHECK_OK(crypto_key_agree(peer, own, b, &b_n));
		CHECK(a_n == b_n && memcmp(a, b, a_n) == 0);
		CHECK_OK(crypto_key_agree(other, peer, b, &b_n));
		CHECK(memcmp(a, b, a_n) != 0);
		crypto_key_free(peer);
		crypto_key_free(own);
		crypto_key_free(other);
	}
	struct crypto_key *rsa = NULL, *none = NULL;
	CHECK_OK(crypto_key_generate(CRYPTO_KEY_RSA, 2048, &rsa));
	CHECK_RC(crypto_key_ephemeral(rsa, &none), RC_JOSE_KEY);
	CHECK(none == NULL);
	crypto_key_free(rsa);
}

static void oaep_opens_what_it_sealed(void)
{
	struct crypto_key *key = NULL, *curve = NULL;
	uint8_t sealed[CRYPTO_OAEP_MAX], cek[64], out[64];
	size_t n = 0;
	count_up(cek, sizeof cek);
	CHECK_OK(crypto_key_generate(CRYPTO_KEY_RSA, 2048, &key));
	CHECK_OK(crypto_key_generate(CRYPTO_KEY_P256, 0, &curve));
	for (enum crypto_oaep h = CRYPTO_OAEP_SHA1; h <= CRYPTO_OAEP_SHA512; h++) {
		CHECK_OK(crypto_key_oaep_seal(key, h, secret_of(cek, 48), sealed, &n));
		CHECK(n == 256);
		CHECK_OK(crypto_key_oaep_open(key, h, slice_of(sealed, n), out, 48));
		CHECK_SLICE(slice_of(out, 48), slice_of(cek, 48));
	}
	uint8_t long_key[126] = {0};
	CHECK_OK(crypto_key_oaep_seal(key, CRYPTO_OAEP_SHA512, secret_of(long_key, sizeof long_key), sealed, &n));
	uint8_t longer_key[127] = {0};
	CHECK_RC(crypto_key_oaep_seal(key, CRYPTO_OAEP_SHA512, secret_of(longer_key, sizeof longer_key), sealed, &n), RC_RANGE);
	CHECK_RC(crypto_key_oaep_seal(curve, CRYPTO_OAEP_SHA1, secret_of(cek, 16), sealed, &n), RC_JOSE_KEY);
	CHECK_RC(crypto_key_oaep_open(curve, CRYPTO_OAEP_SHA1, slice_of(sealed, 256), out, 16), RC_JOSE_KEY);
	crypto_key_free(key);
	crypto_key_free(curve);
}

/* RFC 7516 11.5: a key that does not open and one of another length both go on as random bytes. */
static void oaep_failure_is_a_random_key(void)
{
	struct crypto_key *key = NULL;
	uint8_t sealed[CRYPTO_OAEP_MAX], cek[32], a[32], b[32];
	size_t n = 0;
	count_up(cek, sizeof cek);
	CHECK_OK(crypto_key_generate(CRYPTO_KEY_RSA, 2048, &key));
	CHECK_OK(crypto_key_oaep_seal(key, CRYPTO_OAEP_SHA256, secret_of(cek, 32), sealed, &n));
	CHECK_OK(crypto_key_oaep_open(key, CRYPTO_OAEP_SHA1, slice_of(sealed, n), a, 32));
	CHECK_OK(crypto_key_oaep_open(key, CRYPTO_OAEP_SHA1, slice_of(sealed, n), b, 32));
	CHECK(memcmp(a, b, 32) != 0 && memcmp(a, cek, 32) != 0 && memcmp(b, cek, 32) != 0);
	CHECK_OK(crypto_key_oaep_open(key, CRYPTO_OAEP_SHA256, slice_of(sealed, n), a, 16));
	CHECK(memcmp(a, cek, 16) != 0);
	sealed[100] ^= 1;
	CHECK_OK(crypto_key_oaep_open(key, CRYPTO_OAEP_SHA256, slice_of(sealed, n), a, 32));
	CHECK(memcmp(a, cek, 32) != 0);
	CHECK_RC(crypto_key_oaep_open(key, CRYPTO_OAEP_SHA256, slice_of(sealed, n - 1), a, 32), RC_JOSE_DECRYPT);
	CHECK_RC(crypto_key_oaep_open(key, CRYPTO_OAEP_SHA256, slice_of(sealed, n + 1), a, 32), RC_JOSE_DECRYPT);
	crypto_key_free(key);
}

/* RFC 7914 11. */
static void pbkdf2_gives_the_published_keys(void)
{
	uint8_t out[32], want[32];
	CHECK_OK(crypto_pbkdf2(&(struct crypto_pbkdf2){CRYPTO_SHA256, SLICE("salt"), 1}, secret_of("passwd", 6), out, 32));
	CHECK_SLICE(slice_of(out, 32), unhex("55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc", want));
	CHECK_OK(crypto_pbkdf2(&(struct crypto_pbkdf2){CRYPTO_SHA256, SLICE("NaCl"), 80000}, secret_of("Password", 8), out, 32));
	CHECK_SLICE(slice_of(out, 32), unhex("4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56", want));
	CHECK_RC(crypto_pbkdf2(&(struct crypto_pbkdf2){CRYPTO_SHA256, SLICE("salt"), 1}, secret_of("p", 1), out, 33), RC_INTERNAL);
}

T_MAIN(T(enc_cbc_gives_the_published_ciphertexts), T(enc_gcm_gives_the_published_ciphertexts), T(enc_opens_what_it_sealed),
       T(enc_refuses_a_changed_bit), T(enc_refuses_a_tag_of_another_length), T(enc_refuses_an_iv_of_another_length),
       T(enc_refuses_a_key_of_another_length), T(enc_refuses_a_broken_block), T(enc_refuses_a_broken_block_under_a_good_tag),
       T(enc_refuses_what_is_too_long),
       T(wrap_gives_the_published_keys), T(unwrap_refuses_other_lengths), T(wrap_refuses_other_lengths),
       T(agree_and_concat_kdf_give_the_published_key), T(agree_refuses_keys_of_other_types),
       T(agree_refuses_points_of_small_order), T(ephemeral_is_of_the_peers_type), T(oaep_opens_what_it_sealed),
       T(oaep_failure_is_a_random_key), T(pbkdf2_gives_the_published_keys))
