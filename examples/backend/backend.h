/* SPDX-License-Identifier: Apache-2.0 */
/* A small shop service behind the gateway: what a service of one's own looks like. */
#ifndef EXAMPLE_BACKEND_H
#define EXAMPLE_BACKEND_H

#include <jansson.h>
#include <ostiary/remote.h>

struct backend {
	const char *issuer;         /* whose tokens /verified/orders takes */
	const char *audience;       /* what they must be for */
	const char *session_socket; /* where the sign-in system keeps session data */
	struct ostiary_jwks_remote *keys;
};

/* What the gateway forwards. It has deleted whatever the client sent under these names, so they can be believed as long
 * as nobody else reaches this service. NULL where absent. */
struct caller {
	const char *user;   /* the person */
	const char *client; /* the app, which acts for itself where there is no person */
	const char *tenant, *roles, *session, *authorization;
};

struct answer {
	unsigned status;
	const char *challenge; /* WWW-Authenticate, or NULL */
	json_t *body;          /* owned */
};

/* GET /orders, /partner/stock: from the forwarded claims alone. */
struct answer orders_forwarded(const struct caller *who);
/* GET /verified/orders: trusts no gateway, verifies the token itself with keys from the provider's JWKS. */
struct answer orders_verified(const struct backend *b, const struct caller *who);

/* GET and POST /cart: kept in the session, whatever tab or server it came from. `body` is NULL for GET. */
struct answer cart(const struct backend *b, const struct caller *who, const char *body, size_t length);

#endif
