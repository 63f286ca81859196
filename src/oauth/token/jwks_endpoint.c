/* SPDX-License-Identifier: Apache-2.0 */
/* The published keys (RFC 7517 5). */
#include "oauth/endpoints.h"

enum { JWKS_MAX_AGE = 300 };

enum rc jwks_endpoint(const struct op *op, struct request *c, struct reply *ret_reply)
{
	const struct op_services *s = op->services;
	const struct op_keys *keys = s->keys(s->self);
	if (keys == NULL)
		return RC_SIGNER;
	enum rc rc = arena_copy(c->arena, keys->jwks, &ret_reply->body);
	s->keys_release(s->self, keys);
	TRY(rc);
	ret_reply->type = REPLY_RAW;
	ret_reply->status = 200;
	ret_reply->content_type = SLICE("application/jwk-set+json");
	ret_reply->cacheable = true;
	ret_reply->max_age = JWKS_MAX_AGE;
	return RC_OK;
}
