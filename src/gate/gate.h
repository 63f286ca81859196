/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway's decision: pure. Configuration is constant, what this process knows comes in as a view, state lives in the
 * request, memory in the caller's arena. Order: canonical path, credential, verify or look up, ends, rules, headers.
 * Deleting identity headers (name.h) comes before and does not depend on any of it. */
#ifndef OSTIARY_GATE_GATE_H
#define OSTIARY_GATE_GATE_H

#include "gate/cache.h"
#include "gate/ends.h"
#include "gate/identity.h"
#include "gate/memo.h"
#include "gate/request.h"
#include "jose/jwt.h"

#define GATE_COOKIE "__Host-ostiary-gate"

enum gate_mode {
	GATE_OFF,     /* anyone; no identity */
	GATE_BEARER,  /* a JWT of one of the issuers in Authorization (RFC 6750) */
	GATE_SESSION, /* the gateway's own session cookie */
};

/* Whose tokens, and what they must look like. Constant. */
struct gate_issuer {
	struct slice name;         /* of the configuration */
	size_t index;              /* of its ring in every view */
	struct jwt_policy jwt;
	struct gate_claim_map map;
	bool fed;                  /* keys come over the link: ends apply, and new keys can be asked for */
};

enum { GATE_ISSUERS_MAX = 8 };

/* What a location demands. Constant. */
struct gate_policy {
	enum gate_mode mode;
	struct slice realm;                        /* of WWW-Authenticate: no quotes, backslashes, controls */
	const struct gate_issuer *const *issuers;  /* bearer: at least one */
	size_t issuer_count;
	struct gate_claim_map session_map;
	const struct gate_rule *rules;
	size_t rule_count;
	const struct gate_claim_header *claim_headers;
	size_t claim_header_count;
	bool csrf_off;    /* session: other sites' pages may cause unsafe requests */
	bool stale_refuse; /* bearer, fed issuers: refuse when the link has been silent; else go on with the last good keys */
	bool any_path;    /* skip the canonical path check */
};

/* An issuer's keys at one moment. */
struct gate_ring {
	const struct jwks *keys; /* NULL: not known yet */
	uint64_t generation;     /* gate_generation of them */
};

/* What this process knows now. Changes only between decisions. */
struct gate_view {
	const struct gate_ring *rings; /* by issuer index */
	const struct gate_ends *ends;  /* NULL: no snapshot yet */
	const struct gate_cache *tokens, *sessions; /* may be NULL: no cache */
	struct gate_memo *memo;        /* of what `tokens` holds; may be NULL */
	uint64_t epoch;                /* of the daemon: cached sessions of another are forgotten */
	bool fresh;                    /* the link's heartbeat is recent */
	int64_t now;                   /* Unix seconds */
};

enum gate_verdict {
	GATE_ALLOW,         /* set `set`, go on */
	GATE_REFUSE,        /* answer `status` */
	GATE_NEED_LOOKUP,   /* ask for `cookie` of the request's host, decide again with the answer */
	GATE_NEED_KEY,      /* ask for new keys of `issuer`, decide again with key_asked */
	GATE_NEED_SNAPSHOT, /* wait for the link's first snapshot, decide again */
};

/* Slices live in the arena, the request or the policy, or in the memo until the next decision. */
struct gate_outcome {
	enum gate_verdict verdict;
	enum rc why;            /* of a refusal */
	int status;             /* 302, 400, 401, 403, 503 */
	struct slice challenge; /* WWW-Authenticate; may be empty */
	struct slice location;  /* of a 302 */
	struct gate_header set[GATE_SET_MAX];
	size_t set_count;
	struct gate_identity identity; /* of GATE_ALLOW in bearer and session mode, and of a refusal by rule */
	struct slice cookie;
	const struct gate_issuer *issuer; /* that the token named, once known */
	bool cached;            /* a signature or session was found in a cache */
};

/* Names keys together with all that a cached signature stands for: issuer, algorithms, types. Never 0. */
uint64_t gate_generation(const struct gate_issuer *issuer, struct slice jwks_text);

/* Decides. Always fills *ret: whatever fails inside is a refusal. The arena needs 128 KiB at most. */
void gate_decide(const struct gate_policy *policy, const struct gate_request *request, const struct gate_view *view,
		 struct arena *a, struct gate_outcome *ret);

/* A refusal of `why` as an outcome: status, challenge, or for a navigation in session mode the redirect to sign-in. */
void gate_refuse(const struct gate_policy *policy, const struct gate_request *request, enum rc why, struct arena *a,
		 struct gate_outcome *ret);
/* {"error":…,"error_description":…} of a refusal, in the arena. RC_LIMIT. */
enum rc gate_refusal_body(enum rc why, struct arena *a, struct slice *ret_body) WARN_UNUSED;

#endif
