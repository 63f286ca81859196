/* SPDX-License-Identifier: Apache-2.0 */
/* Results of libostiary, its version, and how its functions are marked. */
#ifndef OSTIARY_RESULT_H
#define OSTIARY_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OSTIARY_API __attribute__((visibility("default")))
#define OSTIARY_CHECKED __attribute__((visibility("default"), warn_unused_result))

/* The version of these headers. Minor versions add; a change that breaks programs has another soname (CHANGELOG.md). */
#define OSTIARY_VERSION_MAJOR 0
#define OSTIARY_VERSION_MINOR 2
#define OSTIARY_VERSION_PATCH 0
#define OSTIARY_VERSION_OF(major, minor, patch) ((unsigned)(major) << 16 | (unsigned)(minor) << 8 | (unsigned)(patch))
#define OSTIARY_VERSION OSTIARY_VERSION_OF(OSTIARY_VERSION_MAJOR, OSTIARY_VERSION_MINOR, OSTIARY_VERSION_PATCH)

/* The version of the library that the program runs with, as OSTIARY_VERSION. From any thread. */
OSTIARY_API unsigned ostiary_version(void);

/* A struct that a program fills begins with `size`, the sizeof of it: `struct ostiary_policy p = {sizeof p, .issuer = …};`
 * or, in C++, `ostiary_policy p = {}; p.size = sizeof p;`. So a later library knows which members the program has: those
 * behind are zero, which is always the default. A size of zero, and a member that this library does not know and that is
 * not zero, are ARGUMENT. In arrays each element says its size. */

/* For the constants of algorithms alone: a set with one member. */
#ifdef __cplusplus
#define OSTIARY_ONE_(type, member) ([] { struct type one_ = type(); one_.member = 1; return one_; }())
#define OSTIARY_NONE_(type) (type())
#else
#define OSTIARY_ONE_(type, member) ((struct type){.member = 1})
#define OSTIARY_NONE_(type) ((struct type){.unknown = 0})
#endif

/* Results. Numbers are stable; new ones are added at the end. */
enum ostiary_result {
	OSTIARY_OK = 0,
	OSTIARY_MALFORMED = 1,  /* not a compact token of three canonical base64url parts, none empty: not signed, too */
	OSTIARY_HEADER = 2,     /* a header parameter that is refused: jwk, jku, x5c, crit, … */
	OSTIARY_ALG = 3,        /* an algorithm that the policy or the key does not allow */
	OSTIARY_TYP = 4,        /* another type of token */
	OSTIARY_KID = 5,        /* no such key */
	OSTIARY_KEY = 6,        /* the key or the key set is malformed or unfit */
	OSTIARY_SIGNATURE = 7,  /* the signature does not hold */
	OSTIARY_CLAIMS = 8,     /* the claims are not a strict JSON object, or of wrong types */
	OSTIARY_ISS = 9,
	OSTIARY_SUB = 10,
	OSTIARY_AUD = 11,
	OSTIARY_EXP = 12,       /* expired, or without expiry */
	OSTIARY_NBF = 13,       /* not valid yet */
	OSTIARY_IAT = 14,
	OSTIARY_JTI = 15,
	OSTIARY_LIMIT = 16,     /* larger than a maximum: a token over 32 KiB, a header over 2 KiB, over 1,024 values */
	OSTIARY_MEMORY = 17,
	OSTIARY_UNAVAILABLE = 18, /* no keys yet, or a replay store that cannot say: answer 503, not 401 */
	OSTIARY_ARGUMENT = 19,  /* a call that makes no sense; an address or policy that is refused */
	OSTIARY_INTERNAL = 20,
	OSTIARY_DECRYPT = 21,   /* cannot be decrypted; the reason is deliberately not told */
	OSTIARY_DISCLOSURE = 22, /* an SD-JWT's disclosure or digest */
	OSTIARY_BINDING = 23,   /* an SD-JWT's key binding */
	OSTIARY_REQUIRED = 24,  /* a claim is missing that the policy requires */
	OSTIARY_REPLAY = 25     /* its `jti` was used before */
};

/* "signature", for logs; and what is wrong, in words that may be shown to a client. Both are static, and those of INTERNAL
 * where the number is none of these. From any thread. */
OSTIARY_API const char *ostiary_result_name(enum ostiary_result result);
OSTIARY_API const char *ostiary_result_text(enum ostiary_result result);

/* Wipes and releases a text that a function here has made for its caller. NULL is fine. From any thread. */
OSTIARY_API void ostiary_free(char *text);

#ifdef __cplusplus
}
#endif

#endif
