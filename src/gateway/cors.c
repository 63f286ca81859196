/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/cors.h"

static bool is_allowed(const struct gateway_cors *cors, struct slice origin)
{
	for (size_t i = 0; i < cors->origin_count; i++)
		if (slice_eq(cors->origins[i], origin))
			return true;
	return false;
}

static bool is_preflight(const struct gateway_request *r)
{
	struct slice method;
	return slice_eq(r->method, SLICE("OPTIONS")) &&
	       gateway_request_header(r, SLICE("access-control-request-method"), &method) == RC_OK;
}

enum gateway_cors_what gateway_cors_validate(const struct gateway_cors *cors, const struct gateway_request *r,
					     struct slice *ret_origin)
{
	struct slice origin;
	if (cors->origin_count == 0 || gateway_request_header(r, SLICE("origin"), &origin) != RC_OK)
		return GATEWAY_CORS_NONE;
	if (!is_allowed(cors, origin))
		return is_preflight(r) ? GATEWAY_CORS_REFUSED : GATEWAY_CORS_NONE;
	*ret_origin = origin;
	return is_preflight(r) ? GATEWAY_CORS_PREFLIGHT : GATEWAY_CORS_ALLOWED;
}

static void add(struct gateway_header *headers, size_t *n, struct slice name, struct slice value)
{
	if (value.n > 0)
		headers[(*n)++] = (struct gateway_header){name, value};
}

size_t gateway_cors_headers(const struct gateway_cors *cors, enum gateway_cors_what what, struct slice origin,
			 struct gateway_header ret_headers[static GATEWAY_CORS_HEADERS_MAX])
{
	size_t n = 0;
	if (what != GATEWAY_CORS_ALLOWED && what != GATEWAY_CORS_PREFLIGHT)
		return 0;
	add(ret_headers, &n, SLICE("Access-Control-Allow-Origin"), origin);
	if (cors->credentials)
		add(ret_headers, &n, SLICE("Access-Control-Allow-Credentials"), SLICE("true"));
	if (what == GATEWAY_CORS_ALLOWED) {
		add(ret_headers, &n, SLICE("Access-Control-Expose-Headers"), cors->expose);
		return n;
	}
	add(ret_headers, &n, SLICE("Access-Control-Allow-Methods"), cors->methods);
	add(ret_headers, &n, SLICE("Access-Control-Allow-Headers"), cors->headers);
	add(ret_headers, &n, SLICE("Access-Control-Max-Age"), cors->max_age);
	return n;
}
