/* SPDX-License-Identifier: Apache-2.0 */
/* What a provider says to the gateway's own sign-in: metadata, keys, token answers, the claims of an ID token; and a
 * session's payload, which was made of these. Input: a byte that says which, then the document. Must hold: metadata
 * of another issuer, an ID token of another issuer or audience, or under a key that is not the provider's, is never
 * taken. */
#include "rp_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CLAIMS                                                                                               \
	"{\"iss\":\"" RF_ISSUER "\",\"aud\":\"" RF_CLIENT "\",\"sub\":\"alice\",\"iat\":1800000000,\"exp\":" \
							  "1800000600}"

static const struct json *parse(struct slice text)
{
	const struct json *root;
	rf_hold(json_parse_arena(&rf.arena, text, 512, &root) == RC_OK);
	return root;
}

static void metadata(struct slice text)
{
	struct provider_metadata m;
	rf_answers.metadata = text;
	if (provider_find(&rf.rp, SLICE(RF_ISSUER), RF_NOW, &rf.arena, &m) != RC_OK)
		return;
	rf_hold(m.authorization_endpoint.n > 0 && m.token_endpoint.n > 0);
	rf_hold(json_is_string(json_get(parse(text), SLICE("issuer")), SLICE(RF_ISSUER)));
}

/* Only the key itself verifies what it signed: the fuzzer has its set in the corpus' words, never its value. */
static void keys(struct slice text)
{
	struct jwt_claims claims;
	struct slice token = rf_sign(SLICE(CLAIMS));
	rf_answers.jwks = text;
	rf_hold(provider_id_token(&rf.rp, &rf.site, token, SLICE_NONE, RF_NOW, &rf.arena, &claims) != RC_OK);
}

static void token_answer(struct slice text, long status)
{
	struct provider_tokens t;
	rf_answers.token = text;
	rf_answers.token_status = status;
	enum rc rc = provider_token(&rf.rp, &rf.site, SLICE("grant_type=x"), RF_NOW, &rf.arena, &t);
	bool refused = rc == RC_INVALID_GRANT || rc == RC_INVALID_CLIENT || rc == RC_INVALID_REQUEST;
	rf_hold(rc == RC_OK || rc == RC_UPSTREAM || rc == RC_LIMIT || rc == RC_MEMORY || refused);
	rf_hold(!refused || status >= 400);
	if (rc != RC_OK)
		return;
	rf_hold(status == 200 && t.access_token.n > 0 && t.access_expires >= RF_NOW &&
		t.access_expires <= RF_NOW + 30 * 24 * 3600);
}

static void payload_again(const struct gateway_payload *p)
{
	struct gateway_payload read;
	struct slice text;
	if (gateway_payload_write(p, &rf.arena, &text) != RC_OK)
		return;
	rf_hold(gateway_payload_read(text, &rf.arena, &read) == RC_OK);
	rf_hold(slice_eq(read.user, p->user) && slice_eq(read.roles, p->roles) && slice_eq(read.data, p->data) &&
		read.data_version == p->data_version);
}

static void id_token(struct slice text)
{
	struct gateway_payload p = {.host = SLICE(RF_HOST)};
	struct jwt_claims claims;
	if (provider_id_token(&rf.rp, &rf.site, rf_sign(text), SLICE("n"), RF_NOW, &rf.arena, &claims) != RC_OK)
		return;
	rf_hold(slice_eq(claims.iss, SLICE(RF_ISSUER)) && claims.sub.n > 0 && claims.exp > RF_NOW - 60);
	rf_hold(json_is_string(json_get(claims.root, SLICE("nonce")), SLICE("n")));
	/* Nothing but a long subject or memory refuses a good token. */
	enum rc rc = gateway_payload_claims(&rf.rp, &rf.site, &claims, &rf.arena, &p);
	rf_hold(rc == RC_OK || rc == RC_JOSE_SUB || rc == RC_LIMIT || rc == RC_MEMORY);
	if (rc != RC_OK)
		return;
	/* What gateways get as JSON is JSON, and as long as was said. */
	const struct json *root;
	rf_hold(p.roles.n <= GATEWAY_ROLES_MAX);
	rf_hold(p.roles.n == 0 || json_parse_arena(&rf.arena, p.roles, 4096, &root) == RC_OK);
	rf_hold(p.tenant.n == 0 || json_parse_arena(&rf.arena, p.tenant, 4096, &root) == RC_OK);
	payload_again(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const long statuses[] = {200, 400, 500, 401};
	struct slice text = slice_from(slice_of(data, size), 1);
	struct gateway_payload p;
	unsigned mode = size == 0 ? 0 : data[0];
	rf_begin();
	switch (mode % 5) {
	case 0:
		metadata(text);
		break;
	case 1:
		keys(text);
		break;
	case 2:
		token_answer(text, statuses[mode / 5 % ARRAY_LEN(statuses)]);
		break;
	case 3:
		id_token(text);
		break;
	default:
		if (gateway_payload_read(text, &rf.arena, &p) == RC_OK)
			payload_again(&p);
	}
	rf_end();
	return 0;
}
