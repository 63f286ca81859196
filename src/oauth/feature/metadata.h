/* SPDX-License-Identifier: Apache-2.0 */
/* Members of the metadata documents (OpenID Connect Discovery 3, RFC 8414 2). */
#ifndef OSTIARY_OAUTH_METADATA_H
#define OSTIARY_OAUTH_METADATA_H

#include "base/json.h"
#include "oauth/op.h"

/* One member. Its value is the first of these that is set: what a function writes, a path under the issuer, a list of
 * words, or the boolean. */
struct metadata_member {
	struct slice name;
	void (*write)(struct json_out *o, const struct op *op); /* one JSON value */
	struct slice path;
	struct slice words; /* space-separated */
	bool value;
};

#endif
