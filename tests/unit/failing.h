/* SPDX-License-Identifier: Apache-2.0 */
/* Operations of the stores that fail: `fx.directory.refresh.issue = failing_refresh_issue` gives RC_STORE from then on. The
 * tables of operations are here once, for those (faults.h) that make one of many fail. */
#ifndef OSTIARY_TESTS_FAILING_H
#define OSTIARY_TESTS_FAILING_H

#include "store/directory.h"
#include "store/ephemeral.h"

/* ROW(aggregate, operation, parameters, arguments) */
#define DIRECTORY_OPERATIONS(ROW)                                                                                                   \
	ROW(tenants, get, (void *s, struct slice id, struct arena *a, struct dir_tenant *r), (s, id, a, r))                         \
	ROW(users, get, (void *s, struct slice id, struct arena *a, struct dir_user *r), (s, id, a, r))                             \
	ROW(users, by_login, (void *s, struct slice t, struct slice l, struct arena *a, struct dir_user *r), (s, t, l, a, r))       \
	ROW(credentials, by_name,                                                                                                   \
	    (void *s, struct slice t, struct slice n, struct slice k, struct arena *a, struct dir_user *u, struct dir_credential *r),\
	    (s, t, n, k, a, u, r))                                                                                                  \
	ROW(credentials, get,                                                                                                       \
	    (void *s, struct slice u, struct slice k, struct slice i, struct arena *a, struct dir_credential *r), (s, u, k, i, a, r)) \
	ROW(credentials, data_from, (void *s, struct slice k, struct slice f, struct arena *a, struct slice *r), (s, k, f, a, r))   \
	ROW(clients, get, (void *s, struct slice id, struct arena *a, struct dir_client *r), (s, id, a, r))                         \
	ROW(clients, list, (void *s, struct slice after, size_t n, struct arena *a, struct dir_client **r, size_t *m),              \
	    (s, after, n, a, r, m))                                                                                                 \
	ROW(consents, get, (void *s, struct slice u, struct slice c, struct arena *a, struct dir_consent *r), (s, u, c, a, r))      \
	ROW(consents, put, (void *s, const struct dir_consent *c, const struct dir_audit *x), (s, c, x))                            \
	ROW(consents, remove, (void *s, struct slice u, struct slice c, const struct dir_audit *x), (s, u, c, x))                   \
	ROW(revocations, add, (void *s, const struct dir_revocation *e, const struct dir_audit *x), (s, e, x))                      \
	ROW(revocations, token_life, (void *s, int64_t n, int64_t until, int64_t now, int64_t *r), (s, n, until, now, r))           \
	ROW(revocations, list,                                                                                                      \
	    (void *s, int64_t q, int64_t now, size_t n, struct arena *a, struct dir_revocation **r, size_t *m),                     \
	    (s, q, now, n, a, r, m))                                                                                                \
	ROW(refresh, issue, (void *s, const struct dir_refresh *r), (s, r))                                                         \
	ROW(refresh, find, (void *s, const struct dir_token *t, int64_t now, struct arena *a, struct dir_refresh *r),               \
	    (s, t, now, a, r))                                                                                                      \
	ROW(refresh, families,                                                                                                      \
	    (void *s, struct slice u, struct slice c, int64_t now, size_t n, struct arena *a, struct slice **r, size_t *m),         \
	    (s, u, c, now, n, a, r, m))                                                                                             \
	ROW(refresh, rotate, (void *s, const struct dir_rotate *r, struct arena *a, struct dir_rotated *d), (s, r, a, d))           \
	ROW(replay, mark, (void *s, struct slice c, const uint8_t h[static 32], int64_t now, int64_t end), (s, c, h, now, end))     \
	ROW(audit, add, (void *s, const struct dir_audit *x), (s, x))                                                               \
	ROW(shared, secret, (void *s, struct slice n, const uint8_t fresh[static 32], uint8_t r[static 32]), (s, n, fresh, r))

/* ROW(operation, parameters, arguments) */
#define EPHEMERAL_OPERATIONS(ROW)                                                                                                   \
	ROW(put, (void *s, const struct eph_record *r, int64_t now), (s, r, now))                                                   \
	ROW(replace, (void *s, const struct eph_record *r, int64_t now), (s, r, now))                                               \
	ROW(remove, (void *s, enum eph_type k, const uint8_t id[static 32]), (s, k, id))                                            \
	ROW(get, (void *s, enum eph_type k, const uint8_t id[static 32], int64_t now, struct arena *a, struct eph_record *r),       \
	    (s, k, id, now, a, r))                                                                                                  \
	ROW(take, (void *s, enum eph_type k, const uint8_t id[static 32], int64_t now, struct arena *a, struct eph_record *r),      \
	    (s, k, id, now, a, r))                                                                                                  \
	ROW(list,                                                                                                                   \
	    (void *s, enum eph_type k, struct slice i, int64_t now, size_t n, struct arena *a, struct eph_record **r, size_t *m),   \
	    (s, k, i, now, n, a, r, m))                                                                                             \
	ROW(count, (void *s, const struct eph_counter *c, int64_t amount, int64_t now, int64_t *sum, int64_t *end),                 \
	    (s, c, amount, now, sum, end))

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#define FAILING_AS(name, parameters) \
	static inline enum rc failing_##name parameters { return RC_STORE; }
#define FAILING_DIRECTORY(aggregate, operation, parameters, arguments) FAILING_AS(aggregate##_##operation, parameters)
#define FAILING_EPHEMERAL(operation, parameters, arguments) FAILING_AS(eph_##operation, parameters)
DIRECTORY_OPERATIONS(FAILING_DIRECTORY)
EPHEMERAL_OPERATIONS(FAILING_EPHEMERAL)
static inline enum rc failing_sizes(void *s, struct dir_sizes *r) { return RC_STORE; }
#pragma GCC diagnostic pop

#endif
