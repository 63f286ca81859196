/* SPDX-License-Identifier: Apache-2.0 */
/* The way to the provider (OpenID Connect Core 3.1.2.1). */
#include "base/base64url.h"
#include "base/percent.h"
#include "crypto/hash.h"
#include "relying/flow.h"

enum { URL_MAX = 4096, RETURN_MAX = 2048 };

/* A path on this very host: nothing that a browser could read as another authority. */
static enum rc check_return_to(struct slice to)
{
	if (to.n == 0 || to.n > RETURN_MAX || to.p[0] != '/')
		return RC_SYNTAX;
	if (to.n > 1 && (to.p[1] == '/' || to.p[1] == '\\'))
		return RC_SYNTAX;
	for (size_t i = 0; i < to.n; i++)
		if (to.p[i] <= ' ' || to.p[i] >= 0x7F || to.p[i] == '\\')
			return RC_SYNTAX;
	return slice_starts(to, SLICE("/_ostiary/")) ? RC_SYNTAX : RC_OK;
}

static enum rc challenge(struct slice verifier, struct arena *a, struct slice *ret_challenge)
{
	uint8_t hash[32];
	crypto_sha256(verifier, hash);
	return base64url_encode_arena(a, slice_of(hash, sizeof hash), ret_challenge);
}

static enum rc write_url(const struct relying_site *site, const struct flow *f, const struct call *c,
			 struct slice endpoint, struct slice *ret_url)
{
	uint8_t memory[URL_MAX];
	struct buf b;
	struct slice code_challenge, redirect_uri;
	TRY(challenge(f->code_verifier, c->arena, &code_challenge));
	TRY(parts_url(c, SLICE("/_ostiary/callback"), &redirect_uri));
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

enum rc relying_login(const struct relying *r, struct call *c, struct reply *ret_reply)
{
	const struct relying_site *site = parts_site(r, c->host);
	struct provider_metadata m;
	struct slice location;
	struct flow f = {.host = c->host, .return_to = SLICE("/")};
	if (site == NULL)
		return RC_NOT_FOUND;
	if (call_pairs_has(c->query, SLICE("return_to")))
		f.return_to = call_pairs_get(c->query, SLICE("return_to"));
	TRY(check_return_to(f.return_to));
	TRY(provider_find(r, site->issuer, c->now, c->arena, &m));
	TRY(flow_start(r, c, &f, ret_reply));
	TRY(write_url(site, &f, c, m.authorization_endpoint, &location));
	reply_redirect(ret_reply, location);
	return RC_OK;
}
