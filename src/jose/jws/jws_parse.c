/* SPDX-License-Identifier: Apache-2.0 */
/* Splits the three serializations (RFC 7515 7). Nothing is trusted yet. */
#include "jose/jws/jws_internal.h"

enum { VALUES_MAX = 1024 };

/* Two dots; nothing between them means an empty payload or a detached one. A third dot is not a character of a
 * signature. */
static enum rc parse_compact(struct slice text, struct jws_parts *parts)
{
	size_t first = slice_find(text, '.');
	struct slice rest = slice_from(text, first + 1);
	size_t second = slice_find(rest, '.');
	struct slice signature = slice_from(rest, second + 1);
	if (first == 0 || signature.n == 0)
		return RC_JOSE_MALFORMED;
	parts->payload = slice_to(rest, second);
	parts->has_payload = parts->payload.n > 0;
	parts->count = 1;
	parts->part[0] = (struct jws_part){.protected64 = slice_to(text, first), .signature64 = signature};
	return RC_OK;
}

/* RC_JOSE_MALFORMED: present but no string; RC_MISSING: absent. */
static enum rc string_of(const struct json *object, struct slice name, struct arena *a, struct slice *ret)
{
	enum rc rc = json_string(json_get(object, name), a, ret);
	return rc == RC_SYNTAX ? RC_JOSE_MALFORMED : rc;
}

static enum rc optional(enum rc rc)
{
	return rc == RC_MISSING ? RC_OK : rc;
}

static enum rc required(enum rc rc)
{
	return rc == RC_MISSING ? RC_JOSE_MALFORMED : rc;
}

/* 7.2.1: `protected` "MUST be present and contain the value … when the JWS Protected Header value is non-empty;
 * otherwise, it MUST be absent". */
static enum rc parse_signature(const struct json *v, struct arena *a, struct jws_part *part)
{
	TRY(optional(string_of(v, SLICE("protected"), a, &part->protected64)));
	if (json_get(v, SLICE("protected")) != NULL && part->protected64.n == 0)
		return RC_JOSE_MALFORMED;
	part->header = json_get(v, SLICE("header"));
	if (part->header != NULL && part->header->type != JSON_OBJECT)
		return RC_JOSE_MALFORMED;
	return required(string_of(v, SLICE("signature"), a, &part->signature64));
}

static enum rc parse_signatures(const struct json *list, struct arena *a, struct jws_parts *parts)
{
	if (list->type != JSON_ARRAY || list->count == 0)
		return RC_JOSE_MALFORMED;
	if (list->count > JWS_SIGNATURES_MAX)
		return RC_LIMIT;
	for (const struct json *v = json_first(list); v != NULL; v = json_next(list, v))
		TRY(parse_signature(v, a, &parts->part[parts->count++]));
	return RC_OK;
}

/* 7.2.2: "The "signatures" member MUST NOT be present when using this syntax." */
static bool mixes_forms(const struct json *root)
{
	return json_get(root, SLICE("signature")) != NULL || json_get(root, SLICE("protected")) != NULL ||
	       json_get(root, SLICE("header")) != NULL;
}

static enum rc parse_json(struct slice text, struct arena *a, struct jws_parts *parts)
{
	const struct json *root;
	enum rc rc = json_parse_arena(a, text, VALUES_MAX, &root);
	if (rc != RC_OK)
		return rc == RC_LIMIT || rc_server_error(rc) ? rc : RC_JOSE_MALFORMED;
	const struct json *list = json_get(root, SLICE("signatures"));
	TRY(optional(string_of(root, SLICE("payload"), a, &parts->payload)));
	parts->has_payload = json_get(root, SLICE("payload")) != NULL;
	parts->form = list != NULL ? JWS_GENERAL : JWS_FLATTENED;
	if (list == NULL) {
		parts->count = 1;
		return parse_signature(root, a, &parts->part[0]);
	}
	return mixes_forms(root) ? RC_JOSE_MALFORMED : parse_signatures(list, a, parts);
}

enum rc jws_parse(struct slice text, unsigned forms, struct arena *a, struct jws_parts *ret_parts)
{
	if (text.n > JWS_TEXT_MAX)
		return RC_LIMIT;
	bool json = json_begins_object(text);
	/* Forms that are not accepted are not parsed. */
	if ((forms & (json ? JWS_FLATTENED | JWS_GENERAL : JWS_COMPACT)) == 0)
		return RC_JOSE_MALFORMED;
	*ret_parts = (struct jws_parts){.form = JWS_COMPACT};
	TRY(json ? parse_json(text, a, ret_parts) : parse_compact(text, ret_parts));
	return (forms & ret_parts->form) != 0 ? RC_OK : RC_JOSE_MALFORMED;
}
