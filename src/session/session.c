/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a session: created, opened, saved, rotated, revoked. */
#include "session/session.h"

#include "base/base64url.h"
#include "session/record.h"

enum { SID_BYTES = 16, RETRIES = 8 };

struct session_state {
	struct record record;  /* as last seen in the store */
	struct slice subject;  /* likewise: the caller may have changed its own */
	int64_t store_version; /* of the ephemeral record; touches increment it too */
	uint8_t data_key[RECORD_KEY];
};

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t expiry_of(const struct sessions *s, const struct record *r)
{
	return earlier(r->touched + s->policy.idle, r->absolute);
}

static enum rc random_text(size_t n, struct arena *a, uint8_t *bytes, struct slice *ret_text)
{
	crypto_random(bytes, n);
	return base64url_encode_arena(a, slice_of(bytes, n), ret_text);
}

static enum rc join_cookie(struct slice sid, struct slice secret, struct arena *a, struct slice *ret_cookie)
{
	const struct slice parts[] = {sid, SLICE("."), secret};
	return arena_join(a, parts, ARRAY_LEN(parts), ret_cookie);
}

/* The ephemeral record of `r`. */
static enum rc to_stored(const struct sessions *s, const struct record *r, struct slice subject, struct arena *a,
			 struct eph_record *ret)
{
	*ret = (struct eph_record){.type = s->policy.type, .index = subject, .expires = expiry_of(s, r)};
	crypto_sha256(slice_of(r->sid, sizeof r->sid), ret->id);
	return record_write(r, a, &ret->value);
}

/* Makes a new secret the current one, and sets the session's cookie. */
static enum rc new_lock(struct record *r, const uint8_t data_key[static RECORD_KEY], struct arena *a,
			struct slice *ret_cookie)
{
	uint8_t secret[RECORD_SECRET];
	struct slice text;
	enum rc rc = random_text(sizeof secret, a, secret, &text);
	if (rc == RC_OK)
		rc = record_lock(r->sid, secret, data_key, &r->current);
	ct_wipe(secret, sizeof secret);
	TRY(rc);
	return join_cookie(slice_of(r->sid, sizeof r->sid), text, a, ret_cookie);
}

static struct binding proved_by(struct session_sender from)
{
	return from.binding != NULL ? *from.binding : (struct binding){BINDING_NONE, {0}};
}

static enum rc create(const struct sessions *s, struct slice subject, struct slice payload, struct session_sender from,
		      struct arena *a, struct session *x)
{
	struct record *r = &x->state->record;
	struct eph_record stored;
	uint8_t sid[SID_BYTES];
	TRY(random_text(sizeof sid, a, sid, &x->sid));
	memcpy(r->sid, x->sid.p, sizeof r->sid);
	r->created = r->touched = from.now;
	r->absolute = from.now + s->policy.absolute;
	r->binding = proved_by(from);
	r->version = 1;
	crypto_random(x->state->data_key, RECORD_KEY);
	TRY(new_lock(r, x->state->data_key, a, &x->cookie));
	TRY(record_seal(r, x->state->data_key, subject, payload, a));
	TRY(to_stored(s, r, subject, a, &stored));
	return s->store->put(s->store->self, &stored, from.now);
}

enum rc session_create(const struct sessions *s, struct slice subject, struct slice payload, struct session_sender from,
		       struct arena *a, struct session *ret)
{
	struct session x = {.created = from.now, .version = 1, .state = arena_alloc(a, sizeof *x.state)};
	if (x.state == NULL)
		return RC_MEMORY;
	TRY(create(s, subject, payload, from, a, &x));
	x.state->store_version = 1;
	x.expires = expiry_of(s, &x.state->record);
	TRY(arena_copy(a, subject, &x.subject));
	TRY(arena_copy(a, payload, &x.payload));
	x.state->subject = x.subject;
	*ret = x;
	return RC_OK;
}

/* Reads the current state from the store. */
static enum rc load(const struct sessions *s, struct slice sid, int64_t now, struct arena *a,
		    struct eph_record *ret_stored, struct record *ret_record)
{
	uint8_t id[32];
	crypto_sha256(sid, id);
	TRY(s->store->get(s->store->self, s->policy.type, id, now, a, ret_stored));
	TRY(record_read(ret_stored->value, ret_record));
	if (!slice_eq(slice_of(ret_record->sid, sizeof ret_record->sid), sid))
		return RC_STORE;
	return now >= ret_record->absolute ? RC_NOT_FOUND : RC_OK;
}

/* Finds the lock that this secret opens. RC_NOT_FOUND: none. */
static enum rc unlock(const struct record *r, const uint8_t secret[static RECORD_SECRET], int64_t now,
		      struct session *x)
{
	uint8_t hash[32];
	crypto_sha256(slice_of(secret, RECORD_SECRET), hash);
	bool current = ct_equal(secret_of(hash, 32), secret_of(r->current.hash, 32));
	bool previous = ct_equal(secret_of(hash, 32), secret_of(r->previous.hash, 32)) && now < r->previous_until;
	if (!current && !previous)
		return RC_NOT_FOUND;
	x->overlapped = !current;
	return record_unlock(current ? &r->current : &r->previous, r->sid, secret, x->state->data_key);
}

/* Extends the idle timeout, at most once in policy.touch seconds. If another request did so meanwhile, or the store
 * cannot write now, the session is still open and only expires earlier. */
static enum rc touch(const struct sessions *s, struct session *x, int64_t now, struct arena *a)
{
	struct record next = x->state->record;
	struct eph_record stored;
	if (now - next.touched < s->policy.touch)
		return RC_OK;
	next.touched = now;
	TRY(to_stored(s, &next, x->subject, a, &stored));
	stored.version = x->state->store_version;
	enum rc rc = s->store->replace(s->store->self, &stored, now);
	if (rc == RC_OK) {
		x->state->record = next;
		x->state->store_version++;
		x->expires = stored.expires;
	}
	return rc == RC_NOT_FOUND ? rc : RC_OK;
}

static enum rc open_with(const struct sessions *s, const uint8_t secret[static RECORD_SECRET],
			 struct session_sender from, struct arena *a, struct session *x)
{
	struct eph_record stored;
	struct record *r = &x->state->record;
	const struct binding proved = proved_by(from);
	TRY(load(s, x->sid, from.now, a, &stored, r));
	TRY(unlock(r, secret, from.now, x));
	if (!binding_admits(&r->binding, &proved))
		return RC_NOT_FOUND;
	TRY(record_open(r, x->state->data_key, stored.index, a, &x->payload));
	x->state->store_version = stored.version;
	x->subject = x->state->subject = stored.index;
	x->created = r->created;
	x->expires = stored.expires;
	x->version = r->version;
	return touch(s, x, from.now, a);
}

/* RC_NOT_FOUND: not base64url of exactly n bytes, so never issued. */
static enum rc decode_exact(struct slice text, uint8_t *dst, size_t n)
{
	size_t got;
	return base64url_decode(text, dst, n, &got) == RC_OK && got == n ? RC_OK : RC_NOT_FOUND;
}

enum rc session_open_by_sid_secret(const struct sessions *s, struct slice sid, struct slice secret_text,
				   struct session_sender from, struct arena *a, struct session *ret)
{
	struct session x = {.state = arena_alloc(a, sizeof *x.state)};
	uint8_t sid_bytes[SID_BYTES], secret[RECORD_SECRET];
	if (x.state == NULL)
		return RC_MEMORY;
	TRY(decode_exact(sid, sid_bytes, sizeof sid_bytes));
	TRY(decode_exact(secret_text, secret, sizeof secret));
	enum rc rc = arena_copy(a, sid, &x.sid);
	if (rc == RC_OK)
		rc = open_with(s, secret, from, a, &x);
	ct_wipe(secret, sizeof secret);
	TRY(rc);
	TRY(join_cookie(sid, secret_text, a, &x.cookie));
	*ret = x;
	return RC_OK;
}

enum rc session_open(const struct sessions *s, struct slice cookie, struct session_sender from, struct arena *a,
		     struct session *ret)
{
	if (cookie.n != SESSION_COOKIE_LEN || cookie.p[SESSION_SID_LEN] != '.')
		return RC_NOT_FOUND;
	return session_open_by_sid_secret(s, slice_to(cookie, SESSION_SID_LEN), slice_from(cookie, SESSION_SID_LEN + 1),
					  from, a, ret);
}

/* One running change of the stored record. */
struct work {
	const struct sessions *s;
	struct session *x;
	struct arena *a;
	int64_t now;
	struct record next;  /* the record as read, then as changed */
	struct slice index;  /* likewise */
	struct slice cookie; /* of the changed record */
};

struct change {
	/* False if the state that the change depends on is gone. */
	bool (*holds)(const struct record *seen, const struct record *now);
	enum rc (*apply)(struct work *w);
};

static enum rc attempt(struct work *w, const struct change *change, int64_t version)
{
	struct eph_record stored;
	TRY(change->apply(w));
	TRY(to_stored(w->s, &w->next, w->index, w->a, &stored));
	stored.version = version;
	TRY(w->s->store->replace(w->s->store->self, &stored, w->now));
	w->x->state->record = w->next;
	w->x->state->store_version = version + 1;
	w->x->expires = stored.expires;
	w->x->version = w->next.version;
	w->x->cookie = w->cookie;
	return RC_OK;
}

/* Applies the change to the current record. Changes by others in between are kept and cost one more try.
 * RC_CONFLICT: the state that the change depends on has changed. */
static enum rc change_record(const struct sessions *s, struct session *x, const struct change *change, int64_t now,
			     struct arena *a)
{
	const struct record seen = x->state->record;
	struct work w = {
		.s = s, .x = x, .a = a, .now = now, .next = seen, .index = x->state->subject, .cookie = x->cookie};
	struct eph_record current;
	int64_t version = x->state->store_version;
	for (int i = 0; i < RETRIES; i++) {
		enum rc rc = attempt(&w, change, version);
		if (rc != RC_CONFLICT)
			return rc;
		TRY(load(s, x->sid, now, a, &current, &w.next));
		if (!change->holds(&seen, &w.next))
			return RC_CONFLICT;
		w.index = current.index;
		version = current.version;
	}
	return RC_BUSY;
}

static bool save_holds(const struct record *seen, const struct record *now)
{
	return now->version == seen->version;
}

static enum rc save_apply(struct work *w)
{
	w->index = w->x->subject;
	w->next.touched = w->now;
	w->next.version++;
	return record_seal(&w->next, w->x->state->data_key, w->x->subject, w->x->payload, w->a);
}

enum rc session_save(const struct sessions *s, struct session *x, int64_t now, struct arena *a)
{
	static const struct change save = {save_holds, save_apply};
	TRY(change_record(s, x, &save, now, a));
	x->state->subject = x->subject;
	return RC_OK;
}

static bool rotate_holds(const struct record *seen, const struct record *now)
{
	return ct_equal(secret_of(seen->current.hash, 32), secret_of(now->current.hash, 32));
}

static enum rc rotate_apply(struct work *w)
{
	w->next.previous = w->next.current;
	w->next.previous_until = w->now + w->s->policy.overlap;
	w->next.touched = w->now;
	return new_lock(&w->next, w->x->state->data_key, w->a, &w->cookie);
}

enum rc session_rotate(const struct sessions *s, struct session *x, int64_t now, struct arena *a)
{
	static const struct change rotate = {rotate_holds, rotate_apply};
	/* A second rotation from the old cookie would invalidate the new one, which the browser holds. */
	if (x->overlapped)
		return RC_CONFLICT;
	return change_record(s, x, &rotate, now, a);
}

enum rc session_end(const struct sessions *s, struct slice sid)
{
	uint8_t id[32];
	crypto_sha256(sid, id);
	return s->store->remove(s->store->self, s->policy.type, id);
}

enum rc session_take(const struct sessions *s, struct session *x, int64_t now, struct arena *a)
{
	struct eph_record stored;
	struct record r;
	uint8_t id[32];
	crypto_sha256(x->sid, id);
	TRY(s->store->take(s->store->self, s->policy.type, id, now, a, &stored));
	TRY(record_read(stored.value, &r));
	return record_open(&r, x->state->data_key, stored.index, a, &x->payload);
}

static enum rc info_of(const struct eph_record *stored, struct session_info *ret)
{
	struct record r;
	TRY(record_read(stored->value, &r));
	/* record_read copied the sid; the stored value, in the arena, has the same bytes after its format byte. */
	*ret = (struct session_info){
		.sid = slice_of(stored->value.p + 1, SESSION_SID_LEN),
		.subject = stored->index,
		.created = r.created,
		.expires = stored->expires,
	};
	return RC_OK;
}

enum rc session_find(const struct sessions *s, struct slice sid, int64_t now, struct arena *a,
		     struct session_info *ret_info)
{
	struct eph_record stored;
	uint8_t id[32];
	crypto_sha256(sid, id);
	TRY(s->store->get(s->store->self, s->policy.type, id, now, a, &stored));
	return info_of(&stored, ret_info);
}

static enum rc infos_of(const struct eph_record *stored, size_t n, struct arena *a, struct session_info **ret,
			size_t *ret_n)
{
	struct session_info *v = arena_array(a, n, sizeof *v);
	if (v == NULL)
		return RC_MEMORY;
	for (size_t i = 0; i < n; i++)
		TRY(info_of(&stored[i], &v[i]));
	*ret = v;
	*ret_n = n;
	return RC_OK;
}

enum rc session_list(const struct sessions *s, struct slice subject, int64_t now, size_t limit, struct arena *a,
		     struct session_info **ret, size_t *ret_n)
{
	struct eph_record *stored;
	size_t n;
	TRY(s->store->list(s->store->self, s->policy.type, subject, now, limit, a, &stored, &n));
	return infos_of(stored, n, a, ret, ret_n);
}

enum rc session_all(const struct sessions *s, struct slice after, int64_t now, size_t limit, struct arena *a,
		     struct session_info **ret, size_t *ret_n)
{
	struct eph_record *stored;
	uint8_t id[32] = {0};
	size_t n;
	if (after.n > 0)
		crypto_sha256(after, id);
	TRY(s->store->page(s->store->self, s->policy.type, id, now, limit, a, &stored, &n));
	return infos_of(stored, n, a, ret, ret_n);
}
