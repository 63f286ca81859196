/* SPDX-License-Identifier: Apache-2.0 */
/* Converts the JSON serializations of an SD-JWT (RFC 9901 8) to the compact one, which alone is verified, and back. */
#include "jose/jwt/jwt_internal.h"
#include "jose/sdjwt/sdjwt_internal.h"

enum { JSON_MAX = 2 * SDJWT_TEXT_MAX };

/* Only base64url characters, so that a part cannot be taken for two; its decoder validates it again later. */
static enum rc part_of(const struct json *object, struct slice name, struct slice *ret_part)
{
	const struct json *v = json_get(object, name);
	if (v == NULL || v->type != JSON_STRING || v->escaped || v->text.n == 0)
		return RC_JOSE_MALFORMED;
	for (size_t i = 0; i < v->text.n; i++)
		if (v->text.p[i] == '.' || v->text.p[i] == '~')
			return RC_JOSE_MALFORMED;
	*ret_part = v->text;
	return RC_OK;
}

static enum rc put_disclosures(const struct json *list, struct buf *b)
{
	if (list == NULL)
		return RC_OK;
	if (list->type != JSON_ARRAY)
		return RC_JOSE_MALFORMED;
	for (const struct json *e = json_first(list); e != NULL; e = json_next(list, e)) {
		if (e->type != JSON_STRING || e->escaped || slice_find(e->text, '~') != e->text.n)
			return RC_JOSE_MALFORMED;
		buf_put(b, e->text);
		buf_byte(b, '~');
	}
	return RC_OK;
}

/* 8.1: `disclosures` and `kb_jwt`. An unprotected `alg` or `jwk` must not be trusted (RFC 8725 3.1). */
static enum rc put_unprotected(const struct json *header, struct buf *b)
{
	for (const struct json *m = json_first(header); m != NULL; m = json_next(header, m))
		if (!slice_eq(m->key, SLICE("disclosures")) && !slice_eq(m->key, SLICE("kb_jwt")) &&
		    !slice_eq(m->key, SLICE("kid")))
			return RC_JOSE_HEADER;
	const struct json *kb = json_get(header, SLICE("kb_jwt"));
	if ((header != NULL && header->type != JSON_OBJECT) || (kb != NULL && (kb->type != JSON_STRING || kb->escaped)))
		return RC_JOSE_MALFORMED;
	/* Text before a tilde would become a disclosure that is not in `disclosures`. */
	if (kb != NULL && slice_find(kb->text, '~') != kb->text.n)
		return RC_JOSE_MALFORMED;
	TRY(put_disclosures(json_get(header, SLICE("disclosures")), b));
	if (kb != NULL)
		buf_put(b, kb->text);
	return RC_OK;
}

/* RFC 7515 7.2.1: "the Header Parameter names in the two locations MUST be disjoint". An unreadable protected header
 * is refused later, with its signature. */
static enum rc disjoint_validate(struct slice protected64, const struct json *header, struct arena *a)
{
	struct slice text;
	const struct json *root;
	TRY_AS(RC_OK, base64url_decode_arena(a, protected64, &text));
	TRY_AS(RC_OK, sdjwt_parse(text, a, &root));
	for (const struct json *m = json_first(header); m != NULL; m = json_next(header, m))
		if (json_get(root, m->key) != NULL)
			return RC_JOSE_HEADER;
	return RC_OK;
}

static enum rc put_compact(const struct json *root, const struct json *signature, struct arena *a, struct buf *b)
{
	const struct json *header = json_get(signature, SLICE("header"));
	struct slice protected, payload, bytes;
	TRY(part_of(signature, SLICE("protected"), &protected));
	TRY(part_of(root, SLICE("payload"), &payload));
	TRY(part_of(signature, SLICE("signature"), &bytes));
	buf_put(b, protected);
	buf_byte(b, '.');
	buf_put(b, payload);
	buf_byte(b, '.');
	buf_put(b, bytes);
	buf_byte(b, '~');
	TRY(put_unprotected(header, b));
	TRY(disjoint_validate(protected, header, a));
	return buf_rc(b);
}

/* 8.3: "disclosures and kb_jwt … MUST NOT be present in any following unprotected headers". */
static enum rc first_signature(const struct json *root, const struct json **ret_signature)
{
	const struct json *list = json_get(root, SLICE("signatures")), *first = json_first(list);
	if (list == NULL) {
		*ret_signature = root;
		return RC_OK;
	}
	if (list->type != JSON_ARRAY || first == NULL || json_get(root, SLICE("signature")) != NULL ||
	    json_get(root, SLICE("protected")) != NULL || json_get(root, SLICE("header")) != NULL)
		return RC_JOSE_MALFORMED;
	for (const struct json *s = json_next(list, first); s != NULL; s = json_next(list, s)) {
		const struct json *header = json_get(s, SLICE("header"));
		if (json_get(header, SLICE("disclosures")) != NULL || json_get(header, SLICE("kb_jwt")) != NULL)
			return RC_JOSE_HEADER;
	}
	*ret_signature = first;
	return RC_OK;
}

enum rc sdjwt_from_json(struct slice json, struct arena *a, struct slice *ret_text)
{
	const struct json *root, *signature;
	struct buf b;
	if (json.n > JSON_MAX)
		return RC_JOSE_MALFORMED;
	enum rc rc = sdjwt_parse(json, a, &root);
	if (rc != RC_OK)
		return rc == RC_LIMIT || rc_server_error(rc) ? rc : RC_JOSE_MALFORMED;
	TRY(first_signature(root, &signature));
	buf_init(&b, SDJWT_TEXT_MAX);
	rc = put_compact(root, signature, a, &b);
	if (rc == RC_OK)
		rc = arena_copy(a, buf_slice(&b), ret_text);
	buf_free(&b);
	return rc;
}

/* Parts to write; they need no escape. */
struct texts {
	struct jwt_parts jwt;
	struct slice list[SDJWT_DISCLOSURES_MAX];
	size_t count;
	struct slice kb_jwt; /* empty: none */
};

static enum rc read_list(struct slice list, struct arena *a, struct texts *t)
{
	struct slice text, data;
	while (slice_split(&list, '~', &text)) {
		if (t->count == SDJWT_DISCLOSURES_MAX)
			return RC_LIMIT;
		enum rc rc = base64url_decode_arena(a, text, &data);
		if (text.n == 0 || rc != RC_OK)
			return rc_server_error(rc) ? rc : RC_JOSE_MALFORMED;
		t->list[t->count++] = text;
	}
	return RC_OK;
}

static enum rc read_texts(struct slice text, struct arena *a, struct texts *t)
{
	struct sdjwt_parts parts;
	struct jwt_parts kb;
	TRY(sdjwt_split(text, &parts));
	TRY(jwt_split(parts.jwt, &t->jwt));
	if (parts.binding.n > 0)
		TRY(jwt_split(parts.binding, &kb));
	t->kb_jwt = parts.binding;
	return read_list(parts.list, a, t);
}

/* The members of one signature (RFC 7515 7.2.1). */
static void put_signature(const struct texts *t, struct json_out *out)
{
	json_out_member(out, SLICE("protected"), t->jwt.header64);
	json_out_key(out, SLICE("header"));
	json_out_object(out);
	json_out_key(out, SLICE("disclosures"));
	json_out_array(out);
	for (size_t i = 0; i < t->count; i++)
		json_out_string(out, t->list[i]);
	json_out_array_end(out);
	json_out_member_if(out, SLICE("kb_jwt"), t->kb_jwt);
	json_out_object_end(out);
	json_out_member(out, SLICE("signature"), t->jwt.signature64);
}

static enum rc put_json(const struct texts *t, enum jws_form form, struct buf *b)
{
	struct json_out out = json_out_to(b);
	json_out_object(&out);
	json_out_member(&out, SLICE("payload"), t->jwt.payload64);
	if (form == JWS_GENERAL) {
		json_out_key(&out, SLICE("signatures"));
		json_out_array(&out);
		json_out_object(&out);
	}
	put_signature(t, &out);
	if (form == JWS_GENERAL) {
		json_out_object_end(&out);
		json_out_array_end(&out);
	}
	json_out_object_end(&out);
	return buf_rc(b);
}

enum rc sdjwt_to_json(struct slice text, enum jws_form form, struct arena *a, struct slice *ret_json)
{
	struct texts t = {.count = 0};
	struct buf b;
	if (form != JWS_FLATTENED && form != JWS_GENERAL)
		return RC_RANGE;
	TRY(read_texts(text, a, &t));
	buf_init(&b, JSON_MAX);
	enum rc rc = put_json(&t, form, &b);
	if (rc == RC_OK)
		rc = arena_copy(a, buf_slice(&b), ret_json);
	buf_free(&b);
	return rc;
}
