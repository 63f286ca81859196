/* SPDX-License-Identifier: Apache-2.0 */
/* The signer role: the only process that holds private keys and the key-encryption key. */
#ifndef OSTIARY_DAEMON_SIGNER_H
#define OSTIARY_DAEMON_SIGNER_H

#include "daemon/role.h"

/* Serves both links until the daemon ends. Anything malformed on a link ends the process. Returns its exit code. */
int signer_run(struct role *role);

#endif
