/* SPDX-License-Identifier: Apache-2.0 */
/* Values inside claims, by JSON Pointer and one after the other. */
#include "jose/sdjwt/sdjwt.h"
#include "libostiary/ostiary_claims.h"

_Static_assert((int)OSTIARY_NULL == JSON_NULL && (int)OSTIARY_BOOL == JSON_BOOL && (int)OSTIARY_NUMBER == JSON_NUMBER &&
		       (int)OSTIARY_STRING == JSON_STRING && (int)OSTIARY_ARRAY == JSON_ARRAY &&
		       (int)OSTIARY_OBJECT == JSON_OBJECT,
	       "the public types are those of enum json_type");

/* struct ostiary_value is struct json under a public name. */
static const struct json *json_of(const struct ostiary_value *value)
{
	return (const struct json *)value;
}

static const struct ostiary_value *public_of(const struct json *v)
{
	return (const struct ostiary_value *)v;
}

const struct ostiary_value *ostiary_claims_at(const struct ostiary_claims *claims, const char *pointer)
{
	const struct json *v;
	if (claims == NULL || pointer == NULL || claims->claims.root == NULL)
		return NULL;
	return sdjwt_at(claims->claims.root, slice_cstr(pointer), &v) == RC_OK ? public_of(v) : NULL;
}

enum ostiary_type ostiary_value_type(const struct ostiary_value *value)
{
	return value == NULL ? OSTIARY_NULL : (enum ostiary_type)json_of(value)->type;
}

const struct ostiary_value *ostiary_value_first(const struct ostiary_value *value)
{
	return public_of(json_first(json_of(value)));
}

const struct ostiary_value *ostiary_value_next(const struct ostiary_value *parent, const struct ostiary_value *child)
{
	return parent == NULL || child == NULL ? NULL : public_of(json_next(json_of(parent), json_of(child)));
}

const char *ostiary_value_name(const struct ostiary_claims *claims, const struct ostiary_value *value)
{
	return claims == NULL ? NULL : inner_keep_name(&claims->texts, json_of(value));
}

const char *ostiary_value_text(const struct ostiary_claims *claims, const struct ostiary_value *value)
{
	return claims == NULL ? NULL : inner_keep_string(&claims->texts, json_of(value));
}

bool ostiary_value_number(const struct ostiary_value *value, int64_t *ret_number)
{
	int64_t i;
	if (ret_number == NULL || json_int(json_of(value), &i) != RC_OK)
		return false;
	*ret_number = i;
	return true;
}

bool ostiary_value_bool(const struct ostiary_value *value, bool *ret_bool)
{
	bool b;
	if (ret_bool == NULL || json_bool(json_of(value), &b) != RC_OK)
		return false;
	*ret_bool = b;
	return true;
}

bool ostiary_value_has(const struct ostiary_value *value, const char *text)
{
	return text != NULL && json_has_string(json_of(value), slice_cstr(text));
}
