/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/gateway_decision.h"

static int status_of(enum rc why)
{
	int status = rc_row(why)->http_status;
	/* A failure inside the gateway must not look like the client's fault. */
	if (rc_server_error(why))
		return 503;
	if (why == RC_LIMIT)
		return 400;
	return status == 400 || status == 403 ? status : 401;
}

/* RFC 6750 3.1: no error code if the request has no credential at all. */
const char *gateway_refusal_error(enum rc why)
{
	if (why == RC_FORBIDDEN)
		return "insufficient_scope";
	return rc_row(why)->oauth_error;
}

void gateway_refuse(const struct gateway_policy *policy, const struct gateway_request *request, enum rc why,
		    struct arena *a, struct gateway_outcome *ret)
{
	ret->verdict = GATEWAY_REFUSE;
	ret->why = why;
	ret->status = status_of(why);
	ret->set_count = 0;
	if (policy->credential != NULL)
		policy->credential->refuse(policy, request, a, ret);
}

const char *gateway_refusal_member(const struct gateway_policy *policy, const struct gateway_request *request,
				   enum rc why)
{
	const struct gateway_credential *c = policy->credential;
	return c == NULL || c->refusal_member == NULL ? NULL : c->refusal_member(request, why);
}

enum rc gateway_refusal_body(enum rc why, struct arena *a, struct slice *ret_body)
{
	const char *error = why == RC_NO_CREDENTIALS ? "login_required" : gateway_refusal_error(why);
	const char *text = rc_row(why)->text;
	/* The table's texts need no JSON escaping; a unit test checks that. */
	if (status_of(why) == 503)
		error = "temporarily_unavailable";
	return arena_format(a, ret_body, "{\"error\":\"%s\",\"error_description\":\"%s\"}\n", error, text);
}
