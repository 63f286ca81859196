/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of this folder. */
#ifndef OSTIARY_RP_RP_INTERNAL_H
#define OSTIARY_RP_RP_INTERNAL_H

#include "jose/jwt/jwt.h"
#include "rp/rp.h"

/* The site of a request's host, or NULL. */
const struct rp_site *rp_site(const struct rp *r, struct slice host);
/* Logs the event through r->note. */
void rp_note(const struct rp *r, const struct rp_note *n);
/* "https://web.example.com" + path, with the request's own scheme. */
enum rc rp_url(const struct request *c, struct slice path, struct slice *ret_url) WARN_UNUSED;
/* The ID token that a session keeps for sign-out: empty if it is too long for a redirect, which then uses
 * `client_id`. */
enum { PARTS_HINT_MAX = 1400 };
struct slice rp_hint(struct slice id_token);
/* The refresh token that a session keeps: empty if it exceeds GATEWAY_REFRESH_MAX, which is logged. */
struct slice rp_refresh(const struct rp *r, const struct rp_site *site, struct slice refresh_token);
/* RC_CSRF unless the request is from its own origin (Sec-Fetch-Site, else Origin, else Referer). */
enum rc rp_same_origin(const struct request *c) WARN_UNUSED;
/* `n` random bytes (at most 32) as base64url in the arena. */
enum rc rp_random(struct arena *a, size_t n, struct slice *ret_text) WARN_UNUSED;

/* A provider's metadata (OpenID Connect Discovery 3); slices live in the caller's arena. */
struct provider_metadata {
	struct slice jwks_uri, authorization_endpoint, token_endpoint, userinfo_endpoint, revocation_endpoint,
		end_session_endpoint;
	bool iss_in_response; /* authorization_response_iss_parameter_supported */
	bool inside;          /* it came from loopback or a private network */
};

/* Why an ID token is refused, for the log: "ID token: nonce". */
struct slice rp_token_fault(struct slice token, enum rc why, struct arena *a);

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
/* Whether provider_find can answer without the network. */
bool provider_known(const struct rp *r, struct slice issuer);
/* Whether an attempt to fetch them has finished, with or without success. */
bool provider_tried(const struct rp *r, struct slice issuer);
/* Waits a few seconds for the first fetch; true if metadata and keys are known then. */
bool provider_wait(const struct rp *r, struct slice issuer);
/* The rooms of requests that wait for the network (rp/rp_room.h). */
struct rooms *provider_rooms(const struct rp *r);
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
/* Best effort (RFC 7009): the local session is revoked in any case. */
void provider_revoke(const struct rp *r, const struct rp_site *site, struct slice refresh_token, int64_t now,
		     struct arena *a);

/* Best effort: the display name from UserInfo (OpenID Connect Core 5.3); ID tokens rarely hold it. */
struct provider_asker {
	struct slice access_token, sub; /* sub: from the ID token; UserInfo's must be equal */
};
void provider_name(const struct rp *r, const struct rp_site *site, const struct provider_asker *who, int64_t now,
		   struct arena *a, struct slice *ret_name);

enum { GATEWAY_ROLES_MAX = 16 * 1024, GATEWAY_REFRESH_MAX = 12 * 1024 };

/* The payload of a gateway session. `tenant` and `roles`: JSON as in the ID token, or empty; roles have at most
 * GATEWAY_ROLES_MAX bytes. */
struct gateway_payload {
	struct slice host, user, tenant, roles, scopes, name, op_sid;
	struct slice id_token, refresh_token;
	int64_t access_expires, issued;
	struct slice data; /* the backends' JSON, unchanged; empty for none */
	int64_t data_version;
};

enum rc gateway_payload_write(const struct gateway_payload *p, struct arena *a, struct slice *ret_text) WARN_UNUSED;
/* RC_SYNTAX, RC_MISSING: not such a payload. */
enum rc gateway_payload_read(struct slice text, struct arena *a, struct gateway_payload *ret) WARN_UNUSED;
/* Reads the user from an ID token's claims. RC_JOSE_SUB: `sub` is longer than the standard allows. Other unusable
 * claims are left out and logged. */
enum rc gateway_payload_claims(const struct rp *r, const struct rp_site *site, const struct jwt_claims *claims,
			    struct arena *a, struct gateway_payload *p) WARN_UNUSED;
/* The values of a payload's roles as an array of strings. */
enum rc gateway_payload_put_list(struct json_out *o, struct slice raw, struct arena *a) WARN_UNUSED;
/* A payload's tenant as text; empty if it is no text. */
enum rc gateway_payload_text(struct slice raw, struct arena *a, struct slice *ret_text) WARN_UNUSED;

/* The payload of an opened session. A corrupt one cannot be used: the session is revoked and logged; RC_NOT_FOUND. */
enum rc gateway_session_read(const struct rp *r, const struct session *x, struct arena *a,
			  struct gateway_payload *ret_payload) WARN_UNUSED;
/* The session of a request's gateway cookie, with its payload; RC_NOT_FOUND, RC_STORE. */
enum rc gateway_session_open(const struct rp *r, struct slice host, struct slice cookie, int64_t now, struct arena *a,
			  struct session *ret_session, struct gateway_payload *ret_payload) WARN_UNUSED;

#endif
