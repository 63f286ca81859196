/* SPDX-License-Identifier: Apache-2.0 */
/* Sign-out at the gateway: our session, the tokens, then the provider's session (OpenID Connect RP-Initiated Logout
 * 1.0); and /_ostiary/session. */
#include "base/percent.h"
#include "rp/rp_internal.h"
#include "rp/rp_payload.h"
#include "rp/rp_provider.h"
#include "rp/rp_room.h"

/* URL_MAX: longest redirect that servers and browsers before the provider accept. The session's answer: 16 KiB of
 * roles, each byte escaped at worst, and the rest. */
enum { URL_MAX = 2000, ENDPOINT_MAX = 4096, BODY_MAX = 6 * GATEWAY_ROLES_MAX + 8 * 1024 };

static enum rc drop_cookie(struct reply *reply)
{
	return reply_cookie_add(reply, (struct reply_cookie){
		.name = SLICE(RP_COOKIE), .max_age = 0});
}

/* RP-Initiated Logout 1.0 2: with the ID token as a hint if the redirect stays short, else by `client_id` alone. */
static enum rc provider_url(const struct rp_site *site, const struct request *c, struct slice endpoint,
			    struct slice id_token, struct slice *ret_url)
{
	uint8_t memory[URL_MAX + ENDPOINT_MAX];
	struct buf b;
	struct slice back;
	TRY(rp_url(c, site->signed_out, &back));
	buf_over(&b, memory, sizeof memory);
	buf_put(&b, endpoint);
	percent_query(&b, SLICE("client_id"), site->client_id);
	percent_query(&b, SLICE("post_logout_redirect_uri"), back);
	if (id_token.n > 0 && b.n + id_token.n + sizeof "&id_token_hint=" <= URL_MAX)
		percent_query(&b, SLICE("id_token_hint"), id_token);
	TRY(buf_rc(&b));
	return arena_copy(c->arena, buf_slice(&b), ret_url);
}

/* No cookie, a malformed one, or no such session. After any other error a session may exist. */
static bool is_signed_out(enum rc rc)
{
	return rc == RC_MISSING || rc == RC_DUPLICATE || rc == RC_SYNTAX || rc == RC_NOT_FOUND;
}

/* Waits for the provider only while nothing is known of it, and then only if few requests do. */
static enum rc find_provider(const struct rp *r, const struct rp_site *site, const struct request *c,
			     struct provider_metadata *ret)
{
	struct rp_room_visit visit;
	if (provider_recall(r, site->issuer, c->arena, ret) == RC_OK)
		return RC_OK;
	TRY(rp_room_enter(provider_rooms(r), RP_ROOM_SIGN_OUT, site->issuer, c->remote, &visit));
	enum rc rc = provider_find(r, site->issuer, c->now, c->arena, ret);
	rp_room_leave(provider_rooms(r), &visit);
	return rc;
}

/* *ret_location leads to the end of the provider's session, if that is known: the local session is revoked already. */
static enum rc send_provider(const struct rp *r, const struct rp_site *site, struct request *c,
			     const struct gateway_payload *p, struct slice *ret_location)
{
	struct provider_metadata m;
	if (find_provider(r, site, c, &m) != RC_OK || m.end_session_endpoint.n == 0)
		return RC_OK;
	return provider_url(site, c, m.end_session_endpoint, p->id_token, ret_location);
}

/* A typed address or a link: asks the person to confirm, so that another site cannot sign anybody out. */
static enum rc confirm_page(const struct rp *r, const struct rp_site *site, struct request *c, struct slice return_to,
			    struct reply *reply)
{
	uint8_t memory[URL_MAX];
	struct provider_metadata m;
	struct slice action;
	struct buf b;
	buf_over(&b, memory, sizeof memory);
	buf_put(&b, SLICE("/_ostiary/logout"));
	if (return_to.n > 0)
		percent_query(&b, SLICE("return_to"), return_to);
	TRY(buf_rc(&b));
	/* The place that its redirect leads to: browsers apply the page's form-action policy to redirects too. Does
	 * not wait for the provider. */
	if (provider_recall(r, site->issuer, c->arena, &m) == RC_OK)
		reply->form_target = m.end_session_endpoint;
	TRY(arena_copy(c->arena, buf_slice(&b), &action));
	REPLY_SHOW(reply, sign_out, .action = action, .csrf = SLICE_NONE, .user_name = SLICE_NONE, .client_name = SLICE_NONE,
		   .tenant_name = SLICE_NONE);
	return RC_OK;
}

/* RC_INVALID_REQUEST: the site does not list it. */
static enum rc read_return(const struct rp_site *site, struct request *c, struct slice *ret_to)
{
	struct slice to = request_pairs_get(c->query, SLICE("return_to"));
	if (to.n > 0 && !slice_eq(to, site->signed_out) && !slice_has_word(site->return_paths, to)) {
		c->log_detail = SLICE("return_to is not listed for this gateway");
		return RC_INVALID_REQUEST;
	}
	*ret_to = to;
	return RC_OK;
}

/* A renewal that was faster has put another token into the session: that one is revoked too. */
static enum rc end_and_revoke(const struct rp *r, const struct rp_site *site, const struct request *c, struct session *x,
			      struct slice revoked)
{
	struct gateway_payload last;
	enum rc rc = session_take(r->sessions, x, c->now, c->arena);
	if (rc == RC_OK)
		rc = gateway_payload_read(x->payload, c->arena, &last);
	if (rc == RC_OK && last.refresh_token.n > 0 && !slice_eq(last.refresh_token, revoked))
		rp_revoke_later(r, site, last.refresh_token, c->now, c->arena);
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

/* Revokes the session here and at the provider; returns the browser's next address. RC_OK also without a session. */
static enum rc end_session(const struct rp *r, const struct rp_site *site, struct request *c,
			   struct slice *ret_location)
{
	struct slice cookie;
	struct session x;
	struct gateway_payload p;
	enum rc rc = request_cookie(c, SLICE(RP_COOKIE), &cookie);
	if (rc == RC_OK)
		rc = gateway_session_open(r, c->host, cookie, c->now, c->arena, &x, &p);
	if (rc != RC_OK)
		return is_signed_out(rc) ? RC_OK : rc;
	c->log_session = x.sid;
	c->log_subject = p.user;
	/* First, so that a sign-out that is cut short leaves no token behind. */
	if (p.refresh_token.n > 0)
		rp_revoke_later(r, site, p.refresh_token, c->now, c->arena);
	TRY(end_and_revoke(r, site, c, &x, p.refresh_token));
	return send_provider(r, site, c, &p, ret_location);
}

enum rc rp_logout(const struct rp *r, struct request *c, struct reply *ret_reply)
{
	const struct rp_site *found = rp_site(r, c->host);
	struct slice to;
	if (found == NULL)
		return RC_NOT_FOUND;
	c->way = (struct request_way){SLICE("/"), SLICE("Back to the app"), SLICE_NONE};
	TRY(read_return(found, c, &to));
	enum rc rc = rp_same_origin(c);
	if (rc != RC_OK && c->method != CALL_POST)
		return confirm_page(r, found, c, to, ret_reply);
	TRY(rc);
	struct rp_site site = *found;
	if (to.n > 0)
		site.signed_out = to;
	struct slice location = site.signed_out;
	/* The confirmation page's "no" button. */
	if (!slice_eq(request_pairs_get(c->form, SLICE("decision")), SLICE("stay"))) {
		TRY(end_session(r, &site, c, &location));
		TRY(drop_cookie(ret_reply));
	}
	reply_redirect(ret_reply, location);
	return RC_OK;
}

static enum rc put_who(struct json_out *o, const struct rp_identity *who, struct arena *a)
{
	struct slice tenant;
	TRY(gateway_payload_text(who->tenant_id, a, &tenant));
	json_out_member(o, SLICE("sub"), who->user_id);
	json_out_member(o, SLICE("name"), who->name);
	json_out_member(o, SLICE("tenant"), tenant);
	json_out_key(o, SLICE("roles"));
	TRY(gateway_payload_put_list(o, who->roles, a));
	json_out_member(o, SLICE("sid"), who->sid);
	json_out_member_int(o, SLICE("expires"), who->expires);
	return RC_OK;
}

static enum rc write_who(const struct rp_identity *who, struct arena *a, struct slice *ret_body)
{
	struct buf b;
	enum rc rc = RC_OK;
	buf_init(&b, BODY_MAX);
	struct json_out o = json_out_to(&b);
	json_out_object(&o);
	json_out_member_bool(&o, SLICE("signed_in"), who != NULL);
	if (who != NULL)
		rc = put_who(&o, who, a);
	json_out_object_end(&o);
	if (rc == RC_OK)
		rc = buf_rc(&b) == RC_OK ? arena_copy(a, buf_slice(&b), ret_body) : buf_rc(&b);
	buf_free(&b);
	return rc;
}

enum rc rp_session(const struct rp *r, struct request *c, struct reply *ret_reply)
{
	struct slice cookie, body;
	struct rp_identity who;
	if (rp_site(r, c->host) == NULL)
		return RC_NOT_FOUND;
	enum rc rc = request_cookie(c, SLICE(RP_COOKIE), &cookie);
	if (rc == RC_OK)
		rc = rp_identity(r, c->host, cookie, c->now, c->arena, &who);
	if (rc != RC_OK && rc != RC_NOT_FOUND && rc != RC_MISSING)
		return rc;
	TRY(write_who(rc == RC_OK ? &who : NULL, c->arena, &body));
	reply_json(ret_reply, 200, body);
	return RC_OK;
}
