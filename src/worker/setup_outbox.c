/* SPDX-License-Identifier: Apache-2.0 */
/* The outbox: one row a type of job. */
#include "worker/setup.h"

#include "worker/reload.h"

static enum rc revoke(void *self, const struct outbox_try *t, struct arena *a)
{
	const struct worker *w = self;
	return rp_revoke(&w->rp, t, a);
}

static const struct outbox_type types[] = {
	{.name = SLICE_INIT(RP_REVOCATION), .run = revoke, .back_off = 5, .back_off_most = 3600, .tries = 100,
	 .life = 3 * 24 * 3600, .bounds = {.type = 50000, .party = 10000}},
};

static void *hold(void *reload)
{
	return reload_hold(reload);
}

static void release(void *worker)
{
	reload_release(worker);
}

enum rc setup_outbox(struct worker *w)
{
	const struct outbox_options o = {.directory = &w->directory,
					 .audit = &w->audit,
					 .key = secret_of(w->op.installation_key, sizeof w->op.installation_key),
					 .types = types,
					 .type_count = ARRAY_LEN(types),
					 .self = w->reload,
					 .hold = hold,
					 .release = release};
	return setup_report(w, outbox_new(&o, &w->rp.outbox), "outbox", SLICE_NONE);
}
