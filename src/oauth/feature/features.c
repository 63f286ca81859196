/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/feature/feature.h"

/* The order is that of the checks: the first that fails names the error. */
const struct feature *const features[] = {
	&feature_state,
	&feature_request_object,
	&feature_response,
	&feature_pkce,
	&feature_scope,
	&feature_resource,
	&feature_nonce,
	&feature_prompt,
	&feature_max_age,
	&feature_hints,
	&feature_issuer,
};
const size_t feature_count = ARRAY_LEN(features);

enum rc authorize_wrong(struct authorize_reading *r, enum rc why, struct slice detail)
{
	r->c->log_detail = r->c->client_detail = detail;
	return why;
}

struct slice features_unclear(const struct request_faults *faults)
{
	for (size_t i = 0; i < feature_count; i++)
		for (size_t j = 0; j < features[i]->parameter_count; j++)
			if (request_faults_has(faults, features[i]->parameters[j]))
				return features[i]->parameters[j];
	return SLICE_NONE;
}

enum rc features_authorize(struct authorize_reading *r)
{
	for (size_t i = 0; i < feature_count; i++)
		if (features[i]->on_authorize != NULL)
			TRY(features[i]->on_authorize(r));
	return RC_OK;
}

void features_again(const struct authorize_request *request, struct buf *query)
{
	for (size_t i = 0; i < feature_count; i++)
		if (features[i]->on_again != NULL)
			features[i]->on_again(request, query);
}

enum rc answer_add(struct answer_fields *fields, struct slice name, struct slice value)
{
	if (fields->n == ANSWER_FIELDS_MAX)
		return RC_INTERNAL;
	fields->v[fields->n++] = (struct request_pair){name, value};
	return RC_OK;
}

enum rc features_answer(const struct request *c, const struct authorize_request *request, struct answer_fields *fields)
{
	for (size_t i = 0; i < feature_count; i++)
		if (features[i]->on_answer != NULL)
			TRY(features[i]->on_answer(c, request, fields));
	return RC_OK;
}

enum rc features_token(struct token_reading *r)
{
	for (size_t i = 0; i < feature_count; i++)
		if (features[i]->on_token != NULL)
			TRY(features[i]->on_token(r));
	return RC_OK;
}

void features_id_token(struct json_out *o, const struct user_grant *g)
{
	for (size_t i = 0; i < feature_count; i++)
		if (features[i]->on_id_token != NULL)
			features[i]->on_id_token(o, g);
}
