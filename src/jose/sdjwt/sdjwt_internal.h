/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the SD-JWT files. For src/jose/sdjwt only. */
#ifndef OSTIARY_JOSE_SDJWT_SDJWT_INTERNAL_H
#define OSTIARY_JOSE_SDJWT_SDJWT_INTERNAL_H

#include "base/base64url.h"
#include "jose/sdjwt/sdjwt.h"

/* Names that only carry digests (RFC 9901 4.1). */
#define SDJWT_SD SLICE("_sd")
#define SDJWT_DOTS SLICE("...")
#define SDJWT_SD_ALG SLICE("_sd_alg")

enum { SDJWT_VALUES_MAX = 256, SDJWT_DIGEST_TEXT_MAX = 86 };

struct sdjwt_parts {
	struct slice jwt;
	struct slice list;    /* disclosures, each with its tilde */
	struct slice bound;   /* all up to the last tilde: the input of `sd_hash` */
	struct slice binding; /* the KB-JWT; may be empty */
};

/* RC_JOSE_MALFORMED: no tilde, an empty part, over SDJWT_TEXT_MAX. */
enum rc sdjwt_split(struct slice text, struct sdjwt_parts *ret_parts) WARN_UNUSED;

/* `_sd_alg`, named as in the registry of RFC 9901. RC_JOSE_ALG. */
enum rc sdjwt_hash_by_name(struct slice name, enum crypto_hash *ret_hash) WARN_UNUSED;
struct slice sdjwt_hash_name(enum crypto_hash hash);
/* Base64url of the hash, in the arena (4.2.3). */
enum rc sdjwt_digest(enum crypto_hash hash, struct slice text, struct arena *a, struct slice *ret_digest) WARN_UNUSED;

/* A value as in its text, with quotes. */
static inline struct slice sdjwt_raw(const struct json *v)
{
	return v->type == JSON_STRING ? slice_of(v->text.p - 1, v->text.n + 2) : v->text;
}

/* Writes a member's name as in its text. */
static inline void sdjwt_put_key(struct json_out *out, const struct json *member)
{
	json_out_raw(out, slice_of(member->key.p - 1, member->key.n + 2));
	buf_byte(out->b, ':');
	out->comma = false;
}

/* Parses strict JSON with at most SDJWT_VALUES_MAX values into the arena, without spare room. RC_SYNTAX,
 * RC_DUPLICATE, RC_LIMIT, RC_MEMORY. */
enum rc sdjwt_parse(struct slice text, struct arena *a, const struct json **ret_root) WARN_UNUSED;

/* The same for a claims set: RC_JOSE_CLAIMS if it is no object. */
enum rc sdjwt_parse_claims(struct slice text, struct arena *a, const struct json **ret_root) WARN_UNUSED;

struct sdjwt_processed {
	struct slice text; /* the processed payload */
	enum crypto_hash hash;
	struct sdjwt_disclosure *disclosures;
	size_t count;
};

/* Steps 3 to 5 of RFC 9901 7.1, for a verified payload (or the holder's own). */
enum rc sdjwt_process(struct slice payload, struct slice list, struct arena *a,
		      struct sdjwt_processed *ret_processed) WARN_UNUSED;

#endif
