/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes straight from the kernel: no state of ours that a fork could copy or a core dump could show. */
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "crypto/hash.h"

void crypto_random(void *dst, size_t n)
{
	uint8_t *p = dst;
	while (n > 0) {
		ssize_t got = getrandom(p, n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			abort();
		p += got;
		n -= (size_t)got;
	}
}
