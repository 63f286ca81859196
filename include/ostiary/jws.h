/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures over any bytes (RFC 7515): compact, flattened and general JSON serialization, several signatures, the payload
 * inside or apart, base64url or as it is (RFC 7797), critical extensions. For tokens with claims see jwt.h. A text has at
 * most 1 MiB and 16 signatures. `alg` counts only where it is protected. */
#ifndef OSTIARY_JWS_H
#define OSTIARY_JWS_H

#include <ostiary/jwk.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Serializations, as bits of a set. */
#define OSTIARY_JWS_COMPACT 1u
#define OSTIARY_JWS_FLATTENED 2u
#define OSTIARY_JWS_GENERAL 4u

/* What is accepted. A value: set it to all zero, then what you take; what is not said is refused. */
struct ostiary_jws_policy {
	uint32_t algorithms;           /* OSTIARY_… bits; a key without `alg` serves only where they leave it no choice */
	unsigned forms;                /* OSTIARY_JWS_… bits */
	const char *const *understood; /* ends with NULL, at most 16: names in `crit` that you act on yourself. `b64` is not one */
	int unencoded;                 /* also "b64":false */
	int detached;                  /* the payload is not in the text but the `payload_length` bytes at `payload` */
	const void *payload;
	size_t payload_length;
	unsigned needed;               /* keys whose signatures must hold; 0: one. A key counts once, whatever its `kid`s */
	int all;                       /* and no signature may be there that does not */
};

/* A text whose signatures hold. Not for two threads at once. */
struct ostiary_jws;

/* *ret_jws is set only on OK; release with ostiary_jws_free. MALFORMED: not a form that is taken, or the payload in the wrong
 * place; HEADER: headers that bring keys, name a member twice, or have a `crit` that is malformed or not understood; ALG, KID,
 * SIGNATURE: what the first signature lacks, where too few hold; LIMIT; MEMORY; ARGUMENT. */
OSTIARY_CHECKED enum ostiary_result ostiary_jws_verify(const char *text, size_t length, const struct ostiary_jwks *keys,
						       const struct ostiary_jws_policy *policy, struct ostiary_jws **ret_jws);
OSTIARY_API void ostiary_jws_free(struct ostiary_jws *jws); /* NULL is fine */

/* The signed bytes; a detached payload is not copied. Lives as long as `jws`; so does everything below. */
OSTIARY_API const void *ostiary_jws_payload(const struct ostiary_jws *jws, size_t *ret_length);
/* How many signatures there are, and whether the one at `index` holds: 1 or 0. */
OSTIARY_API size_t ostiary_jws_count(const struct ostiary_jws *jws);
OSTIARY_API int ostiary_jws_holds(const struct ostiary_jws *jws, size_t index);
/* The key that a signature names; NULL where the set has none. */
OSTIARY_API const struct ostiary_jwk *ostiary_jws_key(const struct ostiary_jws *jws, size_t index);
/* A member of a signature's protected header that is a string, else NULL. */
OSTIARY_API const char *ostiary_jws_text(struct ostiary_jws *jws, size_t index, const char *name);
/* The whole protected header as JSON; NULL where there is none. */
OSTIARY_API const char *ostiary_jws_header(struct ostiary_jws *jws, size_t index);

/* Who signs, and what the headers say. A value: zero what you do not need. */
struct ostiary_jws_signature {
	const struct ostiary_jwk *key;
	uint32_t algorithm;          /* one OSTIARY_… bit, or 0 for the key's own */
	const char *typ, *cty;
	const char *more;            /* further protected members, a JSON object */
	const char *header;          /* the unprotected header, a JSON object; not in the compact form */
	const char *const *critical; /* ends with NULL, at most 16: names of `more` that `crit` lists */
	int without_kid;             /* leave out the key's `kid` */
};

/* What is signed, and how it is written. */
struct ostiary_jws_content {
	unsigned form;  /* one OSTIARY_JWS_… bit */
	const void *payload;
	size_t payload_length;
	int detached;   /* leave the payload out */
	int unencoded;  /* "b64":false, listed in `crit` */
};

/* *ret_text ends with a NUL; release it with ostiary_free. Compact and flattened take one signature. ARGUMENT: another
 * number of them, a form that cannot carry the payload unencoded; ALG: the key does not allow the algorithm; HEADER: headers
 * that ostiary_jws_verify would refuse; LIMIT; MEMORY. */
OSTIARY_CHECKED enum ostiary_result ostiary_jws_sign(const struct ostiary_jws_content *content,
						     const struct ostiary_jws_signature *signatures, size_t count, char **ret_text);

#ifdef __cplusplus
}
#endif

#endif
