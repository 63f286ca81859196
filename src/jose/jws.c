/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jws.h"

#include "jose/jwt_inner.h"

/* What needs no key. */
static enum rc open(struct slice text, jose_alg_set algs, struct arena *a, struct jwt_parts *ret_parts,
		    struct jwt_header *ret_header)
{
	TRY(jwt_split_dots(text, ret_parts));
	TRY(jwt_header_read(ret_parts, a, ret_header));
	return jwt_alg_check(algs, ret_header->alg);
}

/* The payload is read only after its signature holds. */
static enum rc finish(const struct jwt_parts *parts, const struct jwk *key, jose_alg_set algs, struct arena *a,
		      struct jws *jws)
{
	TRY(jwt_signature_check(parts, key, algs, jws->header.alg));
	return jwt_payload_decode(parts, a, &jws->payload);
}

enum rc jws_verify(struct slice text, const struct jwks *keys, jose_alg_set algs, struct arena *a, struct jws *ret_jws)
{
	struct jwt_parts parts;
	struct jwk *key;
	struct jws jws = {.payload = SLICE_NONE};
	TRY(open(text, algs, a, &parts, &jws.header));
	TRY(jwks_find(keys, jws.header.kid, jws.header.alg, &key));
	TRY(finish(&parts, key, algs, a, &jws));
	*ret_jws = jws;
	return RC_OK;
}

enum rc jws_verify_key(struct slice text, const struct jwk *key, jose_alg_set algs, struct arena *a, struct jws *ret_jws)
{
	struct jwt_parts parts;
	struct jws jws = {.payload = SLICE_NONE};
	TRY(open(text, algs, a, &parts, &jws.header));
	if (jws.header.kid.n > 0 && jwk_kid(key).n > 0 && !slice_eq(jws.header.kid, jwk_kid(key)))
		return RC_JOSE_KID;
	TRY(finish(&parts, key, algs, a, &jws));
	*ret_jws = jws;
	return RC_OK;
}
