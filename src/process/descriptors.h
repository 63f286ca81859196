/* SPDX-License-Identifier: Apache-2.0 */
/* What the parent opens once and hands to every start of a role: listeners, pairs of sockets, shared memory. */
#ifndef OSTIARY_PROCESS_DESCRIPTORS_H
#define OSTIARY_PROCESS_DESCRIPTORS_H

#include "process/role.h"

struct descriptors {
	int ends[ROLE_FD_LISTEN][2]; /* by enum role_fd; what has one end stands in both */
	int listen_fds[ROLE_LISTEN_MAX];
	size_t listen_count;
	void *memory; /* the parent's mapping of ROLE_FD_LEDGER */
};

/* Opens everything, with `memory` bytes of zeroed shared memory. A line on standard error says what failed. Paths live
 * in the arena. RC_LIMIT: too many listeners; otherwise as in listen.h. */
enum rc descriptors_open(const struct config *c, size_t memory, struct arena *a, struct descriptors *ret) WARN_UNUSED;
/* Removes the Unix sockets' files. */
void descriptors_unlink(const struct config *c, struct arena *a);

#endif
