/* SPDX-License-Identifier: Apache-2.0 */
/* A provider: its metadata and keys, its token endpoint and ID tokens, UserInfo and revocation. Within this folder. */
#ifndef OSTIARY_RP_RP_PROVIDER_H
#define OSTIARY_RP_RP_PROVIDER_H

#include "jose/jwt/jwt.h"
#include "rp/rp.h"

/* A provider's metadata (OpenID Connect Discovery 3); slices live in the caller's arena. */
struct provider_metadata {
	struct slice jwks_uri, authorization_endpoint, token_endpoint, userinfo_endpoint, revocation_endpoint,
		end_session_endpoint;
	bool iss_in_response; /* authorization_response_iss_parameter_supported */
	bool inside;          /* it came from loopback or a private network */
};

/* Reads this issuer's metadata. RC_UPSTREAM: another issuer's, or not as the standard requires; *ret_why names the
 * fault or the member. */
enum rc provider_metadata_of(struct slice text, struct slice issuer, struct arena *a, struct provider_metadata *ret,
			       const char **ret_why) WARN_UNUSED;

/* One request to a provider. */
struct provider_ask {
	struct slice issuer;
	const char *what; /* for the log: "metadata", "keys", "token endpoint"; static */
	bool inside;      /* its metadata came from loopback or a private network */
	struct http_request_out out; /* without reach and fault, which are set later */
	char why[400];               /* the fault, as it is logged, if there was no answer */
};

/* As http_client_fetch, within provider_reach; a missing answer is logged ("provider.failed"). */
enum rc provider_ask(const struct rp *r, struct provider_ask *q, struct arena *a,
		     struct http_response_in *ret) WARN_UNUSED;
enum http_reach provider_reach(const struct rp *r, const struct provider_ask *q);
/* Logs a fault in an answer, once in PROVIDER_REPORT seconds per provider, type of request and reason. The reason is
 * the part of `why` before its first colon; what follows may vary. */
enum { PROVIDER_REPORT = 10 };
void provider_fault(const struct rp *r, struct slice issuer, const char *what, const char *why);
/* The fault of the last attempt to fetch metadata and keys; empty after a success. */
struct slice provider_trouble(const struct rp *r, struct slice issuer, struct arena *a);
/* Whether that is to be logged now. */
bool provider_reports(const struct rp *r, struct slice issuer, const char *what);

/* Metadata of an issuer, at most an hour old. RC_UPSTREAM: unavailable, or not this issuer's. */
enum rc provider_find(const struct rp *r, struct slice issuer, int64_t now, struct arena *a,
		      struct provider_metadata *ret) WARN_UNUSED;
/* The same without the network, of any age. RC_UPSTREAM: nothing is known yet. */
enum rc provider_recall(const struct rp *r, struct slice issuer, struct arena *a,
			struct provider_metadata *ret) WARN_UNUSED;
/* Whether provider_recall can answer. */
bool provider_known(const struct rp *r, struct slice issuer);
/* Whether an attempt to fetch them has finished, with or without success. */
bool provider_tried(const struct rp *r, struct slice issuer);
/* Waits a few seconds for the first fetch; true if metadata and keys are known then. */
bool provider_wait(const struct rp *r, struct slice issuer);
/* The rooms of requests that wait for the network (rp/rp_room.h). */
struct rp_rooms *provider_rooms(const struct rp *r);
/* Validates an ID token of this site's provider: signature by its keys (fetched anew for an unknown kid, at most
 * four times a minute), iss, aud, azp, exp, iat. `nonce` is checked unless it is empty. */
enum rc provider_id_token(const struct rp *r, const struct rp_site *site, struct slice token, struct slice nonce,
			  int64_t now, struct arena *a, struct jwt_claims *ret) WARN_UNUSED;

/* What an ID token says beyond any JWT. RC_JOSE_AZP, RC_JOSE_NONCE. */
enum rc provider_id_claims(const struct rp_site *site, const struct json *root, struct slice nonce) WARN_UNUSED;

/* A token endpoint's answer. */
struct provider_tokens {
	struct slice access_token, refresh_token, id_token;
	int64_t access_expires; /* Unix seconds */
	struct slice scope;     /* granted scope; if `scope_said` is false, the requested one (RFC 6749 5.1) */
	bool scope_said;
	struct slice dropped;   /* an unusable member, or empty */
	struct slice fault;     /* also written on failure: the fault as it is logged, or empty */
};

/* Reads a token endpoint's answer. RC_UPSTREAM: no access token, or unusable tokens. */
enum rc provider_answer_read(const struct json *root, int64_t now, struct arena *a,
			     struct provider_tokens *ret) WARN_UNUSED;

/* POSTs `form` with the site's credentials. If the provider refuses: RC_INVALID_GRANT (the code or refresh token),
 * RC_INVALID_CLIENT (the site's registration), RC_INVALID_REQUEST (this form). RC_UPSTREAM: everything else. */
enum rc provider_token(const struct rp *r, const struct rp_site *site, struct slice form, int64_t now,
		       struct arena *a, struct provider_tokens *ret) WARN_UNUSED;
/* RFC 7009. RC_OK also if the provider has no revocation endpoint. RC_UPSTREAM: it may succeed later, so also after
 * "invalid_client", until the operator mends the registration. RC_INVALID_REQUEST: the provider refuses. */
enum rc provider_revoke(const struct rp *r, const struct rp_site *site, struct slice refresh_token,
			const struct outbox_try *t, struct arena *a) WARN_UNUSED;
/* Puts rp_revoke's job for this token. Best effort: the local session is revoked in any case; a failure is logged. */
void rp_revoke_later(const struct rp *r, const struct rp_site *site, struct slice refresh_token, int64_t now,
		     struct arena *a);

/* Best effort: the display name from UserInfo (OpenID Connect Core 5.3); ID tokens rarely hold it. */
struct provider_asker {
	struct slice access_token, sub; /* sub: from the ID token; UserInfo's must be equal */
};
void provider_name(const struct rp *r, const struct rp_site *site, const struct provider_asker *who, int64_t now,
		   struct arena *a, struct slice *ret_name);

#endif
