/* SPDX-License-Identifier: Apache-2.0 */
/* private_key_jwt: a JWT signed by the client, used once (RFC 7521 4.2, RFC 7523 3, OpenID Connect Core 9). */
#include "base/base64url.h"
#include "oauth/client/client_auth.h"
#include "jose/jwt/jwt_refusal.h"

enum { JTI_MAX = 256, PEEK_VALUES = 64 };

static enum rc refuse_assertion(struct request *c, const char *why)
{
	c->log_detail = slice_cstr(why);
	return RC_INVALID_CLIENT;
}

/* Malformed for any client, so the answer may say so. */
static enum rc refuse_malformed(struct request *c, const char *why)
{
	c->client_detail = slice_cstr(why);
	return refuse_assertion(c, why);
}

/* The log names the member: JOSE_HEADER alone would be one of seven. */
static enum rc refuse_invalid(struct request *c, struct slice assertion, enum rc why)
{
	const char *member = jwt_refusal_member(assertion, why);
	enum rc refused = refuse_assertion(c, rc_row(why)->name);
	if (member != NULL)
		rc_ignore(arena_format(c->arena, &c->log_detail, "%s (%s)", rc_row(why)->name, member));
	return refused;
}

/* The unverified `sub` selects the client's keys. Nothing else of the token is trusted yet. RC_MEMORY: arena full;
 * any other failure is the token's fault. */
static enum rc peek_subject(struct slice assertion, struct arena *a, struct slice *ret_sub)
{
	struct jwt_parts parts;
	struct slice payload;
	struct json values[PEEK_VALUES];
	TRY(jwt_split(assertion, &parts));
	TRY(base64url_decode_arena(a, parts.payload64, &payload));
	if (json_parse(payload, values, PEEK_VALUES) != RC_OK)
		return RC_JOSE_CLAIMS;
	return json_string(json_get(values, SLICE("sub")), a, ret_sub);
}

static enum rc read_assertion(struct request *c, struct client_proof *ret_proof)
{
	struct slice type = request_pairs_get(c->form, SLICE("client_assertion_type"));
	/* RFC 7523 2.2: the only allowed value. */
	if (!slice_eq(type, SLICE("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")))
		return refuse_malformed(c, "client_assertion_type is not jwt-bearer");
	ret_proof->assertion = request_pairs_get(c->form, SLICE("client_assertion"));
	enum rc rc = peek_subject(ret_proof->assertion, c->arena, &ret_proof->id);
	if (rc_server_error(rc))
		return rc;
	/* An id that cannot be read is an absent one. */
	return ret_proof->id.n > 0 ? RC_OK : refuse_malformed(c, "client_assertion is not a JWT with a sub");
}

jose_alg_set client_auth_assertion_algs(void)
{
	jose_alg_set set = 0;
	for (int alg = 0; (JOSE_ALG_BIT(alg) & JOSE_ALGS_CLASSIC) != 0; alg++)
		if (!jose_alg_row((enum jose_alg)alg)->symmetric)
			set |= JOSE_ALG_BIT(alg);
	return set;
}

/* The only audience must be the issuer or the token endpoint. An assertion with two audiences could be used at
 * either by the other. */
static bool sole_audience(const struct json *aud)
{
	return aud != NULL && (aud->type == JSON_STRING || (aud->type == JSON_ARRAY && aud->count == 1));
}

/* Without a matching key there is nothing to verify, and the quick answer would reveal which clients and keys exist.
 * So one signature is verified for each assertion, with a decoy key if necessary. */
static void verify_for_nothing(const struct op *op, struct slice assertion, struct arena *a)
{
	uint8_t signature[JWK_SIGNATURE_MAX];
	struct jwt_parts parts;
	struct jwt_header header;
	struct jwk *key;
	size_t n;
	if (jwt_split(assertion, &parts) == RC_OK && jwt_header_read(&parts, a, &header) == RC_OK &&
	    jwks_find(client_decoy_keys(op), SLICE_NONE, header.alg, &key) == RC_OK &&
	    base64url_decode(parts.signature64, signature, sizeof signature, &n) == RC_OK)
		rc_ignore(jwk_verify(key, header.alg, parts.signing_input, slice_of(signature, n)));
}

/* RFC 7523 3, in its order: iss, sub, aud, exp, nbf, iat (all in jwt_verify), jti. */
static enum rc validate_claims(const struct op *op, struct request *c, const struct client_proof *proof,
			    const struct client *client, struct jwt_claims *ret_claims)
{
	static const struct slice types[] = {SLICE_INIT("jwt"), SLICE_INIT("client-authentication+jwt")};
	struct slice audiences[2] = {c->issuer->name};
	TRY(arena_format(c->arena, &audiences[1], "%.*s/token", SLICE_ARGS(c->issuer->base)));
	struct jwt_policy policy = {
		.algs = client_auth_assertion_algs(),
		.issuer = proof->id,
		.audiences = audiences,
		.audience_count = ARRAY_LEN(audiences),
		.types = types,
		.type_count = ARRAY_LEN(types),
		.type_optional = true,
		.sub_required = true,
		.jti_required = true,
		.leeway = op->settings->leeway,
		.one_try = true,
	};
	bool known = client != NULL && client->keys != NULL;
	const struct jwks *keys = known ? client->keys : client_decoy_keys(op);
	enum rc rc = jwt_verify(proof->assertion, keys, &policy, c->now, c->arena, ret_claims);
	/* No key of that kid, or it has another algorithm. */
	if (rc == RC_JOSE_KID || rc == RC_JOSE_ALG)
		verify_for_nothing(op, proof->assertion, c->arena);
	if (rc != RC_OK)
		return rc_server_error(rc) ? rc : refuse_invalid(c, proof->assertion, rc);
	if (!known)
		return refuse_assertion(c, "no keys to verify client_assertion with");
	/* `sub` is the client: the client was found by it, in these same bytes. */
	if (!sole_audience(json_get(ret_claims->root, SLICE("aud"))))
		return refuse_assertion(c, "client_assertion: aud has more than one audience");
	if (ret_claims->exp - c->now > op->settings->assertion_ttl + op->settings->leeway)
		return refuse_malformed(c, "client_assertion: exp is too far ahead");
	if (ret_claims->jti.n > JTI_MAX)
		return refuse_assertion(c, "client_assertion: jti is too long");
	return RC_OK;
}

/* RFC 7523 3 rule 7: a jti is used once. The used marker is durable, so a restart does not make the assertion valid
 * again. */
static enum rc mark_used(const struct op *op, struct request *c, const struct client *client,
			 const struct jwt_claims *claims)
{
	const struct slice parts[] = {client->id, SLICE("\n"), claims->jti};
	struct slice both;
	uint8_t hash[32];
	TRY(arena_join(c->arena, parts, ARRAY_LEN(parts), &both));
	crypto_sha256(both, hash);
	enum rc rc = store_replay_mark(&op->directory->replay, SLICE("client_assertion"), hash, claims->iat,
				       op->settings->leeway, c->now, claims->exp + op->settings->leeway + 1);
	if (rc == RC_REPLAY) {
		audit_log(op->audit, AUDIT_CLIENT_ASSERTION_REPLAYED, c, RC_REPLAY);
		return refuse_assertion(c, "client_assertion was used before");
	}
	return rc;
}

static enum rc verify_assertion(const struct op *op, struct request *c, const struct client_proof *proof,
				const struct client *client)
{
	struct jwt_claims claims;
	TRY(validate_claims(op, c, proof, client, &claims));
	return mark_used(op, c, client, &claims);
}

const struct client_auth_row client_auth_private_key_jwt = {
	.method = CLIENT_AUTH_PRIVATE_KEY_JWT,
	.name = SLICE_INIT("private_key_jwt"),
	.parameters = {SLICE_INIT("client_assertion"), SLICE_INIT("client_assertion_type")},
	.read = read_assertion,
	.verify = verify_assertion,
	.spec = SLICE_INIT("RFC 7523 2.2"),
};
