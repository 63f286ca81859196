/* SPDX-License-Identifier: Apache-2.0 */
/* Verify and sign per second, ours beside raw OpenSSL with kept contexts, in turn: one JSON object a line. */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "base/base64url.h"
#include "base/clock.h"
#include "jose/jwt.h"

enum { ROUNDS = 15, ROUND_NS = 30 * 1000 * 1000, NOW = 1700000000 };

static const char claims_text[] =
	"{\"iss\":\"https://id.example.com\",\"sub\":\"8f14e45f-ceea-467f-a9d4-3c1b2b9c1c77\",\"aud\":\"https://api.example.com\","
	"\"exp\":1700000600,\"iat\":1700000000,\"jti\":\"Zm9vYmFyYmF6cXV4Zm9vYg\",\"client_id\":\"shop\","
	"\"scope\":\"openid profile orders:read orders:write\",\"tenant\":\"default\",\"roles\":[\"customer\",\"admin\"]}";
static const struct slice audiences[] = {SLICE_INIT("https://api.example.com")};
static const struct slice types[] = {SLICE_INIT("at+jwt")};

struct bench {
	enum jose_alg alg;
	struct jwk *key;
	struct jwks *set;
	struct jwt_policy policy;
	struct arena arena;
	struct slice token, input;
	/* raw */
	EVP_PKEY *pkey;
	EVP_PKEY_CTX *verify, *sign;
	EVP_MD *md;
	EVP_MD_CTX *hash;
	EVP_MAC_CTX *mac;
	uint8_t signature[JWK_SIGNATURE_MAX];
	size_t signature_n;
};

typedef bool operation(struct bench *b);

static bool ours_verify(struct bench *b)
{
	struct jwt_claims claims;
	bool good = jwt_verify(b->token, b->set, &b->policy, NOW, &b->arena, &claims) == RC_OK;
	arena_reset(&b->arena);
	return good;
}

static bool ours_sign(struct bench *b)
{
	uint8_t signature[JWK_SIGNATURE_MAX];
	size_t n;
	return jwk_sign(b->key, b->alg, b->input, signature, sizeof signature, &n) == RC_OK;
}

static size_t digest(struct bench *b, uint8_t dst[static 64])
{
	unsigned n = 0;
	if (EVP_DigestInit_ex2(b->hash, b->md, NULL) != 1 || EVP_DigestUpdate(b->hash, b->input.p, b->input.n) != 1 ||
	    EVP_DigestFinal_ex(b->hash, dst, &n) != 1)
		return 0;
	return n;
}

static bool raw_verify(struct bench *b)
{
	uint8_t d[64];
	size_t n;
	if (b->mac != NULL)
		return EVP_MAC_init(b->mac, NULL, 0, NULL) == 1 && EVP_MAC_update(b->mac, b->input.p, b->input.n) == 1 &&
		       EVP_MAC_final(b->mac, d, &n, sizeof d) == 1;
	n = digest(b, d);
	return EVP_PKEY_verify(b->verify, b->signature, b->signature_n, d, n) == 1;
}

static bool raw_sign(struct bench *b)
{
	uint8_t d[64], signature[JWK_SIGNATURE_MAX];
	size_t n = sizeof signature;
	if (b->mac != NULL)
		return raw_verify(b);
	size_t digest_n = digest(b, d);
	return EVP_PKEY_sign(b->sign, signature, &n, d, digest_n) == 1;
}

static bool raw_setup_mac(struct bench *b)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	char name[] = "SHA2-256";
	OSSL_PARAM params[2] = {OSSL_PARAM_construct_utf8_string("digest", name, 0), OSSL_PARAM_construct_end()};
	uint8_t key[32] = {7};
	b->mac = EVP_MAC_CTX_new(mac);
	EVP_MAC_free(mac);
	return b->mac != NULL && EVP_MAC_init(b->mac, key, sizeof key, params) == 1;
}

static bool raw_setup_pkey(struct bench *b)
{
	uint8_t d[64];
	b->pkey = b->alg == JOSE_RS256 ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048)
				       : EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	b->md = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	b->hash = EVP_MD_CTX_new();
	b->verify = EVP_PKEY_CTX_new_from_pkey(NULL, b->pkey, NULL);
	b->sign = EVP_PKEY_CTX_new_from_pkey(NULL, b->pkey, NULL);
	if (EVP_PKEY_verify_init(b->verify) != 1 || EVP_PKEY_sign_init(b->sign) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(b->verify, b->md) != 1 || EVP_PKEY_CTX_set_signature_md(b->sign, b->md) != 1)
		return false;
	size_t n = digest(b, d);
	b->signature_n = sizeof b->signature;
	return EVP_PKEY_sign(b->sign, b->signature, &b->signature_n, d, n) == 1;
}

static bool setup(struct bench *b, enum jose_alg alg)
{
	struct buf text;
	*b = (struct bench){.alg = alg};
	arena_init(&b->arena, 1 << 20);
	buf_init(&text, 1 << 16);
	bool oct = alg == JOSE_HS256;
	b->policy = (struct jwt_policy){
		.algs = JOSE_ALG_BIT(alg), .issuer = SLICE("https://id.example.com"), .audiences = audiences,
		.audience_count = 1, .types = types, .type_count = 1, .sub_required = true, .jti_required = true,
	};
	if (jwk_generate(alg, 2048, &b->key) != RC_OK)
		return false;
	struct jwt_signer signer = jwt_signer_of(b->key);
	static uint8_t kept[4096];
	if (jwt_sign(&signer, alg, jwk_kid(b->key), SLICE("at+jwt"), slice_cstr(claims_text), &b->arena, &b->token) != RC_OK)
		return false;
	memcpy(kept, b->token.p, b->token.n);
	b->token.p = kept;
	arena_reset(&b->arena);
	struct jwt_parts parts;
	if (jwt_split(b->token, &parts) != RC_OK)
		return false;
	b->input = parts.signing_input;
	buf_put(&text, SLICE("{\"keys\":["));
	struct json_out out = json_out_to(&text);
	rc_ignore(jwk_write(b->key, oct, &out));
	buf_put(&text, SLICE("]}"));
	bool good = jwks_read(buf_slice(&text), oct ? JWK_SYMMETRIC : JWK_PUBLIC, &b->set, NULL) == RC_OK;
	buf_free(&text);
	return good && (oct ? raw_setup_mac(b) : raw_setup_pkey(b));
}

/* Operations per second of one round. */
static double one_round(operation *op, struct bench *b)
{
	int64_t start = clock_mono_ns(), end;
	uint64_t count = 0;
	do {
		for (int i = 0; i < 8; i++)
			if (!op(b)) {
				(void)fprintf(stderr, "an operation failed\n");
				exit(1);
			}
		count += 8;
		end = clock_mono_ns();
	} while (end - start < ROUND_NS);
	return (double)count * 1e9 / (double)(end - start);
}

/* The best of the rounds, the two in turn: neighbours on the machine slow both. */
static void compare(const char *name, const char *what, struct bench *b, operation *ours, operation *raw)
{
	double best = 0, limit = 0;
	for (int i = 0; i < ROUNDS; i++) {
		double o = one_round(ours, b), r = one_round(raw, b);
		best = o > best ? o : best;
		limit = r > limit ? r : limit;
	}
	printf("{\"name\":\"jose.%s.%s\",\"value\":%.0f,\"unit\":\"1/s\",\"limit\":%.0f,\"ratio\":%.3f}\n", what, name, best, limit,
	       best / limit);
	(void)fflush(stdout);
}

int main(void)
{
	static const enum jose_alg algs[] = {JOSE_HS256, JOSE_RS256, JOSE_ES256};
	for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
		static struct bench b;
		const char *name = (const char *)jose_alg_row(algs[i])->name.p;
		if (!setup(&b, algs[i]))
			return 1;
		compare(name, "verify", &b, ours_verify, raw_verify);
		compare(name, "sign", &b, ours_sign, raw_sign);
	}
	return 0;
}
