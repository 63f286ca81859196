/* SPDX-License-Identifier: Apache-2.0 */
/* Proof Key for Code Exchange (RFC 7636), S256 only: "plain", also as the default of an absent method, gives no
 * protection and is refused. */
#include "oauth/feature/feature.h"

#include "base/ascii.h"
#include "base/base64url.h"
#include "base/percent.h"

enum { CHALLENGE_LEN = 43, VERIFIER_MIN = 43, VERIFIER_MAX = 128 };

#define METHODS SLICE_INIT("S256")

static const struct slice methods = METHODS;
static const struct slice parameters[] = {SLICE_INIT("code_challenge"), SLICE_INIT("code_challenge_method")};
static const struct metadata_member metadata[] = {{SLICE_INIT("code_challenge_methods_supported"), .words = METHODS}};

/* RFC 7636 4.3, RFC 9700 2.1.1: PKCE is required unless the client's registration says otherwise. A challenge is the
 * base64url of a SHA-256: 43 characters. */
static enum rc on_authorize(struct authorize_reading *r)
{
	struct slice challenge = parameters_get(r->from, SLICE("code_challenge"));
	struct slice method = parameters_get(r->from, SLICE("code_challenge_method"));
	if (challenge.n == 0 && r->client->without_pkce && method.n == 0)
		return RC_OK;
	if (challenge.n == 0)
		return authorize_wrong(r, RC_INVALID_REQUEST,
				       SLICE("code_challenge is missing: this client must use PKCE (RFC 7636)"));
	if (!slice_has_word(methods, method))
		return authorize_wrong(r, RC_INVALID_REQUEST, SLICE("code_challenge_method must be S256"));
	if (challenge.n != CHALLENGE_LEN)
		return authorize_wrong(r, RC_INVALID_REQUEST, SLICE("code_challenge must be 43 characters"));
	if (!ascii_all(challenge, ASCII_BASE64URL, ""))
		return authorize_wrong(r, RC_INVALID_REQUEST, SLICE("code_challenge must be base64url"));
	r->request->code_challenge = challenge;
	return RC_OK;
}

static void on_again(const struct authorize_request *request, struct buf *query)
{
	percent_query_if(query, SLICE("code_challenge"), request->code_challenge);
	if (request->code_challenge.n > 0)
		percent_query(query, SLICE("code_challenge_method"), SLICE("S256"));
}

static enum rc refuse_verifier(struct request *c, struct slice detail)
{
	c->client_detail = detail;
	return RC_INVALID_GRANT;
}

/* The code is used up by now: if the verifier is missing or wrong, the sender is not the client that requested it. */
static enum rc on_token(struct token_reading *r)
{
	static const struct slice unfit = SLICE_INIT("code_verifier is missing or does not fit code_challenge");
	uint8_t hash[32];
	char text[CHALLENGE_LEN];
	if (r->code == NULL)
		return RC_OK;
	struct slice challenge = r->code->code_challenge;
	struct slice verifier = request_pairs_get(r->c->form, SLICE("code_verifier"));
	if (challenge.n == 0 && verifier.n == 0 && r->client->without_pkce)
		return RC_OK;
	/* RFC 9700 4.8.2: a verifier without a challenge means that an attacker removed the challenge. */
	if (challenge.n == 0 && r->client->without_pkce)
		return refuse_verifier(
			r->c, SLICE("code_verifier comes without a code_challenge in the authorization request"));
	/* RFC 7636 4.1: 43 to 128 unreserved characters. */
	if (!ascii_all(verifier, ASCII_UNRESERVED, "") || verifier.n < VERIFIER_MIN || verifier.n > VERIFIER_MAX)
		return refuse_verifier(r->c, unfit);
	/* 4.6. A grant without a challenge matches no verifier. */
	crypto_sha256(verifier, hash);
	base64url_encode_to(slice_of(hash, sizeof hash), text);
	if (!ct_equal(secret_of(text, sizeof text), secret_from_slice(challenge)))
		return refuse_verifier(r->c, unfit);
	return RC_OK;
}

const struct feature feature_pkce = {
	.spec = "RFC 7636",
	FEATURE_PARAMETERS(parameters),
	FEATURE_METADATA(metadata),
	.on_authorize = on_authorize,
	.on_again = on_again,
	.on_token = on_token,
};
