/* SPDX-License-Identifier: Apache-2.0 */
/* The picture of what was ended: kept current, bounded, read in order. */
#include "op_fixture.h"

static enum rc add(enum dir_revocation_type type, const char *id)
{
	const struct dir_revocation e = {.type = type, .id = slice_cstr(id), .at = fx.now};
	return revocations_add(&fx.op, &e, NULL, fx.now);
}

static enum rc validate_jti(const char *jti)
{
	const struct revocation_subject t = {.jti = slice_cstr(jti), .iat = fx.now};
	return revocations_validate(&fx.op, &t, fx.now);
}

FX_TEST(nothing_is_ended_at_first)
{
	const struct revocation_subject nameless = {.iat = fx.now};
	CHECK_OK(validate_jti("a"));
	CHECK_OK(revocations_validate(&fx.op, &nameless, fx.now));
}

FX_TEST(types_do_not_mix)
{
	const struct revocation_subject sid = {.sid = SLICE("a"), .iat = fx.now}, user = {.user = SLICE("a"), .iat = fx.now};
	CHECK_OK(add(DIR_REVOCATION_JTI, "a"));
	CHECK_RC(validate_jti("a"), RC_REVOKED);
	CHECK_OK(validate_jti("b"));
	CHECK_OK(revocations_validate(&fx.op, &sid, fx.now));
	CHECK_OK(revocations_validate(&fx.op, &user, fx.now));
}

FX_TEST(users_and_clients_are_ended_up_to_a_moment)
{
	struct revocation_subject t = {.user = SLICE("u"), .client = SLICE("c"), .iat = fx.now};
	CHECK_OK(add(DIR_REVOCATION_USER, "u"));
	CHECK_RC(revocations_validate(&fx.op, &t, fx.now), RC_REVOKED);
	t.iat = fx.now + 1;
	CHECK_OK(revocations_validate(&fx.op, &t, fx.now));
	fx.now += 5;
	CHECK_OK(add(DIR_REVOCATION_CLIENT, "c"));
	CHECK_RC(revocations_validate(&fx.op, &t, fx.now), RC_REVOKED);
}

FX_TEST(an_end_outlives_every_token)
{
	CHECK_OK(add(DIR_REVOCATION_JTI, "a"));
	fx.now += fx.settings.access_ttl + fx.settings.leeway;
	CHECK_RC(validate_jti("a"), RC_REVOKED);
}

FX_TEST(expired_ends_are_swept)
{
	CHECK_OK(add(DIR_REVOCATION_JTI, "a"));
	CHECK_OK(add(DIR_REVOCATION_USER, "u"));
	CHECK(revocations_size(fx.revocations).count == 3); /* of a user two */
	fx.now += fx.settings.access_ttl + fx.settings.leeway + 1;
	CHECK_OK(add(DIR_REVOCATION_SID, "s"));
	/* Some of it each second. */
	for (int i = 0; i < 40; i++)
		CHECK_OK(revocations_pull(fx.revocations, &fx.directory, ++fx.now));
	CHECK(revocations_size(fx.revocations).count == 1 && !revocations_size(fx.revocations).full);
}

FX_TEST(revocations_of_other_daemons_are_seen_within_a_second)
{
	const struct dir_revocation e = {.type = DIR_REVOCATION_JTI, .id = SLICE("a"), .at = fx.now, .expires = fx.now + 600};
	CHECK_OK(validate_jti("a"));
	CHECK_OK(fx.directory.revocations.add(fx.directory.revocations.self, &e, NULL));
	fx.now += REVOCATIONS_FRESH + 1;
	CHECK_RC(validate_jti("a"), RC_REVOKED);
}

FX_TEST(revocations_of_before_a_restart_are_seen_at_once)
{
	CHECK_OK(add(DIR_REVOCATION_JTI, "a"));
	revocations_free(fx.revocations);
	CHECK_OK(revocations_new(&fx.revocations));
	fx.op.revocations = fx.revocations;
	CHECK_RC(validate_jti("a"), RC_REVOKED);
}

FX_TEST(a_picture_that_cannot_be_renewed_is_not_believed)
{
	struct directory broken = fx.directory;
	CHECK_OK(validate_jti("a"));
	broken.revocations.list = failing_revocations_list;
	fx.op.directory = &broken;
	CHECK_OK(validate_jti("a"));
	fx.now += REVOCATIONS_FRESH + 1;
	CHECK_RC(validate_jti("a"), RC_STORE);
	/* Nor is one of the future, after the clock was set back. */
	fx.op.directory = &fx.directory;
	CHECK_OK(validate_jti("a"));
	fx.op.directory = &broken;
	fx.now -= 10;
	CHECK_RC(validate_jti("a"), RC_STORE);
}

FX_TEST(more_than_one_page_is_read)
{
	enum { COUNT = 1100 };
	for (int i = 0; i < COUNT; i++) {
		char id[16];
		const struct dir_revocation e = {.type = DIR_REVOCATION_JTI, .id = slice_of(id, (size_t)snprintf(id, sizeof id, "j%d", i)),
					  .at = fx.now, .expires = fx.now + 600};
		CHECK_OK(fx.directory.revocations.add(fx.directory.revocations.self, &e, NULL));
	}
	CHECK_OK(revocations_pull(fx.revocations, &fx.directory, fx.now));
	CHECK(revocations_size(fx.revocations).count == COUNT);
	CHECK_RC(validate_jti("j0"), RC_REVOKED);
	CHECK_RC(validate_jti("j1099"), RC_REVOKED);
	CHECK_OK(validate_jti("j1100"));
}

static size_t rows_there(void)
{
	struct dir_revocation *rows;
	size_t n = 0;
	CHECK_OK(fx.directory.revocations.list(fx.directory.revocations.self, 0, 0, 1000, &fx.arena, &rows, &n));
	return n;
}

/* Whoever repeats it costs neither a row nor an audit record nor a word to the gateways, also after a restart. */
FX_TEST(a_repeat_writes_nothing)
{
	const struct dir_audit audit = {.at = fx.now, .event = SLICE("token.revoked")};
	const struct dir_revocation jti = {.type = DIR_REVOCATION_JTI, .id = SLICE("a"), .at = fx.now}, sid = {.type = DIR_REVOCATION_SID, .id = SLICE("a"), .at = fx.now};
	struct dir_audit *log;
	size_t n;
	for (int i = 0; i < 5; i++) {
		CHECK_OK(revocations_add(&fx.op, &jti, &audit, fx.now));
		CHECK_OK(revocations_add(&fx.op, &sid, &audit, ++fx.now));
		fx.directory.close(fx.directory.self);
		fx_open_directory();
	}
	CHECK(rows_there() == 2 && fx.revocations_told == 2 && revocations_size(fx.revocations).count == 2);
	CHECK_OK(fx.directory.audit.list(fx.directory.audit.self, INT64_MAX, 10, &fx.arena, &log, &n));
	CHECK(n == 2);
	/* One that may be forgotten is recorded anew. */
	fx.now += 10000;
	CHECK_OK(revocations_add(&fx.op, &(struct dir_revocation){.type = DIR_REVOCATION_SID, .id = SLICE("a"), .at = fx.now}, &audit, fx.now));
	CHECK(rows_there() == 2 && fx.revocations_told == 3);
}

/* Of a user the last one counts, in one row; a code that was issued between two ends of one second is ended by the second. */
FX_TEST(a_later_end_of_a_user_takes_the_place_of_the_earlier)
{
	struct revocation_subject t = {.user = SLICE("u"), .iat = fx.now, .marked = true};
	CHECK_OK(add(DIR_REVOCATION_USER, "u"));
	CHECK_OK(revocations_sequence(&fx.op, fx.now, &t.mark));
	CHECK_OK(revocations_validate(&fx.op, &t, fx.now));
	CHECK_OK(add(DIR_REVOCATION_USER, "u"));
	CHECK_RC(revocations_validate(&fx.op, &t, fx.now), RC_REVOKED);
	/* One of the past, by a clock that goes wrong, does not make it an earlier one. */
	fx.now -= 100;
	CHECK_OK(add(DIR_REVOCATION_USER, "u"));
	CHECK(rows_there() == 1);
	fx.now += 100;
	t = (struct revocation_subject){.user = SLICE("u"), .iat = fx.now};
	revocations_free(fx.revocations);
	CHECK_OK(revocations_new(&fx.revocations));
	fx.op.revocations = fx.revocations;
	CHECK_RC(revocations_validate(&fx.op, &t, fx.now), RC_REVOKED);
}

static enum rc add_single(int number, enum dir_revocation_type type, const char *party)
{
	char id[16];
	const struct dir_revocation e = {.type = DIR_REVOCATION_JTI, .id = slice_of(id, (size_t)snprintf(id, sizeof id, "j%d", number)), .at = fx.now,
				  .party = {.type = type, .id = slice_cstr(party)}};
	return revocations_add(&fx.op, &e, NULL, fx.now);
}

FX_TEST(past_a_hundred_single_tokens_the_grant_is_ended_as_a_whole)
{
	const struct revocation_subject other = {.jti = SLICE("never"), .grant = SLICE("g"), .iat = fx.now}, same_name = {.sid = SLICE("h"), .client = SLICE("g"), .iat = fx.now};
	for (int i = 0; i < DIR_REVOCATION_SINGLES_MAX; i++)
		CHECK_OK(add_single(i, DIR_REVOCATION_SID, "g"));
	/* A repeat is none more; another grant's and nobody's do not count. */
	CHECK_OK(add_single(7, DIR_REVOCATION_SID, "g"));
	CHECK_OK(add_single(1000, DIR_REVOCATION_SID, "h"));
	CHECK_OK(add_single(1001, DIR_REVOCATION_SID, ""));
	CHECK_OK(revocations_validate(&fx.op, &other, fx.now));
	for (int i = 0; i < 10; i++)
		CHECK_OK(add_single(200 + i, DIR_REVOCATION_SID, "g"));
	CHECK_RC(revocations_validate(&fx.op, &other, fx.now), RC_REVOKED);
	CHECK_OK(revocations_validate(&fx.op, &same_name, fx.now));
	CHECK(rows_there() == DIR_REVOCATION_SINGLES_MAX + 3);
}

FX_TEST(past_a_hundred_a_clients_tokens_so_far_are_ended)
{
	struct revocation_subject t = {.jti = SLICE("never"), .client = SLICE("job"), .iat = fx.now};
	for (int i = 0; i < DIR_REVOCATION_SINGLES_MAX + 10; i++)
		CHECK_OK(add_single(i, DIR_REVOCATION_CLIENT, "job"));
	CHECK(rows_there() == DIR_REVOCATION_SINGLES_MAX + 1);
	CHECK_RC(revocations_validate(&fx.op, &t, fx.now), RC_REVOKED);
	/* What it gets later is good, until it is revoked in turn: again in that one row. */
	t.iat = fx.now += 5;
	CHECK_OK(revocations_validate(&fx.op, &t, fx.now));
	for (int i = 0; i < 5; i++)
		CHECK_OK(add_single(500 + i, DIR_REVOCATION_CLIENT, "job"));
	CHECK_RC(revocations_validate(&fx.op, &t, fx.now), RC_REVOKED);
	CHECK(rows_there() == DIR_REVOCATION_SINGLES_MAX + 1);
}

/* A directory that has one end after another, without end. */
static int64_t flood_end;

static enum rc list_floods(void *self, int64_t seq, int64_t now, size_t limit, struct arena *a, struct dir_revocation **ret, size_t *ret_n)
{
	(void)self;
	size_t n = seq + (int64_t)limit > flood_end ? (size_t)(flood_end - seq) : limit;
	struct dir_revocation *rows = arena_array(a, n, sizeof *rows);
	if (rows == NULL)
		return RC_MEMORY;
	for (size_t i = 0; i < n; i++) {
		rows[i] = (struct dir_revocation){.seq = seq + 1 + (int64_t)i, .type = DIR_REVOCATION_JTI, .at = now, .expires = now + 600};
		TRY(arena_format(a, &rows[i].id, "%lld", (long long)rows[i].seq));
	}
	*ret = rows;
	*ret_n = n;
	return RC_OK;
}

/* What cannot be held is not recorded, so that nobody is told that it was; who is locked out is so all the same. */
FX_TEST(a_million_fit_and_the_next_is_refused)
{
	struct directory flood = fx.directory;
	flood.revocations.list = list_floods;
	flood_end = REVOCATIONS_MAX;
	CHECK_OK(revocations_pull(fx.revocations, &flood, fx.now));
	CHECK_OK(validate_jti("not-ended"));
	CHECK_RC(validate_jti("1000000"), RC_REVOKED);
	CHECK(revocations_size(fx.revocations).full);
	CHECK_RC(add(DIR_REVOCATION_JTI, "one-more"), RC_BUSY);
	CHECK_RC(add(DIR_REVOCATION_SID, "one-more"), RC_BUSY);
	CHECK(rows_there() == 0);
	CHECK_OK(add(DIR_REVOCATION_JTI, "77"));
	CHECK_OK(add(DIR_REVOCATION_USER, "u"));
	CHECK(rows_there() == 2);
	printf("# 10^6 ends in the daemon: %zu MB\n", revocations_size(fx.revocations).bytes >> 20);
	/* Once they have expired there is room. */
	fx.now += 700;
	CHECK_OK(add(DIR_REVOCATION_JTI, "one-more"));
	CHECK(!revocations_size(fx.revocations).full);
}

FX_TEST(beyond_what_is_held_every_validate_fails_closed)
{
	struct directory flood = fx.directory;
	flood.revocations.list = list_floods;
	flood_end = REVOCATIONS_HELD + 1;
	CHECK_OK(revocations_pull(fx.revocations, &flood, fx.now));
	CHECK_RC(validate_jti("1"), RC_REVOKED);
	CHECK_RC(validate_jti("not-ended"), RC_BUSY);
	/* And recovers once they have expired; until all is read again it says nothing. */
	fx.now += 700;
	flood.revocations.list = failing_revocations_list;
	CHECK_RC(revocations_pull(fx.revocations, &flood, fx.now), RC_STORE);
	CHECK_RC(revocations_pull(fx.revocations, &flood, fx.now), RC_STORE);
	fx.now -= 700;
	CHECK_RC(validate_jti("not-ended"), RC_BUSY);
	fx.now += 700;
	CHECK_OK(revocations_pull(fx.revocations, &fx.directory, fx.now));
	CHECK_OK(validate_jti("not-ended"));
}

static bool none_held(void *self)
{
	(void)self;
	return false;
}

/* It is recorded, and told to those who can hold it; whoever asked is not told that it is done. */
FX_TEST(what_a_gateway_cannot_hold_is_not_acknowledged)
{
	fx.services.revocations_held = none_held;
	CHECK_RC(add(DIR_REVOCATION_JTI, "a"), RC_BUSY);
	CHECK_RC(add(DIR_REVOCATION_JTI, "a"), RC_BUSY);
	CHECK_RC(validate_jti("a"), RC_REVOKED);
}

/* A damaged row: were it believed, it would end every token that says nothing of a session. */
static enum rc list_nameless(void *self, int64_t seq, int64_t now, size_t limit, struct arena *a, struct dir_revocation **ret, size_t *ret_n)
{
	(void)self, (void)limit;
	*ret = arena_array(a, 1, sizeof **ret);
	if (*ret == NULL)
		return RC_MEMORY;
	**ret = (struct dir_revocation){.seq = seq + 1, .type = DIR_REVOCATION_SID, .at = now, .expires = now + 600};
	*ret_n = 1;
	return RC_OK;
}

/* A damaged row: that it was not understood may be what anybody asks about. */
static enum rc list_too_long(void *self, int64_t seq, int64_t now, size_t limit, struct arena *a, struct dir_revocation **ret, size_t *ret_n)
{
	static const uint8_t name[DIR_REVOCATION_ID_MAX + 1] = {1};
	TRY(list_nameless(self, seq, now, limit, a, ret, ret_n));
	(*ret)->id = slice_of(name, sizeof name);
	return RC_OK;
}

FX_TEST(an_id_that_cannot_be_held_fails_closed)
{
	struct directory odd = fx.directory;
	odd.revocations.list = list_too_long;
	CHECK_OK(revocations_pull(fx.revocations, &odd, fx.now));
	CHECK_RC(validate_jti("a"), RC_BUSY);
}

FX_TEST(an_id_that_is_too_long_ends_nothing)
{
	/* Longer than any stack's rest: without the check this would write behind it. */
	static char name[1 << 20];
	memset(name, 'x', sizeof name - 1);
	CHECK_OK(validate_jti(name));
	name[DIR_REVOCATION_ID_MAX + 1] = '\0';
	CHECK_RC(add(DIR_REVOCATION_JTI, name), RC_RANGE);
	CHECK_OK(validate_jti(name));
	name[DIR_REVOCATION_ID_MAX] = '\0';
	CHECK_OK(add(DIR_REVOCATION_JTI, name));
	CHECK_RC(validate_jti(name), RC_REVOKED);
}

FX_TEST(an_end_of_nothing_ends_nothing)
{
	struct directory odd = fx.directory;
	odd.revocations.list = list_nameless;
	CHECK_OK(revocations_pull(fx.revocations, &odd, fx.now));
	CHECK_OK(validate_jti("a"));
}

T_MAIN(T(an_end_of_nothing_ends_nothing), T(nothing_is_ended_at_first), T(types_do_not_mix), T(users_and_clients_are_ended_up_to_a_moment),
       T(an_end_outlives_every_token), T(expired_ends_are_swept), T(revocations_of_other_daemons_are_seen_within_a_second),
       T(revocations_of_before_a_restart_are_seen_at_once), T(a_picture_that_cannot_be_renewed_is_not_believed),
       T(more_than_one_page_is_read), T(a_repeat_writes_nothing), T(a_later_end_of_a_user_takes_the_place_of_the_earlier),
       T(past_a_hundred_single_tokens_the_grant_is_ended_as_a_whole), T(past_a_hundred_a_clients_tokens_so_far_are_ended),
       T(a_million_fit_and_the_next_is_refused), T(beyond_what_is_held_every_validate_fails_closed),
       T(what_a_gateway_cannot_hold_is_not_acknowledged), T(an_id_that_cannot_be_held_fails_closed), T(an_id_that_is_too_long_ends_nothing))
