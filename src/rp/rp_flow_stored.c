/* SPDX-License-Identifier: Apache-2.0 */
/* Sign-ins that were in progress in the store when this release was started. */
#include "base/base64url.h"
#include "crypto/hash.h"
#include "rp/rp_flow.h"
#include "store/stored_json.h"

enum { FIELD_MAX = 8 * 1024 };

struct stored_flow {
	struct slice host, nonce, code_verifier, return_to;
	struct slice browser; /* base64url of the SHA-256 of the cookie's secret */
};

#define TEXT(member) {SLICE_INIT(#member), STORED_TEXT_OF(struct stored_flow, member, FIELD_MAX), STORED_ALWAYS}

static const struct stored_member members[] = {TEXT(host), TEXT(nonce), TEXT(code_verifier), TEXT(return_to), TEXT(browser)};

/* The cookie's secret must hash to the value in the record. */
static enum rc validate_browser(const struct stored_flow *s, struct slice secret, struct arena *a)
{
	uint8_t hash[32];
	struct slice have64;
	crypto_sha256(secret, hash);
	TRY(base64url_encode_arena(a, slice_of(hash, sizeof hash), &have64));
	return ct_equal(secret_from_slice(have64), secret_from_slice(s->browser)) ? RC_OK : RC_CSRF;
}

/* RC_STORE: the stored record is corrupt. */
static enum rc damaged(enum rc rc)
{
	return rc == RC_OK || rc_server_error(rc) ? rc : RC_STORE;
}

enum rc flow_stored_finish(const struct rp *r, struct request *c, struct slice secret, struct flow *f)
{
	uint8_t key[32];
	struct eph_record record;
	struct stored_flow s = {.host = SLICE_NONE};
	crypto_sha256(f->state, key);
	enum rc rc = r->ephemeral->get(r->ephemeral->self, EPH_RP_STATE, key, c->now, c->arena, &record);
	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? RC_EXPIRED : rc;
	TRY(damaged(stored_json_read(members, ARRAY_LEN(members), record.value, c->arena, &s)));
	TRY(validate_browser(&s, secret, c->arena));
	if (!slice_eq(s.host, c->host))
		return RC_CSRF;
	f->host = s.host;
	f->nonce = s.nonce;
	f->code_verifier = s.code_verifier;
	f->return_to = s.return_to;
	rc = r->ephemeral->take(r->ephemeral->self, EPH_RP_STATE, key, c->now, c->arena, &record);
	return rc == RC_NOT_FOUND ? RC_EXPIRED : rc;
}
