/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/metrics.h"

/* A row's function bears the number of its line. */
#define READER_(line) read_##line
#define READER(line) READER_(line)

#define METRIC(group, member, name, type, help, source)                \
	static int64_t READER(__LINE__)(const struct metrics *m, size_t room) \
	{                                                              \
		(void)room;                                            \
		return (int64_t)(source);                              \
	}
#include "admin/metrics.def"
#undef METRIC

const struct metric_row metric_rows[] = {
#define METRIC(group, member, name, type, help, source) \
	{METRIC_##group, SLICE_INIT(member), SLICE_INIT(name), METRIC_##type, help, READER(__LINE__)},
#include "admin/metrics.def"
#undef METRIC
};

const size_t metric_row_count = ARRAY_LEN(metric_rows);

enum rc metrics_read(const struct admin *ad, struct metrics *ret)
{
	TRY(ad->directory->sizes(ad->directory->self, &ret->directory));
	TRY(ad->ephemeral->rooms(ad->ephemeral->self, ret->rooms));
	ret->revocations = revocations_size(ad->op->revocations);
	return RC_OK;
}
