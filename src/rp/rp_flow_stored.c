/* SPDX-License-Identifier: Apache-2.0 */
/* Sign-ins that were in progress in the store when this release was started. */
#include "base/base64url.h"
#include "base/json.h"
#include "crypto/hash.h"
#include "rp/rp_flow.h"

enum { RECORD_VALUES = 16 };

static enum rc record_read(const struct json *root, struct arena *a, struct flow *ret)
{
	TRY(json_string(json_get(root, SLICE("host")), a, &ret->host));
	TRY(json_string(json_get(root, SLICE("nonce")), a, &ret->nonce));
	TRY(json_string(json_get(root, SLICE("code_verifier")), a, &ret->code_verifier));
	return json_string(json_get(root, SLICE("return_to")), a, &ret->return_to);
}

/* The cookie's secret must hash to the value in the record. */
static enum rc validate_browser(const struct json *root, struct slice secret, struct arena *a)
{
	uint8_t hash[32];
	struct slice want64, have64;
	crypto_sha256(secret, hash);
	TRY(base64url_encode_arena(a, slice_of(hash, sizeof hash), &have64));
	TRY(json_string(json_get(root, SLICE("browser")), a, &want64));
	return ct_equal(secret_from_slice(have64), secret_from_slice(want64)) ? RC_OK : RC_CSRF;
}

/* RC_STORE: the stored record is corrupt. */
static enum rc damaged(enum rc rc)
{
	return rc == RC_OK || rc == RC_CSRF || rc_server_error(rc) ? rc : RC_STORE;
}

enum rc flow_stored_finish(const struct rp *r, struct request *c, struct slice secret, struct flow *f)
{
	uint8_t key[32];
	struct eph_record record;
	struct json pool[RECORD_VALUES];
	crypto_sha256(f->state, key);
	enum rc rc = r->ephemeral->get(r->ephemeral->self, EPH_RP_STATE, key, c->now, c->arena, &record);
	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? RC_EXPIRED : rc;
	TRY(damaged(json_parse(record.value, pool, RECORD_VALUES)));
	TRY(damaged(validate_browser(pool, secret, c->arena)));
	TRY(damaged(record_read(pool, c->arena, f)));
	if (!slice_eq(f->host, c->host))
		return RC_CSRF;
	rc = r->ephemeral->take(r->ephemeral->self, EPH_RP_STATE, key, c->now, c->arena, &record);
	return rc == RC_NOT_FOUND ? RC_EXPIRED : rc;
}
