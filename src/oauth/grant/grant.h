/* SPDX-License-Identifier: Apache-2.0 */
/* Grants of the token endpoint (RFC 6749 1.3): one row per grant type, one file per grant; and shared functions. */
#ifndef OSTIARY_OAUTH_GRANT_H
#define OSTIARY_OAUTH_GRANT_H

#include "oauth/client/client.h"

/* RFC 6749 5.1. Slices of the request's arena. */
struct token_answer {
	struct slice access_token, scopes;
	int64_t expires_in;         /* seconds */
	struct binding binding;     /* of the access token */
	struct slice refresh_token; /* may be empty */
	struct slice id_token;      /* may be empty */
};

struct grant_row {
	struct slice name; /* grant_type */
	enum client_grant grant;
	enum rc (*run)(const struct op *op, struct request *c, const struct client *client, struct token_answer *ret);
	struct slice spec;
};

#define GRANT(row, bit, name) extern const struct grant_row grant_##row;
#include "oauth/grant/grants.def"
#undef GRANT
extern const struct grant_row *const grant_rows[GRANT_COUNT];
/* NULL: no grant of that name. */
const struct grant_row *grant_by_name(struct slice name);

/* What a user granted a client, as in tokens. */
struct user_grant {
	const struct client *client;
	struct dir_user user;
	struct slice sid;    /* of the provider session; empty if the grant outlives it (offline_access) */
	struct slice session; /* the provider session's sid, always set: for ID tokens (RP-initiated logout) */
	struct slice family; /* of the refresh tokens, the access tokens' grant_id; may be empty */
	struct slice scopes, nonce, acr, amr;
	struct slice resources; /* granted resources (oauth/grant/resource.h) */
	int64_t auth_time;
	struct binding binding; /* what the sender of this token request proved: its tokens are bound to that */
};

/* The OpenID Connect part: src/oauth itself has no ID tokens. */
struct op_openid {
	/* The ID token issued with an access token. g->nonce is empty at a refresh. */
	enum rc (*id_token)(const struct op *op, struct request *c, const struct user_grant *g,
			    struct slice access_token, struct slice *ret_token);
};

/* Identifiers of 128 random bits and tokens of 256, by crypto_random_text, and their characters. */
enum { GRANT_ID_BYTES = 16, GRANT_ID_LEN = 22, GRANT_TOKEN_BYTES = 32, GRANT_TOKEN_LEN = 43 };

/* An enabled user of an enabled tenant: RC_INVALID_GRANT otherwise. */
enum rc grant_user(const struct op *op, struct slice id, struct arena *a, struct dir_user *ret_user) WARN_UNUSED;
/* Writes the access token and, for openid, the ID token of a user's grant into *ret; g->scopes are the token's. */
enum rc grant_answer_user(const struct op *op, struct request *c, const struct user_grant *g, struct slice jti,
			  struct token_answer *ret) WARN_UNUSED;

/* A new refresh family for this grant; expiry as configured. */
enum rc refresh_start(const struct op *op, const struct user_grant *g, int64_t now, struct arena *a,
		      struct slice *ret_token) WARN_UNUSED;

#endif
