/* SPDX-License-Identifier: Apache-2.0 */
/* Request objects and inline registration are not supported. OpenID Connect Core 6 and 7.2.1: parameters that change
 * the meaning of others must not be ignored. */
#include "oauth/feature/feature.h"

static const struct slice parameters[] = {SLICE_INIT("request"), SLICE_INIT("request_uri"), SLICE_INIT("registration")};
static const enum rc refusals[] = {RC_REQUEST_NOT_SUPPORTED, RC_REQUEST_URI_NOT_SUPPORTED,
				   RC_REGISTRATION_NOT_SUPPORTED};
static const struct metadata_member metadata[] = {
	{SLICE_INIT("request_parameter_supported"), .value = false},
	{SLICE_INIT("request_uri_parameter_supported"), .value = false},
	{SLICE_INIT("require_request_uri_registration"), .value = false},
};

static enum rc on_authorize(struct authorize_reading *r)
{
	for (size_t i = 0; i < ARRAY_LEN(parameters); i++)
		if (parameters_get(r->from, parameters[i]).n > 0) {
			r->c->log_detail = parameters[i];
			return refusals[i];
		}
	return RC_OK;
}

const struct feature feature_request_object = {
	.spec = "OpenID Connect Core 1.0, 6",
	FEATURE_PARAMETERS(parameters),
	FEATURE_METADATA(metadata),
	.on_authorize = on_authorize,
};
