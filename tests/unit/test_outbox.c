/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs for other parties: sealed at rest, tried until they are done or given up. */
#include <unistd.h>

#include "base/clock.h"
#include "crypto/hash.h"
#include "outbox/outbox.h"
#include "t_directory.h"

static struct outbox *box;
static struct {
	unsigned runs, held, logged;
	enum rc answer;
	char payload[64], event[64];
} seen;

static enum rc run(void *self, const struct outbox_try *t, struct arena *a)
{
	(void)a;
	CHECK(self == &seen && seen.held == 1);
	seen.runs++;
	(void)snprintf(seen.payload, sizeof seen.payload, "%.*s", SLICE_ARGS(t->payload));
	return seen.answer;
}

static void *hold(void *self)
{
	seen.held++;
	return self;
}

static void release(void *held)
{
	CHECK(held == &seen);
	seen.held--;
}

static void note(void *self, enum log_level level, const struct log_field *fields, size_t n)
{
	(void)self, (void)level, (void)n;
	seen.logged++;
	(void)snprintf(seen.event, sizeof seen.event, "%.*s", SLICE_ARGS(fields[0].text));
}

static const struct audit audit = {&t_directory, NULL, note};
static const struct outbox_type types[] = {
	{.name = SLICE_INIT("a"), .run = run, .back_off = 5, .back_off_most = 20, .tries = 4, .life = 1000, .bounds = {10, 3}},
	{.name = SLICE_INIT("b"), .run = run, .back_off = 5, .back_off_most = 20, .tries = 4, .life = 1000, .bounds = {10, 3}},
};

static void open_box(uint8_t key, size_t type_count)
{
	const uint8_t local[32] = {key};
	const struct outbox_options o = {.directory = &t_directory, .audit = &audit, .key = secret_of(local, sizeof local),
					 .types = types, .type_count = type_count, .self = &seen, .hold = hold, .release = release};
	outbox_stop(box);
	outbox_free(box);
	box = NULL;
	CHECK_OK(outbox_new(&o, &box));
}

static void start(void)
{
	memset(&seen, 0, sizeof seen);
	t_directory_start();
	open_box(1, ARRAY_LEN(types));
}

static void stop(void)
{
	outbox_stop(box);
	outbox_free(box);
	box = NULL;
	t_directory_stop();
}

#define BOX_TEST(name)                  \
	static void name##_body(void);  \
	static void name(void)          \
	{                               \
		start();                \
		name##_body();          \
		stop();                 \
	}                               \
	static void name##_body(void)

static enum rc put(const char *type, const char *party, const char *about)
{
	return outbox_put(box, &(struct outbox_job){slice_cstr(type), slice_cstr(party), slice_cstr(about), SLICE("a secret of theirs")}, NOW);
}

BOX_TEST(a_job_is_done_once)
{
	CHECK_OK(put("a", "p", "x"));
	CHECK_OK(put("a", "p", "x"));
	CHECK(outbox_step(box, NOW) && seen.runs == 1 && seen.held == 0);
	CHECK(strcmp(seen.payload, "a secret of theirs") == 0);
	CHECK(!outbox_step(box, NOW + 999) && seen.runs == 1 && seen.logged == 0);
	/* Of another type, or put again after it was done, it is another job. */
	CHECK_OK(put("b", "p", "x"));
	CHECK_OK(put("a", "p", "x"));
	CHECK(outbox_step(box, NOW) && outbox_step(box, NOW) && !outbox_step(box, NOW) && seen.runs == 3);
}

BOX_TEST(what_cannot_be_a_job_is_refused)
{
	static uint8_t memory[OUTBOX_PAYLOAD_MAX + 1];
	struct outbox_job job = {SLICE("a"), SLICE("p"), SLICE("x"), slice_of(memory, sizeof memory)};
	CHECK_RC(put("c", "p", "x"), RC_NOT_FOUND);
	CHECK_RC(outbox_put(box, &job, NOW), RC_RANGE);
	job.payload.n--;
	job.party = slice_of(memory, DIR_JOB_PARTY_MAX + 1);
	CHECK_RC(outbox_put(box, &job, NOW), RC_RANGE);
	job.party.n--;
	CHECK_OK(outbox_put(box, &job, NOW));
	CHECK(outbox_step(box, NOW) && seen.runs == 1);
	CHECK_OK(put("a", "p", "1"));
	CHECK_OK(put("a", "p", "2"));
	CHECK_OK(put("a", "p", "3"));
	CHECK_RC(put("a", "p", "4"), RC_LIMIT);
	CHECK_OK(put("a", "q", "4"));
}

BOX_TEST(a_failure_is_tried_again_with_back_off_and_then_given_up)
{
	static const int64_t waits[] = {5, 10, 20};
	int64_t now = NOW;
	struct dir_audit *events;
	size_t n;
	seen.answer = RC_UPSTREAM;
	CHECK_OK(put("a", "p", "x"));
	for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
		CHECK(outbox_step(box, now) && seen.runs == i + 1);
		CHECK(!outbox_step(box, now + waits[i] - 1));
		now += waits[i] + waits[i] / 5;
	}
	CHECK(seen.logged == 0);
	CHECK(outbox_step(box, now) && seen.runs == 4 && !outbox_step(box, now + 900));
	CHECK(seen.logged == 1 && strcmp(seen.event, "outbox.given_up") == 0);
	CHECK_OK(t_directory.audit.list(t_directory.audit.self, INT64_MAX, 10, &t_arena, &events, &n));
	CHECK(n == 1);
	CHECK_SLICE(events[0].event, SLICE("outbox.given_up"));
	CHECK_SLICE(events[0].detail, SLICE("{\"type\":\"a\",\"party\":\"p\",\"result\":\"UPSTREAM\",\"tries\":4}"));
}

BOX_TEST(a_refusal_is_final)
{
	seen.answer = RC_INVALID_REQUEST;
	CHECK_OK(put("a", "p", "x"));
	CHECK(outbox_step(box, NOW) && seen.runs == 1 && seen.logged == 1);
	CHECK(!outbox_step(box, NOW + 900) && seen.runs == 1);
}

BOX_TEST(one_that_does_not_answer_delays_no_other)
{
	seen.answer = RC_UPSTREAM;
	CHECK_OK(put("a", "p", "1"));
	CHECK_OK(put("a", "p", "2"));
	CHECK_OK(put("a", "q", "3"));
	CHECK(outbox_step(box, NOW));
	seen.answer = RC_OK;
	CHECK(outbox_step(box, NOW) && !outbox_step(box, NOW) && seen.runs == 2);
	CHECK(outbox_step(box, NOW + 6) && outbox_step(box, NOW + 6) && !outbox_step(box, NOW + 900) && seen.runs == 4);
}

/* A site's wrong secret, or one token that the provider cannot revoke. */
static enum rc run_but_the_first(void *self, const struct outbox_try *t, struct arena *a)
{
	(void)self, (void)a;
	if (slice_eq(t->payload, SLICE("1")))
		return RC_UPSTREAM;
	seen.runs++;
	return RC_OK;
}

BOX_TEST(one_that_fails_each_time_starves_no_other_of_its_party)
{
	static const struct outbox_type picky = {.name = SLICE_INIT("a"), .run = run_but_the_first, .back_off = 5, .back_off_most = 20, .tries = 100,
						 .life = 1000, .bounds = {10, 10}};
	const uint8_t local[32] = {1};
	const struct outbox_options o = {.directory = &t_directory, .audit = &audit, .key = secret_of(local, sizeof local),
					 .types = &picky, .type_count = 1, .self = &seen, .hold = hold, .release = release};
	static const char *const names[] = {"1", "2", "3"};
	outbox_free(box);
	CHECK_OK(outbox_new(&o, &box));
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		CHECK_OK(outbox_put(box, &(struct outbox_job){SLICE("a"), SLICE("p"), slice_cstr(names[i]), slice_cstr(names[i])}, NOW));
	for (int64_t now = NOW; now < NOW + 100; now++)
		while (outbox_step(box, now))
			continue;
	CHECK(seen.runs == 2);
}

BOX_TEST(what_is_too_old_is_given_up_untried)
{
	CHECK_OK(put("a", "p", "x"));
	CHECK(outbox_step(box, NOW + 1000) && seen.runs == 0 && seen.logged == 1);
	CHECK(!outbox_step(box, NOW + 1000));
}

BOX_TEST(a_job_outlives_the_process)
{
	CHECK_OK(put("a", "p", "x"));
	t_directory_reopen();
	open_box(1, ARRAY_LEN(types));
	CHECK(outbox_step(box, NOW) && seen.runs == 1);
}

BOX_TEST(a_job_of_an_unknown_type_is_given_up)
{
	CHECK_OK(put("b", "p", "x"));
	open_box(1, 1);
	CHECK(outbox_step(box, NOW) && seen.runs == 0 && seen.logged == 1 && !outbox_step(box, NOW));
}

BOX_TEST(another_key_leaves_a_job_alone_until_it_is_too_old)
{
	CHECK_OK(put("a", "p", "x"));
	open_box(2, ARRAY_LEN(types));
	CHECK(!outbox_step(box, NOW + 999) && seen.runs == 0);
	CHECK(outbox_step(box, NOW + 1000) && seen.runs == 0 && seen.logged == 1);
}

/* The only job, as it rests. */
static struct dir_job taken(void)
{
	const struct dir_outbox *d = &t_directory.outbox;
	const uint8_t local[32] = {1};
	uint8_t sealer[DIR_JOB_SEALER_LEN];
	struct dir_job j = {0};
	CHECK_OK(crypto_hkdf(secret_of(local, sizeof local), SLICE(""), SLICE("ostiary outbox sealer"), sealer, sizeof sealer));
	CHECK_OK(d->take(d->self, sealer, NOW, 1, &t_arena, &j));
	CHECK_OK(d->remove(d->self, j.id, j.tries, NULL));
	j.due = NOW;
	return j;
}

/* Its copy in another's place: each member that the seal binds, changed in turn. */
BOX_TEST(a_payload_opens_in_its_own_place_only)
{
	static const char *const rows[] = {"unchanged", "type", "party", "key", "payload", "too short"};
	static const struct dir_outbox_bounds bounds = {10, 10};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		t_set_row(rows[i]);
		memset(&seen, 0, sizeof seen);
		CHECK_OK(put("a", "p", "x"));
		struct dir_job j = taken();
		CHECK(memmem(j.sealed.p, j.sealed.n, "secret", 6) == NULL);
		uint8_t *sealed = (uint8_t *)(uintptr_t)j.sealed.p;
		j.type = i == 1 ? SLICE("b") : j.type;
		j.party = i == 2 ? SLICE("q") : j.party;
		j.key[0] ^= i == 3;
		sealed[20] ^= i == 4;
		j.sealed.n = i == 5 ? 27 : j.sealed.n;
		CHECK_OK(t_directory.outbox.put(t_directory.outbox.self, &j, &bounds));
		CHECK(outbox_step(box, NOW) && seen.runs == (i == 0) && seen.logged == (i != 0) && !outbox_step(box, NOW));
	}
}

static atomic_uint counted_runs;

static void wait_for_runs(unsigned n)
{
	for (int i = 0; i < 500 && atomic_load(&counted_runs) < n; i++)
		(void)usleep(10000);
	CHECK(atomic_load(&counted_runs) == n);
}

/* By the outbox's thread. */
static enum rc run_counted(void *self, const struct outbox_try *t, struct arena *a)
{
	(void)a;
	atomic_fetch_add(&counted_runs, self == &seen && !atomic_load(t->stopping) ? 1 : 100);
	return RC_OK;
}

static void *hold_plainly(void *self)
{
	return self;
}

static void release_nothing(void *held)
{
	(void)held;
}

BOX_TEST(the_thread_does_what_is_put)
{
	static const struct outbox_type counted = {.name = SLICE_INIT("a"), .run = run_counted, .back_off = 1, .back_off_most = 1, .tries = 1,
						   .life = INT32_MAX, .bounds = {10, 10}};
	const uint8_t local[32] = {1};
	const struct outbox_options o = {.directory = &t_directory, .audit = &audit, .key = secret_of(local, sizeof local),
					 .types = &counted, .type_count = 1, .self = &seen, .hold = hold_plainly, .release = release_nothing};
	outbox_free(box);
	atomic_store(&counted_runs, 0);
	CHECK_OK(outbox_new(&o, &box));
	CHECK_OK(outbox_put(box, &(struct outbox_job){SLICE("a"), SLICE("p"), SLICE("1"), SLICE("x")}, clock_now()));
	CHECK_OK(outbox_start(box));
	wait_for_runs(1);
	CHECK_OK(outbox_put(box, &(struct outbox_job){SLICE("a"), SLICE("p"), SLICE("2"), SLICE("x")}, clock_now()));
	wait_for_runs(2);
	outbox_stop(box);
	outbox_stop(box);
	CHECK_OK(outbox_put(box, &(struct outbox_job){SLICE("a"), SLICE("p"), SLICE("3"), SLICE("x")}, clock_now()));
	CHECK(atomic_load(&counted_runs) == 2);
}

T_MAIN(T(a_job_is_done_once), T(what_cannot_be_a_job_is_refused), T(a_failure_is_tried_again_with_back_off_and_then_given_up), T(a_refusal_is_final),
       T(one_that_does_not_answer_delays_no_other),
       T(one_that_fails_each_time_starves_no_other_of_its_party), T(what_is_too_old_is_given_up_untried), T(a_job_outlives_the_process),
       T(a_job_of_an_unknown_type_is_given_up), T(another_key_leaves_a_job_alone_until_it_is_too_old), T(a_payload_opens_in_its_own_place_only),
       T(the_thread_does_what_is_put))
