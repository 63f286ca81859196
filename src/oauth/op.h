/* SPDX-License-Identifier: Apache-2.0 */
/* Shared state of every endpoint: settings, stores, keys. Made once by the daemon (or a test), then constant, except
 * what the pointers lead to; shared by all threads. */
#ifndef OSTIARY_OAUTH_OP_H
#define OSTIARY_OAUTH_OP_H

#include "message/request.h"
#include "message/reply.h"
#include "audit/audit.h"
#include "identity/hashing_pool.h"
#include "jose/jwt/jwt_mint.h"
#include "session/session.h"
#include "store/directory.h"
#include "store/ephemeral.h"

struct op_settings {
	const struct issuer *issuers; /* ours, one or more; a request's own is request.issuer */
	size_t issuer_count;
	struct slice default_tenant;
	jose_alg_set id_token_algs; /* offered to clients */
	enum jose_alg default_alg;  /* ES256 */
	int64_t code_ttl;           /* 60 s */
	int64_t interaction_ttl;    /* 30 min */
	int64_t access_ttl;         /* 10 min */
	int64_t id_token_ttl;       /* 10 min */
	int64_t refresh_idle_ttl;   /* 30 d */
	int64_t refresh_absolute_ttl; /* 90 d */
	int64_t refresh_grace;      /* 20 s */
	int64_t leeway;             /* 30 s */
	int64_t rate_public, rate_confidential; /* maximum requests a minute per grant (oauth/token/rate.h); 0: no limit */
	int64_t assertion_ttl;      /* 1 h: longest time until expiry of a client's assertion */
	struct crypto_password_cost password_cost;
	/* all scopes that clients may request, space-separated: "openid profile email offline_access …" */
	struct slice scopes;
	const struct op_resource *resources; /* APIs: audiences of access tokens */
	size_t resource_count;
};

/* An API that access tokens can be for (RFC 8707). */
struct op_resource {
	struct slice uri;    /* the `aud` */
	struct slice scopes; /* scopes of this API, space-separated */
	bool plain;          /* its tokens have typ JWT, as ID tokens have, not at+jwt */
	struct slice clients; /* client ids for which a gateway of ours requests it, space-separated */
};

enum op_key_state { OP_KEY_NEXT, OP_KEY_ACTIVE, OP_KEY_RETIRING };

struct op_key {
	struct jwk *public_key;
	struct slice kid;
	enum jose_alg alg;
	enum op_key_state state;
};

/* The published keys at one moment; immutable, reference-counted. */
struct op_keys {
	const struct op_key *v;
	size_t n;
	struct slice jwks;     /* {"keys":[…]} as published */
	const struct jwks *set; /* the same, for verifying our own tokens */
};

/* By what tokens of ours that live may be signed, whatever new ones are signed by. */
static inline jose_alg_set op_keys_algs(const struct op_keys *keys)
{
	jose_alg_set algs = 0;
	for (size_t i = 0; i < keys->n; i++)
		algs |= JOSE_ALG_BIT(keys->v[i].alg);
	return algs;
}

/* The daemon's services. Every function is thread-safe. */
struct op_services {
	void *self;
	/* The current keys; release with keys_release. */
	const struct op_keys *(*keys)(void *self);
	void (*keys_release)(void *self, const struct op_keys *keys);
	/* Signs a token with the active key of that algorithm, in the signer process, which checks everything itself
	 * (jwt_mint). RC_SIGNER, RC_JOSE_*. */
	enum rc (*mint)(void *self, enum jose_alg alg, const struct jwt_mint *t, struct arena *a,
			struct slice *ret_token);
	/* Runs Argon2id in the bounded hashing pool; RC_BUSY if its queue is full. Otherwise as password_form_verify
	 * and password_form_hash. */
	enum rc (*password_verify)(void *self, const struct password_place *who, struct secret password,
				   struct slice phc, bool *ret_renew);
	enum rc (*password_hash)(void *self, const struct password_place *who, struct secret password,
				 char dst[static CRYPTO_PASSWORD_PHC_MAX], size_t *ret_n);
	/* Broadcasts new revocations to gateways at once. */
	void (*revocations_changed)(void *self);
	/* Whether every connected gateway can hold them; NULL: all can. */
	bool (*revocations_held)(void *self);
};

struct client_cache; /* src/oauth/client/client.h */
struct revocations;         /* src/oauth/token/revocations.h */
struct rate;         /* src/oauth/token/rate.h */
struct op_openid;    /* src/oauth/grant/grant.h */

struct op {
	const struct op_settings *settings;
	const struct directory *directory;
	const struct ephemeral *ephemeral;
	const struct sessions *sessions; /* provider sessions */
	const struct op_services *services;
	const struct audit *audit;
	struct client_cache *clients;
	struct revocations *revocations; /* the revocation cache */
	struct rate *rate; /* NULL: no limits */
	const struct op_openid
		*openid;         /* &oidc_openid of src/oidc; NULL: OAuth alone, scope openid gives no ID token */
	uint8_t refresh_key[32]; /* for refresh tokens' MACs (oauth/grant/refresh_token.h); the same on every node */
	/* the same on every node: for CSRF tokens, sealed requests, counters' names and decoys for unknown users */
	uint8_t installation_key[32];
};

/* An endpoint. RC_OK: *ret_reply is the answer. Otherwise the router answers with that row's error, as JSON or page
 * as its table says, and changes nothing. c->issuer is set. */
typedef enum rc op_handler(const struct op *op, struct request *c, struct reply *ret_reply);

#endif
