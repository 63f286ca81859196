/* SPDX-License-Identifier: Apache-2.0 */
/* GET, POST /logout. No Clear-Site-Data: "cookies" would also delete the device cookie, which keeps the account
 * usable for its owner while others guess its password; "storage" and "cache" hold nothing of ours. */
#include "base/percent.h"
#include "base/utf8.h"
#include "oauth/authorize/browser.h"
#include "oauth/client/client.h"
#include "oauth/authorize/id_token_hint.h"
#include "oauth/authorize/login_session.h"
#include "oidc/oidc_pages.h"

enum { STATE_MAX = 2048, URL_MAX = 7 * 1024, AGAIN_MAX = 10 * 1024 };

#define LOGOUT_PURPOSE SLICE("logout")

struct logout {
	struct id_token_hint hint; /* empty if there is no valid one */
	struct client *client;     /* known and enabled, or NULL */
	struct slice return_uri;   /* registered with the client, with state added; or empty */
	struct login login;
	bool signed_in;
};

static void logout_release(struct logout *l)
{
	client_unref(l->client);
}

static struct slice parameter(const struct request *c, struct slice name)
{
	return request_pairs_get(c->query, name);
}

/* RP-Initiated Logout 2: "When both client_id and id_token_hint are present, the OP MUST verify that the Client
 * Identifier matches the one used when issuing the ID Token." An invalid hint is ignored: the person is asked
 * instead. */
static enum rc read_client(const struct op *op, struct request *c, struct logout *l)
{
	struct slice token = parameter(c, SLICE("id_token_hint")), id = parameter(c, SLICE("client_id"));
	if (token.n > 0) {
		enum rc rc = id_token_hint_read(op, c, token, id, &l->hint);
		if (rc == RC_INVALID_TOKEN)
			c->log_detail = SLICE("id_token_hint");
		else
			TRY(rc);
	}
	if (id.n == 0)
		id = l->hint.client;
	if (id.n == 0)
		return RC_OK;
	enum rc rc = client_get(op, id, c->now, &l->client);
	if (rc == RC_NOT_FOUND)
		return RC_OK;
	TRY(rc);
	return arena_copy(c->arena, l->client->id, &c->log_client);
}

/* RP-Initiated Logout 3: "The value of this parameter MUST exactly match one of the post_logout_redirect_uris", byte
 * for byte. RC_INVALID_REQUEST: it does not match; ignoring it would hide the mistake. */
static enum rc read_return(struct request *c, struct logout *l)
{
	struct slice uri = parameter(c, SLICE("post_logout_redirect_uri")), state = parameter(c, SLICE("state"));
	struct buf b;
	bool known = false;
	if (uri.n == 0)
		return RC_OK;
	for (size_t i = 0; l->client != NULL && i < l->client->post_logout_redirect_uris.n; i++)
		known |= slice_eq(l->client->post_logout_redirect_uris.v[i], uri);
	if (!known || state.n > STATE_MAX || !utf8_printable(state)) {
		c->log_detail =
			known ? SLICE("state") : SLICE("post_logout_redirect_uri is not registered for this client");
		return RC_INVALID_REQUEST;
	}
	buf_init(&b, URL_MAX);
	buf_put(&b, uri);
	if (state.n > 0)
		percent_query(&b, SLICE("state"), state);
	enum rc rc = buf_rc(&b) == RC_OK ? arena_copy(c->arena, buf_slice(&b), &l->return_uri) : buf_rc(&b);
	buf_free(&b);
	return rc;
}

static enum rc read_login(const struct op *op, struct request *c, struct logout *l)
{
	enum rc rc = login_open(op, c, &l->login);
	if (rc != RC_NO_CREDENTIALS)
		TRY(rc);
	l->signed_in = rc == RC_OK;
	return RC_OK;
}

/* True if the hint is for this very session: no other site can have that token. */
static bool hint_is_for_session(const struct logout *l)
{
	return l->hint.sub.n > 0 && slice_eq(l->hint.sub, l->login.user.id) &&
	       (l->hint.sid.n == 0 || slice_eq(l->hint.sid, l->login.session.sid));
}

/* The browser's next page: the app, or our own page. Without a hint the request may not be the app's, so the person
 * decides whether to follow the link. */
static void show_signed_out(struct reply *r, const struct logout *l, bool asked)
{
	if (l->return_uri.n > 0 && asked) {
		reply_redirect(r, l->return_uri);
		return;
	}
	REPLY_SHOW(r, signed_out, .return_uri = l->return_uri, .tenant_name = SLICE_NONE);
}

static enum rc sign_out(const struct op *op, struct request *c, struct reply *r, struct logout *l)
{
	TRY(login_end(op, c, l->login.user.id, l->login.session.sid, AUDIT_USER_SIGNED_OUT));
	TRY(login_forget(r));
	show_signed_out(r, l, true);
	return RC_OK;
}

/* The form is sent with the same query, which is validated again, but without the hint. */
static enum rc confirm_action(const struct request *c, struct slice *ret_action)
{
	static const struct slice kept[] = {SLICE_INIT("client_id"), SLICE_INIT("post_logout_redirect_uri"),
					    SLICE_INIT("state")};
	struct buf b;
	buf_init(&b, URL_MAX);
	buf_put(&b, c->issuer->base);
	buf_put(&b, SLICE("/logout"));
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (request_pairs_has(c->query, kept[i]))
			percent_query(&b, kept[i], parameter(c, kept[i]));
	enum rc rc = buf_rc(&b) == RC_OK ? arena_copy(c->arena, buf_slice(&b), ret_action) : buf_rc(&b);
	buf_free(&b);
	return rc;
}

static enum rc confirm_page(const struct op *op, struct request *c, struct reply *r, const struct logout *l)
{
	const struct dir_user *user = &l->login.user;
	struct slice key, csrf, action, client = SLICE_NONE, tenant;
	TRY(browser_key(c, r, &key));
	TRY(browser_csrf(op, key, LOGOUT_PURPOSE, l->login.session.sid, c->arena, &csrf));
	TRY(confirm_action(c, &action));
	if (l->client != NULL)
		TRY(arena_copy(c->arena, l->client->name.n > 0 ? l->client->name : l->client->id, &client));
	TRY(browser_tenant_name(op, user->tenant, c->arena, &tenant));
	r->form_target = l->return_uri;
	REPLY_SHOW(r, sign_out, .action = action, .csrf = csrf, .client_name = client, .tenant_name = tenant,
		   .user_name = user->name.n > 0 ? user->name : user->login);
	return RC_OK;
}

static enum rc confirmed(const struct op *op, struct request *c, struct reply *r, struct logout *l)
{
	struct slice key, decision = request_pairs_get(c->form, SLICE("decision"));
	TRY(confirm_action(c, &c->way.uri));
	c->way.label = SLICE("Sign out");
	TRY(browser_known_key(c, &key));
	TRY(browser_form_validate(op, c, key, LOGOUT_PURPOSE, l->login.session.sid));
	if (slice_eq(decision, SLICE("sign_out")))
		return sign_out(op, c, r, l);
	if (!slice_eq(decision, SLICE("stay")))
		return RC_INVALID_REQUEST;
	struct slice home;
	TRY(browser_url(c->issuer, SLICE("/"), (struct request_pair){SLICE_NONE, SLICE_NONE}, c->arena, &home));
	reply_redirect(r, home);
	return RC_OK;
}

/* The form of our page. One from elsewhere without our cookies is a client's POST, whatever it holds: its answer must
 * not delete the cookie that it came without. */
static bool is_own_form(const struct request *c)
{
	struct slice cookie;
	if (c->method != CALL_POST || !request_pairs_has(c->form, SLICE("decision")))
		return false;
	return browser_same_origin(c) == RC_OK || request_cookie(c, BROWSER_SESSION_COOKIE, &cookie) != RC_MISSING;
}

enum rc logout_endpoint(const struct op *op, struct request *c, struct reply *r)
{
	CLEANUP(logout_release) struct logout l = {0};
	const bool own_form = is_own_form(c);
	if (c->method == CALL_POST && !own_form) {
		enum rc again = c->query.n > 0 ? RC_INVALID_REQUEST
					       : browser_again_by_get(c, SLICE("/logout"), AGAIN_MAX, r);
		return again == RC_RANGE ? RC_LIMIT : again;
	}
	TRY(read_client(op, c, &l));
	TRY(read_return(c, &l));
	TRY(read_login(op, c, &l));
	if (!l.signed_in) {
		/* Revoked before. A cookie without a session is deleted too. */
		TRY(login_forget(r));
		show_signed_out(r, &l, l.hint.sub.n > 0);
		return RC_OK;
	}
	if (own_form)
		return confirmed(op, c, r, &l);
	if (hint_is_for_session(&l))
		return sign_out(op, c, r, &l);
	return confirm_page(op, c, r, &l);
}
