/* SPDX-License-Identifier: Apache-2.0 */
/* The library's stable results from our own codes. */
#include <stdlib.h>

#include "libostiary/inner.h"

static const struct {
	enum rc rc;
	enum ostiary_result result;
	const char *name;
} rows[] = {
	{RC_OK, OSTIARY_OK, "ok"},
	{RC_JOSE_MALFORMED, OSTIARY_MALFORMED, "malformed"},
	{RC_JOSE_HEADER, OSTIARY_HEADER, "header"},
	{RC_JOSE_CRIT, OSTIARY_HEADER, "header"},
	{RC_JOSE_ALG, OSTIARY_ALG, "alg"},
	{RC_JOSE_TYP, OSTIARY_TYP, "typ"},
	{RC_JOSE_KID, OSTIARY_KID, "kid"},
	{RC_JOSE_KEY, OSTIARY_KEY, "key"},
	{RC_DUPLICATE, OSTIARY_KEY, "key"},
	{RC_JOSE_SIGNATURE, OSTIARY_SIGNATURE, "signature"},
	{RC_JOSE_CLAIMS, OSTIARY_CLAIMS, "claims"},
	{RC_JOSE_ISS, OSTIARY_ISS, "iss"},
	{RC_JOSE_SUB, OSTIARY_SUB, "sub"},
	{RC_JOSE_AUD, OSTIARY_AUD, "aud"},
	{RC_JOSE_EXP, OSTIARY_EXP, "exp"},
	{RC_JOSE_NBF, OSTIARY_NBF, "nbf"},
	{RC_JOSE_IAT, OSTIARY_IAT, "iat"},
	{RC_JOSE_JTI, OSTIARY_JTI, "jti"},
	{RC_JOSE_REQUIRED, OSTIARY_REQUIRED, "required"},
	{RC_JOSE_DECRYPT, OSTIARY_DECRYPT, "decrypt"},
	{RC_JOSE_DISCLOSURE, OSTIARY_DISCLOSURE, "disclosure"},
	{RC_JOSE_BINDING, OSTIARY_BINDING, "binding"},
	{RC_LIMIT, OSTIARY_LIMIT, "limit"},
	{RC_MEMORY, OSTIARY_MEMORY, "memory"},
	{RC_UPSTREAM, OSTIARY_UNAVAILABLE, "unavailable"},
	{RC_STORE, OSTIARY_UNAVAILABLE, "unavailable"},
	{RC_RANGE, OSTIARY_ARGUMENT, "argument"},
	{RC_SYNTAX, OSTIARY_ARGUMENT, "argument"},
	{RC_INTERNAL, OSTIARY_INTERNAL, "internal"},
};

enum ostiary_result inner_result(enum rc rc)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].rc == rc)
			return rows[i].result;
	return OSTIARY_INTERNAL;
}

static size_t row_of(enum ostiary_result result)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].result == result)
			return i;
	return ARRAY_LEN(rows) - 1;
}

const char *ostiary_result_name(enum ostiary_result result)
{
	return rows[row_of(result)].name;
}

const char *ostiary_result_text(enum ostiary_result result)
{
	return rc_row(rows[row_of(result)].rc)->text;
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
