/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate chains (RFC 5280 6). Thread-safe. */
#ifndef OSTIARY_CRYPTO_CERT_H
#define OSTIARY_CRYPTO_CERT_H

#include "crypto/key.h"

enum { CRYPTO_CHAIN_MAX = 8 };

/* Certificates as DER. */
struct crypto_chain {
	const struct slice *certs; /* leaf first, then its issuers, as the other side sent them */
	size_t n;
	const struct slice *anchors; /* our trust anchors: roots, intermediates or the leaf itself */
	size_t anchor_count;
	struct slice
		name; /* the DNS name that the leaf must have; never empty. A wildcard in the leaf matches nothing */
	int64_t now;       /* Unix seconds */
};

/* The leaf's key, if the chain is valid: signatures of at least 112 bits of strength, dates, path length, name,
 * `keyUsage` (if present, with digitalSignature) and `extKeyUsage` (if present, with anyExtendedKeyUsage).
 * Revocation is not checked. RC_JOSE_KEY; RC_LIMIT: more than CRYPTO_CHAIN_MAX of either. Release with
 * crypto_key_free. */
enum rc crypto_chain_verify(const struct crypto_chain *chain, struct crypto_key **ret_key) WARN_UNUSED;

#endif
