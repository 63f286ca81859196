/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that a token's header brings along or points to (RFC 7515 4.1.2 to 4.1.6): refused unless a policy admits them, and
 * then only those that it names. A header names at most one. */
#ifndef OSTIARY_JOSE_JWT_ADMIT_H
#define OSTIARY_JOSE_JWT_ADMIT_H

#include "crypto/cert.h"
#include "jose/jwt.h"

enum { JWT_FETCHED_MAX = 64 * 1024, JWT_URL_MAX = 2048 };

/* Constant; may be shared by threads. All zero admits nothing. */
struct jwt_admission {
	/* `jwk`: keys of these RFC 7638 thumbprints (base64url). */
	const struct slice *thumbprints;
	size_t thumbprint_count;
	/* `jwk`: any public key. The token then proves that its sender holds that key and nothing else: the caller compares
	 * claims.thumbprint with what it knows (RFC 9449 4.3, `jkt`). The policy must name types. */
	bool proof;
	/* What such a proof may lack (RFC 9449 4.2 has none of them). Under every other key the policy holds as it stands. */
	bool proof_without_iss, proof_without_aud, proof_without_exp;
	/* `x5c` and what `x5u` points to: chains to these anchors, of a leaf for this DNS name. */
	const struct slice *anchors; /* DER */
	size_t anchor_count;
	struct slice name;
	/* `jku` (a key set) and `x5u` (PEM): https addresses whose host, port included where it is not 443, is one of these byte
	 * for byte. What is fetched is `fetch`'s duty: verified TLS, no redirects, no addresses of one's own network. Writes at
	 * most `cap` bytes; anything but RC_OK is passed on. */
	const struct slice *hosts;
	size_t host_count;
	enum rc (*fetch)(void *self, struct slice url, uint8_t *dst, size_t cap, size_t *ret_n);
	void *self;
};

#endif
