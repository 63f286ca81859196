/* SPDX-License-Identifier: Apache-2.0 */
/* Other libraries' readers, each behind a file of its own: their names and ours are the same in places. */
#ifndef OSTIARY_FUZZ_THEIRS_H
#define OSTIARY_FUZZ_THEIRS_H

#include <stdbool.h>
#include <stddef.h>

enum theirs { THEIRS_ACCEPTED, THEIRS_REFUSED, THEIRS_OVERFLOW /* a number that no C type holds */ };

/* jansson. On acceptance what it read, as events in the document's order: "{key…}" "[…]" "s" "i" "r" "t" "f" "n",
 * texts behind their length and a colon. */
enum theirs theirs_json(const void *text, size_t n, char *dst, size_t cap, size_t *ret_n);

/* cjose: a compact JWS under the HMAC key of `key_n` bytes; its payload into dst. */
enum theirs theirs_jws(const void *text, size_t n, const void *key, size_t key_n, char *dst, size_t cap, size_t *ret_n);

#endif
