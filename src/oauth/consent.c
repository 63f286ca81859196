/* SPDX-License-Identifier: Apache-2.0 */
/* GET, POST /consent: the page that names what an app asks for, and what its buttons do. */
#include "oauth/consent.h"

#include "oauth/authorize.h"
#include "oauth/browser.h"
#include "oauth/client_uri.h"
#include "oauth/scope.h"

static const struct {
	struct slice scope, sentence;
} sentences[] = {
	{SLICE_INIT("openid"), SLICE_INIT("Know who you are each time you come back")},
	{SLICE_INIT("profile"), SLICE_INIT("See your name, your login and your roles")},
	{SLICE_INIT("email"), SLICE_INIT("See your email address")},
	{SLICE_INIT("offline_access"), SLICE_INIT("Keep this access while you are away, until you take it back")},
};

static enum rc consent_sentence(struct slice scope, struct arena *a, struct slice *ret_sentence)
{
	for (size_t i = 0; i < ARRAY_LEN(sentences); i++)
		if (slice_eq(sentences[i].scope, scope)) {
			*ret_sentence = sentences[i].sentence;
			return RC_OK;
		}
	/* An API's own scope: its name is all that we know. */
	return arena_format(a, ret_sentence, "Use \xE2\x80\x9C%.*s\xE2\x80\x9D for you", SLICE_ARGS(scope));
}

enum rc consent_sentences(struct slice scopes, struct arena *a, const struct slice **ret_v, size_t *ret_n)
{
	struct slice *v = arena_array(a, SCOPE_WORDS_MAX, sizeof *v), scope;
	size_t n = 0;
	if (v == NULL)
		return RC_LIMIT;
	while (n < SCOPE_WORDS_MAX && slice_word(&scopes, &scope))
		TRY(consent_sentence(scope, a, &v[n++]));
	*ret_v = v;
	*ret_n = n;
	return RC_OK;
}

static bool consent_covers(struct slice given, struct slice asked)
{
	struct slice word;
	while (slice_word(&asked, &word))
		if (!slice_has_word(given, word))
			return false;
	return true;
}

/* RFC 8252 8.6, RFC 6749 10.2: any program of the machine can be at a loopback address or a private-use scheme, so what was
 * allowed once says nothing about who asks now. Confidential clients prove who they are when they redeem the code. */
static bool consent_anybody(const struct client *client, struct slice redirect_uri)
{
	static const struct slice loopbacks[] = {SLICE_INIT("http://127.0.0.1"), SLICE_INIT("http://[::1]")};
	if (client->auth != CLIENT_AUTH_NONE)
		return false;
	struct slice origin = client_uri_origin(redirect_uri);
	for (size_t i = 0; i < ARRAY_LEN(loopbacks); i++)
		if (slice_starts(origin, loopbacks[i]))
			return true;
	return origin.n == 0;
}

enum rc consent_needed(const struct op *op, struct call *c, const struct authorize_request *request,
		       const struct client *client, const struct dir_user *user, bool *ret_needed)
{
	struct dir_consent given;
	*ret_needed = true;
	if ((request->prompt & AUTHORIZE_PROMPT_CONSENT) != 0)
		return RC_OK;
	if (client->trusted) {
		*ret_needed = false;
		return RC_OK;
	}
	if (consent_anybody(client, request->redirect_uri))
		return RC_OK;
	enum rc rc = op->directory->consent_get(op->directory->self, user->id, client->id, c->arena, &given);
	if (rc == RC_NOT_FOUND)
		return RC_OK;
	TRY(rc);
	*ret_needed = !consent_covers(given.scopes, request->scopes);
	return RC_OK;
}

enum rc consent_holds(const struct op *op, const struct client *client, struct slice user, struct slice scopes, struct arena *a)
{
	struct dir_consent given;
	if (client->trusted)
		return RC_OK;
	enum rc rc = op->directory->consent_get(op->directory->self, user, client->id, a, &given);
	if (rc == RC_NOT_FOUND)
		return RC_INVALID_GRANT;
	TRY(rc);
	return consent_covers(given.scopes, scopes) ? RC_OK : RC_INVALID_GRANT;
}

/* What was given before, and what is given now. */
static enum rc consent_remember(const struct op *op, struct call *c, const struct authorize_grant *grant)
{
	struct dir_consent consent;
	struct slice parts[1 + 2 * SCOPE_WORDS_MAX], rest = grant->request->scopes, word;
	size_t n = 0;
	enum rc rc = op->directory->consent_get(op->directory->self, grant->login->user.id, grant->client->id, c->arena, &consent);
	if (rc != RC_NOT_FOUND)
		TRY(rc);
	struct slice before = rc == RC_OK ? consent.scopes : SLICE_NONE;
	parts[n++] = before;
	while (n + 2 <= ARRAY_LEN(parts) && slice_word(&rest, &word)) {
		if (slice_has_word(before, word))
			continue;
		parts[n] = n == 1 && before.n == 0 ? SLICE_NONE : SLICE(" ");
		parts[n + 1] = word;
		n += 2;
	}
	consent = (struct dir_consent){.user = grant->login->user.id, .client = grant->client->id, .given = c->now};
	TRY(arena_join(c->arena, parts, n, &consent.scopes));
	const struct dir_audit audit = {.at = c->now, .event = SLICE("consent.given"), .actor = consent.user,
					.subject = consent.user, .client = consent.client, .session = grant->login->session.sid,
					.remote = c->remote, .request_id = c->request_id};
	return op->directory->consent_put(op->directory->self, &consent, &audit);
}

static enum rc consent_page(const struct op *op, struct call *c, struct reply *r, const struct interaction *it,
			    const struct authorize_grant *grant)
{
	const struct client *client = grant->client;
	const struct dir_user *user = &grant->login->user;
	struct page_view *v = &r->view;
	struct slice origin = client_uri_origin(it->request.redirect_uri);
	size_t authority = slice_find(origin, '/') + 2;
	TRY(browser_csrf(op, it->key, it->id, grant->login->session.sid, c->arena, &v->csrf));
	TRY(browser_url(op, SLICE("/consent"), (struct call_pair){SLICE("i"), it->id}, c->arena, &v->action));
	TRY(consent_sentences(it->request.scopes, c->arena, &v->scopes, &v->scope_count));
	/* The client is given back before the page is written. */
	TRY(arena_copy(c->arena, client->name.n > 0 ? client->name : client->id, &v->client_name));
	TRY(arena_copy(c->arena, client->client_uri, &v->client_uri));
	TRY(arena_copy(c->arena, client->policy_uri, &v->policy_uri));
	TRY(arena_copy(c->arena, client->tos_uri, &v->tos_uri));
	TRY(arena_copy(c->arena, slice_from(origin, authority), &v->client_host));
	TRY(browser_tenant_name(op, user->tenant, c->arena, &v->tenant_name));
	v->user_name = user->name.n > 0 ? user->name : user->login;
	v->form_target = it->request.redirect_uri;
	r->kind = REPLY_PAGE;
	r->page = PAGE_CONSENT;
	return RC_OK;
}

static enum rc consent_decide(const struct op *op, struct call *c, struct reply *r, const struct interaction *it,
			      const struct authorize_grant *grant)
{
	struct slice decision = call_pairs_get(c->form, SLICE("decision"));
	TRY(browser_form_check(op, c, it->key, it->id, grant->login->session.sid));
	if (slice_eq(decision, SLICE("deny"))) {
		TRY(interaction_finish(op, c, r, it));
		op->services->audit(op->services->self, c, "consent.denied", RC_ACCESS_DENIED);
		return authorize_refuse(op, c, r, &it->request, RC_ACCESS_DENIED);
	}
	if (!slice_eq(decision, SLICE("allow")))
		return RC_INVALID_REQUEST;
	TRY(interaction_finish(op, c, r, it));
	TRY(consent_remember(op, c, grant));
	op->services->audit(op->services->self, c, "consent.given", RC_OK);
	return authorize_answer(op, c, r, grant);
}

enum rc consent_endpoint(const struct op *op, struct call *c, struct reply *r)
{
	CLEANUP(client_unref_p) struct client *client = NULL;
	struct interaction it;
	struct login login;
	bool needed;
	TRY(interaction_find(op, c, &it));
	enum rc rc = login_open(op, c, &login);
	if (rc != RC_NO_CREDENTIALS)
		TRY(rc);
	/* Only the session that signed in for this request may answer it. */
	if (rc == RC_NO_CREDENTIALS || it.sid.n == 0 || !slice_eq(it.sid, login.session.sid))
		return authorize_step(op, c, SLICE("/sign-in"), &it, r);
	TRY(authorize_client(op, c, &it.request, &client));
	const struct authorize_grant grant = {&it.request, client, &login};
	if (c->method == CALL_POST)
		return consent_decide(op, c, r, &it, &grant);
	/* Another tab may have asked and been answered meanwhile. */
	TRY(consent_needed(op, c, &it.request, client, &login.user, &needed));
	return needed ? consent_page(op, c, r, &it, &grant) : authorize_resume(op, c, r, &it, &login);
}
