/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jwt/jwt_header_keys.h"

#include "base/base64url.h"
#include "jose/jwk/jwk_internal.h"
#include "jose/jwt/jwt_internal.h"
#include "jose/jwk/pem.h"

enum { HEADER_MAX = 12 * 1024 };

/* The source of the key, and what is needed to validate it. */
struct offer {
	const struct jwt_header_keys *header_keys;
	const struct jwks *keys;
	const struct jwt_policy *policy;
	const struct jwt_parts *parts;
	const struct jwt_header *header;
	int64_t now;
	struct arena *a;
	bool *held;               /* set if the key was found by a valid signature */
	const struct json *value; /* of the header parameter */
};

static enum rc thumbprint_of(const struct jwk *key, struct arena *a, struct slice *ret_text)
{
	uint8_t thumbprint[32];
	TRY(jwk_thumbprint(key, thumbprint));
	return base64url_encode_arena(a, slice_of(thumbprint, sizeof thumbprint), ret_text);
}

static bool is_named(const struct slice *names, size_t n, struct slice name)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq(names[i], name))
			return true;
	return false;
}

/* RFC 7515 4.1.3. A private key in a header is public, so it proves nothing. */
static enum rc take_jwk(const struct offer *o, struct jwk **ret_key)
{
	struct jwk *key;
	struct slice thumbprint;
	enum rc rc = jwk_parse(o->value, JWK_PUBLIC | JWK_CERTIFIED, &key);
	if (rc != RC_OK)
		return rc;
	rc = thumbprint_of(key, o->a, &thumbprint);
	if (rc == RC_OK && !o->header_keys->proof &&
	    !is_named(o->header_keys->thumbprints, o->header_keys->thumbprint_count, thumbprint))
		rc = RC_JOSE_HEADER;
	if (rc != RC_OK) {
		jwk_unref(key);
		return rc;
	}
	*ret_key = key;
	return RC_OK;
}

static enum rc take_chain(const struct offer *o, const struct slice *certs, size_t n, struct jwk **ret_key)
{
	const struct jwt_header_keys *w = o->header_keys;
	struct crypto_chain chain = {certs, n, w->anchors, w->anchor_count, w->name, o->now};
	struct jwk *key = jwk_alloc(JOSE_KTY_OCT);
	if (key == NULL)
		return RC_MEMORY;
	enum rc rc = crypto_chain_verify(&chain, &key->key);
	if (rc == RC_OK) {
		const struct jwk_type *type = jwk_type_of(crypto_key_type(key->key));
		key->kty = type->kty;
	}
	if (rc != RC_OK) {
		jwk_unref(key);
		return rc;
	}
	*ret_key = key;
	return RC_OK;
}

/* RFC 7515 4.1.6. */
static enum rc take_x5c(const struct offer *o, struct jwk **ret_key)
{
	struct slice certs[JWK_X5C_MAX];
	size_t n;
	if (o->header_keys->anchor_count == 0)
		return RC_JOSE_HEADER;
	TRY(jwk_x5c_read(o->value, o->a, certs, &n));
	return take_chain(o, certs, n, ret_key);
}

/* https://host/…, printable, without user, fragment or backslash. */
static bool url_is_admitted(const struct jwt_header_keys *w, struct slice url)
{
	static const struct slice scheme = SLICE_INIT("https://");
	if (url.n > JWT_URL_MAX || !slice_starts(url, scheme))
		return false;
	for (size_t i = 0; i < url.n; i++)
		if (url.p[i] <= ' ' || url.p[i] >= 0x7f || url.p[i] == '#' || url.p[i] == '\\')
			return false;
	struct slice rest = slice_from(url, scheme.n);
	struct slice host = slice_to(rest, slice_find(rest, '/'));
	return host.n > 0 && host.n < rest.n && is_named(w->hosts, w->host_count, host);
}

/* Fetches the document at the URL into the arena. */
static enum rc fetch(const struct offer *o, struct slice *ret_document)
{
	const struct jwt_header_keys *w = o->header_keys;
	struct slice url;
	size_t n = 0;
	TRY_AS(RC_JOSE_HEADER, json_string(o->value, o->a, &url));
	if (w->fetch == NULL || !url_is_admitted(w, url))
		return RC_JOSE_HEADER;
	uint8_t *dst = arena_alloc(o->a, JWT_FETCHED_MAX);
	if (dst == NULL)
		return RC_MEMORY;
	TRY(w->fetch(w->self, url, dst, JWT_FETCHED_MAX, &n));
	if (n > JWT_FETCHED_MAX)
		return RC_INTERNAL;
	*ret_document = slice_of(dst, n);
	return RC_OK;
}

/* The key of a set that verifies the signature. */
static enum rc find_key(const struct offer *o, const struct jwks *set, struct jwk **ret_key)
{
	*o->held = true;
	return jwt_key_find(o->parts, set, o->header, jwt_key_rules_of(o->policy), ret_key, NULL);
}

/* RFC 7515 4.1.2. */
static enum rc take_jku(const struct offer *o, struct jwk **ret_key)
{
	struct slice document;
	struct jwks *set;
	struct jwk *key;
	TRY(fetch(o, &document));
	TRY(jwks_read(document, JWK_PUBLIC | JWK_CERTIFIED, &set, NULL));
	enum rc rc = find_key(o, set, &key);
	if (rc == RC_OK)
		*ret_key = jwk_ref(key);
	jwks_unref(set);
	return rc;
}

/* RFC 7515 4.1.5. */
static enum rc take_x5u(const struct offer *o, struct jwk **ret_key)
{
	struct slice document, label, der, certs[JWK_X5C_MAX];
	size_t n = 0;
	if (o->header_keys->anchor_count == 0)
		return RC_JOSE_HEADER;
	TRY(fetch(o, &document));
	for (;;) {
		enum rc rc = pem_take(&document, o->a, &label, &der);
		if (rc == RC_MISSING)
			return take_chain(o, certs, n, ret_key);
		if (rc != RC_OK || !slice_eq(label, SLICE("CERTIFICATE")) || n == ARRAY_LEN(certs))
			return rc == RC_LIMIT || rc_server_error(rc) ? rc : RC_JOSE_KEY;
		certs[n++] = der;
	}
}

static enum rc take_ours(const struct offer *o, struct jwk **ret_key)
{
	struct jwk *key;
	if (o->keys == NULL)
		return RC_JOSE_KID;
	TRY(find_key(o, o->keys, &key));
	*ret_key = jwk_ref(key);
	return RC_OK;
}

/* The header's own key, or without one a key of ours; *ret_brought says which. Release it with jwk_unref. */
static enum rc take_key(struct offer *o, const struct json *header, struct jwk **ret_key, bool *ret_brought)
{
	static const struct {
		struct slice name;
		enum rc (*take)(const struct offer *o, struct jwk **ret_key);
	} rows[] = {{SLICE_INIT("jwk"), take_jwk}, {SLICE_INIT("x5c"), take_x5c}, {SLICE_INIT("jku"), take_jku},
		    {SLICE_INIT("x5u"), take_x5u}};
	size_t found = ARRAY_LEN(rows), count = 0;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (json_get(header, rows[i].name) != NULL) {
			found = i;
			count++;
		}
	if (count > 1)
		return RC_JOSE_HEADER;
	*ret_brought = count == 1;
	if (count == 0)
		return take_ours(o, ret_key);
	o->value = json_get(header, rows[found].name);
	return rows[found].take(o, ret_key);
}

/* The relaxed proof policy applies only to a key from `jwk`; for our keys, chains and URLs the full policy applies. */
static struct jwt_policy policy_under(const struct jwt_policy *policy, bool brought_jwk)
{
	const struct jwt_header_keys *w = policy->header_keys;
	struct jwt_policy own = *policy;
	if (w->proof && brought_jwk) {
		own.iss_optional = own.iss_optional || w->proof_without_iss;
		own.aud_optional = own.aud_optional || w->proof_without_aud;
		own.exp_optional = own.exp_optional || w->proof_without_exp;
	}
	return own;
}

static enum rc finish(const struct jwt_parts *parts, const struct jwk *key, const struct jwt_policy *policy,
		      const struct offer *o, struct jwt_claims *ret_claims)
{
	if (!*o->held)
		TRY(jwt_key_validate(parts, key, jwt_key_rules_of(policy), o->header->alg));
	TRY(jwt_finish(parts, policy, o->now, o->a, ret_claims));
	ret_claims->header = *o->header;
	return RC_OK;
}

/* A proof's type must state its purpose. */
static enum rc validate_policy(const struct jwt_policy *policy)
{
	if (policy->header_keys->proof && (policy->type_count == 0 || policy->type_optional))
		return RC_RANGE;
	return RC_OK;
}

enum rc jwt_admit_verify(struct slice token, const struct jwks *keys, const struct jwt_policy *policy, int64_t now,
			 struct arena *a, struct jwt_claims *ret_claims)
{
	struct json pool[JWT_HEADER_VALUES_MAX] UNINITIALIZED;
	struct jwt_parts parts;
	struct jwt_header header;
	bool held = false;
	struct offer offer = {policy->header_keys, keys, policy, &parts, &header, now, a, &held, NULL};
	struct slice thumbprint = SLICE_NONE;
	struct jwt_claims claims;
	struct jwk *key;
	bool brought;
	TRY(validate_policy(policy));
	TRY(jwt_split_dots(token, &parts));
	TRY(jwt_header_open(parts.header64, HEADER_MAX, a, pool));
	TRY(jwt_header_fields(pool, a, &header));
	TRY(jwt_alg_validate(policy->algs, header.alg));
	TRY(jwt_typ_validate(&header, policy));
	TRY(take_key(&offer, pool, &key, &brought));
	enum rc rc = brought ? thumbprint_of(key, a, &thumbprint) : RC_OK;
	struct jwt_policy own = policy_under(policy, json_get(pool, SLICE("jwk")) != NULL);
	if (rc == RC_OK)
		rc = finish(&parts, key, &own, &offer, &claims);
	jwk_unref(key);
	TRY(rc);
	claims.thumbprint = thumbprint;
	*ret_claims = claims;
	return RC_OK;
}

