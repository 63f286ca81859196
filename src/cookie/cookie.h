/* SPDX-License-Identifier: Apache-2.0 */
/* Parses a Cookie header as bytes and writes Set-Cookie (RFC 6265, 6265bis). Pure; thread-safe. */
#ifndef OSTIARY_COOKIE_COOKIE_H
#define OSTIARY_COOKIE_COOKIE_H

#include "base/buf.h"

enum cookie_same_site { COOKIE_LAX, COOKIE_STRICT, COOKIE_NONE };

enum {
	COOKIE_PAIR_MAX = 4096,           /* name and value together: browsers drop longer ones silently */
	COOKIE_AGE_MAX = 400 * 24 * 3600, /* browsers cut at 400 days */
	COOKIE_HEADER_MAX = 64 * 1024,
};

/* A cookie to set. No Domain: ours belong to one host. */
struct cookie {
	struct slice name;  /* a token (RFC 9110 5.6.2) */
	struct slice value; /* cookie-octets: no quotes, spaces, commas, semicolons, backslashes or controls */
	struct slice path;  /* begins with "/" */
	int64_t max_age;    /* seconds; 0 deletes; -1: until the browser closes */
	enum cookie_same_site same_site;
	bool secure, http_only;
};

/* The cookies of one name in any number of Cookie headers. */
struct cookie_found {
	struct slice value; /* of the last one, as sent */
	size_t count;
	bool malformed;     /* a header is not `name=value; name=value`, or has a control character */
};
/* Adds the cookies of exactly that name (bytes, case-sensitive). Nothing is decoded or unquoted; only spaces and tabs
 * around a pair are dropped. A malformed header is searched all the same. */
void cookie_find(struct slice header, struct slice name, struct cookie_found *found);

/* The value of the only cookie of exactly that name (bytes, case-sensitive), as sent: nothing is decoded or
 * unquoted; only spaces and tabs around a pair are dropped. RC_MISSING: none. RC_DUPLICATE: two of that name, since
 * an attacker may have set one. RC_SYNTAX: the header is not `name=value; name=value`, or has a control character,
 * or the value has a byte that is no cookie-octet. RC_LIMIT: over COOKIE_HEADER_MAX. */
enum rc cookie_get(struct slice header, struct slice name, struct slice *ret_value) WARN_UNUSED;

/* Appends the value of a Set-Cookie header. RC_SYNTAX: name, value or path outside its characters. RC_LIMIT: over
 * COOKIE_PAIR_MAX. RC_RANGE: max_age under -1 or over COOKIE_AGE_MAX; `__Host-` without Secure and Path=/,
 * `__Secure-` without Secure (in any letter case, as in browsers), SameSite=None without Secure. On failure nothing
 * is written. */
enum rc cookie_set(struct buf *b, const struct cookie *c) WARN_UNUSED;

#endif
