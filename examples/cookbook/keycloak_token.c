/* SPDX-License-Identifier: Apache-2.0 */
/* An access token of Keycloak: its type is JWT, its roles stand two levels deep, and the app that got it is in `azp`.
 *   keycloak_token KEYS.json < tokens, one a line
 * KEYS.json is what https://HOST/realms/REALM/protocol/openid-connect/certs gives; a service that runs fetches it itself, as
 * remote_backend.c does. */
#include <ostiary/ostiary.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Keycloak says "account" unless an audience mapper adds the API's own name: add one, and name it here. */
static const char *const audiences[] = {"orders-api", NULL};
static const char *const types[] = {"JWT", NULL};
/* Its ID tokens are of type JWT too. They have `nonce` or `at_hash`, and are refused (TYP); `azp` must be there. */
static const char *const required[] = {"azp", NULL};
static const struct ostiary_policy policy = {
	.size = sizeof policy, .algorithms = {.rs256 = 1, .es256 = 1}, .issuer = "https://keycloak.example.com/realms/shop",
	.audiences = audiences, .types = types, .required = required, .sub_required = true, .leeway = 30,
};

static struct ostiary_jwks *read_keys(const char *path)
{
	static char text[64 * 1024];
	struct ostiary_jwks *keys = NULL;
	FILE *f = fopen(path, "rb");
	size_t n = f == NULL ? 0 : fread(text, 1, sizeof text, f);
	if (f != NULL)
		(void)fclose(f);
	if (ostiary_jwks_read(text, n, NULL, &keys) != OSTIARY_OK)
		(void)fprintf(stderr, "%s holds no keys\n", path);
	return keys;
}

static void print_roles(const struct ostiary_claims *claims)
{
	const struct ostiary_value *clients = ostiary_claims_at(claims, "/resource_access"), *roles, *role;
	for (const struct ostiary_value *c = ostiary_value_first(clients); c != NULL; c = ostiary_value_next(clients, c)) {
		char pointer[300];
		/* A name of a client goes into a pointer only where it has neither slash nor tilde; others are walked to. */
		const char *name = ostiary_value_name(claims, c);
		if (name == NULL || strpbrk(name, "/~") != NULL || strlen(name) > 200)
			continue;
		(void)snprintf(pointer, sizeof pointer, "/resource_access/%s/roles", name);
		roles = ostiary_claims_at(claims, pointer);
		for (role = ostiary_value_first(roles); role != NULL; role = ostiary_value_next(roles, role))
			if (ostiary_value_text(claims, role) != NULL)
				printf(" %s:%s", name, ostiary_value_text(claims, role));
	}
}

static void answer(const char *token, const struct ostiary_jwks *keys)
{
	struct ostiary_claims *claims = NULL;
	enum ostiary_result result = ostiary_verify(token, strlen(token), keys, &policy, time(NULL), &claims);
	if (result != OSTIARY_OK) {
		printf("401 %s\n", ostiary_result_name(result));
	} else if (!ostiary_value_has(ostiary_claims_at(claims, "/realm_access/roles"), "customer")) {
		printf("403 not a customer\n");
	} else {
		printf("200 %s", ostiary_claims_sub(claims));
		print_roles(claims);
		printf("\n");
	}
	ostiary_claims_free(claims);
}

int main(int argc, char **argv)
{
	static char line[33 * 1024];
	struct ostiary_jwks *keys = argc == 2 ? read_keys(argv[1]) : NULL;
	if (keys == NULL)
		return 2;
	while (fgets(line, sizeof line, stdin) != NULL) {
		line[strcspn(line, "\r\n")] = 0;
		answer(line, keys);
	}
	ostiary_jwks_free(keys);
	return 0;
}
