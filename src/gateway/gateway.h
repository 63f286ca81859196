/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway's decision. Pure: configuration is constant, the process's knowledge comes in as a view, state lives
 * in the request, memory in the caller's arena. Order: canonical path, credential, verification or look-up,
 * revocations, rules, headers. Identity headers (header_name.h) are deleted before, independently of all this. */
#ifndef OSTIARY_GATEWAY_GATEWAY_H
#define OSTIARY_GATEWAY_GATEWAY_H

#include "gateway/signature_cache.h"
#include "revocation/revocation_cache.h"
#include "gateway/gateway_headers.h"
#include "gateway/gateway_rule.h"
#include "gateway/token_cache.h"
#include "gateway/gateway_request.h"
#include "jose/jwt/jwt.h"

#define GATEWAY_COOKIE "__Host-ostiary-gate"

struct gateway_credential; /* gateway_credential.h */

/* Maximum lifetime (exp - iat, seconds) of our own provider's tokens at a gateway: the longest that can be
 * configured. */
enum { GATEWAY_OWN_LIFETIME = 24 * 60 * 60 };

/* An accepted issuer and the requirements on its tokens. Constant. */
struct gateway_issuer {
	struct slice name;         /* of the configuration */
	size_t index;              /* of its key set in every view */
	struct jwt_policy jwt;
	struct gateway_claim_map map;
	struct gateway_claim_map
		foreign; /* replaces `map` while the issuer is not our own: only what the configuration names */
	bool ours;                 /* our own issuer, independently of the view */
	/* keys come over the control channel: revocations apply, and new keys can be asked for */
	bool fed;
};

enum { GATEWAY_ISSUERS_MAX = 8 };

/* What a location requires. Constant. */
struct gateway_policy {
	const struct gateway_credential *credential; /* NULL: no sign-in needed; no identity */
	struct slice realm;                        /* of WWW-Authenticate: no quotes, backslashes, controls */
	const struct gateway_issuer *const *issuers;  /* at least one, if the credential has issuers */
	size_t issuer_count;
	struct gateway_claim_map session_map;
	const struct gateway_rule *rules;
	size_t rule_count;
	const struct gateway_claim_header *claim_headers;
	size_t claim_header_count;
	bool csrf_off;    /* session: allow unsafe requests that other sites' pages cause */
	/* bearer, fed issuers: refuse when the control channel is silent; else continue with the last good keys */
	bool stale_refuse;
	bool any_path;    /* skip the canonical path check */
};

/* An issuer's key set at one moment. */
struct gateway_key_set {
	const struct jwks *keys; /* NULL: not known yet */
	uint64_t generation;     /* gateway_generation of `keys` */
};

/* What this process knows now. It changes only between decisions. */
struct gateway_view {
	const struct gateway_key_set *key_sets; /* by issuer index */
	/* Whether the credential is revoked, as revocation_cache_validate; NULL: no snapshot yet. */
	enum rc (*revoked)(const void *revocations, const struct revocation_subject *s, int64_t now);
	const void *revocations;
	const struct signature_cache *tokens, *sessions; /* may be NULL: no cache */
	struct token_cache *parsed;        /* claims of the tokens in `tokens`; may be NULL */
	const uint8_t *cache_secret; /* SIPHASH_KEY random bytes, for the names of the caches' entries; NULL: no cache */
	struct slice own;              /* the daemon's own issuer; empty: not known */
	uint64_t epoch;                /* of the daemon: cached sessions of another epoch are ignored */
	bool fresh;                    /* the control channel's heartbeat is recent */
	int64_t now;                   /* Unix seconds */
};

enum gateway_verdict {
	GATEWAY_ALLOW,         /* set `set`, then continue */
	GATEWAY_REFUSE,        /* answer `status` */
	GATEWAY_NEED_LOOKUP,   /* look up `cookie` of the request's host, then decide again with the answer */
	GATEWAY_NEED_KEY,      /* ask for new keys of `issuer`, then decide again with key_asked */
	GATEWAY_NEED_SNAPSHOT, /* wait for the control channel's first snapshot, then decide again */
};

/* The page shown when a form was refused. `uri`, a path of this host, is the link to continue. */
struct gateway_page {
	struct slice heading, text, label, uri; /* no heading: no page; no label: no button */
};

/* Slices live in the arena, the request or the policy, or in the token cache until the next decision. */
struct gateway_outcome {
	enum gateway_verdict verdict;
	enum rc why;            /* of a refusal */
	int status;             /* 302, 400, 401, 403, 503 */
	struct slice challenge; /* WWW-Authenticate; may be empty */
	struct slice location;  /* of a 302 */
	struct gateway_page page;  /* instead of gateway_refusal_body */
	struct gateway_header set[GATEWAY_SET_MAX];
	size_t set_count;
	struct gateway_identity identity; /* of GATEWAY_ALLOW in bearer and session mode, and of a refusal by a rule */
	struct slice cookie;
	const struct gateway_issuer *issuer; /* the token's issuer, once known */
	bool cached;            /* the signature or session came from a cache */
};

/* gateway_view.revoked over a struct revocation_cache. */
enum rc gateway_revoked(const void *revocations, const struct revocation_subject *s, int64_t now) WARN_UNUSED;

/* Identifies keys together with all that a cached signature depends on: issuer, algorithms, types. Never 0. */
uint64_t gateway_generation(const struct gateway_issuer *issuer, struct slice jwks_text);

/* Decides. Always fills *ret: an internal failure is a refusal. The arena needs 128 KiB at most. */
void gateway_decide(const struct gateway_policy *policy, const struct gateway_request *request,
		    const struct gateway_view *view, struct arena *a, struct gateway_outcome *ret);

/* The outcome of a refusal for reason `why`: status and challenge. In session mode a navigation is redirected to
 * sign-in, and a form gets a page that explains what happened to it. */
void gateway_refuse(const struct gateway_policy *policy, const struct gateway_request *request, enum rc why,
		    struct arena *a, struct gateway_outcome *ret);
/* The credential's member, of a bearer token a header member or a claim, that caused the refusal, for the log; NULL if none. Static. */
const char *gateway_refusal_member(const struct gateway_policy *policy, const struct gateway_request *request,
				   enum rc why);
/* The JSON body of a refusal, {"error":…,"error_description":…}, in the arena. RC_MEMORY. */
enum rc gateway_refusal_body(enum rc why, struct arena *a, struct slice *ret_body) WARN_UNUSED;

#endif
