/* SPDX-License-Identifier: Apache-2.0 */
/* The refresh token of an ended session: a job of the outbox revokes it at its provider (RFC 7009). */
#include "rp/rp_internal.h"
#include "rp/rp_payload.h"
#include "rp/rp_provider.h"
#include "store/stored.h"

enum { NAME_MAX_BYTES = 4096 };

struct revocation {
	struct slice host, issuer, client_id; /* of the site that had the token */
	struct slice refresh_token;
};

static const struct stored_field fields[] = {
	STORED_TEXT_OF(struct revocation, host, NAME_MAX_BYTES),
	STORED_TEXT_OF(struct revocation, issuer, NAME_MAX_BYTES),
	STORED_TEXT_OF(struct revocation, client_id, NAME_MAX_BYTES),
	STORED_TEXT_OF(struct revocation, refresh_token, GATEWAY_REFRESH_MAX),
};
static const struct stored_row record = {.version = 1, .fields = fields, .field_count = ARRAY_LEN(fields)};

static enum rc put(const struct rp *r, const struct rp_site *site, struct slice refresh_token, int64_t now, struct arena *a)
{
	const struct revocation v = {site->host, site->issuer, site->client_id, refresh_token};
	struct outbox_job job = {.type = SLICE(RP_REVOCATION), .party = site->issuer, .about = refresh_token};
	TRY(stored_write(&record, &v, a, &job.payload));
	return outbox_put(r->outbox, &job, now);
}

void rp_revoke_later(const struct rp *r, const struct rp_site *site, struct slice refresh_token, int64_t now,
		     struct arena *a)
{
	struct provider_metadata m;
	if (provider_recall(r, site->issuer, a, &m) == RC_OK && m.revocation_endpoint.n == 0)
		return;
	enum rc rc = put(r, site, refresh_token, now, a);
	if (rc != RC_OK)
		rp_note(r, &(struct rp_note){
				   .event = "revocation.dropped", .host = site->host, .provider = site->issuer, .why = rc});
}

static const struct rp_site *site_of(const struct rp *r, const struct revocation *v)
{
	for (size_t i = 0; i < r->site_count; i++) {
		const struct rp_site *s = &r->sites[i];
		if (slice_eq(s->host, v->host) && slice_eq(s->issuer, v->issuer) && slice_eq(s->client_id, v->client_id))
			return s;
	}
	return NULL;
}

enum rc rp_revoke(const struct rp *r, const struct outbox_try *t, struct arena *a)
{
	struct revocation v;
	TRY(stored_read(&record, t->payload, &v, sizeof v));
	const struct rp_site *site = site_of(r, &v);
	return site == NULL ? RC_NOT_FOUND : provider_revoke(r, site, v.refresh_token, t, a);
}
