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

#define FAULTY_AS(name, real, parameters, arguments)          \
	static inline enum rc faulty_##name parameters        \
	{                                                     \
		if (fault_hits(&store_fault))                 \
			return RC_STORE;                      \
		return real arguments;                        \
	}
#define FAULTY(aggregate, operation, parameters, arguments) \
	FAULTY_AS(aggregate##_##operation, real_directory.aggregate.operation, parameters, arguments)
#define FAULTY_EPHEMERAL(operation, parameters, arguments) \
	FAULTY_AS(eph_##operation, real_ephemeral.operation, parameters, arguments)
DIRECTORY_OPERATIONS(FAULTY)
EPHEMERAL_OPERATIONS(FAULTY_EPHEMERAL)

/* Giving an attempt back may fail: the budget is smaller for a while. */
static enum rc faulty_count(void *s, const struct eph_counter *c, int64_t amount, int64_t now, int64_t *sum, int64_t *end)
{
	if (amount > 0 && fault_hits(&store_fault))
		return RC_STORE;
	return real_ephemeral.count(s, c, amount, now, sum, end);
}

/* Where a picture of ends has to be renewed. After an end was added it may stay old: what was added is durable. */
static inline void faults_install_ends(bool may_fail)
{
	fx.directory.revocations.list = may_fail ? faulty_revocations_list : real_directory.revocations.list;
}

static inline void faults_install(void)
{
	real_directory = fx.directory;
	real_ephemeral = fx.ephemeral;
	fx.directory.tenants.get = faulty_tenants_get;
	fx.directory.users.get = faulty_users_get;
	fx.directory.users.by_login = faulty_users_by_login;
	fx.directory.credentials.by_name = faulty_credentials_by_name;
	fx.directory.credentials.data_from = faulty_credentials_data_from;
	fx.directory.clients.get = faulty_clients_get;
	fx.directory.consents.get = faulty_consents_get;
	fx.directory.consents.put = faulty_consents_put;
	fx.directory.revocations.add = faulty_revocations_add;
	fx.directory.revocations.token_life = faulty_revocations_token_life;
	fx.directory.audit.add = faulty_audit_add;
	fx.directory.refresh.issue = faulty_refresh_issue;
	fx.directory.refresh.find = faulty_refresh_find;
	fx.directory.refresh.rotate = faulty_refresh_rotate;
	fx.directory.replay.mark = faulty_replay_mark;
	fx.ephemeral.put = faulty_eph_put;
	fx.ephemeral.replace = faulty_eph_replace;
	fx.ephemeral.remove = faulty_eph_remove;
	fx.ephemeral.get = faulty_eph_get;
	fx.ephemeral.take = faulty_eph_take;
	fx.ephemeral.list = faulty_eph_list;
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
	return memory_hits(a) ? RC_MEMORY : __real_arena_copy(a, s, r);
}

enum rc __wrap_arena_join(struct arena *a, const struct slice *parts, size_t count, struct slice *r)
{
	return memory_hits(a) ? RC_MEMORY : __real_arena_join(a, parts, count, r);
}

enum rc __wrap_arena_format(struct arena *a, struct slice *r, const char *format, ...)
{
	char text[4096];
	va_list args;
	if (memory_hits(a))
		return RC_MEMORY;
	va_start(args, format);
	int n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	return n < 0 || (size_t)n >= sizeof text ? RC_LIMIT : __real_arena_copy(a, slice_of(text, (size_t)n), r);
}

#endif
