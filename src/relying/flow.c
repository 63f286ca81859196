/* SPDX-License-Identifier: Apache-2.0 */
#include "relying/flow.h"

#include "base/base64url.h"
#include "crypto/hash.h"

enum { RECORD_MAX = 4096, SECRET_BYTES = 32, SECRET_TEXT = 43, RECORD_VALUES = 16 };

static enum rc cookie_name(struct slice id, struct arena *a, struct slice *ret_name)
{
	const struct slice parts[] = {SLICE(RELYING_FLOW_COOKIE), id};
	return arena_join(a, parts, ARRAY_LEN(parts), ret_name);
}

/* Walks the Cookie header for our flows: value "<unix seconds>.<secret>". Broken ones count as oldest. */
static void find_oldest(struct slice header, size_t *ret_count, struct slice *ret_name)
{
	struct slice pair;
	int64_t oldest = INT64_MAX;
	*ret_count = 0;
	while (slice_split(&header, ';', &pair)) {
		pair = slice_trim(pair);
		if (!slice_starts(pair, SLICE(RELYING_FLOW_COOKIE)))
			continue;
		size_t equals = slice_find(pair, '=');
		struct slice since = slice_from(pair, equals + 1);
		int64_t at = 0;
		for (size_t i = 0; i < since.n && i < 12 && since.p[i] >= '0' && since.p[i] <= '9'; i++)
			at = at * 10 + (since.p[i] - '0');
		(*ret_count)++;
		if (at < oldest) {
			oldest = at;
			*ret_name = slice_to(pair, equals);
		}
	}
}

/* Only one goes at a time: there is never more than one too many. */
static enum rc drop_oldest(const struct call *c, struct reply *reply)
{
	struct slice name = SLICE_NONE;
	size_t count;
	find_oldest(call_header(c, SLICE("cookie")), &count, &name);
	if (count < FLOW_MAX)
		return RC_OK;
	return reply_cookie_add(reply, (struct reply_cookie){.name = name, .max_age = 0, .same_site = SAME_SITE_LAX});
}

static enum rc record_write(const struct flow *f, struct slice secret, struct arena *a, struct slice *ret_text)
{
	uint8_t hash[32], memory[RECORD_MAX];
	struct buf b;
	struct slice hash64;
	crypto_sha256(secret, hash);
	TRY(base64url_encode_arena(a, slice_of(hash, sizeof hash), &hash64));
	buf_over(&b, memory, sizeof memory);
	struct json_out o = json_out_to(&b);
	json_out_object(&o);
	json_out_member(&o, SLICE("browser"), hash64);
	json_out_member(&o, SLICE("host"), f->host);
	json_out_member(&o, SLICE("nonce"), f->nonce);
	json_out_member(&o, SLICE("code_verifier"), f->code_verifier);
	json_out_member(&o, SLICE("return_to"), f->return_to);
	json_out_object_end(&o);
	enum rc rc = buf_rc(&b) == RC_OK ? arena_copy(a, buf_slice(&b), ret_text) : buf_rc(&b);
	buf_free(&b);
	return rc;
}

enum rc flow_start(const struct relying *r, struct call *c, struct flow *f, struct reply *reply)
{
	struct slice id, random, secret, cookie;
	struct eph_record record = {.kind = EPH_RELYING_STATE, .expires = c->now + FLOW_TTL};
	TRY(parts_random(c->arena, 6, &id));
	TRY(parts_random(c->arena, SECRET_BYTES, &random));
	TRY(parts_random(c->arena, SECRET_BYTES, &secret));
	TRY(parts_random(c->arena, SECRET_BYTES, &f->nonce));
	TRY(parts_random(c->arena, SECRET_BYTES, &f->code_verifier));
	const struct slice state[] = {id, SLICE("."), random};
	TRY(arena_join(c->arena, state, ARRAY_LEN(state), &f->state));
	crypto_sha256(f->state, record.id);
	TRY(record_write(f, secret, c->arena, &record.value));
	TRY(r->ephemeral->put(r->ephemeral->self, &record, c->now));
	TRY(drop_oldest(c, reply));
	TRY(arena_format(c->arena, &cookie, "%lld.%.*s", (long long)c->now, SLICE_ARGS(secret)));
	struct slice name;
	TRY(cookie_name(id, c->arena, &name));
	return reply_cookie_add(reply, (struct reply_cookie){
		.name = name, .value = cookie, .max_age = FLOW_TTL, .same_site = SAME_SITE_LAX});
}

static enum rc record_read(const struct json *root, struct arena *a, struct flow *ret)
{
	TRY(json_string(json_get(root, SLICE("host")), a, &ret->host));
	TRY(json_string(json_get(root, SLICE("nonce")), a, &ret->nonce));
	TRY(json_string(json_get(root, SLICE("code_verifier")), a, &ret->code_verifier));
	return json_string(json_get(root, SLICE("return_to")), a, &ret->return_to);
}

/* The secret in "<unix seconds>.<secret>" hashes to what the record says. */
static enum rc check_browser(const struct json *root, struct slice cookie, struct arena *a)
{
	uint8_t hash[32];
	struct slice want64, have64;
	crypto_sha256(slice_from(cookie, slice_find(cookie, '.') + 1), hash);
	TRY(base64url_encode_arena(a, slice_of(hash, sizeof hash), &have64));
	TRY(json_string(json_get(root, SLICE("browser")), a, &want64));
	return ct_equal(secret_from_slice(have64), secret_from_slice(want64)) ? RC_OK : RC_CSRF;
}

/* Characters that may stand in a cookie's name: what comes from the query is checked before it is used as one. */
static bool is_id(struct slice id)
{
	uint8_t bytes[6];
	size_t n;
	return id.n == FLOW_ID_LEN && base64url_decode(id, bytes, sizeof bytes, &n) == RC_OK;
}

/* RC_STORE: this is no record of ours, so the store is not what it was. */
static enum rc damaged(enum rc rc)
{
	return rc == RC_OK || rc == RC_CSRF || rc_ours(rc) ? rc : RC_STORE;
}

enum rc flow_finish(const struct relying *r, struct call *c, struct slice state, struct flow *ret_flow,
		    struct reply *reply)
{
	struct slice id = slice_to(state, slice_find(state, '.')), name, cookie;
	uint8_t key[32];
	struct eph_record record;
	struct flow f = {.state = state};
	if (!is_id(id))
		return RC_EXPIRED;
	TRY(cookie_name(id, c->arena, &name));
	if (call_cookie(c, name, &cookie) != RC_OK)
		return RC_CSRF;
	crypto_sha256(state, key);
	enum rc rc = r->ephemeral->get(r->ephemeral->self, EPH_RELYING_STATE, key, c->now, c->arena, &record);
	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? RC_EXPIRED : rc;
	struct json pool[RECORD_VALUES];
	TRY(damaged(json_parse(record.value, pool, RECORD_VALUES)));
	TRY(damaged(check_browser(pool, cookie, c->arena)));
	TRY(damaged(record_read(pool, c->arena, &f)));
	if (!slice_eq(f.host, c->host))
		return RC_CSRF;
	rc = r->ephemeral->take(r->ephemeral->self, EPH_RELYING_STATE, key, c->now, c->arena, &record);
	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? RC_EXPIRED : rc;
	*ret_flow = f;
	return reply_cookie_add(reply, (struct reply_cookie){.name = name, .max_age = 0, .same_site = SAME_SITE_LAX});
}
