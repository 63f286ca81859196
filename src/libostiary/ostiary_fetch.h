/* SPDX-License-Identifier: Apache-2.0 */
/* One fetch of a key set over HTTP. */
#ifndef OSTIARY_LIBOSTIARY_OSTIARY_FETCH_H
#define OSTIARY_LIBOSTIARY_OSTIARY_FETCH_H

#include "base/buf.h"

/* Where to fetch from, checked once. */
struct fetch;

struct fetch_options {
	const char *url, *ca_file; /* ca_file may be NULL */
	bool allow_http_local; /* http too, and connections to loopback addresses */
	bool allow_private;    /* connections to loopback and private addresses */
	unsigned timeout; /* seconds */
};

/* RC_SYNTAX: not an address, or with user information; RC_RANGE: a scheme or host that is not allowed; RC_MEMORY. */
enum rc fetch_new(const struct fetch_options *options, struct fetch **ret_fetch) WARN_UNUSED;
void fetch_free(struct fetch *f);
/* From another thread: a fetch that runs, or begins, ends with RC_UPSTREAM within a second. For good. */
void fetch_abort(struct fetch *f);
/* The answer's body into `body`, whose maximum bounds it, and its max-age in seconds, or -1. RC_UPSTREAM: no answer,
 * no certificate that holds, an address that is not allowed, not 200; RC_LIMIT: too long. Blocks. Not for two
 * threads at once. */
enum rc fetch_run(struct fetch *f, struct buf *body, int64_t *ret_max_age) WARN_UNUSED;

#endif
