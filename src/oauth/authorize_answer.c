/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of the authorization endpoint: by query or by form post, each with state and iss. */
#include "base/percent.h"
#include "oauth/authorize.h"
#include "oauth/code.h"

enum { LOCATION_MAX = 8 * 1024, FIELDS_MAX = 4 };

/* RFC 6749 4.1.2, OAuth 2.0 Form Post Response Mode, RFC 9207 2. */
static enum rc answer(const struct op *op, struct call *c, struct reply *r, const struct authorize_request *request,
		      const struct call_pair *first, size_t count)
{
	struct call_pair *fields = arena_array(c->arena, FIELDS_MAX, sizeof *fields);
	size_t n = 0;
	if (fields == NULL)
		return RC_LIMIT;
	for (; n < count; n++)
		fields[n] = first[n];
	if (request->state.n > 0)
		fields[n++] = (struct call_pair){SLICE("state"), request->state};
	fields[n++] = (struct call_pair){SLICE("iss"), op->settings->issuer};
	if (slice_eq(request->response_mode, SLICE("form_post"))) {
		r->kind = REPLY_FORM_POST;
		r->location = request->redirect_uri;
		r->fields = (struct call_pairs){fields, n};
		return RC_OK;
	}
	struct buf b;
	struct slice url;
	buf_init(&b, LOCATION_MAX);
	buf_put(&b, request->redirect_uri);
	for (size_t i = 0; i < n; i++)
		percent_query(&b, fields[i].name, fields[i].value);
	enum rc rc = buf_rc(&b) == RC_OK ? arena_copy(c->arena, buf_slice(&b), &url) : buf_rc(&b);
	buf_free(&b);
	TRY(rc);
	reply_redirect(r, url);
	return RC_OK;
}

enum rc authorize_refuse(const struct op *op, struct call *c, struct reply *r, const struct authorize_request *request,
			 enum rc why)
{
	const struct rc_row *row = rc_row(why);
	const struct call_pair fields[] = {
		{SLICE("error"), slice_cstr(row->oauth_error)},
		{SLICE("error_description"), slice_cstr(row->text)},
	};
	op->services->audit(op->services->self, c, "authorize.refused", why);
	return answer(op, c, r, request, fields, ARRAY_LEN(fields));
}

enum rc authorize_answer(const struct op *op, struct call *c, struct reply *r, const struct authorize_grant *grant)
{
	const struct authorize_request *request = grant->request;
	struct login *login = grant->login;
	const struct code_grant code_grant = {
		.client = request->client_id,
		.redirect_uri = request->redirect_uri,
		.code_challenge = request->code_challenge,
		.user = login->user.id,
		.tenant = login->user.tenant,
		.sid = login->session.sid,
		.scopes = request->scopes,
		.resource = request->resource,
		.nonce = request->nonce,
		.amr = login->amr,
		.acr = login->acr,
		.auth_time = login->auth_time,
	};
	struct slice code;
	TRY(login_add_client(op, c, login, request->client_id));
	TRY(code_issue(op, &code_grant, c->now, c->arena, &code));
	const struct call_pair field = {SLICE("code"), code};
	op->services->audit(op->services->self, c, "authorize.granted", RC_OK);
	return answer(op, c, r, request, &field, 1);
}
