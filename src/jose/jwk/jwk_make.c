/* SPDX-License-Identifier: Apache-2.0 */
/* New keys by an algorithm's name. */
#include "base/base64url.h"
#include "jose/jwk/jwk_file.h"
#include "jose/jwk/jwk_internal.h"

/* Sets `use`, `alg` and `kid` as if the JWK had them. */
enum rc jwk_name(struct jwk *key, enum jwk_wanted wanted, const struct jwk_names *names)
{
	uint8_t thumbprint[32];
	char kid[43];
	const struct jwk_type *type = key->key == NULL ? NULL : jwk_type_of(crypto_key_type(key->key));
	struct slice alg = names->alg;
	/* RFC 9964 4: such a key requires `alg`, and it has only one. */
	if (type != NULL && type->kty == JOSE_KTY_AKP && alg.n == 0)
		alg = jose_alg_row(type->alg)->name;
	TRY(jwk_set_use(key, names->use, alg, wanted));
	if (names->kid.n > 0)
		return jwk_set_kid(key, names->kid);
	TRY(jwk_thumbprint(key, thumbprint));
	base64url_encode_to(slice_of(thumbprint, sizeof thumbprint), kid);
	return jwk_set_kid(key, slice_of(kid, sizeof kid));
}

static enum rc random_oct(struct jwk *key, size_t n)
{
	uint8_t bytes[CRYPTO_HASH_MAX];
	crypto_random(bytes, n);
	enum rc rc = jwk_set_oct(key, secret_of(bytes, n));
	ct_wipe(bytes, sizeof bytes);
	return rc;
}

static enum rc material_for_jws(enum jose_alg alg, const struct jwk_spec *spec, struct jwk *key)
{
	const struct jwk_type *type = jwk_type_for(alg);
	if (spec->crv.n > 0)
		return RC_RANGE;
	if (type == NULL)
		return random_oct(key, crypto_hash_len(jose_alg_row(alg)->hash));
	key->kty = type->kty;
	return crypto_key_generate(type->type, spec->rsa_bits, &key->key);
}

static enum rc pair_for_ecdh(struct slice crv, struct jwk *key)
{
	if (crv.n == 0)
		crv = SLICE("P-256");
	const struct jwk_type *type = jwk_type_by_name(SLICE("EC"), crv, SLICE_NONE);
	if (type == NULL)
		type = jwk_type_by_name(SLICE("OKP"), crv, SLICE_NONE);
	if (type == NULL || !crypto_key_agrees(type->type))
		return RC_RANGE;
	key->kty = type->kty;
	return crypto_key_generate(type->type, 0, &key->key);
}

static enum rc material_for_jwe(enum jwe_alg alg, const struct jwk_spec *spec, struct jwk *key)
{
	const struct jwe_alg_row *row = jwe_alg_row(alg);
	if (row->mode == JWE_MODE_ECDH)
		return pair_for_ecdh(spec->crv, key);
	if (spec->crv.n > 0)
		return RC_RANGE;
	switch (row->mode) {
	case JWE_MODE_OAEP:
		key->kty = JOSE_KTY_RSA;
		return crypto_key_generate(CRYPTO_KEY_RSA, spec->rsa_bits, &key->key);
	case JWE_MODE_KW:
	case JWE_MODE_GCMKW:
		return random_oct(key, row->key_len);
	default:
		/* dir determines no length, and passwords are not made here. */
		return RC_JOSE_ALG;
	}
}

static enum rc material_for(const struct jwk_spec *spec, struct jwk *key, struct jwk_names *names)
{
	enum jose_alg alg;
	enum jwe_alg jwe_alg;
	enum jwe_enc jwe_enc;
	names->use = SLICE("sig");
	if (jose_alg_by_name(spec->alg, &alg) == RC_OK)
		return material_for_jws(alg, spec, key);
	names->use = SLICE("enc");
	if (jwe_alg_by_name(spec->alg, &jwe_alg) == RC_OK)
		return material_for_jwe(jwe_alg, spec, key);
	TRY(jwe_enc_by_name(spec->alg, &jwe_enc));
	return spec->crv.n > 0 ? RC_RANGE : random_oct(key, jwe_enc_row(jwe_enc)->key_len);
}

enum rc jwk_generate_for(const struct jwk_spec *spec, struct jwk **ret_key)
{
	struct jwk *key = jwk_alloc(JOSE_KTY_OCT);
	struct jwk_names names = {.alg = spec->alg, .kid = spec->kid};
	if (key == NULL)
		return RC_MEMORY;
	enum rc rc = material_for(spec, key, &names);
	if (rc == RC_OK)
		rc = jwk_name(key, JWK_ANY, &names);
	if (rc != RC_OK) {
		jwk_unref(key);
		return rc;
	}
	*ret_key = key;
	return RC_OK;
}

enum rc jwk_generate(enum jose_alg alg, unsigned rsa_bits, struct jwk **ret_key)
{
	return jwk_generate_for(&(struct jwk_spec){.alg = jose_alg_row(alg)->name, .rsa_bits = rsa_bits}, ret_key);
}

enum rc jwk_public_of(const struct jwk *key, struct jwk **ret_key)
{
	struct buf text;
	buf_init(&text, JWK_TEXT_MAX);
	struct json_out out = json_out_to(&text);
	enum rc rc = jwk_write(key, false, &out);
	if (rc == RC_OK)
		rc = jwk_read(buf_slice(&text), JWK_PUBLIC | JWK_ENCRYPTION, ret_key);
	if (rc == RC_OK)
		(*ret_key)->kid_is_ours = key->kid_is_ours;
	buf_free(&text);
	return rc;
}
