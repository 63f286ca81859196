/* SPDX-License-Identifier: Apache-2.0 */
/* A service that fetches its issuer's keys itself and follows their rotation.
 *   remote_backend ISSUER JWKS_URI [CA.pem] < tokens, one a line
 * For each token the status that an HTTP answer would carry. */
#include <ostiary/ostiary.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *const audiences[] = {"https://api.example.com", NULL};
static const char *const types[] = {"at+jwt", NULL};

static void answer(const char *token, struct ostiary_jwks_remote *keys, const struct ostiary_policy *policy)
{
	struct ostiary_claims *claims = NULL;
	enum ostiary_result result = ostiary_verify_remote(token, strlen(token), keys, policy, time(NULL), &claims);
	switch (result) {
	case OSTIARY_OK:
		printf("200 %s\n", ostiary_claims_sub(claims));
		break;
	case OSTIARY_UNAVAILABLE: /* no keys yet: nobody's token can be judged */
	case OSTIARY_MEMORY:
	case OSTIARY_INTERNAL:
		printf("503 %s\n", ostiary_result_name(result));
		break;
	default:
		printf("401 %s\n", ostiary_result_name(result));
	}
	(void)fflush(stdout);
	ostiary_claims_free(claims);
}

int main(int argc, char **argv)
{
	static char line[20 * 1024];
	struct ostiary_jwks_remote *keys = NULL;
	if (argc < 3) {
		(void)fprintf(stderr, "usage: remote_backend ISSUER JWKS_URI [CA.pem]\n");
		return 2;
	}
	const struct ostiary_policy policy = {
		.size = sizeof policy, .algorithms = {.es256 = 1}, .issuer = argv[1], .audiences = audiences, .types = types, .sub_required = true,
	};
	/* The address is this program's to say, never a token's. allow_private is for an issuer in one's own network: without it
	 * no private or loopback address is ever connected to. */
	const struct ostiary_jwks_remote_options from = {
		.size = sizeof from, .url = argv[2], .ca_file = argc > 3 ? argv[3] : NULL, .allow_private = argc > 3, .cooldown = 1,
	};
	if (ostiary_jwks_remote_open(&from, &keys) != OSTIARY_OK) {
		(void)fprintf(stderr, "not an address to fetch keys from: %s\n", argv[2]);
		return 2;
	}
	while (fgets(line, sizeof line, stdin) != NULL) {
		line[strcspn(line, "\r\n")] = 0;
		answer(line, keys, &policy);
	}
	ostiary_jwks_remote_free(keys);
	return 0;
}
