/* SPDX-License-Identifier: Apache-2.0 */
/* usage: bench_jwe DIR. JWE opened and made in compact form, ours beside raw OpenSSL, a slice at a time (slices.h). The messages
 * and their keys go to DIR for the peers: NAME.jwe, NAME.jwe.jwk. */
#include "jose/jwe/jwe.h"
#include "jose/jwk/jwk_file.h"
#include "raw_jwe.h"
#include "slices.h"

enum { TEXT_MAX = 8192 };

/* As long as what bench_jose signs. */
static const uint8_t plain[323] = "{\"iss\":\"https://id.example.com\"";

struct bench_row {
	const char *name;
	enum jwe_alg alg;
	enum jwe_enc enc;
	const char *jwk; /* private */
};

#define OCT_32 "{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}"

static const struct bench_row rows[] = {
	{"dir", JWE_DIR, JWE_A256GCM, OCT_32},
	{"dir_A128CBC-HS256", JWE_DIR, JWE_A128CBC_HS256, OCT_32},
	{"A256KW", JWE_A256KW, JWE_A256GCM, OCT_32},
	{"ECDH-ES_P-256", JWE_ECDH_ES, JWE_A256GCM,
	 "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
	 "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\",\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\"}"},
	{"ECDH-ES_X25519", JWE_ECDH_ES, JWE_A256GCM,
	 "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08\","
	 "\"d\":\"XasIfmJKikt54X-Lg4AO5m87sSkmGLb9HC-LJ_-I4Os\"}"},
	{"RSA-OAEP-256", JWE_RSA_OAEP_256, JWE_A256GCM, NULL},
};

struct bench {
	const struct bench_row *row;
	struct raw_jwe raw;
	struct jwk *key;
	struct arena arena;
	uint8_t memory[TEXT_MAX];
	struct slice text;
};

static bool ours_open(void *self)
{
	struct bench *b = self;
	const struct jwe_keys keys = {.key = b->key};
	const struct jwe_policy policy = {.algs = JWE_ALG_BIT(b->row->alg), .encs = JWE_ENC_BIT(b->row->enc)};
	struct jwe jwe;
	bool good = jwe_decrypt(b->text, &keys, &policy, &b->arena, &jwe) == RC_OK && jwe.plain.n == sizeof plain;
	arena_clear(&b->arena);
	return good;
}

static enum rc make(struct bench *b, struct slice *ret_text)
{
	const struct jwe_recipient to = {.key = b->key, .alg = b->row->alg};
	const struct jwe_spec spec = {.recipients = &to, .count = 1, .enc = b->row->enc, .typ = SLICE("JWT")};
	return jwe_encrypt(&spec, slice_of(plain, sizeof plain), &b->arena, ret_text);
}

static bool ours_seal(void *self)
{
	struct bench *b = self;
	struct slice text;
	bool good = make(b, &text) == RC_OK;
	arena_clear(&b->arena);
	return good;
}

static bool write_file(const char *dir, const char *name, const char *type, struct slice text)
{
	char path[512];
	(void)snprintf(path, sizeof path, "%s/%s.%s", dir, name, type);
	FILE *f = fopen(path, "wb");
	bool good = f != NULL && fwrite(text.p, 1, text.n, f) == text.n;
	return f != NULL && fclose(f) == 0 && good;
}

/* An RSA key is made anew, the others are those of RFC 7515 A.3 and RFC 7748 6.1. */
static bool make_key(struct bench *b)
{
	const struct jwk_spec spec = {.alg = SLICE("RSA-OAEP-256"), .rsa_bits = 2048};
	if (b->row->jwk == NULL)
		return jwk_generate_for(&spec, &b->key) == RC_OK;
	return jwk_read(slice_cstr(b->row->jwk), JWK_PRIVATE | JWK_ENCRYPTION, &b->key) == RC_OK;
}

static bool setup(struct bench *b, const struct bench_row *row, const char *dir)
{
	struct slice text;
	struct buf jwk;
	enum jwe_mode mode = jwe_alg_row(row->alg)->mode;
	b->row = row;
	arena_init(&b->arena, 1 << 20);
	buf_init(&jwk, TEXT_MAX);
	struct json_out out = json_out_to(&jwk);
	if (!make_key(b) || make(b, &text) != RC_OK || text.n > TEXT_MAX || jwk_write(b->key, true, &out) != RC_OK)
		return false;
	memcpy(b->memory, text.p, text.n);
	b->text = slice_of(b->memory, text.n);
	bool good = write_file(dir, row->name, "jwe", text) && write_file(dir, row->name, "jwe.jwk", buf_slice(&jwk));
	buf_free(&jwk);
	return good && raw_jwe_new(&b->raw, mode, row->enc == JWE_A128CBC_HS256, strstr(row->name, "X25519") != NULL,
				   slice_of(plain, sizeof plain));
}

int main(int argc, char **argv)
{
	static struct bench benches[ARRAY_LEN(rows)];
	for (size_t i = 0; argc == 2 && i < ARRAY_LEN(rows); i++) {
		struct bench *b = &benches[i];
		if (!setup(b, &rows[i], argv[1])) {
			(void)fprintf(stderr, "%s: no message\n", rows[i].name);
			return 1;
		}
		slice_add("decrypt", rows[i].name, ours_open, b);
		slice_add("raw.decrypt", rows[i].name, raw_jwe_open, &b->raw);
		slice_add("encrypt", rows[i].name, ours_seal, b);
		slice_add("raw.encrypt", rows[i].name, raw_jwe_seal, &b->raw);
	}
	return slice_serve();
}
