/* SPDX-License-Identifier: Apache-2.0 */
/* An overflow planted on purpose: the fuzz lane passes only if its fuzzer finds it, so that a lane that finds
 * nothing shows. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t magic[4] = {'o', 's', 't', '1'};
	uint8_t *volatile copy;

	if (size < sizeof magic + 1 || memcmp(data, magic, sizeof magic) != 0)
		return 0;
	copy = malloc(4);
	if (copy == NULL)
		return 0;
	copy[data[4] & 7] = 1; /* the bug: four of these eight are past the end */
	free(copy);
	return 0;
}
