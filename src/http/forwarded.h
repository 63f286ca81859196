/* SPDX-License-Identifier: Apache-2.0 */
/* The client in front of trusted proxies: X-Forwarded-For, -Proto and -Host, or Forwarded (RFC 7239), read from the
 * right, one entry for each trusted proxy. Entries further left come from the client. Pure; thread-safe. */
#ifndef OSTIARY_HTTP_FORWARDED_H
#define OSTIARY_HTTP_FORWARDED_H

#include "base/network.h"
#include "message/request.h"

enum { FORWARDED_ENTRIES_MAX = 64 };

struct forwarded {
	struct slice remote; /* an address in its usual spelling, in the arena; empty: absent, or no address */
	bool proto_said, secure;
};

/* `headers`: names in lower case. `proxies`: networks whose addresses in a list are proxies too; the one that speaks
 * to us is trusted by the listener. Where X-Forwarded-For is there, Forwarded only has to agree: the proxy may have
 * passed it on; where X-Forwarded-Proto alone is there, Forwarded says the address. RC_SYNTAX with *ret_why (a header's
 * name): malformed, or the two disagree. RC_LIMIT: too many entries; RC_MEMORY. RC_OK: *ret_why is empty. */
enum rc forwarded_read(struct request_pairs headers, const struct network *proxies, size_t proxy_count, struct arena *a,
		       struct forwarded *ret, struct slice *ret_why) WARN_UNUSED;

#endif
