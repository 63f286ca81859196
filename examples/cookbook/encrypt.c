/* SPDX-License-Identifier: Apache-2.0 */
/* A message that only its recipient can read (RFC 7516): encrypted to a public key, decrypted with the private one. */
#include <ostiary/ostiary.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(enum ostiary_result result, const char *what)
{
	if (result == OSTIARY_OK)
		return;
	(void)fprintf(stderr, "%s: %s\n", what, ostiary_result_text(result));
	exit(1);
}

/* What the recipient allows; all else is refused. */
static const struct ostiary_jwe_policy policy = {sizeof policy, .algorithms = {.ecdh_es_a256kw = 1}, .encryptions = {.a256gcm = 1}};

static char *encrypt(const struct ostiary_jwk *to, const char *text, size_t *ret_length)
{
	const struct ostiary_jwe_recipient recipient = {sizeof recipient, .key = to, .algorithm = {.ecdh_es_a256kw = 1}};
	const struct ostiary_jwe_message message = {sizeof message, .recipients = &recipient, .recipient_count = 1, .encryption = {.a256gcm = 1}};
	char *jwe = NULL;
	must(ostiary_jwe_encrypt(&message, text, strlen(text), &jwe, ret_length), "encrypt");
	return jwe;
}

int main(void)
{
	static const struct ostiary_jwk_spec spec = {sizeof spec, .alg = "ECDH-ES+A256KW", .crv = "X25519"};
	struct ostiary_jwk *private = NULL, *public = NULL;
	struct ostiary_jwks *mine = NULL;
	struct ostiary_jwe *opened = NULL;
	size_t length, n;
	must(ostiary_jwk_generate(&spec, &private), "key");
	must(ostiary_jwk_public(private, &public), "its public half");
	must(ostiary_jwks_of((const struct ostiary_jwk *const[]){private}, 1, &mine), "key set");

	char *jwe = encrypt(public, "meet me at noon", &length);
	must(ostiary_jwe_decrypt(jwe, length, mine, &policy, &opened), "decrypt");
	const char *text = ostiary_jwe_plaintext(opened, &n);
	printf("%.*s\n", (int)n, text);
	ostiary_jwe_free(opened);
	opened = NULL;

	/* One changed character, and there is nothing to read, nor a word about why. */
	jwe[length - 4] = jwe[length - 4] == 'A' ? 'B' : 'A';
	printf("changed: %s\n", ostiary_result_name(ostiary_jwe_decrypt(jwe, length, mine, &policy, &opened)));

	ostiary_free(jwe);
	ostiary_jwks_free(mine);
	ostiary_jwk_free(public);
	ostiary_jwk_free(private);
	return 0;
}
