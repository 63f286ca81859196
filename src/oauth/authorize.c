/* SPDX-License-Identifier: Apache-2.0 */
/* GET, POST /authorize: who asks, what for, who is signed in, what is still missing. */
#include "oauth/authorize.h"

#include "oauth/browser.h"
#include "oauth/consent.h"

bool authorize_needs_sign_in(const struct authorize_request *request, const struct client *client, const struct login *login,
			     bool fresh, int64_t now)
{
	/* A client is one tenant's, and so are its users. */
	if (login == NULL || !slice_eq(login->user.tenant, client->tenant))
		return true;
	if (fresh)
		return false;
	if ((request->prompt & AUTHORIZE_PROMPT_LOGIN) != 0)
		return true;
	if (request->subject.n > 0 && !slice_eq(request->subject, login->user.id))
		return true;
	/* OpenID Connect Core 3.1.2.1: "If the elapsed time is greater than this value, the OP MUST attempt to actively
	 * re-authenticate"; max_age=0 is prompt=login. */
	return request->max_age >= 0 && (request->max_age == 0 || now - login->auth_time > request->max_age);
}

enum rc authorize_client(const struct op *op, struct call *c, const struct authorize_request *request,
			 struct client **ret_client)
{
	CLEANUP(client_unref_p) struct client *client = NULL;
	enum rc rc = client_get(op, request->client_id, c->now, &client);
	if (rc == RC_NOT_FOUND)
		return RC_EXPIRED;
	TRY(rc);
	if (!client_redirect_allowed(client, request->redirect_uri))
		return RC_EXPIRED;
	*ret_client = client;
	client = NULL;
	return RC_OK;
}

enum rc authorize_step(const struct op *op, const struct call *c, struct slice path, const struct interaction *it,
		       struct reply *r)
{
	struct slice url;
	TRY(browser_url(op, path, (struct call_pair){SLICE("i"), it->id}, c->arena, &url));
	reply_redirect(r, url);
	return RC_OK;
}

enum rc authorize_resume(const struct op *op, struct call *c, struct reply *r, const struct interaction *it,
			 struct login *login)
{
	CLEANUP(client_unref_p) struct client *client = NULL;
	const struct authorize_request *request = &it->request;
	bool needed;
	TRY(authorize_client(op, c, request, &client));
	/* OpenID Connect Core 3.1.2.1: with another user than the id_token_hint's the answer is an error. */
	if (request->subject.n > 0 && !slice_eq(request->subject, login->user.id)) {
		TRY(interaction_finish(op, c, r, it));
		return authorize_refuse(op, c, r, request, RC_LOGIN_REQUIRED);
	}
	TRY(consent_needed(op, c, request, client, &login->user, &needed));
	if (needed)
		return authorize_step(op, c, SLICE("/consent"), it, r);
	TRY(interaction_finish(op, c, r, it));
	return authorize_answer(op, c, r, &(struct authorize_grant){request, client, login});
}

/* A trusted request that can be read: answered at once where nothing is missing, by an error where asking is forbidden
 * (prompt=none), else by a page. */
static enum rc authorize_decide(const struct op *op, struct call *c, struct reply *r, const struct authorize_grant *grant)
{
	const struct authorize_request *request = grant->request;
	struct interaction it;
	bool silent = (request->prompt & AUTHORIZE_PROMPT_NONE) != 0, needed;
	if (authorize_needs_sign_in(request, grant->client, grant->login, false, c->now)) {
		if (silent)
			return authorize_refuse(op, c, r, request, RC_LOGIN_REQUIRED);
		TRY(interaction_begin(op, c, r, request, SLICE_NONE, &it));
		return authorize_step(op, c, SLICE("/sign-in"), &it, r);
	}
	TRY(consent_needed(op, c, request, grant->client, &grant->login->user, &needed));
	if (!needed)
		return authorize_answer(op, c, r, grant);
	if (silent)
		return authorize_refuse(op, c, r, request, RC_CONSENT_REQUIRED);
	TRY(interaction_begin(op, c, r, request, grant->login->session.sid, &it));
	return authorize_step(op, c, SLICE("/consent"), &it, r);
}

/* What the client got wrong goes back to it; what we cannot do now is ours to say, and the person may try again. */
static bool is_clients_error(enum rc rc)
{
	int status = rc_row(rc)->http_status;
	return status >= 400 && status < 500 && rc != RC_LIMIT;
}

/* Nothing may be sent to a redirect URI that is not the client's: the person is told, and stays here. */
static enum rc authorize_untrusted(const struct call *c, struct reply *r)
{
	reply_error_page(r, c, RC_INVALID_REQUEST);
	TRY(arena_format(c->arena, &r->view.message, "The app that sent you here is not set up correctly: %.*s.",
			 SLICE_ARGS(c->log_detail)));
	return RC_OK;
}

enum rc authorize_endpoint(const struct op *op, struct call *c, struct reply *r)
{
	CLEANUP(client_unref_p) struct client *client = NULL;
	struct authorize_request request;
	struct login login;
	if (c->method == CALL_POST)
		return c->query.n > 0 ? RC_INVALID_REQUEST : browser_again_by_get(op, c, SLICE("/authorize"), r);
	/* RFC 6749 4.1.2.1: client_id and redirect_uri first. */
	enum rc rc = authorize_request_trust(op, c, &request, &client);
	if (rc == RC_INVALID_REQUEST)
		return authorize_untrusted(c, r);
	TRY(rc);
	/* Then everything else, answered to the redirect URI. */
	rc = authorize_request_read(op, c, client, &request);
	if (is_clients_error(rc))
		return authorize_refuse(op, c, r, &request, rc);
	TRY(rc);
	/* Who is signed in. */
	rc = login_open(op, c, &login);
	if (rc != RC_NO_CREDENTIALS)
		TRY(rc);
	return authorize_decide(op, c, r, &(struct authorize_grant){&request, client, rc == RC_OK ? &login : NULL});
}
