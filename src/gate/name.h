/* SPDX-License-Identifier: Apache-2.0 */
/* Identity headers: which names only the gateway may set, however a client spells them. */
#ifndef OSTIARY_GATE_NAME_H
#define OSTIARY_GATE_NAME_H

#include "base/slice.h"

/* Names beyond the built-in ones (X-User-Id, X-Tenant-Id, X-Roles, X-Session-Id, X-Client-Id, X-Scope). Constant. */
struct gate_names {
	const struct slice *extra;
	size_t extra_count;
};

/* True where a backend may read the two as one name: letters without case, and every byte that is neither letter nor digit
 * as "-", since CGI, WSGI and PHP fold "-", "_" and "." into one. */
bool gate_name_eq(struct slice a, struct slice b);
/* True where a request header of this name must be deleted. */
bool gate_name_is_identity(const struct gate_names *names, struct slice name);
/* True where a Connection header's value (RFC 9110 7.6.1) names an identity header: a next hop would drop it. */
bool gate_name_in_connection(const struct gate_names *names, struct slice value);

#endif
