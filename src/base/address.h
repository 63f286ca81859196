/* SPDX-License-Identifier: Apache-2.0 */
/* What kind of network an address is in (RFC 6890 and its successors): whom a program that fetches may connect to. */
#ifndef OSTIARY_BASE_ADDRESS_H
#define OSTIARY_BASE_ADDRESS_H

#include <stddef.h>

struct sockaddr;

enum address_kind {
	ADDRESS_PUBLIC,
	ADDRESS_LOOPBACK,
	ADDRESS_PRIVATE, /* RFC 1918, 4193, 6598 (carriers), 2544 (benchmarks) */
	ADDRESS_NEVER,   /* link-local (a cloud's metadata is there), unspecified, multicast, reserved, IPv6 outside 2000::/3; no IP address */
};

/* `n`: bytes of `address`. An IPv4 address inside an IPv6 one (mapped, NAT64, 6to4) is judged as itself. */
enum address_kind address_kind(const struct sockaddr *address, size_t n);

#endif
