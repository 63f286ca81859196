/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/gateway_identity.h"

#include "gateway/gateway_claim.h"
#include "gateway/header_encode.h"

const struct gateway_claim_map gateway_claim_map_own = {SLICE_INIT("roles"), SLICE_INIT("tenant"), SLICE_INIT("scope")};

static enum rc read_tenant(const struct json *v, struct arena *a, struct slice *ret_s)
{
	*ret_s = SLICE_NONE;
	return v != NULL && v->text.n > GATEWAY_TENANT_MAX ? RC_RANGE : gateway_claim_text(v, a, ret_s);
}

static enum rc read_claim(const struct json *v, enum gateway_claim bit, struct arena *a, struct gateway_identity *id,
			  struct slice *ret_s)
{
	return gateway_claim_drop(gateway_claim_text(v, a, ret_s), bit, &id->dropped);
}

static enum rc read_iat(const struct json *claims, int64_t *ret_iat)
{
	const struct json *v = json_get(claims, SLICE("iat"));
	*ret_iat = 0;
	if (v == NULL || v->type == JSON_NULL)
		return RC_OK;
	return json_seconds(v, ret_iat) == RC_OK ? RC_OK : RC_JOSE_IAT;
}

/* A claim by which a revocation names the token, and that is no text, might hide that it does. */
static enum rc validate_names(const struct json *claims)
{
	static const struct slice names[] = {SLICE_INIT("client_id"), SLICE_INIT("sid"), SLICE_INIT("op_sid"),
					     SLICE_INIT("grant_id")};
	for (size_t i = 0; json_holds_no_text(claims) && i < ARRAY_LEN(names); i++) {
		const struct json *v = json_get(claims, names[i]);
		if (v != NULL && v->type == JSON_NO_TEXT)
			return RC_JOSE_CLAIMS;
	}
	return RC_OK;
}

/* The claims that revocations match. */
static enum rc read_subject(const struct json *claims, struct arena *a, struct gateway_identity *id)
{
	struct revocation_subject *s = &id->subject;
	const struct json *sub = json_get(claims, SLICE("sub"));
	/* `sub` is never left out: without it the request would count as a client's own. RFC 7519 4.1.2: a string. */
	if (sub != NULL && (sub->type == JSON_NUMBER || sub->type == JSON_BOOL))
		return RC_JOSE_SUB;
	enum rc rc = gateway_claim_text(sub, a, &s->user);
	if (rc != RC_OK)
		return rc == RC_RANGE ? RC_JOSE_SUB : rc;
	/* The same limits as at a sign-in: a user who could have no session cannot use a token either. */
	if (s->user.n > GATEWAY_SUBJECT_MAX)
		return RC_JOSE_SUB;
	TRY(validate_names(claims));
	TRY(read_claim(json_get(claims, SLICE("client_id")), GATEWAY_CLAIM_CLIENT, a, id, &s->client));
	TRY(read_claim(json_get(claims, SLICE("sid")), GATEWAY_CLAIM_SID, a, id, &s->sid));
	TRY(read_claim(json_get(claims, SLICE("op_sid")), GATEWAY_CLAIM_OP_SID, a, id, &s->op_sid));
	TRY(read_claim(json_get(claims, SLICE("grant_id")), GATEWAY_CLAIM_GRANT, a, id, &s->grant));
	TRY(read_claim(json_get(claims, SLICE("jti")), GATEWAY_CLAIM_JTI, a, id, &s->jti));
	/* RFC 9068 2.2: without a person, sub is the client. */
	if (slice_eq(s->user, s->client))
		s->user = SLICE_NONE;
	return read_iat(claims, &s->iat);
}

enum rc gateway_identity_read(const struct json *claims, const struct gateway_claim_map *map, struct arena *a,
			   struct gateway_identity *ret_identity)
{
	struct gateway_identity id = {.claims = claims};
	struct slice tenant, handle;
	uint32_t none = 0;
	if (claims == NULL || claims->type != JSON_OBJECT)
		return RC_JOSE_CLAIMS;
	TRY(read_subject(claims, a, &id));
	TRY(header_encode(id.subject.user, HEADER_ENCODE_TEXT, a, &id.user));
	TRY(header_encode(id.subject.client, HEADER_ENCODE_TEXT, a, &id.client));
	TRY(gateway_claim_drop(gateway_claim_text(json_get(claims, SLICE("handle")), a, &handle), 0, &none));
	TRY(header_encode(handle, HEADER_ENCODE_TEXT, a, &id.handle));
	TRY(gateway_claim_drop(read_tenant(gateway_claim_find(claims, map->tenant), a, &tenant), GATEWAY_CLAIM_TENANT,
		 &id.dropped));
	TRY(header_encode(tenant, HEADER_ENCODE_TEXT, a, &id.tenant));
	TRY(gateway_claim_list(gateway_claim_find(claims, map->roles), ',', GATEWAY_CLAIM_ROLES, &id.dropped, a, &id.roles));
	TRY(gateway_claim_list(gateway_claim_find(claims, map->scope), ' ', GATEWAY_CLAIM_SCOPE, &id.dropped, a, &id.scope));
	*ret_identity = id;
	return RC_OK;
}
