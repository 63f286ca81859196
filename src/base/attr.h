/* SPDX-License-Identifier: Apache-2.0 */
/* Names for compiler attributes, for gcc 12 and clang 14. */
#ifndef OSTIARY_BASE_ATTR_H
#define OSTIARY_BASE_ATTR_H

#define WARN_UNUSED __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define UNUSED __attribute__((unused))
#define NORETURN __attribute__((noreturn))

/* For functions whose call measurably costs more than a copy of their code. */
#define ALWAYS_INLINE __attribute__((always_inline))

/* For functions that need their own stack frame. */
#define NOINLINE __attribute__((noinline))

/* A large buffer on the stack that is written before it is read: skips the build's zeroing of every variable. */
#define UNINITIALIZED __attribute__((uninitialized))

/* Runs `fn(&variable)` when the variable leaves its scope: for objects of other libraries. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* How many arguments a macro was given: 1 to 20. */
#define ARGS_COUNT(...) \
	ARGS_COUNT_OF(__VA_ARGS__, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define ARGS_COUNT_OF(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, count, ...) count

#endif
