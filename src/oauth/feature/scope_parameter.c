/* SPDX-License-Identifier: Apache-2.0 */
/* scope of an authorization request (RFC 6749 3.3). */
#include "oauth/feature/feature.h"

#include "base/percent.h"
#include "oauth/grant/scope.h"

static const struct slice parameters[] = {SLICE_INIT("scope")};

static void write_scopes(struct json_out *o, const struct op *op)
{
	struct slice words = op->settings->scopes, word;
	json_out_array(o);
	while (slice_word(&words, &word))
		json_out_string(o, word);
	json_out_array_end(o);
}

static const struct metadata_member metadata[] = {{SLICE_INIT("scopes_supported"), .write = write_scopes}};

static enum rc on_authorize(struct authorize_reading *r)
{
	struct arena *a = r->c->arena;
	struct slice scopes;
	enum rc rc = scope_left(parameters_get(r->from, SLICE("scope")), r->client->scopes, a, &scopes);
	if (rc == RC_INVALID_SCOPE)
		return authorize_wrong(r, rc, SLICE("scope has nothing that this client may ask for, or is malformed"));
	TRY(rc);
	return arena_copy(a, scopes, &r->request->scopes);
}

static void on_again(const struct authorize_request *request, struct buf *query)
{
	percent_query_if(query, SLICE("scope"), request->scopes);
}

const struct feature feature_scope = {
	.spec = "RFC 6749 3.3",
	FEATURE_PARAMETERS(parameters),
	FEATURE_METADATA(metadata),
	.on_authorize = on_authorize,
	.on_again = on_again,
};
