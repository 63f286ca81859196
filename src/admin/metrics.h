/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers that the daemon tells of itself: a row each in metrics.def. An endpoint that prints them walks the rows. */
#ifndef OSTIARY_ADMIN_METRICS_H
#define OSTIARY_ADMIN_METRICS_H

#include "admin/admin.h"
#include "oauth/token/revocations.h"

enum metric_group { METRIC_DIRECTORY, METRIC_ROOM };
enum metric_type { METRIC_GAUGE, METRIC_COUNTER };

/* What the rows read, at one moment. */
struct metrics {
	struct dir_sizes directory;
	struct revocations_size revocations;
	struct eph_room rooms[EPH_TYPE_COUNT];
};

struct metric_row {
	enum metric_group group;
	struct slice member; /* of its group in /admin/status */
	struct slice name;   /* in the Prometheus text format; of a counter it ends in _total */
	enum metric_type type;
	const char *help; /* a sentence */
	/* `room`: which one, of those in METRIC_ROOM; else 0. Never negative. */
	int64_t (*read)(const struct metrics *m, size_t room);
};

extern const struct metric_row metric_rows[];
extern const size_t metric_row_count;

/* RC_STORE. Thread-safe. */
enum rc metrics_read(const struct admin *ad, struct metrics *ret) WARN_UNUSED;

#endif
