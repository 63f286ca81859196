/* SPDX-License-Identifier: Apache-2.0 */
/* A service that is given access tokens (RFC 6750, RFC 9068) and has the issuer's keys in a file.
 *   verify_bearer KEYS.json < lines of "Authorization: Bearer …"
 * For each line the status and challenge that an HTTP answer would carry. */
#include <ostiary/ostiary.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What this service demands. What a policy does not say is refused. */
static const char *const audiences[] = {"https://api.example.com", NULL};
static const char *const types[] = {"at+jwt", NULL};
static const struct ostiary_policy policy = {
	.size = sizeof policy, .algorithms = {.es256 = 1, .ed25519 = 1},
	.issuer = "https://id.example.com",
	.audiences = audiences,
	.types = types,
	.sub_required = true,
	.leeway = 30,
	.max_lifetime = 3600,
};

static struct ostiary_jwks *read_keys(const char *path)
{
	static char text[256 * 1024];
	struct ostiary_jwks *keys = NULL;
	FILE *f = fopen(path, "r");
	if (f == NULL)
		return NULL;
	size_t n = fread(text, 1, sizeof text, f);
	(void)fclose(f);
	/* Public keys only: a set that may have come over a network is never asked for secrets. */
	if (ostiary_jwks_parse(text, n, &keys) != OSTIARY_OK)
		return NULL;
	return keys;
}

static void answer(const char *token, const struct ostiary_jwks *keys)
{
	struct ostiary_claims *claims = NULL;
	enum ostiary_result result = ostiary_verify(token, strlen(token), keys, &policy, time(NULL), &claims);
	if (result == OSTIARY_MEMORY || result == OSTIARY_INTERNAL)
		printf("503\n"); /* our fault, not the token's */
	else if (result != OSTIARY_OK)
		printf("401 Bearer error=\"invalid_token\" (%s)\n", ostiary_result_name(result));
	else if (!ostiary_claims_has_scope(claims, "orders:read"))
		printf("403 Bearer error=\"insufficient_scope\", scope=\"orders:read\"\n");
	else
		printf("200 orders of %s\n", ostiary_claims_sub(claims));
	ostiary_claims_free(claims);
}

int main(int argc, char **argv)
{
	static const char prefix[] = "Authorization: Bearer ";
	static char line[20 * 1024];
	struct ostiary_jwks *keys = argc == 2 ? read_keys(argv[1]) : NULL;
	if (keys == NULL || ostiary_jwks_count(keys) == 0) {
		(void)fprintf(stderr, "usage: verify_bearer KEYS.json\n");
		return 2;
	}
	while (fgets(line, sizeof line, stdin) != NULL) {
		line[strcspn(line, "\r\n")] = 0;
		if (strncmp(line, prefix, sizeof prefix - 1) == 0)
			answer(line + sizeof prefix - 1, keys);
		else
			printf("401 Bearer\n");
	}
	ostiary_jwks_free(keys);
	return 0;
}
