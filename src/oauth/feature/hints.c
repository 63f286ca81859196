/* SPDX-License-Identifier: Apache-2.0 */
/* login_hint and id_token_hint (OpenID Connect Core 3.1.2.1): who is expected to sign in. */
#include "oauth/feature/feature.h"

#include "base/percent.h"
#include "base/utf8.h"
#include "oauth/authorize/id_token_hint.h"

enum { LOGIN_HINT_MAX = 254 };

static const struct slice parameters[] = {SLICE_INIT("login_hint"), SLICE_INIT("id_token_hint")};

/* A login_hint that cannot be shown is ignored: it is only a hint. */
static enum rc on_authorize(struct authorize_reading *r)
{
	struct slice hint = parameters_get(r->from, SLICE("id_token_hint"));
	struct slice login = parameters_get(r->from, SLICE("login_hint"));
	if (login.n <= LOGIN_HINT_MAX && utf8_shown(login))
		r->request->login_hint = login;
	if (hint.n == 0)
		return RC_OK;
	struct id_token_hint read;
	enum rc rc = id_token_hint_read(r->op, r->c, hint, r->request->client_id, &read);
	if (rc == RC_INVALID_TOKEN)
		return authorize_wrong(r, RC_INVALID_REQUEST,
				       SLICE("id_token_hint is not an ID token of this server"));
	TRY(rc);
	r->request->subject = read.sub;
	return RC_OK;
}

/* Without the id_token_hint: it is long, and a token does not belong in a URL that stays on a page. */
static void on_again(const struct authorize_request *request, struct buf *query)
{
	percent_query_if(query, SLICE("login_hint"), request->login_hint);
}

const struct feature feature_hints = {
	.spec = "OpenID Connect Core 1.0, 3.1.2.1",
	FEATURE_PARAMETERS(parameters),
	.on_authorize = on_authorize,
	.on_again = on_again,
};
