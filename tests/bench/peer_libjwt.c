/* SPDX-License-Identifier: Apache-2.0 */
/* libjwt 1.10 as its users use it: the key in PEM at each call, for that is all it takes. usage: peer_libjwt DIR */
#include <jwt.h>

#include "slices.h"

static const char *const algs[] = {"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512"};

struct peer {
	char *token, *key;
	size_t token_n, key_n;
	jwt_alg_t alg;
};

static bool verify(void *self)
{
	struct peer *p = self;
	jwt_t *jwt = NULL;
	if (jwt_decode(&jwt, p->token, (const unsigned char *)p->key, (int)p->key_n) != 0)
		return false;
	const char *iss = jwt_get_grant(jwt, "iss"), *aud = jwt_get_grant(jwt, "aud");
	long now = time(NULL);
	bool good = jwt_get_alg(jwt) == p->alg && iss != NULL && strcmp(iss, "https://id.example.com") == 0 && aud != NULL &&
		    strcmp(aud, "https://api.example.com") == 0 && jwt_get_grant_int(jwt, "exp") > now &&
		    jwt_get_grant_int(jwt, "nbf") <= now;
	jwt_free(jwt);
	return good;
}

int main(int argc, char **argv)
{
	static struct peer peers[sizeof algs / sizeof *algs];
	for (size_t i = 0; argc == 2 && i < sizeof algs / sizeof *algs; i++) {
		struct peer *p = &peers[i];
		p->token = slice_material(argv[1], algs[i], "plain.token", &p->token_n);
		p->key = slice_material(argv[1], algs[i], algs[i][0] == 'H' ? "secret" : "pem", &p->key_n);
		p->alg = jwt_str_alg(algs[i]);
		slice_add("verify", algs[i], verify, p);
	}
	return argc == 2 ? slice_serve() : 2;
}
