/* SPDX-License-Identifier: Apache-2.0 */
/* Chains of certificates (RFC 5280 6). Thread-safe. */
#ifndef OSTIARY_CRYPTO_CERT_H
#define OSTIARY_CRYPTO_CERT_H

#include "crypto/key.h"

enum { CRYPTO_CHAIN_MAX = 8 };

/* Certificates as DER. */
struct crypto_chain {
	const struct slice *certs; /* leaf first, then those that sign, as the other side sent them */
	size_t n;
	const struct slice *anchors; /* ours: where trust begins, be it a root, an intermediate or the leaf itself */
	size_t anchor_count;
	struct slice name; /* the DNS name that the leaf must be for; never empty. A pattern in the leaf matches nothing */
	int64_t now;       /* Unix seconds */
};

/* The leaf's key, where the chain holds: signatures of at least 112 bits' strength, dates, path length, name, `keyUsage` (if
 * there, with digitalSignature) and `extKeyUsage` (if there, with anyExtendedKeyUsage). Revocation is not asked for.
 * RC_JOSE_KEY; RC_LIMIT: more than CRYPTO_CHAIN_MAX of either. Release with crypto_key_free. */
enum rc crypto_chain_verify(const struct crypto_chain *chain, struct crypto_key **ret_key) WARN_UNUSED;

#endif
