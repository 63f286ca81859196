/* SPDX-License-Identifier: Apache-2.0 */
/* What every endpoint of the provider works with: settings, stores, keys. Made once by the daemon (or a test), constant
 * afterwards but for what the pointers lead to; shared by all threads. */
#ifndef OSTIARY_OAUTH_OP_H
#define OSTIARY_OAUTH_OP_H

#include "call/call.h"
#include "call/reply.h"
#include "crypto/password.h"
#include "jose/jwt.h"
#include "session/session.h"
#include "store/directory.h"
#include "store/ephemeral.h"

struct op_settings {
	struct slice issuer; /* "https://id.example.com": scheme, host, port, optional path; no slash at the end */
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
	struct crypto_password_cost password_cost;
	struct slice scopes; /* all that clients may ask for, space-separated: "openid profile email offline_access …" */
	const struct op_resource *resources; /* APIs: audiences of access tokens */
	size_t resource_count;
};

/* An API that access tokens can be for (RFC 8707). */
struct op_resource {
	struct slice uri;    /* the `aud` */
	struct slice scopes; /* those that mean it, space-separated */
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
	struct slice jwks;     /* {"keys":[…]} as served */
	const struct jwks *set; /* the same, for verifying our own tokens */
};

/* The daemon's services. Every function is thread-safe. */
struct op_services {
	void *self;
	/* The keys now; give back with keys_release. */
	const struct op_keys *(*keys)(void *self);
	void (*keys_release)(void *self, const struct op_keys *keys);
	/* Asks the signer process. RC_SIGNER, RC_JOSE_KID. */
	struct jwt_signer signer;
	/* Runs Argon2id in its own bounded lane; RC_BUSY where its queue is full. Otherwise as crypto_password_verify/_hash. */
	enum rc (*password_verify)(void *self, struct secret password, struct slice phc);
	enum rc (*password_hash)(void *self, struct secret password, char dst[static CRYPTO_PASSWORD_PHC_MAX], size_t *ret_n);
	/* One record per security event, to the log stream (not the directory). Fields of `c` complete it. */
	void (*audit)(void *self, const struct call *c, const char *event, enum rc outcome);
	/* Tells gateways at once that ends were added. */
	void (*ends_changed)(void *self);
};

struct client_cache; /* src/oauth/client.h */
struct ends;         /* src/oauth/ends.h */
struct op_openid;    /* src/oauth/grant.h */

struct op {
	const struct op_settings *settings;
	const struct directory *directory;
	const struct ephemeral *ephemeral;
	const struct sessions *sessions; /* provider sessions */
	const struct op_services *services;
	struct client_cache *clients;
	struct ends *ends; /* the picture of what was ended */
	const struct op_openid *openid; /* &oidc_openid of src/oidc; NULL: OAuth alone, scope openid gives no ID token */
	uint8_t local_key[32]; /* random at start, kept in the directory's machine file: CSRF tokens, decoys for unknown users */
};

/* An endpoint. RC_OK: *ret_reply says what to answer. Anything else: the router answers with that row's error, as JSON or
 * page as its table says, and changes nothing. */
typedef enum rc op_handler(const struct op *op, struct call *c, struct reply *ret_reply);

#endif
