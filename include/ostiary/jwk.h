/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Web Keys (RFC 7517) and sets of them. A key is checked when it is read, and never used for what its `use`, `key_ops`
 * or `alg` do not say. */
#ifndef OSTIARY_JWK_H
#define OSTIARY_JWK_H

#include <ostiary/result.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Signature algorithms (RFC 7518 3.1, 8812, 9864, 9964), as bits of a set. */
#define OSTIARY_HS256 0x0001u
#define OSTIARY_HS384 0x0002u
#define OSTIARY_HS512 0x0004u
#define OSTIARY_RS256 0x0008u
#define OSTIARY_RS384 0x0010u
#define OSTIARY_RS512 0x0020u
#define OSTIARY_PS256 0x0040u
#define OSTIARY_PS384 0x0080u
#define OSTIARY_PS512 0x0100u
#define OSTIARY_ES256 0x0200u
#define OSTIARY_ES384 0x0400u
#define OSTIARY_ES512 0x0800u
#define OSTIARY_ED25519 0x3000u   /* under both of its names, "Ed25519" and "EdDSA" */
#define OSTIARY_ES256K 0x4000u
#define OSTIARY_ED448 0x8000u     /* also under "EdDSA", with a key on that curve */
#define OSTIARY_ML_DSA_44 0x10000u /* RFC 9964; where the OpenSSL at run time has it (3.5 and later), else refused */
#define OSTIARY_ML_DSA_65 0x20000u
#define OSTIARY_ML_DSA_87 0x40000u

/* A set of keys. Immutable; threads may share it. */
struct ostiary_jwks;

/* Reads a JSON Web Key Set (RFC 7517) of at most 256 KiB and 64 keys. Keys that are unknown, weak, private or for another
 * use are left out. Release with ostiary_jwks_free. KEY: not a key set; LIMIT; MEMORY. */
OSTIARY_CHECKED enum ostiary_result ostiary_jwks_parse(const char *text, size_t length, struct ostiary_jwks **ret_keys);
/* The same for symmetric keys (`kty` oct), which come from a file of yours and never from a network. */
OSTIARY_CHECKED enum ostiary_result ostiary_jwks_parse_symmetric(const char *text, size_t length,
								 struct ostiary_jwks **ret_keys);
/* How many keys are in it. */
OSTIARY_API size_t ostiary_jwks_count(const struct ostiary_jwks *keys);
OSTIARY_API void ostiary_jwks_free(struct ostiary_jwks *keys); /* NULL is fine */

#ifdef __cplusplus
}
#endif

#endif
