/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of the authorization endpoint: by query, form post or (errors only) fragment, each with state and iss. */
#include "base/percent.h"
#include "oauth/authorize/authorize.h"
#include "oauth/grant/code.h"
#include "oauth/feature/feature.h"
#include "oauth/grant/resource.h"

enum { LOCATION_MAX = 20 * 1024 };

/* By a page that posts them (OAuth 2.0 Form Post Response Mode). */
static enum rc answer_by_form(struct request *c, struct reply *r, const struct authorize_request *request,
			      const struct answer_fields *fields)
{
	struct request_pair *kept = arena_array(c->arena, fields->n, sizeof *kept);
	if (kept == NULL)
		return RC_MEMORY;
	memcpy(kept, fields->v, fields->n * sizeof *kept);
	r->type = REPLY_FORM_POST;
	r->location = request->redirect_uri;
	r->fields = (struct request_pairs){kept, fields->n};
	return RC_OK;
}

/* By query (RFC 6749 4.1.2) or, for errors of other response types, by fragment. */
static enum rc answer_by_redirect(struct request *c, struct reply *r, const struct authorize_request *request,
				  const struct answer_fields *fields)
{
	struct buf b;
	struct slice url;
	bool fragment = slice_eq(request->response_mode, SLICE("fragment"));
	buf_init(&b, LOCATION_MAX);
	if (!fragment)
		buf_put(&b, request->redirect_uri);
	for (size_t i = 0; i < fields->n; i++)
		(fragment ? percent_form : percent_query)(&b, fields->v[i].name, fields->v[i].value);
	const struct slice parts[] = {fragment ? request->redirect_uri : SLICE_NONE, fragment ? SLICE("#") : SLICE_NONE,
				      buf_slice(&b)};
	enum rc rc = buf_rc(&b) == RC_OK ? arena_join(c->arena, parts, ARRAY_LEN(parts), &url) : buf_rc(&b);
	buf_free(&b);
	TRY(rc);
	reply_redirect(r, url);
	return RC_OK;
}

/* `fields`: the answer's own; features add theirs. */
static enum rc answer(struct request *c, struct reply *r, const struct authorize_request *request,
		      struct answer_fields *fields)
{
	TRY(features_answer(c, request, fields));
	return slice_eq(request->response_mode, SLICE("form_post")) ? answer_by_form(c, r, request, fields)
								     : answer_by_redirect(c, r, request, fields);
}

enum rc authorize_refuse(const struct op *op, struct request *c, struct reply *r,
			 const struct authorize_request *request, enum rc why)
{
	const struct rc_row *row = rc_row(why);
	struct answer_fields fields = {
		.v = {{SLICE("error"), slice_cstr(row->oauth_error)},
		      {SLICE("error_description"), reply_error_text(c, why, c->arena)}},
		.n = 2,
	};
	audit_log(op->audit, AUDIT_AUTHORIZE_REFUSED, c, why);
	return answer(c, r, request, &fields);
}

enum rc authorize_answer(const struct op *op, struct request *c, struct reply *r, const struct authorize_grant *grant)
{
	const struct authorize_request *request = grant->request;
	struct login *login = grant->login;
	struct code_grant code_grant = {
		.client = request->client_id,
		.redirect_uri = request->redirect_uri,
		.code_challenge = request->code_challenge,
		.user = login->user.id,
		.tenant = login->user.tenant,
		.sid = login->session.sid,
		.scopes = request->scopes,
		.nonce = request->nonce,
		.amr = login->amr,
		.acr = login->acr,
		.auth_time = login->auth_time,
		.binding = request->binding,
	};
	struct slice code;
	TRY(resource_granted(op, grant->client, request->scopes, request->resources, c->arena, &code_grant.resources));
	if (code_grant.resources.n == 0)
		code_grant.resources = CODE_NO_RESOURCE;
	TRY(login_add_client(op, c, login, request->client_id));
	TRY(code_issue(op, &code_grant, c->now, c->arena, &code));
	struct answer_fields fields = {.v = {{SLICE("code"), code}}, .n = 1};
	audit_log(op->audit, AUDIT_AUTHORIZE_GRANTED, c, RC_OK);
	return answer(c, r, request, &fields);
}
