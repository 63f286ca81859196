/* SPDX-License-Identifier: Apache-2.0 */
/* Reads one key and refuses every unfit one: a key is checked here and never again. */
#include "base/base64url.h"
#include "jose/jwk_inner.h"

/* Eight components, each as long as the longest modulus: other keys have less. */
enum { DECODED_MAX = 8 * CRYPTO_RSA_BITS_MAX / 8, OCT_MIN = 16 };

/* Memory for decoded components. Wiped after use: they may be private. */
struct decoded {
	struct crypto_parts parts;
	size_t used;
	uint8_t memory[DECODED_MAX];
};

/* Both bits of JWK_PRIVATE, for one. */
static bool wants(enum jwk_wanted wanted, enum jwk_wanted what)
{
	return (wanted & what) == what;
}

static enum rc bytes_of(const struct json *v, uint8_t *dst, size_t cap, size_t *ret_n)
{
	/* An escape has a backslash, which is none of the alphabet. */
	if (v->type != JSON_STRING)
		return RC_JOSE_KEY;
	if (base64url_decode(v->text, dst, cap, ret_n) != RC_OK)
		return RC_JOSE_KEY;
	if (*ret_n == 0)
		return RC_JOSE_KEY;
	return RC_OK;
}

static enum rc read_part(const struct json *jwk, const struct jwk_member *m, struct decoded *d)
{
	const struct json *v = json_get(jwk, m->name);
	size_t n;
	if (v == NULL)
		return RC_OK;
	TRY(bytes_of(v, d->memory + d->used, sizeof d->memory - d->used, &n));
	d->parts.v[m->part] = slice_of(d->memory + d->used, n);
	d->used += n;
	return RC_OK;
}

static bool has_private(const struct jwk_kind *kind, const struct crypto_parts *parts)
{
	for (size_t i = 0; i < kind->member_count; i++)
		if (kind->members[i].is_private && parts->v[kind->members[i].part].n > 0)
			return true;
	return false;
}

static enum rc read_parts(const struct json *jwk, const struct jwk_kind *kind, enum jwk_wanted wanted, struct decoded *d)
{
	for (size_t i = 0; i < kind->member_count; i++)
		TRY(read_part(jwk, &kind->members[i], d));
	if (!wants(wanted, JWK_PRIVATE) && has_private(kind, &d->parts))
		return RC_JOSE_KEY;
	if (!wants(wanted, JWK_PUBLIC) && d->parts.v[CRYPTO_PART_D].n == 0)
		return RC_JOSE_KEY;
	/* RFC 7518 6.3.2.7: keys of more than two primes. */
	if (json_get(jwk, SLICE("oth")) != NULL)
		return RC_JOSE_KEY;
	return RC_OK;
}

static struct slice text_of(const struct json *jwk, struct slice name)
{
	const struct json *v = json_get(jwk, name);
	return v != NULL && v->type == JSON_STRING ? v->text : SLICE_NONE;
}

static enum rc read_asymmetric(const struct json *jwk, enum jwk_wanted wanted, struct slice kty, struct jwk *key)
{
	const struct jwk_kind *kind = jwk_kind_by_name(kty, text_of(jwk, SLICE("crv")), text_of(jwk, SLICE("alg")));
	struct decoded d = {.used = 0};
	if (kind == NULL)
		return RC_JOSE_KEY;
	key->kty = kind->kty;
	enum rc rc = read_parts(jwk, kind, wanted, &d);
	if (rc == RC_OK)
		rc = crypto_key_new(kind->type, &d.parts, &key->key);
	ct_wipe(&d, sizeof d);
	if (rc == RC_OK && !crypto_key_signs(kind->type) && !wants(wanted, JWK_ENCRYPTION))
		return RC_JOSE_KEY;
	return rc;
}

/* RFC 7518 3.2, 4.4: no hash is shorter than 32 bytes, no wrapping key shorter than 16. */
static enum rc read_oct(const struct json *jwk, enum jwk_wanted wanted, struct jwk *key)
{
	const struct json *k = json_get(jwk, SLICE("k"));
	uint8_t bytes[JWK_OCT_MAX];
	size_t n;
	if (!wants(wanted, JWK_SYMMETRIC))
		return RC_JOSE_KEY;
	if (k == NULL)
		return RC_JOSE_KEY;
	key->kty = JOSE_KTY_OCT;
	enum rc rc = bytes_of(k, bytes, sizeof bytes, &n);
	if (rc == RC_OK && n < (wants(wanted, JWK_ENCRYPTION) ? OCT_MIN : crypto_hash_len(CRYPTO_SHA256)))
		rc = RC_JOSE_KEY;
	if (rc == RC_OK)
		rc = jwk_set_oct(key, secret_of(bytes, n));
	ct_wipe(bytes, sizeof bytes);
	return rc;
}

static enum rc read_material(const struct json *jwk, enum jwk_wanted wanted, struct jwk *key)
{
	const struct json *kty = json_get(jwk, SLICE("kty"));
	/* No text of another type is a name. */
	if (kty == NULL)
		return RC_JOSE_KEY;
	if (slice_eq(kty->text, SLICE("oct")))
		return read_oct(jwk, wanted, key);
	return read_asymmetric(jwk, wanted, kty->text, key);
}

static enum rc read_kid(const struct json *jwk, struct jwk *key)
{
	const struct json *kid = json_get(jwk, SLICE("kid"));
	struct arena a;
	struct slice text;
	if (kid == NULL)
		return RC_OK;
	arena_init(&a, 4 * JWK_KID_MAX);
	enum rc rc = json_string(kid, &a, &text) == RC_OK && text.n > 0 ? jwk_set_kid(key, text) : RC_JOSE_KEY;
	arena_reset(&a);
	return rc;
}

static enum rc read_all(const struct json *jwk, enum jwk_wanted wanted, struct jwk *key)
{
	TRY(read_kid(jwk, key));
	TRY(read_material(jwk, wanted, key));
	TRY(jwk_read_use(jwk, wanted, key));
	return wants(wanted, JWK_CERTIFIED) ? jwk_x5c_check(jwk, key) : RC_OK;
}

enum rc jwk_parse(const struct json *json, enum jwk_wanted wanted, struct jwk **ret_key)
{
	/* What is no object has no `kty`, and is refused for that. */
	struct jwk *key = jwk_alloc(JOSE_KTY_OCT);
	if (key == NULL)
		return RC_MEMORY;
	enum rc rc = read_all(json, wanted, key);
	if (rc != RC_OK) {
		jwk_unref(key);
		return rc;
	}
	*ret_key = key;
	return RC_OK;
}

enum rc jwk_read(struct slice text, enum jwk_wanted wanted, struct jwk **ret_key)
{
	struct json pool[JWK_VALUES_MAX];
	if (text.n > JWK_TEXT_MAX)
		return RC_LIMIT;
	if (json_parse(text, pool, ARRAY_LEN(pool)) != RC_OK)
		return RC_JOSE_KEY;
	return jwk_parse(pool, wanted, ret_key);
}
