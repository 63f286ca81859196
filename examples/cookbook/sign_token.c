/* SPDX-License-Identifier: Apache-2.0 */
/* An issuer's half: a key, the public half that it publishes, and a token signed with it. */
#include <ostiary/ostiary.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void must(enum ostiary_result result, const char *what)
{
	if (result == OSTIARY_OK)
		return;
	(void)fprintf(stderr, "%s: %s\n", what, ostiary_result_text(result));
	exit(1);
}

/* The builder escapes: a name with a quote in it stays a name. */
static char *sign(const struct ostiary_jwk *key, int64_t now)
{
	struct ostiary_builder *b = NULL;
	char *claims = NULL, *token = NULL, jti[32];
	(void)snprintf(jti, sizeof jti, "%lld-1", (long long)now); /* something that no other token has */
	must(ostiary_builder_new(&b), "claims");
	ostiary_builder_text(b, "iss", "https://id.example.com");
	ostiary_builder_text(b, "sub", "alice");
	ostiary_builder_text(b, "aud", "https://api.example.com");
	ostiary_builder_number(b, "iat", now);
	ostiary_builder_number(b, "exp", now + 600);
	ostiary_builder_text(b, "jti", jti);
	must(ostiary_builder_write(b, &claims), "claims");
	must(ostiary_sign(key, OSTIARY_OF_KEY, "at+jwt", claims, &token), "sign");
	ostiary_free(claims);
	ostiary_builder_free(b);
	return token;
}

/* What anybody does with it who has only what was published. */
static enum ostiary_result verify(const char *token, const char *published, int64_t now)
{
	static const char *const audiences[] = {"https://api.example.com", NULL}, *const types[] = {"at+jwt", NULL};
	static const struct ostiary_policy policy = {
		.size = sizeof policy, .algorithms = {.es256 = 1}, .issuer = "https://id.example.com", .audiences = audiences, .types = types,
	};
	struct ostiary_jwks *keys = NULL;
	struct ostiary_claims *claims = NULL;
	must(ostiary_jwks_parse(published, strlen(published), &keys), "published keys");
	enum ostiary_result result = ostiary_verify(token, strlen(token), keys, &policy, now, &claims);
	ostiary_claims_free(claims);
	ostiary_jwks_free(keys);
	return result;
}

int main(void)
{
	static const struct ostiary_jwk_spec spec = {sizeof spec, .alg = "ES256"};
	struct ostiary_jwk *key = NULL;
	struct ostiary_jwks *set = NULL;
	char *published = NULL;
	int64_t now = time(NULL);
	must(ostiary_jwk_generate(&spec, &key), "key");
	must(ostiary_jwks_of((const struct ostiary_jwk *const[]){key}, 1, &set), "key set");
	must(ostiary_jwks_write(set, 0, &published), "publish"); /* 0: public halves only */

	char *token = sign(key, now);
	printf("now: %s\n", ostiary_result_name(verify(token, published, now)));
	printf("in ten minutes: %s\n", ostiary_result_name(verify(token, published, now + 600)));
	token[strlen(token) / 2] ^= 1;
	printf("changed: %s\n", verify(token, published, now) == OSTIARY_OK ? "ok" : "refused");

	ostiary_free(token);
	ostiary_free(published);
	ostiary_jwks_free(set);
	ostiary_jwk_free(key);
	return 0;
}
