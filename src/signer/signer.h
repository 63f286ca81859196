/* SPDX-License-Identifier: Apache-2.0 */
/* The signer role: the only process that holds private keys and the key-encryption key. */
#ifndef OSTIARY_SIGNER_SIGNER_H
#define OSTIARY_SIGNER_SIGNER_H

#include "process/role.h"

/* Serves both channels until the daemon exits. A malformed message ends the process. Returns its exit code. */
int signer_run(struct role *role);

#endif
