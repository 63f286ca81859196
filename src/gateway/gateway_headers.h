/* SPDX-License-Identifier: Apache-2.0 */
/* The headers for the backend, made of an identity. */
#ifndef OSTIARY_GATEWAY_GATEWAY_HEADERS_H
#define OSTIARY_GATEWAY_GATEWAY_HEADERS_H

#include "gateway/gateway_identity.h"
#include "gateway/gateway_request.h"

/* Longest encoded value of a header; a longer one is left out. Rules see the whole value. */
enum { GATEWAY_HEADER_VALUE_MAX = 16 * 1024 };

/* A claim that the backend gets in a header named by the operator. Constant. */
struct gateway_claim_header {
	struct slice header, path;
};

enum { GATEWAY_SET_MAX = 24, GATEWAY_CLAIM_HEADERS_MAX = 16 };

/* Parses "X-Issuer=iss": a header and its claim. RC_SYNTAX, RC_FORBIDDEN: as header_name_validate and
 * gateway_claim_path_validate; RC_CONFLICT: the gateway already sets a header of this name. */
enum rc gateway_headers_claim_from(struct slice word, struct gateway_claim_header *ret) WARN_UNUSED;

/* The headers to set, without empty ones: those of header_identity_names and `extra` (at most
 * GATEWAY_CLAIM_HEADERS_MAX). A value that cannot be carried, or exceeds GATEWAY_HEADER_VALUE_MAX, sets its bit in
 * id->dropped. RC_MEMORY: arena full. */
enum rc gateway_headers_set(struct gateway_identity *id, const struct gateway_claim_header *extra,
				 size_t extra_count, struct arena *a,
				 struct gateway_header ret_set[static GATEWAY_SET_MAX], size_t *ret_n) WARN_UNUSED;

/* The claim's name for one bit, for the log. */
struct slice gateway_headers_claim_name(unsigned bit, const struct gateway_claim_map *map,
					 const struct gateway_claim_header *extra, size_t extra_count);

#endif
