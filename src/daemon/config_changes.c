/* SPDX-License-Identifier: Apache-2.0 */
/* What a new configuration changes, by the table. */
#include "daemon/config_table.h"

static bool same_rows(const struct config_row *rows, const void *a, const void *b);

static bool same_list(const struct config_row *row, const struct config_list *a, const struct config_list *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!same_rows(row->sub, (const char *)a->v + i * row->size, (const char *)b->v + i * row->size))
			return false;
	return true;
}

static bool same_value(const struct config_row *row, const void *a, const void *b)
{
	switch (row->type) {
	case CONFIG_DURATION:
	case CONFIG_SIZE:
	case CONFIG_NUMBER:
		return *(const int64_t *)a == *(const int64_t *)b;
	case CONFIG_BOOL:
		return *(const bool *)a == *(const bool *)b;
	case CONFIG_LIST:
		return same_list(row, a, b);
	case CONFIG_GROUP:
		return same_rows(row->sub, a, b);
	case CONFIG_TEXT:
	case CONFIG_CHOICE:
	case CONFIG_WORDS:
	case CONFIG_TEXTS:
		break;
	}
	return slice_eq(*(const struct slice *)a, *(const struct slice *)b);
}

/* A group's keys stand in the same struct as the group. */
static bool same_row(const struct config_row *row, const void *a, const void *b)
{
	size_t offset = row->type == CONFIG_GROUP ? 0 : row->offset;
	return row->offset == CONFIG_NOWHERE || same_value(row, (const char *)a + offset, (const char *)b + offset);
}

static bool same_rows(const struct config_row *rows, const void *a, const void *b)
{
	for (; rows->key != NULL; rows++)
		if (!same_row(rows, a, b))
			return false;
	return true;
}

void config_table_restart(const struct config *running, const struct config *wanted, struct buf *names)
{
	for (const struct config_row *row = config_table; row->key != NULL; row++)
		if (!row->live && !same_row(row, running, wanted))
			buf_format(names, "%s%s", buf_slice(names).n > 0 ? ", " : "", row->key);
}
