/* SPDX-License-Identifier: Apache-2.0 */
/* The same-origin rule: whether a page of our own caused a request, by the headers that no page can set (Fetch
 * Metadata, RFC 6454 7). Pure; thread-safe. */
#ifndef OSTIARY_COOKIE_SAME_ORIGIN_H
#define OSTIARY_COOKIE_SAME_ORIGIN_H

#include "base/rc.h"
#include "base/slice.h"

/* Header values, empty if absent. A caller that does not accept a header as evidence leaves it empty. */
struct same_origin {
	struct slice own;                   /* "https://host", with the port if it is not the scheme's */
	struct slice site, origin, referer; /* Sec-Fetch-Site, Origin, Referer */
	bool none;                          /* accept Sec-Fetch-Site "none": typed, from a bookmark */
};

/* Sec-Fetch-Site must be same-origin; an Origin other than "null" must be our own; browsers that send neither must
 * send a Referer of ours. RC_CSRF: another site, or no evidence. */
enum rc same_origin_validate(const struct same_origin *h) WARN_UNUSED;
/* True if `origin` is `own`. */
bool same_origin_is(struct slice origin, struct slice own);

#endif
