/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/cors.h"

static bool is_allowed(const struct gate_cors *cors, struct slice origin)
{
	for (size_t i = 0; i < cors->origin_count; i++)
		if (slice_eq(cors->origins[i], origin))
			return true;
	return false;
}

static bool is_preflight(const struct gate_request *r)
{
	struct slice method;
	return slice_eq(r->method, SLICE("OPTIONS")) &&
	       gate_request_header(r, SLICE("access-control-request-method"), &method) == RC_OK;
}

enum gate_cors_what gate_cors_check(const struct gate_cors *cors, const struct gate_request *r, struct slice *ret_origin)
{
	struct slice origin;
	if (cors->origin_count == 0 || gate_request_header(r, SLICE("origin"), &origin) != RC_OK)
		return GATE_CORS_NONE;
	if (!is_allowed(cors, origin))
		return is_preflight(r) ? GATE_CORS_REFUSED : GATE_CORS_NONE;
	*ret_origin = origin;
	return is_preflight(r) ? GATE_CORS_PREFLIGHT : GATE_CORS_ALLOWED;
}

static void add(struct gate_header *headers, size_t *n, struct slice name, struct slice value)
{
	if (value.n > 0)
		headers[(*n)++] = (struct gate_header){name, value};
}

size_t gate_cors_headers(const struct gate_cors *cors, enum gate_cors_what what, struct slice origin,
			 struct gate_header ret_headers[static GATE_CORS_HEADERS_MAX])
{
	size_t n = 0;
	if (what != GATE_CORS_ALLOWED && what != GATE_CORS_PREFLIGHT)
		return 0;
	add(ret_headers, &n, SLICE("Access-Control-Allow-Origin"), origin);
	if (cors->credentials)
		add(ret_headers, &n, SLICE("Access-Control-Allow-Credentials"), SLICE("true"));
	if (what == GATE_CORS_ALLOWED) {
		add(ret_headers, &n, SLICE("Access-Control-Expose-Headers"), cors->expose);
		return n;
	}
	add(ret_headers, &n, SLICE("Access-Control-Allow-Methods"), cors->methods);
	add(ret_headers, &n, SLICE("Access-Control-Allow-Headers"), cors->headers);
	add(ret_headers, &n, SLICE("Access-Control-Max-Age"), cors->max_age);
	return n;
}
