/* SPDX-License-Identifier: Apache-2.0 */
/* GET, POST /: the person's own page. */
#include "base/clock.h"
#include "oauth/authorize/browser.h"
#include "oauth/token/revocations.h"
#include "oauth/authorize/login_session.h"
#include "oidc/oidc_pages.h"

enum { SESSIONS_SHOWN = 20, SESSIONS_ENDED = 1000 };

#define HOME_PURPOSE SLICE("home")

static enum rc session_text(const struct session_info *s, struct slice own_sid, struct arena *a, struct slice *ret_text)
{
	char time[CLOCK_TEXT_MAX];
	(void)clock_rfc3339(s->created * 1000, time);
	/* Hyphens at which no line ends. */
	return arena_format(a, ret_text,
			    "Signed in on %.4s\xE2\x80\x91%.2s\xE2\x80\x91%.2s at %.5s UTC%s", time, time + 5,
			    time + 8, time + 11,
			    slice_eq(s->sid, own_sid) ? " \xE2\x80\x93 this one" : "");
}

static enum rc sessions_text(const struct op *op, struct request *c, const struct login *login,
			     struct page_list *ret)
{
	struct session_info *sessions;
	size_t n;
	TRY(session_list(op->sessions, login->user.id, c->now, SESSIONS_SHOWN, c->arena, &sessions, &n));
	struct slice *texts = arena_array(c->arena, n, sizeof *texts);
	if (texts == NULL)
		return RC_MEMORY;
	for (size_t i = 0; i < n; i++)
		TRY(session_text(&sessions[i], login->session.sid, c->arena, &texts[i]));
	*ret = (struct page_list){texts, n};
	return RC_OK;
}

static enum rc show_home(const struct op *op, struct request *c, struct reply *r, const struct login *login)
{
	const struct dir_user *user = &login->user;
	struct slice key, csrf, action, tenant;
	struct page_list sessions;
	TRY(browser_key(c, r, &key));
	TRY(browser_csrf(op, key, HOME_PURPOSE, login->session.sid, c->arena, &csrf));
	TRY(browser_url(c->issuer, SLICE("/"), (struct request_pair){SLICE_NONE, SLICE_NONE}, c->arena, &action));
	TRY(browser_tenant_name(op, user->tenant, c->arena, &tenant));
	TRY(sessions_text(op, c, login, &sessions));
	REPLY_SHOW(r, home, .csrf = csrf, .action = action, .tenant_name = tenant, .sessions = sessions, .login = user->login,
		   .user_name = user->name.n > 0 ? user->name : user->login);
	return RC_OK;
}

static enum rc show_nobody(struct reply *r)
{
	REPLY_SHOW(r, home, .user_name = SLICE_NONE, .login = SLICE_NONE, .sessions = PAGE_LIST_NONE, .csrf = SLICE_NONE,
		   .action = SLICE_NONE, .tenant_name = SLICE_NONE);
	return RC_OK;
}

/* Revokes all sessions of the user, here and at gateways, and all tokens issued so far. */
static enum rc revoke_everywhere(const struct op *op, struct request *c, const struct login *login)
{
	const struct dir_revocation end = {.type = DIR_REVOCATION_USER, .id = login->user.id, .at = c->now};
	struct dir_audit audit = audit_row(AUDIT_USER_SIGNED_OUT_EVERYWHERE, c);
	struct session_info *sessions;
	size_t n;
	audit.actor = audit.subject = login->user.id;
	audit.session = login->session.sid;
	TRY(audit_done(op->audit, &audit, c, revocations_add(op, &end, &audit, c->now)));
	TRY(session_list(op->sessions, login->user.id, c->now, SESSIONS_ENDED, c->arena, &sessions, &n));
	for (size_t i = 0; i < n; i++)
		TRY(session_end(op->sessions, sessions[i].sid));
	return RC_OK;
}

static enum rc home_post(const struct op *op, struct request *c, struct reply *r, const struct login *login)
{
	struct slice key, decision = request_pairs_get(c->form, SLICE("decision"));
	TRY(browser_url(c->issuer, SLICE("/"), (struct request_pair){SLICE_NONE, SLICE_NONE}, c->arena, &c->way.uri));
	c->way.label = SLICE("Your account");
	TRY(browser_known_key(c, &key));
	TRY(browser_form_validate(op, c, key, HOME_PURPOSE, login->session.sid));
	bool everywhere = slice_eq(decision, SLICE("sign_out_everywhere"));
	if (!everywhere && !slice_eq(decision, SLICE("sign_out")))
		return RC_INVALID_REQUEST;
	if (everywhere)
		TRY(revoke_everywhere(op, c, login));
	TRY(login_end(op, c, login->user.id, login->session.sid, AUDIT_USER_SIGNED_OUT));
	REPLY_SHOW(r, signed_out, .return_uri = SLICE_NONE, .tenant_name = SLICE_NONE);
	return login_forget(r);
}

enum rc home_endpoint(const struct op *op, struct request *c, struct reply *r)
{
	struct login login;
	enum rc rc = login_open(op, c, &login);
	if (rc != RC_NO_CREDENTIALS)
		TRY(rc);
	/* Of a form: another tab signed out before, as wanted. */
	if (rc != RC_OK)
		return show_nobody(r);
	return c->method == CALL_POST ? home_post(op, c, r, &login) : show_home(op, c, r, &login);
}
