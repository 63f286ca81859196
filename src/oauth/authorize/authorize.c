/* SPDX-License-Identifier: Apache-2.0 */
/* GET, POST /authorize: finds the client, the request, the signed-in user, and what is missing. */
#include "oauth/authorize/authorize.h"

#include "oauth/authorize/browser.h"
#include "oauth/grant/resource.h"
#include "oauth/grant/scope.h"

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

/* Decides a trusted, readable request: answers at once if no step is needed, with an error if prompts are forbidden
 * (prompt=none), else begins an interaction. */
static enum rc authorize_decide(const struct op *op, struct request *c, struct reply *r,
				const struct authorize_grant *grant)
{
	const struct authorize_request *request = grant->request;
	const struct step *next;
	struct interaction it;
	TRY(step_next(op, c, grant, &next));
	if (next == NULL)
		return authorize_answer(op, c, r, grant);
	if ((request->prompt & AUTHORIZE_PROMPT_NONE) != 0)
		return authorize_refuse(op, c, r, request, next->without);
	struct slice sid = next->signed_in && grant->login != NULL ? grant->login->session.sid : SLICE_NONE;
	TRY(interaction_begin(op, c, r, request, sid, &it));
	return step_go(op, c, r, &it, grant, next);
}

/* An invalid redirect URI gets nothing: the person sees an error page here. */
static enum rc authorize_untrusted(const struct request *c, struct reply *r)
{
	reply_error_page(r, c, RC_INVALID_REQUEST);
	TRY(arena_format(c->arena, &r->data.error.message, "The app that sent you here is not set up correctly: %.*s.",
			 SLICE_ARGS(c->log_detail)));
	return RC_OK;
}

/* Repeats a POST request from a page of ours, so that our cookies come with it: by a redirect, or by a form if the
 * URL would be too long. RC_NOT_FOUND: it comes from that form. */
static enum rc authorize_again(const struct op *op, struct request *c, struct reply *r)
{
	CLEANUP(client_unref_p) struct client *client = NULL;
	struct authorize_request request;
	enum rc rc = browser_again_by_get(c, SLICE("/authorize"), BROWSER_ADDRESS_MAX, r);
	if (rc != RC_RANGE)
		return rc;
	const struct parameters from = parameters_of_form(c);
	/* Whatever another site's POST says of itself, it comes without our cookies. */
	if (request_pairs_has(c->form, BROWSER_AGAIN) && browser_same_origin(c) == RC_OK)
		return RC_NOT_FOUND;
	rc = authorize_request_trust(op, c, &from, &request, &client);
	if (rc == RC_INVALID_REQUEST)
		return authorize_untrusted(c, r);
	TRY(rc);
	r->form_target = request.redirect_uri;
	return browser_again_by_form(c, SLICE("/authorize"), r);
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
	/* The client's faults go back to the client. Our own faults get a page, so that the person can try again. */
	if (rc != RC_OK && !rc_server_error(rc))
		return authorize_refuse(op, c, r, &request, rc);
	TRY(rc);
	/* Then the signed-in user. */
	rc = login_open(op, c, &login);
	if (rc != RC_NO_CREDENTIALS)
		TRY(rc);
	return authorize_decide(op, c, r, &(struct authorize_grant){&request, client, rc == RC_OK ? &login : NULL, false});
}
