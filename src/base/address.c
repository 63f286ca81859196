/* SPDX-License-Identifier: Apache-2.0 */
#include "base/address.h"

#include "base/ascii.h"

bool address_is_localhost(struct slice host)
{
	static const struct slice under = SLICE_INIT(".localhost");
	return slice_eq_nocase(host, SLICE("localhost")) ||
	       (host.n > under.n && slice_eq_nocase(slice_from(host, host.n - under.n), under));
}

bool address_is_port(struct slice port)
{
	unsigned value = 0;
	if (port.n == 0 || port.n > 5 || port.p[0] == '0')
		return false;
	for (size_t i = 0; i < port.n; i++) {
		if (!ascii_is(port.p[i], ASCII_DIGIT))
			return false;
		value = value * 10 + (unsigned)(port.p[i] - '0');
	}
	return value <= 65535;
}
