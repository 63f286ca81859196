/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the n-th store verb or the n-th allocation of a request fail. Allocations are caught by the linker (--wrap). */
#ifndef OSTIARY_TESTS_FAULTS_H
#define OSTIARY_TESTS_FAULTS_H

#include <stdarg.h>

#include "op_fixture.h"

/* `at`: which one fails, 0 for none; `seen`: how many there were. Counted only while `on`. */
struct fault {
	bool on;
	unsigned at, seen;
};

static struct fault store_fault, memory_fault;
static struct directory real_directory;
static struct ephemeral real_ephemeral;

static bool fault_hits(struct fault *f)
{
	return f->on && ++f->seen == f->at;
}

/* ---- the stores: the real ones behind a switch ---- */

#define FAULTY(type, verb, parameters, arguments)               \
	static enum rc faulty_##verb parameters                 \
	{                                                       \
		if (fault_hits(&store_fault))                   \
			return RC_STORE;                        \
		return real_##type.verb arguments;              \
	}

FAULTY(directory, tenant_get, (void *s, struct slice id, struct arena *a, struct dir_tenant *r), (s, id, a, r))
FAULTY(directory, user_get, (void *s, struct slice id, struct arena *a, struct dir_user *r), (s, id, a, r))
FAULTY(directory, user_by_login, (void *s, struct slice t, struct slice l, struct arena *a, struct dir_user *r), (s, t, l, a, r))
FAULTY(directory, client_get, (void *s, struct slice id, struct arena *a, struct dir_client *r), (s, id, a, r))
FAULTY(directory, consent_get, (void *s, struct slice u, struct slice c, struct arena *a, struct dir_consent *r), (s, u, c, a, r))
FAULTY(directory, consent_put, (void *s, const struct dir_consent *c, const struct dir_audit *x), (s, c, x))
FAULTY(directory, end_add, (void *s, const struct dir_end *e, const struct dir_audit *x), (s, e, x))
FAULTY(directory, end_list, (void *s, int64_t q, int64_t now, size_t n, struct arena *a, struct dir_end **r, size_t *m),
       (s, q, now, n, a, r, m))
FAULTY(directory, refresh_issue, (void *s, const struct dir_refresh *r), (s, r))
FAULTY(directory, refresh_find, (void *s, const uint8_t h[static 32], int64_t now, struct arena *a, struct dir_refresh *r), (s, h, now, a, r))
FAULTY(directory, refresh_rotate, (void *s, const struct dir_rotate *r, struct arena *a, struct dir_rotated *d), (s, r, a, d))
FAULTY(directory, replay_mark, (void *s, struct slice c, const uint8_t h[static 32], int64_t now, int64_t end), (s, c, h, now, end))
FAULTY(directory, audit_add, (void *s, const struct dir_audit *x), (s, x))
FAULTY(ephemeral, put, (void *s, const struct eph_record *r, int64_t now), (s, r, now))
FAULTY(ephemeral, replace, (void *s, const struct eph_record *r, int64_t now), (s, r, now))
FAULTY(ephemeral, remove, (void *s, enum eph_kind k, const uint8_t id[static 32]), (s, k, id))
FAULTY(ephemeral, get, (void *s, enum eph_kind k, const uint8_t id[static 32], int64_t now, struct arena *a, struct eph_record *r),
       (s, k, id, now, a, r))
FAULTY(ephemeral, take, (void *s, enum eph_kind k, const uint8_t id[static 32], int64_t now, struct arena *a, struct eph_record *r),
       (s, k, id, now, a, r))
FAULTY(ephemeral, list, (void *s, enum eph_kind k, struct slice i, int64_t now, size_t n, struct arena *a, struct eph_record **r, size_t *m),
       (s, k, i, now, n, a, r, m))

/* Giving an attempt back may fail: the budget is smaller for a while. */
static enum rc faulty_count(void *s, const uint8_t id[static 32], int64_t amount, int64_t window, int64_t now, int64_t *sum, int64_t *end)
{
	if (amount > 0 && fault_hits(&store_fault))
		return RC_STORE;
	return real_ephemeral.count(s, id, amount, window, now, sum, end);
}

/* Where a picture of ends has to be renewed. After an end was added it may stay old: what was added is durable. */
static inline void faults_install_ends(bool may_fail)
{
	fx.directory.end_list = may_fail ? faulty_end_list : real_directory.end_list;
}

static inline void faults_install(void)
{
	real_directory = fx.directory;
	real_ephemeral = fx.ephemeral;
	fx.directory.tenant_get = faulty_tenant_get;
	fx.directory.user_get = faulty_user_get;
	fx.directory.user_by_login = faulty_user_by_login;
	fx.directory.client_get = faulty_client_get;
	fx.directory.consent_get = faulty_consent_get;
	fx.directory.consent_put = faulty_consent_put;
	fx.directory.end_add = faulty_end_add;
	fx.directory.audit_add = faulty_audit_add;
	fx.directory.refresh_issue = faulty_refresh_issue;
	fx.directory.refresh_find = faulty_refresh_find;
	fx.directory.refresh_rotate = faulty_refresh_rotate;
	fx.directory.replay_mark = faulty_replay_mark;
	fx.ephemeral.put = faulty_put;
	fx.ephemeral.replace = faulty_replace;
	fx.ephemeral.remove = faulty_remove;
	fx.ephemeral.get = faulty_get;
	fx.ephemeral.take = faulty_take;
	fx.ephemeral.list = faulty_list;
	fx.ephemeral.count = faulty_count;
}

/* ---- memory: every way into an arena ---- */

static bool memory_elsewhere; /* the arenas that are not the request's, instead of it */

static bool memory_hits(const struct arena *a)
{
	return (a == &fx.arena) != memory_elsewhere && fault_hits(&memory_fault);
}

void *__real_arena_alloc(struct arena *a, size_t n);
void *__wrap_arena_alloc(struct arena *a, size_t n);
void *__real_arena_take(struct arena *a, size_t n);
void *__wrap_arena_take(struct arena *a, size_t n);
void *__real_arena_array(struct arena *a, size_t count, size_t size);
void *__wrap_arena_array(struct arena *a, size_t count, size_t size);
enum rc __real_arena_copy(struct arena *a, struct slice s, struct slice *r);
enum rc __wrap_arena_copy(struct arena *a, struct slice s, struct slice *r);
enum rc __real_arena_join(struct arena *a, const struct slice *parts, size_t count, struct slice *r);
enum rc __wrap_arena_join(struct arena *a, const struct slice *parts, size_t count, struct slice *r);
enum rc __wrap_arena_format(struct arena *a, struct slice *r, const char *format, ...) PRINTF_LIKE(3, 4);

void *__wrap_arena_alloc(struct arena *a, size_t n)
{
	return memory_hits(a) ? NULL : __real_arena_alloc(a, n);
}

void *__wrap_arena_take(struct arena *a, size_t n)
{
	return memory_hits(a) ? NULL : __real_arena_take(a, n);
}

void *__wrap_arena_array(struct arena *a, size_t count, size_t size)
{
	return memory_hits(a) ? NULL : __real_arena_array(a, count, size);
}

enum rc __wrap_arena_copy(struct arena *a, struct slice s, struct slice *r)
{
	return memory_hits(a) ? RC_LIMIT : __real_arena_copy(a, s, r);
}

enum rc __wrap_arena_join(struct arena *a, const struct slice *parts, size_t count, struct slice *r)
{
	return memory_hits(a) ? RC_LIMIT : __real_arena_join(a, parts, count, r);
}

enum rc __wrap_arena_format(struct arena *a, struct slice *r, const char *format, ...)
{
	char text[4096];
	va_list args;
	if (memory_hits(a))
		return RC_LIMIT;
	va_start(args, format);
	int n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	return n < 0 || (size_t)n >= sizeof text ? RC_LIMIT : __real_arena_copy(a, slice_of(text, (size_t)n), r);
}

#endif
