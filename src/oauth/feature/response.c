/* SPDX-License-Identifier: Apache-2.0 */
/* response_type and response_mode (RFC 6749 3.1.1; OAuth 2.0 Multiple Response Types; Form Post Response Mode). */
#include "oauth/feature/feature.h"

#include "base/percent.h"

#define TYPES SLICE_INIT("code")
#define MODES SLICE_INIT("query form_post")

static const struct slice types = TYPES, modes = MODES;
static const struct slice parameters[] = {SLICE_INIT("response_type"), SLICE_INIT("response_mode")};
static const struct metadata_member metadata[] = {
	{SLICE_INIT("response_types_supported"), .words = TYPES},
	{SLICE_INIT("response_modes_supported"), .words = MODES},
};

/* OAuth 2.0 Multiple Response Types 3, 5: answers of these types, also errors, go to the fragment, never to the
 * query. */
static bool answers_by_fragment(struct slice response_type)
{
	return slice_has_word(response_type, SLICE("id_token")) || slice_has_word(response_type, SLICE("token"));
}

struct slice authorize_response_mode(const struct parameters *from)
{
	struct slice mode = parameters_get(from, SLICE("response_mode"));
	bool fragment = answers_by_fragment(parameters_get(from, SLICE("response_type")));
	struct slice usual = fragment ? SLICE("fragment") : SLICE("query");
	if (!slice_has_word(modes, mode) || (fragment && slice_eq(mode, SLICE("query"))))
		return usual;
	return mode;
}

static enum rc on_authorize(struct authorize_reading *r)
{
	struct slice type = parameters_get(r->from, SLICE("response_type"));
	struct slice mode = parameters_get(r->from, SLICE("response_mode"));
	if (type.n == 0)
		return authorize_wrong(r, RC_INVALID_REQUEST, SLICE("response_type is missing"));
	if (!slice_has_word(types, type))
		return authorize_wrong(r, RC_UNSUPPORTED_RESPONSE_TYPE,
				       SLICE("response_type is not one that this server supports"));
	if ((r->client->grants & CLIENT_GRANT_CODE) == 0)
		return authorize_wrong(r, RC_UNAUTHORIZED_CLIENT,
				       SLICE("the client is not registered for authorization_code"));
	if (mode.n > 0 && !slice_has_word(modes, mode))
		return authorize_wrong(r, RC_INVALID_REQUEST,
				       SLICE("response_mode is not one that this server supports"));
	return RC_OK;
}

static void on_again(const struct authorize_request *request, struct buf *query)
{
	percent_query(query, SLICE("response_type"), SLICE("code"));
	percent_query_if(query, SLICE("response_mode"), request->response_mode);
}

const struct feature feature_response = {
	.spec = "RFC 6749 3.1.1",
	FEATURE_PARAMETERS(parameters),
	FEATURE_METADATA(metadata),
	.on_authorize = on_authorize,
	.on_again = on_again,
};
