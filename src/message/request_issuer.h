/* SPDX-License-Identifier: Apache-2.0 */
/* An issuer (RFC 8414 2), as which a request to its host is answered: its identifier, and what follows from it. */
#ifndef OSTIARY_MESSAGE_REQUEST_ISSUER_H
#define OSTIARY_MESSAGE_REQUEST_ISSUER_H

#include "base/slice.h"

/* Slices of the identifier. */
struct issuer {
	struct slice name;   /* "https://id.example.com:443/base/": compared exactly */
	struct slice base;   /* the prefix of its URLs: without a last slash (OpenID Connect Discovery 4: "any terminating /
			      * MUST be removed") */
	struct slice origin; /* "https://id.example.com": without the scheme's own port (RFC 6454 6.2) */
	struct slice host;   /* "id.example.com": the authority of requests */
	struct slice path;   /* "/base": before the paths of its endpoints; empty at the root */
};

/* `name` is an http or https URL without query and fragment, and is kept. */
struct issuer issuer_from(struct slice name);

/* The endpoint's path in a request's, which is below the issuer's own; RFC 8414 3.1 puts the issuer's path behind the
 * well-known name. False: it is not below it. */
bool issuer_below(const struct issuer *issuer, struct slice path, struct slice *ret_rest);
/* Whose request this is, of `n`: of those with this host the one with the longest path that `path` is below, else the
 * first. NULL: none has this host. */
const struct issuer *issuer_of_request(const struct issuer *v, size_t n, struct slice host, struct slice path);

#endif
