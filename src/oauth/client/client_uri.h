/* SPDX-License-Identifier: Apache-2.0 */
/* URIs that clients register: which are allowed, their origins, and the comparison of redirect URIs. */
#ifndef OSTIARY_OAUTH_CLIENT_URI_H
#define OSTIARY_OAUTH_CLIENT_URI_H

#include "base/arena.h"
#include "base/rc.h"

enum { CLIENT_URI_MAX = 2000 };

/* NULL if the URI may be registered, else the fault (static). */
const char *client_uri_redirect_fault(struct slice uri);
/* The same for links that pages show (client_uri, policy_uri, tos_uri, logo_uri): https, or http on localhost. */
const char *client_uri_link_fault(struct slice uri);
/* NULL if it is an origin as browsers write it: scheme, host, port unless it is the scheme's default; nothing after. */
const char *client_uri_origin_fault(struct slice origin);

/* The origin of a validated URI, a slice of it, without the scheme's default port; empty for private-use schemes. */
struct slice client_uri_origin(struct slice uri);
/* Exactly equal. The port may differ on a loopback IP address (RFC 8252 7.3) and, if `localhost`, on that name
 * (8.3). */
bool client_uri_same(struct slice registered, struct slice asked, bool localhost);
/* The fault of a URI that is written as a pattern, or NULL: for new registrations. Older versions accepted it; it
 * matches only itself. */
const char *client_uri_pattern_fault(struct slice uri);
/* Whether its scheme has no dot, as some apps use: only for clients registered as native. */
bool client_uri_of_app(struct slice uri);

#endif
