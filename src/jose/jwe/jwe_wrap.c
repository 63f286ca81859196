/* SPDX-License-Identifier: Apache-2.0 */
/* The content encryption key for one recipient, one function per mode (RFC 7518 4.3 to 4.8). */
#include "base/base64url.h"
#include "jose/jwe/jwe_internal.h"
#include "jose/jwk/jwk_internal.h"

enum { P2S_LEN = 16, TEXT64_MAX = JWE_APU_MAX / 3 * 4 + 4 };

typedef enum rc wrap_fn(const struct jwe_recipient *r, enum jwe_enc enc, uint8_t *cek, struct json_out *out,
			struct jwe_wrapped *wrapped);

static struct secret cek_of(enum jwe_enc enc, const uint8_t *cek)
{
	return secret_of(cek, jwe_enc_row(enc)->key_len);
}

/* At most JWE_APU_MAX bytes; if empty, nothing is written. */
static void put_bytes(struct json_out *out, struct slice name, struct slice bytes)
{
	char text[TEXT64_MAX];
	if (bytes.n == 0)
		return;
	base64url_encode_to(bytes, text);
	json_out_member(out, name, slice_of(text, base64url_text_len(bytes.n)));
}

static enum rc wrap_under(struct secret key, enum jwe_enc enc, const uint8_t *cek, struct jwe_wrapped *wrapped)
{
	struct secret plain = cek_of(enc, cek);
	TRY(crypto_wrap(key, plain, wrapped->bytes));
	wrapped->n = plain.n + 8;
	return RC_OK;
}

static enum rc wrap_oaep(const struct jwe_recipient *r, enum jwe_enc enc, uint8_t *cek, struct json_out *out UNUSED,
			 struct jwe_wrapped *wrapped)
{
	return crypto_key_oaep_seal(jwk_crypto(r->key), jwe_oaep_hash(r->alg), cek_of(enc, cek), wrapped->bytes,
				    &wrapped->n);
}

static enum rc wrap_kw(const struct jwe_recipient *r, enum jwe_enc enc, uint8_t *cek, struct json_out *out UNUSED,
		       struct jwe_wrapped *wrapped)
{
	return wrap_under(jwk_oct(r->key), enc, cek, wrapped);
}

/* The key allows `enc`, so it has its exact length. */
static enum rc wrap_dir(const struct jwe_recipient *r, enum jwe_enc enc UNUSED, uint8_t *cek,
			struct json_out *out UNUSED, struct jwe_wrapped *wrapped UNUSED)
{
	struct secret key = jwk_oct(r->key);
	memcpy(cek, key.secret_p, key.n);
	return RC_OK;
}

/* RFC 7518 4.6.1: a fresh key on the recipient's curve; only its public members are written. */
static enum rc agree(const struct jwe_recipient *r, enum jwe_enc enc, struct json_out *out,
		     uint8_t dst[static CRYPTO_CEK_MAX])
{
	struct jwk *ephemeral = jwk_alloc(jwk_kty(r->key));
	struct jwe_agreement g = {.peer = jwk_crypto(r->key), .alg = r->alg, .enc = enc, .apu = r->apu, .apv = r->apv};
	if (ephemeral == NULL)
		return RC_MEMORY;
	enum rc rc = crypto_key_ephemeral(g.peer, &ephemeral->key);
	g.own = ephemeral->key;
	if (rc == RC_OK) {
		json_out_key(out, SLICE("epk"));
		rc = jwk_write(ephemeral, false, out);
	}
	if (rc == RC_OK)
		rc = jwe_agree(&g, dst);
	jwk_unref(ephemeral);
	return rc;
}

static enum rc wrap_ecdh(const struct jwe_recipient *r, enum jwe_enc enc, uint8_t *cek, struct json_out *out,
			 struct jwe_wrapped *wrapped)
{
	size_t key_len = jwe_alg_row(r->alg)->key_len;
	uint8_t key[CRYPTO_CEK_MAX];
	if (r->apu.n > JWE_APU_MAX || r->apv.n > JWE_APU_MAX)
		return RC_LIMIT;
	put_bytes(out, SLICE("apu"), r->apu);
	put_bytes(out, SLICE("apv"), r->apv);
	if (key_len == 0)
		return agree(r, enc, out, cek);
	enum rc rc = agree(r, enc, out, key);
	if (rc == RC_OK)
		rc = wrap_under(secret_of(key, key_len), enc, cek, wrapped);
	ct_wipe(key, sizeof key);
	return rc;
}

static enum rc wrap_gcmkw(const struct jwe_recipient *r, enum jwe_enc enc, uint8_t *cek, struct json_out *out,
			  struct jwe_wrapped *wrapped)
{
	enum crypto_enc cipher = jwe_gcmkw_cipher(r->alg);
	uint8_t iv[CRYPTO_IV_MAX], sealed[CRYPTO_CEK_MAX + CRYPTO_TAG_MAX];
	struct crypto_message m = {.iv = slice_of(iv, crypto_enc_iv_len(cipher)),
				   .text = secret_reveal(cek_of(enc, cek))};
	crypto_random(iv, m.iv.n);
	TRY(crypto_enc_seal(cipher, jwk_oct(r->key), &m, sealed));
	wrapped->n = m.text.n;
	memcpy(wrapped->bytes, sealed, wrapped->n);
	put_bytes(out, SLICE("iv"), m.iv);
	put_bytes(out, SLICE("tag"), slice_of(sealed + wrapped->n, crypto_enc_tag_len(cipher)));
	return RC_OK;
}

static enum rc wrap_pbes2(const struct jwe_recipient *r, enum jwe_enc enc, uint8_t *cek, struct json_out *out,
			  struct jwe_wrapped *wrapped)
{
	uint8_t p2s[P2S_LEN], key[32];
	uint32_t p2c = r->p2c == 0 ? JWE_P2C_DEFAULT : r->p2c;
	if (p2c < JWE_P2C_MIN || p2c > JWE_P2C_MAX || r->password.n == 0)
		return RC_RANGE;
	crypto_random(p2s, sizeof p2s);
	put_bytes(out, SLICE("p2s"), slice_of(p2s, sizeof p2s));
	json_out_member_int(out, SLICE("p2c"), p2c);
	enum rc rc = jwe_password_key(r->alg, r->password, slice_of(p2s, sizeof p2s), p2c, key);
	if (rc == RC_OK)
		rc = wrap_under(secret_of(key, jwe_alg_row(r->alg)->key_len), enc, cek, wrapped);
	ct_wipe(key, sizeof key);
	return rc;
}

bool jwe_alg_direct(enum jwe_alg alg)
{
	return alg == JWE_DIR || alg == JWE_ECDH_ES;
}

enum rc jwe_wrap(const struct jwe_recipient *r, enum jwe_enc enc, uint8_t cek[static CRYPTO_CEK_MAX],
		 struct json_out *out, struct jwe_wrapped *ret_wrapped)
{
	static wrap_fn *const modes[] = {
		[JWE_MODE_OAEP] = wrap_oaep,   [JWE_MODE_KW] = wrap_kw,       [JWE_MODE_DIR] = wrap_dir,
		[JWE_MODE_ECDH] = wrap_ecdh,   [JWE_MODE_GCMKW] = wrap_gcmkw, [JWE_MODE_PBES2] = wrap_pbes2,
	};
	const struct jwe_alg_row *row = jwe_alg_row(r->alg);
	struct slice kid = r->kid.n > 0 || r->key == NULL ? r->kid : jwk_kid(r->key);
	json_out_member(out, SLICE("alg"), row->name);
	json_out_member_if(out, SLICE("kid"), kid);
	ret_wrapped->n = 0;
	return modes[row->mode](r, enc, cek, out, ret_wrapped);
}
