/* SPDX-License-Identifier: Apache-2.0 */
/* client_secret_post: client_id and client_secret in the form (RFC 6749 2.3.1). */
#include "oauth/client/client_auth.h"

static enum rc read_post(struct request *c, struct client_proof *ret_proof)
{
	struct slice id = request_pairs_get(c->form, SLICE("client_id"));
	if (id.n == 0) {
		c->log_detail = c->client_detail = SLICE("client_secret without client_id");
		return RC_INVALID_CLIENT;
	}
	ret_proof->id = id;
	ret_proof->secret = request_pairs_get(c->form, SLICE("client_secret"));
	return RC_OK;
}

const struct client_auth_row client_auth_post = {
	.method = CLIENT_AUTH_POST,
	.name = SLICE_INIT("client_secret_post"),
	.parameters = {SLICE_INIT("client_secret")},
	.read = read_post,
	.verify = client_auth_secret,
	.spec = SLICE_INIT("RFC 6749 2.3.1"),
};
