/* SPDX-License-Identifier: Apache-2.0 */
/* What every ephemeral backend refuses before it touches anything. For the backends only. */
#ifndef OSTIARY_STORE_CHECK_H
#define OSTIARY_STORE_CHECK_H

#include "store/ephemeral.h"

/* RC_RANGE: not a kind that holds values, or expired already; RC_LIMIT: value or index too long. */
static inline enum rc check_record(const struct eph_record *r, int64_t now)
{
	if (r->kind < 0 || r->kind >= EPH_KIND_COUNT || r->kind == EPH_COUNTER)
		return RC_RANGE;
	if (r->expires <= now)
		return RC_RANGE;
	return r->value.n > EPH_VALUE_MAX || r->index.n > EPH_INDEX_MAX ? RC_LIMIT : RC_OK;
}

#endif
