/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway's own session cookie, and what browsers without a session get instead. */
#include "base/ascii.h"
#include "gateway/gateway_decision.h"

enum { IDENTITY_VALUES = 4096 }; /* of the daemon's session identity */

/* Sessions are cached by cookie and host. */
static void session_key(const struct gateway_decision *d, struct slice cookie, uint8_t dst[static SIGNATURE_CACHE_KEY])
{
	uint8_t both[2 * SIGNATURE_CACHE_KEY];
	siphash128(d->view->cache_secret, cookie, both);
	siphash128(d->view->cache_secret, d->request->host, both + SIGNATURE_CACHE_KEY);
	siphash128(d->view->cache_secret, slice_of(both, sizeof both), dst);
}

static void remember(const struct gateway_decision *d, const uint8_t key[static SIGNATURE_CACHE_KEY])
{
	const struct gateway_answer *answer = &d->request->answer;
	struct signature_cache_tag tag = {d->view->epoch, d->view->now + answer->ttl};
	if (d->view->sessions != NULL && d->view->fresh && answer->ttl > 0)
		signature_cache_put(d->view->sessions, key, tag, d->view->now, answer->text);
}

static bool recall(struct gateway_decision *d, const uint8_t key[static SIGNATURE_CACHE_KEY], struct slice *ret_text)
{
	const struct gateway_view *v = d->view;
	if (v->sessions == NULL || !v->fresh)
		return false;
	size_t n, room = v->sessions->slot_words * 8 - SIGNATURE_CACHE_HEAD;
	uint8_t *text = arena_alloc(d->a, room);
	if (text == NULL || !signature_cache_get(v->sessions, key, v->epoch, v->now, text, &n))
		return false;
	d->out->cached = true;
	*ret_text = slice_of(text, n);
	return true;
}

/* The identity's text, or a request to look it up. */
static enum rc find_session(struct gateway_decision *d, struct slice cookie, struct slice *ret_text)
{
	uint8_t key[SIGNATURE_CACHE_KEY] = {0};
	if (d->view->cache_secret != NULL)
		session_key(d, cookie, key);
	switch (d->request->answer.type) {
	case GATEWAY_ANSWER_NOT_ASKED:
		if (recall(d, key, ret_text))
			return RC_OK;
		d->out->cookie = cookie;
		return gateway_need(d, GATEWAY_NEED_LOOKUP);
	case GATEWAY_ANSWER_IDENTITY:
		remember(d, key);
		*ret_text = d->request->answer.text;
		return RC_OK;
	case GATEWAY_ANSWER_NONE:
		return RC_NO_CREDENTIALS;
	case GATEWAY_ANSWER_ERROR:
		break;
	}
	/* An error is not a miss: keep the cookie. */
	return RC_STORE;
}

static enum rc session_expiry(const struct json *claims, int64_t now)
{
	int64_t exp;
	return json_seconds(json_get(claims, SLICE("exp")), &exp) == RC_OK && exp > now ? RC_OK : RC_NO_CREDENTIALS;
}

static enum rc read_session(struct gateway_decision *d)
{
	struct slice cookie, text;
	/* A look-up needs the host that the session belongs to. */
	if (d->request->host.n == 0)
		return RC_INVALID_REQUEST;
	TRY(gateway_request_cookie(d->request, SLICE(GATEWAY_COOKIE), &cookie));
	if (!d->policy->csrf_off)
		TRY(gateway_request_csrf(d->request));
	if (d->view->revoked == NULL)
		return gateway_need(d, GATEWAY_NEED_SNAPSHOT);
	TRY(find_session(d, cookie, &text));
	if (d->out->verdict != GATEWAY_ALLOW)
		return RC_OK;
	TRY_AS(RC_INTERNAL, json_parse_arena(d->a, text, IDENTITY_VALUES, &d->claims));
	TRY(session_expiry(d->claims, d->view->now));
	TRY(gateway_identity_read(d->claims, &d->policy->session_map, d->a, &d->out->identity));
	enum rc rc = gateway_decision_revoked(d);
	return rc == RC_REVOKED ? RC_NO_CREDENTIALS : rc;
}

/* ---- refusals ---- */

/* The sign-in address with the page to return to: a path of this host, never a full URL. */
static enum rc login_of(struct slice page, struct arena *a, struct slice *ret_location)
{
	static const char digits[] = "0123456789ABCDEF";
	struct slice start = SLICE("/_ostiary/login?return_to=");
	struct slice target = gateway_request_may_return(page) ? page : SLICE("/");
	uint8_t *dst = arena_alloc(a, start.n + 3 * target.n);
	size_t n = start.n;
	if (dst == NULL)
		return RC_MEMORY;
	memcpy(dst, start.p, start.n);
	for (size_t i = 0; i < target.n; i++) {
		uint8_t c = target.p[i];
		if (ascii_is(c, ASCII_UNRESERVED) || c == '/') {
			dst[n++] = c;
			continue;
		}
		dst[n++] = '%';
		dst[n++] = (uint8_t)digits[c >> 4];
		dst[n++] = (uint8_t)digits[c & 15];
	}
	*ret_location = slice_of(dst, n);
	return RC_OK;
}

enum refused_form { FORM_SIGNED_OUT, FORM_FOREIGN, FORM_NOT_ALLOWED, FORM_NOT_NOW };

static const struct gateway_page form_pages[] = {
	[FORM_SIGNED_OUT] = {SLICE_INIT("Your session has ended"),
			     SLICE_INIT("What you sent did not reach the app: nobody is signed in here any more. Your "
					"browser's Back button may "
					"still show what you typed: copy it before you sign in."),
			     SLICE_INIT("Sign in"), SLICE_INIT("")},
	[FORM_FOREIGN] = {SLICE_INIT("Sent from another site"),
			  SLICE_INIT("What you sent did not reach the app, because a page of another site sent it. "
				     "Begin at the app itself."),
			  SLICE_INIT("Go to the app"), SLICE_INIT("/")},
	[FORM_NOT_ALLOWED] = {SLICE_INIT("You may not do this"),
			      SLICE_INIT(
				      "What you sent did not reach the app, because your account has no right to it."),
			      SLICE_INIT("Go back"), SLICE_INIT("")},
	[FORM_NOT_NOW] = {SLICE_INIT("Not possible right now"),
			  SLICE_INIT("What you sent did not reach the app. Wait a moment, then reload this page: your "
				     "browser sends it again."),
			  SLICE_INIT(""), SLICE_INIT("")},
};

/* A browser sends another site's form without the session cookie (SameSite). That does not mean the session has
 * expired. */
static enum refused_form form_of(const struct gateway_request *r, int status, enum rc why)
{
	if (status == 503)
		return FORM_NOT_NOW;
	if (why == RC_CSRF || (status == 401 && gateway_request_csrf(r) != RC_OK))
		return FORM_FOREIGN;
	return status == 401 ? FORM_SIGNED_OUT : FORM_NOT_ALLOWED;
}

static void refuse_form(const struct gateway_request *r, struct arena *a, struct gateway_outcome *ret)
{
	/* A request that cannot be read may not be a form at all. */
	if (ret->status == 400)
		return;
	enum refused_form form = form_of(r, ret->status, ret->why);
	struct gateway_page page = form_pages[form];
	struct slice from = gateway_request_came_from(r);
	if (page.label.n > 0 && page.uri.n == 0)
		page.uri = from;
	if (form != FORM_SIGNED_OUT || login_of(from, a, &page.uri) == RC_OK)
		ret->page = page;
}

/* Browsers that load a page get a redirect or a page; all others get a status and JSON. */
static void refuse_session(const struct gateway_policy *policy, const struct gateway_request *r, struct arena *a,
			   struct gateway_outcome *ret)
{
	(void)policy;
	if (gateway_request_is_form(r))
		refuse_form(r, a, ret);
	else if (ret->status == 401 && gateway_request_is_navigation(r) &&
		 login_of(r->target, a, &ret->location) == RC_OK)
		ret->status = 302;
}

const struct gateway_credential gateway_session = {
	.name = SLICE_INIT("session"),
	.read = read_session,
	.refuse = refuse_session,
	.linked = true,
	.signs_in = true,
};
