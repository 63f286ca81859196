/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/token/user_revocation.h"

#include "oauth/token/revocations.h"
#include "store/rooms.h"

enum rc user_revocation_add(const struct op *op, struct slice user, const struct dir_audit *audit, int64_t now,
			    struct arena *a)
{
	struct session_info *v;
	size_t n;
	TRY(revocations_add(op, &(struct dir_revocation){.type = DIR_REVOCATION_USER, .id = user, .at = now}, audit,
			    now));
	TRY(session_list(op->sessions, user, now, rooms[EPH_SESSION].party, a, &v, &n));
	for (size_t i = 0; i < n; i++)
		TRY(session_end(op->sessions, v[i].sid));
	return RC_OK;
}
