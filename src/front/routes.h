/* SPDX-License-Identifier: Apache-2.0 */
/* The table of contents: every endpoint with its handler, limits, error form and cross-origin rule. */
#ifndef OSTIARY_FRONT_ROUTES_H
#define OSTIARY_FRONT_ROUTES_H

#include "front/front.h"

/* Which requests a row is for: those of a listener, the public ones told apart by their host. */
enum route_place {
	ROUTE_PUBLIC,  /* the issuer's host */
	ROUTE_GATE,    /* a gateway's host, under /_ostiary/ */
	ROUTE_SESSION, /* backends */
	ROUTE_ADMIN,   /* the admin socket */
};

enum route_error { ROUTE_ERROR_JSON, ROUTE_ERROR_PAGE };

enum route_cors { ROUTE_CORS_NONE, ROUTE_CORS_ANY, ROUTE_CORS_REGISTERED };

#define ROUTE_GET (1u << CALL_GET)
#define ROUTE_POST (1u << CALL_POST)
#define ROUTE_PUT (1u << CALL_PUT)
#define ROUTE_DELETE (1u << CALL_DELETE)

typedef enum rc route_handler(const struct front *f, struct request *c, struct reply *ret_reply);

struct route {
	enum route_place place;
	unsigned methods;  /* ROUTE_GET allows HEAD too */
	struct slice path; /* below the issuer's path; one that ends in "*" stands for all that start so */
	/* One of the four. */
	op_handler *op;
	rp_handler *rp;
	admin_handler *admin;
	route_handler *own;
	enum route_error error;
	enum route_cors cors;
	size_t body_max;
	bool at_once;  /* never waits: answered even if requests that wait hold all the threads that they may */
	bool bearer;   /* accepts access tokens: its refusals carry a challenge */
	bool reads_faults; /* its handler is also called for ambiguous parameters, and answers those itself */
	bool any_host; /* also where the Host is neither the issuer's nor a gateway's: health checks, other gateways */
	const char *spec;
};

extern const struct route routes[];
extern const size_t route_count;

#endif
