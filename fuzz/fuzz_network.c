/* SPDX-License-Identifier: Apache-2.0 */
/* Feeds the readers of addresses and networks. What was read is written, and reads as the same. */
#include <stdlib.h>

#include "base/network.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = {data, size};
	struct network_address a, again;
	struct network n;
	char written[NETWORK_ADDRESS_TEXT];
	if (network_address_read(text, &a) == RC_OK) {
		size_t len = network_address_write(&a, written);
		if (len == 0 || network_address_read(slice_of(written, len), &again) != RC_OK ||
		    memcmp(&a, &again, sizeof a) != 0)
			abort();
		if (network_party(text) != network_party(slice_of(written, len)) || network_party(text) == 0)
			abort();
	} else if (network_party(text) != 0) {
		abort();
	}
	if (network_read(text, &n) == RC_OK && (n.bits > 128 || !network_holds(&n, &n.address)))
		abort();
	return 0;
}
