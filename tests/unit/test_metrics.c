/* SPDX-License-Identifier: Apache-2.0 */
/* The table of metrics, and that /admin/status tells every one under the name that it always had. */
#include "op_fixture.h"

#include "admin/metrics.h"

static struct config config = {.issuer = SLICE_INIT(FX_ISSUER)};
static const struct admin admin = {.op = &fx.op, .directory = &fx.directory, .ephemeral = &fx.ephemeral, .config = &config};

static bool is_metric_name(struct slice name)
{
	for (size_t i = 0; i < name.n; i++)
		if ((name.p[i] < 'a' || name.p[i] > 'z') && name.p[i] != '_')
			return false;
	return slice_starts(name, SLICE("ostiary_"));
}

static void every_row_is_whole(void)
{
	CHECK(metric_row_count > 10);
	for (size_t i = 0; i < metric_row_count; i++) {
		const struct metric_row *row = &metric_rows[i];
		size_t n = strlen(row->help);
		t_set_row((const char *)row->name.p);
		CHECK(is_metric_name(row->name) && n > 10 && row->help[n - 1] == '.');
		CHECK((row->type == METRIC_COUNTER) == slice_ends(row->name, SLICE("_total")));
		for (size_t other = 0; other < i; other++) {
			CHECK(!slice_eq(row->name, metric_rows[other].name));
			CHECK(row->group != metric_rows[other].group || !slice_eq(row->member, metric_rows[other].member));
		}
	}
}

/* Each source has its own number, so that none is another's. */
static void every_row_reads_its_own_source(void)
{
	struct metrics m = {.directory = {1, 2, 3, 4, 5, 6, 7, 16}, .revocations = {.count = 8, .bytes = 9}};
	static const int64_t wanted[] = {1, 2, 3, 4, 5, 8, 9, 6, 7, 16, 10, 11, 12, 13, 14, 15};
	m.rooms[1] = (struct eph_room){10, 11, 12, 13, 14, 15};
	CHECK(metric_row_count == ARRAY_LEN(wanted));
	for (size_t i = 0; i < metric_row_count && i < ARRAY_LEN(wanted); i++) {
		t_set_row((const char *)metric_rows[i].name.p);
		CHECK(metric_rows[i].read(&m, 1) == wanted[i]);
		CHECK(metric_rows[i].group == METRIC_DIRECTORY || metric_rows[i].read(&m, 0) == 0);
	}
}

static bool has_number(const struct json *o, const char *member)
{
	int64_t n = -1;
	return json_int(json_get(o, slice_cstr(member)), &n) == RC_OK && n >= 0;
}

static const char *const sizes[] = {"bytes",     "free_bytes",      "refresh_families", "refresh_tokens", "ends",
				    "ends_held", "ends_held_bytes", "replay_marks",     "audit_records",
				    "outbox_jobs"};
static const char *const of_rooms[] = {"records", "bytes", "max_records", "max_bytes", "displaced", "refused"};

static void the_status_tells_every_metric(void)
{
	struct request c = {.now = FX_NOW};
	struct reply r = {0};
	const struct json *root, *all;
	fx_start();
	c.arena = &fx.arena;
	CHECK_OK(admin_status(&admin, &c, &r));
	CHECK_OK(json_parse_arena(&fx.arena, r.body, 4096, &root));
	all = json_get(root, SLICE("directory"));
	T_TEXTS(text, sizes)
		CHECK(has_number(all, text));
	CHECK(all->count == ARRAY_LEN(sizes));
	all = json_get(root, SLICE("rooms"));
	CHECK(all->count == EPH_TYPE_COUNT);
	for (const struct json *room = json_first(all); room != NULL; room = json_next(all, room)) {
		for (size_t i = 0; i < ARRAY_LEN(of_rooms); i++)
			CHECK(has_number(room, of_rooms[i]));
		CHECK(room->count == ARRAY_LEN(of_rooms) + 1);
	}
	fx_stop();
}

static enum rc no_rooms(void *self, struct eph_room ret[static EPH_TYPE_COUNT])
{
	(void)self;
	(void)ret;
	return RC_BUSY;
}

static void a_store_that_fails_is_no_zero(void)
{
	struct metrics m;
	fx_start();
	fx.ephemeral.rooms = no_rooms;
	CHECK_RC(metrics_read(&admin, &m), RC_BUSY);
	fx.directory.sizes = failing_sizes;
	CHECK_RC(metrics_read(&admin, &m), RC_STORE);
	fx_stop();
}

T_MAIN(T(every_row_is_whole), T(every_row_reads_its_own_source), T(the_status_tells_every_metric), T(a_store_that_fails_is_no_zero))
