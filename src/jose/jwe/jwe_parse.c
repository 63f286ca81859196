/* SPDX-License-Identifier: Apache-2.0 */
/* Splits the serializations of RFC 7516 7 in one pass over the caller's text. */
#include "base/base64url.h"
#include "jose/jwe/jwe_internal.h"

enum { HEADER_VALUES_MAX = 64, JSON_VALUES_MAX = 512 };

static enum rc read_protected(struct slice text64, struct arena *a, const struct json **ret_header)
{
	struct slice text;
	if (base64url_data_len(text64.n) > JWE_HEADER_MAX)
		return RC_LIMIT;
	enum rc rc = base64url_decode_arena(a, text64, &text);
	if (rc != RC_OK)
		return rc == RC_SYNTAX ? RC_JOSE_MALFORMED : rc;
	const struct json *header;
	TRY_AS(RC_JOSE_HEADER, json_parse_arena(a, text, HEADER_VALUES_MAX, &header));
	if (header->type != JSON_OBJECT)
		return RC_JOSE_HEADER;
	*ret_header = header;
	return RC_OK;
}

/* header.key.iv.ciphertext.tag; the key is empty for dir and ECDH-ES, the ciphertext for an empty plaintext. */
static enum rc parse_compact(struct slice text, struct arena *a, struct jwe_parts *p)
{
	struct slice *const parts[] = {&p->protected64, &p->entries[0].key64, &p->iv64, &p->text64};
	struct slice rest = text;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		size_t dot = slice_find(rest, '.');
		if (dot == rest.n)
			return RC_JOSE_MALFORMED;
		*parts[i] = slice_to(rest, dot);
		rest = slice_from(rest, dot + 1);
	}
	if (p->protected64.n == 0)
		return RC_JOSE_MALFORMED;
	/* A further dot is not base64url and is refused later. */
	p->tag64 = rest;
	p->count = 1;
	return read_protected(p->protected64, a, &p->protected);
}

/* A member's raw text; the decoder refuses what is not base64url, including escapes. Empty only if absent (RFC 7516
 * 7.2.1: a member whose value would be empty "MUST be absent"). */
static enum rc member_text(const struct json *object, struct slice name, struct slice *ret_text)
{
	const struct json *v = json_get(object, name);
	if (v == NULL)
		return RC_OK;
	if (v->type != JSON_STRING || v->text.n == 0)
		return RC_JOSE_MALFORMED;
	*ret_text = v->text;
	return RC_OK;
}

static enum rc member_object(const struct json *object, struct slice name, const struct json **ret_object)
{
	const struct json *v = json_get(object, name);
	if (v != NULL && v->type != JSON_OBJECT)
		return RC_JOSE_MALFORMED;
	*ret_object = v;
	return RC_OK;
}

static enum rc read_entry(const struct json *object, struct jwe_parts *p)
{
	struct jwe_entry *entry = &p->entries[p->count];
	if (object->type != JSON_OBJECT)
		return RC_JOSE_MALFORMED;
	TRY(member_object(object, SLICE("header"), &entry->header));
	TRY(member_text(object, SLICE("encrypted_key"), &entry->key64));
	p->count++;
	return RC_OK;
}

/* RFC 7516 7.2.2: the flattened form has its only recipient's members in the object itself, and no `recipients`. */
static enum rc read_entries(const struct json *root, struct jwe_parts *p)
{
	const struct json *list = json_get(root, SLICE("recipients"));
	if (list == NULL)
		return read_entry(root, p);
	if (list->type != JSON_ARRAY || list->count == 0)
		return RC_JOSE_MALFORMED;
	if (json_get(root, SLICE("header")) != NULL || json_get(root, SLICE("encrypted_key")) != NULL)
		return RC_JOSE_MALFORMED;
	if (list->count > JWE_RECIPIENTS_MAX)
		return RC_LIMIT;
	for (const struct json *v = json_first(list); v != NULL; v = json_next(list, v))
		TRY(read_entry(v, p));
	return RC_OK;
}

/* RFC 7516 9: an object with a payload is a JWS; an object cannot be both. */
static enum rc refuse_jws(const struct json *root)
{
	static const struct slice names[] = {SLICE_INIT("payload"), SLICE_INIT("signature"), SLICE_INIT("signatures")};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (json_get(root, names[i]) != NULL)
			return RC_JOSE_MALFORMED;
	return RC_OK;
}

/* "MUST be present", and is empty if the plaintext is. */
static enum rc ciphertext(const struct json *root, struct slice *ret_text)
{
	const struct json *v = json_get(root, SLICE("ciphertext"));
	if (v == NULL || v->type != JSON_STRING)
		return RC_JOSE_MALFORMED;
	*ret_text = v->text;
	return RC_OK;
}

/* `text` starts with a brace: it is an object or not JSON. */
static enum rc parse_json(struct slice text, struct arena *a, struct jwe_parts *p)
{
	const struct json *root;
	enum rc rc = json_parse_arena(a, text, JSON_VALUES_MAX, &root);
	if (rc != RC_OK)
		return rc == RC_LIMIT || rc_server_error(rc) ? rc : RC_JOSE_MALFORMED;
	TRY(refuse_jws(root));
	TRY(member_text(root, SLICE("protected"), &p->protected64));
	TRY(member_text(root, SLICE("aad"), &p->aad64));
	TRY(member_text(root, SLICE("iv"), &p->iv64));
	TRY(ciphertext(root, &p->text64));
	TRY(member_text(root, SLICE("tag"), &p->tag64));
	TRY(member_object(root, SLICE("unprotected"), &p->unprotected));
	TRY(read_entries(root, p));
	return p->protected64.n == 0 ? RC_OK : read_protected(p->protected64, a, &p->protected);
}

enum rc jwe_parse(struct slice text, bool json, struct arena *a, struct jwe_parts *ret_parts)
{
	struct jwe_parts p = {.count = 0};
	if (text.n > JWE_TEXT_MAX)
		return RC_LIMIT;
	bool is_json = json_begins_object(text);
	if (is_json && !json)
		return RC_JOSE_MALFORMED;
	TRY(is_json ? parse_json(text, a, &p) : parse_compact(text, a, &p));
	*ret_parts = p;
	return RC_OK;
}
