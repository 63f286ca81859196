/* SPDX-License-Identifier: Apache-2.0 */
/* Identity headers: the names that only the gateway may set, in any spelling. */
#ifndef OSTIARY_GATEWAY_HEADER_NAME_H
#define OSTIARY_GATEWAY_HEADER_NAME_H

#include "base/rc.h"
#include "base/slice.h"

/* The built-in names, as they are written to backends. */
enum header_identity {
	HEADER_USER_ID,
	HEADER_TENANT_ID,
	HEADER_ROLES,
	HEADER_SESSION_ID,
	HEADER_CLIENT_ID,
	HEADER_SCOPE,
	HEADER_IDENTITY_COUNT
};
extern const struct slice header_identity_names[HEADER_IDENTITY_COUNT];

/* Names beyond the built-in ones. Constant. */
struct header_names {
	const struct slice *extra;
	size_t extra_count;
};

/* True if a backend may read the two as one name: letters without case, and every byte that is neither letter nor
 * digit as "-". CGI, WSGI and PHP fold "-", "_" and "." into one. */
bool header_name_eq(struct slice a, struct slice b);
/* True if a request header of this name must be deleted. */
bool header_name_is_identity(const struct header_names *names, struct slice name);
/* Whether the gateway may set or delete a header of this name. RC_SYNTAX: not a field name (RFC 9110 5.1) of at most
 * 64 bytes that starts with a letter. RC_FORBIDDEN: it frames, routes or authenticates a message, or the decision
 * reads it (Host, Connection, Content-Length, Authorization, Cookie, Origin, Sec-*, …). Names are compared by
 * header_name_eq. */
enum rc header_name_validate(struct slice name) WARN_UNUSED;
/* True if a Connection header's value (RFC 9110 7.6.1) names an identity header: the next hop would drop that
 * header. */
bool header_name_in_connection(const struct header_names *names, struct slice value);

#endif
