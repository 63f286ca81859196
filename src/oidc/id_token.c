/* SPDX-License-Identifier: Apache-2.0 */
/* ID tokens (OpenID Connect Core 2, 3.1.3.6, 12.2). */
#include "base/base64url.h"
#include "oauth/token/access_token.h"
#include "oauth/feature/feature.h"
#include "oidc/oidc.h"

/* The registered algorithm; without one RS256 (Registration 2) if we offer it, else our default. */
static enum jose_alg alg_for(const struct op *op, const struct client *client)
{
	if (client->id_token_alg_said || (op->settings->id_token_algs & JOSE_ALG_BIT(client->id_token_alg)))
		return client->id_token_alg;
	return op->settings->default_alg;
}

/* Core 3.1.3.6: the left half of the access token's hash, with the hash of the ID token's algorithm. */
static void write_at_hash(struct json_out *o, enum jose_alg alg, struct slice access_token)
{
	enum crypto_hash h = jose_alg_row(alg)->hash;
	uint8_t digest[CRYPTO_HASH_MAX];
	char text[CRYPTO_HASH_MAX];
	size_t half = crypto_hash_len(h) / 2;
	crypto_hash(h, access_token, digest);
	base64url_encode_to(slice_of(digest, half), text);
	json_out_member(o, SLICE("at_hash"), slice_of(text, base64url_text_len(half)));
}

static enum rc id_token_issue(const struct op *op, const struct user_grant *g, struct slice access_token, int64_t now,
			      struct arena *a, struct slice *ret_token)
{
	const enum jose_alg alg = alg_for(op, g->client);
	struct buf b;
	struct json_out o = json_out_to(&b);
	buf_in(&b, a, 1024);
	/* Core 2. The client is the only audience, so azp is not needed. The signer writes iss, exp and iat. */
	json_out_object(&o);
	json_out_member(&o, SLICE("sub"), g->user.id);
	json_out_member(&o, SLICE("aud"), g->client->id);
	features_id_token(&o, g);
	json_out_member_if(&o, SLICE("acr"), g->acr);
	json_out_member_words_if(&o, SLICE("amr"), g->amr);
	json_out_member_if(&o, SLICE("sid"), g->session);
	write_at_hash(&o, alg, access_token);
	/* Core 5.4: if the client wants them here too. */
	claims_write(&o, &g->user, g->scopes, g->client->id_token_claims ? CLAIMS_USERINFO : CLAIMS_ID_TOKEN);
	json_out_object_end(&o);
	TRY(buf_rc(&b));
	const struct jwt_mint mint = {.typ = SLICE("JWT"), .iss = op->settings->issuer, .iat = now,
				      .exp = now + op->settings->id_token_ttl, .claims = buf_slice(&b)};
	return access_token_sign(op, alg, &mint, a, ret_token);
}

const struct op_openid oidc_openid = {.id_token = id_token_issue};
