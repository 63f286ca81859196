/* SPDX-License-Identifier: Apache-2.0 */
/* GET, POST /authorize: finds the client, the request, the signed-in user, and what is missing. */
#include "oauth/authorize/authorize.h"

#include "oauth/authorize/browser.h"
#include "oauth/grant/consent.h"
#include "oauth/grant/resource.h"
#include "oauth/grant/scope.h"

bool authorize_needs_sign_in(const struct authorize_request *request, const struct client *client,
			     const struct login *login, bool fresh, int64_t now)
{
	/* A client and its users belong to one tenant. */
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

/* RC_INVALID_SCOPE, RC_INVALID_TARGET: nothing is left. */
static enum rc leave_lost(const struct op *op, const struct client *client, struct authorize_request *request,
			  struct arena *a)
{
	struct slice scopes;
	TRY(resource_subset(op, client, request->resources, (struct request_pairs){NULL, 0}, a, &request->resources));
	TRY(scope_common(request->scopes, client->scopes, a, &scopes));
	if (request->scopes.n > 0 && scopes.n == 0)
		return RC_INVALID_SCOPE;
	return resource_scopes(op, client, scopes, request->resources, false, a, &request->scopes);
}

enum rc authorize_client(const struct op *op, struct request *c, struct authorize_request *request,
			 struct client **ret_client)
{
	CLEANUP(client_unref_p) struct client *client = NULL;
	enum rc rc = client_get(op, request->client_id, c->now, &client);
	if (rc == RC_NOT_FOUND)
		return RC_EXPIRED;
	TRY(rc);
	if (!client_redirect_allowed(client, request->redirect_uri) || (client->grants & CLIENT_GRANT_CODE) == 0)
		return RC_EXPIRED;
	rc = leave_lost(op, client, request, c->arena);
	if (rc == RC_INVALID_SCOPE || rc == RC_INVALID_TARGET) {
		c->log_detail = SLICE("the client may have nothing any more of what it asked for");
		return RC_EXPIRED;
	}
	TRY(rc);
	*ret_client = client;
	client = NULL;
	return RC_OK;
}

enum rc authorize_step(const struct op *op, struct request *c, struct reply *r, const struct interaction *it,
		       const struct authorize_grant *grant)
{
	struct slice url, path = grant->login == NULL ? SLICE("/sign-in") : SLICE("/consent");
	if (it->text.n > INTERACTION_ADDRESS_MAX)
		return grant->login == NULL ? sign_in_show(op, c, r, it, grant->client)
					    : consent_show(op, c, r, it, grant);
	TRY(browser_url(op, path, (struct request_pair){SLICE("i"), it->text}, c->arena, &url));
	reply_redirect(r, url);
	return RC_OK;
}

enum rc authorize_resume(const struct op *op, struct request *c, struct reply *r, const struct interaction *waiting,
			 struct login *login)
{
	CLEANUP(client_unref_p) struct client *client = NULL;
	struct interaction now = *waiting;
	const struct interaction *it = &now;
	const struct authorize_request *request = &now.request;
	bool needed;
	TRY(authorize_client(op, c, &now.request, &client));
	/* OpenID Connect Core 3.1.2.1: if another user than the id_token_hint's is signed in, the answer is an
	 * error. */
	if (request->subject.n > 0 && !slice_eq(request->subject, login->user.id)) {
		TRY(interaction_finish(op, c, r, it));
		return authorize_refuse(op, c, r, request, RC_LOGIN_REQUIRED);
	}
	TRY(consent_needed(op, c, request, client, &login->user, &needed));
	const struct authorize_grant grant = {request, client, login};
	if (needed)
		return authorize_step(op, c, r, it, &grant);
	TRY(interaction_finish(op, c, r, it));
	return authorize_answer(op, c, r, &grant);
}

/* Starts an interaction for what is missing; `login`: the user who is signed in already, if any. */
static enum rc authorize_ask(const struct op *op, struct request *c, struct reply *r,
			     const struct authorize_grant *grant)
{
	struct interaction it;
	struct slice sid = grant->login != NULL ? grant->login->session.sid : SLICE_NONE;
	TRY(interaction_begin(op, c, r, grant->request, sid, &it));
	return authorize_step(op, c, r, &it, grant);
}

/* Decides a trusted, readable request: answers at once if nothing is missing, with an error if prompts are forbidden
 * (prompt=none), else with a page. */
static enum rc authorize_decide(const struct op *op, struct request *c, struct reply *r,
				const struct authorize_grant *grant)
{
	const struct authorize_request *request = grant->request;
	bool silent = (request->prompt & AUTHORIZE_PROMPT_NONE) != 0, needed;
	if (authorize_needs_sign_in(request, grant->client, grant->login, false, c->now)) {
		if (silent)
			return authorize_refuse(op, c, r, request, RC_LOGIN_REQUIRED);
		return authorize_ask(op, c, r, &(struct authorize_grant){request, grant->client, NULL});
	}
	TRY(consent_needed(op, c, request, grant->client, &grant->login->user, &needed));
	if (!needed)
		return authorize_answer(op, c, r, grant);
	if (silent)
		return authorize_refuse(op, c, r, request, RC_CONSENT_REQUIRED);
	return authorize_ask(op, c, r, grant);
}

/* The client's faults go back to the client. Our own faults get a page, so that the person can try again. */
static bool is_clients_error(enum rc rc)
{
	return rc != RC_OK && !rc_server_error(rc);
}

/* An invalid redirect URI gets nothing: the person sees an error page here. */
static enum rc authorize_untrusted(const struct request *c, struct reply *r)
{
	reply_error_page(r, c, RC_INVALID_REQUEST);
	TRY(arena_format(c->arena, &r->view.message, "The app that sent you here is not set up correctly: %.*s.",
			 SLICE_ARGS(c->log_detail)));
	return RC_OK;
}

/* Repeats a POST request from a page of ours, so that our cookies come with it: by a redirect, or by a form if the
 * URL would be too long. RC_NOT_FOUND: it comes from that form. */
static enum rc authorize_again(const struct op *op, struct request *c, struct reply *r)
{
	CLEANUP(client_unref_p) struct client *client = NULL;
	struct authorize_request request;
	enum rc rc = browser_again_by_get(op, c, SLICE("/authorize"), BROWSER_ADDRESS_MAX, r);
	if (rc != RC_RANGE)
		return rc;
	const struct parameters from = parameters_of_form(c);
	/* Whatever another site's POST says of itself, it comes without our cookies. */
	if (request_pairs_has(c->form, BROWSER_AGAIN) && browser_same_origin(op, c) == RC_OK)
		return RC_NOT_FOUND;
	rc = authorize_request_trust(op, c, &from, &request, &client);
	if (rc == RC_INVALID_REQUEST)
		return authorize_untrusted(c, r);
	TRY(rc);
	r->view.form_target = request.redirect_uri;
	return browser_again_by_form(op, c, SLICE("/authorize"), r);
}

enum rc authorize_endpoint(const struct op *op, struct request *c, struct reply *r)
{
	CLEANUP(client_unref_p) struct client *client = NULL;
	struct authorize_request request;
	struct login login;
	struct parameters from = parameters_of_query(c);
	if (c->method == CALL_POST) {
		if (c->query.n > 0 || c->query_faults.rc != RC_OK)
			return RC_INVALID_REQUEST;
		/* What is to be refused needs no cookies, and what is sent again has lost what was wrong with it. */
		enum rc again = authorize_request_unclear(&c->form_faults) ? RC_NOT_FOUND : authorize_again(op, c, r);
		if (again != RC_NOT_FOUND)
			return again;
		from = parameters_of_form(c);
	}
	/* RFC 6749 4.1.2.1: client_id and redirect_uri first. */
	enum rc rc = authorize_request_trust(op, c, &from, &request, &client);
	if (rc == RC_INVALID_REQUEST)
		return authorize_untrusted(c, r);
	TRY(rc);
	/* Then everything else; errors go to the redirect URI. */
	rc = authorize_request_read(op, c, &from, client, &request);
	if (is_clients_error(rc))
		return authorize_refuse(op, c, r, &request, rc);
	TRY(rc);
	/* Then the signed-in user. */
	rc = login_open(op, c, &login);
	if (rc != RC_NO_CREDENTIALS)
		TRY(rc);
	return authorize_decide(op, c, r, &(struct authorize_grant){&request, client, rc == RC_OK ? &login : NULL});
}
