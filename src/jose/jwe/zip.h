/* SPDX-License-Identifier: Apache-2.0 */
/* DEFLATE (RFC 1951) for `zip` of JWE: no header, no checksum. The library's memory comes from the arena, which
 * wipes it, since windows hold plaintext. Needs about 64 KiB to inflate, 320 KiB to deflate, in addition to the
 * result. */
#ifndef OSTIARY_JOSE_JWE_ZIP_H
#define OSTIARY_JOSE_JWE_ZIP_H

#include "base/arena.h"

/* RC_JOSE_DECRYPT: malformed, truncated, or followed by more bytes; RC_LIMIT: the result exceeds `max` bytes. */
enum rc zip_inflate(struct slice packed, size_t max, struct arena *a, struct slice *ret_plain) WARN_UNUSED;
/* `plain` is at most 1 GiB; the caller ensures this. RC_MEMORY: arena full. */
enum rc zip_deflate(struct slice plain, struct arena *a, struct slice *ret_packed) WARN_UNUSED;

#endif
