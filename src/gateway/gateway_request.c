/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/gateway_request.h"

#include "base/ascii.h"
#include "base/percent.h"
#include "cookie/cookie.h"
#include "cookie/same_origin.h"

enum rc gateway_request_header(const struct gateway_request *r, struct slice name, struct slice *ret_value)
{
	const struct gateway_header *found = NULL;
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

enum rc gateway_request_bearer(const struct gateway_request *r, struct slice *ret_token)
{
	struct slice value;
	enum rc rc = gateway_request_header(r, SLICE("authorization"), &value);
	if (rc == RC_MISSING)
		return RC_NO_CREDENTIALS;
	if (rc != RC_OK)
		return RC_INVALID_REQUEST;
	struct slice scheme = SLICE("bearer");
	if (!slice_eq_nocase(slice_to(value, slice_find(value, ' ')), scheme))
		return RC_NO_CREDENTIALS;
	struct slice token = slice_trim(slice_from(value, scheme.n));
	/* jwt_split checks the token's characters. */
	if (token.n == 0 || slice_find(token, ' ') < token.n || slice_find(token, ',') < token.n)
		return RC_INVALID_REQUEST;
	*ret_token = token;
	return RC_OK;
}

static bool is_cookie_value(struct slice s)
{
	return ascii_all(s, ASCII_BASE64URL, ".") && s.n > 0 && s.n <= GATEWAY_COOKIE_MAX;
}

/* An app's own cookies may be malformed; that is no reason to refuse. */
enum rc gateway_request_cookie(const struct gateway_request *r, struct slice name, struct slice *ret_value)
{
	struct cookie_found found = {0};
	for (size_t i = 0; i < r->header_count; i++)
		if (slice_eq_nocase(r->headers[i].name, SLICE("cookie")))
			cookie_find(r->headers[i].value, name, &found);
	if (found.count > 1)
		return RC_INVALID_REQUEST;
	if (found.count == 0 || !is_cookie_value(found.value))
		return RC_NO_CREDENTIALS;
	*ret_value = found.value;
	return RC_OK;
}

/* By Sec-Fetch headers; if there are none, by Accept. */
static bool wants_page(const struct gateway_request *r)
{
	struct slice mode, accept;
	enum rc rc = gateway_request_header(r, SLICE("sec-fetch-mode"), &mode);
	if (rc != RC_MISSING)
		return rc == RC_OK && slice_eq(mode, SLICE("navigate"));
	if (gateway_request_header(r, SLICE("accept"), &accept) != RC_OK)
		return false;
	struct slice part;
	while (slice_split(&accept, ',', &part)) {
		part = slice_trim(part);
		if (slice_eq_nocase(slice_trim(slice_to(part, slice_find(part, ';'))), SLICE("text/html")))
			return true;
	}
	return false;
}

bool gateway_request_is_navigation(const struct gateway_request *r)
{
	return (slice_eq(r->method, SLICE("GET")) || slice_eq(r->method, SLICE("HEAD"))) && wants_page(r);
}

/* Scripts such as jQuery's send X-Requested-With and handle the answer themselves. */
bool gateway_request_is_form(const struct gateway_request *r)
{
	struct slice with;
	return slice_eq(r->method, SLICE("POST")) && wants_page(r) &&
	       gateway_request_header(r, SLICE("x-requested-with"), &with) == RC_MISSING;
}

/* A browser takes "." and ".." out, nginx decodes and joins slashes: what both make of it may be a page of ours. */
static bool leads_elsewhere(struct slice path)
{
	bool first = true;
	while (path.n > 0) {
		size_t end = slice_find(path, '/');
		struct slice segment = slice_to(path, end), bare = slice_to(segment, slice_find(segment, ';'));
		if (slice_eq(bare, SLICE(".")) || slice_eq(bare, SLICE("..")))
			return true;
		if (first && end < path.n && slice_eq(bare, SLICE("_ostiary")))
			return true;
		first = first && bare.n == 0;
		path = end < path.n ? slice_from(path, end + 1) : SLICE_NONE;
	}
	return false;
}

bool gateway_request_may_return(struct slice to)
{
	uint8_t decoded[GATEWAY_RETURN_MAX];
	size_t n;
	if (to.n == 0 || to.n > GATEWAY_RETURN_MAX || to.p[0] != '/')
		return false;
	if (to.n > 1 && to.p[1] == '/')
		return false;
	for (size_t i = 0; i < to.n; i++)
		if (to.p[i] <= ' ' || to.p[i] >= 0x7F || to.p[i] == '\\')
			return false;
	/* The path as a server decodes it. */
	return percent_decode_to(slice_to(to, slice_find(to, '?')), false, decoded, &n) == RC_OK &&
	       !leads_elsewhere(slice_of(decoded, n));
}

bool gateway_request_is_safe(const struct gateway_request *r)
{
	return slice_eq(r->method, SLICE("GET")) || slice_eq(r->method, SLICE("HEAD")) ||
	       slice_eq(r->method, SLICE("OPTIONS"));
}

/* Upgrade is hop-by-hop, and some proxies do not forward it to forward authentication. The other headers come
 * through, and no page can set or omit them (Fetch 2.2.2, RFC 6455 4.1). */
bool gateway_request_is_handshake(const struct gateway_request *r)
{
	static const struct slice start = SLICE_INIT("sec-websocket-");
	for (size_t i = 0; i < r->header_count; i++) {
		struct slice name = r->headers[i].name;
		if (slice_eq_nocase(name, SLICE("upgrade")) || slice_eq_nocase(slice_to(name, start.n), start))
			return true;
		if (slice_eq_nocase(name, SLICE("sec-fetch-mode")) && slice_eq(r->headers[i].value, SLICE("websocket")))
			return true;
	}
	return false;
}

enum { ORIGIN_MAX = 8 + 255 + 6 }; /* scheme, host, port */

/* The request's own origin; empty if it has no host. */
static struct slice own_origin(const struct gateway_request *r, uint8_t text[static ORIGIN_MAX])
{
	struct slice scheme = r->secure ? SLICE("https://") : SLICE("http://");
	if (r->host.n == 0 || r->host.n > ORIGIN_MAX - scheme.n)
		return SLICE_NONE;
	memcpy(text, scheme.p, scheme.n);
	memcpy(text + scheme.n, r->host.p, r->host.n);
	return slice_of(text, scheme.n + r->host.n);
}

struct slice gateway_request_came_from(const struct gateway_request *r)
{
	uint8_t text[ORIGIN_MAX];
	struct slice from;
	if (gateway_request_header(r, SLICE("referer"), &from) != RC_OK)
		return SLICE("/");
	size_t authority = r->secure ? strlen("https://") : strlen("http://");
	size_t path = authority + slice_find(slice_from(from, authority), '/');
	struct slice to = slice_from(from, path);
	return same_origin_is(slice_to(from, path), own_origin(r, text)) && gateway_request_may_return(to) ? to : SLICE("/");
}

enum rc gateway_request_csrf(const struct gateway_request *r)
{
	uint8_t text[ORIGIN_MAX];
	struct same_origin h = {.own = own_origin(r, text), .none = true};
	if (gateway_request_is_safe(r) && !gateway_request_is_handshake(r))
		return RC_OK;
	enum rc rc = gateway_request_header(r, SLICE("sec-fetch-site"), &h.site);
	if (rc == RC_OK && h.site.n == 0)
		return RC_CSRF;
	/* Origin counts only without Sec-Fetch-Site: behind another proxy our own origin may read differently. */
	if (rc == RC_MISSING)
		rc = gateway_request_header(r, SLICE("origin"), &h.origin);
	return rc == RC_OK ? same_origin_validate(&h) : RC_CSRF;
}

static bool has_prefix(struct slice part, const struct slice *prefixes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (slice_starts(part, prefixes[i]))
			return true;
	return false;
}

enum rc gateway_request_strip_cookies(struct slice value, const struct slice *prefixes, size_t count, struct arena *a,
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
		return RC_MEMORY;
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
