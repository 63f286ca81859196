/* SPDX-License-Identifier: Apache-2.0 */
/* Registered clients: metadata in RFC 7591 terms, validated once, cached in memory. */
#ifndef OSTIARY_OAUTH_CLIENT_H
#define OSTIARY_OAUTH_CLIENT_H

#include "oauth/op.h"

enum client_auth {
#define CLIENT_AUTH(row, method, name) CLIENT_AUTH_##method,
#include "oauth/client/client_auths.def"
#undef CLIENT_AUTH
	CLIENT_AUTH_COUNT
};

enum grant_number {
#define GRANT(row, bit, name) GRANT_NUMBER_##bit,
#include "oauth/grant/grants.def"
#undef GRANT
	GRANT_COUNT
};

/* Bits of client.grants. */
enum client_grant {
#define GRANT(row, bit, name) CLIENT_GRANT_##bit = 1 << GRANT_NUMBER_##bit,
#include "oauth/grant/grants.def"
#undef GRANT
};

/* Names of all methods and all grants, space-separated, for the configuration and the command line. */
extern const char client_auth_names[], client_auth_help[], client_grant_names[], client_grant_help[];
#define CLIENT_AUTHS (client_auth_names + 1) /* each is written after a space */
#define CLIENT_GRANTS (client_grant_names + 1)

struct client_words {
	const struct slice *v;
	size_t n;
};

/* Immutable, refcounted by its cache. Slices live as long as the client. */
struct client {
	struct slice id, tenant, name;
	struct slice client_uri, policy_uri, tos_uri; /* empty or https (http on localhost) */
	struct client_words redirect_uris, post_logout_redirect_uris;
	struct client_words
		origins; /* browser origins that may call us: of redirect_uris and `allowed_origins` */
	struct slice scopes;           /* scopes that it may request, space-separated */
	unsigned grants;               /* client_grant bits */
	enum client_auth auth;         /* a client of basic or post may use either, unless exact_auth */
	bool exact_auth;
	uint8_t secret_hash[32];
	bool has_secret;
	struct jwks *keys;             /* for private_key_jwt, or NULL */
	struct slice keys_remark;      /* remarks for the operator about keys of its set; empty: none */
	enum jose_alg id_token_alg;    /* as registered; RS256 if the registration names none */
	bool id_token_alg_said; /* false: id_token_alg is RS256 (OpenID Registration 2), if the server offers it */
	bool native;                   /* application_type: schemes without a dot, any port of localhost */
	bool without_pkce;             /* a confidential client may leave out code_challenge */
	bool id_token_claims;          /* profile and email claims in the ID token too */
	bool trusted;                  /* first-party: no consent page */
	struct slice roles;            /* the client's own, in client credentials tokens */
	struct client_words resources; /* APIs for which it may get access tokens, and whose tokens it may introspect */
	/* false: the APIs of its scopes (oauth/grant/resource.h), and no introspection of others' tokens */
	bool resources_said;
	struct slice text;             /* the metadata itself */
};

/* Validates metadata (JSON, members of client_members.def) and builds a client in the arena; release with
 * client_unref before the arena. RC_SYNTAX, RC_RANGE, RC_DUPLICATE, RC_MISSING, RC_LIMIT; *ret_why (set on failure
 * too) names the member and the fault, for the operator. Redirect URIs: absolute, no fragment, no user info, https,
 * or http on a loopback address or *.localhost, or a private-use scheme with a dot (RFC 8252 7); with
 * application_type native also one without a dot. */
enum rc client_parse(const struct dir_client *row, struct arena *a, struct client **ret_client,
		     struct slice *ret_why) WARN_UNUSED;
/* An enabled client by id; release with client_unref. RC_NOT_FOUND: unknown, or it or its tenant is disabled;
 * RC_STORE; RC_MEMORY. Cached clients are used for CLIENT_CACHE_TTL seconds. */
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
/* Drops all cached clients, after many changed. */
void client_cache_clear(struct client_cache *cache);
/* Call after a client was added, changed or removed in the directory: drops it from the cache and updates its
 * origins. */
void client_changed(const struct op *op, struct slice id);
/* Reads the origins of all clients: at the start, and after client_cache_clear. About 20 µs each; no request waits
 * for it. RC_STORE, RC_MEMORY; RC_BUSY: another thread is reading; RC_RANGE: more than a million. */
enum rc client_origins_read(const struct op *op) WARN_UNUSED;

/* A public key per type of assertion algorithm, without kid: verifying with it takes the usual time when there is no
 * key (src/oauth/client/client_auth_private_key_jwt.c). Lives as long as the cache. */
const struct jwks *client_decoy_keys(const struct op *op);

/* Exact string comparison (RFC 9700 4.1.1). The port may differ for loopback IP redirects of public and native
 * clients (RFC 8252 7.3), and for localhost if the client is registered as native (8.3). */
bool client_redirect_allowed(const struct client *c, struct slice redirect_uri);
/* True if some enabled client registered this origin: for CORS at the token endpoint and others. */
bool client_origin_known(const struct op *op, struct slice origin);

#endif
