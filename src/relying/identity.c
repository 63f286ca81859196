/* SPDX-License-Identifier: Apache-2.0 */
/* Who is behind a gateway cookie; renewal of its tokens, one at a time for each session. */
#include <pthread.h>

#include "base/percent.h"
#include "crypto/hash.h"
#include "relying/parts.h"
#include "ticket/ticket.h"

enum {
	FLIGHTS_MAX = 64,
	RENEW_BEFORE = 30, /* seconds before the access token expires */
	RESTS_MAX = 64,
	REST = 10,         /* seconds until who failed is tried again */
	FORM_MAX = 3 * SESSION_PAYLOAD_MAX, /* a refresh token as long as a session holds, each byte escaped */
	WAIT_SECONDS = 15,
};

/* Whom a renewal is about, as SHA-256: a session, the site whose client asks, and the provider by its issuer. */
struct flight {
	uint8_t sid[32], site[32], provider[32];
};

/* A provider that failed is not asked for anybody, a client that it refuses not for its site, a session whose renewal failed
 * otherwise not for itself; nobody else rests. */
struct rest {
	uint8_t whom[32];
	int64_t until;
};

struct relying_flights {
	pthread_mutex_t lock;
	pthread_cond_t landed;
	uint8_t sids[FLIGHTS_MAX][32]; /* whose renewal is under way */
	size_t n;
	struct rest rests[RESTS_MAX];
};

enum rc relying_flights_new(struct relying_flights **ret)
{
	struct relying_flights *f = calloc(1, sizeof *f);
	if (f == NULL)
		return RC_MEMORY;
	(void)pthread_mutex_init(&f->lock, NULL);
	(void)pthread_cond_init(&f->landed, NULL);
	*ret = f;
	return RC_OK;
}

void relying_flights_free(struct relying_flights *f)
{
	if (f == NULL)
		return;
	(void)pthread_mutex_destroy(&f->lock);
	(void)pthread_cond_destroy(&f->landed);
	free(f);
}

static size_t flight_find(const struct relying_flights *f, const uint8_t sid[static 32])
{
	for (size_t i = 0; i < f->n; i++)
		if (memcmp(f->sids[i], sid, 32) == 0)
			return i;
	return f->n;
}

static bool rests(const struct relying_flights *f, const uint8_t whom[static 32], int64_t now)
{
	for (size_t i = 0; i < RESTS_MAX; i++)
		if (now < f->rests[i].until && memcmp(f->rests[i].whom, whom, 32) == 0)
			return true;
	return false;
}

/* In the place of the rest that is over first. */
static void rest_add(struct relying_flights *f, const uint8_t whom[static 32], int64_t until)
{
	struct rest *first = f->rests;
	for (size_t i = 1; i < RESTS_MAX; i++)
		if (f->rests[i].until < first->until)
			first = &f->rests[i];
	memcpy(first->whom, whom, 32);
	first->until = until;
}

enum flight_what { FLIGHT_OURS, FLIGHT_LANDED, FLIGHT_NONE };

/* Ours to fly; or waits until another's has landed; or none now, since one of the three rests or too many fly. */
static enum flight_what flight_begin(struct relying_flights *f, const struct flight *flight, int64_t now)
{
	enum flight_what what = FLIGHT_NONE;
	struct timespec until;
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_SECONDS;
	(void)pthread_mutex_lock(&f->lock);
	if (flight_find(f, flight->sid) < f->n) {
		what = FLIGHT_LANDED;
		while (flight_find(f, flight->sid) < f->n && pthread_cond_timedwait(&f->landed, &f->lock, &until) == 0)
			continue;
	} else if (f->n < FLIGHTS_MAX && !rests(f, flight->provider, now) && !rests(f, flight->site, now) &&
		   !rests(f, flight->sid, now)) {
		memcpy(f->sids[f->n++], flight->sid, 32);
		what = FLIGHT_OURS;
	}
	(void)pthread_mutex_unlock(&f->lock);
	return what;
}

static const uint8_t *who_rests(const struct flight *flight, enum rc why)
{
	if (why == RC_UPSTREAM)
		return flight->provider;
	return why == RC_INVALID_CLIENT ? flight->site : flight->sid;
}

/* `why`: what renewing came to. */
static void flight_end(struct relying_flights *f, const struct flight *flight, enum rc why, int64_t now)
{
	(void)pthread_mutex_lock(&f->lock);
	size_t i = flight_find(f, flight->sid);
	if (i < f->n)
		memmove(f->sids[i], f->sids[--f->n], 32);
	if (why != RC_OK)
		rest_add(f, who_rests(flight, why), now + REST);
	(void)pthread_cond_broadcast(&f->landed);
	(void)pthread_mutex_unlock(&f->lock);
}

static enum rc ask_provider(const struct relying *r, const struct relying_site *site, struct slice refresh_token,
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

/* OpenID Connect Core 12.2: a new ID token is about the same user. */
static enum rc take_answer(const struct relying *r, const struct relying_site *site, const struct provider_tokens *t,
			   int64_t now, struct arena *a, struct gate_payload *p)
{
	struct gate_payload next = *p;
	struct jwt_claims claims;
	if (t->id_token.n > 0) {
		TRY(provider_id_token(r, site, t->id_token, SLICE_NONE, now, a, &claims));
		if (!slice_eq(claims.sub, p->user))
			return RC_JOSE_SUB;
		TRY(gate_payload_claims(&next, &claims, a));
		next.id_token = t->id_token;
	}
	if (t->refresh_token.n > 0)
		next.refresh_token = t->refresh_token;
	next.access_expires = t->access_expires;
	next.issued = now;
	*p = next;
	return RC_OK;
}

struct look {
	const struct relying *r;
	const struct relying_site *site;
	struct slice cookie;
	int64_t now;
	struct arena *a;
	struct session session;
	struct gate_payload payload;
};

static enum rc look_open(struct look *l)
{
	return gate_session_open(l->r, l->site->host, l->cookie, l->now, l->a, &l->session, &l->payload);
}

/* Writes the renewed tokens; where a backend's write came between, onto what that left. */
static enum rc look_save(struct look *l)
{
	const struct gate_payload mine = l->payload;
	for (int tries = 0; tries < 5; tries++) {
		TRY(gate_payload_write(&l->payload, l->a, &l->session.payload));
		enum rc rc = session_save(l->r->sessions, &l->session, l->now, l->a);
		if (rc != RC_CONFLICT)
			return rc;
		TRY(look_open(l));
		struct gate_payload merged = mine;
		merged.data = l->payload.data;
		merged.data_version = l->payload.data_version;
		l->payload = merged;
	}
	return RC_CONFLICT;
}

/* RC_NOT_FOUND: the provider has ended it. Any other trouble leaves the session as it is, and is told in *ret_why. */
static enum rc look_renew(struct look *l, enum rc *ret_why)
{
	struct provider_tokens t;
	struct gate_payload next = l->payload;
	*ret_why = RC_OK;
	enum rc rc = ask_provider(l->r, l->site, l->payload.refresh_token, l->now, l->a, &t);
	if (rc == RC_OK)
		rc = take_answer(l->r, l->site, &t, l->now, l->a, &next);
	if (rc == RC_INVALID_GRANT || rc == RC_JOSE_SUB) {
		TRY(session_end(l->r->sessions, l->session.sid));
		return RC_NOT_FOUND;
	}
	*ret_why = rc;
	if (rc != RC_OK)
		return RC_OK;
	l->payload = next;
	return look_save(l);
}

static enum rc look_renew_once(struct look *l)
{
	struct flight flight;
	enum rc why = RC_OK;
	crypto_sha256(l->session.sid, flight.sid);
	crypto_sha256(l->site->host, flight.site);
	crypto_sha256(l->site->issuer, flight.provider);
	switch (flight_begin(l->r->flights, &flight, l->now)) {
	case FLIGHT_NONE:
		return RC_OK;
	case FLIGHT_LANDED:
		return look_open(l);
	case FLIGHT_OURS:
		break;
	}
	/* Somebody may have renewed between our reading and now: read again, in flight. */
	enum rc rc = look_open(l);
	if (rc == RC_OK && l->now + RENEW_BEFORE >= l->payload.access_expires)
		rc = look_renew(l, &why);
	flight_end(l->r->flights, &flight, why, l->now);
	if (why != RC_OK)
		relying_note(l->r, &(struct relying_note){"renewal.failed", l->site->host, l->session.sid, why});
	return rc;
}

static enum rc check_ended(struct look *l)
{
	const struct gate_payload *p = &l->payload;
	if (l->r->ended == NULL)
		return RC_OK;
	enum rc rc = l->r->ended(l->r->ended_self, p->op_sid, p->user, p->issued, l->now);
	if (rc != RC_REVOKED)
		return rc;
	TRY(session_end(l->r->sessions, l->session.sid));
	return RC_NOT_FOUND;
}

static enum rc look_answer(struct look *l, struct relying_identity *ret)
{
	const struct gate_payload *p = &l->payload;
	struct ticket t = {.sid = l->session.sid,
			   .secret = slice_from(l->session.cookie, SESSION_SID_LEN + 1),
			   .expires = l->now + RELYING_HANDLE_TTL};
	struct relying_identity who = {.user_id = p->user, .tenant_id = p->tenant, .roles = p->roles, .scopes = p->scopes,
				       .name = p->name,
				       .sid = l->session.sid, .op_sid = p->op_sid, .expires = l->session.expires,
				       .issued = p->issued};
	if (t.expires > l->session.expires)
		t.expires = l->session.expires;
	TRY(ticket_seal(l->r->handle_key, &t, l->a, &who.handle));
	*ret = who;
	return RC_OK;
}

enum rc relying_identity(const struct relying *r, struct slice host, struct slice cookie, int64_t now, struct arena *a,
			 struct relying_identity *ret)
{
	struct look l = {.r = r, .site = parts_site(r, host), .cookie = cookie, .now = now, .a = a};
	if (l.site == NULL)
		return RC_NOT_FOUND;
	TRY(look_open(&l));
	TRY(check_ended(&l));
	if (l.payload.refresh_token.n > 0 && now + RENEW_BEFORE >= l.payload.access_expires)
		TRY(look_renew_once(&l));
	return look_answer(&l, ret);
}
