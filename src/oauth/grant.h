/* SPDX-License-Identifier: Apache-2.0 */
/* Grants of the token endpoint (RFC 6749 1.3): one row a grant type, one file a grant; and what they share. */
#ifndef OSTIARY_OAUTH_GRANT_H
#define OSTIARY_OAUTH_GRANT_H

#include "oauth/client.h"

/* RFC 6749 5.1. Slices of the request's arena. */
struct token_answer {
	struct slice access_token, scopes;
	int64_t expires_in;         /* seconds */
	struct slice refresh_token; /* empty where none */
	struct slice id_token;      /* empty where none */
};

struct grant_row {
	struct slice name; /* grant_type */
	enum client_grant grant;
	enum rc (*run)(const struct op *op, struct call *c, const struct client *client, struct token_answer *ret);
	struct slice spec;
};

extern const struct grant_row grant_code, grant_refresh, grant_client_credentials;
enum { GRANT_COUNT = 3 };
extern const struct grant_row *const grant_rows[GRANT_COUNT];
/* NULL where there is none of that name. */
const struct grant_row *grant_by_name(struct slice name);

/* What a user granted a client, as tokens say it. */
struct user_grant {
	const struct client *client;
	struct dir_user user;
	struct slice sid;    /* of the provider session; empty where the grant outlives it (offline_access) */
	struct slice session; /* the provider session's sid in any case: an ID token names it (RP-initiated logout) */
	struct slice family; /* of the refresh tokens, the access tokens' grant_id; empty where none */
	struct slice scopes, resource, nonce, acr, amr;
	int64_t auth_time;
};

/* OpenID Connect's part: this layer knows no ID tokens. */
struct op_openid {
	/* The ID token that goes with an access token. g->nonce is empty at a refresh. */
	enum rc (*id_token)(const struct op *op, const struct user_grant *g, struct slice access_token, int64_t now,
			    struct arena *a, struct slice *ret_token);
};

/* A fresh identifier of 128 random bits, 22 characters, and a fresh token of 256, 43 characters. */
enum { GRANT_ID_LEN = 22, GRANT_TOKEN_LEN = 43 };
enum rc grant_id(struct arena *a, struct slice *ret_id) WARN_UNUSED;
enum rc grant_token(struct arena *a, struct slice *ret_token) WARN_UNUSED;

/* An enabled user of an enabled tenant: RC_INVALID_GRANT otherwise. */
enum rc grant_user(const struct op *op, struct slice id, struct arena *a, struct dir_user *ret_user) WARN_UNUSED;
/* The `resource` parameter (RFC 8707 2.2): one that is configured and, where one was granted, that one. Not sent: what was
 * granted. RC_INVALID_TARGET. */
enum rc grant_resource(const struct op *op, struct call *c, struct slice granted, struct slice *ret_resource) WARN_UNUSED;
/* Access token and, for openid, ID token of a user's grant into *ret; g->scopes are the token's. */
enum rc grant_answer_user(const struct op *op, struct call *c, const struct user_grant *g, struct slice jti,
			  struct token_answer *ret) WARN_UNUSED;

/* A new refresh family for this grant, expiring by the settings. */
enum rc refresh_start(const struct op *op, const struct user_grant *g, int64_t now, struct arena *a,
		      struct slice *ret_token) WARN_UNUSED;
/* SHA-256 of a refresh token; RC_INVALID_GRANT where it cannot be one of ours. */
enum rc refresh_hash(struct slice token, uint8_t ret_hash[static 32]) WARN_UNUSED;

#endif
