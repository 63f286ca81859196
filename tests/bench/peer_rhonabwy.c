/* SPDX-License-Identifier: Apache-2.0 */
/* rhonabwy as its users use it: parse, verify, validate claims. usage: peer_rhonabwy DIR */
#include <rhonabwy.h>

#include "slices.h"

static const char *const algs[] = {"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
				   "ES256", "ES384", "ES512"};

struct peer {
	jwk_t *key;
	char *token, *jwk;
	size_t token_n, jwk_n;
};

static bool verify(void *self)
{
	struct peer *p = self;
	jwt_t *jwt = NULL;
	bool good = r_jwt_init(&jwt) == RHN_OK && r_jwt_parsen(jwt, p->token, p->token_n, 0) == RHN_OK &&
		    r_jwt_verify_signature(jwt, p->key, 0) == RHN_OK &&
		    r_jwt_validate_claims(jwt, R_JWT_CLAIM_ISS, "https://id.example.com", R_JWT_CLAIM_AUD, "https://api.example.com",
					  R_JWT_CLAIM_EXP, R_JWT_CLAIM_NOW, R_JWT_CLAIM_NBF, R_JWT_CLAIM_NOW, R_JWT_CLAIM_NOP) == RHN_OK;
	r_jwt_free(jwt);
	return good;
}

static jwk_t *read_key(const char *text)
{
	jwk_t *key = NULL;
	return r_jwk_init(&key) == RHN_OK && r_jwk_import_from_json_str(key, text) == RHN_OK ? key : NULL;
}

static bool import(void *self)
{
	struct peer *p = self;
	jwk_t *key = read_key(p->jwk);
	r_jwk_free(key);
	return key != NULL;
}

int main(int argc, char **argv)
{
	static struct peer peers[sizeof algs / sizeof *algs];
	r_global_init();
	for (size_t i = 0; argc == 2 && i < sizeof algs / sizeof *algs; i++) {
		struct peer *p = &peers[i];
		p->token = slice_material(argv[1], algs[i], "token", &p->token_n);
		p->jwk = slice_material(argv[1], algs[i], "jwk", &p->jwk_n);
		p->key = p->jwk == NULL ? NULL : read_key(p->jwk);
		slice_add("verify", algs[i], verify, p);
		if (algs[i][0] != 'H')
			slice_add("import", algs[i], import, p);
	}
	return argc == 2 ? slice_serve() : 2;
}
