/* SPDX-License-Identifier: Apache-2.0 */
/* The events by which the audit trail can be asked for: those that are recorded in it. */
#include "admin/admin_internal.h"

static bool recorded(size_t i)
{
	return audit_events[i].store != AUDIT_LOG_ONLY;
}

enum rc admin_audit_event(struct request *c, struct slice event)
{
	struct slice all = SLICE_NONE;
	for (size_t i = 0; i < AUDIT_EVENT_COUNT; i++)
		if (event.n == 0 || (recorded(i) && slice_eq(audit_events[i].name, event)))
			return RC_OK;
	for (size_t i = 0; i < AUDIT_EVENT_COUNT; i++)
		if (recorded(i))
			TRY(arena_format(c->arena, &all, "%.*s%s%.*s", SLICE_ARGS(all), all.n == 0 ? "" : ", ",
					 SLICE_ARGS(audit_events[i].name)));
	TRY(arena_format(c->arena, &c->log_detail, "there is no event %.*s; there are %.*s",
			 SLICE_ARGS(admin_shown(event)), SLICE_ARGS(all)));
	return RC_RANGE;
}
