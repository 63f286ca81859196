/* SPDX-License-Identifier: Apache-2.0 */
/* The library's stable results, their words, and what of our own codes becomes which. */
#include <stdlib.h>

#include "libostiary/ostiary_internal.h"

static const struct {
	const char *name, *text;
} results[] = {
	[OSTIARY_OK] = {"ok", "it holds"},
	[OSTIARY_MALFORMED] = {"malformed", "not a compact token of three canonical base64url parts, none of them empty"},
	[OSTIARY_HEADER] = {"header", "the header is malformed, or has a parameter that is refused"},
	[OSTIARY_ALG] = {"alg", "the algorithm is not the key's, or not allowed"},
	[OSTIARY_TYP] = {"typ", "the token is of another type"},
	[OSTIARY_KID] = {"kid", "no known key has this kid, or it has none and no key, or too many, would fit"},
	[OSTIARY_KEY] = {"key", "the key or key set is malformed, too weak, private or not for this use"},
	[OSTIARY_SIGNATURE] = {"signature", "the signature does not hold"},
	[OSTIARY_CLAIMS] = {"claims", "the claims are not a strict JSON object, or one is of another type than it must be"},
	[OSTIARY_ISS] = {"iss", "the issuer is not trusted here"},
	[OSTIARY_SUB] = {"sub", "the subject is missing, malformed or another"},
	[OSTIARY_AUD] = {"aud", "the token is for another audience"},
	[OSTIARY_EXP] = {"exp", "the token has expired, or has no exp that is a date"},
	[OSTIARY_NBF] = {"nbf", "the token is not valid yet, or its nbf is no date"},
	[OSTIARY_IAT] = {"iat", "the token was issued in the future or too long ago, or has no iat that is a date"},
	[OSTIARY_JTI] = {"jti", "the token's identifier is missing or malformed"},
	[OSTIARY_LIMIT] = {"limit", "the input is larger than a maximum of the library"},
	[OSTIARY_MEMORY] = {"memory", "out of memory"},
	[OSTIARY_UNAVAILABLE] = {"unavailable", "keys or the store of used tokens cannot be reached now"},
	[OSTIARY_ARGUMENT] = {"argument", "the program calls the library with arguments that make no sense"},
	[OSTIARY_INTERNAL] = {"internal", "the cryptographic library failed"},
	[OSTIARY_DECRYPT] = {"decrypt", "it cannot be decrypted"},
	[OSTIARY_DISCLOSURE] = {"disclosure", "a disclosure is malformed, not in the token, or there twice"},
	[OSTIARY_BINDING] = {"binding", "the key binding is missing or does not hold"},
	[OSTIARY_REQUIRED] = {"required", "a claim that is required is missing"},
	[OSTIARY_REPLAY] = {"replay", "the token was used before"},
};

static const struct {
	enum rc rc;
	enum ostiary_result result;
} rows[] = {
	{RC_OK, OSTIARY_OK},
	{RC_JOSE_MALFORMED, OSTIARY_MALFORMED},
	{RC_JOSE_HEADER, OSTIARY_HEADER},
	{RC_JOSE_CRIT, OSTIARY_HEADER},
	{RC_JOSE_ALG, OSTIARY_ALG},
	{RC_JOSE_TYP, OSTIARY_TYP},
	{RC_JOSE_ID_TOKEN, OSTIARY_TYP},
	{RC_JOSE_KID, OSTIARY_KID},
	{RC_JOSE_KEY, OSTIARY_KEY},
	{RC_JOSE_PRIVATE, OSTIARY_KEY},
	{RC_DUPLICATE, OSTIARY_KEY},
	{RC_JOSE_SIGNATURE, OSTIARY_SIGNATURE},
	{RC_JOSE_CLAIMS, OSTIARY_CLAIMS},
	{RC_JOSE_ISS, OSTIARY_ISS},
	{RC_JOSE_SUB, OSTIARY_SUB},
	{RC_JOSE_AUD, OSTIARY_AUD},
	{RC_JOSE_EXP, OSTIARY_EXP},
	{RC_JOSE_NBF, OSTIARY_NBF},
	{RC_JOSE_IAT, OSTIARY_IAT},
	{RC_JOSE_JTI, OSTIARY_JTI},
	{RC_REPLAY, OSTIARY_REPLAY},
	{RC_JOSE_REQUIRED, OSTIARY_REQUIRED},
	{RC_JOSE_DECRYPT, OSTIARY_DECRYPT},
	{RC_JOSE_DISCLOSURE, OSTIARY_DISCLOSURE},
	{RC_JOSE_BINDING, OSTIARY_BINDING},
	{RC_LIMIT, OSTIARY_LIMIT},
	{RC_JOSE_SIZE, OSTIARY_LIMIT},
	{RC_MEMORY, OSTIARY_MEMORY},
	{RC_UPSTREAM, OSTIARY_UNAVAILABLE},
	{RC_STORE, OSTIARY_UNAVAILABLE},
	{RC_RANGE, OSTIARY_ARGUMENT},
	{RC_SYNTAX, OSTIARY_ARGUMENT},
	{RC_INTERNAL, OSTIARY_INTERNAL},
};

enum ostiary_result inner_result(enum rc rc)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].rc == rc)
			return rows[i].result;
	return OSTIARY_INTERNAL;
}

const char *ostiary_result_name(enum ostiary_result result)
{
	return results[(size_t)result < ARRAY_LEN(results) ? result : OSTIARY_INTERNAL].name;
}

const char *ostiary_result_text(enum ostiary_result result)
{
	return results[(size_t)result < ARRAY_LEN(results) ? result : OSTIARY_INTERNAL].text;
}

unsigned ostiary_version(void)
{
	return OSTIARY_VERSION;
}

enum rc inner_list(const char *const *texts, struct slice *dst, size_t room, size_t *ret_n)
{
	size_t n = 0;
	for (; texts != NULL && texts[n] != NULL; n++) {
		if (n == room)
			return RC_RANGE;
		dst[n] = slice_cstr(texts[n]);
	}
	*ret_n = n;
	return RC_OK;
}

void ostiary_free(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}
