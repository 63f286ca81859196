/* SPDX-License-Identifier: Apache-2.0 */
/* Cross-origin answers (Fetch standard, CORS protocol) for APIs behind the gateway, by configuration. */
#ifndef OSTIARY_GATE_CORS_H
#define OSTIARY_GATE_CORS_H

#include "gate/request.h"

/* Constant. No origins: no cross-origin answers, preflights are ordinary requests. */
struct gate_cors {
	const struct slice *origins; /* "https://shop.example", compared byte for byte; never "*" */
	size_t origin_count;
	struct slice methods; /* of Access-Control-Allow-Methods: "GET, POST" */
	struct slice headers; /* of Access-Control-Allow-Headers: "authorization, content-type" */
	struct slice expose;  /* of Access-Control-Expose-Headers */
	struct slice max_age; /* seconds as text */
	bool credentials;     /* cookies too: session mode of a sibling origin */
};

enum gate_cors_what {
	GATE_CORS_NONE,      /* no Origin, no configuration, or a foreign origin on an ordinary request: nothing to add */
	GATE_CORS_ALLOWED,   /* add headers to whatever is answered */
	GATE_CORS_PREFLIGHT, /* answer 204 with headers now, without a credential */
	GATE_CORS_REFUSED,   /* a preflight of another origin: answer 403 without headers */
};

enum { GATE_CORS_HEADERS_MAX = 5 };

/* *ret_origin is the allowed origin, as sent. */
enum gate_cors_what gate_cors_check(const struct gate_cors *cors, const struct gate_request *r, struct slice *ret_origin);
/* The headers of that answer; Vary is the caller's, since it appends. */
size_t gate_cors_headers(const struct gate_cors *cors, enum gate_cors_what what, struct slice origin,
			 struct gate_header ret_headers[static GATE_CORS_HEADERS_MAX]);

#endif
