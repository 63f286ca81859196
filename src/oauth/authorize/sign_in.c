/* SPDX-License-Identifier: Apache-2.0 */
/* GET, POST /sign-in: the step that an authenticator does. */
#include "base/utf8.h"
#include "identity/login_name.h"
#include "oauth/authorize/authenticator.h"
#include "oauth/authorize/authorize.h"
#include "oauth/authorize/browser.h"

static enum rc sign_in_needed(UNUSED const struct op *op, struct request *c, const struct authorize_grant *grant,
			      bool *ret_needed)
{
	const struct authorize_request *request = grant->request;
	const struct login *login = grant->login;
	*ret_needed = true;
	/* A client and its users belong to one tenant. */
	if (login == NULL || !slice_eq(login->user.tenant, grant->client->tenant))
		return RC_OK;
	bool other = request->subject.n > 0 && !slice_eq(request->subject, login->user.id);
	/* OpenID Connect Core 3.1.2.1: if another user than the id_token_hint's is signed in, the answer is an
	 * error. */
	if (grant->fresh && other)
		return RC_LOGIN_REQUIRED;
	/* OpenID Connect Core 3.1.2.1: "If the elapsed time is greater than this value, the OP MUST attempt to actively
	 * re-authenticate"; max_age=0 is prompt=login. */
	bool old = request->max_age >= 0 && (request->max_age == 0 || c->now - login->auth_time > request->max_age);
	*ret_needed = !grant->fresh && (other || old || (request->prompt & AUTHORIZE_PROMPT_LOGIN) != 0);
	return RC_OK;
}

static enum rc sign_in_show(const struct op *op, struct request *c, struct reply *r, const struct interaction *it,
			    const struct authorize_grant *grant)
{
	const struct sign_in s = {authenticator_find(c), it, grant->client, it->request.login_hint, SLICE_NONE};
	return s.with == NULL ? RC_INVALID_REQUEST : s.with->begin(op, c, r, &s);
}

/* At most one row per account and network in five minutes, for existing and unknown accounts alike: a flood does not
 * fill the table, and the response time reveals nothing. */
static enum rc sign_in_audit_refusal(const struct op *op, const struct request *c, enum rc why,
				     const struct sign_in_result *result)
{
	struct dir_audit audit = audit_row(result->event, c);
	audit.subject = result->account;
	audit.client = c->log_client;
	if (result->telling)
		return audit_add(op->audit, &audit, c, why);
	audit_log(op->audit, result->event, c, why);
	return RC_OK;
}

/* The page again. */
static enum rc sign_in_refused(const struct op *op, struct request *c, struct reply *r, struct sign_in *s, enum rc why,
			       const struct sign_in_result *result)
{
	struct slice seconds;
	c->log_subject = result->account;
	TRY(sign_in_audit_refusal(op, c, why, result));
	s->message = result->message;
	TRY(s->with->begin(op, c, r, s));
	r->status = rc_row(why)->http_status;
	if (result->retry_after == 0)
		return RC_OK;
	TRY(arena_format(c->arena, &seconds, "%lld", (long long)result->retry_after));
	return reply_header_add(r, SLICE("Retry-After"), seconds);
}

static enum rc sign_in_audit(const struct op *op, struct request *c, const struct login *login)
{
	struct dir_audit audit = audit_row(AUDIT_USER_SIGNED_IN, c);
	audit.actor = audit.subject = login->user.id;
	audit.client = c->log_client;
	audit.session = login->session.sid;
	return audit_add(op->audit, &audit, c, RC_OK);
}

/* The rest of a sign-in after its session is made. */
static enum rc sign_in_continue(const struct op *op, struct request *c, struct reply *r, struct interaction *it,
				struct login *login)
{
	CLEANUP(client_unref_p) struct client *client = NULL;
	TRY(sign_in_audit(op, c, login));
	TRY(interaction_set_sid(op, c, it, login->session.sid));
	/* It took time: the client may have lost something meanwhile. */
	TRY(authorize_client(op, c, &it->request, &client));
	return step_continue(op, c, r, it, &(struct authorize_grant){&it->request, client, login, true});
}

/* The same request again, with the typed login sealed into it. The password exists only in this form. */
static enum rc sign_in_more_time(const struct op *op, struct request *c, struct reply *r, const struct sign_in *s)
{
	struct authorize_request request = s->it->request;
	struct interaction it;
	if (s->login.n > 0 && s->login.n <= LOGIN_MAX && utf8_shown(s->login))
		request.login_hint = s->login;
	TRY(interaction_begin(op, c, r, &request, SLICE_NONE, &it));
	return step_go(op, c, r, &it, &(struct authorize_grant){&it.request, s->client, NULL, false}, &step_sign_in);
}

static enum rc sign_in_answer(const struct op *op, struct request *c, struct reply *r, struct interaction *it,
			      const struct authorize_grant *grant)
{
	struct sign_in s = {authenticator_find(c), it, grant->client, request_pairs_get(c->form, SLICE("login")),
			    SLICE_NONE};
	struct sign_in_result result = {0};
	struct login login;
	/* Before anything is verified: a form of another site does not sign in and does not count as an attempt. */
	TRY(browser_form_validate(op, c, it->key, it->id, SLICE_NONE));
	if (s.with == NULL)
		return RC_INVALID_REQUEST;
	if (slice_eq(request_pairs_get(c->form, SLICE("decision")), SLICE("more_time")))
		return sign_in_more_time(op, c, r, &s);
	enum rc rc = s.with->finish(op, c, r, &s, &result);
	if (rc == RC_ACCESS_DENIED || rc == RC_THROTTLED || rc == RC_BUSY)
		return sign_in_refused(op, c, r, &s, rc, &result);
	TRY(rc);
	TRY(login_start(op, c, r, &result.user, s.with->amr, &login));
	rc = sign_in_continue(op, c, r, it, &login);
	/* The person is signed in even if the app's request failed: the error page sets the cookies. */
	if (rc != RC_OK)
		reply_error_page(r, c, rc);
	return RC_OK;
}

const struct step step_sign_in = {
	.path = SLICE_INIT("/sign-in"),
	.without = RC_LOGIN_REQUIRED,
	.needed = sign_in_needed,
	.show = sign_in_show,
	.answer = sign_in_answer,
};

enum rc sign_in_endpoint(const struct op *op, struct request *c, struct reply *r)
{
	return step_page(op, c, r, &step_sign_in);
}
