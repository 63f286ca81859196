/* SPDX-License-Identifier: Apache-2.0 */
/* Refresh tokens as text: base64url of u8 format 1, family (16 bytes), u32 generation, 32 random bytes, and a MAC
 * over all that (HMAC-SHA-256, 16 bytes) under a key that all nodes share. The directory's hash of the random bytes
 * makes a token valid. The MAC identifies an old token after the directory has deleted it, so that reuse is detected
 * (RFC 9700 4.14.2). Tokens of earlier versions are 43 opaque characters; they work until their families expire. */
#ifndef OSTIARY_OAUTH_REFRESH_TOKEN_H
#define OSTIARY_OAUTH_REFRESH_TOKEN_H

#include "oauth/op.h"

enum { REFRESH_TOKEN_LEN = 92 };

/* The key for op.refresh_key, made once per directory. RC_STORE, RC_INTERNAL. */
enum rc refresh_token_key(const struct directory *directory, uint8_t ret_key[static 32]) WARN_UNUSED;
/* A new token in the arena, and its form in the directory; `family` is an id by grant_id. RC_RANGE. */
enum rc refresh_token_make(const struct op *op, struct slice family, int64_t generation, struct arena *a,
			   struct slice *ret_token, struct dir_token *ret) WARN_UNUSED;
/* RC_INVALID_GRANT: not one of our tokens. */
enum rc refresh_token_read(const struct op *op, struct slice token, struct arena *a, struct dir_token *ret) WARN_UNUSED;
/* The family of a token, and the token's form in *ret_token. RC_NOT_FOUND: not one of our tokens, or unknown, expired or
 * revoked; RC_STORE. */
enum rc refresh_token_find(const struct op *op, struct slice token, int64_t now, struct arena *a,
			   struct dir_token *ret_token, struct dir_refresh *ret) WARN_UNUSED;

#endif
