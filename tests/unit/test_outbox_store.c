/* SPDX-License-Identifier: Apache-2.0 */
/* The directory's outbox: the same of each backend. */
#include "t_directory.h"

static const uint8_t ours[16] = {1}, theirs[16] = {2};
static const struct dir_outbox_bounds wide = {100, 50};

static void (*running)(void);

static void with_store(void)
{
	t_directory_start();
	running();
	t_directory_stop();
}

static void each_store(void (*run)(void))
{
	running = run;
	each_directory(with_store);
}

static struct dir_job job(uint8_t key)
{
	struct dir_job j = {.type = SLICE("t"), .party = SLICE("p"), .key = {key}, .sealed = SLICE("sealed"), .due = NOW, .expires = NOW + 1000};
	memcpy(j.sealer, ours, sizeof ours);
	return j;
}

static enum rc put(struct dir_job j)
{
	return t_directory.outbox.put(t_directory.outbox.self, &j, &wide);
}

static enum rc take(int64_t now, struct dir_job *ret)
{
	return t_directory.outbox.take(t_directory.outbox.self, ours, now, 60, &t_arena, ret);
}

static enum rc drop(const struct dir_job *j)
{
	return t_directory.outbox.remove(t_directory.outbox.self, j->id, j->tries, NULL);
}

static void a_job_is_taken_when_it_is_due_and_outlives_a_restart(void)
{
	struct dir_job j = job(7), got;
	j.due = NOW + 5;
	CHECK_RC(take(NOW, &got), RC_NOT_FOUND);
	CHECK_OK(put(j));
	CHECK_RC(take(NOW + 4, &got), RC_NOT_FOUND);
	t_directory_reopen();
	CHECK_OK(take(NOW + 5, &got));
	CHECK_SLICE(got.type, SLICE("t"));
	CHECK_SLICE(got.party, SLICE("p"));
	CHECK_SLICE(got.sealed, SLICE("sealed"));
	CHECK(got.tries == 1 && got.due == NOW + 5 && got.expires == NOW + 1000);
	CHECK(memcmp(got.key, j.key, sizeof j.key) == 0 && memcmp(got.sealer, ours, sizeof ours) == 0);
	CHECK_OK(drop(&got));
	CHECK_RC(drop(&got), RC_NOT_FOUND);
	CHECK_RC(take(NOW + 900, &got), RC_NOT_FOUND);
}

static void a_lease_keeps_others_off_until_it_ends(void)
{
	struct dir_job first, second;
	CHECK_OK(put(job(1)));
	CHECK_OK(take(NOW, &first));
	CHECK_RC(take(NOW + 59, &second), RC_NOT_FOUND);
	/* Whoever took it was lost. */
	CHECK_OK(take(NOW + 60, &second));
	CHECK(second.id == first.id && second.tries == 2);
	/* It comes back: the job is no longer its own. */
	CHECK_RC(drop(&first), RC_NOT_FOUND);
	CHECK_RC(t_directory.outbox.retry(t_directory.outbox.self, first.id, first.tries, NOW), RC_NOT_FOUND);
	CHECK_OK(drop(&second));
}

static void a_number_is_never_given_again(void)
{
	struct dir_job first, second;
	CHECK_OK(put(job(1)));
	CHECK_OK(take(NOW, &first));
	CHECK_OK(drop(&first));
	CHECK_OK(put(job(1)));
	CHECK_OK(take(NOW, &second));
	CHECK_RC(drop(&first), RC_NOT_FOUND);
	CHECK_OK(drop(&second));
}

static void one_key_is_one_job(void)
{
	struct dir_job other = job(1);
	CHECK_OK(put(job(1)));
	CHECK_RC(put(job(1)), RC_CONFLICT);
	other.type = SLICE("u");
	CHECK_OK(put(other));
}

static void each_type_and_party_has_its_bound(void)
{
	const struct dir_outbox_bounds bounds = {3, 2};
	const char *const parties[] = {"p", "p", "p", "q", "r"};
	static const enum rc want[] = {RC_OK, RC_OK, RC_LIMIT, RC_OK, RC_LIMIT};
	for (size_t i = 0; i < ARRAY_LEN(parties); i++) {
		struct dir_job j = job((uint8_t)i);
		j.party = slice_cstr(parties[i]);
		CHECK_RC(t_directory.outbox.put(t_directory.outbox.self, &j, &bounds), want[i]);
	}
	struct dir_job other = job(9);
	other.type = SLICE("u");
	CHECK_OK(t_directory.outbox.put(t_directory.outbox.self, &other, &bounds));
}

static void what_is_too_long_is_refused(void)
{
	static uint8_t memory[DIR_JOB_SEALED_MAX + 1];
	memset(memory, 'a', sizeof memory);
	struct dir_job j = job(1);
	j.type = SLICE("");
	CHECK_RC(put(j), RC_RANGE);
	j.type = slice_of(memory, DIR_JOB_TYPE_MAX + 1);
	CHECK_RC(put(j), RC_RANGE);
	j = job(1);
	j.party = slice_of(memory, DIR_JOB_PARTY_MAX + 1);
	CHECK_RC(put(j), RC_RANGE);
	j = job(1);
	j.sealed = slice_of(memory, DIR_JOB_SEALED_MAX + 1);
	CHECK_RC(put(j), RC_RANGE);
	j.sealed = slice_of(memory, DIR_JOB_SEALED_MAX);
	j.type = slice_of(memory, DIR_JOB_TYPE_MAX);
	j.party = slice_of(memory, DIR_JOB_PARTY_MAX);
	CHECK_OK(put(j));
}

static void a_failure_delays_the_party_alone(void)
{
	struct dir_job first, second, third = job(3);
	third.party = SLICE("q");
	third.due = NOW + 1;
	CHECK_OK(put(job(1)));
	CHECK_OK(put(job(2)));
	CHECK_OK(put(third));
	CHECK_OK(take(NOW + 1, &first));
	CHECK_OK(t_directory.outbox.retry(t_directory.outbox.self, first.id, first.tries, NOW + 30));
	CHECK_OK(take(NOW + 1, &third));
	CHECK_SLICE(third.party, SLICE("q"));
	CHECK_RC(take(NOW + 29, &second), RC_NOT_FOUND);
	CHECK_OK(take(NOW + 30, &second));
	CHECK_SLICE(second.party, SLICE("p"));
	/* Whatever fails for itself alone must not be first each time. */
	CHECK(second.id != first.id && second.tries == 1);
	CHECK_OK(take(NOW + 30, &second));
	CHECK(second.id == first.id && second.tries == 2);
}

static void another_sealers_job_is_taken_only_to_give_it_up(void)
{
	struct dir_job j = job(1), got;
	memcpy(j.sealer, theirs, sizeof theirs);
	CHECK_OK(put(j));
	CHECK_RC(take(NOW + 999, &got), RC_NOT_FOUND);
	CHECK_OK(take(NOW + 1000, &got));
	CHECK_RC(take(NOW + 1000, &j), RC_NOT_FOUND);
	CHECK_OK(drop(&got));
}

static void a_removal_and_its_record_are_one(void)
{
	struct dir_job got;
	struct dir_audit *events;
	size_t n;
	const struct dir_audit audit = {.at = NOW, .event = SLICE("job.given_up"), .detail = SLICE("{}")};
	CHECK_OK(put(job(1)));
	CHECK_OK(take(NOW, &got));
	CHECK_RC(t_directory.outbox.remove(t_directory.outbox.self, got.id, got.tries + 1, &audit), RC_NOT_FOUND);
	CHECK_OK(t_directory.audit.list(t_directory.audit.self, INT64_MAX, 10, &t_arena, &events, &n));
	CHECK(n == 0);
	CHECK_OK(t_directory.outbox.remove(t_directory.outbox.self, got.id, got.tries, &audit));
	CHECK_OK(t_directory.audit.list(t_directory.audit.self, INT64_MAX, 10, &t_arena, &events, &n));
	CHECK(n == 1);
}

T_MAIN_EACH(each_store, T(a_job_is_taken_when_it_is_due_and_outlives_a_restart), T(a_lease_keeps_others_off_until_it_ends), T(a_number_is_never_given_again),
	    T(one_key_is_one_job), T(each_type_and_party_has_its_bound), T(what_is_too_long_is_refused), T(a_failure_delays_the_party_alone),
	    T(another_sealers_job_is_taken_only_to_give_it_up), T(a_removal_and_its_record_are_one))
