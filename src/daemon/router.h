/* SPDX-License-Identifier: Apache-2.0 */
/* From a decoded request to a response: finds the row, checks method and origin, calls the handler, renders, logs. */
#ifndef OSTIARY_DAEMON_ROUTER_H
#define OSTIARY_DAEMON_ROUTER_H

#include "daemon/routes.h"
#include "http/server.h"

/* What a listener serves: the `kind` of http_listener. */
enum router_listener { ROUTER_PUBLIC, ROUTER_SESSION, ROUTER_ADMIN };

/* The callbacks of the HTTP server. `self` is the worker; thread-safe. */
struct http_service router_service(struct worker *w);

/* The row for a path (below the issuer's path) and method. RC_NOT_FOUND; RC_METHOD with the row, for its Allow and preflight. */
enum rc router_find(enum route_place place, struct slice path, enum call_method method, const struct route **ret_row) WARN_UNUSED;

#endif
