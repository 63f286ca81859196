/* SPDX-License-Identifier: Apache-2.0 */
/* cjose as its users use it: import, verify, payload, claims by jansson. usage: peer_cjose DIR */
#include <cjose/cjose.h>
#include <jansson.h>

#include "slices.h"

static const char *const algs[] = {"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
				   "ES256", "ES384", "ES512"};

/* Of bench_jwe's, those that it has. */
static const char *const encryptions[] = {"dir", "dir_A128CBC-HS256", "A256KW", "ECDH-ES_P-256"};

struct peer {
	cjose_jwk_t *key;
	char *token;
	size_t token_n;
	char *jwk;
	size_t jwk_n;
};

static bool claims_hold(const uint8_t *text, size_t n)
{
	json_t *root = json_loadb((const char *)text, n, JSON_REJECT_DUPLICATES, NULL);
	const char *iss = json_string_value(json_object_get(root, "iss")), *aud = json_string_value(json_object_get(root, "aud"));
	json_int_t now = time(NULL);
	bool good = iss != NULL && strcmp(iss, "https://id.example.com") == 0 && aud != NULL &&
		    strcmp(aud, "https://api.example.com") == 0 && json_integer_value(json_object_get(root, "exp")) > now &&
		    json_integer_value(json_object_get(root, "nbf")) <= now;
	json_decref(root);
	return good;
}

static bool verify(void *self)
{
	struct peer *p = self;
	cjose_err err;
	uint8_t *text;
	size_t n;
	cjose_jws_t *jws = cjose_jws_import(p->token, p->token_n, &err);
	bool good = jws != NULL && cjose_jws_verify(jws, p->key, &err) && cjose_jws_get_plaintext(jws, &text, &n, &err) &&
		    claims_hold(text, n);
	cjose_jws_release(jws);
	return good;
}

static bool import(void *self)
{
	struct peer *p = self;
	cjose_err err;
	cjose_jwk_t *key = cjose_jwk_import(p->jwk, p->jwk_n, &err);
	cjose_jwk_release(key);
	return key != NULL;
}

static bool decrypt(void *self)
{
	struct peer *p = self;
	cjose_err err;
	size_t n;
	cjose_jwe_t *jwe = cjose_jwe_import(p->token, p->token_n, &err);
	uint8_t *text = jwe == NULL ? NULL : cjose_jwe_decrypt(jwe, p->key, &n, &err);
	bool good = text != NULL;
	cjose_get_dealloc()(text);
	cjose_jwe_release(jwe);
	return good;
}

static void add_encryption(const char *dir, const char *name, struct peer *p)
{
	cjose_err err;
	p->token = slice_material(dir, name, "jwe", &p->token_n);
	p->jwk = slice_material(dir, name, "jwe.jwk", &p->jwk_n);
	p->key = p->jwk == NULL ? NULL : cjose_jwk_import(p->jwk, p->jwk_n, &err);
	slice_add("decrypt", name, decrypt, p);
}

int main(int argc, char **argv)
{
	static struct peer openers[sizeof encryptions / sizeof *encryptions];
	for (size_t i = 0; argc == 2 && i < sizeof encryptions / sizeof *encryptions; i++)
		add_encryption(argv[1], encryptions[i], &openers[i]);
	static struct peer peers[sizeof algs / sizeof *algs];
	for (size_t i = 0; argc == 2 && i < sizeof algs / sizeof *algs; i++) {
		struct peer *p = &peers[i];
		cjose_err err;
		p->token = slice_material(argv[1], algs[i], "token", &p->token_n);
		p->jwk = slice_material(argv[1], algs[i], "jwk", &p->jwk_n);
		p->key = p->jwk == NULL ? NULL : cjose_jwk_import(p->jwk, p->jwk_n, &err);
		slice_add("verify", algs[i], verify, p);
		if (algs[i][0] != 'H')
			slice_add("import", algs[i], import, p);
	}
	return argc == 2 ? slice_serve() : 2;
}
