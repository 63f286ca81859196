/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/roles.h"

#include "signer/signer.h"
#include "signing/signer_keys.h"
#include "worker/loader.h"
#include "worker/worker.h"

/* In the order of their start. */
static const struct role_row rows[] = {
	{.name = "signer",
	 .run = signer_run,
	 .descriptors = ROLE_FD(SIGNER) | ROLE_FD(GENERATE) | ROLE_FD(LEDGER),
	 .second_ends = ROLE_FD(SIGNER) | ROLE_FD(GENERATE),
	 .sandbox = SANDBOX_SIGNER,
	 .restart = ROLE_RESTART_ALWAYS},
	{.name = "worker",
	 .run = worker_run,
	 .descriptors = ROLE_FD(SIGNER) | ROLE_FD(GENERATE) | ROLE_FD(RELOAD) | ROLE_FD(READY) | ROLE_FD(ADMIN) |
			ROLE_FD(LINK) | ROLE_FD(LISTEN),
	 .second_ends = ROLE_FD(READY),
	 .sandbox = SANDBOX_WORKER,
	 .restart = ROLE_RESTART_SERVING},
	/* The configuration loader. It opens files that only the parent's sandbox allows, so it enters none itself. */
	{.name = "reader",
	 .run = loader_run,
	 .descriptors = ROLE_FD(RELOAD) | ROLE_FD(LEDGER),
	 .second_ends = ROLE_FD(RELOAD),
	 .sandbox = SANDBOX_PARENT,
	 .restart = ROLE_RESTART_NEVER,
	 .refused = loader_refused},
};

/* How long the signer lets tokens live follows what the worker applied. Only the loader proposes a value. */
static void settle(void *memory, bool applied, int64_t now)
{
	struct signer_ledger *ledger = memory;
	lives_settle(&ledger->lives, applied, now);
}

const struct role_table roles = {
	.v = rows, .n = ARRAY_LEN(rows), .memory = sizeof(struct signer_ledger), .settle = settle};
_Static_assert(ARRAY_LEN(rows) <= ROLES_MAX, "the parent has a place for each role");
