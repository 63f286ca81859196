/* SPDX-License-Identifier: Apache-2.0 */
/* Client authentication (RFC 6749 2.3): one row per method, one file per method. */
#ifndef OSTIARY_OAUTH_CLIENT_AUTH_H
#define OSTIARY_OAUTH_CLIENT_AUTH_H

#include "oauth/client/client.h"

/* A request's client authentication; slices of the request or its arena. */
struct client_proof {
	struct slice id;        /* claimed client_id; never empty */
	struct slice secret;    /* basic and post */
	struct slice assertion; /* private_key_jwt */
};

struct client_auth_row {
	enum client_auth method;
	struct slice name; /* as in token_endpoint_auth_method (RFC 7591 2) */
	/* A request with this header, or with one of these parameters, uses the method. */
	struct slice header, parameters[2];
	/* RC_INVALID_CLIENT: malformed; RC_MEMORY: arena full. */
	enum rc (*read)(struct request *c, struct client_proof *ret_proof);
	/* Verifies the proof of `client`. NULL: there is no such client; takes the same time, RC_INVALID_CLIENT. May
	 * be NULL: there is nothing to verify. */
	enum rc (*verify)(const struct op *op, struct request *c, const struct client_proof *proof,
			  const struct client *client);
	struct slice spec;
};

extern const struct client_auth_row *const client_auth_rows[CLIENT_AUTH_COUNT];
#define CLIENT_AUTH(row, method, name) extern const struct client_auth_row client_auth_##row;
#include "oauth/client/client_auths.def"
#undef CLIENT_AUTH

/* NULL: no method of that name. */
const struct client_auth_row *client_auth_by_name(struct slice name);

/* Authenticates the client by exactly its registered method. RC_INVALID_REQUEST: two methods at once, or two
 * client_ids. RC_INVALID_CLIENT: every other fault, with one answer for all. RC_STORE, RC_MEMORY (arena
 * full). Release with client_unref. */
enum rc client_authenticate(const struct op *op, struct request *c, struct client **ret_client) WARN_UNUSED;
/* The `verify` of methods with a secret: constant time, also without a client. */
enum rc client_auth_secret(const struct op *op, struct request *c, const struct client_proof *proof,
			   const struct client *client) WARN_UNUSED;

/* Algorithms of private_key_jwt assertions. */
jose_alg_set client_auth_assertion_algs(void);

#endif
