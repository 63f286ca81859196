/* SPDX-License-Identifier: Apache-2.0 */
/* ID tokens that a provider would never give, at its token endpoint. */
#ifndef OSTIARY_TESTS_RP_FORGED_H
#define OSTIARY_TESTS_RP_FORGED_H

#include "rp_fixture.h"

/* The token endpoint answers with this ID token, and with `members` behind it. */
static inline void give_answer(struct slice id_token, const char *members)
{
	struct slice text = SLICE_NONE;
	const char *copy = "";
	CHECK_OK(arena_format(&fx.arena, &text, "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"id_token\":\"%.*s\"%s}",
			      SLICE_ARGS(id_token), members));
	CHECK_OK(arena_cstr(&fx.arena, text, &copy));
	rx_lie(RX_TOKEN, 200, copy);
}

static inline void give_id_token(struct slice id_token)
{
	give_answer(id_token, ",\"expires_in\":600");
}

struct forged {
	const char *name;
	const char *members; /* of the claims; what is said twice here is said so in the token */
	enum rc want;
	const char *typ;
	bool other_key; /* signed by a key that is not the provider's, under the kid of one that is */
};

static inline enum rc stranger(void *self, struct slice kid, enum jose_alg alg, struct slice input, uint8_t *dst, size_t cap, size_t *ret_n)
{
	(void)self, (void)kid;
	return jwk_sign(fx.client_key, alg, input, dst, cap, ret_n);
}

/* "@" is the issuer, "$" and seconds the time so long from now. */
static inline struct slice forge(const struct forged *row, struct slice nonce)
{
	char claims[2048];
	size_t n = 0;
	struct slice token = SLICE_NONE;
	n += (size_t)snprintf(claims, sizeof claims, "{\"nonce\":\"%.*s\"", SLICE_ARGS(nonce));
	for (const char *p = row->members; *p != 0; p++) {
		if (*p == '@')
			n += (size_t)snprintf(claims + n, sizeof claims - n, "%s", rx.issuer);
		else if (*p == '$')
			n += (size_t)snprintf(claims + n, sizeof claims - n, "%lld", (long long)fx.now + strtol(p + 1, (char **)(uintptr_t)&p, 10)), p--;
		else
			claims[n++] = *p;
	}
	claims[n++] = '}';
	struct jwt_signer signer = row->other_key ? (struct jwt_signer){stranger, NULL} : jwt_signer_of(fx.es);
	CHECK_OK(jwt_sign(&signer, JOSE_ES256, jwk_kid(fx.es), slice_cstr(row->typ == NULL ? "JWT" : row->typ), slice_of(claims, n),
			  &fx.arena, &token));
	return token;
}

static inline enum rc try_id_token(struct slice (*make)(const struct forged *row, struct slice nonce), const struct forged *row)
{
	struct browser b = rx_browser();
	struct answer login = rx_login(&b, "");
	give_id_token(make(row, answer_value(&login, "nonce")));
	enum rc rc = rx_callback(&b, rx_back(answer_value(&login, "state"), "x", rx.issuer)).rc;
	CHECK((rc == RC_OK) == (rx_gateway(&b).n > 0));
	return rc;
}

#define GOOD ",\"iss\":\"@\",\"aud\":\"web\",\"sub\":\"u\",\"iat\":$0,\"exp\":$+60"

#endif
