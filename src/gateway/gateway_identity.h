/* SPDX-License-Identifier: Apache-2.0 */
/* The identity of a request, from verified claims. */
#ifndef OSTIARY_GATEWAY_GATEWAY_IDENTITY_H
#define OSTIARY_GATEWAY_GATEWAY_IDENTITY_H

#include "base/arena.h"
#include "base/json.h"
#include "revocation/revocation_cache.h"

/* Where claims are found: the name of a top-level member, or a JSON Pointer (RFC 6901) if it starts with "/"; empty:
 * not read. Constant. */
struct gateway_claim_map {
	struct slice roles;  /* "roles": array of strings, or a space-separated string */
	struct slice tenant; /* "tenant" */
	struct slice scope;  /* "scope": a space-separated string, or an array of strings */
};

/* Our own claims: roles, tenant, scope. */
extern const struct gateway_claim_map gateway_claim_map_own;

/* Bits for claims that were left out because a header cannot carry them; the bits of ostiary_header follow, in
 * order. */
enum gateway_claim {
	GATEWAY_CLAIM_CLIENT,
	GATEWAY_CLAIM_SID,
	GATEWAY_CLAIM_OP_SID,
	GATEWAY_CLAIM_GRANT,
	GATEWAY_CLAIM_JTI,
	GATEWAY_CLAIM_TENANT,
	GATEWAY_CLAIM_ROLES,
	GATEWAY_CLAIM_SCOPE,
	GATEWAY_CLAIM_EXTRA
};

struct gateway_identity {
	const struct json *claims;
	/* Encoded as in headers (header_encode.h). */
	struct slice user;    /* empty for a client that acts on its own behalf (sub equals client_id) */
	struct slice tenant, client;
	struct slice roles;   /* words joined by commas */
	struct slice scope;   /* words joined by single spaces */
	struct slice handle;  /* the sealed session handle, session mode only */
	struct revocation_subject subject; /* unencoded, as in the claims: for the revocation check */
	uint32_t dropped;     /* 1 << enum gateway_claim */
};

/* Longest `sub`, in bytes (OpenID Connect Core 2: "It MUST NOT exceed 255 ASCII characters in length"). */
enum { GATEWAY_SUBJECT_MAX = 255 };
/* Longest `tenant`, in bytes as it stands in the claims. A session holds no longer one. */
enum { GATEWAY_TENANT_MAX = 1024 };

/* Strings are taken as they are, numbers and booleans as written, lists as arrays or space-separated strings, null
 * as absent. What a header cannot carry is left out and its bit set: objects, arrays in arrays, control characters,
 * and single list elements of those types. RC_JOSE_SUB: `sub` is of such a type, no string, or over GATEWAY_SUBJECT_MAX. RC_JOSE_IAT: `iat` is
 * no date. RC_JOSE_CLAIMS: no object, or a claim by which revocations name a token is no text (JSON_NO_TEXT). RC_MEMORY: arena full. */
enum rc gateway_identity_read(const struct json *claims, const struct gateway_claim_map *map, struct arena *a,
			   struct gateway_identity *ret_identity) WARN_UNUSED;

#endif
