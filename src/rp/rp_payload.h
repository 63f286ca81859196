/* SPDX-License-Identifier: Apache-2.0 */
/* What a gateway's session holds of a sign-in. Within this folder. */
#ifndef OSTIARY_RP_RP_PAYLOAD_H
#define OSTIARY_RP_RP_PAYLOAD_H

#include "jose/jwt/jwt.h"
#include "rp/rp.h"

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
/* The ID token that a session keeps for sign-out: empty if it is too long for a redirect, which then uses
 * `client_id`. */
enum { GATEWAY_HINT_MAX = 1400 };
struct slice gateway_payload_hint(struct slice id_token);
/* The refresh token that a session keeps: empty if it exceeds GATEWAY_REFRESH_MAX, which is logged. */
struct slice gateway_payload_refresh(const struct rp *r, const struct rp_site *site, struct slice refresh_token);
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
