/* SPDX-License-Identifier: Apache-2.0 */
/* Public clients: client_id alone (RFC 6749 3.2.1). PKCE protects their codes. */
#include "oauth/client/client_auth.h"

/* The method of requests that use no other. */
static enum rc read_client_id(struct request *c, struct client_proof *ret_proof)
{
	struct slice id = request_pairs_get(c->form, SLICE("client_id"));
	if (id.n == 0) {
		c->log_detail = SLICE("no client authentication and no client_id");
		return RC_INVALID_CLIENT;
	}
	ret_proof->id = id;
	return RC_OK;
}

const struct client_auth_row client_auth_none = {
	.method = CLIENT_AUTH_NONE,
	.name = SLICE_INIT("none"),
	.read = read_client_id,
	.spec = SLICE_INIT("RFC 7591 2"),
};
