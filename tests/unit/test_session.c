/* SPDX-License-Identifier: Apache-2.0 */
/* The life of sessions, on a real store in memory; and what a thief of the store finds. */
#include "session/session.h"

#include <pthread.h>

#include "crypto/hash.h"
#include "store/memory/memory.h"
#include "failing.h"
#include "t.h"

enum { NOW = 1000000 };

static struct ephemeral store;
static struct arena arena;
static struct sessions sessions = {&store, {EPH_SESSION, .idle = 3600, .absolute = 12 * 3600, .touch = 60, .overlap = 10}};
static struct ephemeral real;

static void start(void)
{
	arena_init(&arena, 8u << 20);
	CHECK_OK(memory_ephemeral_open(&(struct memory_options){1000, 8u << 20}, &real));
	store = real;
}

static void stop(void)
{
	real.close(real.self);
	arena_reset(&arena);
}

static struct session create(void)
{
	struct session x = {0};
	CHECK_OK(session_create(&sessions, SLICE("alice"), SLICE("{\"cart\":[]}"), session_unbound(NOW), &arena, &x));
	return x;
}

static void a_created_session_opens_with_its_cookie(void)
{
	start();
	struct session x = create(), y;
	CHECK(x.cookie.n == SESSION_COOKIE_LEN && x.sid.n == SESSION_SID_LEN);
	CHECK(slice_starts(x.cookie, x.sid));
	CHECK_OK(session_open(&sessions, x.cookie, session_unbound(NOW + 1), &arena, &y));
	CHECK_SLICE(y.sid, x.sid);
	CHECK_SLICE(y.cookie, x.cookie);
	CHECK_SLICE(y.subject, SLICE("alice"));
	CHECK_SLICE(y.payload, SLICE("{\"cart\":[]}"));
	CHECK(y.created == NOW && y.expires == NOW + 3600 && y.version == 1 && !y.overlapped);
	stop();
}

static void no_two_sessions_share_anything(void)
{
	start();
	struct session x = create(), y = create();
	CHECK(!slice_eq(x.sid, y.sid));
	CHECK(!slice_eq(slice_from(x.cookie, 23), slice_from(y.cookie, 23)));
	stop();
}

static void malformed_and_foreign_cookies_are_not_found(void)
{
	start();
	struct session x = create(), other = create(), y;
	uint8_t copy[SESSION_COOKIE_LEN + 1];
	memcpy(copy, x.cookie.p, x.cookie.n);
	copy[SESSION_COOKIE_LEN] = 'A';
	CHECK_RC(session_open(&sessions, slice_of(copy, SESSION_COOKIE_LEN + 1), session_unbound(NOW), &arena, &y), RC_NOT_FOUND);
	for (size_t n = 0; n < SESSION_COOKIE_LEN; n++)
		CHECK_RC(session_open(&sessions, slice_of(copy, n), session_unbound(NOW), &arena, &y), RC_NOT_FOUND);
	/* Every character of sid and secret matters; the last of each has spare bits, which must be zero. */
	for (size_t i = 0; i < SESSION_COOKIE_LEN; i++) {
		memcpy(copy, x.cookie.p, x.cookie.n);
		copy[i] = copy[i] == 'A' ? 'B' : 'A';
		CHECK_RC(session_open(&sessions, slice_of(copy, SESSION_COOKIE_LEN), session_unbound(NOW), &arena, &y), RC_NOT_FOUND);
	}
	memcpy(copy, x.cookie.p, x.cookie.n);
	memcpy(copy + 23, other.cookie.p + 23, SESSION_SECRET_LEN);
	CHECK_RC(session_open(&sessions, slice_of(copy, SESSION_COOKIE_LEN), session_unbound(NOW), &arena, &y), RC_NOT_FOUND);
	stop();
}

static void the_idle_clock_ends_a_session(void)
{
	start();
	struct session x = create(), y;
	CHECK_OK(session_open(&sessions, x.cookie, session_unbound(NOW + 3599), &arena, &y));
	CHECK(y.expires == NOW + 3599 + 3600);
	CHECK_OK(session_open(&sessions, x.cookie, session_unbound(NOW + 7198), &arena, &y));
	CHECK_RC(session_open(&sessions, x.cookie, session_unbound(NOW + 7198 + 3600), &arena, &y), RC_NOT_FOUND);
	stop();
}

/* With the daemon's own throttle of writes: a minute after the last use, and not a second before. */
static void the_idle_clock_is_kept_to_the_second(void)
{
	struct sessions minute = sessions;
	struct session y;
	minute.policy.idle = 60;
	minute.policy.touch = 1;
	start();
	struct session x = create();
	for (int64_t used = NOW + 59; used < NOW + 1200; used += 59)
		CHECK_OK(session_open(&minute, x.cookie, session_unbound(used), &arena, &y));
	int64_t last = y.expires - 60;
	CHECK(last > NOW + 1100);
	CHECK_OK(session_open(&minute, x.cookie, session_unbound(last + 1), &arena, &y));
	CHECK_OK(session_open(&minute, x.cookie, session_unbound(last + 60), &arena, &y));
	CHECK_RC(session_open(&minute, x.cookie, session_unbound(last + 120), &arena, &y), RC_NOT_FOUND);
	stop();
}

static void the_absolute_clock_ends_a_session_in_use(void)
{
	start();
	struct session x = create(), y;
	for (int64_t t = NOW; t < NOW + 12 * 3600; t += 1800)
		CHECK_OK(session_open(&sessions, x.cookie, session_unbound(t), &arena, &y));
	CHECK_OK(session_open(&sessions, x.cookie, session_unbound(NOW + 12 * 3600 - 1), &arena, &y));
	CHECK(y.expires == NOW + 12 * 3600);
	CHECK_RC(session_open(&sessions, x.cookie, session_unbound(NOW + 12 * 3600), &arena, &y), RC_NOT_FOUND);
	stop();
}

static int64_t stored_version(struct slice sid)
{
	struct eph_record r = {0};
	uint8_t id[32];
	crypto_sha256(sid, id);
	CHECK_OK(real.get(real.self, EPH_SESSION, id, NOW, &arena, &r));
	return r.version;
}

static void sliding_is_throttled(void)
{
	start();
	struct session x = create(), y;
	for (int64_t t = NOW; t < NOW + 60; t++)
		CHECK_OK(session_open(&sessions, x.cookie, session_unbound(t), &arena, &y));
	CHECK(stored_version(x.sid) == 1);
	CHECK_OK(session_open(&sessions, x.cookie, session_unbound(NOW + 60), &arena, &y));
	CHECK_OK(session_open(&sessions, x.cookie, session_unbound(NOW + 61), &arena, &y));
	CHECK(stored_version(x.sid) == 2 && y.version == 1);
	stop();
}

static void save_is_compare_and_set(void)
{
	start();
	struct session x = create(), one, two, y;
	CHECK_OK(session_open(&sessions, x.cookie, session_unbound(NOW), &arena, &one));
	CHECK_OK(session_open(&sessions, x.cookie, session_unbound(NOW), &arena, &two));
	one.payload = SLICE("one");
	one.subject = SLICE("bob");
	CHECK_OK(session_save(&sessions, &one, NOW, &arena));
	CHECK(one.version == 2);
	two.payload = SLICE("two");
	CHECK_RC(session_save(&sessions, &two, NOW, &arena), RC_CONFLICT);
	CHECK_OK(session_open(&sessions, x.cookie, session_unbound(NOW), &arena, &y));
	CHECK_SLICE(y.payload, SLICE("one"));
	CHECK_SLICE(y.subject, SLICE("bob"));
	CHECK(y.version == 2);
	one.payload = SLICE("one again");
	CHECK_OK(session_save(&sessions, &one, NOW, &arena));
	stop();
}

static void touch_and_rotation_do_not_disturb_a_save(void)
{
	start();
	struct session x = create(), one, two, y;
	CHECK_OK(session_open(&sessions, x.cookie, session_unbound(NOW), &arena, &one));
	CHECK_OK(session_open(&sessions, x.cookie, session_unbound(NOW + 100), &arena, &two));
	CHECK_OK(session_rotate(&sessions, &two, NOW + 100, &arena));
	one.payload = SLICE("saved");
	CHECK_OK(session_save(&sessions, &one, NOW + 101, &arena));
	CHECK_OK(session_open(&sessions, two.cookie, session_unbound(NOW + 101), &arena, &y));
	CHECK_SLICE(y.payload, SLICE("saved"));
	stop();
}

static void an_ended_session_is_never_made_again(void)
{
	start();
	struct session x = create(), y;
	CHECK_OK(session_open(&sessions, x.cookie, session_unbound(NOW), &arena, &y));
	CHECK_OK(session_end(&sessions, x.sid));
	CHECK_RC(session_save(&sessions, &y, NOW, &arena), RC_NOT_FOUND);
	CHECK_RC(session_rotate(&sessions, &y, NOW, &arena), RC_NOT_FOUND);
	CHECK_RC(session_open(&sessions, x.cookie, session_unbound(NOW), &arena, &y), RC_NOT_FOUND);
	CHECK_OK(session_end(&sessions, x.sid));
	stop();
}

static void rotation_gives_a_new_secret_with_an_overlap(void)
{
	start();
	struct session x = create(), y;
	struct slice old = x.cookie;
	CHECK_OK(session_rotate(&sessions, &x, NOW, &arena));
	CHECK(!slice_eq(old, x.cookie) && slice_starts(x.cookie, x.sid));
	CHECK_OK(session_open(&sessions, x.cookie, session_unbound(NOW), &arena, &y));
	CHECK(!y.overlapped);
	CHECK_SLICE(y.payload, SLICE("{\"cart\":[]}"));
	CHECK_OK(session_open(&sessions, old, session_unbound(NOW + 9), &arena, &y));
	CHECK(y.overlapped);
	CHECK_SLICE(y.payload, SLICE("{\"cart\":[]}"));
	CHECK_RC(session_open(&sessions, old, session_unbound(NOW + 10), &arena, &y), RC_NOT_FOUND);
	CHECK_OK(session_open(&sessions, x.cookie, session_unbound(NOW + 10), &arena, &y));
	stop();
}

static void a_second_rotation_retires_the_first_cookie(void)
{
	start();
	struct session x = create(), y;
	struct slice first = x.cookie;
	CHECK_OK(session_rotate(&sessions, &x, NOW, &arena));
	CHECK_OK(session_rotate(&sessions, &x, NOW, &arena));
	CHECK_RC(session_open(&sessions, first, session_unbound(NOW), &arena, &y), RC_NOT_FOUND);
	stop();
}

static void parallel_rotations_log_nobody_out(void)
{
	start();
	struct session x = create(), one, two, late, y;
	CHECK_OK(session_open(&sessions, x.cookie, session_unbound(NOW), &arena, &one));
	CHECK_OK(session_open(&sessions, x.cookie, session_unbound(NOW), &arena, &two));
	CHECK_OK(session_rotate(&sessions, &one, NOW, &arena));
	CHECK_RC(session_rotate(&sessions, &two, NOW, &arena), RC_CONFLICT);
	CHECK_SLICE(two.cookie, x.cookie);
	CHECK_OK(session_open(&sessions, x.cookie, session_unbound(NOW), &arena, &late));
	CHECK_RC(session_rotate(&sessions, &late, NOW, &arena), RC_CONFLICT);
	CHECK_OK(session_open(&sessions, one.cookie, session_unbound(NOW + 60), &arena, &y));
	stop();
}

static void a_save_through_the_old_cookie_is_seen_through_the_new(void)
{
	start();
	struct session x = create(), old, y;
	struct slice cookie = x.cookie;
	CHECK_OK(session_rotate(&sessions, &x, NOW, &arena));
	CHECK_OK(session_open(&sessions, cookie, session_unbound(NOW), &arena, &old));
	old.payload = SLICE("from the old tab");
	CHECK_OK(session_save(&sessions, &old, NOW, &arena));
	CHECK_OK(session_open(&sessions, x.cookie, session_unbound(NOW + 20), &arena, &y));
	CHECK_SLICE(y.payload, SLICE("from the old tab"));
	stop();
}

static void handles_open_by_their_two_parts(void)
{
	start();
	struct session x = create(), y;
	struct slice sid = slice_to(x.cookie, 22), secret = slice_from(x.cookie, 23);
	CHECK_OK(session_open_by_sid_secret(&sessions, sid, secret, session_unbound(NOW), &arena, &y));
	CHECK_SLICE(y.cookie, x.cookie);
	CHECK_RC(session_open_by_sid_secret(&sessions, secret, sid, session_unbound(NOW), &arena, &y), RC_NOT_FOUND);
	CHECK_RC(session_open_by_sid_secret(&sessions, sid, SLICE(""), session_unbound(NOW), &arena, &y), RC_NOT_FOUND);
	stop();
}

static void a_store_error_is_never_a_miss(void)
{
	start();
	struct session x = create(), y;
	store.get = failing_eph_get;
	CHECK_RC(session_open(&sessions, x.cookie, session_unbound(NOW), &arena, &y), RC_STORE);
	store.get = real.get;
	CHECK_OK(session_open(&sessions, x.cookie, session_unbound(NOW), &arena, &y));
	stop();
}

static void a_failed_touch_leaves_the_session_open(void)
{
	start();
	struct session x = create(), y;
	store.replace = failing_eph_replace;
	CHECK_OK(session_open(&sessions, x.cookie, session_unbound(NOW + 100), &arena, &y));
	CHECK(y.expires == NOW + 3600);
	CHECK_RC(session_save(&sessions, &y, NOW + 100, &arena), RC_STORE);
	stop();
}

static void lists_show_a_subjects_sessions_newest_first(void)
{
	start();
	struct session one = create(), two = create(), other;
	struct session_info *list;
	size_t n;
	CHECK_OK(session_create(&sessions, SLICE("bob"), SLICE("x"), session_unbound(NOW), &arena, &other));
	CHECK_OK(session_list(&sessions, SLICE("alice"), NOW, 10, &arena, &list, &n));
	CHECK(n == 2);
	CHECK_SLICE(list[0].sid, two.sid);
	CHECK_SLICE(list[1].sid, one.sid);
	CHECK_SLICE(list[0].subject, SLICE("alice"));
	CHECK(list[0].created == NOW && list[0].expires == NOW + 3600);
	stop();
}

static void a_session_is_found_by_its_sid_until_it_is_over(void)
{
	start();
	struct session one = create(), two = create();
	struct session_info info;
	CHECK_OK(session_find(&sessions, one.sid, NOW, &arena, &info));
	CHECK_SLICE(info.sid, one.sid);
	CHECK_SLICE(info.subject, SLICE("alice"));
	CHECK_OK(session_end(&sessions, one.sid));
	CHECK_RC(session_find(&sessions, one.sid, NOW, &arena, &info), RC_NOT_FOUND);
	CHECK_OK(session_find(&sessions, two.sid, NOW, &arena, &info));
	CHECK_RC(session_find(&sessions, two.sid, NOW + 3600, &arena, &info), RC_NOT_FOUND);
	stop();
}

static void everybodys_sessions_come_page_by_page(void)
{
	start();
	struct session x;
	struct session_info *list;
	struct slice after = SLICE_NONE, seen[5];
	size_t n, total = 0;
	for (size_t i = 0; i < 5; i++)
		CHECK_OK(session_create(&sessions, i < 2 ? SLICE("bob") : SLICE("alice"), SLICE("x"), session_unbound(NOW), &arena, &x));
	do {
		CHECK_OK(session_all(&sessions, after, NOW, 2, &arena, &list, &n));
		for (size_t i = 0; i < n && total < 5; i++) {
			for (size_t j = 0; j < total; j++)
				CHECK(!slice_eq(seen[j], list[i].sid));
			seen[total++] = after = list[i].sid;
		}
	} while (n == 2 && total < 5);
	CHECK(total == 5);
	CHECK_OK(session_all(&sessions, after, NOW, 2, &arena, &list, &n));
	CHECK(n == 0);
	CHECK_OK(session_all(&sessions, SLICE_NONE, NOW + 3600, 9, &arena, &list, &n));
	CHECK(n == 0);
	stop();
}

static void a_payload_over_its_limit_is_refused(void)
{
	static uint8_t big[SESSION_PAYLOAD_MAX + 1];
	start();
	struct session x = create(), y;
	CHECK_OK(session_create(&sessions, SLICE("a"), slice_of(big, SESSION_PAYLOAD_MAX), session_unbound(NOW), &arena, &y));
	CHECK_RC(session_create(&sessions, SLICE("a"), slice_of(big, sizeof big), session_unbound(NOW), &arena, &y), RC_LIMIT);
	x.payload = slice_of(big, sizeof big);
	CHECK_RC(session_save(&sessions, &x, NOW, &arena), RC_LIMIT);
	x.payload = SLICE("ok");
	x.subject = slice_of(big, EPH_INDEX_MAX + 1);
	CHECK_RC(session_save(&sessions, &x, NOW, &arena), RC_LIMIT);
	CHECK_RC(session_create(&sessions, x.subject, x.payload, session_unbound(NOW), &arena, &y), RC_LIMIT);
	stop();
}

static struct eph_record stored_record(struct slice sid)
{
	struct eph_record r = {0};
	uint8_t id[32];
	crypto_sha256(sid, id);
	CHECK_OK(real.get(real.self, EPH_SESSION, id, NOW, &arena, &r));
	return r;
}

static void a_stolen_store_decrypts_nothing(void)
{
	start();
	struct session x = create();
	struct eph_record r = stored_record(x.sid);
	CHECK(memmem(r.value.p, r.value.n, "cart", 4) == NULL);
	CHECK(memmem(r.value.p, r.value.n, x.cookie.p + 23, SESSION_SECRET_LEN) == NULL);
	stop();
}

/* Whoever can write the store still cannot give a session another owner or a longer life, or turn its payload back. */
static void a_changed_record_does_not_open(void)
{
	start();
	struct session x = create(), y;
	struct eph_record r = stored_record(x.sid);
	struct slice good;
	CHECK_OK(arena_copy(&arena, r.value, &good));
	uint8_t *bytes = arena_alloc(&arena, good.n);
	for (size_t i = 0; i < good.n; i++) {
		bool touched = i >= 1 + 22 + 16 && i < 1 + 22 + 24;
		bool previous = i >= 1 + 22 + 32 + 92 && i < 1 + 22 + 32 + 92 + 92 + 8;
		if (touched || previous)
			continue;
		memcpy(bytes, good.p, good.n);
		bytes[i] ^= 1;
		r.value = slice_of(bytes, good.n);
		CHECK_OK(real.replace(real.self, &r, NOW));
		r.version++;
		CHECK(session_open(&sessions, x.cookie, session_unbound(NOW), &arena, &y) != RC_OK);
	}
	r.value = good;
	r.index = SLICE("mallory");
	CHECK_OK(real.replace(real.self, &r, NOW));
	r.version++;
	CHECK_RC(session_open(&sessions, x.cookie, session_unbound(NOW), &arena, &y), RC_STORE);
	r.index = SLICE("alice");
	CHECK_OK(real.replace(real.self, &r, NOW));
	CHECK_OK(session_open(&sessions, x.cookie, session_unbound(NOW), &arena, &y));
	stop();
}

static void replace_stored(struct eph_record *r, struct slice value)
{
	r->value = value;
	CHECK_OK(real.replace(real.self, r, NOW));
	r->version++;
}

/* As earlier versions wrote it: nothing of a binding. */
static void a_record_without_a_binding_opens(void)
{
	enum { BINDING_BYTES = 1 + BINDING_THUMBPRINT };
	start();
	struct session x = create(), y;
	struct eph_record r = stored_record(x.sid);
	uint8_t *older = arena_alloc(&arena, r.value.n);
	memcpy(older, r.value.p, r.value.n);
	older[0] = 1;
	replace_stored(&r, slice_of(older, r.value.n - BINDING_BYTES));
	CHECK_OK(session_open(&sessions, x.cookie, session_unbound(NOW), &arena, &y));
	CHECK_SLICE(y.payload, SLICE("{\"cart\":[]}"));
	CHECK_OK(session_save(&sessions, &y, NOW, &arena));
	CHECK(stored_record(x.sid).value.p[0] == 2);
	CHECK_OK(session_open(&sessions, x.cookie, session_unbound(NOW), &arena, &y));
	stop();
}

/* A bound session opens to the key that it was made with alone, whatever else became of it. */
static void a_bound_session_opens_to_its_key_alone(void)
{
	const struct binding key = {1, {1, 2, 3}}, other = {1, {1, 2, 4}}, type = {2, {1, 2, 3}};
	const struct session_sender right = {&key, NOW}, wrong[] = {{NULL, NOW}, {&other, NOW}, {&type, NOW}};
	start();
	struct session x, y;
	CHECK_OK(session_create(&sessions, SLICE("alice"), SLICE("p"), right, &arena, &x));
	for (int i = 0; i < 3; i++) {
		for (size_t k = 0; k < ARRAY_LEN(wrong); k++)
			CHECK_RC(session_open(&sessions, x.cookie, wrong[k], &arena, &y), RC_NOT_FOUND);
		CHECK_OK(session_open(&sessions, x.cookie, right, &arena, &y));
		CHECK_OK(i == 0 ? session_rotate(&sessions, &y, NOW, &arena) : session_save(&sessions, &y, NOW, &arena));
		x.cookie = y.cookie;
	}
	/* One that is not bound opens to all. */
	struct session free = create();
	CHECK_OK(session_open(&sessions, free.cookie, right, &arena, &y));
	/* The store's writer cannot take the binding off. */
	struct eph_record r = stored_record(x.sid);
	uint8_t *bytes = arena_alloc(&arena, r.value.n);
	memcpy(bytes, r.value.p, r.value.n);
	memset(bytes + r.value.n - 1 - BINDING_THUMBPRINT, 0, 1 + BINDING_THUMBPRINT);
	replace_stored(&r, slice_of(bytes, r.value.n));
	CHECK_RC(session_open(&sessions, x.cookie, session_unbound(NOW), &arena, &y), RC_STORE);
	stop();
}

/* A record that is cut, longer, of another format or out of range is a fault of the store: never a session, never a miss. */
static void a_malformed_record_is_a_store_error(void)
{
	start();
	struct session x = create(), y;
	struct session_info *list;
	size_t count;
	struct eph_record r = stored_record(x.sid);
	uint8_t *bytes = arena_alloc(&arena, r.value.n + 1);
	size_t n = r.value.n;
	memcpy(bytes, r.value.p, n);
	for (size_t length = 0; length <= n + 1; length++) {
		if (length == n)
			continue;
		replace_stored(&r, slice_of(bytes, length));
		CHECK_RC(session_open(&sessions, x.cookie, session_unbound(NOW), &arena, &y), RC_STORE);
		CHECK_RC(session_list(&sessions, SLICE("alice"), NOW, 10, &arena, &list, &count), RC_STORE);
	}
	bytes[0] = 3;
	replace_stored(&r, slice_of(bytes, n));
	CHECK_RC(session_list(&sessions, SLICE("alice"), NOW, 10, &arena, &list, &count), RC_STORE);
	bytes[0] = 2;
	/* created, absolute, touched, version: each a negative number */
	for (size_t at = 1 + SESSION_SID_LEN; at < 1 + SESSION_SID_LEN + 4 * 8; at += 8) {
		bytes[at] = 0x80;
		replace_stored(&r, slice_of(bytes, n));
		CHECK_RC(session_list(&sessions, SLICE("alice"), NOW, 10, &arena, &list, &count), RC_STORE);
		bytes[at] = 0;
	}
	replace_stored(&r, slice_of(bytes, n));
	CHECK_OK(session_list(&sessions, SLICE("alice"), NOW, 10, &arena, &list, &count));
	stop();
}

/* However little room there is, the answer is RC_MEMORY and nothing has changed. */
static void a_small_arena_is_a_limit_everywhere(void)
{
	start();
	struct session x = create(), y;
	struct session_info *list;
	size_t n, done = 0;
	CHECK_OK(session_open(&sessions, x.cookie, session_unbound(NOW), &arena, &y));
	for (size_t max = 0; max < 64 * 1024 && done < 5; max += 64) {
		struct arena small;
		struct session z;
		enum rc rc[5];
		arena_init(&small, max);
		rc[0] = session_create(&sessions, SLICE("bob"), SLICE("x"), session_unbound(NOW), &small, &z);
		arena_reset(&small);
		rc[1] = session_open(&sessions, x.cookie, session_unbound(NOW), &small, &z);
		arena_reset(&small);
		z = y;
		rc[2] = session_save(&sessions, &z, NOW, &small);
		arena_reset(&small);
		rc[3] = session_list(&sessions, SLICE("alice"), NOW, 10, &small, &list, &n);
		arena_reset(&small);
		rc[4] = session_open(&sessions, x.cookie, session_unbound(NOW + 100), &small, &z);
		arena_reset(&small);
		done = 0;
		for (size_t i = 0; i < ARRAY_LEN(rc); i++) {
			CHECK(rc[i] == RC_OK || rc[i] == RC_MEMORY || (i == 2 && rc[i] == RC_CONFLICT));
			done += rc[i] != RC_MEMORY;
		}
	}
	CHECK(done == 5);
	stop();
}

static void a_cookie_of_other_bytes_is_not_found_before_the_store_is_asked(void)
{
	start();
	struct session x = create(), y;
	store.get = failing_eph_get;
	uint8_t copy[SESSION_COOKIE_LEN];
	memcpy(copy, x.cookie.p, sizeof copy);
	copy[3] = '!';
	CHECK_RC(session_open(&sessions, slice_of(copy, sizeof copy), session_unbound(NOW), &arena, &y), RC_NOT_FOUND);
	memcpy(copy, x.cookie.p, sizeof copy);
	copy[30] = '!';
	CHECK_RC(session_open(&sessions, slice_of(copy, sizeof copy), session_unbound(NOW), &arena, &y), RC_NOT_FOUND);
	stop();
}

static enum rc conflicting_replace(void *self, const struct eph_record *r, int64_t now)
{
	(void)now;
	CHECK_OK(real.remove(self, r->type, r->id));
	return RC_CONFLICT;
}

static void a_session_that_goes_between_two_tries_is_gone(void)
{
	start();
	struct session x = create();
	store.replace = conflicting_replace;
	CHECK_RC(session_save(&sessions, &x, NOW, &arena), RC_NOT_FOUND);
	stop();
}

enum { THREADS = 8, ROUNDS = 20 };

static void *add_many(void *arg)
{
	const struct slice *cookie = arg;
	struct arena a;
	arena_init(&a, 1u << 20);
	for (int done = 0; done < ROUNDS;) {
		struct session x;
		enum rc rc = session_open(&sessions, *cookie, session_unbound(NOW), &a, &x);
		if (rc == RC_OK) {
			uint8_t *next = arena_alloc(&a, x.payload.n + 1);
			memcpy(next, x.payload.p, x.payload.n);
			next[x.payload.n] = 'x';
			x.payload = slice_of(next, x.payload.n + 1);
			rc = session_save(&sessions, &x, NOW, &a);
		}
		arena_reset(&a);
		if (rc == RC_OK)
			done++;
		else if (rc != RC_CONFLICT)
			return arg;
	}
	return NULL;
}

static void no_save_is_lost_between_threads(void)
{
	start();
	struct session x, y;
	pthread_t threads[THREADS];
	CHECK_OK(session_create(&sessions, SLICE("a"), SLICE(""), session_unbound(NOW), &arena, &x));
	for (size_t i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, add_many, &x.cookie) == 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *failed;
		CHECK(pthread_join(threads[i], &failed) == 0 && failed == NULL);
	}
	CHECK_OK(session_open(&sessions, x.cookie, session_unbound(NOW), &arena, &y));
	CHECK(y.payload.n == (size_t)THREADS * ROUNDS && y.version == 1 + THREADS * ROUNDS);
	stop();
}

T_MAIN(T(a_created_session_opens_with_its_cookie), T(a_record_without_a_binding_opens),
       T(a_bound_session_opens_to_its_key_alone), T(no_two_sessions_share_anything),
       T(malformed_and_foreign_cookies_are_not_found), T(the_idle_clock_ends_a_session),
       T(the_idle_clock_is_kept_to_the_second),
       T(the_absolute_clock_ends_a_session_in_use), T(sliding_is_throttled), T(save_is_compare_and_set),
       T(touch_and_rotation_do_not_disturb_a_save), T(an_ended_session_is_never_made_again),
       T(rotation_gives_a_new_secret_with_an_overlap), T(a_second_rotation_retires_the_first_cookie),
       T(parallel_rotations_log_nobody_out), T(a_save_through_the_old_cookie_is_seen_through_the_new),
       T(handles_open_by_their_two_parts), T(a_store_error_is_never_a_miss), T(a_failed_touch_leaves_the_session_open),
       T(lists_show_a_subjects_sessions_newest_first), T(a_session_is_found_by_its_sid_until_it_is_over), T(everybodys_sessions_come_page_by_page), T(a_payload_over_its_limit_is_refused),
       T(a_stolen_store_decrypts_nothing), T(a_changed_record_does_not_open), T(a_malformed_record_is_a_store_error),
       T(a_small_arena_is_a_limit_everywhere), T(a_cookie_of_other_bytes_is_not_found_before_the_store_is_asked),
       T(a_session_that_goes_between_two_tries_is_gone), T(no_save_is_lost_between_threads))
