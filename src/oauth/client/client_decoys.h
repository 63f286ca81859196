/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys without a private half, one per type: a signature that no key can verify takes the usual time with them. */
#ifndef OSTIARY_OAUTH_CLIENT_DECOYS_H
#define OSTIARY_OAUTH_CLIENT_DECOYS_H

#include "jose/jwk/jwk.h"

/* RC_MEMORY. */
enum rc client_decoys_read(struct jwks **ret_keys) WARN_UNUSED;

#endif
