/* SPDX-License-Identifier: Apache-2.0 */
/* Registered clients: metadata in RFC 7591 terms, checked once, cached in memory. */
#ifndef OSTIARY_OAUTH_CLIENT_H
#define OSTIARY_OAUTH_CLIENT_H

#include "oauth/op.h"

enum client_auth { CLIENT_AUTH_NONE, CLIENT_AUTH_BASIC, CLIENT_AUTH_POST, CLIENT_AUTH_PRIVATE_KEY_JWT, CLIENT_AUTH_COUNT };

enum client_grant { CLIENT_GRANT_CODE = 1, CLIENT_GRANT_REFRESH = 2, CLIENT_GRANT_CREDENTIALS = 4 };

struct client_words {
	const struct slice *v;
	size_t n;
};

/* Immutable, reference-counted by its cache. Slices live as long as the client. */
struct client {
	struct slice id, tenant, name;
	struct slice client_uri, policy_uri, tos_uri; /* empty or https (http on localhost) */
	struct client_words redirect_uris, post_logout_redirect_uris;
	struct client_words origins;   /* browser origins that may call us: those of redirect_uris and `allowed_origins` */
	struct slice scopes;           /* it may ask for these, space-separated */
	unsigned grants;               /* client_grant bits */
	enum client_auth auth;         /* exactly the registered method, no other */
	uint8_t secret_hash[32];
	bool has_secret;
	struct jwks *keys;             /* for private_key_jwt, or NULL */
	enum jose_alg id_token_alg;    /* default ES256 where registered so; RS256 where registered without saying */
	bool id_token_alg_said;        /* else id_token_alg is RS256 (OpenID Registration 2), where the server offers it */
	bool trusted;                  /* first-party: no consent page */
	struct slice roles;            /* of its own in client credentials tokens */
	struct client_words resources; /* APIs that it serves: it may introspect their access tokens */
	struct slice text;             /* the metadata itself */
};

/* Checks metadata (JSON) and builds a client in the arena; give back with client_unref before the arena ends. RC_SYNTAX,
 * RC_RANGE, RC_DUPLICATE, RC_MISSING, RC_LIMIT; *ret_why (set on failure too) names the member and what is wrong with it,
 * for the operator. Members beyond RFC 7591's: allowed_origins, trusted, roles, resources. Redirect URIs:
 * absolute, no fragment, no user info, https, or http on a
 * loopback address or *.localhost, or a private-use scheme with a dot (RFC 8252 7). */
enum rc client_parse(const struct dir_client *row, struct arena *a, struct client **ret_client, struct slice *ret_why) WARN_UNUSED;
/* An enabled client by id; give back with client_unref. RC_NOT_FOUND also for a disabled one or of a disabled tenant;
 * RC_STORE; RC_MEMORY. What the cache knows is believed for CLIENT_CACHE_TTL seconds. */
enum { CLIENT_CACHE_TTL = 5 };
enum rc client_get(const struct op *op, struct slice id, int64_t now, struct client **ret_client) WARN_UNUSED;
struct client *client_ref(struct client *c);
void client_unref(struct client *c); /* NULL is fine */
static inline void client_unref_p(struct client **c)
{
	client_unref(*c);
}

enum rc client_cache_new(struct client_cache **ret_cache) WARN_UNUSED;
void client_cache_free(struct client_cache *cache);
/* Forgets what it knows: after a change through the admin socket. */
void client_cache_clear(struct client_cache *cache);

/* A public key for each kind of assertion algorithm, without kid: the work of a verification where there is no key to verify
 * with (src/oauth/client_auth_private_key_jwt.c). Lives as long as the cache. */
const struct jwks *client_decoy_keys(const struct op *op);

/* Exact string comparison (RFC 9700 4.1.1), but for the port of loopback IP redirects of native apps (RFC 8252 7.3). */
bool client_redirect_allowed(const struct client *c, struct slice redirect_uri);
/* True where some enabled client registered this origin: cross-origin answers of the token endpoint and its like. */
bool client_origin_known(const struct op *op, struct slice origin, int64_t now);

#endif
