/* SPDX-License-Identifier: Apache-2.0 */
/* The ephemeral store in this process's memory. What it acknowledged lasts as long as the process, no longer. */
#ifndef OSTIARY_STORE_MEMORY_MEMORY_H
#define OSTIARY_STORE_MEMORY_MEMORY_H

#include "store/backend.h"

extern const struct store_backend memory_backend;

struct memory_options {
	size_t max_records; /* of each kind; its room (store/rooms.h) may be smaller */
	size_t max_bytes;   /* of each kind, overhead included; likewise */
	int64_t now;        /* Unix seconds: when it is opened; nothing of before is here */
};

/* Close with ret->close. RC_RANGE: a limit of 0; RC_MEMORY. */
enum rc memory_ephemeral_open(const struct memory_options *o, struct ephemeral *ret) WARN_UNUSED;

#endif
