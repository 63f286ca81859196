/* SPDX-License-Identifier: Apache-2.0 */
/* The callback (OpenID Connect Core 3.1.2.5 to 3.1.3.7): a code becomes a session. */
#include "base/base64url.h"
#include "base/percent.h"
#include "crypto/hash.h"
#include "rp/rp_flow.h"
#include "rp/rp_payload.h"
#include "rp/rp_provider.h"
#include "rp/rp_room.h"

enum { FORM_MAX = 4096, URL_MAX = 8192 };

/* RFC 9207 2.4: `iss` is required if the provider says that it sends it. If present, it must match. */
static enum rc validate_iss(const struct request *c, const struct rp_site *site, const struct provider_metadata *m)
{
	if (!request_pairs_has(c->query, SLICE("iss")))
		return m->iss_in_response ? RC_JOSE_ISS : RC_OK;
	return slice_eq(request_pairs_get(c->query, SLICE("iss")), site->issuer) ? RC_OK : RC_JOSE_ISS;
}

static enum rc redeem(const struct rp *r, const struct rp_site *site, struct request *c, const struct flow *f,
		      struct provider_tokens *ret)
{
	uint8_t memory[FORM_MAX];
	struct buf form;
	struct slice redirect_uri, code;
	TRY(request_need(c, c->query, SLICE("code"), &code));
	TRY(rp_url(c, SLICE("/_ostiary/callback"), &redirect_uri));
	buf_over(&form, memory, sizeof memory);
	percent_form(&form, SLICE("grant_type"), SLICE("authorization_code"));
	percent_form(&form, SLICE("code"), code);
	percent_form(&form, SLICE("redirect_uri"), redirect_uri);
	percent_form(&form, SLICE("code_verifier"), f->code_verifier);
	enum rc rc = buf_rc(&form);
	if (rc == RC_OK)
		rc = provider_token(r, site, buf_slice(&form), c->now, c->arena, ret);
	buf_free(&form);
	if (rc != RC_OK)
		c->log_detail = ret->fault;
	/* A fault between the provider and us: the browser's request was correct. */
	if (rc != RC_INVALID_CLIENT && rc != RC_INVALID_REQUEST)
		return rc;
	c->log_detail = rc == RC_INVALID_CLIENT ? SLICE("the provider refuses this client")
						: SLICE("the provider refuses this request");
	return RC_UPSTREAM;
}

/* Moves the backends' data of the same user's present session into the new one, so that a cart survives a second
 * sign-in. The old session is revoked: an id from before a sign-in is never used after it. */
static enum rc take_over(const struct rp *r, struct request *c, struct gateway_payload *p)
{
	struct slice cookie;
	struct session old;
	struct gateway_payload was;
	if (request_cookie(c, SLICE(RP_COOKIE), &cookie) != RC_OK)
		return RC_OK;
	enum rc rc = gateway_session_open(r, c->host, cookie, c->now, c->arena, &old, &was);
	if (rc == RC_NOT_FOUND)
		return RC_OK;
	TRY(rc);
	if (slice_eq(was.user, p->user) && slice_eq(was.tenant, p->tenant)) {
		p->data = was.data;
		p->data_version = was.data_version;
	}
	return session_end(r->sessions, old.sid);
}

/* "TENANT/USER", or its hash if long: `sub` alone may have 255 characters. */
static enum rc subject_of(const struct gateway_payload *p, struct arena *a, struct slice *ret_subject)
{
	struct slice tenant;
	uint8_t hash[32];
	TRY(gateway_payload_text(p->tenant, a, &tenant));
	TRY(arena_format(a, ret_subject, "%.*s/%.*s", SLICE_ARGS(tenant), SLICE_ARGS(p->user)));
	if (ret_subject->n <= EPH_INDEX_MAX)
		return RC_OK;
	crypto_sha256(*ret_subject, hash);
	return base64url_encode_arena(a, slice_of(hash, sizeof hash), ret_subject);
}

static enum rc begin_session(const struct rp *r, struct request *c, const struct gateway_payload *p,
			     struct reply *reply)
{
	struct slice text, subject;
	struct session x;
	TRY(subject_of(p, c->arena, &subject));
	TRY(gateway_payload_write(p, c->arena, &text));
	TRY(session_create(r->sessions, subject, text, session_unbound(c->now), c->arena, &x));
	c->log_session = x.sid;
	return reply_cookie_add(reply, (struct reply_cookie){
		.name = SLICE(RP_COOKIE), .value = x.cookie, .max_age = -1});
}

static enum rc read_id_token(const struct rp *r, const struct rp_site *site, struct request *c, const struct flow *f,
			     const struct provider_tokens *t, struct gateway_payload *p)
{
	struct jwt_claims claims;
	c->log_detail = SLICE("token endpoint: its answer holds no id_token");
	if (t->id_token.n == 0)
		return RC_UPSTREAM;
	enum rc rc = provider_id_token(r, site, t->id_token, f->nonce, c->now, c->arena, &claims);
	if (rc == RC_OK)
		rc = gateway_payload_claims(r, site, &claims, c->arena, p);
	c->log_detail = rc == RC_OK ? SLICE_NONE : rp_token_fault(t->id_token, rc, c->arena);
	return rc;
}

static enum rc sign_in(const struct rp *r, const struct rp_site *site, struct request *c, const struct flow *f,
		       struct reply *reply)
{
	struct provider_tokens t = {0};
	struct gateway_payload p = {.host = c->host};
	TRY(redeem(r, site, c, f, &t));
	p.scopes = t.scope_said ? t.scope : site->scope;
	TRY(read_id_token(r, site, c, f, &t, &p));
	if (p.name.n == 0 && slice_has_word(p.scopes, SLICE("profile")))
		provider_name(r, site, &(struct provider_asker){t.access_token, p.user}, c->now, c->arena, &p.name);
	p.id_token = gateway_payload_hint(t.id_token);
	p.refresh_token = gateway_payload_refresh(r, site, t.refresh_token);
	p.access_expires = t.access_expires;
	c->log_subject = p.user;
	TRY(take_over(r, c, &p));
	TRY(begin_session(r, c, &p, reply));
	enum rc rc = r->signed_in == NULL ? RC_OK : r->signed_in(r->signed_in_self, c, site);
	if (rc != RC_OK)
		rc_ignore(session_end(r->sessions, c->log_session));
	return rc;
}

/* The error page offers one click that starts the sign-in again and returns to the same place. A user who is signed
 * in already (a callback opened twice) goes to the app. */
static enum rc lead_on(const struct rp *r, struct request *c, enum rc why, struct slice return_to)
{
	uint8_t memory[URL_MAX];
	struct slice cookie;
	struct session x;
	struct gateway_payload p;
	struct buf b;
	bool over = why == RC_CSRF || why == RC_EXPIRED || why == RC_MISSING;
	enum rc rc = request_cookie(c, SLICE(RP_COOKIE), &cookie);
	if (over && rc == RC_OK && gateway_session_open(r, c->host, cookie, c->now, c->arena, &x, &p) == RC_OK) {
		c->way = (struct request_way){return_to.n > 0 ? return_to : SLICE("/"), SLICE("Go to the app"),
					   SLICE("The sign-in that this address belongs to is over")};
		return RC_OK;
	}
	buf_over(&b, memory, sizeof memory);
	buf_put(&b, SLICE("/_ostiary/login"));
	percent_query(&b, SLICE("return_to"), return_to.n > 0 ? return_to : SLICE("/"));
	TRY(buf_rc(&b));
	TRY(arena_copy(c->arena, buf_slice(&b), &c->way.uri));
	c->way.label = SLICE("Sign in");
	if (over && request_header(c, SLICE("cookie")).n == 0)
		c->way.text = SLICE("This browser sent none of the cookies that a sign-in needs. It was closed "
				    "meanwhile, or it blocks "
				    "cookies: then allow them for this site");
	else if (over)
		c->way.text =
			SLICE("The sign-in that this address belongs to is over, or was begun in another browser");
	return RC_OK;
}

static enum rc callback(const struct rp *r, const struct rp_site *site, struct request *c, struct flow *f,
			struct reply *ret_reply)
{
	struct provider_metadata m;
	struct slice state;
	TRY(request_need(c, c->query, SLICE("state"), &state));
	TRY(flow_finish(r, c, state, f, ret_reply));
	enum rc rc = provider_find(r, site->issuer, c->now, c->arena, &m);
	if (rc != RC_OK)
		c->log_detail = provider_trouble(r, site->issuer, c->arena);
	TRY(rc);
	TRY(validate_iss(c, site, &m));
	if (request_pairs_has(c->query, SLICE("error"))) {
		c->log_detail = request_pairs_get(c->query, SLICE("error"));
		return RC_ACCESS_DENIED;
	}
	TRY(sign_in(r, site, c, f, ret_reply));
	reply_redirect(ret_reply, f->return_to);
	return RC_OK;
}

/* Takes the place before the flow: if the room is full, the browser can come back to the same address. */
enum rc rp_callback(const struct rp *r, struct request *c, struct reply *ret_reply)
{
	const struct rp_site *site = rp_site(r, c->host);
	struct flow f = {.return_to = SLICE_NONE};
	struct rp_room_visit visit;
	if (site == NULL)
		return RC_NOT_FOUND;
	enum rc rc = rp_room_enter(provider_rooms(r), RP_ROOM_SIGN_IN, site->issuer, c->remote, &visit);
	if (rc == RC_OK) {
		rc = callback(r, site, c, &f, ret_reply);
		rp_room_leave(provider_rooms(r), &visit);
	} else {
		c->log_detail = site->issuer;
	}
	if (rc != RC_OK)
		TRY(lead_on(r, c, rc, f.return_to));
	return rc;
}
