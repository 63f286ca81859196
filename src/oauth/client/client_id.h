/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of client_id: in a header of its own for the configuration, which links nothing else of this folder. */
#ifndef OSTIARY_OAUTH_CLIENT_ID_H
#define OSTIARY_OAUTH_CLIENT_ID_H

#include "base/slice.h"

enum { CLIENT_ID_MAX = 128 };

/* The fault (static), or NULL. RFC 6749 A.1: VSCHAR, without characters that need escaping in pages or storage. */
static inline const char *client_id_fault(struct slice id)
{
	for (size_t i = 0; i < id.n; i++)
		if (id.p[i] <= 0x20 || id.p[i] >= 0x7F || id.p[i] == '"' || id.p[i] == '\\')
			return "may hold only visible ASCII characters without \" and \\";
	return id.n > 0 && id.n <= CLIENT_ID_MAX ? NULL : "is empty or too long";
}

#endif
