/* SPDX-License-Identifier: Apache-2.0 */
/* An ID token as a hint: whole from outside, where none may be believed that we did not sign; and, since no fuzzer
 * forges a signature, the same bytes as claims signed by us. Must hold: what is believed names our issuer, a user
 * and a client. */
#include "../tests/unit/op_fixture.h"
#include "oauth/authorize/id_token_hint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hold(bool promise)
{
	if (!promise)
		abort();
}

static void outside(struct slice text)
{
	struct id_token_hint hint;
	struct request c = fx_post((const char *const[]){NULL});
	enum rc rc = id_token_hint_read(&fx.op, &c, text, SLICE_NONE, &hint);
	hold(rc == RC_INVALID_TOKEN || rc == RC_MEMORY);
}

static void ours(struct slice claims)
{
	struct jwt_signer signer = jwt_signer_of(fx.es);
	struct id_token_hint hint, again;
	struct request c = fx_post((const char *const[]){NULL});
	const struct json *root;
	struct slice token;
	if (jwt_sign(&signer, JOSE_ES256, jwk_kid(fx.es), SLICE("JWT"), claims, &fx.arena, &token) != RC_OK)
		return;
	enum rc rc = id_token_hint_read(&fx.op, &c, token, SLICE_NONE, &hint);
	hold(rc == RC_OK || rc == RC_INVALID_TOKEN || rc == RC_MEMORY);
	if (rc != RC_OK)
		return;
	hold(json_parse_arena(&fx.arena, claims, JWT_VALUES_MAX, &root) == RC_OK);
	hold(json_is_string(json_get(root, SLICE("iss")), SLICE(FX_ISSUER)));
	hold(hint.sub.n > 0 && json_is_string(json_get(root, SLICE("sub")), hint.sub));
	hold(id_token_hint_read(&fx.op, &c, token, SLICE("nobody"), &again) != RC_OK ||
	     slice_eq(hint.client, SLICE("nobody")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool started;
	if (!started) {
		started = true;
		fx_start();
		hold(atexit(fx_stop) == 0);
	}
	outside(slice_of(data, size));
	ours(slice_of(data, size));
	arena_reset(&fx.arena);
	return 0;
}
