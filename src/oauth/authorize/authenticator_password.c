/* SPDX-License-Identifier: Apache-2.0 */
/* A login and a password: the only place that receives passwords. */
#include "base/utf8.h"
#include "identity/password_sign_in.h"
#include "identity/login_name.h"
#include "identity/user.h"
#include "oauth/authorize/authenticator.h"
#include "oauth/authorize/browser.h"
#include "oauth/op_identity.h"

enum { BUSY_RETRY = 5 /* seconds */ };

static enum rc password_begin(const struct op *op, struct request *c, struct reply *r, const struct sign_in *s)
{
	const struct client *client = s->client;
	struct interaction_shown shown;
	struct slice csrf, name, tenant;
	TRY(browser_csrf(op, s->it->key, s->it->id, SLICE_NONE, c->arena, &csrf));
	/* Copied, since the client is released before the page is written. */
	TRY(arena_copy(c->arena, client->name.n > 0 ? client->name : client->id, &name));
	TRY(browser_tenant_name(op, client->tenant, c->arena, &tenant));
	TRY(interaction_show(c, r, s->it, SLICE("/sign-in"), &shown));
	REPLY_SHOW(r, sign_in, .action = shown.action, .waiting = shown.waiting, .minutes = shown.minutes, .csrf = csrf,
		   .client_name = name, .tenant_name = tenant, .message = s->message,
		   .login = s->login.n <= LOGIN_MAX && utf8_printable(s->login) ? s->login : SLICE_NONE);
	return RC_OK;
}

static enum rc password_retry_text(struct arena *a, int64_t seconds, struct slice *ret_text)
{
	int64_t minutes = (seconds + 59) / 60;
	if (seconds < 60)
		return arena_format(a, ret_text, "Too many attempts. Try again in %lld seconds.", (long long)seconds);
	if (minutes < 120)
		return arena_format(a, ret_text, "Too many attempts. Try again in %lld minute%s.", (long long)minutes,
				    minutes == 1 ? "" : "s");
	return arena_format(a, ret_text, "Too many attempts. Try again in %lld hours.", (long long)(minutes + 59) / 60);
}

/* The same text for every fault of login or password. */
static enum rc password_refused(struct request *c, enum rc why, const struct password_result *from,
				struct sign_in_result *ret)
{
	ret->account = from->account;
	ret->telling = from->telling;
	ret->event = why == RC_THROTTLED || from->held ? AUDIT_USER_THROTTLED : AUDIT_USER_SIGN_IN_FAILED;
	ret->message = SLICE("That login and password do not match. Check both and try again.");
	if (why == RC_BUSY) {
		ret->retry_after = BUSY_RETRY;
		ret->message = SLICE("Many people are signing in right now. Try again in a few seconds.");
	}
	if (why == RC_THROTTLED) {
		ret->retry_after = from->retry_after;
		TRY(password_retry_text(c->arena, from->retry_after, &ret->message));
	}
	return why;
}

static enum rc password_finish(const struct op *op, struct request *c, struct reply *r, const struct sign_in *s,
			       struct sign_in_result *ret)
{
	const struct identity id = op_identity(op);
	struct password_result result = {0};
	struct slice device;
	struct password_attempt attempt = {
		.tenant = s->client->tenant,
		.login = s->login,
		.password = secret_from_slice(request_pairs_get(c->form, SLICE("password"))),
		.remote = c->remote,
	};
	/* Without the cookie, or with a bad one, the browser is unknown. */
	if (request_cookie(c, BROWSER_DEVICE_COOKIE, &attempt.device) != RC_OK)
		attempt.device = SLICE_NONE;
	enum rc rc = password_sign_in(&id, &attempt, c->now, c->arena, &result);
	if (rc == RC_ACCESS_DENIED || rc == RC_THROTTLED || rc == RC_BUSY)
		return password_refused(c, rc, &result, ret);
	TRY(rc);
	ret->user = result.user;
	TRY(arena_copy(c->arena, slice_of(result.device, sizeof result.device), &device));
	return reply_cookie_add(r, (struct reply_cookie){BROWSER_DEVICE_COOKIE, device, THROTTLE_DEVICE_TTL});
}

const struct authenticator authenticator_password = {
	.name = SLICE_INIT("password"),
	.amr = SLICE_INIT("pwd"),
	.factor = AUTHENTICATOR_KNOWLEDGE,
	.alone = true,
	.begin = password_begin,
	.finish = password_finish,
};
