/* SPDX-License-Identifier: Apache-2.0 */
/* The issuer (RFC 9901 4.2). */
#include <stdlib.h>

#include "jose/sdjwt/sdjwt_internal.h"

enum { SALT_BYTES = 16 /* 9.3: 128 bits */ };

/* The state of writing, over the values of one parsed claims set. */
struct issue {
	const struct sdjwt_issue *what;
	struct arena *a;
	const struct json *root;
	uint8_t *hidden;  /* one flag per value of `root` */
	struct buf list;  /* disclosures, each with its tilde */
	size_t count;
};

static enum rc put_value(struct issue *s, const struct json *v, struct json_out *out);

/* RFC 9901 9.7: claims that decide validity are not hidden. */
static bool must_show(struct slice pointer)
{
	static const struct slice names[] = {SLICE_INIT("/iss"), SLICE_INIT("/aud"), SLICE_INIT("/exp"),
					     SLICE_INIT("/nbf"), SLICE_INIT("/cnf")};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (slice_eq(names[i], pointer))
			return true;
	return pointer.n == 0 || slice_starts(pointer, SLICE("/cnf/"));
}

static enum rc mark(struct issue *s)
{
	const struct json *v;
	for (size_t i = 0; i < s->what->hide_count; i++) {
		if (must_show(s->what->hide[i]))
			return RC_RANGE;
		TRY(sdjwt_at(s->root, s->what->hide[i], &v));
		if (s->hidden[v - s->root] != 0)
			return RC_DUPLICATE;
		s->hidden[v - s->root] = 1;
	}
	return RC_OK;
}

/* RFC 9901 4.1: "The payload MUST NOT contain the claims _sd or ... except for the purpose of conveying digests". */
static enum rc names_validate(const struct issue *s)
{
	if (json_get(s->root, SDJWT_SD_ALG) != NULL ||
	    (s->what->holder != NULL && json_get(s->root, SLICE("cnf")) != NULL))
		return RC_RANGE;
	for (size_t i = 0; i < s->root->span; i++)
		if (json_get(s->root + i, SDJWT_SD) != NULL || json_get(s->root + i, SDJWT_DOTS) != NULL)
			return RC_RANGE;
	return RC_OK;
}

/* 4.2.5: "hashing over a cryptographically secure random number". */
static enum rc decoy(struct issue *s, struct slice *ret_digest)
{
	struct slice random;
	TRY(crypto_random_text(crypto_hash_len(s->what->hash), s->a, &random));
	return sdjwt_digest(s->what->hash, random, s->a, ret_digest);
}

/* [salt, name, value] or, of an array's element, [salt, value] (4.2.1, 4.2.2). */
static enum rc write_disclosure(struct issue *s, const struct json *v, struct buf *b)
{
	struct json_out out = json_out_to(b);
	struct slice salt, name;
	TRY(crypto_random_text(SALT_BYTES, s->a, &salt));
	json_out_array(&out);
	json_out_string(&out, salt);
	if (v->key.p != NULL) {
		TRY(json_key(v, s->a, &name));
		json_out_string(&out, name);
	}
	TRY(put_value(s, v, &out));
	json_out_array_end(&out);
	return buf_rc(b);
}

static enum rc add_disclosure(struct issue *s, struct slice json, struct slice *ret_digest)
{
	struct slice text;
	if (s->count++ == SDJWT_DISCLOSURES_MAX)
		return RC_LIMIT;
	TRY(base64url_encode_arena(s->a, json, &text));
	buf_put(&s->list, text);
	buf_byte(&s->list, '~');
	TRY(buf_rc(&s->list));
	return sdjwt_digest(s->what->hash, text, s->a, ret_digest);
}

/* Inner hidden claims come first: their digests are part of this disclosure (4.2.6). */
static enum rc disclose(struct issue *s, const struct json *v, struct slice *ret_digest)
{
	struct buf b;
	buf_init(&b, SDJWT_TEXT_MAX);
	enum rc rc = write_disclosure(s, v, &b);
	if (rc == RC_OK)
		rc = add_disclosure(s, buf_slice(&b), ret_digest);
	buf_free(&b);
	return rc;
}

static size_t hidden_in(const struct issue *s, const struct json *v)
{
	size_t n = 0;
	for (const struct json *c = json_first(v); c != NULL; c = json_next(v, c))
		n += s->hidden[c - s->root];
	return n;
}

static int by_text(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

/* 4.2.4.1: "The Issuer MUST hide the original order of the claims in the array". A sorted order reveals nothing. */
static enum rc put_sd(struct issue *s, const struct json *v, struct json_out *out)
{
	size_t real = hidden_in(s, v), n = 0;
	if (real == 0)
		return RC_OK;
	struct slice *digests = arena_array(s->a, real + s->what->decoys, sizeof *digests);
	if (digests == NULL)
		return RC_MEMORY;
	for (const struct json *m = json_first(v); m != NULL; m = json_next(v, m))
		if (s->hidden[m - s->root] != 0)
			TRY(disclose(s, m, &digests[n++]));
	while (n < real + s->what->decoys)
		TRY(decoy(s, &digests[n++]));
	qsort(digests, n, sizeof *digests, by_text);
	json_out_key(out, SDJWT_SD);
	json_out_array(out);
	for (size_t i = 0; i < n; i++)
		json_out_string(out, digests[i]);
	json_out_array_end(out);
	return RC_OK;
}

/* 4.1.1, 4.1.2. */
static enum rc put_top(struct issue *s, struct json_out *out)
{
	json_out_member(out, SDJWT_SD_ALG, sdjwt_hash_name(s->what->hash));
	if (s->what->holder == NULL)
		return RC_OK;
	json_out_key(out, SLICE("cnf"));
	json_out_object(out);
	json_out_key(out, SLICE("jwk"));
	TRY(jwk_write(s->what->holder, false, out));
	json_out_object_end(out);
	return RC_OK;
}

static enum rc put_object(struct issue *s, const struct json *v, struct json_out *out)
{
	json_out_object(out);
	for (const struct json *m = json_first(v); m != NULL; m = json_next(v, m)) {
		if (s->hidden[m - s->root] != 0)
			continue;
		sdjwt_put_key(out, m);
		TRY(put_value(s, m, out));
	}
	TRY(put_sd(s, v, out));
	if (v == s->root)
		TRY(put_top(s, out));
	json_out_object_end(out);
	return RC_OK;
}

/* 4.2.4.2: {"...": digest} in the element's place. */
static void put_dots(struct json_out *out, struct slice digest)
{
	json_out_object(out);
	json_out_member(out, SDJWT_DOTS, digest);
	json_out_object_end(out);
}

/* Puts decoys at random places: of `left` places, each of `decoys` gets this one with equal probability. */
static enum rc put_decoys(struct issue *s, size_t left, size_t *decoys, struct json_out *out)
{
	struct slice digest;
	for (size_t n = *decoys; n > 0; n--) {
		uint32_t random;
		crypto_random(&random, sizeof random);
		if (random % left != 0)
			continue;
		TRY(decoy(s, &digest));
		put_dots(out, digest);
		--*decoys;
	}
	return RC_OK;
}

static enum rc put_array(struct issue *s, const struct json *v, struct json_out *out)
{
	size_t decoys = hidden_in(s, v) == 0 ? 0 : s->what->decoys, left = v->count + 1;
	struct slice digest;
	json_out_array(out);
	for (const struct json *e = json_first(v); e != NULL; e = json_next(v, e)) {
		TRY(put_decoys(s, left--, &decoys, out));
		if (s->hidden[e - s->root] != 0) {
			TRY(disclose(s, e, &digest));
			put_dots(out, digest);
		} else {
			TRY(put_value(s, e, out));
		}
	}
	TRY(put_decoys(s, left, &decoys, out));
	json_out_array_end(out);
	return RC_OK;
}

static enum rc put_value(struct issue *s, const struct json *v, struct json_out *out)
{
	if (v->type == JSON_OBJECT)
		return put_object(s, v, out);
	if (v->type == JSON_ARRAY)
		return put_array(s, v, out);
	json_out_raw(out, sdjwt_raw(v));
	return buf_rc(out->b);
}

static enum rc prepare(struct issue *s)
{
	if (s->what->decoys > SDJWT_DECOYS_MAX)
		return RC_RANGE;
	TRY(sdjwt_parse_claims(s->what->claims, s->a, &s->root));
	s->hidden = arena_alloc(s->a, s->root->span);
	if (s->hidden == NULL)
		return RC_MEMORY;
	TRY(names_validate(s));
	return mark(s);
}

static enum rc write(struct issue *s, struct jwk *key, enum jose_alg alg, struct buf *payload, struct slice *ret_text)
{
	struct json_out out = json_out_to(payload);
	struct jwt_signer signer = jwt_signer_of(key);
	struct slice jwt, text;
	TRY(prepare(s));
	TRY(put_value(s, s->root, &out));
	TRY(buf_rc(payload));
	TRY(jwt_sign(&signer, alg, jwk_kid(key), s->what->typ, buf_slice(payload), s->a, &jwt));
	TRY(arena_join(s->a, (struct slice[]){jwt, SLICE("~"), buf_slice(&s->list)}, 3, &text));
	if (text.n > SDJWT_TEXT_MAX)
		return RC_LIMIT;
	*ret_text = text;
	return RC_OK;
}

enum rc sdjwt_issue(const struct sdjwt_issue *what, struct jwk *key, enum jose_alg alg, struct arena *a,
		    struct slice *ret_text)
{
	struct issue s = {.what = what, .a = a};
	struct buf payload;
	buf_init(&payload, SDJWT_TEXT_MAX);
	buf_init(&s.list, SDJWT_TEXT_MAX);
	enum rc rc = write(&s, key, alg, &payload, ret_text);
	buf_free(&payload);
	buf_free(&s.list);
	return rc;
}
