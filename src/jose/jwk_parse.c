/* SPDX-License-Identifier: Apache-2.0 */
/* Reads one key and refuses every unfit one: a key is checked here and never again. */
#include "base/base64url.h"
#include "base/utf8.h"
#include "jose/jwk_inner.h"

/* Memory for decoded components. Wiped after use: they may be private. */
struct decoded {
	struct crypto_parts parts;
	size_t used;
	uint8_t memory[8 * CRYPTO_PART_MAX];
};

static enum rc bytes_of(const struct json *v, uint8_t *dst, size_t cap, size_t *ret_n)
{
	if (v->type != JSON_STRING || v->escaped)
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
	TRY(bytes_of(v, d->memory + d->used, CRYPTO_PART_MAX, &n));
	d->parts.v[m->part] = slice_of(d->memory + d->used, n);
	d->used += n;
	return RC_OK;
}

static enum rc read_parts(const struct json *jwk, const struct jwk_kind *kind, enum jwk_wanted wanted, struct decoded *d)
{
	for (size_t i = 0; i < kind->member_count; i++)
		TRY(read_part(jwk, &kind->members[i], d));
	for (size_t i = 0; i < kind->member_count; i++)
		if (wanted == JWK_PUBLIC && kind->members[i].is_private && d->parts.v[kind->members[i].part].n > 0)
			return RC_JOSE_KEY;
	if (wanted == JWK_PRIVATE && d->parts.v[CRYPTO_PART_D].n == 0)
		return RC_JOSE_KEY;
	/* RFC 7518 6.3.2.7: keys of more than two primes. */
	if (json_get(jwk, SLICE("oth")) != NULL)
		return RC_JOSE_KEY;
	return RC_OK;
}

static enum rc read_asymmetric(const struct json *jwk, enum jwk_wanted wanted, struct slice kty, struct jwk *key)
{
	const struct json *crv = json_get(jwk, SLICE("crv"));
	struct slice crv_name = crv != NULL && crv->type == JSON_STRING ? crv->text : SLICE_NONE;
	const struct jwk_kind *kind = jwk_kind_by_name(kty, crv_name);
	struct decoded d = {.used = 0};
	if (wanted == JWK_SYMMETRIC)
		return RC_JOSE_KEY;
	if (kind == NULL)
		return RC_JOSE_KEY;
	key->kty = kind->kty;
	enum rc rc = read_parts(jwk, kind, wanted, &d);
	if (rc == RC_OK)
		rc = crypto_key_new(kind->type, &d.parts, &key->key);
	ct_wipe(&d, sizeof d);
	return rc;
}

static enum rc read_oct(const struct json *jwk, enum jwk_wanted wanted, struct jwk *key)
{
	const struct json *k = json_get(jwk, SLICE("k"));
	uint8_t bytes[JWK_OCT_MAX];
	size_t n;
	if (wanted == JWK_PUBLIC)
		return RC_JOSE_KEY;
	if (k == NULL)
		return RC_JOSE_KEY;
	key->kty = JOSE_KTY_OCT;
	enum rc rc = bytes_of(k, bytes, sizeof bytes, &n);
	if (rc == RC_OK)
		rc = jwk_set_oct(key, secret_of(bytes, n));
	ct_wipe(bytes, sizeof bytes);
	return rc;
}

static enum rc read_material(const struct json *jwk, enum jwk_wanted wanted, struct jwk *key)
{
	const struct json *kty = json_get(jwk, SLICE("kty"));
	if (kty == NULL || kty->type != JSON_STRING)
		return RC_JOSE_KEY;
	if (slice_eq(kty->text, SLICE("oct")))
		return read_oct(jwk, wanted, key);
	return read_asymmetric(jwk, wanted, kty->text, key);
}

/* RFC 7517 4.2: a key for encryption never verifies. */
static enum rc read_use(const struct json *jwk, struct jwk *key)
{
	const struct json *use = json_get(jwk, SLICE("use"));
	if (use == NULL)
		return RC_OK;
	if (!json_is_string(use, SLICE("sig")))
		return RC_JOSE_KEY;
	key->has_use = true;
	return RC_OK;
}

/* RFC 7517 4.3: "Duplicate key operation values MUST NOT be present in the array." */
static enum rc refuse_repeated(const struct json *ops)
{
	for (const struct json *a = json_first(ops); a != NULL; a = json_next(ops, a))
		for (const struct json *b = json_next(ops, a); b != NULL; b = json_next(ops, b))
			if (slice_eq(a->text, b->text))
				return RC_JOSE_KEY;
	return RC_OK;
}

static enum rc read_ops(const struct json *jwk, enum jwk_wanted wanted, struct jwk *key)
{
	const struct json *ops = json_get(jwk, SLICE("key_ops"));
	if (ops == NULL)
		return RC_OK;
	if (ops->type != JSON_ARRAY)
		return RC_JOSE_KEY;
	for (const struct json *op = json_first(ops); op != NULL; op = json_next(ops, op))
		if (op->type != JSON_STRING || op->escaped)
			return RC_JOSE_KEY;
	TRY(refuse_repeated(ops));
	key->may_sign = json_has_string(ops, SLICE("sign"));
	/* Who may sign holds the public half as well. */
	key->may_verify = json_has_string(ops, SLICE("verify")) || (key->may_sign && wanted == JWK_PRIVATE);
	if (wanted == JWK_PRIVATE && !key->may_sign)
		return RC_JOSE_KEY;
	if (!key->may_sign && !key->may_verify)
		return RC_JOSE_KEY;
	if (wanted == JWK_PUBLIC && !key->may_verify)
		return RC_JOSE_KEY;
	return RC_OK;
}

/* The key's own type decides: an `alg` that does not fit it makes the key unfit, never the other way round. */
static enum rc read_alg(const struct json *jwk, struct jwk *key)
{
	const struct json *alg = json_get(jwk, SLICE("alg"));
	if (alg == NULL)
		return RC_OK;
	/* No text of another type is a name, and no name needs an escape. */
	enum jose_alg named;
	if (jose_alg_by_name(alg->text, &named) != RC_OK)
		return RC_JOSE_KEY;
	if (!jwk_allows(key, named))
		return RC_JOSE_KEY;
	key->bound = true;
	key->alg = named;
	return RC_OK;
}

static enum rc read_kid(const struct json *jwk, struct jwk *key)
{
	const struct json *kid = json_get(jwk, SLICE("kid"));
	struct arena a;
	struct slice text;
	if (kid == NULL)
		return RC_OK;
	arena_init(&a, 4 * JWK_KID_MAX);
	enum rc rc = json_string(kid, &a, &text) == RC_OK && text.n > 0 && utf8_printable(text) ? jwk_set_kid(key, text)
												: RC_JOSE_KEY;
	arena_reset(&a);
	return rc;
}

static enum rc read_all(const struct json *jwk, enum jwk_wanted wanted, struct jwk *key)
{
	TRY(read_use(jwk, key));
	TRY(read_ops(jwk, wanted, key));
	TRY(read_kid(jwk, key));
	TRY(read_material(jwk, wanted, key));
	return read_alg(jwk, key);
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
