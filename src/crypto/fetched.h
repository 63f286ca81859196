/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's algorithm objects, fetched once, since a fetch by name takes shared locks. For src/crypto only. */
#ifndef OSTIARY_CRYPTO_FETCHED_H
#define OSTIARY_CRYPTO_FETCHED_H

#include <openssl/evp.h>

#include "crypto/hash.h"

struct fetched {
	EVP_MD *md[3]; /* by enum crypto_hash */
	EVP_CIPHER *aes_gcm[3], *aes_cbc[3], *aes_wrap[3]; /* for 128, 192, 256 bits */
};

/* Constant after the first call; NULL if an algorithm is missing. */
const struct fetched *fetched_get(void);

#endif
