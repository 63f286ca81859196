/* SPDX-License-Identifier: Apache-2.0 */
/* GET, POST /consent: the page that lists what an app requests, and its buttons. */
#include "oauth/grant/consent.h"

#include "oauth/authorize/authorize.h"
#include "oauth/authorize/browser.h"
#include "oauth/client/client_uri.h"
#include "oauth/grant/resource.h"
#include "oauth/grant/scope.h"

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
	/* An API's own scope: only its name is known. */
	return arena_format(a, ret_sentence, "Use \xE2\x80\x9C%.*s\xE2\x80\x9D for you", SLICE_ARGS(scope));
}

enum rc consent_sentences(struct slice scopes, struct slice resources, struct arena *a, const struct slice **ret_v,
			  size_t *ret_n)
{
	struct slice *v = arena_array(a, SCOPE_WORDS_MAX + RESOURCE_WORDS_MAX, sizeof *v), scope, uri;
	size_t n = 0;
	if (v == NULL)
		return RC_MEMORY;
	while (n < SCOPE_WORDS_MAX && slice_word(&scopes, &scope))
		TRY(consent_sentence(scope, a, &v[n++]));
	while (n < SCOPE_WORDS_MAX + RESOURCE_WORDS_MAX && slice_word(&resources, &uri))
		TRY(arena_format(a, &v[n++], "Use %.*s for you, with your roles", SLICE_ARGS(uri)));
	*ret_v = v;
	*ret_n = n;
	return RC_OK;
}

/* RFC 8252 8.6, RFC 6749 10.2: any program of the machine can listen at a loopback address or private-use scheme, so
 * an earlier consent does not identify this one. Confidential clients authenticate when they redeem the code. */
static bool consent_anybody(const struct client *client, struct slice redirect_uri)
{
	static const struct slice loopbacks[] = {SLICE_INIT("http://127.0.0.1"), SLICE_INIT("http://[::1]"),
						 SLICE_INIT("http://localhost")};
	if (client->auth != CLIENT_AUTH_NONE)
		return false;
	struct slice origin = client_uri_origin(redirect_uri);
	for (size_t i = 0; i < ARRAY_LEN(loopbacks) - !client->native; i++)
		if (slice_starts(origin, loopbacks[i]))
			return true;
	return origin.n == 0;
}

/* Not for trusted clients, unless the client wants it (prompt=consent). Not if everything requested was allowed before,
 * unless another program could use that redirect URI (RFC 8252 8.6: native apps). */
static enum rc consent_needed(const struct op *op, struct request *c, const struct authorize_grant *grant, bool *ret_needed)
{
	const struct authorize_request *request = grant->request;
	const struct client *client = grant->client;
	struct dir_consent given;
	struct slice resources;
	*ret_needed = true;
	if ((request->prompt & AUTHORIZE_PROMPT_CONSENT) != 0)
		return RC_OK;
	if (client->trusted) {
		*ret_needed = false;
		return RC_OK;
	}
	if (consent_anybody(client, request->redirect_uri))
		return RC_OK;
	enum rc rc = op->directory->consents.get(op->directory->consents.self, grant->login->user.id, client->id, c->arena,
						 &given);
	if (rc == RC_NOT_FOUND)
		return RC_OK;
	TRY(rc);
	TRY(resource_granted(op, client, request->scopes, request->resources, c->arena, &resources));
	*ret_needed = !slice_has_words(given.scopes, request->scopes) || !slice_has_words(given.resources, resources);
	return RC_OK;
}

enum rc consent_holds(const struct op *op, const struct client *client, const struct code_grant *code, struct arena *a)
{
	struct dir_consent given;
	if (client->trusted)
		return RC_OK;
	enum rc rc = op->directory->consents.get(op->directory->consents.self, code->user, client->id, a, &given);
	if (rc == RC_NOT_FOUND)
		return RC_INVALID_GRANT;
	TRY(rc);
	bool holds = slice_has_words(given.scopes, code->scopes) && slice_has_words(given.resources, code->resources);
	return holds ? RC_OK : RC_INVALID_GRANT;
}

/* Merges earlier consent with the new one. */
static enum rc consent_add(struct slice before, struct slice now, struct arena *a, struct slice *ret)
{
	struct slice parts[1 + 2 * SCOPE_WORDS_MAX], word;
	size_t n = 0;
	parts[n++] = before;
	while (n + 2 <= ARRAY_LEN(parts) && slice_word(&now, &word)) {
		if (slice_has_word(before, word))
			continue;
		parts[n] = n == 1 && before.n == 0 ? SLICE_NONE : SLICE(" ");
		parts[n + 1] = word;
		n += 2;
	}
	return arena_join(a, parts, n, ret);
}

static enum rc consent_remember(const struct op *op, struct request *c, const struct authorize_grant *grant)
{
	const struct authorize_request *request = grant->request;
	struct dir_consent before = {0},
			   consent = {.user = grant->login->user.id, .client = grant->client->id, .given = c->now};
	struct slice resources;
	enum rc rc = op->directory->consents.get(op->directory->consents.self, consent.user, consent.client, c->arena,
						 &before);
	if (rc != RC_NOT_FOUND)
		TRY(rc);
	TRY(resource_granted(op, grant->client, request->scopes, request->resources, c->arena, &resources));
	TRY(consent_add(before.scopes, request->scopes, c->arena, &consent.scopes));
	TRY(consent_add(before.resources, resources, c->arena, &consent.resources));
	struct dir_audit audit = audit_row(AUDIT_CONSENT_GIVEN, c);
	audit.actor = audit.subject = consent.user;
	audit.client = consent.client;
	audit.session = grant->login->session.sid;
	return audit_done(op->audit, &audit, c,
			  op->directory->consents.put(op->directory->consents.self, &consent, &audit));
}

/* What the page says of a client. */
struct consent_client {
	struct slice name, host, uri, policy_uri, tos_uri;
};

/* Copied, since the client is released before the page is written. */
static enum rc consent_copy_client(const struct client *client, struct slice host, struct arena *a,
				   struct consent_client *ret)
{
	TRY(arena_copy(a, client->name.n > 0 ? client->name : client->id, &ret->name));
	TRY(arena_copy(a, host, &ret->host));
	TRY(arena_copy(a, client->client_uri, &ret->uri));
	TRY(arena_copy(a, client->policy_uri, &ret->policy_uri));
	return arena_copy(a, client->tos_uri, &ret->tos_uri);
}

static enum rc consent_show(const struct op *op, struct request *c, struct reply *r, const struct interaction *it,
		     const struct authorize_grant *grant)
{
	const struct client *client = grant->client;
	const struct dir_user *user = &grant->login->user;
	struct slice origin = client_uri_origin(it->request.redirect_uri), resources, csrf, tenant;
	size_t authority = slice_find(origin, '/') + 2;
	struct interaction_shown shown;
	struct consent_client app;
	struct page_list scopes;
	TRY(browser_csrf(op, it->key, it->id, grant->login->session.sid, c->arena, &csrf));
	TRY(resource_granted(op, client, it->request.scopes, it->request.resources, c->arena, &resources));
	TRY(consent_sentences(it->request.scopes, resources, c->arena, &scopes.v, &scopes.n));
	TRY(consent_copy_client(client, slice_from(origin, authority), c->arena, &app));
	TRY(browser_tenant_name(op, user->tenant, c->arena, &tenant));
	TRY(interaction_show(c, r, it, SLICE("/consent"), &shown));
	REPLY_SHOW(r, consent, .action = shown.action, .waiting = shown.waiting, .minutes = shown.minutes,
		   .again_uri = shown.again_uri, .csrf = csrf, .scopes = scopes, .client_name = app.name,
		   .client_uri = app.uri, .policy_uri = app.policy_uri, .tos_uri = app.tos_uri, .client_host = app.host,
		   .tenant_name = tenant, .user_name = user->name.n > 0 ? user->name : user->login);
	return RC_OK;
}

static enum rc consent_answer(const struct op *op, struct request *c, struct reply *r, struct interaction *it,
			      const struct authorize_grant *grant)
{
	struct slice decision = request_pairs_get(c->form, SLICE("decision"));
	TRY(browser_form_validate(op, c, it->key, it->id, grant->login->session.sid));
	if (slice_eq(decision, SLICE("deny"))) {
		TRY(interaction_finish(op, c, r, it));
		audit_log(op->audit, AUDIT_CONSENT_DENIED, c, RC_ACCESS_DENIED);
		return authorize_refuse(op, c, r, &it->request, RC_ACCESS_DENIED);
	}
	if (!slice_eq(decision, SLICE("allow")))
		return RC_INVALID_REQUEST;
	TRY(interaction_finish(op, c, r, it));
	TRY(consent_remember(op, c, grant));
	return authorize_answer(op, c, r, grant);
}

const struct step step_consent = {
	.path = SLICE_INIT("/consent"),
	.signed_in = true,
	.without = RC_CONSENT_REQUIRED,
	.needed = consent_needed,
	.show = consent_show,
	.answer = consent_answer,
};

enum rc consent_endpoint(const struct op *op, struct request *c, struct reply *r)
{
	return step_page(op, c, r, &step_consent);
}
