/* SPDX-License-Identifier: Apache-2.0 */
/* The identity of a request from verified claims, the rules on it, and the headers for the backend. */
#ifndef OSTIARY_GATEWAY_GATEWAY_IDENTITY_H
#define OSTIARY_GATEWAY_GATEWAY_IDENTITY_H

#include "base/arena.h"
#include "base/json.h"
#include "revocation/revocation_cache.h"
#include "gateway/gateway_request.h"

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
/* Longest `tenant`, in bytes as it stands in the claims, and name, as it is shown. A session holds no longer ones. */
enum { GATEWAY_TENANT_MAX = 1024, GATEWAY_NAME_MAX = 200 };
/* The display name: without characters that are invisible or reverse text, trimmed, cut between two characters. Empty
 * if absent. RC_RANGE: it cannot be carried (an array, an object, control characters); RC_MEMORY:
 * arena full. */
enum rc gateway_identity_name(const struct json *v, struct arena *a, struct slice *ret_name) WARN_UNUSED;

/* Longest encoded value of a header; a longer one is left out. Rules see the whole value. */
enum { GATEWAY_HEADER_VALUE_MAX = 16 * 1024 };

/* RC_SYNTAX: empty, or a pointer with a "~" that is neither "~0" nor "~1" (RFC 6901 3), which can never name a
 * claim. */
enum rc gateway_identity_path_validate(struct slice path) WARN_UNUSED;
/* A claim by name or pointer, or NULL. */
const struct json *gateway_identity_claim(const struct json *claims, struct slice path);
/* Strings are taken as they are, numbers and booleans as written, lists as arrays or space-separated strings, null
 * as absent. What a header cannot carry is left out and its bit set: objects, arrays in arrays, control characters,
 * and single list elements of those types. RC_JOSE_SUB: `sub` is of such a type, no string, or over GATEWAY_SUBJECT_MAX. RC_JOSE_IAT: `iat` is
 * no date. RC_JOSE_CLAIMS: no object, or a claim by which revocations name a token is no text (JSON_NO_TEXT). RC_MEMORY: arena full. */
enum rc gateway_identity_read(const struct json *claims, const struct gateway_claim_map *map, struct arena *a,
			   struct gateway_identity *ret_identity) WARN_UNUSED;
enum gateway_rule_type { GATEWAY_RULE_SCOPE, GATEWAY_RULE_ROLE, GATEWAY_RULE_CLAIM };

/* One requirement; all rules of a policy must hold. Constant. */
struct gateway_rule {
	enum gateway_rule_type type;
	bool all;                   /* every value is required; else one is enough; for claims one is always enough */
	struct slice path;          /* of a claim */
	const struct slice *values; /* strings are compared exactly; numbers and booleans as written */
	size_t value_count;         /* 0: the rule never holds */
};

/* RC_INSUFFICIENT_SCOPE: a scope rule failed; RC_FORBIDDEN: another rule failed. *ret_rule is the first that failed. */
enum rc gateway_identity_validate(const struct gateway_identity *id, const struct gateway_rule *rules, size_t count,
			    const struct gateway_rule **ret_rule) WARN_UNUSED;

/* A claim that the backend gets in a header named by the operator. Constant. */
struct gateway_claim_header {
	struct slice header, path;
};

enum { GATEWAY_SET_MAX = 24, GATEWAY_CLAIM_HEADERS_MAX = 16 };

/* Parses "X-Issuer=iss": a header and its claim. RC_SYNTAX, RC_FORBIDDEN: as header_name_validate and
 * gateway_identity_path_validate; RC_CONFLICT: the gateway already sets a header of this name. */
enum rc gateway_claim_header_from(struct slice word, struct gateway_claim_header *ret) WARN_UNUSED;

/* The headers to set, without empty ones: those of header_identity_names and `extra` (at most
 * GATEWAY_CLAIM_HEADERS_MAX). A value that cannot be carried, or exceeds GATEWAY_HEADER_VALUE_MAX, sets its bit in
 * id->dropped. RC_MEMORY: arena full. */
enum rc gateway_identity_headers(struct gateway_identity *id, const struct gateway_claim_header *extra,
				 size_t extra_count, struct arena *a,
				 struct gateway_header ret_set[static GATEWAY_SET_MAX], size_t *ret_n) WARN_UNUSED;

/* The claim's name for one bit, for the log. */
struct slice gateway_identity_claim_name(unsigned bit, const struct gateway_claim_map *map,
					 const struct gateway_claim_header *extra, size_t extra_count);

#endif
