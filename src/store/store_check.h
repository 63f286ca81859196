/* SPDX-License-Identifier: Apache-2.0 */
/* Checks that every backend makes first. For the backends only. */
#ifndef OSTIARY_STORE_STORE_CHECK_H
#define OSTIARY_STORE_STORE_CHECK_H

#include "store/dir_credentials.h"
#include "store/ephemeral.h"

/* RC_RANGE: a type without values, or already expired; RC_LIMIT: value or index too long. */
static inline enum rc validate_record(const struct eph_record *r, int64_t now)
{
	if (r->type < 0 || r->type >= EPH_TYPE_COUNT || eph_is_counter(r->type))
		return RC_RANGE;
	if (r->expires <= now)
		return RC_RANGE;
	return r->value.n > EPH_VALUE_MAX || r->index.n > EPH_INDEX_MAX ? RC_LIMIT : RC_OK;
}

/* RC_RANGE: no type or no data; RC_LIMIT: a member is too long. */
static inline enum rc validate_credential(const struct dir_credential *c)
{
	if (c->type.n == 0 || c->data.n == 0)
		return RC_RANGE;
	bool fits = c->type.n <= DIR_CREDENTIAL_TYPE_MAX && c->id.n <= DIR_CREDENTIAL_ID_MAX &&
		    c->data.n <= DIR_CREDENTIAL_DATA_MAX;
	return fits ? RC_OK : RC_LIMIT;
}

/* RC_RANGE: not a counter's kind, no window, or one that does not end. */
static inline enum rc validate_counter(const struct eph_counter *c, int64_t now, int64_t *ret_expires)
{
	if (!eph_is_counter(c->type) || c->window <= 0)
		return RC_RANGE;
	return __builtin_add_overflow(now, c->window, ret_expires) ? RC_RANGE : RC_OK;
}

#endif
