/* SPDX-License-Identifier: Apache-2.0 */
/* GET, POST /: the person's own page. */
#include "base/clock.h"
#include "oauth/browser.h"
#include "oauth/ends.h"
#include "oauth/login.h"
#include "oidc/pages.h"

enum { SESSIONS_SHOWN = 20, SESSIONS_ENDED = 1000 };

#define HOME_PURPOSE SLICE("home")

static enum rc session_text(const struct session_info *s, struct slice own_sid, struct arena *a, struct slice *ret_text)
{
	char time[CLOCK_TEXT_MAX];
	(void)clock_rfc3339(s->created * 1000, time);
	return arena_format(a, ret_text, "Signed in on %.10s at %.5s UTC%s", time, time + 11,
			    slice_eq(s->sid, own_sid) ? " \xE2\x80\x93 this one" : "");
}

static enum rc sessions_text(const struct op *op, struct call *c, const struct login *login, struct page_view *v)
{
	struct session_info *sessions;
	size_t n;
	TRY(session_list(op->sessions, login->user.id, c->now, SESSIONS_SHOWN, c->arena, &sessions, &n));
	struct slice *texts = arena_array(c->arena, n, sizeof *texts);
	if (texts == NULL)
		return RC_LIMIT;
	for (size_t i = 0; i < n; i++)
		TRY(session_text(&sessions[i], login->session.sid, c->arena, &texts[i]));
	v->scopes = texts;
	v->scope_count = n;
	return RC_OK;
}

static enum rc show_home(const struct op *op, struct call *c, struct reply *r, const struct login *login)
{
	struct page_view *v = &r->view;
	struct slice key;
	r->kind = REPLY_PAGE;
	r->page = PAGE_HOME;
	if (login == NULL)
		return RC_OK;
	TRY(browser_key(c, r, &key));
	TRY(browser_csrf(op, key, HOME_PURPOSE, login->session.sid, c->arena, &v->csrf));
	TRY(browser_url(op, SLICE("/"), (struct call_pair){SLICE_NONE, SLICE_NONE}, c->arena, &v->action));
	TRY(browser_tenant_name(op, login->user.tenant, c->arena, &v->tenant_name));
	v->user_name = login->user.name.n > 0 ? login->user.name : login->user.login;
	v->login = login->user.login;
	return sessions_text(op, c, login, v);
}

/* Every session of the user, here and at gateways, and every token issued until now. */
static enum rc end_everywhere(const struct op *op, struct call *c, const struct login *login)
{
	const struct dir_end end = {.kind = DIR_END_USER, .id = login->user.id, .at = c->now};
	const struct dir_audit audit = {.at = c->now, .event = SLICE("user.signed_out_everywhere"), .actor = login->user.id,
					.subject = login->user.id, .session = login->session.sid, .remote = c->remote,
					.request_id = c->request_id};
	struct session_info *sessions;
	size_t n;
	TRY(ends_add(op, &end, &audit, c->now));
	TRY(session_list(op->sessions, login->user.id, c->now, SESSIONS_ENDED, c->arena, &sessions, &n));
	for (size_t i = 0; i < n; i++)
		TRY(session_end(op->sessions, sessions[i].sid));
	return RC_OK;
}

static enum rc home_post(const struct op *op, struct call *c, struct reply *r, const struct login *login)
{
	struct slice key, decision = call_pairs_get(c->form, SLICE("decision"));
	TRY(browser_known_key(c, &key));
	TRY(browser_form_check(op, c, key, HOME_PURPOSE, login->session.sid));
	bool everywhere = slice_eq(decision, SLICE("sign_out_everywhere"));
	if (!everywhere && !slice_eq(decision, SLICE("sign_out")))
		return RC_INVALID_REQUEST;
	if (everywhere)
		TRY(end_everywhere(op, c, login));
	TRY(login_end(op, c, login->user.id, login->session.sid, SLICE("user.signed_out")));
	op->services->audit(op->services->self, c, everywhere ? "user.signed_out_everywhere" : "user.signed_out", RC_OK);
	r->kind = REPLY_PAGE;
	r->page = PAGE_SIGNED_OUT;
	return login_forget(r);
}

enum rc home_endpoint(const struct op *op, struct call *c, struct reply *r)
{
	struct login login;
	enum rc rc = login_open(op, c, &login);
	if (rc != RC_NO_CREDENTIALS)
		TRY(rc);
	if (c->method != CALL_POST)
		return show_home(op, c, r, rc == RC_OK ? &login : NULL);
	/* Signed out before, by another tab: that is what was wanted. */
	return rc == RC_OK ? home_post(op, c, r, &login) : show_home(op, c, r, NULL);
}
