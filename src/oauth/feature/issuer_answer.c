/* SPDX-License-Identifier: Apache-2.0 */
/* iss in every answer of the authorization endpoint (RFC 9207), against mix-up attacks. */
#include "oauth/feature/feature.h"

static const struct metadata_member metadata[] = {
	{SLICE_INIT("authorization_response_iss_parameter_supported"), .value = true}};

static enum rc on_answer(const struct request *c, const struct authorize_request *request, struct answer_fields *fields)
{
	(void)request;
	return answer_add(fields, SLICE("iss"), c->issuer->name);
}

const struct feature feature_issuer = {
	.spec = "RFC 9207",
	FEATURE_METADATA(metadata),
	.on_answer = on_answer,
};
