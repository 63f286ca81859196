/* SPDX-License-Identifier: Apache-2.0 */
/* The way back (OpenID Connect Core 3.1.2.5 to 3.1.3.7): a code becomes a session. */
#include "base/percent.h"
#include "relying/flow.h"

enum { FORM_MAX = 4096 };

/* RFC 9207 2.4: where the provider says that it sends `iss`, it must be there; where it is there, it must be right. */
static enum rc check_iss(const struct call *c, const struct relying_site *site, const struct provider_metadata *m)
{
	if (!call_pairs_has(c->query, SLICE("iss")))
		return m->iss_in_response ? RC_JOSE_ISS : RC_OK;
	return slice_eq(call_pairs_get(c->query, SLICE("iss")), site->issuer) ? RC_OK : RC_JOSE_ISS;
}

static enum rc redeem(const struct relying *r, const struct relying_site *site, struct call *c, const struct flow *f,
		      struct provider_tokens *ret)
{
	uint8_t memory[FORM_MAX];
	struct buf form;
	struct slice redirect_uri, code;
	TRY(call_need(c, c->query, SLICE("code"), &code));
	TRY(parts_url(c, SLICE("/_ostiary/callback"), &redirect_uri));
	buf_over(&form, memory, sizeof memory);
	percent_form(&form, SLICE("grant_type"), SLICE("authorization_code"));
	percent_form(&form, SLICE("code"), code);
	percent_form(&form, SLICE("redirect_uri"), redirect_uri);
	percent_form(&form, SLICE("code_verifier"), f->code_verifier);
	enum rc rc = buf_rc(&form);
	if (rc == RC_OK)
		rc = provider_token(r, site, buf_slice(&form), c->now, c->arena, ret);
	buf_free(&form);
	/* Between the provider and us: nothing that the browser sent is wrong. */
	if (rc != RC_INVALID_CLIENT && rc != RC_INVALID_REQUEST)
		return rc;
	c->log_detail = rc == RC_INVALID_CLIENT ? SLICE("the provider refuses this client") : SLICE("the provider refuses this request");
	return RC_UPSTREAM;
}

/* What the browser's present session of the same user holds for backends moves into the new one: a cart outlives a second
 * sign-in. The session itself ends: an id from before a sign-in is never one after it. */
static enum rc take_over(const struct relying *r, struct call *c, struct gate_payload *p)
{
	struct slice cookie;
	struct session old;
	struct gate_payload was;
	if (call_cookie(c, SLICE(RELYING_COOKIE), &cookie) != RC_OK)
		return RC_OK;
	enum rc rc = gate_session_open(r, c->host, cookie, c->now, c->arena, &old, &was);
	if (rc == RC_NOT_FOUND)
		return RC_OK;
	TRY(rc);
	if (slice_eq(was.user, p->user) && slice_eq(was.tenant, p->tenant)) {
		p->data = was.data;
		p->data_version = was.data_version;
	}
	return session_end(r->sessions, old.sid);
}

static enum rc begin_session(const struct relying *r, struct call *c, const struct gate_payload *p, struct reply *reply)
{
	struct slice text, subject;
	struct session x;
	TRY(arena_format(c->arena, &subject, "%.*s/%.*s", SLICE_ARGS(p->tenant), SLICE_ARGS(p->user)));
	TRY(gate_payload_write(p, c->arena, &text));
	TRY(session_create(r->sessions, subject, text, c->now, c->arena, &x));
	c->log_session = x.sid;
	return reply_cookie_add(reply, (struct reply_cookie){
		.name = SLICE(RELYING_COOKIE), .value = x.cookie, .max_age = -1, .same_site = SAME_SITE_LAX});
}

static enum rc sign_in(const struct relying *r, const struct relying_site *site, struct call *c, const struct flow *f,
		       struct reply *reply)
{
	struct provider_tokens t;
	struct jwt_claims claims;
	struct gate_payload p = {.host = c->host, .scopes = site->scope};
	TRY(redeem(r, site, c, f, &t));
	if (t.id_token.n == 0)
		return RC_UPSTREAM;
	TRY(provider_id_token(r, site, t.id_token, f->nonce, c->now, c->arena, &claims));
	TRY(gate_payload_claims(&p, &claims, c->arena));
	if (p.name.n == 0 && slice_has_word(site->scope, SLICE("profile")))
		provider_name(r, site, &(struct provider_asker){t.access_token, p.user}, c->now, c->arena, &p.name);
	p.id_token = t.id_token;
	p.refresh_token = t.refresh_token;
	p.access_expires = t.access_expires;
	c->log_subject = p.user;
	TRY(take_over(r, c, &p));
	return begin_session(r, c, &p, reply);
}

enum rc relying_callback(const struct relying *r, struct call *c, struct reply *ret_reply)
{
	const struct relying_site *site = parts_site(r, c->host);
	struct provider_metadata m;
	struct slice state;
	struct flow f;
	if (site == NULL)
		return RC_NOT_FOUND;
	TRY(call_need(c, c->query, SLICE("state"), &state));
	TRY(flow_finish(r, c, state, &f, ret_reply));
	TRY(provider_find(r, site->issuer, c->now, c->arena, &m));
	TRY(check_iss(c, site, &m));
	if (call_pairs_has(c->query, SLICE("error"))) {
		c->log_detail = call_pairs_get(c->query, SLICE("error"));
		return RC_ACCESS_DENIED;
	}
	TRY(sign_in(r, site, c, &f, ret_reply));
	reply_redirect(ret_reply, f.return_to);
	return RC_OK;
}
