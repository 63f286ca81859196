/* SPDX-License-Identifier: Apache-2.0 */
/* The address policy of outgoing connections, against server-side request forgery (SSRF). An address is judged after
 * name resolution, at each connection, so a name that resolves otherwise meanwhile gains nothing. Pure; thread-safe. */
#ifndef OSTIARY_FETCH_HTTP_REACH_H
#define OSTIARY_FETCH_HTTP_REACH_H

#include "base/slice.h"

struct sockaddr;

/* The type of network of an address (RFC 6890 and its successors). */
enum http_network {
	HTTP_NETWORK_PUBLIC,
	HTTP_NETWORK_LOOPBACK, /* 127.0.0.0/8, ::1 */
	HTTP_NETWORK_PRIVATE,  /* RFC 1918, 4193, 6598 (carriers), 2544 (benchmarks) */
	/* link-local (cloud metadata), unspecified, multicast, reserved, IPv6 outside 2000::/3; no IP address */
	HTTP_NETWORK_NEVER,
};

/* Where a request may connect to. Each includes those before it; HTTP_NETWORK_NEVER is in none. */
enum http_reach {
	HTTP_REACH_PUBLIC,   /* public addresses */
	HTTP_REACH_LOOPBACK, /* also this machine */
	HTTP_REACH_INSIDE,   /* also private networks: for hosts that the operator chose */
};
enum { HTTP_REACHES = HTTP_REACH_INSIDE + 1 };

/* `n`: bytes of `address`. An IPv4 address inside an IPv6 one (mapped, NAT64, 6to4) is classified as itself. */
enum http_network http_reach_network(const struct sockaddr *address, size_t n);
/* The same for an address as text, "192.0.2.1" or "2001:db8::1". */
enum http_network http_reach_network_of(const char *text);
bool http_reach_allows(enum http_reach reach, const struct sockaddr *address, size_t n);

#endif
