/* SPDX-License-Identifier: Apache-2.0 */
/* A claim of a token or session: where it is, and what of it a header can carry. */
#ifndef OSTIARY_GATEWAY_GATEWAY_CLAIM_H
#define OSTIARY_GATEWAY_GATEWAY_CLAIM_H

#include "base/arena.h"
#include "base/json.h"

/* RC_SYNTAX: empty, or a pointer with a "~" that is neither "~0" nor "~1" (RFC 6901 3), which can never name a
 * claim. */
enum rc gateway_claim_path_validate(struct slice path) WARN_UNUSED;
/* A claim by name or pointer, or NULL. */
const struct json *gateway_claim_find(const struct json *claims, struct slice path);

/* A value's text, or an empty slice if absent. RC_RANGE: a header cannot carry it; the slice is empty. RC_MEMORY:
 * arena full. */
enum rc gateway_claim_text(const struct json *v, struct arena *a, struct slice *ret_s) WARN_UNUSED;
/* Longest name, in bytes as it is shown. */
enum { GATEWAY_NAME_MAX = 200 };
/* The display name: without characters that are invisible or reverse text, trimmed, cut between two characters. Empty
 * if absent. RC_RANGE: it cannot be carried (an array, an object, control characters); RC_MEMORY:
 * arena full. */
enum rc gateway_claim_name(const struct json *v, struct arena *a, struct slice *ret_name) WARN_UNUSED;

/* If the failure concerns this claim alone (RC_RANGE), sets its bit and treats the claim as absent. */
enum rc gateway_claim_drop(enum rc rc, unsigned bit, uint32_t *dropped) WARN_UNUSED;
/* An array's elements, encoded and joined by `sep`. Leaves out elements that a header cannot carry and sets the bit; keeps
 * the others. RC_MEMORY. */
enum rc gateway_claim_array(const struct json *v, uint8_t sep, unsigned bit, uint32_t *dropped, struct arena *a,
			    struct slice *ret_s) WARN_UNUSED;
/* The same of an array or a space-separated string; absent is empty. */
enum rc gateway_claim_list(const struct json *v, uint8_t sep, unsigned bit, uint32_t *dropped, struct arena *a,
			   struct slice *ret_s) WARN_UNUSED;

#endif
