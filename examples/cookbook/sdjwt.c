/* SPDX-License-Identifier: Apache-2.0 */
/* Selective disclosure (RFC 9901): an issuer's credential, of which its holder shows a shop only that it is old enough. */
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

/* --- issuer --- */

static char *issue(const struct ostiary_jwk *issuer, const struct ostiary_jwk *holder)
{
	static const char claims[] =
		"{\"iss\":\"https://registry.example\",\"iat\":1799990000,\"exp\":1899990000,\"given_name\":\"Erika\","
		"\"age_over\":{\"16\":true,\"18\":true,\"21\":true},\"nationalities\":[\"DE\",\"FR\"]}";
	/* What stands here the holder may keep back: the name, each age on its own, the second nationality. */
	static const char *const hide[] = {"/given_name", "/age_over/16", "/age_over/18", "/age_over/21", "/nationalities/1", NULL};
	const struct ostiary_sdjwt_credential credential = {
		.size = sizeof credential, .claims = claims, .hide = hide, .decoys = 2, .typ = "example+sd-jwt", .holder = holder,
	};
	char *text = NULL;
	must(ostiary_sdjwt_issue(&credential, issuer, OSTIARY_OF_KEY, &text), "issue");
	return text;
}

/* --- holder --- */

static char *present(const char *credential, const struct ostiary_jwk *holder)
{
	static const char *const show[] = {"/age_over/18", NULL};
	const struct ostiary_sdjwt_binding binding = {
		.size = sizeof binding, .key = holder, .audience = "https://shop.example", .nonce = "from-the-shop", .now = NOW,
	};
	char *text = NULL;
	must(ostiary_sdjwt_present(credential, strlen(credential), show, &binding, &text), "present");
	return text;
}

/* --- verifier --- */

static enum ostiary_result verify(const char *text, const struct ostiary_jwks *issuers, const char *nonce,
				  struct ostiary_claims **ret_claims)
{
	static const char *const types[] = {"example+sd-jwt", NULL};
	static const struct ostiary_policy token = {
		.size = sizeof token, .algorithms = {.es256 = 1}, .issuer = "https://registry.example", .types = types,
	};
	const struct ostiary_sdjwt_policy policy = {
		.size = sizeof policy, .token = &token, .audience_optional = true, .binding_required = true, .binding_algorithms = {.ed25519 = 1},
		.binding_audience = "https://shop.example", .nonce = nonce,
	};
	return ostiary_sdjwt_verify(text, strlen(text), issuers, &policy, NOW, ret_claims);
}

int main(void)
{
	static const struct ostiary_jwk_spec es256 = {sizeof es256, .alg = "ES256"}, ed25519 = {sizeof ed25519, .alg = "Ed25519"};
	struct ostiary_jwk *issuer = NULL, *holder = NULL;
	struct ostiary_jwks *issuers = NULL;
	struct ostiary_claims *claims = NULL;
	must(ostiary_jwk_generate(&es256, &issuer), "issuer's key");
	must(ostiary_jwk_generate(&ed25519, &holder), "holder's key");
	must(ostiary_jwks_of((const struct ostiary_jwk *const[]){issuer}, 1, &issuers), "key set");

	char *credential = issue(issuer, holder);
	char *shown = present(credential, holder);
	must(verify(shown, issuers, "from-the-shop", &claims), "verify");
	bool old_enough = false;
	(void)ostiary_value_bool(ostiary_claims_at(claims, "/age_over/18"), &old_enough);
	printf("over 18: %s\n", old_enough ? "yes" : "no");
	printf("name shown: %s\n", ostiary_claims_at(claims, "/given_name") != NULL ? "yes" : "no");
	ostiary_claims_free(claims);
	claims = NULL;

	/* Another shop's presentation, and the credential without the holder's signature, are worth nothing. */
	printf("another nonce: %s\n", ostiary_result_name(verify(shown, issuers, "other", &claims)));
	printf("without binding: %s\n", ostiary_result_name(verify(credential, issuers, "from-the-shop", &claims)));

	ostiary_free(shown);
	ostiary_free(credential);
	ostiary_jwks_free(issuers);
	ostiary_jwk_free(holder);
	ostiary_jwk_free(issuer);
	return 0;
}
