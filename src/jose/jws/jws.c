/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jws/jws.h"

#include "jose/jwk/jwk_internal.h"
#include "jose/jwt/jwt_internal.h"

/* The steps that need no key. */
static enum rc open(struct slice text, jose_alg_set algs, struct arena *a, struct jwt_parts *ret_parts,
		    struct jwt_header *ret_header)
{
	TRY(jwt_split_dots(text, ret_parts));
	TRY(jwt_header_read(ret_parts, a, ret_header));
	return jwt_alg_validate(algs, ret_header->alg);
}

enum rc jws_verify(struct slice text, const struct jwks *keys, jose_alg_set algs, struct arena *a, struct jws *ret_jws)
{
	struct jwt_parts parts;
	struct jwk *key;
	struct jws jws = {.payload = SLICE_NONE};
	TRY(open(text, algs, a, &parts, &jws.header));
	TRY(jwt_key_find(&parts, keys, &jws.header, (struct jwt_key_rules){.algs = algs}, &key, NULL));
	/* The payload is decoded only after its signature is verified. */
	TRY(jwt_payload_decode(&parts, a, &jws.payload));
	jws.key = key;
	*ret_jws = jws;
	return RC_OK;
}

enum rc jws_verify_key(struct slice text, const struct jwk *key, jose_alg_set algs, struct arena *a,
		       struct jws *ret_jws)
{
	struct jwt_parts parts;
	struct jws jws = {.payload = SLICE_NONE};
	TRY(open(text, algs, a, &parts, &jws.header));
	if (jws.header.kid.n > 0 && jwk_kid(key).n > 0 && !key->kid_is_ours && !slice_eq(jws.header.kid, jwk_kid(key)))
		return RC_JOSE_KID;
	TRY(jwt_signature_validate(&parts, key, algs, jws.header.alg));
	TRY(jwt_payload_decode(&parts, a, &jws.payload));
	jws.key = key;
	*ret_jws = jws;
	return RC_OK;
}
