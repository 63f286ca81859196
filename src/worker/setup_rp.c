/* SPDX-License-Identifier: Apache-2.0 */
/* The RP: its callbacks into log, directory and revocations. */
#include "worker/setup.h"

#include "oauth/token/revocations.h"
#include "worker/reload.h"

static enum rc rp_revoked(void *self, struct slice op_sid, struct slice user, int64_t iat, int64_t now)
{
	const struct worker *w = self;
	return revocations_validate(&w->op, &(struct revocation_subject){.sid = op_sid, .user = user, .iat = iat}, now);
}

/* A client that the provider refuses is an error: it lasts until a configuration is mended. */
static void rp_noted(void *self, const struct rp_note *n)
{
	const struct worker *w = self;
	LOG(&w->role->log, n->why == RC_INVALID_CLIENT ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, n->event,
	    LOG_TEXT("host", n->host), LOG_TEXT("session", n->sid), LOG_TEXT("provider", n->provider),
	    LOG_TEXT("detail", n->detail), LOG_TEXT("result", slice_cstr(rc_row(n->why)->name)));
}

/* This provider records its own sign-ins itself; those of other providers are recorded here. */
static enum rc rp_signed_in(void *self, const struct request *c, const struct rp_site *site)
{
	struct worker *w = self;
	uint8_t memory[2048];
	struct buf b;
	const struct log_field more[] = {LOG_TEXT("provider", site->issuer), LOG_TEXT("host", site->host)};
	struct dir_audit audit = audit_row(AUDIT_GATEWAY_SIGNED_IN, c);
	if (slice_eq(site->issuer, w->config->issuer))
		return RC_OK;
	buf_over(&b, memory, sizeof memory);
	struct json_out o = json_out_to(&b);
	json_out_object(&o);
	json_out_member(&o, SLICE("iss"), site->issuer);
	json_out_member(&o, SLICE("host"), site->host);
	json_out_object_end(&o);
	TRY(buf_rc(&b));
	audit.detail = buf_slice(&b);
	audit.actor = c->log_subject;
	audit.client = site->client_id;
	audit.session = c->log_session;
	return audit_add_more(&w->audit, &audit, c, more, ARRAY_LEN(more));
}

enum rc setup_rp(struct worker *w)
{
	w->rp.ephemeral = &w->ephemeral;
	w->rp.ended = rp_revoked;
	w->rp.ended_self = w;
	w->rp.note = rp_noted;
	w->rp.note_self = w;
	w->rp.signed_in = rp_signed_in;
	w->rp.signed_in_self = w;
	w->rp.secret_now = reload_secret_now;
	w->rp.secret_now_self = w->reload;
	TRY(rp_providers_new(&w->rp.providers));
	return rp_renewals_new(&w->rp.renewals);
}
