/* SPDX-License-Identifier: Apache-2.0 */
/* Finds parts of a configuration that contradict each other: each is valid, but together users could not sign in. */
#ifndef OSTIARY_WORKER_LINT_H
#define OSTIARY_WORKER_LINT_H

#include "worker/apply.h"

struct lint {
	const struct config *config;
	const struct apply_secrets *secrets;
	struct arena *arena;
	const char *file; /* named in messages */
	bool outside;     /* not in a sandbox: the system's users can be looked up */
	/* Finds a client that is not in the file. RC_NOT_FOUND; RC_STORE: unknown, and then not reported. */
	enum rc (*find_client)(void *self, struct slice id, struct arena *a, struct dir_client *ret);
	/* Called for each mistake, with text ready to print: line, column and key included. */
	void (*say)(void *self, const char *text);
	void *self;
};

/* RC_OK with *ret_count mistakes. RC_LIMIT, RC_MEMORY. */
enum rc lint_config(const struct lint *l, size_t *ret_count) WARN_UNUSED;

#endif
