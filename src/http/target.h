/* SPDX-License-Identifier: Apache-2.0 */
/* The request target (RFC 9112 3.2): anything ambiguous is refused. Pure; thread-safe. */
#ifndef OSTIARY_HTTP_TARGET_H
#define OSTIARY_HTTP_TARGET_H

#include "base/arena.h"

struct target {
	struct slice authority; /* of an absolute-form target, as sent; empty for origin-form */
	struct slice path;      /* canonical: decoded once */
	struct slice query;     /* raw, without '?' */
};

/* RC_SYNTAX: neither "/…" nor "http(s)://authority/…"; a byte outside visible ASCII, a fragment, a malformed escape;
 * in the path: an encoded '/', '\', '.', ';' or control character, a raw ';' or '\', an empty segment except the
 * last ("//"), a dot segment, bytes that are not UTF-8. RC_MEMORY: arena full. */
enum rc target_read(struct slice text, struct arena *a, struct target *ret) WARN_UNUSED;

/* Host and authority: a name of letters, digits, '-', '_', '.', or an IPv6 address in brackets; optionally ':' and a
 * port of 1 to 65535. Returns it in lower case. RC_SYNTAX, RC_MEMORY (arena full). */
enum rc target_host(struct slice text, struct arena *a, struct slice *ret_host) WARN_UNUSED;

#endif
