/* SPDX-License-Identifier: Apache-2.0 */
/* Included into every unit by the build: calls whose misuse is silent become compile errors. */
#ifndef OSTIARY_BASE_BANNED_H
#define OSTIARY_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Not poisoned: OpenSSL's headers name parameters so. clang takes the attribute on a first declaration only. */
#ifndef __clang__
int rand(void) __attribute__((error("use crypto_random")));
#endif

/* clang's fortified headers make these macros, which may not be poisoned. */
#undef sprintf
#undef vsprintf
#undef alloca
#pragma GCC poison strcpy strcat strncpy strncat strtok sprintf vsprintf gets gmtime localtime ctime asctime atoi atol alloca

#endif
