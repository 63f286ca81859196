/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/client/client_auth.h"

enum { WITH_SECRET = 1 << CLIENT_AUTH_BASIC | 1 << CLIENT_AUTH_POST };

const struct client_auth_row *const client_auth_rows[CLIENT_AUTH_COUNT] = {
#define CLIENT_AUTH(row, method, name) &client_auth_##row,
#include "oauth/client/client_auths.def"
#undef CLIENT_AUTH
};

const struct client_auth_row *client_auth_by_name(struct slice name)
{
	for (size_t i = 0; i < CLIENT_AUTH_COUNT; i++)
		if (slice_eq(client_auth_rows[i]->name, name))
			return client_auth_rows[i];
	return NULL;
}

static enum rc refuse_client(struct request *c, const char *why)
{
	c->log_detail = slice_cstr(why);
	return RC_INVALID_CLIENT;
}

/* The request's own fault: the answer may say so. */
static enum rc refuse_request(struct request *c, const char *why)
{
	c->log_detail = c->client_detail = slice_cstr(why);
	return RC_INVALID_REQUEST;
}

static bool is_used(const struct client_auth_row *row, const struct request *c)
{
	if (row->header.n > 0 && request_pairs_has(c->headers, row->header))
		return true;
	/* RFC 6749 3.2: "Parameters sent without a value MUST be treated as if they were omitted from the request." */
	for (size_t i = 0; i < ARRAY_LEN(row->parameters) && row->parameters[i].n > 0; i++)
		if (request_pairs_get(c->form, row->parameters[i]).n > 0)
			return true;
	return false;
}

enum rc client_authenticate(const struct op *op, struct request *c, struct client **ret_client)
{
	CLEANUP(client_unref_p) struct client *client = NULL;
	const struct client_auth_row *row = &client_auth_none;
	const struct slice id = request_pairs_get(c->form, SLICE("client_id"));
	struct client_proof proof = {0};
	size_t used = 0;
	/* RFC 6749 2.3: "The client MUST NOT use more than one authentication method in each request." */
	for (size_t i = 0; i < CLIENT_AUTH_COUNT; i++)
		if (is_used(client_auth_rows[i], c)) {
			row = client_auth_rows[i];
			used++;
		}
	if (used > 1)
		return refuse_request(c, "more than one client authentication method");
	TRY(row->read(c, &proof));
	/* A client_id beside other credentials must be equal to theirs. */
	if (id.n > 0 && !slice_eq(id, proof.id))
		return refuse_request(c, "client_id is not the authenticated client's");
	c->log_client = proof.id;
	enum rc rc = client_get(op, proof.id, c->now, &client);
	if (rc != RC_NOT_FOUND)
		TRY(rc);
	/* The registered method; otherwise the same work as for an unknown client. */
	bool registered = client != NULL && client->auth == row->method;
	/* RFC 6749 2.3.1 lets the client choose basic or post, and common libraries mix them. */
	if (client != NULL && !client->exact_auth && ((1u << client->auth | 1u << row->method) & ~(unsigned)WITH_SECRET) == 0)
		registered = true;
	rc = row->verify != NULL ? row->verify(op, c, &proof, registered ? client : NULL) : RC_OK;
	if (rc_server_error(rc))
		return rc;
	if (client == NULL)
		return refuse_client(c, "unknown or disabled client");
	if (!registered)
		return refuse_client(c, "not the client's registered authentication method");
	TRY(rc);
	*ret_client = client;
	client = NULL;
	return RC_OK;
}

enum rc client_auth_secret(const struct op *op, struct request *c, const struct client_proof *proof,
			   const struct client *client)
{
	uint8_t hash[32];
	const uint8_t *want = client == NULL ? op->installation_key : client->secret_hash;
	crypto_sha256(proof->secret, hash);
	bool same = ct_equal(secret_of(hash, sizeof hash), secret_of(want, sizeof hash));
	ct_wipe(hash, sizeof hash);
	if (same && client != NULL && client->has_secret)
		return RC_OK;
	return refuse_client(c, "wrong client_secret");
}
