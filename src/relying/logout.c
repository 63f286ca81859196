/* SPDX-License-Identifier: Apache-2.0 */
/* Sign-out at the gateway: our session, the tokens, then the provider's session (OpenID Connect RP-Initiated Logout 1.0),
 * and who is signed in. */
#include "base/percent.h"
#include "relying/parts.h"

enum { URL_MAX = 8192, BODY_MAX = 2048 };

static enum rc drop_cookie(struct reply *reply)
{
	return reply_cookie_add(reply, (struct reply_cookie){
		.name = SLICE(RELYING_COOKIE), .max_age = 0, .same_site = SAME_SITE_LAX});
}

static enum rc provider_url(const struct relying_site *site, const struct call *c, struct slice endpoint,
			    struct slice id_token, struct slice *ret_url)
{
	uint8_t memory[URL_MAX];
	struct buf b;
	struct slice back;
	TRY(parts_url(c, site->signed_out, &back));
	buf_over(&b, memory, sizeof memory);
	buf_put(&b, endpoint);
	percent_query(&b, SLICE("id_token_hint"), id_token);
	percent_query(&b, SLICE("client_id"), site->client_id);
	percent_query(&b, SLICE("post_logout_redirect_uri"), back);
	TRY(buf_rc(&b));
	return arena_copy(c->arena, buf_slice(&b), ret_url);
}

/* No cookie, a malformed one, no such session; anything else leaves it open whether there is one to end. */
static bool nobody(enum rc rc)
{
	return rc == RC_MISSING || rc == RC_DUPLICATE || rc == RC_SYNTAX || rc == RC_NOT_FOUND;
}

enum rc relying_logout(const struct relying *r, struct call *c, struct reply *ret_reply)
{
	const struct relying_site *site = parts_site(r, c->host);
	struct slice cookie, location;
	struct session x;
	struct gate_payload p;
	struct provider_metadata m;
	if (site == NULL)
		return RC_NOT_FOUND;
	TRY(parts_same_origin(c));
	location = site->signed_out;
	enum rc rc = call_cookie(c, SLICE(RELYING_COOKIE), &cookie);
	if (rc == RC_OK)
		rc = gate_session_open(r, c->host, cookie, c->now, c->arena, &x, &p);
	if (rc == RC_OK) {
		c->log_session = x.sid;
		c->log_subject = p.user;
		TRY(session_end(r->sessions, x.sid));
		if (p.refresh_token.n > 0)
			provider_revoke(r, site, p.refresh_token, c->now, c->arena);
		if (provider_find(r, site->issuer, c->now, c->arena, &m) == RC_OK && m.end_session_endpoint.n > 0)
			TRY(provider_url(site, c, m.end_session_endpoint, p.id_token, &location));
	} else if (!nobody(rc)) {
		return rc;
	}
	TRY(drop_cookie(ret_reply));
	reply_redirect(ret_reply, location);
	return RC_OK;
}

static enum rc write_who(const struct relying_identity *who, struct arena *a, struct slice *ret_body)
{
	uint8_t memory[BODY_MAX];
	struct buf b;
	buf_over(&b, memory, sizeof memory);
	struct json_out o = json_out_to(&b);
	json_out_object(&o);
	json_out_member_bool(&o, SLICE("signed_in"), who != NULL);
	if (who != NULL) {
		json_out_member(&o, SLICE("sub"), who->user_id);
		json_out_member(&o, SLICE("name"), who->name);
		json_out_member(&o, SLICE("tenant"), who->tenant_id);
		json_out_member_words(&o, SLICE("roles"), who->roles);
		json_out_member(&o, SLICE("sid"), who->sid);
		json_out_member_int(&o, SLICE("expires"), who->expires);
	}
	json_out_object_end(&o);
	TRY(buf_rc(&b));
	return arena_copy(a, buf_slice(&b), ret_body);
}

enum rc relying_session(const struct relying *r, struct call *c, struct reply *ret_reply)
{
	struct slice cookie, body;
	struct relying_identity who;
	if (parts_site(r, c->host) == NULL)
		return RC_NOT_FOUND;
	enum rc rc = call_cookie(c, SLICE(RELYING_COOKIE), &cookie);
	if (rc == RC_OK)
		rc = relying_identity(r, c->host, cookie, c->now, c->arena, &who);
	if (rc != RC_OK && rc != RC_NOT_FOUND && rc != RC_MISSING)
		return rc;
	TRY(write_who(rc == RC_OK ? &who : NULL, c->arena, &body));
	reply_json(ret_reply, 200, body);
	return RC_OK;
}
