/* SPDX-License-Identifier: Apache-2.0 */
/* Compiler attributes under one name each, for gcc 12 and clang 14. */
#ifndef OSTIARY_BASE_ATTR_H
#define OSTIARY_BASE_ATTR_H

#define WARN_UNUSED __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define UNUSED __attribute__((unused))
#define NORETURN __attribute__((noreturn))
#define FALLTHROUGH __attribute__((fallthrough))

/* Where a call is measured to cost more than its code's repetition. */
#define ALWAYS_INLINE __attribute__((always_inline))

/* A large buffer on the stack that is written before it is read: spares the build's zeroing of every variable. */
#define UNINITIALIZED __attribute__((uninitialized))

/* Runs `fn(&variable)` when the variable leaves its scope: for objects of foreign libraries. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
