/* SPDX-License-Identifier: Apache-2.0 */
/* Which changes of a new configuration need a restart, by the table. */
#include "config/config_table.h"

/* Rows that are live are skipped. */
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
	case CONFIG_TEXT:
	case CONFIG_CHOICE:
	case CONFIG_WORDS:
	case CONFIG_TEXTS:
	case CONFIG_GROUP:
		break;
	}
	return slice_eq(*(const struct slice *)a, *(const struct slice *)b);
}

static bool same_rows(const struct config_row *rows, const void *a, const void *b)
{
	for (; rows->key != NULL; rows++) {
		bool seen = !rows->live && rows->offset != CONFIG_NOWHERE;
		if (seen && !same_value(rows, (const char *)a + rows->offset, (const char *)b + rows->offset))
			return false;
	}
	return true;
}

static size_t size_of(enum config_type type)
{
	switch (type) {
	case CONFIG_DURATION:
	case CONFIG_SIZE:
	case CONFIG_NUMBER:
		return sizeof(int64_t);
	case CONFIG_BOOL:
		return sizeof(bool);
	case CONFIG_LIST:
		return sizeof(struct config_list);
	case CONFIG_TEXT:
	case CONFIG_CHOICE:
	case CONFIG_WORDS:
	case CONFIG_TEXTS:
	case CONFIG_GROUP:
		break;
	}
	return sizeof(struct slice);
}

/* A group's keys are members of the same struct as the group. */
static void keep_rows(const struct config_row *rows, const char *group, const void *running, void *wanted,
		      struct buf *names)
{
	for (; rows->key != NULL; rows++) {
		if (rows->live)
			continue;
		if (rows->type == CONFIG_GROUP) {
			keep_rows(rows->sub, rows->key, running, wanted, names);
			continue;
		}
		const void *from = (const char *)running + rows->offset;
		void *to = (char *)wanted + rows->offset;
		if (same_value(rows, from, to))
			continue;
		memcpy(to, from, size_of(rows->type));
		buf_format(names, "%s%s%s%s", buf_slice(names).n > 0 ? ", " : "", group, group[0] == 0 ? "" : ".",
			   rows->key);
	}
}

void config_table_keep(const struct config *running, struct config *wanted, struct buf *names)
{
	keep_rows(config_table, "", running, wanted, names);
}
