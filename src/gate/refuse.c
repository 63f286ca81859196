/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "gate/gate.h"

static int status_of(enum rc why)
{
	int status = rc_row(why)->http_status;
	/* What fails inside the gateway itself must not look like the client's doing. */
	if (why == RC_LIMIT || status >= 500)
		return 503;
	return status == 400 || status == 403 ? status : 401;
}

/* RFC 6750 3.1: no error code where the request has no credential at all. */
static const char *error_of(enum rc why)
{
	if (why == RC_FORBIDDEN)
		return "insufficient_scope";
	return rc_row(why)->oauth_error;
}

static struct slice scope_of(const struct gate_policy *policy, struct arena *a)
{
	struct slice scope = SLICE_NONE;
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct gate_rule *rule = &policy->rules[i];
		for (size_t k = 0; rule->kind == GATE_RULE_SCOPE && k < rule->value_count; k++)
			if (arena_format(a, &scope, "%.*s%s%.*s", SLICE_ARGS(scope), scope.n > 0 ? " " : "",
					 SLICE_ARGS(rule->values[k])) != RC_OK)
				return SLICE_NONE;
	}
	return scope;
}

/* RFC 6750 3: realm, error, error_description, and the scope that would have done. */
static struct slice challenge_of(const struct gate_policy *policy, enum rc why, struct arena *a)
{
	struct slice text = SLICE_NONE;
	const char *error = error_of(why);
	enum rc rc;
	if (why == RC_NO_CREDENTIALS) {
		rc = arena_format(a, &text, "Bearer realm=\"%.*s\"", SLICE_ARGS(policy->realm));
	} else if (why == RC_INSUFFICIENT_SCOPE) {
		struct slice scope = scope_of(policy, a);
		rc = arena_format(a, &text, "Bearer realm=\"%.*s\", error=\"%s\", error_description=\"%s\", scope=\"%.*s\"",
				  SLICE_ARGS(policy->realm), error, rc_row(why)->text, SLICE_ARGS(scope));
	} else {
		rc = arena_format(a, &text, "Bearer realm=\"%.*s\", error=\"%s\", error_description=\"%s\"",
				  SLICE_ARGS(policy->realm), error, rc_row(why)->text);
	}
	return rc == RC_OK ? text : SLICE_NONE;
}

static bool is_unreserved(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
	       c == '.' || c == '/' || c == '~';
}

/* The sign-in address with this page as the place to return to: a path of this host, never a full address. */
static enum rc login_of(const struct gate_request *r, struct arena *a, struct slice *ret_location)
{
	static const char digits[] = "0123456789ABCDEF";
	struct slice start = SLICE("/_ostiary/login?return_to=");
	enum { TARGET_MAX = 2048 };
	struct slice target = r->target.n <= TARGET_MAX && !slice_starts(r->target, SLICE("//")) ? r->target : SLICE("/");
	uint8_t *dst = arena_alloc(a, start.n + 3 * target.n);
	size_t n = start.n;
	if (dst == NULL)
		return RC_LIMIT;
	memcpy(dst, start.p, start.n);
	for (size_t i = 0; i < target.n; i++) {
		uint8_t c = target.p[i];
		if (is_unreserved(c)) {
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

void gate_refuse(const struct gate_policy *policy, const struct gate_request *request, enum rc why, struct arena *a,
		 struct gate_outcome *ret)
{
	ret->verdict = GATE_REFUSE;
	ret->why = why;
	ret->status = status_of(why);
	ret->set_count = 0;
	if (policy->mode == GATE_SESSION) {
		if (ret->status == 401 && gate_request_is_navigation(request) && login_of(request, a, &ret->location) == RC_OK)
			ret->status = 302;
		return;
	}
	if (policy->mode == GATE_BEARER && ret->status != 503)
		ret->challenge = challenge_of(policy, why, a);
}

enum rc gate_refusal_body(enum rc why, struct arena *a, struct slice *ret_body)
{
	const char *error = why == RC_NO_CREDENTIALS ? "login_required" : error_of(why);
	const char *text = rc_row(why)->text;
	/* The table's texts hold nothing that JSON would escape; a unit test keeps it so. */
	if (status_of(why) == 503)
		error = "temporarily_unavailable";
	return arena_format(a, ret_body, "{\"error\":\"%s\",\"error_description\":\"%s\"}\n", error, text);
}
