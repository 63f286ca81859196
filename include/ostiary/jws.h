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

/* What is accepted. Zero refuses. */
struct ostiary_jws_policy {
	size_t size;                   /* sizeof of this struct; so below */
	struct ostiary_jws_algorithms algorithms; /* a key without `alg` serves only where they leave it no choice */
	unsigned forms;                /* OSTIARY_JWS_… bits */
	const char *const *understood; /* ends with NULL, at most 16: names in `crit` that you act on yourself. `b64` is not one */
	bool unencoded;                /* also "b64":false */
	bool detached;                 /* the payload is not in the text but the `payload_length` bytes at `payload` */
	const void *payload;
	size_t payload_length;
	unsigned needed;               /* keys whose signatures must hold; 0: one. A key counts once, whatever its `kid`s */
	bool all;                      /* and no signature may be there that does not */
};

/* A text whose signatures hold. Threads may share it until it is released. */
struct ostiary_jws;

/* Verifies a text of at most 1 MiB (RFC 7515 5.2). *ret_jws is set only on OK; release with ostiary_jws_free. MALFORMED:
 * not a form that is taken, or the payload in the wrong place; HEADER: headers that bring keys, name a member twice, or
 * have a `crit` that is malformed or not understood; ALG, KID, SIGNATURE: what the first signature lacks, where too few
 * hold; LIMIT; MEMORY; ARGUMENT. */
OSTIARY_CHECKED enum ostiary_result ostiary_jws_verify(const char *text, size_t length, const struct ostiary_jwks *keys,
						       const struct ostiary_jws_policy *policy, struct ostiary_jws **ret_jws);
/* NULL is fine. */
OSTIARY_API void ostiary_jws_free(struct ostiary_jws *jws);

/* The signed bytes; a detached payload is not copied. Lives as long as `jws`; so does everything below. */
OSTIARY_API const void *ostiary_jws_payload(const struct ostiary_jws *jws, size_t *ret_length);
/* How many signatures there are, and whether the one at `index` holds. */
OSTIARY_API size_t ostiary_jws_count(const struct ostiary_jws *jws);
OSTIARY_API bool ostiary_jws_holds(const struct ostiary_jws *jws, size_t index);
/* The key that a signature names; NULL where the set has none. */
OSTIARY_API const struct ostiary_jwk *ostiary_jws_key(const struct ostiary_jws *jws, size_t index);
/* A member of a signature's protected header that is a string, else NULL. */
OSTIARY_API const char *ostiary_jws_text(const struct ostiary_jws *jws, size_t index, const char *name);
/* The whole protected header as JSON; NULL where there is none. */
OSTIARY_API const char *ostiary_jws_header(const struct ostiary_jws *jws, size_t index);

/* Who signs, and what the headers say. Zero what you do not need. */
struct ostiary_jws_signature {
	size_t size;
	const struct ostiary_jwk *key;
	struct ostiary_jws_algorithms algorithm; /* one, or OSTIARY_OF_KEY */
	const char *typ, *cty;
	const char *more;            /* further protected members, a JSON object */
	const char *header;          /* the unprotected header, a JSON object; not in the compact form */
	const char *const *critical; /* ends with NULL, at most 16: names of `more` that `crit` lists */
	bool without_kid;            /* leave out the key's `kid` */
};

/* What is signed, and how it is written. */
struct ostiary_jws_content {
	size_t size;
	unsigned form;  /* one OSTIARY_JWS_… bit */
	const void *payload;
	size_t payload_length;
	bool detached;  /* leave the payload out */
	bool unencoded; /* "b64":false, listed in `crit` */
};

/* Signs (RFC 7515 5.1). *ret_text ends with a NUL; release it with ostiary_free. Compact and flattened take one signature.
 * ARGUMENT: another number of them, a form that cannot carry the payload unencoded; ALG: the key does not allow the
 * algorithm; HEADER: headers that ostiary_jws_verify would refuse; LIMIT; MEMORY. */
OSTIARY_CHECKED enum ostiary_result ostiary_jws_sign(const struct ostiary_jws_content *content,
						     const struct ostiary_jws_signature *signatures, size_t count, char **ret_text);

#ifdef __cplusplus
}
#endif

#endif
