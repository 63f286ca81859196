/* SPDX-License-Identifier: Apache-2.0 */
/* Client authentication (RFC 6749 2.3): one row a method, one file a method. */
#ifndef OSTIARY_OAUTH_CLIENT_AUTH_H
#define OSTIARY_OAUTH_CLIENT_AUTH_H

#include "oauth/client.h"

/* What a request brings to prove who the client is; slices of the request or its arena. */
struct client_proof {
	struct slice id;        /* who it says it is; never empty */
	struct slice secret;    /* basic and post */
	struct slice assertion; /* private_key_jwt */
};

struct client_auth_row {
	enum client_auth method;
	struct slice name; /* as in token_endpoint_auth_method (RFC 7591 2) */
	/* True where the request uses this method. */
	bool (*used)(const struct call *c);
	/* RC_INVALID_CLIENT where it is malformed; RC_LIMIT: arena full. */
	enum rc (*read)(struct call *c, struct client_proof *ret_proof);
	/* Proves `client` (NULL: there is no such client; the same work, RC_INVALID_CLIENT). */
	enum rc (*verify)(const struct op *op, struct call *c, const struct client_proof *proof, const struct client *client);
	struct slice spec;
};

extern const struct client_auth_row *const client_auth_rows[CLIENT_AUTH_COUNT];
extern const struct client_auth_row client_auth_none, client_auth_basic, client_auth_post, client_auth_private_key_jwt;

/* NULL where there is none of that name. */
const struct client_auth_row *client_auth_by_name(struct slice name);

/* Who calls, by exactly the registered method. RC_INVALID_REQUEST: two methods at once, or two client_ids;
 * RC_INVALID_CLIENT: everything else that is wrong, one answer for all; RC_STORE, RC_MEMORY, RC_LIMIT (arena full).
 * Give back with client_unref. */
enum rc client_authenticate(const struct op *op, struct call *c, struct client **ret_client) WARN_UNUSED;
/* For methods with a secret: constant time, the same work where there is no client. */
enum rc client_auth_secret(const struct op *op, const struct client_proof *proof, const struct client *client) WARN_UNUSED;

/* Algorithms of private_key_jwt assertions. */
jose_alg_set client_auth_assertion_algs(void);

#endif
