/* SPDX-License-Identifier: Apache-2.0 */
/* Keys as JSON, and their thumbprints. */
#include "base/base64url.h"
#include "jose/jwk/jwk_internal.h"

enum { PART_TEXT_MAX = CRYPTO_PART_MAX / 3 * 4 + 4, CANONICAL_MAX = 2 * PART_TEXT_MAX };

static void put_base64url(struct json_out *out, struct slice name, struct slice bytes)
{
	char text[PART_TEXT_MAX];
	base64url_encode_to(bytes, text);
	json_out_member(out, name, slice_of(text, base64url_text_len(bytes.n)));
	ct_wipe(text, sizeof text);
}

/* True for all members except RSA's factors and their derivatives: every key has these. */
static bool is_essential(const struct jwk *key, const struct jwk_member *m)
{
	return !m->is_private || (m->part == CRYPTO_PART_D && jwk_is_private(key));
}

/* An absent part is left out; one that cannot be read, for lack of memory, is a failure. */
static void put_part(struct json_out *out, const struct jwk *key, const struct jwk_member *m)
{
	uint8_t bytes[CRYPTO_PART_MAX];
	size_t n;
	if (crypto_key_part(key->key, m->part, bytes, &n) == RC_OK)
		put_base64url(out, m->name, slice_of(bytes, n));
	else if (is_essential(key, m) && out->b->rc == RC_OK)
		out->b->rc = RC_MEMORY;
	ct_wipe(bytes, sizeof bytes);
}

static void put_material(struct json_out *out, const struct jwk *key, bool private_too)
{
	if (key->kty == JOSE_KTY_OCT) {
		json_out_member(out, SLICE("kty"), SLICE("oct"));
		put_base64url(out, SLICE("k"), slice_of(key->oct, key->oct_n));
		return;
	}
	const struct jwk_type *type = jwk_type_of(crypto_key_type(key->key));
	json_out_member(out, SLICE("kty"), type->kty_name);
	json_out_member_if(out, SLICE("crv"), type->crv);
	for (size_t i = 0; i < type->member_count; i++)
		if (private_too || !type->members[i].is_private)
			put_part(out, key, &type->members[i]);
}

struct slice jwk_kty_name(const struct jwk *key)
{
	return key->key == NULL ? SLICE("oct") : jwk_type_of(crypto_key_type(key->key))->kty_name;
}

struct slice jwk_crv_name(const struct jwk *key)
{
	return key->key == NULL ? SLICE_NONE : jwk_type_of(crypto_key_type(key->key))->crv;
}

struct slice jwk_alg_name(const struct jwk *key)
{
	switch (key->binding) {
	case JWK_BOUND_JWS:
		return jose_alg_row(key->alg)->name;
	case JWK_BOUND_JWE:
		return jwe_alg_row(key->jwe_alg)->name;
	case JWK_BOUND_ENC:
		return jwe_enc_row(key->jwe_enc)->name;
	default:
		return SLICE_NONE;
	}
}

struct slice jwk_use_name(const struct jwk *key)
{
	return key->use == JWK_USE_SIG ? SLICE("sig") : key->use == JWK_USE_ENC ? SLICE("enc") : SLICE_NONE;
}

enum rc jwk_write(const struct jwk *key, bool private_too, struct json_out *out)
{
	if (key->kty == JOSE_KTY_OCT && !private_too)
		return RC_JOSE_KEY;
	json_out_object(out);
	put_material(out, key, private_too);
	if (key->kid_n > 0)
		json_out_member(out, SLICE("kid"), jwk_kid(key));
	if (key->use != JWK_USE_ANY)
		json_out_member(out, SLICE("use"), jwk_use_name(key));
	if (key->binding != JWK_UNBOUND)
		json_out_member(out, SLICE("alg"), jwk_alg_name(key));
	jwk_write_ops(key, private_too, out);
	if (key->x5c.n > 0) {
		json_out_key(out, SLICE("x5c"));
		json_out_raw(out, buf_slice(&key->x5c));
	}
	json_out_object_end(out);
	return buf_rc(out->b);
}

/* RFC 7638 3.2 (AKP: RFC 9964 6): only the required members, in the lexicographic order of their names, without white
 * space. */
static void put_canonical(struct json_out *out, const struct jwk *key)
{
	const struct jwk_type *type = key->kty == JOSE_KTY_OCT ? NULL : jwk_type_of(crypto_key_type(key->key));
	json_out_object(out);
	if (type == NULL) {
		put_base64url(out, SLICE("k"), slice_of(key->oct, key->oct_n));
		json_out_member(out, SLICE("kty"), SLICE("oct"));
	} else if (key->kty == JOSE_KTY_RSA) {
		put_part(out, key, &type->members[1]);
		json_out_member(out, SLICE("kty"), type->kty_name);
		put_part(out, key, &type->members[0]);
	} else if (key->kty == JOSE_KTY_AKP) {
		json_out_member(out, SLICE("alg"), jose_alg_row(type->alg)->name);
		json_out_member(out, SLICE("kty"), type->kty_name);
		put_part(out, key, &type->members[0]);
	} else {
		json_out_member(out, SLICE("crv"), type->crv);
		json_out_member(out, SLICE("kty"), type->kty_name);
		put_part(out, key, &type->members[0]);
		if (key->kty == JOSE_KTY_EC)
			put_part(out, key, &type->members[1]);
	}
	json_out_object_end(out);
}

enum rc jwk_thumbprint(const struct jwk *key, uint8_t dst[static 32])
{
	uint8_t memory[CANONICAL_MAX];
	struct buf b;
	buf_over(&b, memory, sizeof memory);
	struct json_out out = json_out_to(&b);
	put_canonical(&out, key);
	enum rc rc = buf_rc(&b);
	if (rc == RC_OK)
		crypto_sha256(buf_slice(&b), dst);
	buf_free(&b);
	return rc;
}
