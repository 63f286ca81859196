/* SPDX-License-Identifier: Apache-2.0 */
/* An interaction's record: whose browser, when, which session, which request. */
#include "oauth/interaction.h"

#include "base/base64url.h"
#include "base/cursor.h"
#include "crypto/hash.h"
#include "oauth/browser.h"

enum { ID_LEN = 43, MARK_LEN = 8, RECORD_MAX = 15 * 1024, VERSIONS_MAX = 100 };

static enum rc interaction_record(const struct interaction *it, struct arena *a, struct eph_record *ret)
{
	struct buf b;
	uint8_t browser[32];
	void *memory = arena_alloc(a, RECORD_MAX);
	if (memory == NULL)
		return RC_LIMIT;
	crypto_sha256(it->key, browser);
	buf_over(&b, memory, RECORD_MAX);
	buf_put(&b, slice_of(browser, sizeof browser));
	buf_u64(&b, (uint64_t)it->created);
	buf_block(&b, it->sid);
	authorize_request_write(&it->request, &b);
	TRY(buf_rc(&b));
	*ret = (struct eph_record){.kind = EPH_INTERACTION, .value = buf_slice(&b), .expires = it->expires, .version = it->version};
	crypto_sha256(it->id, ret->id);
	return RC_OK;
}

/* Two tabs of a browser that had no key yet each get one, and the later answer's is what stays. So that the other tab's
 * request is not lost, nor the form that it shows already, its key comes back in a cookie of the request's own as well. */
static enum rc interaction_mark_name(const struct interaction *it, struct arena *a, struct slice *ret_name)
{
	return arena_format(a, ret_name, "__Host-ostiary-login-%.*s", SLICE_ARGS(slice_to(it->id, MARK_LEN)));
}

static enum rc interaction_mark(struct call *c, struct reply *r, const struct interaction *it)
{
	struct slice name;
	TRY(interaction_mark_name(it, c->arena, &name));
	return reply_cookie_add(r, (struct reply_cookie){name, it->key, it->expires - c->now, SAME_SITE_LAX});
}

static enum rc interaction_unmark(struct call *c, struct reply *r, const struct interaction *it)
{
	struct slice name, key;
	TRY(interaction_mark_name(it, c->arena, &name));
	if (call_cookie(c, name, &key) == RC_MISSING)
		return RC_OK;
	return reply_cookie_add(r, (struct reply_cookie){name, SLICE_NONE, 0, SAME_SITE_LAX});
}

enum rc interaction_begin(const struct op *op, struct call *c, struct reply *r, const struct authorize_request *request,
			  struct slice sid, struct interaction *ret)
{
	struct interaction it = {.request = *request, .sid = sid, .created = c->now, .version = 1};
	struct eph_record record;
	struct slice known;
	uint8_t random[32];
	bool stranger = browser_known_key(c, &known) != RC_OK;
	it.expires = c->now + op->settings->interaction_ttl;
	TRY(browser_key(c, r, &it.key));
	crypto_random(random, sizeof random);
	TRY(base64url_encode_arena(c->arena, slice_of(random, sizeof random), &it.id));
	TRY(interaction_record(&it, c->arena, &record));
	TRY(op->ephemeral->put(op->ephemeral->self, &record, c->now));
	if (stranger)
		TRY(interaction_mark(c, r, &it));
	*ret = it;
	return RC_OK;
}

/* RC_EXPIRED: another browser's. RC_STORE: this is no record of ours, so the store is not what it was. */
static enum rc interaction_restore(struct slice value, struct interaction *it)
{
	struct cursor cur = cursor_of(value);
	struct slice browser;
	uint8_t mine[32];
	uint64_t created;
	crypto_sha256(it->key, mine);
	if (cursor_bytes(&cur, sizeof mine, &browser) != RC_OK)
		return RC_STORE;
	if (!ct_equal(secret_from_slice(browser), secret_of(mine, sizeof mine)))
		return RC_EXPIRED;
	bool whole = cursor_u64(&cur, &created) == RC_OK && cursor_block(&cur, SESSION_SID_LEN, &it->sid) == RC_OK &&
		     authorize_request_restore(&cur, &it->request) == RC_OK && cursor_end(&cur) == RC_OK;
	if (!whole)
		return RC_STORE;
	it->created = (int64_t)created;
	return RC_OK;
}

/* The request's own cookie proves as well that this browser began it. */
static enum rc interaction_restore_marked(struct call *c, struct slice value, struct interaction *it)
{
	struct slice name;
	TRY(interaction_mark_name(it, c->arena, &name));
	if (call_cookie(c, name, &it->key) != RC_OK)
		return RC_EXPIRED;
	return interaction_restore(value, it);
}

enum rc interaction_find(const struct op *op, struct call *c, struct interaction *ret)
{
	struct interaction it = {.id = call_pairs_get(c->query, SLICE("i"))};
	struct eph_record record;
	uint8_t hash[32];
	if (it.id.n != ID_LEN || browser_known_key(c, &it.key) != RC_OK) {
		c->log_detail = SLICE("this browser began no such request");
		return RC_EXPIRED;
	}
	crypto_sha256(it.id, hash);
	enum rc rc = op->ephemeral->get(op->ephemeral->self, EPH_INTERACTION, hash, c->now, c->arena, &record);
	if (rc == RC_NOT_FOUND)
		return RC_EXPIRED;
	TRY(rc);
	it.expires = record.expires;
	it.version = record.version;
	rc = interaction_restore(record.value, &it);
	if (rc == RC_EXPIRED)
		rc = interaction_restore_marked(c, record.value, &it);
	TRY(rc);
	c->log_client = it.request.client_id;
	*ret = it;
	return RC_OK;
}

enum rc interaction_set_sid(const struct op *op, struct call *c, struct interaction *it, struct slice sid)
{
	struct eph_record record;
	enum rc rc;
	it->sid = sid;
	do {
		TRY(interaction_record(it, c->arena, &record));
		rc = op->ephemeral->replace(op->ephemeral->self, &record, c->now);
		/* The same form sent twice: whoever comes last is what the browser shows. Only the sid and the version move. */
		it->version++;
	} while (rc == RC_CONFLICT && it->version < VERSIONS_MAX);
	return rc == RC_NOT_FOUND || rc == RC_CONFLICT ? RC_EXPIRED : rc;
}

enum rc interaction_finish(const struct op *op, struct call *c, struct reply *r, const struct interaction *it)
{
	struct eph_record record;
	uint8_t hash[32];
	crypto_sha256(it->id, hash);
	enum rc rc = op->ephemeral->take(op->ephemeral->self, EPH_INTERACTION, hash, c->now, c->arena, &record);
	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? RC_EXPIRED : rc;
	return interaction_unmark(c, r, it);
}
