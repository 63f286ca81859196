/* SPDX-License-Identifier: Apache-2.0 */
/* Validates the claims against a policy, one function per claim, in the order of RFC 7519 4.1. */
#include "jose/jwt/jwt_internal.h"

/* The year 9999: no clock is later, and no sum of these overflows. */
static const int64_t seconds_max = 253402300799;

enum { LEEWAY_MAX = 300, STACK_VALUES = 256 };

/* The registered claims of RFC 7519 4.1, in its order. */
enum claim { ISS, SUB, AUD, EXP, NBF, IAT, JTI, CLAIM_COUNT };

static const struct json_name names[CLAIM_COUNT] = {
	[ISS] = JSON_NAME("iss"), [SUB] = JSON_NAME("sub"), [AUD] = JSON_NAME("aud"), [EXP] = JSON_NAME("exp"),
	[NBF] = JSON_NAME("nbf"), [IAT] = JSON_NAME("iat"), [JTI] = JSON_NAME("jti"),
};

/* The claims read so far, and the registered members that are present. */
struct checked {
	struct jwt_claims claims;
	const struct json *member[CLAIM_COUNT];
};

static bool in_range(int64_t seconds)
{
	return seconds >= 0 && seconds <= seconds_max;
}

static enum rc policy_validate(const struct jwt_policy *p, int64_t now)
{
	if (p->leeway < 0 || p->leeway > LEEWAY_MAX || !in_range(p->max_age) || !in_range(p->max_lifetime) ||
	    !in_range(now))
		return RC_RANGE;
	/* Otherwise used markers would have to be kept for as long as any token says. */
	if (p->replay != NULL && p->max_age == 0 && p->max_lifetime == 0)
		return RC_RANGE;
	return RC_OK;
}

/* RFC 8725 3.8: exactly the issuer whose keys are used. */
static enum rc iss_validate(const struct jwt_policy *p, struct arena *a, struct checked *c)
{
	const struct json *v = c->member[ISS];
	if (v == NULL && p->iss_optional)
		return RC_OK;
	if (p->issuer.n == 0 || !json_is_string(v, p->issuer))
		return RC_JOSE_ISS;
	return json_string(v, a, &c->claims.iss);
}

/* A non-empty string, or `wrong`. RC_MEMORY: arena full. */
static enum rc read_string(const struct json *v, enum rc wrong, struct arena *a, struct slice *ret)
{
	enum rc rc = json_string(v, a, ret);
	if (rc == RC_OK && ret->n == 0)
		return wrong;
	return rc == RC_SYNTAX ? wrong : rc;
}

/* RFC 9068 2.2: in a client's own grant, `sub` is the client. */
static enum rc subject_type_validate(const struct jwt_policy *p, struct arena *a, const struct checked *c)
{
	struct slice client_id;
	if (p->subject_type == JWT_SUBJECT_ANY)
		return RC_OK;
	enum rc rc = json_string(json_get(c->claims.root, SLICE("client_id")), a, &client_id);
	if (rc != RC_OK)
		return rc_server_error(rc) ? rc : RC_JOSE_SUB;
	if (slice_eq(client_id, c->claims.sub) != (p->subject_type == JWT_SUBJECT_CLIENT))
		return RC_JOSE_SUB;
	return RC_OK;
}

static enum rc sub_validate(const struct jwt_policy *p, struct arena *a, struct checked *c)
{
	const struct json *v = c->member[SUB];
	bool wanted = p->sub_required || p->subject.n > 0 || p->subject_type != JWT_SUBJECT_ANY;
	if (v == NULL)
		return wanted ? RC_JOSE_SUB : RC_OK;
	TRY(read_string(v, RC_JOSE_SUB, a, &c->claims.sub));
	if (p->subject.n > 0 && !slice_eq(c->claims.sub, p->subject))
		return RC_JOSE_SUB;
	return subject_type_validate(p, a, c);
}

static enum rc aud_validate(const struct jwt_policy *p, const struct checked *c)
{
	const struct json *v = c->member[AUD];
	if (v == NULL)
		return p->aud_optional ? RC_OK : RC_JOSE_AUD;
	for (const struct json *e = v->type == JSON_ARRAY ? json_first(v) : NULL; e != NULL; e = json_next(v, e))
		if (e->type != JSON_STRING)
			return RC_JOSE_AUD;
	if (p->aud_any)
		return v->type == JSON_STRING || (v->type == JSON_ARRAY && v->count > 0) ? RC_OK : RC_JOSE_AUD;
	for (size_t i = 0; i < p->audience_count; i++)
		if (p->audiences[i].n > 0 && json_has_string(v, p->audiences[i]))
			return RC_OK;
	return RC_JOSE_AUD;
}

/* "on or after which the JWT MUST NOT be accepted" */
static enum rc exp_validate(const struct jwt_policy *p, int64_t now, struct checked *c)
{
	const struct json *v = c->member[EXP];
	/* Without exp the lifetime has no limit. */
	if (v == NULL)
		return p->exp_optional && p->max_lifetime == 0 ? RC_OK : RC_JOSE_EXP;
	if (json_seconds(v, &c->claims.exp) != RC_OK)
		return RC_JOSE_EXP;
	if (now >= c->claims.exp + p->leeway)
		return RC_JOSE_EXP;
	return RC_OK;
}

/* "before which the JWT MUST NOT be accepted" */
static enum rc nbf_validate(const struct jwt_policy *p, int64_t now, struct checked *c)
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

static enum rc iat_validate(const struct jwt_policy *p, int64_t now, struct checked *c)
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

/* An optional claim that cannot be used counts as absent. */
static enum rc jti_validate(const struct jwt_policy *p, struct arena *a, struct checked *c)
{
	bool wanted = p->jti_required || p->replay != NULL;
	enum rc rc = json_string(c->member[JTI], a, &c->claims.jti);
	if (rc_server_error(rc))
		return rc;
	return wanted && c->claims.jti.n == 0 ? RC_JOSE_JTI : RC_OK;
}

static enum rc required_validate(const struct jwt_policy *p, const struct json *root)
{
	for (size_t i = 0; i < p->required_count; i++) {
		const struct json *v = json_get(root, p->required[i]);
		if (v == NULL || v->type == JSON_NULL || v->type == JSON_NO_TEXT)
			return RC_JOSE_REQUIRED;
	}
	return RC_OK;
}

/* OpenID Connect Core 3.1.3.6, 3.3.2.11, 2: claims that only ID tokens have. All of ours have at_hash. */
static enum rc id_token_validate(const struct jwt_policy *p, const struct json *root)
{
	static const struct slice marks[] = {SLICE_INIT("nonce"), SLICE_INIT("at_hash"), SLICE_INIT("c_hash")};
	for (size_t i = 0; p->no_id_token && i < ARRAY_LEN(marks); i++)
		if (json_get(root, marks[i]) != NULL)
			return RC_JOSE_ID_TOKEN;
	return RC_OK;
}

/* A used marker lasts as long as the token would be accepted without it. */
static int64_t marked_until(const struct jwt_policy *p, const struct jwt_claims *c)
{
	int64_t until = c->exp > 0 ? c->exp : seconds_max;
	if (p->max_age > 0 && c->iat + p->max_age < until)
		until = c->iat + p->max_age;
	return until + p->leeway + 1;
}

enum rc jwt_replay_validate(const struct jwt_policy *policy, const struct jwt_claims *claims)
{
	const struct jwt_replay *replay = policy->replay;
	return replay == NULL ? RC_OK
			      : replay->mark(replay->self, claims->iss, claims->jti, marked_until(policy, claims));
}

static enum rc parse_error(enum rc rc)
{
	return rc == RC_LIMIT ? RC_JOSE_SIZE : RC_JOSE_CLAIMS;
}

static enum rc parse_into(struct slice payload, bool foreign, struct json *pool, size_t room)
{
	return foreign ? json_parse_foreign(payload, pool, room) : json_parse(payload, pool, room);
}

/* More values than most tokens have; too many for the stack. */
static enum rc parse_many(struct slice payload, bool foreign, struct arena *a, const struct json **ret_root)
{
	struct json *pool = arena_array(a, JWT_VALUES_MAX, sizeof *pool);
	if (pool == NULL)
		return RC_MEMORY;
	enum rc rc = parse_into(payload, foreign, pool, JWT_VALUES_MAX);
	if (rc != RC_OK || pool->type != JSON_OBJECT)
		return parse_error(rc);
	*ret_root = pool;
	return RC_OK;
}

/* Parsed on the stack, then copied: the arena holds only the existing values. */
static enum rc parse(struct slice payload, bool foreign, struct arena *a, const struct json **ret_root)
{
	struct json pool[STACK_VALUES] UNINITIALIZED;
	enum rc rc = parse_into(payload, foreign, pool, ARRAY_LEN(pool));
	if (rc == RC_LIMIT)
		return parse_many(payload, foreign, a, ret_root);
	if (rc != RC_OK)
		return RC_JOSE_CLAIMS;
	if (pool->type != JSON_OBJECT)
		return RC_JOSE_CLAIMS;
	struct json *copy = arena_take(a, pool->span * sizeof *copy);
	if (copy == NULL)
		return RC_MEMORY;
	memcpy(copy, pool, pool->span * sizeof *copy);
	*ret_root = copy;
	return RC_OK;
}

enum rc jwt_claims_validate(const struct json *root, const struct jwt_policy *policy, int64_t now, struct arena *a,
			 struct jwt_claims *ret_claims)
{
	struct checked c UNINITIALIZED;
	c.claims = (struct jwt_claims){.root = root};
	TRY(policy_validate(policy, now));
	json_pick(root, names, CLAIM_COUNT, c.member);
	/* A date of null is none. `iss`, `sub` and `aud` say whose a token is: there null is wrong. */
	for (enum claim i = EXP; i <= IAT; i++)
		if (c.member[i] != NULL && c.member[i]->type == JSON_NULL)
			c.member[i] = NULL;
	TRY(iss_validate(policy, a, &c));
	TRY(sub_validate(policy, a, &c));
	TRY(aud_validate(policy, &c));
	TRY(exp_validate(policy, now, &c));
	TRY(nbf_validate(policy, now, &c));
	TRY(iat_validate(policy, now, &c));
	TRY(jti_validate(policy, a, &c));
	TRY(required_validate(policy, root));
	TRY(id_token_validate(policy, root));
	*ret_claims = c.claims;
	return RC_OK;
}

enum rc jwt_claims_validate_text(struct slice payload, const struct jwt_policy *policy, int64_t now, struct arena *a,
			 struct jwt_claims *ret_claims)
{
	const struct json *root;
	TRY(parse(payload, policy->foreign_text, a, &root));
	TRY(jwt_claims_validate(root, policy, now, a, ret_claims));
	ret_claims->text = payload;
	return RC_OK;
}

static bool is_text(const struct json *v)
{
	return v == NULL || (v->type == JSON_STRING && v->text.n > 0);
}

static bool is_audience(const struct json *v)
{
	if (v == NULL || v->type != JSON_ARRAY)
		return is_text(v);
	for (const struct json *e = json_first(v); e != NULL; e = json_next(v, e))
		if (!is_text(e))
			return false;
	return v->count > 0;
}

static bool is_date(const struct json *v)
{
	int64_t seconds;
	return v == NULL || (json_int(v, &seconds) == RC_OK && in_range(seconds));
}

enum rc jwt_claims_are_sound(struct slice claims)
{
	static const struct {
		struct slice name;
		bool (*is_sound)(const struct json *v);
	} rows[] = {{SLICE_INIT("iss"), is_text}, {SLICE_INIT("sub"), is_text}, {SLICE_INIT("aud"), is_audience},
		    {SLICE_INIT("exp"), is_date}, {SLICE_INIT("nbf"), is_date}, {SLICE_INIT("iat"), is_date},
		    {SLICE_INIT("jti"), is_text}};
	struct json pool[STACK_VALUES] UNINITIALIZED;
	if (json_parse(claims, pool, ARRAY_LEN(pool)) != RC_OK || pool->type != JSON_OBJECT)
		return RC_JOSE_CLAIMS;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (!rows[i].is_sound(json_get(pool, rows[i].name)))
			return RC_JOSE_CLAIMS;
	return RC_OK;
}
