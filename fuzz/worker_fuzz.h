/* SPDX-License-Identifier: Apache-2.0 */
/* A worker of the daemon without its sockets, signer and sandbox, on the provider of the tests. */
#ifndef OSTIARY_FUZZ_WORKER_FUZZ_H
#define OSTIARY_FUZZ_WORKER_FUZZ_H

#include "../tests/unit/op_fixture.h"
#include "worker/worker.h"
#include "identity/password_form.h"

static struct config wf_config;
static struct role wf_role = {.config = &wf_config, .log = {.fd = -1}};
static struct worker wf;

static inline void wf_hold(bool promise)
{
	if (!promise)
		abort();
}

static enum rc wf_verify(void *self, const struct password_place *who, struct secret password, struct slice phc,
			 bool *ret_renew)
{
	(void)self, (void)who;
	return password_form_verify(password, phc, ret_renew);
}

static enum rc wf_hash(void *self, const struct password_place *who, struct secret password,
		       char dst[static CRYPTO_PASSWORD_PHC_MAX], size_t *ret_n)
{
	const struct crypto_password_cost cheapest = {8192, 1, 1};
	(void)self, (void)who;
	return crypto_password_hash(password, cheapest, dst, ret_n);
}

static inline void wf_start(void)
{
	static const uint8_t key[32] = {7};
	fx_start();
	wf_hold(atexit(fx_stop) == 0);
	wf.role = &wf_role;
	wf.config = &wf_config;
	wf.directory = fx.directory;
	wf.ephemeral = fx.ephemeral;
	wf.sessions = fx.sessions;
	wf.settings = fx.settings;
	wf.services = fx.services;
	wf.op = fx.op;
	wf.identity = (struct identity){.directory = &wf.directory,
					.ephemeral = &wf.ephemeral,
					.audit = &fx.audit,
					.key = secret_of(key, sizeof key),
					.verify = wf_verify,
					.hash = wf_hash};
	wf.admin = (struct admin){.op = &wf.op,
				  .directory = &wf.directory,
				  .ephemeral = &wf.ephemeral,
				  .sessions = &wf.sessions,
				  .identity = &wf.identity,
				  .config = &wf_config};
	wf.front = (struct front){.op = &wf.op, .rp = &wf.rp, .admin = &wf.admin, .log = &wf_role.log};
	arena_init(&wf.arena, 1 << 20);
}

#endif
