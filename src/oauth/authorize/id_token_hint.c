/* SPDX-License-Identifier: Apache-2.0 */
/* The token's own claims only choose its validation: the audience, and the time. */
#include "oauth/authorize/id_token_hint.h"

#include "base/base64url.h"
#include "oauth/grant/scope.h"

/* OpenID Connect Core 2: `aud` is a string or an array; ours have one client. */
static enum rc hint_audience(const struct json *claims, struct arena *a, struct slice *ret_aud)
{
	const struct json *aud = json_get(claims, SLICE("aud"));
	if (aud != NULL && aud->type == JSON_ARRAY && aud->count == 1)
		aud = json_first(aud);
	return json_string(aud, a, ret_aud);
}

struct hint_peek {
	struct slice audience;
	int64_t iat;
};

static enum rc hint_peek(struct slice token, struct arena *a, struct hint_peek *ret)
{
	struct jwt_parts parts;
	struct slice payload;
	const struct json *claims;
	TRY(jwt_split(token, &parts));
	TRY(base64url_decode_arena(a, parts.payload64, &payload));
	TRY(json_parse_arena(a, payload, JWT_VALUES_MAX, &claims));
	TRY(hint_audience(claims, a, &ret->audience));
	return json_seconds(json_get(claims, SLICE("iat")), &ret->iat);
}

static enum rc hint_verify(const struct op *op, struct request *c, struct slice token, const struct hint_peek *peek,
			   struct jwt_claims *ret_claims)
{
	static const struct slice types[] = {SLICE_INIT("jwt")};
	struct jwt_policy policy = {
		.issuer = c->issuer->name,
		.audiences = &peek->audience,
		.audience_count = 1,
		.types = types,
		.type_count = ARRAY_LEN(types),
		.sub_required = true,
		.leeway = op->settings->leeway,
	};
	const struct op_keys *keys = op->services->keys(op->services->self);
	if (keys == NULL)
		return RC_SIGNER;
	policy.algs = op_keys_algs(keys);
	/* RP-Initiated Logout 2: "The OP SHOULD accept ID Tokens when the RP identified by the ID Token's aud claim
	 * and/or sid claim has a current session or had a recent session at the OP, even when the exp time has
	 * passed." So it is validated as of the time when it was issued. */
	enum rc rc = jwt_verify(token, keys->set, &policy, peek->iat, c->arena, ret_claims);
	op->services->keys_release(op->services->self, keys);
	return rc;
}

enum rc id_token_hint_read(const struct op *op, struct request *c, struct slice token, struct slice client,
			   struct id_token_hint *ret)
{
	struct hint_peek peek;
	struct jwt_claims claims;
	struct id_token_hint hint = {0};
	enum rc rc = hint_peek(token, c->arena, &peek);
	if (rc == RC_OK)
		rc = hint_verify(op, c, token, &peek, &claims);
	if (rc_server_error(rc))
		return rc;
	if (rc != RC_OK || peek.iat > c->now + op->settings->leeway)
		return RC_INVALID_TOKEN;
	hint.client = peek.audience;
	hint.sub = claims.sub;
	/* An access token of an API whose tokens have the same typ as ID tokens. */
	if (scope_is_plain(op, hint.client))
		return RC_INVALID_TOKEN;
	if (client.n > 0 && !slice_eq(client, hint.client))
		return RC_INVALID_TOKEN;
	rc = json_string(json_get(claims.root, SLICE("sid")), c->arena, &hint.sid);
	if (rc != RC_OK && rc != RC_MISSING)
		return rc_server_error(rc) ? rc : RC_INVALID_TOKEN;
	*ret = hint;
	return RC_OK;
}
