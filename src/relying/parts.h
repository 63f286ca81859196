/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this folder share. */
#ifndef OSTIARY_RELYING_PARTS_H
#define OSTIARY_RELYING_PARTS_H

#include "jose/jwt.h"
#include "relying/relying.h"

/* The site of a request's host, or NULL. */
const struct relying_site *parts_site(const struct relying *r, struct slice host);
/* Tells whoever listens. */
void relying_note(const struct relying *r, const struct relying_note *n);
/* "https://web.example.com" + path, by the request's own scheme. */
enum rc parts_url(const struct call *c, struct slice path, struct slice *ret_url) WARN_UNUSED;
/* RC_CSRF unless the request comes from its own origin (Sec-Fetch-Site, else Origin, else Referer). */
enum rc parts_same_origin(const struct call *c) WARN_UNUSED;
/* `n` random bytes (at most 32) as base64url in the arena. */
enum rc parts_random(struct arena *a, size_t n, struct slice *ret_text) WARN_UNUSED;

/* A provider's metadata (OpenID Connect Discovery 3); slices live in the caller's arena. */
struct provider_metadata {
	struct slice jwks_uri, authorization_endpoint, token_endpoint, userinfo_endpoint, revocation_endpoint, end_session_endpoint;
	bool iss_in_response; /* authorization_response_iss_parameter_supported */
};

/* Metadata of an issuer, at most an hour old. RC_UPSTREAM: not to be had, or not this issuer's. */
enum rc provider_find(const struct relying *r, struct slice issuer, int64_t now, struct arena *a,
		      struct provider_metadata *ret) WARN_UNUSED;
/* An ID token of this site's provider: signature by its keys (fetched anew for an unknown kid, at most twice a minute),
 * iss, aud, azp, exp, iat. `nonce` is checked unless it is empty. */
enum rc provider_id_token(const struct relying *r, const struct relying_site *site, struct slice token, struct slice nonce,
			  int64_t now, struct arena *a, struct jwt_claims *ret) WARN_UNUSED;

/* What a token endpoint answered. */
struct provider_tokens {
	struct slice access_token, refresh_token, id_token;
	int64_t access_expires; /* Unix seconds */
};

/* POSTs `form` with the site's credentials. Where the provider refuses: RC_INVALID_GRANT, what the form is about;
 * RC_INVALID_CLIENT, the site's registration; RC_INVALID_REQUEST, this form alone. RC_UPSTREAM for all else. */
enum rc provider_token(const struct relying *r, const struct relying_site *site, struct slice form, int64_t now,
		       struct arena *a, struct provider_tokens *ret) WARN_UNUSED;
/* Best effort (RFC 7009): the session is over here whatever the provider says. */
void provider_revoke(const struct relying *r, const struct relying_site *site, struct slice refresh_token, int64_t now,
		     struct arena *a);

/* Best effort: the person's name for people, as UserInfo has it (OpenID Connect Core 5.3); ID tokens seldom do. */
struct provider_asker {
	struct slice access_token, sub; /* sub: the ID token's, which UserInfo's must be */
};
void provider_name(const struct relying *r, const struct relying_site *site, const struct provider_asker *who, int64_t now,
		   struct arena *a, struct slice *ret_name);

/* The payload of a gateway session. */
struct gate_payload {
	struct slice host, user, tenant, roles, scopes, name, op_sid;
	struct slice id_token, refresh_token;
	int64_t access_expires, issued;
	struct slice data; /* the backends' JSON, as they gave it; empty for none */
	int64_t data_version;
};

enum rc gate_payload_write(const struct gate_payload *p, struct arena *a, struct slice *ret_text) WARN_UNUSED;
/* RC_SYNTAX, RC_MISSING where it is not one. */
enum rc gate_payload_read(struct slice text, struct arena *a, struct gate_payload *ret) WARN_UNUSED;
/* Takes who the user is from claims of an ID token. RC_JOSE_CLAIMS where `tenant` or `roles` are not what they should be. */
enum rc gate_payload_claims(struct gate_payload *p, const struct jwt_claims *claims, struct arena *a) WARN_UNUSED;

/* The payload of a session that was opened. One that is not as it was written can serve nobody: the session is ended, which is
 * noted, and RC_NOT_FOUND. */
enum rc gate_session_read(const struct relying *r, const struct session *x, struct arena *a,
			  struct gate_payload *ret_payload) WARN_UNUSED;
/* The session of a request's gateway cookie, with its payload; RC_NOT_FOUND, RC_STORE. */
enum rc gate_session_open(const struct relying *r, struct slice host, struct slice cookie, int64_t now, struct arena *a,
			  struct session *ret_session, struct gate_payload *ret_payload) WARN_UNUSED;

#endif
