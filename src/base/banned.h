/* SPDX-License-Identifier: Apache-2.0 */
/* Included into every source file by the build: calls that are easily misused become compile errors. */
#ifndef OSTIARY_BASE_BANNED_H
#define OSTIARY_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Not poisoned: OpenSSL's headers use these as parameter names. clang accepts the attribute only on a first
 * declaration. */
#ifndef __clang__
int rand(void) __attribute__((error("use crypto_random")));
#endif

/* clang's fortified headers define these as macros, which must not be poisoned. */
#undef sprintf
#undef vsprintf
#undef alloca
#pragma GCC poison strcpy strcat strncpy strncat strtok sprintf vsprintf gets gmtime localtime ctime asctime atoi atol \
	alloca

#endif
