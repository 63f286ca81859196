/* SPDX-License-Identifier: Apache-2.0 */
/* Rotation that nobody notices: the next key is published before it signs, the last one until its tokens have expired. */
#include <ostiary/ostiary.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOW = 1800000000 };

static void must(enum ostiary_result result, const char *what)
{
	if (result == OSTIARY_OK)
		return;
	(void)fprintf(stderr, "%s: %s\n", what, ostiary_result_text(result));
	exit(1);
}

static struct ostiary_jwk *new_key(void)
{
	static const struct ostiary_jwk_spec spec = {sizeof spec, .alg = "Ed25519"};
	struct ostiary_jwk *key = NULL;
	must(ostiary_jwk_generate(&spec, &key), "key");
	return key;
}

static char *sign(const struct ostiary_jwk *key)
{
	char *token = NULL;
	must(ostiary_sign(key, OSTIARY_OF_KEY, "at+jwt",
			  "{\"iss\":\"https://id.example.com\",\"aud\":\"https://api.example.com\",\"exp\":1800000600}",
			  &token), "sign");
	return token;
}

/* A verifier that has fetched what is published at this moment. */
static const char *verify(const char *token, const struct ostiary_jwk *const *published, size_t count)
{
	static const char *const audiences[] = {"https://api.example.com", NULL}, *const types[] = {"at+jwt", NULL};
	static const struct ostiary_policy policy = {
		.size = sizeof policy, .algorithms = {.ed25519 = 1}, .issuer = "https://id.example.com", .audiences = audiences, .types = types,
	};
	struct ostiary_jwks *all = NULL, *keys = NULL;
	struct ostiary_claims *claims = NULL;
	char *text = NULL;
	must(ostiary_jwks_of(published, count, &all), "set");
	must(ostiary_jwks_write(all, false, &text), "publish");
	must(ostiary_jwks_parse(text, strlen(text), &keys), "fetch");
	enum ostiary_result result = ostiary_verify(token, strlen(token), keys, &policy, NOW, &claims);
	ostiary_claims_free(claims);
	ostiary_jwks_free(keys);
	ostiary_jwks_free(all);
	ostiary_free(text);
	return ostiary_result_name(result);
}

int main(void)
{
	struct ostiary_jwk *first = new_key(), *second = new_key(), *third = new_key();
	char *old = sign(first), *new = sign(second);

	/* Each key has its thumbprint as `kid`: that is how a token finds the key that signed it. */
	const struct ostiary_jwk *before[] = {first, second}; /* the second is known before it signs */
	printf("before: old %s\n", verify(old, before, 2));
	const struct ostiary_jwk *after[] = {first, second, third}; /* the second signs, a third waits */
	printf("after: old %s, new %s\n", verify(old, after, 3), verify(new, after, 3));
	const struct ostiary_jwk *later[] = {second, third}; /* the first one's tokens have expired */
	printf("later: old %s, new %s\n", verify(old, later, 2), verify(new, later, 2));

	ostiary_free(old);
	ostiary_free(new);
	ostiary_jwk_free(first);
	ostiary_jwk_free(second);
	ostiary_jwk_free(third);
	return 0;
}
