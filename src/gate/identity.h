/* SPDX-License-Identifier: Apache-2.0 */
/* Who a request is from, read from verified claims; the rules on them; the headers that tell a backend. */
#ifndef OSTIARY_GATE_IDENTITY_H
#define OSTIARY_GATE_IDENTITY_H

#include "base/arena.h"
#include "base/json.h"
#include "gate/ends.h"
#include "gate/request.h"

/* Where claims stand: a top-level member's name, or a JSON Pointer (RFC 6901) where it starts with "/". Constant. */
struct gate_claim_map {
	struct slice roles;  /* "roles": array of strings, or a string of words */
	struct slice tenant; /* "tenant" */
	struct slice scope;  /* "scope": a string of words, or an array of strings */
};

struct gate_identity {
	const struct json *claims;
	struct slice user;    /* empty for a client that acts for itself (sub equals client_id) */
	struct slice tenant, client, sid, op_sid, grant, jti;
	struct slice roles;   /* joined by commas; each is UTF-8 without controls, spaces and commas */
	struct slice scope;   /* words joined by single spaces */
	struct slice handle;  /* the sealed session handle, session mode only */
	int64_t iat;
};

enum { GATE_HEADER_VALUE_MAX = 4096 };

/* A claim by name or pointer, or NULL. */
const struct json *gate_identity_claim(const struct json *claims, struct slice path);
/* RC_JOSE_CLAIMS: a claim is of another type, or holds bytes that may not stand in a header; RC_LIMIT: longer than
 * GATE_HEADER_VALUE_MAX, or arena full. */
enum rc gate_identity_read(const struct json *claims, const struct gate_claim_map *map, struct arena *a,
			   struct gate_identity *ret_identity) WARN_UNUSED;
/* What may have ended it. */
struct gate_subject gate_identity_subject(const struct gate_identity *id);

enum gate_rule_kind { GATE_RULE_SCOPE, GATE_RULE_ROLE, GATE_RULE_CLAIM };

/* One requirement; a policy's rules must all hold. Constant. */
struct gate_rule {
	enum gate_rule_kind kind;
	bool all;                   /* every value, else at least one; claims: at least one */
	struct slice path;          /* of a claim */
	const struct slice *values; /* strings exactly; numbers and booleans as they are written */
	size_t value_count;         /* 0: the rule never holds */
};

/* RC_INSUFFICIENT_SCOPE: a scope rule; RC_FORBIDDEN: another rule. *ret_rule is the first that does not hold. */
enum rc gate_identity_check(const struct gate_identity *id, const struct gate_rule *rules, size_t count,
			    const struct gate_rule **ret_rule) WARN_UNUSED;

/* A claim that a backend gets under a header of the operator's choice. Constant. */
struct gate_claim_header {
	struct slice header, path;
};

enum { GATE_SET_MAX = 24, GATE_CLAIM_HEADERS_MAX = 16 };

/* The headers to set, those without a value left out: X-User-Id, X-Tenant-Id, X-Roles, X-Session-Id, X-Client-Id,
 * X-Scope and `extra` (at most GATE_CLAIM_HEADERS_MAX). Failures as gate_identity_read. */
enum rc gate_identity_headers(const struct gate_identity *id, const struct gate_claim_header *extra, size_t extra_count,
			      struct arena *a, struct gate_header ret_set[static GATE_SET_MAX], size_t *ret_n) WARN_UNUSED;

#endif
