/* SPDX-License-Identifier: Apache-2.0 */
/* The RP: the gateway's own sign-in with an OpenID Provider. The browser holds a cookie; the tokens stay here.
 * Authorization code with PKCE S256, state, nonce (OpenID Connect Core 3.1) and `iss` (RFC 9207). Thread-safe. */
#ifndef OSTIARY_RP_RP_H
#define OSTIARY_RP_RP_H

#include "base/outgoing_secret.h"
#include "message/request.h"
#include "message/reply.h"
#include "fetch/http_client.h"
#include "outbox/outbox.h"
#include "session/session.h"

/* One host behind the gateway in session mode, and its registration at a provider. */
struct rp_site {
	struct slice host;   /* "web.example.com", lower case, with the port unless it is the scheme's default */
	struct slice issuer;
	struct slice client_id;
	struct outgoing_secret client_secret; /* sent by client_secret_basic */
	struct slice scope;          /* holds openid */
	struct slice resource;       /* RFC 8707, or empty */
	struct slice signed_out;     /* path shown after sign-out: "/" */
	struct slice return_paths;   /* further return paths of a sign-out, space-separated */
	struct slice roles_claim,
		tenant_claim; /* the claims' place in its ID tokens, a name or JSON Pointer; empty: not read */
	bool private_network; /* its endpoints may be on a private network although the issuer is not */
};

/* An event for the log that no answer shows. "session.damaged": a gateway session was corrupt and has been revoked.
 * "renewal.failed": tokens could not be renewed; the failed party gets a back-off of some seconds. "answer.dropped",
 * "claim.dropped": a part of a provider's answer was unusable and left out; `detail` names it. "provider.failed": a
 * provider did not answer, or not correctly; `detail` names the request and the fault. "revocation.dropped": a refresh
 * token is not revoked at its provider after a sign-out, because it could not be put into the outbox. */
struct rp_note {
	const char *event;
	struct slice host, sid; /* may be empty, like all that follow */
	enum rc why;
	struct slice provider; /* its issuer */
	struct slice detail;
};

struct rp_providers; /* metadata and keys of providers, by issuer */
struct rp_renewals;   /* running renewals, one per session */

struct rp {
	const struct rp_site *sites;
	size_t site_count;
	struct http_client *http;
	const struct ephemeral *ephemeral;
	const struct sessions *sessions; /* of type EPH_GATEWAY_SESSION */
	uint8_t handle_key[32];          /* seals X-Session-Id */
	int64_t leeway;                  /* seconds */
	/* RC_OK, or RC_REVOKED if the provider has revoked that session or user since `iat`. NULL: no revocations
	 * are known here. */
	enum rc (*ended)(void *self, struct slice op_sid, struct slice user, int64_t iat, int64_t now);
	void *ended_self;
	/* For the log; may be NULL. Called by any thread. */
	void (*note)(void *self, const struct rp_note *n);
	void *note_self;
	/* Records a sign-in at a site, of request.log_subject with the session request.log_session; may be NULL. If it
	 * fails, the sign-in fails. Called by any thread. */
	enum rc (*signed_in)(void *self, const struct request *c, const struct rp_site *site);
	void *signed_in_self;
	/* Called when a provider refuses the site's client. Returns the current secret, in the arena. RC_NOT_FOUND:
	 * it is unchanged, or the site is gone. NULL: secrets never change. Called by any thread. */
	enum rc (*secret_now)(void *self, const struct rp_site *site, struct arena *a,
			      struct outgoing_secret *ret);
	void *secret_now_self;
	struct outbox *outbox;          /* with a row RP_REVOCATION that runs rp_revoke */
	struct rp_providers *providers; /* by rp_providers_new */
	struct rp_renewals *renewals;     /* by rp_renewals_new */
};

enum rc rp_providers_new(struct rp_providers **ret) WARN_UNUSED;
void rp_providers_free(struct rp_providers *p);
/* Fetches metadata and keys of this issuer if they are due. True if they are known afterwards. May take about ten
 * seconds. */
bool rp_fetch(const struct rp *r, struct slice issuer, int64_t now);
/* A job of the outbox: revokes a refresh token at its provider (RFC 7009), put by rp_logout. For outbox_type.run. */
#define RP_REVOCATION "provider.revocation"
enum rc rp_revoke(const struct rp *r, const struct outbox_try *t, struct arena *a) WARN_UNUSED;
enum rc rp_renewals_new(struct rp_renewals **ret) WARN_UNUSED;
void rp_renewals_free(struct rp_renewals *f);

typedef enum rc rp_handler(const struct rp *r, struct request *c, struct reply *ret_reply);
/* GET /_ostiary/login?return_to=/path: redirects to the provider. RC_NOT_FOUND: not a configured host; RC_SYNTAX:
 * return_to. */
rp_handler rp_login;
/* GET /_ostiary/callback: code, state, iss, error. */
rp_handler rp_callback;
/* GET and POST /_ostiary/logout?return_to=/path, from the same origin only. A GET from elsewhere, or typed, gets a
 * page that asks; such a POST gets RC_CSRF. RC_INVALID_REQUEST: the site does not list return_to. Revokes the session,
 * leaves its refresh token to the outbox to revoke, then leads to the end of the provider's session. */
rp_handler rp_logout;
/* GET /_ostiary/session: {"signed_in":true,"sub","name",…}, for that host's pages. */
rp_handler rp_session;
/* GET and PUT /session/data with X-Session-Id: a backend's state in the session, at most RP_DATA_MAX bytes of JSON,
 * versioned by ETag. PUT needs If-Match (RC_MISSING without); another version is RC_PRECONDITION. */
rp_handler rp_data;

enum { RP_DATA_MAX = 6 * 1024, RP_HANDLE_TTL = 300 };

/* The identity of a gateway cookie. Slices live in the arena. */
struct rp_identity {
	struct slice issuer;                            /* of the provider */
	struct slice user_id, scopes;                   /* scopes: space-separated */
	struct slice tenant_id, roles;                  /* JSON as in the ID token, or empty */
	struct slice name;                              /* display name; may be empty */
	struct slice sid, op_sid;                       /* ours, and the provider's */
	struct slice handle;                            /* X-Session-Id: a sealed handle */
	int64_t expires;                                /* of the session; the handle may expire earlier */
	int64_t issued;                                 /* when the provider last confirmed it */
};

/* Renews the tokens if they are due, which may take as long as the provider does. RC_NOT_FOUND: no such session,
 * revoked, or another host's. RC_STORE: unknown now. While a provider is down, sessions last until their own expiry. */
enum rc rp_identity(const struct rp *r, struct slice host, struct slice cookie, int64_t now, struct arena *a,
			 struct rp_identity *ret) WARN_UNUSED;

#define RP_COOKIE "__Host-ostiary-gate"
#define RP_FLOW_COOKIE "__Host-ostiary-flow-"

#endif
