/* SPDX-License-Identifier: Apache-2.0 */
/* IP addresses and networks as text. IPv4 is stored as mapped IPv6 (RFC 4291 2.5.5.2), so that both spellings are
 * equal. Pure; thread-safe. */
#ifndef OSTIARY_BASE_NETWORK_H
#define OSTIARY_BASE_NETWORK_H

#include "base/rc.h"
#include "base/slice.h"

enum { NETWORK_ADDRESS_TEXT = 46 };

struct network_address {
	uint8_t bytes[16];
};

struct network {
	struct network_address address;
	unsigned bits; /* 0 to 128; for an IPv4 network 96 more than its prefix length */
};

/* "192.0.2.1", "2001:db8::1"; no zone, no port. RC_SYNTAX. */
enum rc network_address_read(struct slice text, struct network_address *ret) WARN_UNUSED;
/* Writes the canonical text, without a final NUL: at most NETWORK_ADDRESS_TEXT - 1 characters. Returns the length. */
size_t network_address_write(const struct network_address *a, char dst[static NETWORK_ADDRESS_TEXT]);
/* An address, or "192.0.2.0/24", "2001:db8::/32". RC_SYNTAX: neither, or bits after the prefix are set. */
enum rc network_read(struct slice text, struct network *ret) WARN_UNUSED;
bool network_holds(const struct network *n, const struct network_address *a);
/* The party of an address for counters: the family with the /24 of an IPv4 address or the /56 of an IPv6 one. 0: no
 * address. */
uint64_t network_party(struct slice text);

#endif
