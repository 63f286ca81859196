/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 7516 5.2, in its order. */
#include "base/base64url.h"
#include "jose/jwe/jwe_internal.h"
#include "jose/jwe/zip.h"

/* The decoded parts shared by all recipients. */
struct sealed {
	const struct jwe_policy *policy;
	struct crypto_message message;
	struct slice aad;
	struct jwe_shared shared;
};

static enum rc decode(struct slice text64, struct arena *a, struct slice *ret_bytes)
{
	enum rc rc = base64url_decode_arena(a, text64, ret_bytes);
	return rc == RC_SYNTAX ? RC_JOSE_MALFORMED : rc;
}

/* Step 14: ASCII(BASE64URL(protected)), and with an `aad` a dot and its text. */
static enum rc decode_parts(const struct jwe_parts *parts, struct arena *a, struct sealed *s)
{
	const struct slice joined[] = {parts->protected64, SLICE("."), parts->aad64};
	TRY(decode(parts->iv64, a, &s->message.iv));
	TRY(decode(parts->text64, a, &s->message.text));
	TRY(decode(parts->tag64, a, &s->message.tag));
	TRY(decode(parts->aad64, a, &s->aad));
	s->message.aad = parts->protected64;
	return parts->aad64.n == 0 ? RC_OK : arena_join(a, joined, ARRAY_LEN(joined), &s->message.aad);
}

static bool opens(const struct jwk *key, const struct jwe_header *h)
{
	bool holds = jwk_crypto(key) == NULL || crypto_key_private(jwk_crypto(key));
	return holds && jwk_allows_jwe(key, h->alg, h->enc, true);
}

/* By kid; without one only if there is a single candidate. */
static enum rc find_in_set(const struct jwks *set, const struct jwe_header *h, struct slice kid,
			   const struct jwk **ret_key)
{
	const struct jwk *found = NULL;
	enum rc rc = RC_JOSE_KID;
	for (size_t i = 0; i < jwks_count(set); i++) {
		const struct jwk *key = jwks_at(set, i);
		if (kid.n > 0 && !slice_eq(jwk_kid(key), kid))
			continue;
		if (!opens(key, h)) {
			rc = RC_JOSE_ALG;
			continue;
		}
		if (found != NULL)
			return RC_JOSE_KID;
		found = key;
	}
	if (found == NULL)
		return rc;
	*ret_key = found;
	return RC_OK;
}

static enum rc find_key(const struct jwe_keys *keys, const struct jwe_header *h, struct slice kid,
			const struct jwk **ret_key)
{
	if (jwe_alg_row(h->alg)->mode == JWE_MODE_PBES2)
		return keys->password.n == 0 ? RC_JOSE_KID : RC_OK;
	if (keys->key == NULL)
		return keys->set == NULL ? RC_JOSE_KID : find_in_set(keys->set, h, kid, ret_key);
	if (kid.n > 0 && jwk_kid(keys->key).n > 0 && !slice_eq(kid, jwk_kid(keys->key)))
		return RC_JOSE_KID;
	if (!opens(keys->key, h))
		return RC_JOSE_ALG;
	*ret_key = keys->key;
	return RC_OK;
}

/* With a password there is no key, and only one derivation. */
static enum rc one_alg_validate(const struct jwe_policy *policy, const struct jwk *key, enum jwe_enc enc)
{
	if (policy->one_algorithm && key != NULL && jwk_is_ambiguous_jwe(key, policy->algs, enc))
		return RC_JOSE_ALG;
	return RC_OK;
}

static enum rc read_alg(const struct jwe_policy *policy, struct jwe_header *h)
{
	const struct json *v = jwe_param(h, SLICE("alg"));
	if (v == NULL)
		return RC_JOSE_HEADER;
	/* Compares the exact bytes: a value of another JSON type is never a name, and no name needs an escape. */
	TRY(jwe_alg_by_name(v->text, &h->alg));
	if ((policy->algs & JWE_ALG_BIT(h->alg)) == 0)
		return RC_JOSE_ALG;
	return RC_OK;
}

/* Empty only if absent. */
static enum rc read_kid(const struct jwe_header *h, struct arena *a, struct slice *ret_kid)
{
	const struct json *v = jwe_param(h, SLICE("kid"));
	struct slice kid = SLICE_NONE;
	if (v != NULL)
		TRY_AS(RC_JOSE_HEADER, json_string(v, a, &kid));
	*ret_kid = kid;
	return v != NULL && kid.n == 0 ? RC_JOSE_HEADER : RC_OK;
}

static enum rc open_content(const struct sealed *s, const uint8_t *cek, struct arena *a, struct slice *ret_plain)
{
	enum crypto_enc cipher = jwe_enc_cipher(s->shared.enc);
	uint8_t *dst = arena_alloc(a, s->message.text.n);
	size_t n;
	if (dst == NULL)
		return RC_MEMORY;
	TRY(crypto_enc_open(cipher, secret_of(cek, crypto_enc_key_len(cipher)), &s->message, dst, &n));
	*ret_plain = slice_of(dst, n);
	return RC_OK;
}

static enum rc unwrap_and_open(const struct jwe_unwrap *u, const struct sealed *s, struct arena *a,
			       struct slice *ret_plain)
{
	uint8_t cek[CRYPTO_CEK_MAX];
	enum rc rc = jwe_unwrap(u, a, cek);
	if (rc == RC_OK)
		rc = open_content(s, cek, a, ret_plain);
	ct_wipe(cek, sizeof cek);
	return rc;
}

static uint32_t p2c_max(const struct jwe_policy *policy)
{
	return policy->p2c_max == 0 || policy->p2c_max > JWE_P2C_MAX ? JWE_P2C_MAX : policy->p2c_max;
}

/* One recipient. Failures before the key is used are distinguished; later ones are not. */
static enum rc try_entry(const struct jwe_keys *keys, const struct sealed *s, struct slice key64, struct arena *a,
			 struct jwe *jwe)
{
	struct jwe_unwrap u = {.header = &jwe->header, .password = keys->password, .p2c_max = p2c_max(s->policy)};
	struct slice kid;
	jwe->header.enc = s->shared.enc;
	TRY(read_alg(s->policy, &jwe->header));
	TRY(read_kid(&jwe->header, a, &kid));
	TRY(find_key(keys, &jwe->header, kid, &u.key));
	TRY(one_alg_validate(s->policy, u.key, s->shared.enc));
	TRY(decode(key64, a, &u.wrapped));
	return unwrap_and_open(&u, s, a, &jwe->plain);
}

static bool is_pbes2(const struct jwe_parts *parts, size_t index)
{
	struct jwe_header h = jwe_header_of(parts, index);
	const struct json *v = jwe_param(&h, SLICE("alg"));
	enum jwe_alg alg;
	return v != NULL && jwe_alg_by_name(v->text, &alg) == RC_OK && jwe_alg_row(alg)->mode == JWE_MODE_PBES2;
}

/* Each derivation may take p2c_max rounds, so only one is allowed per message. */
static enum rc refuse_many_passwords(const struct jwe_parts *parts)
{
	size_t count = 0;
	for (size_t i = 0; i < parts->count; i++)
		count += is_pbes2(parts, i);
	if (count > 1)
		return RC_JOSE_HEADER;
	return RC_OK;
}

/* RFC 7516 7.2.1, 5.2: the first recipient whose key is ours and decrypts. A decryption failure takes precedence
 * over other recipients' errors. */
static enum rc try_entries(const struct jwe_parts *parts, const struct jwe_keys *keys, const struct sealed *s,
			   struct arena *a, struct jwe *jwe)
{
	enum rc rc = RC_JOSE_KID;
	for (size_t i = 0; i < parts->count; i++) {
		jwe->header = jwe_header_of(parts, i);
		enum rc tried = try_entry(keys, s, parts->entries[i].key64, a, jwe);
		if (tried == RC_OK)
			return RC_OK;
		if (i == 0 || tried == RC_JOSE_DECRYPT)
			rc = tried;
	}
	return rc;
}

static enum rc decrypt(struct slice text, const struct jwe_keys *keys, struct sealed *s, struct arena *a,
		       struct jwe *jwe)
{
	struct jwe_parts parts;
	TRY(jwe_parse(text, s->policy->json, a, &parts));
	TRY(jwe_header_validate(&parts, s->policy, a, &s->shared));
	TRY(refuse_many_passwords(&parts));
	TRY(decode_parts(&parts, a, s));
	TRY(try_entries(&parts, keys, s, a, jwe));
	jwe->aad = s->aad;
	if (s->shared.zip)
		TRY(zip_inflate(jwe->plain, JWE_INFLATED_MAX, a, &jwe->plain));
	return RC_OK;
}

enum rc jwe_decrypt(struct slice text, const struct jwe_keys *keys, const struct jwe_policy *policy, struct arena *a,
		    struct jwe *ret_jwe)
{
	struct sealed s = {.policy = policy};
	struct jwe jwe = {.plain = SLICE_NONE};
	TRY(decrypt(text, keys, &s, a, &jwe));
	*ret_jwe = jwe;
	return RC_OK;
}
