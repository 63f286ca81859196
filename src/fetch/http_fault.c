/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/http_fault.h"

#include <stdio.h>

void http_fault_text(enum rc rc, const struct http_fault *fault, char *dst, size_t cap)
{
	if (rc != RC_UPSTREAM)
		(void)snprintf(dst, cap, "%s", rc_row(rc)->name);
	else
		(void)snprintf(dst, cap, "%s%s%s", fault->what, fault->text[0] == 0 ? "" : ": ", fault->text);
}
