/* SPDX-License-Identifier: Apache-2.0 */
/* GET /forward-auth?policy=NAME: the gateway's decision for Caddy, Traefik, HAProxy, Envoy and nginx's auth_request. */
#ifndef OSTIARY_DAEMON_FORWARD_AUTH_H
#define OSTIARY_DAEMON_FORWARD_AUTH_H

#include "daemon/config.h"
#include "daemon/routes.h"

struct forward_auth;

/* From the configuration; lives in the arena. RC_RANGE: a bearer policy without audience, or one name twice. */
enum rc forward_auth_new(const struct config *config, struct arena *a, struct forward_auth **ret) WARN_UNUSED;

void forward_auth_free(struct forward_auth *f); /* before its arena; NULL is fine. Not while it is in use */

/* Puts `f` in the place of the worker's. Waits for nobody: requests that are under way go on with the policies before, which are to be
 * kept for as long as they are in use. */
void forward_auth_replace(struct worker *w, struct forward_auth *f);
bool forward_auth_in_use(const struct forward_auth *f);

/* The proxy says in X-Forwarded-Method, -Uri and -Host what it was asked, and passes Authorization, Cookie, Origin and
 * Sec-Fetch-* on. 200 with every identity header, those without a value empty, so that the proxy overwrites what the
 * client sent; 302, 400, 401, 403 or 503 as the gateway would answer. RC_FORBIDDEN on a listener without trusted_proxy;
 * RC_NOT_FOUND: no such policy; RC_MISSING: a header of the proxy. */
route_handler forward_auth_endpoint;

#endif
