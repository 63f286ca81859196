/* SPDX-License-Identifier: Apache-2.0 */
/* nonce (OpenID Connect Core 3.1.2.1): returned in the ID token, unchanged. */
#include "oauth/feature/feature.h"

#include "base/percent.h"
#include "base/utf8.h"

enum { NONCE_MAX = 512 };

static const struct slice parameters[] = {SLICE_INIT("nonce")};

static enum rc on_authorize(struct authorize_reading *r)
{
	struct slice nonce = parameters_get(r->from, SLICE("nonce"));
	if (nonce.n > NONCE_MAX || !utf8_printable(nonce))
		return authorize_wrong(r, RC_INVALID_REQUEST, SLICE("nonce is too long or is not printable text"));
	r->request->nonce = nonce;
	return RC_OK;
}

static void on_again(const struct authorize_request *request, struct buf *query)
{
	percent_query_if(query, SLICE("nonce"), request->nonce);
}

/* Core 12.2: "it SHOULD NOT have a nonce Claim" at a refresh, where g->nonce is empty. */
static void on_id_token(struct json_out *o, const struct user_grant *g)
{
	json_out_member_if(o, SLICE("nonce"), g->nonce);
}

const struct feature feature_nonce = {
	.spec = "OpenID Connect Core 1.0, 3.1.2.1",
	FEATURE_PARAMETERS(parameters),
	.on_authorize = on_authorize,
	.on_again = on_again,
	.on_id_token = on_id_token,
};
