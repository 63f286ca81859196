/* SPDX-License-Identifier: Apache-2.0 */
/* max_age (OpenID Connect Core 3.1.2.1): how long ago the person may have signed in. ID tokens always say when that
 * was (auth_time). */
#include "oauth/feature/feature.h"

#include "base/percent.h"

/* More digits would be longer than any clock of ours runs. */
enum { DIGITS_MAX = 12 };

static const struct slice parameters[] = {SLICE_INIT("max_age")};

static enum rc on_authorize(struct authorize_reading *r)
{
	struct slice text = parameters_get(r->from, SLICE("max_age"));
	int64_t value = 0;
	if (text.n == 0)
		return RC_OK;
	if (text.n > DIGITS_MAX)
		return authorize_wrong(r, RC_INVALID_REQUEST, SLICE("max_age is longer than 12 digits"));
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return authorize_wrong(r, RC_INVALID_REQUEST, SLICE("max_age is not a number of seconds"));
		value = value * 10 + (text.p[i] - '0');
	}
	r->request->max_age = value;
	return RC_OK;
}

static void on_again(const struct authorize_request *request, struct buf *query)
{
	uint8_t memory[24];
	struct buf text;
	if (request->max_age < 0)
		return;
	buf_over(&text, memory, sizeof memory);
	buf_int(&text, request->max_age);
	percent_query(query, SLICE("max_age"), buf_slice(&text));
}

static void on_id_token(struct json_out *o, const struct user_grant *g)
{
	json_out_member_int(o, SLICE("auth_time"), g->auth_time);
}

const struct feature feature_max_age = {
	.spec = "OpenID Connect Core 1.0, 3.1.2.1",
	FEATURE_PARAMETERS(parameters),
	.on_authorize = on_authorize,
	.on_again = on_again,
	.on_id_token = on_id_token,
};
