/* SPDX-License-Identifier: Apache-2.0 */
/* The request's own parameters (RFC 6749 4.1.1): client_id and redirect_uri were validated before; and `state`. */
#include "oauth/feature/feature.h"

#include "base/percent.h"
#include "base/utf8.h"

enum { STATE_MAX = 8 * 1024, STATE_ENCODED_MAX = 16 * 1024 };

static const struct slice parameters[] = {SLICE_INIT("client_id"), SLICE_INIT("redirect_uri"), SLICE_INIT("state")};

/* RFC 6749 A.5: state is 1*VSCHAR; we accept any printable text, since clients send it. It is returned in a URL, so
 * its length is limited in that form too. */
bool authorize_state_ok(struct slice state)
{
	struct buf b;
	buf_init(&b, STATE_ENCODED_MAX);
	percent_encode(&b, state);
	bool fits = buf_rc(&b) == RC_OK;
	buf_free(&b);
	return fits && state.n <= STATE_MAX && utf8_printable(state);
}

static enum rc on_authorize(struct authorize_reading *r)
{
	if (!authorize_state_ok(parameters_get(r->from, SLICE("state"))))
		return authorize_wrong(r, RC_INVALID_REQUEST, SLICE("state is too long or is not printable text"));
	return RC_OK;
}

static void on_again(const struct authorize_request *request, struct buf *query)
{
	percent_query_if(query, SLICE("client_id"), request->client_id);
	percent_query_if(query, SLICE("redirect_uri"), request->redirect_uri);
	percent_query_if(query, SLICE("state"), request->state);
}

/* RFC 6749 4.1.2: "REQUIRED if the "state" parameter was present in the client authorization request." */
static enum rc on_answer(const struct request *c, const struct authorize_request *request, struct answer_fields *fields)
{
	(void)c;
	return request->state.n > 0 ? answer_add(fields, SLICE("state"), request->state) : RC_OK;
}

const struct feature feature_state = {
	.spec = "RFC 6749 4.1",
	FEATURE_PARAMETERS(parameters),
	.on_authorize = on_authorize,
	.on_again = on_again,
	.on_answer = on_answer,
};
