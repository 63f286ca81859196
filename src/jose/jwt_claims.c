/* SPDX-License-Identifier: Apache-2.0 */
/* The claims against a policy, one function a claim, in the order of RFC 7519 4.1. */
#include "jose/jwt_inner.h"

enum { LEEWAY_MAX = 300 };

/* The registered claims of RFC 7519 4.1, in its order. */
enum claim { ISS, SUB, AUD, EXP, NBF, IAT, JTI, CLAIM_COUNT };

static const struct json_name names[CLAIM_COUNT] = {
	[ISS] = JSON_NAME("iss"), [SUB] = JSON_NAME("sub"), [AUD] = JSON_NAME("aud"), [EXP] = JSON_NAME("exp"),
	[NBF] = JSON_NAME("nbf"), [IAT] = JSON_NAME("iat"), [JTI] = JSON_NAME("jti"),
};

/* The claims so far, and the registered members that there are. */
struct checked {
	struct jwt_claims claims;
	const struct json *member[CLAIM_COUNT];
};

static enum rc policy_check(const struct jwt_policy *p)
{
	if (p->issuer.n == 0 && !p->iss_optional)
		return RC_JOSE_ISS;
	if (p->leeway < 0 || p->leeway > LEEWAY_MAX || p->max_age < 0 || p->max_lifetime < 0)
		return RC_RANGE;
	return RC_OK;
}

/* RFC 8725 3.8: exactly the issuer whose keys are used. */
static enum rc iss_check(const struct jwt_policy *p, struct arena *a, struct checked *c)
{
	const struct json *v = c->member[ISS];
	if (v == NULL && p->iss_optional)
		return RC_OK;
	if (p->issuer.n == 0 || !json_is_string(v, p->issuer))
		return RC_JOSE_ISS;
	return json_string(v, a, &c->claims.iss);
}

/* A string that is not empty; else `wrong`. RC_LIMIT: arena full. */
static enum rc read_string(const struct json *v, enum rc wrong, struct arena *a, struct slice *ret)
{
	enum rc rc = json_string(v, a, ret);
	if (rc == RC_OK && ret->n == 0)
		return wrong;
	return rc == RC_SYNTAX ? wrong : rc;
}

static enum rc sub_check(const struct jwt_policy *p, struct arena *a, struct checked *c)
{
	const struct json *v = c->member[SUB];
	if (v == NULL)
		return p->sub_required ? RC_JOSE_SUB : RC_OK;
	return read_string(v, RC_JOSE_SUB, a, &c->claims.sub);
}

static enum rc aud_check(const struct jwt_policy *p, const struct checked *c)
{
	const struct json *v = c->member[AUD];
	if (v == NULL)
		return p->aud_optional ? RC_OK : RC_JOSE_AUD;
	if (v->type != JSON_STRING && v->type != JSON_ARRAY)
		return RC_JOSE_AUD;
	for (const struct json *e = v->type == JSON_ARRAY ? json_first(v) : NULL; e != NULL; e = json_next(v, e))
		if (e->type != JSON_STRING)
			return RC_JOSE_AUD;
	for (size_t i = 0; i < p->audience_count; i++)
		if (p->audiences[i].n > 0 && json_has_string(v, p->audiences[i]))
			return RC_OK;
	return RC_JOSE_AUD;
}

/* "on or after which the JWT MUST NOT be accepted" */
static enum rc exp_check(const struct jwt_policy *p, int64_t now, struct checked *c)
{
	const struct json *v = c->member[EXP];
	if (v == NULL)
		return p->exp_optional ? RC_OK : RC_JOSE_EXP;
	if (json_seconds(v, &c->claims.exp) != RC_OK)
		return RC_JOSE_EXP;
	if (!p->exp_optional && now >= c->claims.exp + p->leeway)
		return RC_JOSE_EXP;
	return RC_OK;
}

/* "before which the JWT MUST NOT be accepted" */
static enum rc nbf_check(const struct jwt_policy *p, int64_t now, struct checked *c)
{
	const struct json *v = c->member[NBF];
	if (v == NULL)
		return RC_OK;
	if (json_seconds(v, &c->claims.nbf) != RC_OK)
		return RC_JOSE_NBF;
	if (now < c->claims.nbf - p->leeway)
		return RC_JOSE_NBF;
	return RC_OK;
}

static enum rc iat_check(const struct jwt_policy *p, int64_t now, struct checked *c)
{
	const struct json *v = c->member[IAT];
	if (v == NULL)
		return p->max_age > 0 || p->max_lifetime > 0 ? RC_JOSE_IAT : RC_OK;
	if (json_seconds(v, &c->claims.iat) != RC_OK)
		return RC_JOSE_IAT;
	if (c->claims.iat > now + p->leeway)
		return RC_JOSE_IAT;
	if (p->max_age > 0 && now - c->claims.iat > p->max_age + p->leeway)
		return RC_JOSE_IAT;
	if (p->max_lifetime > 0 && c->claims.exp - c->claims.iat > p->max_lifetime)
		return RC_JOSE_EXP;
	return RC_OK;
}

static enum rc jti_check(const struct jwt_policy *p, struct arena *a, struct checked *c)
{
	const struct json *v = c->member[JTI];
	if (v == NULL)
		return p->jti_required ? RC_JOSE_JTI : RC_OK;
	return read_string(v, RC_JOSE_JTI, a, &c->claims.jti);
}

/* Parsed on the stack, then copied: the arena holds only the values that there are. */
static enum rc parse(struct slice payload, struct arena *a, const struct json **ret_root)
{
	struct json pool[JWT_VALUES_MAX] UNINITIALIZED;
	if (json_parse(payload, pool, ARRAY_LEN(pool)) != RC_OK)
		return RC_JOSE_CLAIMS;
	if (pool->type != JSON_OBJECT)
		return RC_JOSE_CLAIMS;
	struct json *copy = arena_take(a, pool->span * sizeof *copy);
	if (copy == NULL)
		return RC_LIMIT;
	memcpy(copy, pool, pool->span * sizeof *copy);
	*ret_root = copy;
	return RC_OK;
}

enum rc jwt_claims_judge(const struct json *root, const struct jwt_policy *policy, int64_t now, struct arena *a,
			 struct jwt_claims *ret_claims)
{
	struct checked c UNINITIALIZED;
	c.claims = (struct jwt_claims){.root = root};
	TRY(policy_check(policy));
	json_pick(root, names, CLAIM_COUNT, c.member);
	TRY(iss_check(policy, a, &c));
	TRY(sub_check(policy, a, &c));
	TRY(aud_check(policy, &c));
	TRY(exp_check(policy, now, &c));
	TRY(nbf_check(policy, now, &c));
	TRY(iat_check(policy, now, &c));
	TRY(jti_check(policy, a, &c));
	*ret_claims = c.claims;
	return RC_OK;
}

enum rc jwt_claims_check(struct slice payload, const struct jwt_policy *policy, int64_t now, struct arena *a,
			 struct jwt_claims *ret_claims)
{
	const struct json *root;
	TRY(parse(payload, a, &root));
	TRY(jwt_claims_judge(root, policy, now, a, ret_claims));
	ret_claims->text = payload;
	return RC_OK;
}
