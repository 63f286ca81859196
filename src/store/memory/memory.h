/* SPDX-License-Identifier: Apache-2.0 */
/* The ephemeral store in this process's memory. What it acknowledged lasts as long as the process, no longer. */
#ifndef OSTIARY_STORE_MEMORY_H
#define OSTIARY_STORE_MEMORY_H

#include "store/ephemeral.h"

struct memory_options {
	size_t max_records; /* RC_BUSY beyond; counters count as records */
	size_t max_bytes;   /* of all records with their overhead */
};

/* Close with ret->close. RC_RANGE: a limit of 0; RC_MEMORY. */
enum rc memory_ephemeral_open(const struct memory_options *o, struct ephemeral *ret) WARN_UNUSED;

#endif
