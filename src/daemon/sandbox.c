/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/sandbox.h"

#include <sys/prctl.h>
#include <sys/resource.h>

enum rc sandbox_enter(enum sandbox_kind kind, const struct role *role)
{
	const struct rlimit none = {0, 0};
	(void)kind;
	(void)role;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return RC_INTERNAL;
	return setrlimit(RLIMIT_CORE, &none) == 0 ? RC_OK : RC_INTERNAL;
}
