/* SPDX-License-Identifier: Apache-2.0 */
/* The admin API's status: the metrics, by group. */
#include <unistd.h>

#include "admin/admin.h"
#include "admin/admin_internal.h"
#include "admin/metrics.h"
#include "store/rooms.h"

static void put_group(struct json_out *o, const struct metrics *m, enum metric_group group, size_t room)
{
	for (size_t i = 0; i < metric_row_count; i++)
		if (metric_rows[i].group == group)
			json_out_member_int(o, metric_rows[i].member, metric_rows[i].read(m, room));
}

static void put_rooms(struct json_out *o, const struct metrics *m)
{
	json_out_key(o, SLICE("rooms"));
	json_out_array(o);
	for (size_t i = 0; i < EPH_TYPE_COUNT; i++) {
		json_out_object(o);
		json_out_member(o, SLICE("room"), rooms[i].name);
		put_group(o, m, METRIC_ROOM, i);
		json_out_object_end(o);
	}
	json_out_array_end(o);
}

enum rc admin_status(const struct admin *ad, struct request *c, struct reply *r)
{
	struct admin_out out;
	struct metrics m;
	TRY(metrics_read(ad, &m));
	admin_begin(&out);
	json_out_member(&out.o, SLICE("issuer"), ad->config->issuer);
	json_out_member_int(&out.o, SLICE("pid"), getpid());
	json_out_key(&out.o, SLICE("directory"));
	json_out_object(&out.o);
	put_group(&out.o, &m, METRIC_DIRECTORY, 0);
	json_out_object_end(&out.o);
	put_rooms(&out.o, &m);
	return admin_end(&out, c, 200, r);
}
