/* SPDX-License-Identifier: Apache-2.0 */
#include "store/memory/memory.h"

enum { RECORDS = 500000, BYTES = 256 << 20 };

static bool is_valid(struct slice rest)
{
	return rest.p == NULL;
}

static enum rc name(UNUSED const struct store_place *p, UNUSED struct arena *a, struct slice *ret, bool *ret_missing)
{
	*ret = SLICE("memory");
	*ret_missing = true;
	return RC_OK;
}

static enum rc open_ephemeral(const struct store_place *p, UNUSED struct arena *a, struct ephemeral *ret,
			      UNUSED struct slice *ret_why)
{
	return memory_ephemeral_open(&(struct memory_options){p->max_records > 0 ? p->max_records : RECORDS, BYTES, p->now}, ret);
}

const struct store_backend memory_backend = {
	.scheme = SLICE_INIT("memory"), .is_valid = is_valid, .name = name, .open_ephemeral = open_ephemeral};
