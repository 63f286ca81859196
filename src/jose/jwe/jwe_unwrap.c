/* SPDX-License-Identifier: Apache-2.0 */
/* From a recipient's key to the content encryption key, one function per mode (RFC 7518 4.3 to 4.8). */
#include "jose/jwe/jwe_internal.h"

typedef enum rc unwrap_fn(const struct jwe_unwrap *u, struct arena *a, uint8_t *cek, size_t n);

static enum rc unwrap_oaep(const struct jwe_unwrap *u, struct arena *a UNUSED, uint8_t *cek, size_t n)
{
	return crypto_key_oaep_open(jwk_crypto(u->key), jwe_oaep_hash(u->header->alg), u->wrapped, cek, n);
}

static enum rc unwrap_kw(const struct jwe_unwrap *u, struct arena *a UNUSED, uint8_t *cek, size_t n)
{
	return crypto_unwrap(jwk_oct(u->key), u->wrapped, cek, n);
}

/* RFC 7516 5.2 step 10: "verify that the JWE Encrypted Key value is an empty octet sequence". */
static enum rc refuse_wrapped(const struct jwe_unwrap *u)
{
	if (u->wrapped.n > 0)
		return RC_JOSE_MALFORMED;
	return RC_OK;
}

static enum rc unwrap_dir(const struct jwe_unwrap *u, struct arena *a UNUSED, uint8_t *cek, size_t n)
{
	TRY(refuse_wrapped(u));
	/* A key that allows `enc` has its exact length. */
	memcpy(cek, jwk_oct(u->key).secret_p, n);
	return RC_OK;
}

static enum rc read_epk(const struct jwe_unwrap *u, struct jwk **ret_epk)
{
	const struct json *v = jwe_param(u->header, SLICE("epk"));
	if (v == NULL || v->type != JSON_OBJECT)
		return RC_JOSE_HEADER;
	return jwk_parse(v, JWK_PUBLIC | JWK_ENCRYPTION, ret_epk);
}

static enum rc agree(const struct jwe_unwrap *u, struct arena *a, uint8_t dst[static CRYPTO_CEK_MAX])
{
	struct jwe_agreement g = {.own = jwk_crypto(u->key), .alg = u->header->alg, .enc = u->header->enc};
	struct jwk *epk;
	TRY(jwe_param_bytes(u->header, SLICE("apu"), JWE_APU_MAX, a, &g.apu));
	TRY(jwe_param_bytes(u->header, SLICE("apv"), JWE_APU_MAX, a, &g.apv));
	TRY(read_epk(u, &epk));
	g.peer = jwk_crypto(epk);
	enum rc rc = jwe_agree(&g, dst);
	jwk_unref(epk);
	return rc;
}

static enum rc unwrap_ecdh(const struct jwe_unwrap *u, struct arena *a, uint8_t *cek, size_t n)
{
	size_t key_len = jwe_alg_row(u->header->alg)->key_len;
	uint8_t key[CRYPTO_CEK_MAX];
	if (key_len == 0) {
		TRY(refuse_wrapped(u));
		return agree(u, a, cek);
	}
	TRY(agree(u, a, key));
	enum rc rc = crypto_unwrap(secret_of(key, key_len), u->wrapped, cek, n);
	ct_wipe(key, sizeof key);
	return rc;
}

/* RFC 7518 4.7.1: the header has `iv` of 96 bits and `tag` of 128; the cipher refuses other lengths. */
static enum rc unwrap_gcmkw(const struct jwe_unwrap *u, struct arena *a, uint8_t *cek, size_t n)
{
	struct crypto_message m = {.text = u->wrapped};
	size_t opened;
	if (u->wrapped.n != n)
		return RC_JOSE_DECRYPT;
	TRY(jwe_param_bytes(u->header, SLICE("iv"), CRYPTO_IV_MAX, a, &m.iv));
	TRY(jwe_param_bytes(u->header, SLICE("tag"), CRYPTO_TAG_MAX, a, &m.tag));
	return crypto_enc_open(jwe_gcmkw_cipher(u->header->alg), jwk_oct(u->key), &m, cek, &opened);
}

/* RFC 7518 4.8.1: "p2s … MUST be … at least 8 octets", "A minimum iteration count of 1000 is RECOMMENDED"; the
 * maximum limits the time that a stranger can use up. */
static enum rc unwrap_pbes2(const struct jwe_unwrap *u, struct arena *a, uint8_t *cek, size_t n)
{
	size_t key_len = jwe_alg_row(u->header->alg)->key_len;
	struct slice p2s;
	uint8_t key[32];
	int64_t p2c;
	if (jwe_param_bytes(u->header, SLICE("p2s"), JWE_P2S_MAX, a, &p2s) != RC_OK || p2s.n < JWE_P2S_MIN)
		return RC_JOSE_HEADER;
	if (json_int(jwe_param(u->header, SLICE("p2c")), &p2c) != RC_OK)
		return RC_JOSE_HEADER;
	if (p2c < JWE_P2C_MIN || p2c > u->p2c_max)
		return RC_JOSE_HEADER;
	enum rc rc = jwe_password_key(u->header->alg, u->password, p2s, (uint32_t)p2c, key);
	if (rc == RC_OK)
		rc = crypto_unwrap(secret_of(key, key_len), u->wrapped, cek, n);
	ct_wipe(key, sizeof key);
	return rc;
}

enum rc jwe_unwrap(const struct jwe_unwrap *u, struct arena *a, uint8_t cek[static CRYPTO_CEK_MAX])
{
	static unwrap_fn *const modes[] = {
		[JWE_MODE_OAEP] = unwrap_oaep,   [JWE_MODE_KW] = unwrap_kw,       [JWE_MODE_DIR] = unwrap_dir,
		[JWE_MODE_ECDH] = unwrap_ecdh,   [JWE_MODE_GCMKW] = unwrap_gcmkw, [JWE_MODE_PBES2] = unwrap_pbes2,
	};
	size_t n = jwe_enc_row(u->header->enc)->key_len;
	TRY(modes[jwe_alg_row(u->header->alg)->mode](u, a, cek, n));
	/* An all-zero key, from a sender whose generator failed, is known to everyone. */
	if (jwe_all_zero(secret_of(cek, n)))
		return RC_JOSE_DECRYPT;
	return RC_OK;
}
