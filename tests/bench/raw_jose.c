/* SPDX-License-Identifier: Apache-2.0 */
#include "raw_jose.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <sodium/crypto_sign_ed25519.h>

#include "base/base64url.h"
#include "base/json.h"

static const char *md_name(const struct raw *r)
{
	static const char *const names[] = {[CRYPTO_SHA256] = "SHA2-256", [CRYPTO_SHA384] = "SHA2-384", [CRYPTO_SHA512] = "SHA2-512"};
	return names[jose_alg_row(r->alg)->hash];
}

static const char *group_of(const struct raw *r)
{
	return (const char *)jose_alg_row(r->alg)->crv.p;
}

static size_t digest(const struct raw *r, struct slice data, uint8_t dst[static 64])
{
	enum crypto_hash h = jose_alg_row(r->alg)->hash;
	if (h == CRYPTO_SHA256)
		SHA256(data.p, data.n, dst);
	else if (h == CRYPTO_SHA384)
		SHA384(data.p, data.n, dst);
	else
		SHA512(data.p, data.n, dst);
	return crypto_hash_len(h);
}

static void pad(struct raw *r, uint8_t with, void *state)
{
	enum crypto_hash h = jose_alg_row(r->alg)->hash;
	uint8_t block[128];
	memset(block, with, sizeof block);
	for (size_t i = 0; i < crypto_hash_len(h); i++)
		block[i] ^= r->secret[i];
	if (h == CRYPTO_SHA256) {
		SHA256_Init(state);
		SHA256_Update(state, block, 64);
	} else {
		(void)(h == CRYPTO_SHA384 ? SHA384_Init(state) : SHA512_Init(state));
		SHA512_Update(state, block, 128);
	}
}

static void mac(const struct raw *r, uint8_t dst[static 64])
{
	enum crypto_hash h = jose_alg_row(r->alg)->hash;
	if (h == CRYPTO_SHA256) {
		SHA256_CTX s = r->inner.s256;
		SHA256_Update(&s, r->input.p, r->input.n);
		SHA256_Final(dst, &s);
		s = r->outer.s256;
		SHA256_Update(&s, dst, 32);
		SHA256_Final(dst, &s);
		return;
	}
	SHA512_CTX s = r->inner.s512;
	SHA512_Update(&s, r->input.p, r->input.n);
	SHA512_Final(dst, &s);
	s = r->outer.s512;
	SHA512_Update(&s, dst, crypto_hash_len(h));
	SHA512_Final(dst, &s);
}

static EVP_PKEY *generate(const struct raw *r)
{
	const struct jose_alg_row *row = jose_alg_row(r->alg);
	if (row->kty == JOSE_KTY_RSA)
		return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
	if (row->kty == JOSE_KTY_EC)
		return EVP_PKEY_Q_keygen(NULL, NULL, "EC", group_of(r));
	return row->kty == JOSE_KTY_OKP ? EVP_PKEY_Q_keygen(NULL, NULL, (const char *)row->crv.p) : NULL;
}

static EVP_PKEY_CTX *context(const struct raw *r, int (*init)(EVP_PKEY_CTX *))
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, r->pkey, NULL);
	EVP_MD *md = EVP_MD_fetch(NULL, md_name(r), NULL);
	bool pss = r->alg >= JOSE_PS256 && r->alg <= JOSE_PS512;
	bool good = c != NULL && md != NULL && init(c) == 1 && EVP_PKEY_CTX_set_signature_md(c, md) == 1;
	if (good && pss)
		good = EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PSS_PADDING) == 1 &&
		       EVP_PKEY_CTX_set_rsa_pss_saltlen(c, RSA_PSS_SALTLEN_DIGEST) == 1;
	EVP_MD_free(md);
	return good ? c : NULL;
}

bool raw_new(struct raw *r, enum jose_alg alg)
{
	*r = (struct raw){.alg = alg};
	if (jose_alg_row(alg)->symmetric) {
		if (RAND_bytes(r->secret, sizeof r->secret) != 1)
			return false;
		pad(r, 0x36, &r->inner);
		pad(r, 0x5C, &r->outer);
		return true;
	}
	r->pkey = generate(r);
	if (r->pkey == NULL)
		return false;
	if (jose_alg_row(alg)->kty == JOSE_KTY_OKP) {
		r->md_verify = EVP_MD_CTX_new();
		r->md_sign = EVP_MD_CTX_new();
		return EVP_DigestVerifyInit(r->md_verify, NULL, NULL, NULL, r->pkey) == 1 &&
		       EVP_DigestSignInit(r->md_sign, NULL, NULL, NULL, r->pkey) == 1;
	}
	r->verify = context(r, EVP_PKEY_verify_init);
	r->sign = context(r, EVP_PKEY_sign_init);
	return r->verify != NULL && r->sign != NULL;
}

bool raw_sign(void *self)
{
	struct raw *r = self;
	uint8_t d[64];
	r->signature_n = sizeof r->signature;
	if (r->pkey == NULL) {
		mac(r, r->signature);
		return true;
	}
	if (r->md_sign != NULL)
		return EVP_DigestSign(r->md_sign, r->signature, &r->signature_n, r->input.p, r->input.n) == 1;
	size_t n = digest(r, r->input, d);
	return EVP_PKEY_sign(r->sign, r->signature, &r->signature_n, d, n) == 1;
}

bool raw_verify(void *self)
{
	struct raw *r = self;
	uint8_t d[64];
	if (r->pkey == NULL) {
		mac(r, d);
		return memcmp(d, r->signature, crypto_hash_len(jose_alg_row(r->alg)->hash)) == 0;
	}
	if (r->md_verify != NULL)
		return EVP_DigestVerify(r->md_verify, r->signature, r->signature_n, r->input.p, r->input.n) == 1;
	size_t n = digest(r, r->input, d);
	return EVP_PKEY_verify(r->verify, r->signature, r->signature_n, d, n) == 1;
}

bool raw_verify_libsodium(void *self)
{
	const struct raw *r = self;
	return crypto_sign_ed25519_verify_detached(r->signature, r->input.p, r->input.n, r->ed_public) == 0;
}

bool raw_input(struct raw *r, struct slice input)
{
	size_t n = sizeof r->ed_public;
	if (r->alg == JOSE_ED25519 && EVP_PKEY_get_raw_public_key(r->pkey, r->ed_public, &n) != 1)
		return false;
	r->input = input;
	return raw_sign(r);
}

static void member(struct json_out *out, const char *name, const uint8_t *p, size_t n)
{
	char text[1400];
	base64url_encode_to(slice_of(p, n), text);
	json_out_member(out, slice_cstr(name), slice_of(text, base64url_text_len(n)));
}

/* `len`: bytes of the number, 0 for as many as it needs. */
static bool number(const struct raw *r, struct json_out *out, const char *name, const char *part, int len)
{
	uint8_t bytes[1024];
	BIGNUM *v = NULL;
	if (EVP_PKEY_get_bn_param(r->pkey, part, &v) != 1)
		return false;
	int n = BN_bn2binpad(v, bytes, len == 0 ? BN_num_bytes(v) : len);
	BN_free(v);
	if (n > 0)
		member(out, name, bytes, (size_t)n);
	return n > 0;
}

static bool rsa_members(const struct raw *r, bool private_too, struct json_out *out)
{
	static const char *const names[][2] = {
		{"n", OSSL_PKEY_PARAM_RSA_N}, {"e", OSSL_PKEY_PARAM_RSA_E}, {"d", OSSL_PKEY_PARAM_RSA_D},
		{"p", OSSL_PKEY_PARAM_RSA_FACTOR1}, {"q", OSSL_PKEY_PARAM_RSA_FACTOR2}, {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1},
		{"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2}, {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1},
	};
	for (size_t i = 0; i < (private_too ? ARRAY_LEN(names) : 2); i++)
		if (!number(r, out, names[i][0], names[i][1], 0))
			return false;
	return true;
}

static bool okp_members(const struct raw *r, bool private_too, struct json_out *out)
{
	uint8_t bytes[64];
	size_t n = sizeof bytes;
	json_out_member(out, SLICE("crv"), jose_alg_row(r->alg)->crv);
	if (EVP_PKEY_get_raw_public_key(r->pkey, bytes, &n) != 1)
		return false;
	member(out, "x", bytes, n);
	n = sizeof bytes;
	if (private_too && EVP_PKEY_get_raw_private_key(r->pkey, bytes, &n) != 1)
		return false;
	if (private_too)
		member(out, "d", bytes, n);
	return true;
}

static bool members(const struct raw *r, bool private_too, struct json_out *out)
{
	static const struct slice kty[] = {[JOSE_KTY_OCT] = SLICE_INIT("oct"), [JOSE_KTY_RSA] = SLICE_INIT("RSA"),
					   [JOSE_KTY_EC] = SLICE_INIT("EC"), [JOSE_KTY_OKP] = SLICE_INIT("OKP")};
	const struct jose_alg_row *row = jose_alg_row(r->alg);
	int len = row->sig_len == 0 ? 0 : (int)row->sig_len / 2;
	json_out_member(out, SLICE("kty"), kty[row->kty]);
	json_out_member(out, SLICE("kid"), SLICE("2026-11-bench"));
	json_out_member(out, SLICE("alg"), row->name);
	switch (row->kty) {
	case JOSE_KTY_OCT:
		member(out, "k", r->secret, crypto_hash_len(row->hash));
		return true;
	case JOSE_KTY_RSA:
		return rsa_members(r, private_too, out);
	case JOSE_KTY_EC:
		json_out_member(out, SLICE("crv"), row->crv);
		return number(r, out, "x", OSSL_PKEY_PARAM_EC_PUB_X, len) && number(r, out, "y", OSSL_PKEY_PARAM_EC_PUB_Y, len) &&
		       (!private_too || number(r, out, "d", OSSL_PKEY_PARAM_PRIV_KEY, len));
	default:
		return okp_members(r, private_too, out);
	}
}

bool raw_jwk(const struct raw *r, bool private_too, struct buf *text)
{
	struct json_out out = json_out_to(text);
	json_out_object(&out);
	bool good = members(r, private_too, &out);
	json_out_object_end(&out);
	return good && buf_rc(text) == RC_OK;
}

bool raw_pem(const struct raw *r, FILE *f)
{
	return r->pkey == NULL || (PEM_write_PUBKEY(f, r->pkey) == 1 && PEM_write_PKCS8PrivateKey(f, r->pkey, NULL, NULL, 0, NULL, NULL) == 1);
}

bool raw_import(void *self)
{
	const struct raw *r = self;
	OSSL_PARAM *params = NULL;
	EVP_PKEY *copy = NULL;
	if (EVP_PKEY_todata(r->pkey, EVP_PKEY_PUBLIC_KEY, &params) != 1)
		return false;
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, r->pkey, NULL);
	bool good = c != NULL && EVP_PKEY_fromdata_init(c) == 1 && EVP_PKEY_fromdata(c, &copy, EVP_PKEY_PUBLIC_KEY, params) == 1;
	EVP_PKEY_CTX_free(c);
	EVP_PKEY_free(copy);
	OSSL_PARAM_free(params);
	return good;
}
