/* SPDX-License-Identifier: Apache-2.0 */
/* The header of RFC 7516 4: the union of up to three objects, per recipient. */
#include "base/base64url.h"
#include "jose/jwe/jwe_internal.h"

const struct json *jwe_param(const struct jwe_header *header, struct slice name)
{
	const struct json *v = json_get(header->protected, name);
	if (v == NULL)
		v = json_get(header->unprotected, name);
	return v != NULL ? v : json_get(header->own, name);
}

struct jwe_header jwe_header_of(const struct jwe_parts *parts, size_t index)
{
	return (struct jwe_header){.protected = parts->protected, .unprotected = parts->unprotected,
				   .own = parts->entries[index].header};
}

enum rc jwe_param_bytes(const struct jwe_header *header, struct slice name, size_t max, struct arena *a,
			struct slice *ret_bytes)
{
	const struct json *v = jwe_param(header, name);
	struct slice bytes = SLICE_NONE;
	if (v != NULL && (v->type != JSON_STRING || v->escaped))
		return RC_JOSE_HEADER;
	if (v != NULL && base64url_data_len(v->text.n) > max)
		return RC_JOSE_HEADER;
	if (v != NULL)
		TRY_AS(RC_JOSE_HEADER, base64url_decode_arena(a, v->text, &bytes));
	*ret_bytes = bytes;
	return RC_OK;
}

enum rc jwe_disjoint(const struct json *one, const struct json *other, struct arena *a)
{
	struct slice name;
	for (const struct json *v = json_first(one); v != NULL; v = json_next(one, v)) {
		TRY(json_key(v, a, &name));
		if (json_get(other, name) != NULL)
			return RC_JOSE_HEADER;
	}
	return RC_OK;
}

/* RFC 7516 4: "the Header Parameter names in the three locations MUST be disjoint". */
static enum rc all_disjoint(const struct jwe_parts *parts, struct arena *a)
{
	TRY(jwe_disjoint(parts->unprotected, parts->protected, a));
	for (size_t i = 0; i < parts->count; i++) {
		TRY(jwe_disjoint(parts->entries[i].header, parts->protected, a));
		TRY(jwe_disjoint(parts->entries[i].header, parts->unprotected, a));
	}
	return RC_OK;
}

/* jwk, jku, x5c and x5u name the recipient's own key, which it knows: they are never read, and allowed only by a
 * policy. b64 belongs to JWS. crit and zip "MUST occur only within the JWE Protected Header" (RFC 7516 4.1.3,
 * 4.1.13). */
static enum rc refuse_params(const struct jwe_header *h, const struct jwe_policy *policy)
{
	static const struct slice hints[] = {SLICE_INIT("jwk"), SLICE_INIT("jku"), SLICE_INIT("x5c"),
					     SLICE_INIT("x5u")};
	static const struct slice inside[] = {SLICE_INIT("crit"), SLICE_INIT("zip")};
	for (size_t i = 0; i < ARRAY_LEN(hints); i++)
		if (!policy->hints && jwe_param(h, hints[i]) != NULL)
			return RC_JOSE_HEADER;
	for (size_t i = 0; i < ARRAY_LEN(inside); i++)
		if (json_get(h->unprotected, inside[i]) != NULL || json_get(h->own, inside[i]) != NULL)
			return RC_JOSE_HEADER;
	if (jwe_param(h, SLICE("b64")) != NULL)
		return RC_JOSE_HEADER;
	return RC_OK;
}

static bool is_critical(const struct jwe_policy *policy, const struct json *name)
{
	for (size_t i = 0; i < policy->critical_count; i++)
		if (json_is_string(name, policy->critical[i]))
			return true;
	return false;
}

/* RFC 7516 4.1.13: critical parameters must be understood and present, each name once, and the list not empty. A
 * caller's names are extensions: jwe_encrypt and the caller exclude registered ones. */
static enum rc crit_validate(const struct json *protected, const struct jwe_policy *policy)
{
	const struct json *crit = json_get(protected, SLICE("crit"));
	if (crit == NULL)
		return RC_OK;
	if (crit->type != JSON_ARRAY || crit->count == 0)
		return RC_JOSE_CRIT;
	for (const struct json *v = json_first(crit); v != NULL; v = json_next(crit, v)) {
		if (!is_critical(policy, v))
			return RC_JOSE_CRIT;
		/* By its raw text: no name needs an escape, and one with an escape is never found. */
		if (json_get(protected, v->text) == NULL)
			return RC_JOSE_CRIT;
		for (const struct json *w = json_next(crit, v); w != NULL; w = json_next(crit, w))
			if (slice_eq(v->text, w->text))
				return RC_JOSE_CRIT;
	}
	return RC_OK;
}

static enum rc zip_validate(const struct json *protected, const struct jwe_policy *policy, bool *ret_zip)
{
	const struct json *zip = json_get(protected, SLICE("zip"));
	if (zip != NULL && (!policy->inflate || !json_is_string(zip, SLICE("DEF"))))
		return RC_JOSE_HEADER;
	*ret_zip = zip != NULL;
	return RC_OK;
}

static enum rc enc_of(const struct jwe_header *h, const struct jwe_policy *policy, enum jwe_enc *ret_enc)
{
	const struct json *v = jwe_param(h, SLICE("enc"));
	enum jwe_enc enc;
	if (v == NULL)
		return RC_JOSE_HEADER;
	if (!policy->unprotected && json_get(h->protected, SLICE("enc")) == NULL)
		return RC_JOSE_HEADER;
	/* A value of another JSON type is never a name, and no name needs an escape. */
	TRY(jwe_enc_by_name(v->text, &enc));
	if ((policy->encs & JWE_ENC_BIT(enc)) == 0)
		return RC_JOSE_ALG;
	*ret_enc = enc;
	return RC_OK;
}

enum rc jwe_header_validate(const struct jwe_parts *parts, const struct jwe_policy *policy, struct arena *a,
			 struct jwe_shared *ret_shared)
{
	struct jwe_shared shared = {.zip = false};
	TRY(all_disjoint(parts, a));
	for (size_t i = 0; i < parts->count; i++) {
		struct jwe_header h = jwe_header_of(parts, i);
		enum jwe_enc enc;
		TRY(refuse_params(&h, policy));
		TRY(enc_of(&h, policy, &enc));
		/* RFC 7516 7.2.1: `enc` "MUST be the same for all recipients". */
		if (i > 0 && enc != shared.enc)
			return RC_JOSE_HEADER;
		shared.enc = enc;
	}
	TRY(crit_validate(parts->protected, policy));
	TRY(zip_validate(parts->protected, policy, &shared.zip));
	*ret_shared = shared;
	return RC_OK;
}
