/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rc.h"

static const struct rc_row rows[RC_COUNT] = {
#define RC(name, oauth, status, level, text) [RC_##name] = {#name, oauth, status, LOG_LEVEL_##level, text},
#include "base/rc.def"
#undef RC
};

const struct rc_row *rc_row(enum rc rc)
{
	if ((unsigned)rc >= RC_COUNT)
		return &rows[RC_INTERNAL];
	return &rows[rc];
}
