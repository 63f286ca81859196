/* SPDX-License-Identifier: Apache-2.0 */
/* Public clients: client_id alone (RFC 6749 3.2.1). PKCE protects their codes. */
#include "oauth/client/client_auth.h"

/* The method of requests that use no other. */
static bool used(const struct request *c)
{
	(void)c;
	return false;
}

static enum rc read_proof(struct request *c, struct client_proof *ret_proof)
{
	struct slice id = request_pairs_get(c->form, SLICE("client_id"));
	if (id.n == 0) {
		c->log_detail = SLICE("no client authentication and no client_id");
		return RC_INVALID_CLIENT;
	}
	ret_proof->id = id;
	return RC_OK;
}

static enum rc verify(const struct op *op, struct request *c, const struct client_proof *proof,
		      const struct client *client)
{
	(void)op;
	(void)c;
	(void)proof;
	return client == NULL ? RC_INVALID_CLIENT : RC_OK;
}

const struct client_auth_row client_auth_none = {
	.method = CLIENT_AUTH_NONE,
	.name = SLICE_INIT("none"),
	.used = used,
	.read = read_proof,
	.verify = verify,
	.spec = SLICE_INIT("RFC 7591 2"),
};
