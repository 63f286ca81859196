/* SPDX-License-Identifier: Apache-2.0 */
/* Published values as the documents print them. */
#ifndef OSTIARY_TESTS_UNHEX_H
#define OSTIARY_TESTS_UNHEX_H

#include <stdio.h>

#include "base/slice.h"

/* `dst` takes half as many bytes as there are digits. */
static inline struct slice unhex(const char *hex, uint8_t *dst)
{
	size_t n = strlen(hex) / 2;
	for (size_t i = 0; i < n; i++) {
		unsigned v = 0;
		if (sscanf(hex + 2 * i, "%2x", &v) != 1)
			v = 0;
		dst[i] = (uint8_t)v;
	}
	return slice_of(dst, n);
}

#endif
