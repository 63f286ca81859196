/* SPDX-License-Identifier: Apache-2.0 */
#include "libostiary/inner.h"

#include <stdlib.h>

enum rc inner_jwks_read(struct slice text, enum jwk_wanted wanted, struct jwks **ret_keys)
{
	return jwks_read(text, wanted | JWK_CERTIFIED, ret_keys, NULL);
}

enum rc inner_alg(const struct jwk *key, uint32_t algorithm, enum jose_alg *ret_alg)
{
	if (algorithm == 0)
		return jwk_alg(key, ret_alg);
	for (enum jose_alg alg = 0; alg < JOSE_ALG_COUNT; alg++)
		if ((algorithm & JOSE_ALG_BIT(alg)) != 0 && jwk_allows(key, alg)) {
			*ret_alg = alg;
			return RC_OK;
		}
	return RC_JOSE_ALG;
}

enum rc inner_text(struct slice text, char **ret_text)
{
	char *copy = malloc(text.n + 1);
	if (copy == NULL)
		return RC_MEMORY;
	memcpy(copy, text.p, text.n);
	copy[text.n] = 0;
	*ret_text = copy;
	return RC_OK;
}
