/* SPDX-License-Identifier: Apache-2.0 */
#include <cjose/cjose.h>
#include <string.h>

#include "theirs.h"

enum theirs theirs_jws(const void *text, size_t n, const void *key, size_t key_n, char *dst, size_t cap, size_t *ret_n)
{
	enum theirs answer = THEIRS_REFUSED;
	uint8_t *plain = NULL;
	size_t plain_n = 0;
	cjose_err error;
	cjose_jwk_t *jwk = cjose_jwk_create_oct_spec(key, key_n, &error);
	cjose_jws_t *jws = cjose_jws_import(text, n, &error);
	if (jwk != NULL && jws != NULL && cjose_jws_verify(jws, jwk, &error) &&
	    cjose_jws_get_plaintext(jws, &plain, &plain_n, &error)) {
		answer = THEIRS_ACCEPTED;
		*ret_n = plain_n < cap ? plain_n : cap;
		memcpy(dst, plain, *ret_n);
	}
	cjose_jws_release(jws);
	cjose_jwk_release(jwk);
	return answer;
}
