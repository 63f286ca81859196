/* SPDX-License-Identifier: Apache-2.0 */
/* GET, POST /sign-in: the form, and the only place that receives passwords. */
#include "base/utf8.h"
#include "identity/credential.h"
#include "identity/login_name.h"
#include "oauth/authorize/authorize.h"
#include "oauth/authorize/browser.h"
#include "oauth/op_identity.h"

struct sign_in {
	struct interaction it;
	const struct client *client;
};

static enum rc sign_in_page(const struct op *op, struct request *c, struct reply *r, const struct sign_in *s,
			    struct slice login_name)
{
	struct page_view *v = &r->view;
	TRY(browser_csrf(op, s->it.key, s->it.id, SLICE_NONE, c->arena, &v->csrf));
	TRY(arena_copy(c->arena, s->client->name.n > 0 ? s->client->name : s->client->id, &v->client_name));
	TRY(browser_tenant_name(op, s->client->tenant, c->arena, &v->tenant_name));
	v->login = login_name.n <= LOGIN_MAX && utf8_printable(login_name) ? login_name : SLICE_NONE;
	v->form_target = s->it.request.redirect_uri;
	TRY(interaction_show(op, c, &s->it, SLICE("/sign-in"), v));
	r->type = REPLY_PAGE;
	r->page = PAGE_SIGN_IN;
	return RC_OK;
}

enum rc sign_in_show(const struct op *op, struct request *c, struct reply *r, const struct interaction *it,
		     const struct client *client)
{
	const struct sign_in s = {*it, client};
	return sign_in_page(op, c, r, &s, it->request.login_hint);
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

/* At most one row per account and network in five minutes, for existing and unknown accounts alike: a flood does not
 * fill the table, and the response time reveals nothing. */
static enum rc sign_in_audit_refusal(const struct op *op, const struct request *c, enum rc why,
				     const struct credential_result *result)
{
	const enum audit_event event =
		why == RC_THROTTLED || result->held ? AUDIT_USER_THROTTLED : AUDIT_USER_SIGN_IN_FAILED;
	struct dir_audit audit = audit_row(event, c);
	audit.subject = result->account;
	audit.client = c->log_client;
	if (result->telling)
		return audit_add(op->audit, &audit, c, why);
	audit_log(op->audit, event, c, why);
	return RC_OK;
}

/* The page again, with the same text for every fault of login or password. */
static enum rc sign_in_refused(const struct op *op, struct request *c, struct reply *r, const struct sign_in *s,
			       enum rc why, const struct credential_result *result)
{
	int64_t retry_after = result->retry_after;
	c->log_subject = result->account;
	TRY(sign_in_audit_refusal(op, c, why, result));
	TRY(sign_in_page(op, c, r, s, request_pairs_get(c->form, SLICE("login"))));
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

static enum rc sign_in_validate(const struct op *op, struct request *c, const struct sign_in *s,
				struct credential_result *ret)
{
	const struct identity id = op_identity(op);
	struct credential_attempt attempt = {
		.tenant = s->client->tenant,
		.login = request_pairs_get(c->form, SLICE("login")),
		.password = secret_from_slice(request_pairs_get(c->form, SLICE("password"))),
		.remote = c->remote,
	};
	/* Without the cookie, or with a bad one, the browser is unknown. */
	if (request_cookie(c, BROWSER_DEVICE_COOKIE, &attempt.device) != RC_OK)
		attempt.device = SLICE_NONE;
	return credential_validate(&id, &attempt, c->now, c->arena, ret);
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
static enum rc sign_in_continue(const struct op *op, struct request *c, struct reply *r, struct sign_in *s,
				struct login *login)
{
	TRY(sign_in_audit(op, c, login));
	TRY(interaction_set_sid(op, c, &s->it, login->session.sid));
	return authorize_resume(op, c, r, &s->it, login);
}

/* The same request again, with the typed login sealed into it. The password exists only in this form. */
static enum rc sign_in_more_time(const struct op *op, struct request *c, struct reply *r, const struct sign_in *s)
{
	struct authorize_request request = s->it.request;
	struct slice login_name = request_pairs_get(c->form, SLICE("login"));
	struct interaction it;
	if (login_name.n > 0 && login_name.n <= LOGIN_MAX && utf8_shown(login_name))
		request.login_hint = login_name;
	TRY(interaction_begin(op, c, r, &request, SLICE_NONE, &it));
	return authorize_step(op, c, r, &it, &(struct authorize_grant){&it.request, s->client, NULL});
}

static enum rc sign_in_post(const struct op *op, struct request *c, struct reply *r, struct sign_in *s)
{
	struct credential_result result = {0};
	struct login login;
	struct slice device;
	/* Before the password is verified: a form of another site does not sign in and does not count as an attempt. */
	TRY(browser_form_validate(op, c, s->it.key, s->it.id, SLICE_NONE));
	if (slice_eq(request_pairs_get(c->form, SLICE("decision")), SLICE("more_time")))
		return sign_in_more_time(op, c, r, s);
	enum rc rc = sign_in_validate(op, c, s, &result);
	if (rc == RC_ACCESS_DENIED || rc == RC_THROTTLED || rc == RC_BUSY)
		return sign_in_refused(op, c, r, s, rc, &result);
	TRY(rc);
	TRY(login_start(op, c, r, &result.user, &login));
	TRY(arena_copy(c->arena, slice_of(result.device, sizeof result.device), &device));
	TRY(reply_cookie_add(r,
			     (struct reply_cookie){BROWSER_DEVICE_COOKIE, device, THROTTLE_DEVICE_TTL}));
	rc = sign_in_continue(op, c, r, s, &login);
	/* The person is signed in even if the app's request failed: the error page sets the cookies. */
	if (rc != RC_OK)
		reply_error_page(r, c, rc);
	return RC_OK;
}

static enum rc sign_in_get(const struct op *op, struct request *c, struct reply *r, struct sign_in *s)
{
	struct login login;
	enum rc rc = login_open(op, c, &login);
	if (rc != RC_NO_CREDENTIALS)
		TRY(rc);
	/* Signed in for this request before, or in another tab meanwhile: continue. */
	bool fresh = rc == RC_OK && s->it.sid.n > 0 && slice_eq(s->it.sid, login.session.sid);
	if (authorize_needs_sign_in(&s->it.request, s->client, rc == RC_OK ? &login : NULL, fresh, c->now))
		return sign_in_page(op, c, r, s, s->it.request.login_hint);
	if (!fresh)
		TRY(interaction_set_sid(op, c, &s->it, login.session.sid));
	return authorize_resume(op, c, r, &s->it, &login);
}

enum rc sign_in_endpoint(const struct op *op, struct request *c, struct reply *r)
{
	CLEANUP(client_unref_p) struct client *client = NULL;
	struct sign_in s = {0};
	TRY(interaction_find(op, c, &s.it));
	TRY(authorize_client(op, c, &s.it.request, &client));
	s.client = client;
	return c->method == CALL_POST ? sign_in_post(op, c, r, &s) : sign_in_get(op, c, r, &s);
}
