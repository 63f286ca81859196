/* SPDX-License-Identifier: Apache-2.0 */
/* Keys. */
#include <stdlib.h>

#include "base/base64url.h"
#include "jose/jwk/jwk_file.h"
#include "libostiary/ostiary_internal.h"

_Static_assert(OSTIARY_JWK_PUBLIC == JWK_PUBLIC && OSTIARY_JWK_SYMMETRIC == JWK_SYMMETRIC &&
		       OSTIARY_JWK_PRIVATE == JWK_PRIVATE && OSTIARY_JWK_ENCRYPTION == JWK_ENCRYPTION &&
		       OSTIARY_JWK_ANY == JWK_ANY,
	       "the public bits are those of enum jwk_wanted");
_Static_assert((int)OSTIARY_DER_PUBLIC == JWK_FORM_DER_PUBLIC && (int)OSTIARY_DER_PRIVATE == JWK_FORM_DER_PRIVATE &&
		       (int)OSTIARY_PEM_PUBLIC == JWK_FORM_PEM_PUBLIC &&
		       (int)OSTIARY_PEM_PRIVATE == JWK_FORM_PEM_PRIVATE,
	       "the public forms are those of enum jwk_form");

static struct secret passphrase_of(const char *passphrase)
{
	return secret_from_slice(slice_cstr(passphrase));
}

static enum ostiary_result give(enum rc rc, struct jwk *key, struct ostiary_jwk **ret_key)
{
	if (rc == RC_OK)
		*ret_key = inner_public_key(key);
	return rc == RC_ACCESS_DENIED ? OSTIARY_DECRYPT : inner_result(rc);
}

enum ostiary_result ostiary_jwk_parse(const char *text, size_t length, unsigned wanted, struct ostiary_jwk **ret_key)
{
	struct jwk *key = NULL;
	if (text == NULL || ret_key == NULL || wanted == 0 || wanted > OSTIARY_JWK_ANY)
		return OSTIARY_ARGUMENT;
	enum rc rc = jwk_read(slice_of(text, length), (enum jwk_wanted)(wanted | JWK_CERTIFIED), &key);
	return give(rc, key, ret_key);
}

enum ostiary_result ostiary_jwk_import(const void *bytes, size_t length, unsigned wanted,
				       const struct ostiary_jwk_import *how, struct ostiary_jwk **ret_key)
{
	struct ostiary_jwk_import own = {.size = sizeof own};
	struct jwk *key = NULL;
	if (bytes == NULL || ret_key == NULL || wanted == 0 || wanted > OSTIARY_JWK_ANY)
		return OSTIARY_ARGUMENT;
	if (how != NULL && inner_sized(&own, sizeof own, how) != RC_OK)
		return OSTIARY_ARGUMENT;
	struct jwk_names names = {slice_cstr(own.alg), slice_cstr(own.use), slice_cstr(own.kid)};
	enum rc rc = jwk_import(slice_of(bytes, length), (enum jwk_wanted)wanted, &names,
				passphrase_of(own.passphrase), &key);
	return give(rc, key, ret_key);
}

enum ostiary_result ostiary_jwk_generate(const struct ostiary_jwk_spec *spec, struct ostiary_jwk **ret_key)
{
	struct jwk *key = NULL;
	struct ostiary_jwk_spec own;
	if (spec == NULL || ret_key == NULL || inner_sized(&own, sizeof own, spec) != RC_OK || own.alg == NULL)
		return OSTIARY_ARGUMENT;
	struct jwk_spec s = {slice_cstr(own.alg), slice_cstr(own.crv), own.rsa_bits, slice_cstr(own.kid)};
	enum rc rc = jwk_generate_for(&s, &key);
	return give(rc, key, ret_key);
}

enum ostiary_result ostiary_jwk_public(const struct ostiary_jwk *key, struct ostiary_jwk **ret_key)
{
	struct jwk *half = NULL;
	if (key == NULL || ret_key == NULL)
		return OSTIARY_ARGUMENT;
	enum rc rc = jwk_public_of(inner_jwk(key), &half);
	return give(rc, half, ret_key);
}

void ostiary_jwk_free(struct ostiary_jwk *key)
{
	jwk_unref(inner_jwk(key));
}

/* What was written, with a NUL, out of the buf and into the caller's hands. */
static enum ostiary_result hand_over(struct buf *b, enum rc rc, char **ret_text)
{
	buf_byte(b, 0);
	if (rc == RC_OK)
		rc = buf_rc(b);
	if (rc != RC_OK) {
		buf_free(b);
		return inner_result(rc);
	}
	*ret_text = (char *)b->p;
	return OSTIARY_OK;
}

enum ostiary_result ostiary_jwk_write(const struct ostiary_jwk *key, bool private_too, char **ret_text)
{
	struct buf b;
	if (key == NULL || ret_text == NULL)
		return OSTIARY_ARGUMENT;
	buf_init(&b, JWKS_TEXT_MAX);
	struct json_out out = json_out_to(&b);
	enum rc rc = jwk_write(inner_jwk(key), private_too, &out);
	return hand_over(&b, rc, ret_text);
}

enum ostiary_result ostiary_jwk_export(const struct ostiary_jwk *key, enum ostiary_jwk_form form,
				       const char *passphrase, void *dst, size_t capacity, size_t *ret_length)
{
	struct buf b;
	if (key == NULL || dst == NULL || ret_length == NULL)
		return OSTIARY_ARGUMENT;
	buf_init(&b, 2 * CRYPTO_DER_MAX);
	enum rc rc = jwk_export(inner_jwk(key), (enum jwk_form)form, passphrase_of(passphrase), &b);
	if (rc == RC_OK && b.n > capacity)
		rc = RC_LIMIT;
	if (rc == RC_OK) {
		memcpy(dst, b.p, b.n);
		*ret_length = b.n;
	}
	buf_free(&b);
	return inner_result(rc);
}

enum ostiary_result ostiary_jwk_thumbprint(const struct ostiary_jwk *key, char dst[44])
{
	uint8_t thumbprint[32];
	if (key == NULL || dst == NULL)
		return OSTIARY_ARGUMENT;
	enum rc rc = jwk_thumbprint(inner_jwk(key), thumbprint);
	if (rc != RC_OK)
		return inner_result(rc);
	base64url_encode_to(slice_of(thumbprint, sizeof thumbprint), dst);
	dst[43] = '\0';
	return OSTIARY_OK;
}

enum ostiary_result ostiary_jwk_thumbprint_uri(const struct ostiary_jwk *key, char dst[89])
{
	char uri[JWK_THUMBPRINT_URI_LEN];
	if (key == NULL || dst == NULL)
		return OSTIARY_ARGUMENT;
	enum rc rc = jwk_thumbprint_uri(inner_jwk(key), uri);
	if (rc != RC_OK)
		return inner_result(rc);
	memcpy(dst, uri, sizeof uri);
	dst[sizeof uri] = '\0';
	return OSTIARY_OK;
}

_Static_assert(JWK_THUMBPRINT_URI_LEN == 88, "the public header says 89 with the NUL");

/* Slices of literals and of kids, which are kept with a NUL behind them. */
static const char *text_of(struct slice s)
{
	return s.n == 0 ? NULL : (const char *)s.p;
}

const char *ostiary_jwk_kid(const struct ostiary_jwk *key)
{
	return text_of(jwk_kid(inner_jwk(key)));
}

const char *ostiary_jwk_alg(const struct ostiary_jwk *key)
{
	return text_of(jwk_alg_name(inner_jwk(key)));
}

const char *ostiary_jwk_use(const struct ostiary_jwk *key)
{
	return text_of(jwk_use_name(inner_jwk(key)));
}

const char *ostiary_jwk_kty(const struct ostiary_jwk *key)
{
	return text_of(jwk_kty_name(inner_jwk(key)));
}

const char *ostiary_jwk_crv(const struct ostiary_jwk *key)
{
	return text_of(jwk_crv_name(inner_jwk(key)));
}

bool ostiary_jwk_is_private(const struct ostiary_jwk *key)
{
	return jwk_is_private(inner_jwk(key));
}

struct ostiary_jws_algorithms ostiary_jwk_algorithms(const struct ostiary_jwk *key)
{
	jose_alg_set set = 0;
	for (enum jose_alg alg = 0; alg < JOSE_ALG_COUNT; alg++)
		if (jwk_allows(inner_jwk(key), alg))
			set |= JOSE_ALG_BIT(alg);
	return inner_public_algs(set);
}

enum ostiary_result ostiary_jwks_parse(const char *text, size_t length, struct ostiary_jwks **ret_keys)
{
	struct jwks *set;
	if (text == NULL || ret_keys == NULL)
		return OSTIARY_ARGUMENT;
	enum rc rc = inner_jwks_read(slice_of(text, length), JWK_PUBLIC, (struct inner_ear){NULL, NULL}, &set);
	if (rc == RC_OK)
		*ret_keys = inner_public(set);
	return inner_result(rc);
}

static enum rc set_of_one(enum rc rc, struct jwk *key, struct jwks **ret_set)
{
	if (rc != RC_OK)
		return rc;
	rc = jwks_of(&key, 1, ret_set);
	jwk_unref(key);
	return rc;
}

static enum rc read_json(struct slice text, const struct ostiary_jwks_options *o, struct jwks **ret_set)
{
	enum jwk_wanted wanted = (enum jwk_wanted)o->wanted;
	struct jwk *key = NULL;
	enum rc rc = inner_jwks_read(text, wanted, (struct inner_ear){o->remark, o->remark_self}, ret_set);
	if (rc != RC_JOSE_KEY)
		return rc;
	rc = jwk_read(text, wanted | JWK_CERTIFIED, &key);
	return set_of_one(rc, key, ret_set);
}

static enum rc read_file(struct slice bytes, const struct ostiary_jwks_options *o, struct jwks **ret_set)
{
	static const struct jwk_names none = {.alg = SLICE_NONE};
	struct jwk *key = NULL;
	enum rc rc = jwk_import(bytes, (enum jwk_wanted)o->wanted, &none, passphrase_of(o->passphrase), &key);
	return set_of_one(rc, key, ret_set);
}

enum ostiary_result ostiary_jwks_read(const void *bytes, size_t length, const struct ostiary_jwks_options *options,
				      struct ostiary_jwks **ret_keys)
{
	struct ostiary_jwks_options own = {.size = sizeof own};
	struct slice text = slice_of(bytes, length);
	struct jwks *set = NULL;
	if (bytes == NULL || ret_keys == NULL || (options != NULL && inner_sized(&own, sizeof own, options) != RC_OK))
		return OSTIARY_ARGUMENT;
	if (own.wanted > OSTIARY_JWK_ANY)
		return OSTIARY_ARGUMENT;
	if (own.wanted == 0)
		own.wanted = OSTIARY_JWK_PUBLIC;
	enum rc rc = json_begins_object(text) ? read_json(text, &own, &set) : read_file(text, &own, &set);
	if (rc == RC_OK && own.no_tables)
		jwks_without_tables(set);
	if (rc == RC_OK)
		*ret_keys = inner_public(set);
	return rc == RC_ACCESS_DENIED ? OSTIARY_DECRYPT : inner_result(rc);
}

enum ostiary_result ostiary_jwks_of(const struct ostiary_jwk *const *keys, size_t count, struct ostiary_jwks **ret_keys)
{
	struct jwk *inner[JWKS_KEYS_MAX];
	struct jwks *set;
	if ((keys == NULL && count > 0) || ret_keys == NULL)
		return OSTIARY_ARGUMENT;
	if (count > JWKS_KEYS_MAX)
		return OSTIARY_LIMIT;
	for (size_t i = 0; i < count; i++) {
		if (keys[i] == NULL)
			return OSTIARY_ARGUMENT;
		inner[i] = inner_jwk(keys[i]);
	}
	enum rc rc = jwks_of(inner, count, &set);
	if (rc == RC_OK)
		*ret_keys = inner_public(set);
	return inner_result(rc);
}

enum ostiary_result ostiary_jwks_write(const struct ostiary_jwks *keys, bool private_too, char **ret_text)
{
	struct buf b;
	if (keys == NULL || ret_text == NULL)
		return OSTIARY_ARGUMENT;
	buf_init(&b, 2 * JWKS_TEXT_MAX);
	struct json_out out = json_out_to(&b);
	enum rc rc = jwks_write(inner_jwks(keys), private_too, &out);
	return hand_over(&b, rc, ret_text);
}

size_t ostiary_jwks_count(const struct ostiary_jwks *keys)
{
	return jwks_count(inner_jwks(keys));
}

const struct ostiary_jwk *ostiary_jwks_at(const struct ostiary_jwks *keys, size_t index)
{
	if (keys == NULL || index >= jwks_count(inner_jwks(keys)))
		return NULL;
	return inner_public_key(jwks_at(inner_jwks(keys), index));
}

const struct ostiary_jwk *ostiary_jwks_find(const struct ostiary_jwks *keys, const char *kid)
{
	if (keys == NULL || kid == NULL || *kid == '\0')
		return NULL;
	for (size_t i = 0; i < jwks_count(inner_jwks(keys)); i++) {
		struct jwk *key = jwks_at(inner_jwks(keys), i);
		if (slice_eq(jwk_kid(key), slice_cstr(kid)))
			return inner_public_key(key);
	}
	return NULL;
}

void ostiary_jwks_free(struct ostiary_jwks *keys)
{
	jwks_unref(inner_jwks(keys));
}
