/* SPDX-License-Identifier: Apache-2.0 */
/* ID tokens (OpenID Connect Core 2, 3.1.3.6, 12.2). */
#include "base/base64url.h"
#include "oauth/token/access_token.h"
#include "oauth/feature/feature.h"
#include "oidc/oidc.h"

static enum rc id_token_issue(const struct op *op, struct request *c, const struct user_grant *g,
			      struct slice access_token, struct slice *ret_token)
{
	const struct client *client = g->client;
	enum jose_alg alg = client->id_token_alg;
	uint8_t digest[CRYPTO_HASH_MAX];
	char at_hash[CRYPTO_HASH_MAX];
	struct buf b;
	struct json_out o = json_out_to(&b);
	/* The registered algorithm; without one RS256 (Registration 2) if we offer it, else our default. */
	if (!client->id_token_alg_said && (op->settings->id_token_algs & JOSE_ALG_BIT(alg)) == 0)
		alg = op->settings->default_alg;
	/* Core 3.1.3.6: the left half of the access token's hash, with the hash of the ID token's algorithm. */
	const enum crypto_hash hash = jose_alg_row(alg)->hash;
	const size_t half = crypto_hash_len(hash) / 2;
	crypto_hash(hash, access_token, digest);
	base64url_encode_to(slice_of(digest, half), at_hash);
	buf_in(&b, c->arena, 1024);
	/* Core 2. The client is the only audience, so azp is not needed. The signer writes iss, exp and iat. */
	json_out_object(&o);
	json_out_member(&o, SLICE("sub"), g->user.id);
	json_out_member(&o, SLICE("aud"), client->id);
	features_id_token(&o, g);
	json_out_member_if(&o, SLICE("acr"), g->acr);
	json_out_member_words_if(&o, SLICE("amr"), g->amr);
	json_out_member_if(&o, SLICE("sid"), g->session);
	json_out_member(&o, SLICE("at_hash"), slice_of(at_hash, base64url_text_len(half)));
	/* Core 5.4: if the client wants them here too. */
	claims_write(&o, &g->user, g->scopes, client->id_token_claims ? CLAIMS_USERINFO : CLAIMS_ID_TOKEN);
	json_out_object_end(&o);
	TRY(buf_rc(&b));
	const struct jwt_mint mint = {.typ = SLICE("JWT"), .iss = c->issuer->name, .iat = c->now,
				      .exp = c->now + op->settings->id_token_ttl, .claims = buf_slice(&b)};
	return access_token_sign(op, alg, &mint, c->arena, ret_token);
}

const struct op_openid oidc_openid = {.id_token = id_token_issue};
