/* SPDX-License-Identifier: Apache-2.0 */
/* The type of network of an address (RFC 6890 and its successors): decides where a program may connect to. */
#ifndef OSTIARY_BASE_ADDRESS_H
#define OSTIARY_BASE_ADDRESS_H

#include "base/slice.h"

struct sockaddr;

enum address_type {
	ADDRESS_PUBLIC,
	ADDRESS_LOOPBACK,
	ADDRESS_PRIVATE, /* RFC 1918, 4193, 6598 (carriers), 2544 (benchmarks) */
	/* link-local (cloud metadata), unspecified, multicast, reserved, IPv6 outside 2000::/3; no IP address */
	ADDRESS_NEVER,
};

/* `n`: bytes of `address`. An IPv4 address inside an IPv6 one (mapped, NAT64, 6to4) is classified as itself. */
enum address_type address_type(const struct sockaddr *address, size_t n);

/* The same for an address as text, "192.0.2.1" or "2001:db8::1". */
enum address_type address_type_of(const char *text);

/* The policy for outgoing connections: public addresses always, others if allowed. */
struct address_policy {
	bool loopback; /* 127.0.0.0/8, ::1 */
	bool private;  /* private networks too */
};
bool address_allowed(const struct sockaddr *address, size_t n, struct address_policy policy);
/* "localhost" and the names under it: this machine (RFC 6761 6.3). */
bool address_is_localhost(struct slice host);
/* A port as text (RFC 3986 3.2.3): 1 to 65535, without leading zeros. */
bool address_is_port(struct slice port);

#endif
