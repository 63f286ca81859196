/* SPDX-License-Identifier: Apache-2.0 */
/* The members of a JOSE header (RFC 7515 4.1) that choose a key and tell the type. A value: slices point to where it was read. */
#ifndef OSTIARY_JOSE_JWK_JOSE_HEADER_H
#define OSTIARY_JOSE_JWK_JOSE_HEADER_H

#include "base/slice.h"
#include "jose/jwk/alg.h"

/* What is read without trusting it: only to choose issuer policy and key. */
struct jwt_header {
	enum jose_alg alg;
	struct slice kid; /* empty where absent */
	struct slice typ; /* as written, "application/" cut off; empty where absent */
	bool urls;        /* `jku` or `x5u` is there: only of verifiers that may pass over it */
};

#endif
