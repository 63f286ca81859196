/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jwe/jwt_nested.h"

/* RFC 7519 5.2: "the value of this Header Parameter MUST be "JWT"", compared as a media type. */
static enum rc cty_validate(const struct jwe_header *header, struct arena *a)
{
	static const struct slice prefix = SLICE_INIT("application/");
	struct slice cty;
	TRY_AS(RC_JOSE_HEADER, json_string(jwe_param(header, SLICE("cty")), a, &cty));
	if (cty.n >= prefix.n && slice_eq_nocase(slice_to(cty, prefix.n), prefix))
		cty = slice_from(cty, prefix.n);
	if (!slice_eq_nocase(cty, SLICE("JWT")))
		return RC_JOSE_HEADER;
	return RC_OK;
}

enum rc jwt_nested_open(struct slice token, const struct jwe_keys *keys, const struct jwe_policy *encryption,
			struct arena *a, struct slice *ret_inner)
{
	struct jwe_policy policy = *encryption;
	struct jwe jwe;
	/* RFC 7519 3: "JWTs are always represented using … Compact Serialization". */
	policy.json = false;
	TRY(jwe_decrypt(token, keys, &policy, a, &jwe));
	TRY(cty_validate(&jwe.header, a));
	*ret_inner = jwe.plain;
	return RC_OK;
}

enum rc jwt_nested_verify(struct slice token, const struct jwt_nested *nested, int64_t now, struct arena *a,
			  struct jwt_claims *ret_claims)
{
	struct slice inner;
	TRY(jwt_nested_open(token, &nested->keys, nested->encryption, a, &inner));
	return jwt_verify(inner, nested->signers, nested->signature, now, a, ret_claims);
}

enum rc jwt_nested_encrypt(const struct jwe_spec *spec, struct slice signed_token, struct arena *a,
			   struct slice *ret_token)
{
	struct jwe_spec outer = *spec;
	struct jwt_parts parts;
	if (spec->form != JWE_COMPACT)
		return RC_RANGE;
	TRY(jwt_split(signed_token, &parts));
	outer.cty = SLICE("JWT");
	return jwe_encrypt(&outer, signed_token, a, ret_token);
}
