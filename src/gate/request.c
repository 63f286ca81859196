/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/request.h"

enum rc gate_request_header(const struct gate_request *r, struct slice name, struct slice *ret_value)
{
	const struct gate_header *found = NULL;
	for (size_t i = 0; i < r->header_count; i++) {
		if (!slice_eq_nocase(r->headers[i].name, name))
			continue;
		if (found != NULL)
			return RC_DUPLICATE;
		found = &r->headers[i];
	}
	if (found == NULL)
		return RC_MISSING;
	*ret_value = found->value;
	return RC_OK;
}

enum rc gate_request_bearer(const struct gate_request *r, struct slice *ret_token)
{
	struct slice value;
	enum rc rc = gate_request_header(r, SLICE("authorization"), &value);
	if (rc == RC_MISSING)
		return RC_NO_CREDENTIALS;
	if (rc != RC_OK)
		return RC_INVALID_REQUEST;
	struct slice scheme = SLICE("bearer");
	if (!slice_eq_nocase(slice_to(value, slice_find(value, ' ')), scheme))
		return RC_NO_CREDENTIALS;
	struct slice token = slice_trim(slice_from(value, scheme.n));
	/* One token; which characters it may have is for jwt_split. */
	if (token.n == 0 || slice_find(token, ' ') < token.n || slice_find(token, ',') < token.n)
		return RC_INVALID_REQUEST;
	*ret_token = token;
	return RC_OK;
}

static bool is_cookie_value(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
		      c == '.'))
			return false;
	}
	return s.n > 0 && s.n <= GATE_COOKIE_MAX;
}

static void find_cookies(struct slice header, struct slice name, struct slice *value, size_t *found)
{
	struct slice part;
	while (slice_split(&header, ';', &part)) {
		part = slice_trim(part);
		size_t eq = slice_find(part, '=');
		if (!slice_eq(slice_to(part, eq), name))
			continue;
		*value = slice_from(part, eq + 1);
		++*found;
	}
}

enum rc gate_request_cookie(const struct gate_request *r, struct slice name, struct slice *ret_value)
{
	struct slice value = SLICE_NONE;
	size_t found = 0;
	for (size_t i = 0; i < r->header_count; i++)
		if (slice_eq_nocase(r->headers[i].name, SLICE("cookie")))
			find_cookies(r->headers[i].value, name, &value, &found);
	if (found > 1)
		return RC_INVALID_REQUEST;
	if (found == 0 || !is_cookie_value(value))
		return RC_NO_CREDENTIALS;
	*ret_value = value;
	return RC_OK;
}

bool gate_request_is_navigation(const struct gate_request *r)
{
	struct slice mode, accept;
	if (!slice_eq(r->method, SLICE("GET")) && !slice_eq(r->method, SLICE("HEAD")))
		return false;
	enum rc rc = gate_request_header(r, SLICE("sec-fetch-mode"), &mode);
	if (rc != RC_MISSING)
		return rc == RC_OK && slice_eq(mode, SLICE("navigate"));
	if (gate_request_header(r, SLICE("accept"), &accept) != RC_OK)
		return false;
	struct slice part;
	while (slice_split(&accept, ',', &part)) {
		part = slice_trim(part);
		if (slice_eq_nocase(slice_trim(slice_to(part, slice_find(part, ';'))), SLICE("text/html")))
			return true;
	}
	return false;
}

bool gate_request_is_safe(const struct gate_request *r)
{
	return slice_eq(r->method, SLICE("GET")) || slice_eq(r->method, SLICE("HEAD")) ||
	       slice_eq(r->method, SLICE("OPTIONS"));
}

static bool is_own_origin(const struct gate_request *r, struct slice origin)
{
	struct slice scheme = r->secure ? SLICE("https://") : SLICE("http://");
	return r->host.n > 0 && slice_starts(origin, scheme) && slice_eq_nocase(slice_from(origin, scheme.n), r->host);
}

enum rc gate_request_csrf(const struct gate_request *r)
{
	struct slice site, origin;
	if (gate_request_is_safe(r))
		return RC_OK;
	enum rc rc = gate_request_header(r, SLICE("sec-fetch-site"), &site);
	if (rc == RC_OK)
		return slice_eq(site, SLICE("same-origin")) || slice_eq(site, SLICE("none")) ? RC_OK : RC_CSRF;
	if (rc != RC_MISSING || gate_request_header(r, SLICE("origin"), &origin) != RC_OK)
		return RC_CSRF;
	return is_own_origin(r, origin) ? RC_OK : RC_CSRF;
}

static bool has_prefix(struct slice part, const struct slice *prefixes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (slice_starts(part, prefixes[i]))
			return true;
	return false;
}

enum rc gate_request_strip_cookies(struct slice value, const struct slice *prefixes, size_t count, struct arena *a,
				   struct slice *ret_value)
{
	struct slice rest = value, part;
	size_t dropped = 0, n = 0;
	while (slice_split(&rest, ';', &part))
		dropped += has_prefix(slice_trim(part), prefixes, count);
	if (dropped == 0) {
		*ret_value = value;
		return RC_OK;
	}
	uint8_t *dst = arena_alloc(a, value.n * 2 + 2);
	if (dst == NULL)
		return RC_LIMIT;
	for (rest = value; slice_split(&rest, ';', &part);) {
		part = slice_trim(part);
		if (part.n == 0 || has_prefix(part, prefixes, count))
			continue;
		if (n > 0) {
			dst[n++] = ';';
			dst[n++] = ' ';
		}
		memcpy(dst + n, part.p, part.n);
		n += part.n;
	}
	*ret_value = slice_of(dst, n);
	return RC_OK;
}
