/* SPDX-License-Identifier: Apache-2.0 */
/* From a decoded request to a response: finds the row, checks method and origin, calls the handler, renders, logs. */
#ifndef OSTIARY_FRONT_ROUTER_H
#define OSTIARY_FRONT_ROUTER_H

#include "front/routes.h"
#include "http/server.h"

/* What a listener serves: the `type` of http_listener. */
enum router_listener { ROUTER_PUBLIC, ROUTER_SESSION, ROUTER_ADMIN, ROUTER_KINDS };

/* The callbacks of the HTTP server. For each request `take` gives the struct front that it is served with, and `give`
 * takes that back once the answer is sent. Thread-safe. */
struct http_service router_service(void *self, void *(*take)(void *self), void (*give)(void *front));

/* The row for a path (below the issuer's path) and method. RC_NOT_FOUND; RC_METHOD with the row, for its Allow and
 * preflight. */
enum rc router_find(enum route_place place, struct slice path, enum request_method method,
		    const struct route **ret_row) WARN_UNUSED;

#endif
