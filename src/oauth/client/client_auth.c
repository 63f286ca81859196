/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/client/client_auth.h"

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

static enum rc refuse(struct request *c, const char *why)
{
	c->log_detail = slice_cstr(why);
	return RC_INVALID_CLIENT;
}

/* RFC 6749 2.3: "The client MUST NOT use more than one authentication method in each request." */
static enum rc choose(struct request *c, const struct client_auth_row **ret_row)
{
	const struct client_auth_row *chosen = &client_auth_none;
	size_t used = 0;
	for (size_t i = 0; i < CLIENT_AUTH_COUNT; i++) {
		if (!client_auth_rows[i]->used(c))
			continue;
		chosen = client_auth_rows[i];
		used++;
	}
	if (used > 1) {
		c->log_detail = c->client_detail = SLICE("more than one client authentication method");
		return RC_INVALID_REQUEST;
	}
	*ret_row = chosen;
	return RC_OK;
}

/* A client_id beside other credentials must be equal to theirs. */
static enum rc validate_same_id(struct request *c, const struct client_proof *proof)
{
	struct slice id = request_pairs_get(c->form, SLICE("client_id"));
	if (id.n == 0 || slice_eq(id, proof->id))
		return RC_OK;
	c->log_detail = c->client_detail = SLICE("client_id is not the authenticated client's");
	return RC_INVALID_REQUEST;
}

/* RFC 6749 2.3.1 lets the client choose basic or post, and common libraries mix them. */
static bool client_auth_fits(const struct client *client, enum client_auth method)
{
	bool secret = method == CLIENT_AUTH_BASIC || method == CLIENT_AUTH_POST;
	bool either = client->auth == CLIENT_AUTH_BASIC || client->auth == CLIENT_AUTH_POST;
	return client->auth == method || (secret && either && !client->exact_auth);
}

static enum rc verify(const struct op *op, struct request *c, const struct client_auth_row *row,
		      const struct client_proof *proof, const struct client *client)
{
	/* The registered method; otherwise the same work as for an unknown client. */
	bool registered = client != NULL && client_auth_fits(client, row->method);
	enum rc rc = row->verify(op, c, proof, registered ? client : NULL);
	if (rc_server_error(rc))
		return rc;
	if (client == NULL)
		return refuse(c, "unknown or disabled client");
	if (!registered)
		return refuse(c, "not the client's registered authentication method");
	return rc;
}

enum rc client_authenticate(const struct op *op, struct request *c, struct client **ret_client)
{
	const struct client_auth_row *row;
	struct client_proof proof = {0};
	struct client *client = NULL;
	TRY(choose(c, &row));
	TRY(row->read(c, &proof));
	TRY(validate_same_id(c, &proof));
	c->log_client = proof.id;
	enum rc rc = client_get(op, proof.id, c->now, &client);
	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return rc;
	rc = verify(op, c, row, &proof, client);
	if (rc != RC_OK) {
		client_unref(client);
		return rc;
	}
	*ret_client = client;
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
	return refuse(c, "wrong client_secret");
}
