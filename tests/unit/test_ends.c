/* SPDX-License-Identifier: Apache-2.0 */
/* The picture of what was ended: kept current, bounded, read in order. */
#include "op_fixture.h"

static enum rc add(enum dir_end_kind kind, const char *id)
{
	const struct dir_end e = {.kind = kind, .id = slice_cstr(id), .at = fx.now};
	return ends_add(&fx.op, &e, NULL, fx.now);
}

static enum rc check_jti(const char *jti)
{
	const struct ends_token t = {.jti = slice_cstr(jti), .iat = fx.now};
	return ends_check(&fx.op, &t, fx.now);
}

FX_TEST(nothing_is_ended_at_first)
{
	const struct ends_token nameless = {.iat = fx.now};
	CHECK_OK(check_jti("a"));
	CHECK_OK(ends_check(&fx.op, &nameless, fx.now));
}

FX_TEST(kinds_do_not_mix)
{
	const struct ends_token sid = {.sid = SLICE("a"), .iat = fx.now}, user = {.user = SLICE("a"), .iat = fx.now};
	CHECK_OK(add(DIR_END_JTI, "a"));
	CHECK_RC(check_jti("a"), RC_REVOKED);
	CHECK_OK(check_jti("b"));
	CHECK_OK(ends_check(&fx.op, &sid, fx.now));
	CHECK_OK(ends_check(&fx.op, &user, fx.now));
}

FX_TEST(users_and_clients_are_ended_up_to_a_moment)
{
	struct ends_token t = {.user = SLICE("u"), .client = SLICE("c"), .iat = fx.now};
	CHECK_OK(add(DIR_END_USER, "u"));
	CHECK_RC(ends_check(&fx.op, &t, fx.now), RC_REVOKED);
	t.iat = fx.now + 1;
	CHECK_OK(ends_check(&fx.op, &t, fx.now));
	fx.now += 5;
	CHECK_OK(add(DIR_END_CLIENT, "c"));
	CHECK_RC(ends_check(&fx.op, &t, fx.now), RC_REVOKED);
}

FX_TEST(an_end_outlives_every_token)
{
	CHECK_OK(add(DIR_END_JTI, "a"));
	fx.now += fx.settings.access_ttl + fx.settings.leeway;
	CHECK_RC(check_jti("a"), RC_REVOKED);
}

FX_TEST(expired_ends_are_swept)
{
	struct dir_end *rows;
	size_t n;
	CHECK_OK(add(DIR_END_JTI, "a"));
	fx.now += fx.settings.access_ttl + fx.settings.leeway + 61;
	CHECK_OK(ends_pull(fx.ends, &fx.directory, fx.now));
	CHECK_OK(ends_since(fx.ends, 0, 0, 10, &fx.arena, &rows, &n));
	CHECK(n == 0);
}

FX_TEST(ends_of_other_daemons_are_seen_within_a_second)
{
	const struct dir_end e = {.kind = DIR_END_JTI, .id = SLICE("a"), .at = fx.now, .expires = fx.now + 600};
	CHECK_OK(check_jti("a"));
	CHECK_OK(fx.directory.end_add(fx.directory.self, &e, NULL));
	fx.now += ENDS_FRESH + 1;
	CHECK_RC(check_jti("a"), RC_REVOKED);
}

FX_TEST(ends_of_before_a_restart_are_seen_at_once)
{
	CHECK_OK(add(DIR_END_JTI, "a"));
	ends_free(fx.ends);
	CHECK_OK(ends_new(&fx.ends));
	fx.op.ends = fx.ends;
	CHECK_RC(check_jti("a"), RC_REVOKED);
}

static enum rc list_fails(void *self, int64_t seq, int64_t now, size_t limit, struct arena *a, struct dir_end **ret, size_t *ret_n)
{
	(void)self;
	(void)seq;
	(void)now;
	(void)limit;
	(void)a;
	(void)ret;
	(void)ret_n;
	return RC_STORE;
}

FX_TEST(a_picture_that_cannot_be_renewed_is_not_believed)
{
	struct directory broken = fx.directory;
	CHECK_OK(check_jti("a"));
	broken.end_list = list_fails;
	fx.op.directory = &broken;
	CHECK_OK(check_jti("a"));
	fx.now += ENDS_FRESH + 1;
	CHECK_RC(check_jti("a"), RC_STORE);
	/* Nor is one of the future, after the clock was set back. */
	fx.op.directory = &fx.directory;
	CHECK_OK(check_jti("a"));
	fx.op.directory = &broken;
	fx.now -= 10;
	CHECK_RC(check_jti("a"), RC_STORE);
}

FX_TEST(changes_are_read_in_order)
{
	enum { COUNT = 700 };
	struct dir_end *rows;
	size_t n;
	for (int i = 0; i < COUNT; i++) {
		char id[16];
		const struct dir_end e = {.kind = DIR_END_JTI, .id = slice_of(id, (size_t)snprintf(id, sizeof id, "j%d", i)),
					  .at = fx.now, .expires = fx.now + 600};
		CHECK_OK(fx.directory.end_add(fx.directory.self, &e, NULL));
	}
	CHECK_OK(ends_pull(fx.ends, &fx.directory, fx.now));
	CHECK_OK(ends_since(fx.ends, 0, fx.now, 1000, &fx.arena, &rows, &n));
	CHECK(n == COUNT);
	for (size_t i = 1; i < n; i++)
		CHECK(rows[i].seq > rows[i - 1].seq);
	int64_t half = rows[COUNT / 2 - 1].seq;
	CHECK_OK(ends_since(fx.ends, half, fx.now, 10, &fx.arena, &rows, &n));
	CHECK(n == 10 && rows[0].seq > half);
	CHECK_SLICE(rows[0].id, SLICE("j350"));
	CHECK_RC(check_jti("j0"), RC_REVOKED);
	CHECK_RC(check_jti("j699"), RC_REVOKED);
	CHECK_OK(check_jti("j700"));
}

/* A directory that has one end after another, without end. */
static enum rc list_floods(void *self, int64_t seq, int64_t now, size_t limit, struct arena *a, struct dir_end **ret, size_t *ret_n)
{
	(void)self;
	size_t n = seq + (int64_t)limit > ENDS_MAX + 1 ? (size_t)(ENDS_MAX + 1 - seq) : limit;
	struct dir_end *rows = arena_array(a, n, sizeof *rows);
	if (rows == NULL)
		return RC_LIMIT;
	for (size_t i = 0; i < n; i++) {
		rows[i] = (struct dir_end){.seq = seq + 1 + (int64_t)i, .kind = DIR_END_JTI, .at = now, .expires = now + 600};
		TRY(arena_format(a, &rows[i].id, "%lld", (long long)rows[i].seq));
	}
	*ret = rows;
	*ret_n = n;
	return RC_OK;
}

FX_TEST(beyond_its_maximum_every_check_fails_closed)
{
	struct directory flood = fx.directory;
	flood.end_list = list_floods;
	CHECK_OK(ends_pull(fx.ends, &flood, fx.now));
	CHECK_RC(check_jti("1"), RC_REVOKED);
	CHECK_RC(check_jti("not-ended"), RC_BUSY);
	/* And recovers once they have expired. */
	fx.now += 700;
	CHECK_OK(ends_pull(fx.ends, &fx.directory, fx.now));
	CHECK_OK(check_jti("not-ended"));
}

/* A damaged row: were it believed, it would end every token that says nothing of a session. */
static enum rc list_nameless(void *self, int64_t seq, int64_t now, size_t limit, struct arena *a, struct dir_end **ret, size_t *ret_n)
{
	(void)self, (void)limit;
	*ret = arena_array(a, 1, sizeof **ret);
	if (*ret == NULL)
		return RC_LIMIT;
	**ret = (struct dir_end){.seq = seq + 1, .kind = DIR_END_SID, .at = now, .expires = now + 600};
	*ret_n = 1;
	return RC_OK;
}

FX_TEST(an_end_of_nothing_ends_nothing)
{
	struct directory odd = fx.directory;
	odd.end_list = list_nameless;
	CHECK_OK(ends_pull(fx.ends, &odd, fx.now));
	CHECK_OK(check_jti("a"));
}

T_MAIN(T(an_end_of_nothing_ends_nothing), T(nothing_is_ended_at_first), T(kinds_do_not_mix), T(users_and_clients_are_ended_up_to_a_moment),
       T(an_end_outlives_every_token), T(expired_ends_are_swept), T(ends_of_other_daemons_are_seen_within_a_second),
       T(ends_of_before_a_restart_are_seen_at_once), T(a_picture_that_cannot_be_renewed_is_not_believed),
       T(changes_are_read_in_order), T(beyond_its_maximum_every_check_fails_closed))
