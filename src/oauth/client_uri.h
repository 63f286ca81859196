/* SPDX-License-Identifier: Apache-2.0 */
/* The URIs that clients register: what may be one, their origins, and when two redirect URIs are the same. */
#ifndef OSTIARY_OAUTH_CLIENT_URI_H
#define OSTIARY_OAUTH_CLIENT_URI_H

#include "base/arena.h"
#include "base/rc.h"

enum { CLIENT_URI_MAX = 2000 };

/* NULL where the URI may be registered, else what is wrong with it (static). */
const char *client_uri_redirect_fault(struct slice uri);
/* The same for links shown to people (client_uri, policy_uri, tos_uri, logo_uri): https, or http on localhost. */
const char *client_uri_link_fault(struct slice uri);
/* NULL where it is an origin as browsers write it: scheme, host, port unless it is the scheme's own; nothing after. */
const char *client_uri_origin_fault(struct slice origin);

/* The origin of a URI that passed the checks, a slice of it; empty for private-use schemes. The scheme's own port is
 * left off. */
struct slice client_uri_origin(struct slice uri);
/* Exactly the same, but for the port of a loopback IP address (RFC 8252 7.3). */
bool client_uri_same(struct slice registered, struct slice asked);

#endif
