/* SPDX-License-Identifier: Apache-2.0 */
/* CORS (Fetch standard) for APIs behind the gateway, by configuration. */
#ifndef OSTIARY_GATEWAY_CORS_H
#define OSTIARY_GATEWAY_CORS_H

#include "gateway/gateway_request.h"

/* Constant. Without origins CORS is off: preflights are ordinary requests. */
struct gateway_cors {
	const struct slice *origins; /* "https://shop.example", compared byte for byte; never "*" */
	size_t origin_count;
	struct slice methods; /* of Access-Control-Allow-Methods: "GET, POST" */
	struct slice headers; /* of Access-Control-Allow-Headers: "authorization, content-type" */
	struct slice expose;  /* of Access-Control-Expose-Headers */
	struct slice max_age; /* seconds as text */
	bool credentials;     /* allow cookies too: session mode of a sibling origin */
};

enum gateway_cors_what {
	GATEWAY_CORS_NONE, /* no Origin, no configuration, or a foreign origin on an ordinary request: nothing to add */
	GATEWAY_CORS_ALLOWED,   /* add headers to the answer */
	GATEWAY_CORS_PREFLIGHT, /* answer 204 with headers now; no credential is needed */
	GATEWAY_CORS_REFUSED,   /* a preflight from an origin that is not allowed: answer 403 without headers */
};

enum { GATEWAY_CORS_HEADERS_MAX = 5 };

/* *ret_origin is the allowed origin, as sent. */
enum gateway_cors_what gateway_cors_validate(const struct gateway_cors *cors, const struct gateway_request *r,
					     struct slice *ret_origin);
/* The headers of that answer. The caller adds Vary, since it appends. */
size_t gateway_cors_headers(const struct gateway_cors *cors, enum gateway_cors_what what, struct slice origin,
			 struct gateway_header ret_headers[static GATEWAY_CORS_HEADERS_MAX]);

#endif
