/* SPDX-License-Identifier: Apache-2.0 */
/* client_secret_post: client_id and client_secret in the form (RFC 6749 2.3.1). */
#include "oauth/client_auth.h"

/* RFC 6749 3.2: "Parameters sent without a value MUST be treated as if they were omitted from the request." */
static bool used(const struct call *c)
{
	return call_pairs_get(c->form, SLICE("client_secret")).n > 0;
}

static enum rc read_proof(struct call *c, struct client_proof *ret_proof)
{
	struct slice id = call_pairs_get(c->form, SLICE("client_id"));
	if (id.n == 0) {
		c->log_detail = SLICE("client_secret without client_id");
		return RC_INVALID_CLIENT;
	}
	ret_proof->id = id;
	ret_proof->secret = call_pairs_get(c->form, SLICE("client_secret"));
	return RC_OK;
}

static enum rc verify(const struct op *op, struct call *c, const struct client_proof *proof, const struct client *client)
{
	enum rc rc = client_auth_secret(op, proof, client);
	if (rc != RC_OK)
		c->log_detail = SLICE("wrong client_secret");
	return rc;
}

const struct client_auth_row client_auth_post = {
	.method = CLIENT_AUTH_POST,
	.name = SLICE_INIT("client_secret_post"),
	.used = used,
	.read = read_proof,
	.verify = verify,
	.spec = SLICE_INIT("RFC 6749 2.3.1"),
};
