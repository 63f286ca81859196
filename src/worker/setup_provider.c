/* SPDX-License-Identifier: Apache-2.0 */
/* The provider: services, identity, revocations, the signer. */
#include "worker/setup.h"

#include "base/clock.h"
#include "front/health.h"
#include "oauth/client/client.h"
#include "oauth/token/rate.h"
#include "oauth/grant/refresh_token.h"
#include "oauth/token/revocations.h"
#include "oidc/oidc.h"

enum { PASSWORD_QUEUE = 32 };

static const struct op_keys *service_keys(void *self)
{
	return keys_get(((struct worker *)self)->keys);
}

static void service_keys_release(void *self, const struct op_keys *keys)
{
	keys_release(((struct worker *)self)->keys, keys);
}

static enum rc service_mint(void *self, enum jose_alg alg, const struct jwt_mint *t, struct arena *a,
			    struct slice *ret_token)
{
	return signer_client_mint(((struct worker *)self)->signer, alg, t, a, ret_token);
}

static enum rc service_verify(void *self, const struct password_place *who, struct secret password, struct slice phc,
			      bool *ret_renew)
{
	return hashing_pool_verify(((struct worker *)self)->pool, who, password, phc, ret_renew);
}

static enum rc service_hash(void *self, const struct password_place *who, struct secret password,
			    char dst[static CRYPTO_PASSWORD_PHC_MAX], size_t *ret_n)
{
	return hashing_pool_hash(((struct worker *)self)->pool, who, password, dst, ret_n);
}

static void audit_to_log(void *self, enum log_level level, const struct log_field *fields, size_t n)
{
	log_write(&((const struct role *)self)->log, level, "audit", fields, n);
}

static void service_revocations_changed(void *self)
{
	struct worker *w = self;
	if (w->link != NULL)
		channel_wake(w->link);
}

static bool service_revocations_held(void *self)
{
	const struct worker *w = self;
	return w->link == NULL || channel_holds(w->link);
}

static void fill_services(struct worker *w)
{
	w->services = (struct op_services){
		.self = w, .keys = service_keys, .keys_release = service_keys_release, .mint = service_mint,
		.password_verify = service_verify, .password_hash = service_hash,
		.revocations_changed = service_revocations_changed, .revocations_held = service_revocations_held,
	};
}

static enum rc fill_op(struct worker *w)
{
	w->op.directory = &w->directory;
	w->op.ephemeral = &w->ephemeral;
	w->op.services = &w->services;
	w->op.audit = &w->audit;
	w->op.openid = &oidc_openid;
	TRY(client_cache_new(&w->op.clients));
	TRY(revocations_new(&w->op.revocations));
	TRY(rate_new(&w->op.rate));
	TRY(refresh_token_key(&w->directory, w->op.refresh_key));
	return revocations_pull(w->op.revocations, &w->directory, clock_now());
}

enum rc setup_provider(struct worker *w)
{
	fill_services(w);
	w->audit = (struct audit){&w->directory, w->role, audit_to_log};
	w->identity = (struct identity){.directory = &w->directory, .ephemeral = &w->ephemeral, .audit = &w->audit,
					.key = secret_of(w->op.installation_key, sizeof w->op.installation_key),
					.verify = hashing_pool_verify, .hash = hashing_pool_hash};
	TRY(health_new(&w->health));
	return setup_report(w, fill_op(w), "provider", SLICE_NONE);
}

enum rc setup_signer(struct worker *w)
{
	TRY(revocations_live(&w->op, clock_now()));
	const int *fds = w->role->fds;
	TRY(signer_client_init(w->signer, fds[ROLE_FD_SIGNER], fds[ROLE_FD_GENERATE], keys_reload(w->keys)));
	TRY(keys_init(w->keys, &w->directory, w->signer, w->key_policy, &w->role->log, &w->audit));
	TRY(hashing_pool_new((unsigned)w->config->passwords.workers, PASSWORD_QUEUE, w->settings.password_cost,
			     &w->pool));
	w->identity.pool = w->pool;
	return RC_OK;
}
