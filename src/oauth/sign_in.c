/* SPDX-License-Identifier: Apache-2.0 */
/* GET, POST /sign-in: the form, and the only place where a password comes in. */
#include "base/utf8.h"
#include "identity/credential.h"
#include "identity/login.h"
#include "oauth/authorize.h"
#include "oauth/browser.h"
#include "oauth/op_identity.h"

struct sign_in {
	struct interaction it;
	struct client *client;
};

static void sign_in_release(struct sign_in *s)
{
	client_unref(s->client);
}

static enum rc sign_in_page(const struct op *op, struct call *c, struct reply *r, const struct sign_in *s,
			    struct slice login_name)
{
	struct page_view *v = &r->view;
	TRY(browser_csrf(op, s->it.key, s->it.id, SLICE_NONE, c->arena, &v->csrf));
	TRY(browser_url(op, SLICE("/sign-in"), (struct call_pair){SLICE("i"), s->it.id}, c->arena, &v->action));
	TRY(arena_copy(c->arena, s->client->name.n > 0 ? s->client->name : s->client->id, &v->client_name));
	TRY(browser_tenant_name(op, s->client->tenant, c->arena, &v->tenant_name));
	v->login = login_name.n <= LOGIN_MAX && utf8_printable(login_name) ? login_name : SLICE_NONE;
	v->form_target = s->it.request.redirect_uri;
	r->kind = REPLY_PAGE;
	r->page = PAGE_SIGN_IN;
	return RC_OK;
}

static enum rc sign_in_retry_text(struct arena *a, int64_t seconds, struct slice *ret_text)
{
	int64_t minutes = (seconds + 59) / 60;
	if (seconds < 60)
		return arena_format(a, ret_text, "Too many attempts. Try again in %lld seconds.", (long long)seconds);
	if (minutes < 120)
		return arena_format(a, ret_text, "Too many attempts. Try again in %lld minute%s.", (long long)minutes,
				    minutes == 1 ? "" : "s");
	return arena_format(a, ret_text, "Too many attempts. Try again in %lld hours.", (long long)(minutes + 59) / 60);
}

/* The page again, with one text for whatever was wrong with the login or the password. */
static enum rc sign_in_refused(const struct op *op, struct call *c, struct reply *r, const struct sign_in *s, enum rc why,
			       int64_t retry_after)
{
	op->services->audit(op->services->self, c, "user.sign_in_failed", why);
	TRY(sign_in_page(op, c, r, s, call_pairs_get(c->form, SLICE("login"))));
	if (why == RC_ACCESS_DENIED) {
		r->status = 403;
		r->view.message = SLICE("That login and password do not match. Check both and try again.");
		return RC_OK;
	}
	struct slice seconds;
	r->status = rc_row(why)->http_status;
	if (why == RC_BUSY) {
		retry_after = 5;
		r->view.message = SLICE("Many people are signing in right now. Try again in a few seconds.");
	} else {
		TRY(sign_in_retry_text(c->arena, retry_after, &r->view.message));
	}
	TRY(arena_format(c->arena, &seconds, "%lld", (long long)retry_after));
	return reply_header_add(r, SLICE("Retry-After"), seconds);
}

static enum rc sign_in_check(const struct op *op, struct call *c, const struct sign_in *s, struct credential_result *ret)
{
	const struct identity id = op_identity(op);
	struct credential_attempt attempt = {
		.tenant = s->client->tenant,
		.login = call_pairs_get(c->form, SLICE("login")),
		.password = secret_from_slice(call_pairs_get(c->form, SLICE("password"))),
		.remote = c->remote,
	};
	/* Without the cookie, or with a bad one, the browser is a stranger. */
	if (call_cookie(c, BROWSER_DEVICE_COOKIE, &attempt.device) != RC_OK)
		attempt.device = SLICE_NONE;
	return credential_check(&id, &attempt, c->now, c->arena, ret);
}

static enum rc sign_in_audit(const struct op *op, struct call *c, const struct login *login)
{
	const struct dir_audit audit = {.at = c->now, .event = SLICE("user.signed_in"), .actor = login->user.id,
					.subject = login->user.id, .client = c->log_client, .session = login->session.sid,
					.remote = c->remote, .request_id = c->request_id};
	TRY(op->directory->audit_add(op->directory->self, &audit));
	op->services->audit(op->services->self, c, "user.signed_in", RC_OK);
	return RC_OK;
}

/* The rest of a sign-in whose session exists. */
static enum rc sign_in_continue(const struct op *op, struct call *c, struct reply *r, struct sign_in *s, struct login *login)
{
	TRY(sign_in_audit(op, c, login));
	TRY(interaction_set_sid(op, c, &s->it, login->session.sid));
	return authorize_resume(op, c, r, &s->it, login);
}

static enum rc sign_in_post(const struct op *op, struct call *c, struct reply *r, struct sign_in *s)
{
	struct credential_result result = {0};
	struct login login;
	struct slice device;
	/* Before the password is looked at: a form of another site signs nobody in, nor does it use up anybody's attempts. */
	TRY(browser_form_check(op, c, s->it.key, s->it.id, SLICE_NONE));
	enum rc rc = sign_in_check(op, c, s, &result);
	if (rc == RC_ACCESS_DENIED || rc == RC_THROTTLED || rc == RC_BUSY)
		return sign_in_refused(op, c, r, s, rc, result.retry_after);
	TRY(rc);
	TRY(login_start(op, c, r, &result.user, &login));
	TRY(arena_copy(c->arena, slice_of(result.device, sizeof result.device), &device));
	TRY(reply_cookie_add(r, (struct reply_cookie){BROWSER_DEVICE_COOKIE, device, THROTTLE_DEVICE_TTL, SAME_SITE_LAX}));
	rc = sign_in_continue(op, c, r, s, &login);
	/* The person is signed in whatever became of the app's request: the page that says so sets the cookies. */
	if (rc != RC_OK)
		reply_error_page(r, c, rc);
	return RC_OK;
}

static enum rc sign_in_get(const struct op *op, struct call *c, struct reply *r, struct sign_in *s)
{
	struct login login;
	enum rc rc = login_open(op, c, &login);
	if (rc != RC_NO_CREDENTIALS)
		TRY(rc);
	/* Signed in for this request before, or in another tab meanwhile: go on. */
	bool fresh = rc == RC_OK && s->it.sid.n > 0 && slice_eq(s->it.sid, login.session.sid);
	if (authorize_needs_sign_in(&s->it.request, s->client, rc == RC_OK ? &login : NULL, fresh, c->now))
		return sign_in_page(op, c, r, s, s->it.request.login_hint);
	if (!fresh)
		TRY(interaction_set_sid(op, c, &s->it, login.session.sid));
	return authorize_resume(op, c, r, &s->it, &login);
}

enum rc sign_in_endpoint(const struct op *op, struct call *c, struct reply *r)
{
	CLEANUP(sign_in_release) struct sign_in s = {0};
	TRY(interaction_find(op, c, &s.it));
	TRY(authorize_client(op, c, &s.it.request, &s.client));
	return c->method == CALL_POST ? sign_in_post(op, c, r, &s) : sign_in_get(op, c, r, &s);
}
