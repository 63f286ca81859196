/* SPDX-License-Identifier: Apache-2.0 */
/* DEFLATE (RFC 1951) as `zip` of JWE wants it: no header, no checksum. The library's memory comes from the arena, which
 * wipes it: windows hold plaintext. Needs about 64 KiB of it to inflate, 320 KiB to deflate, beside the result. */
#ifndef OSTIARY_JOSE_ZIP_H
#define OSTIARY_JOSE_ZIP_H

#include "base/arena.h"

/* RC_JOSE_DECRYPT: malformed, cut short, or something behind its end; RC_LIMIT: more than `max` bytes come out. */
enum rc zip_inflate(struct slice packed, size_t max, struct arena *a, struct slice *ret_plain) WARN_UNUSED;
/* `plain` is at most 1 GiB, which the caller sees to. RC_LIMIT: the arena is full. */
enum rc zip_deflate(struct slice plain, struct arena *a, struct slice *ret_packed) WARN_UNUSED;

#endif
