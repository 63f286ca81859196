/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes straight from the kernel: no state of ours that a fork could copy or a core dump could show. */
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/base64url.h"
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

enum rc crypto_random_text(size_t n, struct arena *a, struct slice *ret_text)
{
	uint8_t bytes[CRYPTO_HASH_MAX];
	if (n > sizeof bytes)
		return RC_RANGE;
	crypto_random(bytes, n);
	enum rc rc = base64url_encode_arena(a, slice_of(bytes, n), ret_text);
	ct_wipe(bytes, sizeof bytes);
	return rc;
}
