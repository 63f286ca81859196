/* SPDX-License-Identifier: Apache-2.0 */
/* Reads parameters in the standards' order; nothing is sent before redirect_uri is known to be the client's. */
#include "oauth/authorize/authorize_request.h"

#include "oauth/client/client_uri.h"
#include "oauth/feature/feature.h"

enum { URL_MAX = 64 * 1024 };

static enum rc refuse(struct request *c, enum rc why, struct slice detail)
{
	c->log_detail = c->client_detail = detail;
	return why;
}

/* The name is one that a feature acts on: it may be told. */
static enum rc refuse_unclear(struct request *c, const struct parameters *from, struct slice name)
{
	struct slice text = SLICE("the parameters are malformed");
	if (from->faults.n > 0)
		rc_ignore(arena_format(c->arena, &text, "%.*s is given twice or is malformed", SLICE_ARGS(name)));
	return refuse(c, RC_INVALID_REQUEST, text);
}

bool authorize_request_unclear(const struct request_faults *faults)
{
	return features_unclear(faults).n > 0;
}

enum rc authorize_request_trust(const struct op *op, struct request *c, const struct parameters *from,
				struct authorize_request *ret, struct client **ret_client)
{
	struct authorize_request request = {.max_age = -1};
	CLEANUP(client_unref_p) struct client *client = NULL;
	if (from->faults.rc == RC_LIMIT || rc_server_error(from->faults.rc))
		return refuse(c, from->faults.rc, from->faults.text);
	if (request_faults_has(&from->faults, SLICE("client_id")))
		return refuse_unclear(c, from, SLICE("client_id"));
	request.client_id = parameters_get(from, SLICE("client_id"));
	if (request.client_id.n == 0)
		return refuse(c, RC_INVALID_REQUEST, SLICE("client_id is missing"));
	enum rc rc = client_get(op, request.client_id, c->now, &client);
	if (rc == RC_NOT_FOUND)
		return refuse(c, RC_INVALID_REQUEST, SLICE("there is no such client_id"));
	TRY(rc);
	TRY(arena_copy(c->arena, client->id, &c->log_client));
	if (request_faults_has(&from->faults, SLICE("redirect_uri")))
		return refuse_unclear(c, from, SLICE("redirect_uri"));
	request.redirect_uri = parameters_get(from, SLICE("redirect_uri"));
	if (request.redirect_uri.n == 0)
		return refuse(c, RC_INVALID_REQUEST, SLICE("redirect_uri is missing"));
	/* RFC 9700 4.1.3: "exact string matching", except the port of loopback addresses. */
	if (client_uri_redirect_fault(request.redirect_uri) != NULL ||
	    !client_redirect_allowed(client, request.redirect_uri))
		return refuse(c, RC_INVALID_REQUEST, SLICE("redirect_uri is not registered for this client"));
	struct slice state = parameters_get(from, SLICE("state"));
	if (authorize_state_ok(state))
		request.state = state;
	request.response_mode = authorize_response_mode(from);
	*ret = request;
	*ret_client = client;
	client = NULL;
	return RC_OK;
}

enum rc authorize_request_read(const struct op *op, struct request *c, const struct parameters *from,
			       const struct client *client, struct authorize_request *request)
{
	struct authorize_reading r = {.op = op, .c = c, .from = from, .client = client, .request = request};
	/* RFC 6749 3.1, 4.1.2.1: what is acted on has one reading, or the request is refused. */
	struct slice unclear = features_unclear(&from->faults);
	if (unclear.n > 0)
		return refuse_unclear(c, from, unclear);
	return features_authorize(&r);
}

enum rc authorize_request_url(const struct issuer *issuer, const struct authorize_request *request, struct arena *a,
			      struct slice *ret_url)
{
	struct buf b;
	buf_init(&b, URL_MAX);
	buf_put(&b, issuer->base);
	buf_put(&b, SLICE("/authorize"));
	features_again(request, &b);
	enum rc rc = buf_rc(&b) == RC_OK ? arena_copy(a, buf_slice(&b), ret_url) : buf_rc(&b);
	buf_free(&b);
	return rc;
}
