/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway's own sign-in with an OpenID Provider: the browser holds a cookie, the tokens stay here.
 * Authorization code with PKCE S256, state, nonce (OpenID Connect Core 3.1) and `iss` (RFC 9207). Thread-safe. */
#ifndef OSTIARY_RELYING_RELYING_H
#define OSTIARY_RELYING_RELYING_H

#include "base/ct.h"
#include "call/call.h"
#include "call/reply.h"
#include "http/client.h"
#include "session/session.h"

/* One host behind the gateway in session mode, and its registration at a provider. */
struct relying_site {
	struct slice host;   /* "web.example.com", with the port where it is not the scheme's own; lower case */
	struct slice issuer;
	struct slice client_id;
	struct secret client_secret; /* sent by client_secret_basic */
	struct slice scope;          /* holds openid */
	struct slice resource;       /* RFC 8707, or empty */
	struct slice signed_out;     /* path shown after sign-out: "/" */
};

/* What no answer tells: a gateway session was not as it was written and has been ended ("session.damaged"), or its tokens could
 * not be renewed ("renewal.failed"), for which whoever failed rests some seconds. */
struct relying_note {
	const char *event;
	struct slice host, sid; /* host may be empty */
	enum rc why;
};

struct relying_providers; /* what discovery and JWKS said, by issuer */
struct relying_flights;   /* renewals under way, one a session */

struct relying {
	const struct relying_site *sites;
	size_t site_count;
	struct http_client *http;
	const struct ephemeral *ephemeral;
	const struct sessions *sessions; /* of kind EPH_GATE_SESSION */
	uint8_t handle_key[32];          /* seals X-Session-Id */
	int64_t leeway;                  /* seconds */
	/* RC_OK, or RC_REVOKED where the provider has ended that session or user since `iat`; NULL where nobody here knows. */
	enum rc (*ended)(void *self, struct slice op_sid, struct slice user, int64_t iat, int64_t now);
	void *ended_self;
	/* For the log; NULL: nobody listens. Called by any thread. */
	void (*note)(void *self, const struct relying_note *n);
	void *note_self;
	struct relying_providers *providers; /* by relying_providers_new */
	struct relying_flights *flights;     /* by relying_flights_new */
};

enum rc relying_providers_new(struct relying_providers **ret) WARN_UNUSED;
void relying_providers_free(struct relying_providers *p);
enum rc relying_flights_new(struct relying_flights **ret) WARN_UNUSED;
void relying_flights_free(struct relying_flights *f);

typedef enum rc relying_handler(const struct relying *r, struct call *c, struct reply *ret_reply);
/* GET /_ostiary/login?return_to=/path: to the provider. RC_NOT_FOUND: not a host of ours; RC_SYNTAX: return_to. */
relying_handler relying_login;
/* GET /_ostiary/callback: code, state, iss, error. */
relying_handler relying_callback;
/* GET and POST /_ostiary/logout: from the same origin only (RC_CSRF). Ends session and tokens, then the provider's session. */
relying_handler relying_logout;
/* GET /_ostiary/session: {"signed_in":true,"sub","name",…}: for the pages of that host. */
relying_handler relying_session;
/* GET and PUT /session/data with X-Session-Id: a backend's state in the session, at most RELYING_DATA_MAX bytes of JSON,
 * versioned by ETag; PUT needs If-Match (RC_MISSING without), another version is RC_PRECONDITION. */
relying_handler relying_data;

enum { RELYING_DATA_MAX = 6 * 1024, RELYING_HANDLE_TTL = 300 };

/* Who is behind a gateway cookie. Slices live in the arena. */
struct relying_identity {
	struct slice user_id, tenant_id, roles, scopes; /* roles, scopes: space-separated */
	struct slice name;                              /* for people; may be empty */
	struct slice sid, op_sid;                       /* ours, the provider's */
	struct slice handle;                            /* X-Session-Id: a sealed handle */
	int64_t expires;                                /* of the session; the handle may expire before */
	int64_t issued;                                 /* when the provider last vouched for it */
};

/* Renews the tokens where they are due; may so take as long as the provider does. RC_NOT_FOUND: no such session, ended, or
 * another host's. RC_STORE: not known now. A provider that is down ends nothing before the session's own end. */
enum rc relying_identity(const struct relying *r, struct slice host, struct slice cookie, int64_t now, struct arena *a,
			 struct relying_identity *ret) WARN_UNUSED;

#define RELYING_COOKIE "__Host-ostiary-gate"
#define RELYING_FLOW_COOKIE "__Host-ostiary-flow-"

#endif
