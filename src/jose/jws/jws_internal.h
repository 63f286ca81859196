/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by jws_*.c. */
#ifndef OSTIARY_JOSE_JWS_JWS_INTERNAL_H
#define OSTIARY_JOSE_JWS_JWS_INTERNAL_H

#include "jose/jws/jws_any.h"

/* A signature as in the text. */
struct jws_part {
	struct slice protected64; /* empty: no protected header */
	const struct json *header;
	struct slice signature64;
};

struct jws_parts {
	enum jws_form form;
	bool has_payload;
	struct slice payload; /* as in the text, without JSON escapes */
	size_t count;
	struct jws_part part[JWS_SIGNATURES_MAX];
};

/* jws_parse.c: RC_JOSE_MALFORMED, RC_LIMIT, RC_MEMORY. */
enum rc jws_parse(struct slice text, unsigned forms, struct arena *a, struct jws_parts *ret_parts) WARN_UNUSED;

/* jws_header.c: reads both headers of one signature, and whether its payload is unencoded. RC_JOSE_MALFORMED,
 * RC_JOSE_HEADER, RC_JOSE_CRIT, RC_JOSE_ALG, RC_LIMIT, RC_MEMORY. */
enum rc jws_headers_read(const struct jws_part *part, const struct jws_rules *rules, struct arena *a,
			 struct jws_signature *ret_signature, bool *ret_unencoded) WARN_UNUSED;

/* A header's JSON. RC_JOSE_HEADER: no object; RC_LIMIT; RC_MEMORY. */
enum rc jws_object_read(struct slice text, struct arena *a, const struct json **ret_object) WARN_UNUSED;

/* RFC 7515 5.1 step 5: protected "." payload; the payload as base64url, or unencoded. Written to `dst`, which has
 * room for jws_input_room bytes; all signatures of a text use the same memory in turn. The protected header has been
 * read. */
struct slice jws_signing_input(struct slice protected64, struct slice payload, uint8_t *dst);
size_t jws_input_room(struct slice payload);
/* True if a compact text may carry it unencoded (RFC 7797 5.2). */
bool jws_compact_may_carry(struct slice payload);

#endif
