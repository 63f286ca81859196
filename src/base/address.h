/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of an address as a URL writes them. Pure; thread-safe. */
#ifndef OSTIARY_BASE_ADDRESS_H
#define OSTIARY_BASE_ADDRESS_H

#include "base/slice.h"

/* "localhost" and the names under it: this machine (RFC 6761 6.3). */
bool address_is_localhost(struct slice host);
/* A port as text (RFC 3986 3.2.3): 1 to 65535, without leading zeros. */
bool address_is_port(struct slice port);

#endif
