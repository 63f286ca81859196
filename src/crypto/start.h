/* SPDX-License-Identifier: Apache-2.0 */
/* What the libraries set up once: algorithms fetched by name, processor features found. */
#ifndef OSTIARY_CRYPTO_START_H
#define OSTIARY_CRYPTO_START_H

#include "base/rc.h"

/* Does now what else the first use would do: reads openssl.cnf, loads providers, seeds the generator.
 * A process calls it before it enters its sandbox, where files can no longer be opened. Thread-safe, may be
 * repeated. RC_INTERNAL where an algorithm is missing. */
enum rc crypto_start(void) WARN_UNUSED;

#endif
