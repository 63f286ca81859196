/* SPDX-License-Identifier: Apache-2.0 */
/* A nested token (RFC 7519 11.2): signed, so that its receiver knows who says it, then encrypted, so that nobody else reads it. */
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

struct party {
	struct ostiary_jwk *key, *public;
	struct ostiary_jwks *set; /* of the key itself */
};

static struct party new_party(const char *alg)
{
	const struct ostiary_jwk_spec spec = {sizeof spec, .alg = alg};
	struct party p = {NULL, NULL, NULL};
	must(ostiary_jwk_generate(&spec, &p.key), alg);
	must(ostiary_jwk_public(p.key, &p.public), "public half");
	must(ostiary_jwks_of((const struct ostiary_jwk *const[]){p.key}, 1, &p.set), "key set");
	return p;
}

static void free_party(struct party *p)
{
	ostiary_jwks_free(p->set);
	ostiary_jwk_free(p->public);
	ostiary_jwk_free(p->key);
}

static char *make(const struct party *issuer, const struct ostiary_jwk *to, size_t *ret_length)
{
	const struct ostiary_jwe_recipient recipient = {sizeof recipient, .key = to, .algorithm = {.ecdh_es_a128kw = 1}};
	const struct ostiary_jwe_message message = {sizeof message, .recipients = &recipient, .recipient_count = 1, .encryption = {.a256gcm = 1}};
	char *token = NULL, *nested = NULL;
	must(ostiary_sign(issuer->key, OSTIARY_OF_KEY, "at+jwt",
			  "{\"iss\":\"https://id.example.com\",\"sub\":\"alice\",\"aud\":\"https://api.example.com\","
			  "\"exp\":1800000600}", &token), "sign");
	must(ostiary_jwt_encrypt(&message, token, strlen(token), &nested, ret_length), "encrypt");
	ostiary_free(token);
	return nested;
}

static const char *open_nested(const char *text, size_t length, const struct party *me, const struct party *issuer)
{
	static const char *const audiences[] = {"https://api.example.com", NULL}, *const types[] = {"at+jwt", NULL};
	static const struct ostiary_policy signature = {
		.size = sizeof signature, .algorithms = {.es256 = 1}, .issuer = "https://id.example.com", .audiences = audiences, .types = types,
	};
	static const struct ostiary_jwe_policy encryption = {sizeof encryption, .algorithms = {.ecdh_es_a128kw = 1}, .encryptions = {.a256gcm = 1}};
	const struct ostiary_nested_policy policy = {
		.size = sizeof policy, .keys = me->set, .encryption = &encryption, .signers = issuer->set, .signature = &signature,
	};
	struct ostiary_claims *claims = NULL;
	enum ostiary_result result = ostiary_verify_nested(text, length, &policy, NOW, &claims);
	if (result == OSTIARY_OK)
		printf("from the issuer, about %s\n", ostiary_claims_sub(claims));
	ostiary_claims_free(claims);
	return ostiary_result_name(result);
}

int main(void)
{
	struct party issuer = new_party("ES256"), stranger = new_party("ES256"), me = new_party("ECDH-ES+A128KW");
	size_t length, forged_length;
	char *nested = make(&issuer, me.public, &length), *forged = make(&stranger, me.public, &forged_length);
	printf("%s\n", open_nested(nested, length, &me, &issuer));
	/* Anybody can encrypt to a public key: it is the signature inside that says who. */
	printf("another signer: %s\n", open_nested(forged, forged_length, &me, &issuer));
	ostiary_free(nested);
	ostiary_free(forged);
	free_party(&issuer);
	free_party(&stranger);
	free_party(&me);
	return 0;
}
