/* SPDX-License-Identifier: Apache-2.0 */
/* The redirect to the provider (OpenID Connect Core 3.1.2.1). */
#include "base/base64url.h"
#include "base/percent.h"
#include "crypto/hash.h"
#include "gateway/gateway_request.h"
#include "rp/rp_flow.h"
#include "rp/rp_provider.h"
#include "rp/rp_room.h"

enum { URL_MAX = 4096 };

static enum rc challenge(struct slice verifier, struct arena *a, struct slice *ret_challenge)
{
	uint8_t hash[32];
	crypto_sha256(verifier, hash);
	return base64url_encode_arena(a, slice_of(hash, sizeof hash), ret_challenge);
}

static enum rc write_url(const struct rp_site *site, const struct flow *f, const struct request *c,
			 struct slice endpoint, struct slice *ret_url)
{
	uint8_t memory[URL_MAX];
	struct buf b;
	struct slice code_challenge, redirect_uri;
	TRY(challenge(f->code_verifier, c->arena, &code_challenge));
	TRY(rp_url(c, SLICE("/_ostiary/callback"), &redirect_uri));
	buf_over(&b, memory, sizeof memory);
	buf_put(&b, endpoint);
	percent_query(&b, SLICE("response_type"), SLICE("code"));
	percent_query(&b, SLICE("client_id"), site->client_id);
	percent_query(&b, SLICE("redirect_uri"), redirect_uri);
	percent_query(&b, SLICE("scope"), site->scope);
	percent_query(&b, SLICE("state"), f->state);
	percent_query(&b, SLICE("nonce"), f->nonce);
	percent_query(&b, SLICE("code_challenge"), code_challenge);
	percent_query(&b, SLICE("code_challenge_method"), SLICE("S256"));
	if (site->resource.n > 0)
		percent_query(&b, SLICE("resource"), site->resource);
	TRY(buf_rc(&b));
	return arena_copy(c->arena, buf_slice(&b), ret_url);
}

/* Until a provider is known, a stranger's request waits for it and takes a place. If none is free and no fetch has
 * finished yet, it waits a while for the others' result. */
static enum rc enter(const struct rp *r, const struct rp_site *site, const struct request *c,
		     struct rp_room_visit *ret_visit)
{
	enum rc rc = rp_room_enter(provider_rooms(r), RP_ROOM_SIGN_IN, site->issuer, c->remote, ret_visit);
	if (rc != RC_UPSTREAM_BUSY || provider_tried(r, site->issuer))
		return rc;
	TRY(rp_room_enter(provider_rooms(r), RP_ROOM_FIRST, site->issuer, c->remote, ret_visit));
	if (provider_wait(r, site->issuer))
		return RC_OK;
	rp_room_leave(provider_rooms(r), ret_visit);
	return RC_UPSTREAM_BUSY;
}

static enum rc find_provider(const struct rp *r, const struct rp_site *site, struct request *c,
			     struct provider_metadata *ret)
{
	struct rp_room_visit visit;
	if (provider_known(r, site->issuer))
		return provider_find(r, site->issuer, c->now, c->arena, ret);
	c->log_detail = site->issuer;
	TRY(enter(r, site, c, &visit));
	enum rc rc = provider_find(r, site->issuer, c->now, c->arena, ret);
	rp_room_leave(provider_rooms(r), &visit);
	c->log_detail = rc == RC_OK ? SLICE_NONE : provider_trouble(r, site->issuer, c->arena);
	return rc;
}

enum rc rp_login(const struct rp *r, struct request *c, struct reply *ret_reply)
{
	const struct rp_site *site = rp_site(r, c->host);
	struct provider_metadata m;
	struct slice location;
	struct flow f = {.host = c->host, .return_to = SLICE("/")};
	if (site == NULL)
		return RC_NOT_FOUND;
	if (request_pairs_has(c->query, SLICE("return_to")))
		f.return_to = request_pairs_get(c->query, SLICE("return_to"));
	if (!gateway_request_may_return(f.return_to)) {
		c->log_detail = SLICE("return_to is no path of this host");
		return RC_SYNTAX;
	}
	TRY(find_provider(r, site, c, &m));
	TRY(flow_start(r, c, &f, ret_reply));
	TRY(write_url(site, &f, c, m.authorization_endpoint, &location));
	reply_redirect(ret_reply, location);
	return RC_OK;
}
