/* SPDX-License-Identifier: Apache-2.0 */
/* GET /forward-auth?policy=NAME: the gateway's decision for Caddy, Traefik, HAProxy, Envoy and nginx's auth_request. */
#ifndef OSTIARY_FRONT_FORWARD_AUTH_H
#define OSTIARY_FRONT_FORWARD_AUTH_H

#include "config/config.h"
#include "front/routes.h"

struct forward_auth;

/* From the configuration; lives in the arena. RC_RANGE: a bearer policy without audience, or one name twice. */
enum rc forward_auth_new(const struct config *config, const struct config_list *resources, struct arena *a,
			 struct forward_auth **ret) WARN_UNUSED;

/* The proxy sends the request's method, target and host in X-Forwarded-Method, -Uri and -Host, and passes
 * Authorization, Cookie, Origin and Sec-Fetch-* on. 200 with every identity header, those without a value empty, so
 * that the proxy overwrites what the client sent; 302, 400, 401, 403 or 503 as the gateway would answer. RC_FORBIDDEN:
 * the listener has no trusted_proxy; RC_NOT_FOUND: no such policy; RC_MISSING: a header of the proxy.
 * RC_INVALID_REQUEST: an X-Forwarded-* header other than -For twice, X-Forwarded-Host is no host or, in session mode,
 * none of `gateways`, another spelling of an identity header, or Connection names one. Hosts are compared without
 * case. */
route_handler forward_auth_endpoint;

#endif
