/* SPDX-License-Identifier: Apache-2.0 */
/* One-time initialisation of the libraries: fetches algorithms by name, detects processor features. */
#ifndef OSTIARY_CRYPTO_START_H
#define OSTIARY_CRYPTO_START_H

#include "base/rc.h"

/* Does now what the first use would do: reads openssl.cnf, loads providers, seeds the generator. A process calls it
 * before it enters its sandbox, where files cannot be opened. Thread-safe, may be repeated. RC_INTERNAL: an
 * algorithm is missing. */
enum rc crypto_start(void) WARN_UNUSED;
/* Frees what OpenSSL keeps for the calling thread, which is about to end. A thread that is joined frees it itself. */
void crypto_thread_end(void);

#endif
