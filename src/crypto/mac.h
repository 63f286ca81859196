/* SPDX-License-Identifier: Apache-2.0 */
/* HMAC (RFC 2104) with a reused key: the states after the key's block are saved, which saves two hashes per message. */
#ifndef OSTIARY_CRYPTO_MAC_H
#define OSTIARY_CRYPTO_MAC_H

#include "crypto/hash.h"

/* Immutable after creation: threads share it without a lock. */
struct crypto_mac;

/* Copies what it needs of the key. RC_MEMORY. Release with crypto_mac_free. */
enum rc crypto_mac_new(enum crypto_hash h, struct secret key, struct crypto_mac **ret_mac) WARN_UNUSED;
/* Accepts NULL; wipes the states, which would allow forging tags. */
void crypto_mac_free(struct crypto_mac *mac);
/* Writes crypto_hash_len bytes; returns the number. */
size_t crypto_mac_tag(const struct crypto_mac *mac, struct slice data, uint8_t dst[static CRYPTO_HASH_MAX]);

#endif
