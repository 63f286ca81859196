/* SPDX-License-Identifier: Apache-2.0 */
/* base64url and base64: what decodes must encode to the same text again, or two texts would mean one value. */
#include <stdlib.h>

#include "base/base64url.h"

enum { BYTES_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t bytes[BYTES_MAX];
	char text[BYTES_MAX * 2];
	size_t n;
	if (base64url_decode(slice_of(data, size), bytes, sizeof bytes, &n) == RC_OK) {
		base64url_encode_to(slice_of(bytes, n), text);
		if (base64url_text_len(n) != size || (size > 0 && memcmp(text, data, size) != 0))
			abort();
	}
	rc_ignore(base64_decode(slice_of(data, size), bytes, size % 64, &n));
	return 0;
}
