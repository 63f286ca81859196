/* SPDX-License-Identifier: Apache-2.0 */
/* Reads one key and refuses every unfit one: a key is validated here and never again. */
#include "base/base64url.h"
#include "jose/jwk/jwk_internal.h"

/* Eight components, each as long as the longest modulus: other keys need less. */
enum { DECODED_MAX = 8 * CRYPTO_RSA_BITS_MAX / 8, OCT_MIN = 16 };

/* Memory for decoded components, wiped after use: they may be private. */
struct decoded {
	struct crypto_parts parts;
	bool zero; /* one had a leading zero octet */
	size_t used;
	uint8_t memory[DECODED_MAX];
};

/* True only if all bits are set, e.g. both of JWK_PRIVATE. */
static bool wants(enum jwk_wanted wanted, enum jwk_wanted what)
{
	return (wanted & what) == what;
}

enum rc jwk_unfit(struct jwk *key, enum jwk_remark why)
{
	key->remark = why;
	return RC_JOSE_KEY;
}

/* Some serializers write absent members as null or "". */
const struct json *jwk_member_of(const struct json *jwk, struct slice name)
{
	const struct json *v = json_get(jwk, name);
	return v == NULL || v->type == JSON_NULL || (v->type == JSON_STRING && v->text.n == 0) ? NULL : v;
}

static enum rc bytes_of(const struct json *v, uint8_t *dst, size_t cap, size_t *ret_n)
{
	/* An escape needs a backslash, which is not in the alphabet. */
	if (v->type != JSON_STRING)
		return RC_JOSE_KEY;
	if (base64url_decode(v->text, dst, cap, ret_n) != RC_OK)
		return RC_JOSE_KEY;
	return RC_OK;
}

static enum rc read_part(const struct json *jwk, const struct jwk_member *m, struct decoded *d)
{
	const struct json *v = jwk_member_of(jwk, m->name);
	size_t n;
	if (v == NULL)
		return RC_OK;
	TRY(bytes_of(v, d->memory + d->used, sizeof d->memory - d->used, &n));
	struct slice part = slice_of(d->memory + d->used, n);
	/* RFC 7518 6.3.1.1: "some cryptographic libraries prefix an extra zero-valued octet to the modulus". */
	if ((m->part == CRYPTO_PART_N || m->part == CRYPTO_PART_E) && n > 1 && part.p[0] == 0) {
		part = slice_from(part, 1);
		d->zero = true;
	}
	d->parts.v[m->part] = part;
	d->used += n;
	return RC_OK;
}

static bool has_private(const struct jwk_type *type, const struct crypto_parts *parts)
{
	for (size_t i = 0; i < type->member_count; i++)
		if (type->members[i].is_private && parts->v[type->members[i].part].n > 0)
			return true;
	return false;
}

static enum rc read_parts(const struct json *jwk, const struct jwk_type *type, enum jwk_wanted wanted, struct jwk *key,
			  struct decoded *d)
{
	for (size_t i = 0; i < type->member_count; i++)
		if (read_part(jwk, &type->members[i], d) != RC_OK)
			return jwk_unfit(key, JWK_REMARK_COMPONENTS);
	if (!wants(wanted, JWK_PRIVATE) && has_private(type, &d->parts))
		return jwk_unfit(key, JWK_REMARK_PRIVATE);
	if (!wants(wanted, JWK_PUBLIC) && d->parts.v[CRYPTO_PART_D].n == 0)
		return jwk_unfit(key, JWK_REMARK_PUBLIC);
	/* RFC 7518 6.3.2.7: keys with more than two primes are not supported. */
	if (jwk_member_of(jwk, SLICE("oth")) != NULL)
		return jwk_unfit(key, JWK_REMARK_PRIMES);
	return RC_OK;
}

bool jwk_shows_private(const struct json *jwk)
{
	const struct json *kty = jwk_member_of(jwk, SLICE("kty"));
	return kty != NULL && jwk_type_shows_private(kty->text, jwk);
}

/* The likely reason of crypto_key_new's failure, as a remark. */
static enum jwk_remark material_remark(enum crypto_key_type type, const struct crypto_parts *parts)
{
	struct slice n = parts->v[CRYPTO_PART_N], e = parts->v[CRYPTO_PART_E];
	uint64_t exponent = 0;
	if (!crypto_key_available(type))
		return JWK_REMARK_UNAVAILABLE;
	if (type != CRYPTO_KEY_RSA || n.n == 0 || e.n == 0)
		return JWK_REMARK_COMPONENTS;
	if (n.n < CRYPTO_RSA_BITS_MIN / 8 || n.n > CRYPTO_RSA_BITS_MAX / 8 ||
	    (n.n == CRYPTO_RSA_BITS_MIN / 8 && n.p[0] < 0x80))
		return JWK_REMARK_LENGTH;
	for (size_t i = 0; i < e.n && exponent <= UINT32_MAX; i++)
		exponent = exponent << 8 | e.p[i];
	return exponent < 65537 || exponent > UINT32_MAX || exponent % 2 == 0 ? JWK_REMARK_EXPONENT
									      : JWK_REMARK_COMPONENTS;
}

static struct slice text_of(const struct json *jwk, struct slice name)
{
	const struct json *v = jwk_member_of(jwk, name);
	return v != NULL && v->type == JSON_STRING ? v->text : SLICE_NONE;
}

static enum rc read_asymmetric(const struct json *jwk, enum jwk_wanted wanted, struct slice kty, struct jwk *key)
{
	const struct jwk_type *type = jwk_type_by_name(kty, text_of(jwk, SLICE("crv")), text_of(jwk, SLICE("alg")));
	struct decoded d = {.used = 0};
	if (type == NULL)
		return jwk_unfit(key, JWK_REMARK_UNKNOWN);
	key->kty = type->kty;
	enum rc rc = read_parts(jwk, type, wanted, key, &d);
	if (rc == RC_OK) {
		rc = crypto_key_new(type->type, &d.parts, &key->key);
		if (rc == RC_JOSE_KEY)
			key->remark = material_remark(type->type, &d.parts);
		else if (d.zero)
			key->remark = JWK_REMARK_ZERO;
	}
	ct_wipe(&d, sizeof d);
	if (rc == RC_OK && !crypto_key_signs(type->type) && !wants(wanted, JWK_ENCRYPTION))
		return jwk_unfit(key, JWK_REMARK_ENCRYPTION);
	return rc;
}

/* RFC 7518 3.2, 4.4: the shortest hash has 32 bytes, the shortest wrapping key 16. */
static enum rc read_oct(const struct json *jwk, enum jwk_wanted wanted, struct jwk *key)
{
	const struct json *k = jwk_member_of(jwk, SLICE("k"));
	uint8_t bytes[JWK_OCT_MAX];
	size_t n;
	if (!wants(wanted, JWK_SYMMETRIC))
		return jwk_unfit(key, JWK_REMARK_SECRET);
	if (k == NULL)
		return jwk_unfit(key, JWK_REMARK_COMPONENTS);
	key->kty = JOSE_KTY_OCT;
	enum rc rc = bytes_of(k, bytes, sizeof bytes, &n);
	if (rc != RC_OK)
		rc = jwk_unfit(key, JWK_REMARK_COMPONENTS);
	else if (n < (wants(wanted, JWK_ENCRYPTION) ? OCT_MIN : crypto_hash_len(CRYPTO_SHA256)))
		rc = jwk_unfit(key, JWK_REMARK_SHORT);
	else
		rc = jwk_set_oct(key, secret_of(bytes, n));
	ct_wipe(bytes, sizeof bytes);
	return rc;
}

static enum rc read_material(const struct json *jwk, enum jwk_wanted wanted, struct jwk *key)
{
	const struct json *kty = jwk_member_of(jwk, SLICE("kty"));
	/* A value of another JSON type is never a name. */
	if (kty == NULL)
		return jwk_unfit(key, JWK_REMARK_NO_KEY);
	if (slice_eq(kty->text, SLICE("oct")))
		return read_oct(jwk, wanted, key);
	return read_asymmetric(jwk, wanted, kty->text, key);
}

static enum rc read_kid(const struct json *jwk, struct jwk *key)
{
	const struct json *kid = jwk_member_of(jwk, SLICE("kid"));
	struct arena a;
	struct slice text;
	if (kid == NULL)
		return RC_OK;
	arena_init(&a, 4 * JWK_KID_MAX);
	enum rc rc = json_string(kid, &a, &text) == RC_OK ? jwk_set_kid(key, text) : jwk_unfit(key, JWK_REMARK_KID);
	arena_reset(&a);
	return rc;
}

static enum rc read_all(const struct json *jwk, enum jwk_wanted wanted, struct jwk *key)
{
	TRY(read_kid(jwk, key));
	TRY(read_material(jwk, wanted, key));
	TRY(jwk_read_use(jwk, wanted, key));
	enum rc rc = wants(wanted, JWK_CERTIFIED) ? jwk_x5c_validate(jwk, key) : RC_OK;
	return rc == RC_JOSE_KEY ? jwk_unfit(key, JWK_REMARK_X5C) : rc;
}

enum rc jwk_validate(const struct json *json, enum jwk_wanted wanted, struct jwk **ret_key, enum jwk_remark *ret_remark)
{
	/* A value that is no object has no `kty`, and is refused for that. */
	struct jwk *key = jwk_alloc(JOSE_KTY_OCT);
	*ret_remark = JWK_REMARK_NONE;
	if (key == NULL)
		return RC_MEMORY;
	enum rc rc = read_all(json, wanted, key);
	*ret_remark = key->remark;
	if (rc != RC_OK) {
		jwk_unref(key);
		return rc;
	}
	*ret_key = key;
	return RC_OK;
}

enum rc jwk_parse(const struct json *json, enum jwk_wanted wanted, struct jwk **ret_key)
{
	enum jwk_remark unheard;
	return jwk_validate(json, wanted, ret_key, &unheard);
}

enum rc jwk_read_remarked(struct slice text, enum jwk_wanted wanted, struct jwk **ret_key, enum jwk_remark *ret_remark)
{
	struct json pool[JWK_VALUES_MAX];
	*ret_remark = JWK_REMARK_NO_KEY;
	if (text.n > JWK_TEXT_MAX)
		return RC_LIMIT;
	if (json_parse(text, pool, ARRAY_LEN(pool)) != RC_OK)
		return RC_JOSE_KEY;
	return jwk_validate(pool, wanted, ret_key, ret_remark);
}

enum rc jwk_read(struct slice text, enum jwk_wanted wanted, struct jwk **ret_key)
{
	enum jwk_remark unheard;
	return jwk_read_remarked(text, wanted, ret_key, &unheard);
}
