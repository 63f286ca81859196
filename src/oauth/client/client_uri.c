/* SPDX-License-Identifier: Apache-2.0 */
/* Rules for registered URIs: RFC 6749 3.1.2, RFC 8252 7, RFC 9700 4.1. */
#include "oauth/client/client_uri.h"

#include <arpa/inet.h>

#include "base/address.h"
#include "base/ascii.h"
#include "base/percent.h"

/* scheme "://" host [":" port] rest; the host of a private-use scheme is empty and all is in `rest`. */
struct uri_parts {
	struct slice scheme, host, port, rest;
	bool has_authority, has_port;
};

/* RFC 3986 2: unreserved, reserved and complete percent encodings; no fragment. */
static const char *characters_fault(struct slice uri)
{
	static const char marks[] = "-._~:/?[]@!$&'()*+,;=%";
	if (uri.n == 0 || uri.n > CLIENT_URI_MAX)
		return "is empty or too long";
	for (size_t i = 0; i < uri.n; i++) {
		uint8_t c = uri.p[i];
		if (c == '#')
			return "has a fragment";
		if (!ascii_is(c, ASCII_ALNUM) && (c == 0 || strchr(marks, c) == NULL))
			return "has a character that no URI has";
		if (c == '%' && percent_byte(slice_from(uri, i)) < 0)
			return "has a broken percent encoding";
	}
	return NULL;
}

/* Takes one character off the path segment: '.' plain or as %2e. */
static bool dot_at(struct slice *segment)
{
	if (segment->n >= 1 && segment->p[0] == '.') {
		*segment = slice_from(*segment, 1);
		return true;
	}
	if (segment->n >= 3 && slice_eq_nocase(slice_to(*segment, 3), SLICE("%2e"))) {
		*segment = slice_from(*segment, 3);
		return true;
	}
	return false;
}

static bool is_dot_segment(struct slice segment)
{
	segment = slice_to(segment, slice_find(segment, ';'));
	return dot_at(&segment) && (segment.n == 0 || (dot_at(&segment) && segment.n == 0));
}

static bool has_dot_segment(struct slice path)
{
	struct slice segment;
	path = slice_to(path, slice_find(path, '?'));
	while (slice_split(&path, '/', &segment))
		if (is_dot_segment(segment))
			return true;
	return false;
}

static size_t scheme_len(struct slice uri)
{
	size_t n = 0;
	while (n < uri.n && (ascii_is(uri.p[n], ASCII_ALPHA) ||
			     (n > 0 && (ascii_is(uri.p[n], ASCII_DIGIT) || strchr("+-.", uri.p[n]) != NULL))))
		n++;
	return n < uri.n && uri.p[n] == ':' ? n : 0;
}

static size_t host_len(struct slice authority)
{
	if (authority.n > 0 && authority.p[0] == '[') {
		size_t end = slice_find(authority, ']');
		return end < authority.n ? end + 1 : authority.n;
	}
	return slice_find(authority, ':');
}

static bool split_uri(struct slice uri, struct uri_parts *ret)
{
	struct uri_parts parts = {0};
	size_t n = scheme_len(uri);
	if (n == 0)
		return false;
	parts.scheme = slice_to(uri, n);
	parts.rest = slice_from(uri, n + 1);
	parts.has_authority = slice_starts(parts.rest, SLICE("//"));
	if (parts.has_authority) {
		struct slice after = slice_from(parts.rest, 2);
		size_t end = 0;
		while (end < after.n && after.p[end] != '/' && after.p[end] != '?')
			end++;
		struct slice authority = slice_to(after, end);
		n = host_len(authority);
		parts.host = slice_to(authority, n);
		parts.has_port = n < authority.n;
		parts.port = slice_from(authority, n + 1);
		if (parts.has_port && authority.p[n] != ':')
			return false;
		parts.rest = (struct slice){after.p + end, after.n - end};
	}
	*ret = parts;
	return true;
}

static bool is_loopback_ip(struct slice host)
{
	return slice_eq(host, SLICE("127.0.0.1")) || slice_eq(host, SLICE("[::1]"));
}

static bool is_local(struct slice host)
{
	return is_loopback_ip(host) || slice_eq(host, SLICE("localhost")) || slice_ends(host, SLICE(".localhost"));
}

/* RFC 3986 3.2.2: an IPv6 address in brackets. No zone, which is meaningful on one machine only. */
static bool ipv6_ok(struct slice host)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;
	for (size_t i = 0; i < host.n; i++)
		if (ascii_is(host.p[i], ASCII_UPPER))
			return false;
	return host.n > 2 && host.p[host.n - 1] == ']' &&
	       slice_to_cstr(slice_to(slice_from(host, 1), host.n - 2), text, sizeof text) &&
	       inet_pton(AF_INET6, text, &address) == 1;
}

static bool host_ok(struct slice host)
{
	if (host.n > 0 && host.p[0] == '[')
		return ipv6_ok(host);
	return ascii_all(host, ASCII_LOWER | ASCII_DIGIT, "-._") && host.n > 0 && host.n <= 253 && host.p[0] != '.' && host.p[0] != '-';
}

static const char *web_fault(const struct uri_parts *parts)
{
	if (!parts->has_authority || !host_ok(parts->host))
		return "has no host, user information, or a host that is not plain and lower case";
	if (parts->has_port && !address_is_port(parts->port))
		return "has a port out of range";
	if (slice_eq(parts->scheme, SLICE("http")) && !is_local(parts->host))
		return "is http on a host that is not loopback";
	return NULL;
}

static bool is_web(const struct uri_parts *parts)
{
	return slice_eq(parts->scheme, SLICE("https")) || slice_eq(parts->scheme, SLICE("http"));
}

/* Schemes without a dot to which browsers or the system give their own meaning. */
static bool is_meant_otherwise(struct slice scheme)
{
	static const struct slice words = SLICE_INIT("about blob chrome content cid data dav feed file filesystem ftp "
						     "ftps gopher intent itms jar javascript ldap ldaps livescript "
						     "mailto market mid mocha moz-extension ms-appx news nfs nntp "
						     "resource sftp sip sips sms ssh telnet tel urn vbscript "
						     "view-source ws wss wyciwyg xmpp");
	struct slice rest = words, word;
	while (slice_word(&rest, &word))
		if (slice_eq_nocase(word, scheme))
			return true;
	return false;
}

/* RFC 3986 3.1: schemes have no case, but redirect URIs are compared to the letter: one spelling of these. */
static bool is_web_in_capitals(const struct uri_parts *parts)
{
	return !is_web(parts) &&
	       (slice_eq_nocase(parts->scheme, SLICE("https")) || slice_eq_nocase(parts->scheme, SLICE("http")));
}

static bool is_app(const struct uri_parts *parts)
{
	return slice_find(parts->scheme, '.') == parts->scheme.n;
}

/* RFC 8252 7.1: a reversed domain name and a slash; many apps use two or three. A scheme without a dot, which has
 * no owner, needs two slashes and something more. */
static const char *private_fault(const struct uri_parts *parts)
{
	bool empty = parts->host.n == 0 && parts->rest.n <= 1;
	if (is_app(parts) && (is_meant_otherwise(parts->scheme) || !parts->has_authority || empty))
		return "has a scheme that is neither https nor a reversed domain name";
	if (parts->has_authority && empty)
		return "has a private-use scheme and nothing after it";
	if (parts->has_port && !address_is_port(parts->port))
		return "has a port out of range";
	return !parts->has_authority && (parts->rest.n == 0 || parts->rest.p[0] != '/')
		? "has a private-use scheme that is not followed by a slash" : NULL;
}

/* User info before '@' can hide the real host. */
static bool has_user(const struct uri_parts *parts)
{
	return slice_find(parts->host, '@') < parts->host.n || slice_find(parts->port, '@') < parts->port.n;
}

const char *client_uri_redirect_fault(struct slice uri)
{
	struct uri_parts parts;
	const char *fault = characters_fault(uri);
	if (fault != NULL)
		return fault;
	if (!split_uri(uri, &parts))
		return "is not an absolute URI";
	if (is_web_in_capitals(&parts))
		return "has a scheme that is not in lower case";
	if (has_dot_segment(parts.rest))
		return "has a dot segment";
	if (!is_web(&parts) && has_user(&parts))
		return "has user information";
	return is_web(&parts) ? web_fault(&parts) : private_fault(&parts);
}

const char *client_uri_pattern_fault(struct slice uri)
{
	return slice_find(uri, '*') < uri.n
		       ? "has a *, which stands for itself: redirect URIs are compared exactly, so list each one"
		       : NULL;
}

bool client_uri_of_app(struct slice uri)
{
	struct uri_parts parts;
	return split_uri(uri, &parts) && !is_web(&parts) && is_app(&parts);
}

const char *client_uri_link_fault(struct slice uri)
{
	struct uri_parts parts;
	const char *fault = characters_fault(uri);
	if (fault != NULL)
		return fault;
	if (!split_uri(uri, &parts) || !is_web(&parts))
		return "is not an https link";
	return web_fault(&parts);
}

static struct slice own_port(struct slice scheme)
{
	return slice_eq(scheme, SLICE("https")) ? SLICE("443") : SLICE("80");
}

const char *client_uri_origin_fault(struct slice origin)
{
	struct uri_parts parts;
	const char *fault = client_uri_link_fault(origin);
	if (fault != NULL)
		return fault;
	if (!split_uri(origin, &parts) || parts.rest.n != 0)
		return "has more than scheme, host and port";
	return parts.has_port && slice_eq(parts.port, own_port(parts.scheme)) ? "names the scheme's own port" : NULL;
}

struct slice client_uri_origin(struct slice uri)
{
	struct uri_parts parts;
	if (!split_uri(uri, &parts) || !is_web(&parts))
		return SLICE_NONE;
	bool with_port = parts.has_port && !slice_eq(parts.port, own_port(parts.scheme));
	const uint8_t *end = with_port ? parts.port.p + parts.port.n : parts.host.p + parts.host.n;
	return (struct slice){uri.p, (size_t)(end - uri.p)};
}

bool client_uri_same(struct slice registered, struct slice asked, bool localhost)
{
	struct uri_parts r, s;
	if (slice_eq(registered, asked))
		return true;
	if (!split_uri(registered, &r) || !split_uri(asked, &s))
		return false;
	/* RFC 8252 7.3: "The authorization server MUST allow any port to be specified at the time of the request". */
	bool any_port = is_loopback_ip(r.host) || (localhost && slice_eq(r.host, SLICE("localhost")));
	return any_port && slice_eq(r.scheme, SLICE("http")) && slice_eq(s.scheme, r.scheme) &&
	       slice_eq(s.host, r.host) && (!s.has_port || address_is_port(s.port)) && slice_eq(s.rest, r.rest);
}
