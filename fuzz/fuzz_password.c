/* SPDX-License-Identifier: Apache-2.0 */
/* Stored password hashes (PHC strings). Must hold: the two readers agree on which are such strings, and none that
 * the fuzzer makes up fits the password. Only the cheapest are computed. */
#include <stdlib.h>

#include "crypto/password.h"

#define CHEAPEST "$argon2id$v=19$m=8192,t=1,p=1$"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct crypto_password_cost cost;
	struct slice phc = slice_of(data, size);
	bool readable = crypto_password_cost_of(phc, &cost) == RC_OK;
	if (readable && !slice_starts(phc, SLICE(CHEAPEST)))
		return 0;
	enum rc rc = crypto_password_verify(secret_from_slice(SLICE("correct horse")), phc);
	if (rc != (readable ? RC_ACCESS_DENIED : RC_SYNTAX))
		abort();
	return 0;
}
