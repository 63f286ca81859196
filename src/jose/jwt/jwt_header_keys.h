/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that a token's header brings or points to (RFC 7515 4.1.2 to 4.1.6): refused unless a policy accepts them,
 * and then only those that it names. A header may name at most one. */
#ifndef OSTIARY_JOSE_JWT_JWT_HEADER_KEYS_H
#define OSTIARY_JOSE_JWT_JWT_HEADER_KEYS_H

#include "crypto/cert.h"
#include "jose/jwt/jwt.h"

enum { JWT_FETCHED_MAX = 64 * 1024, JWT_URL_MAX = 2048 };

/* Constant; may be shared by threads. All zero accepts none. */
struct jwt_header_keys {
	/* `jwk`: keys with these RFC 7638 thumbprints (base64url). */
	const struct slice *thumbprints;
	size_t thumbprint_count;
	/* `jwk`: any public key. The token then proves only that its sender holds that key: the caller compares
	 * claims.thumbprint with the expected one (RFC 9449 4.3, `jkt`). The policy must name types. */
	bool proof;
	/* Claims that such a proof may lack (RFC 9449 4.2 has none of them). For every other key the policy applies
	 * unchanged. */
	bool proof_without_iss, proof_without_aud, proof_without_exp;
	/* `x5c`, and the target of `x5u`: chains to these anchors, with a leaf for this DNS name. */
	const struct slice *anchors; /* DER */
	size_t anchor_count;
	struct slice name;
	/* `jku` (a key set) and `x5u` (PEM): https URLs whose host, with a port other than 443, equals one of these
	 * byte for byte. `fetch` must ensure verified TLS, no redirects, and no addresses of the own network. It
	 * writes at most `cap` bytes; any failure is returned. */
	const struct slice *hosts;
	size_t host_count;
	enum rc (*fetch)(void *self, struct slice url, uint8_t *dst, size_t cap, size_t *ret_n);
	void *self;
};

#endif
