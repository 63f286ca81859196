/* SPDX-License-Identifier: Apache-2.0 */
/* The identity of a gateway cookie; renews its tokens. */
#include "base/clock.h"
#include "base/percent.h"
#include "crypto/hash.h"
#include "rp/rp_internal.h"
#include "rp/rp_payload.h"
#include "rp/rp_provider.h"
#include "rp/rp_renewals.h"
#include "sealed/session_handle.h"

enum {
	RENEW_BEFORE = 30,   /* seconds before the access token expires */
	RENEW_GROWTH = 4096, /* bytes that a session may grow by in one renewal */
	/* the longest refresh token that a session holds, each byte escaped */
	FORM_MAX = 3 * GATEWAY_REFRESH_MAX + 256,
};

static enum rc ask_provider(const struct rp *r, const struct rp_site *site, struct slice refresh_token,
			    int64_t now, struct arena *a, struct provider_tokens *ret)
{
	struct buf form;
	buf_init(&form, FORM_MAX);
	percent_form(&form, SLICE("grant_type"), SLICE("refresh_token"));
	percent_form(&form, SLICE("refresh_token"), refresh_token);
	enum rc rc = buf_rc(&form);
	if (rc == RC_OK)
		rc = provider_token(r, site, buf_slice(&form), now, a, ret);
	buf_free(&form);
	return rc;
}

/* OpenID Connect Core 12.2: a new ID token must be about the same user. */
static enum rc take_answer(const struct rp *r, const struct rp_site *site, const struct provider_tokens *t,
			   int64_t now, struct arena *a, struct gateway_payload *p)
{
	struct gateway_payload next = *p;
	struct jwt_claims claims;
	if (t->id_token.n > 0) {
		TRY(provider_id_token(r, site, t->id_token, SLICE_NONE, now, a, &claims));
		if (!slice_eq(claims.sub, p->user))
			return RC_JOSE_SUB;
		TRY(gateway_payload_claims(r, site, &claims, a, &next));
		next.id_token = gateway_payload_hint(t->id_token);
	}
	if (t->refresh_token.n > 0)
		next.refresh_token = gateway_payload_refresh(r, site, t->refresh_token);
	/* RFC 6749 6: an absent scope is unchanged. */
	if (t->scope_said)
		next.scopes = t->scope;
	next.access_expires = t->access_expires;
	next.issued = now;
	*p = next;
	return RC_OK;
}

struct look {
	const struct rp *r;
	const struct rp_site *site;
	struct slice cookie;
	int64_t now;
	struct arena *a;
	struct session session;
	struct gateway_payload payload;
	struct slice trouble; /* why a renewal failed */
};

static enum rc look_open(struct look *l)
{
	return gateway_session_open(l->r, l->site->host, l->cookie, l->now, l->a, &l->session, &l->payload);
}

/* Writes the renewed tokens. If a backend wrote in between, they are added to its version. */
static enum rc look_save(struct look *l)
{
	const struct gateway_payload mine = l->payload;
	for (int tries = 0; tries < 5; tries++) {
		TRY(gateway_payload_write(&l->payload, l->a, &l->session.payload));
		enum rc rc = session_save(l->r->sessions, &l->session, l->now, l->a);
		if (rc != RC_CONFLICT)
			return rc;
		TRY(look_open(l));
		struct gateway_payload merged = mine;
		merged.data = l->payload.data;
		merged.data_version = l->payload.data_version;
		l->payload = merged;
	}
	return RC_CONFLICT;
}

/* Checks that the store has room before the provider replaces the refresh token. Otherwise the session would return
 * with the old token, and the provider would revoke it as stolen. So the session is first written once, padded by
 * the size that the answer may add. */
static enum rc look_secure(struct look *l)
{
	enum rc rc = RC_CONFLICT;
	for (int tries = 0; rc == RC_CONFLICT && tries < 5; tries++) {
		struct slice text;
		if (tries > 0)
			TRY(look_open(l));
		TRY(gateway_payload_write(&l->payload, l->a, &text));
		size_t more = text.n >= SESSION_PAYLOAD_MAX ? 0 : SESSION_PAYLOAD_MAX - text.n;
		if (more > RENEW_GROWTH)
			more = RENEW_GROWTH;
		uint8_t *padded = arena_alloc(l->a, text.n + more);
		if (padded == NULL)
			return RC_MEMORY;
		memcpy(padded, text.p, text.n);
		memset(padded + text.n, ' ', more);
		l->session.payload = slice_of(padded, text.n + more);
		rc = session_save(l->r->sessions, &l->session, l->now, l->a);
	}
	return rc;
}

/* RC_NOT_FOUND: the provider has revoked it. Any other failure leaves the session unchanged; *ret_why says which. */
static enum rc look_renew(struct look *l, enum rc *ret_why)
{
	struct provider_tokens t = {0};
	*ret_why = RC_OK;
	enum rc rc = look_secure(l);
	if (rc == RC_NOT_FOUND)
		return rc;
	struct gateway_payload next = l->payload;
	if (rc == RC_OK)
		rc = ask_provider(l->r, l->site, l->payload.refresh_token, l->now, l->a, &t);
	l->trouble = t.fault;
	if (rc == RC_OK) {
		rc = take_answer(l->r, l->site, &t, l->now, l->a, &next);
		l->trouble = rc == RC_OK ? SLICE_NONE : rp_token_fault(t.id_token, rc, l->a);
	}
	if (rc == RC_INVALID_GRANT || rc == RC_JOSE_SUB) {
		TRY(session_end(l->r->sessions, l->session.sid));
		return RC_NOT_FOUND;
	}
	*ret_why = rc;
	if (rc != RC_OK)
		return RC_OK;
	l->payload = next;
	rc = look_save(l);
	/* The session ended meanwhile, and what ended it knew the token of before only. */
	if (rc == RC_NOT_FOUND && next.refresh_token.n > 0)
		rp_revoke_later(l->r, l->site, next.refresh_token, l->now, l->a);
	return rc;
}

static enum rc look_renew_once(struct look *l)
{
	struct renewal renewal = {.waits = false};
	enum rc why = RC_OK;
	int64_t began_ns = clock_mono_ns();
	crypto_sha256(l->session.sid, renewal.sid);
	crypto_sha256(l->site->host, renewal.site);
	crypto_sha256(l->site->issuer, renewal.provider);
	switch (renewal_begin(l->r->renewals, &renewal, l->now)) {
	case RENEWAL_NONE:
		return RC_OK;
	case RENEWAL_DONE:
		return look_open(l);
	case RENEWAL_OURS:
		break;
	}
	/* Another thread may have renewed since we read the session: read it again, now that the renewal is ours. */
	enum rc rc = look_open(l);
	if (rc == RC_OK && l->now + RENEW_BEFORE >= l->payload.access_expires)
		rc = look_renew(l, &why);
	renewal_end(l->r->renewals, &renewal, why, l->now + (clock_mono_ns() - began_ns) / 1000000000);
	if (why != RC_OK)
		rp_note(l->r, &(struct rp_note){.event = "renewal.failed", .host = l->site->host, .sid = l->session.sid,
						 .why = why, .provider = l->site->issuer, .detail = l->trouble});
	return rc;
}

static enum rc validate_revoked(struct look *l)
{
	const struct gateway_payload *p = &l->payload;
	if (l->r->ended == NULL)
		return RC_OK;
	enum rc rc = l->r->ended(l->r->ended_self, p->op_sid, p->user, p->issued, l->now);
	if (rc != RC_REVOKED)
		return rc;
	TRY(session_end(l->r->sessions, l->session.sid));
	return RC_NOT_FOUND;
}

static enum rc look_answer(struct look *l, struct rp_identity *ret)
{
	const struct gateway_payload *p = &l->payload;
	struct ticket t = {.sid = l->session.sid,
			   .secret = slice_from(l->session.cookie, SESSION_SID_LEN + 1),
			   .expires = l->now + RP_HANDLE_TTL};
	struct rp_identity who = {.user_id = p->user, .tenant_id = p->tenant, .roles = p->roles, .scopes = p->scopes,
				       .name = p->name, .issuer = l->site->issuer,
				       .sid = l->session.sid, .op_sid = p->op_sid, .expires = l->session.expires,
				       .issued = p->issued};
	if (t.expires > l->session.expires)
		t.expires = l->session.expires;
	TRY(session_handle_seal(l->r->handle_key, &t, l->a, &who.handle));
	*ret = who;
	return RC_OK;
}

enum rc rp_identity(const struct rp *r, struct slice host, struct slice cookie, int64_t now, struct arena *a,
			 struct rp_identity *ret)
{
	struct look l = {.r = r, .site = rp_site(r, host), .cookie = cookie, .now = now, .a = a};
	if (l.site == NULL)
		return RC_NOT_FOUND;
	TRY(look_open(&l));
	TRY(validate_revoked(&l));
	if (l.payload.refresh_token.n > 0 && now + RENEW_BEFORE >= l.payload.access_expires)
		TRY(look_renew_once(&l));
	return look_answer(&l, ret);
}
