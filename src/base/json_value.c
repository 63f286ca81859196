/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/json_text.h"

const struct json *json_first(const struct json *v)
{
	return v == NULL || v->count == 0 ? NULL : v + 1;
}

const struct json *json_next(const struct json *parent, const struct json *child)
{
	const struct json *next = child + child->span;
	return next < parent + parent->span ? next : NULL;
}

bool json_holds_no_text(const struct json *v)
{
	for (uint32_t i = 0; i < v->span; i++)
		if (v[i].type == JSON_NO_TEXT)
			return true;
	return false;
}

/* Names are short: a loop is faster than a call. */
static bool same_bytes(struct slice a, struct slice b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (a.p[i] != b.p[i])
			return false;
	return true;
}

static bool is_named(const struct json *m, struct slice name, uint8_t mark)
{
	if (m->key_escaped)
		return json_text_eq(m->key, true, name, false);
	return m->key_mark == mark && same_bytes(m->key, name);
}

void json_pick(const struct json *object, const struct json_name *names, size_t count, const struct json **ret_members)
{
	uint64_t wanted = 0; /* one bit per hash */
	for (size_t i = 0; i < count; i++) {
		wanted |= (uint64_t)1 << names[i].mark % 64;
		ret_members[i] = NULL;
	}
	if (object == NULL || object->type != JSON_OBJECT)
		return;
	const struct json *end = object + object->span;
	size_t at = 0; /* members often come in the names' order: continue at the last position */
	for (const struct json *m = object + 1; m < end; m += m->span) {
		bool may = (wanted >> m->key_mark % 64 & 1) != 0 || m->key_escaped;
		for (size_t tried = 0; may && tried < count; tried++) {
			if (is_named(m, names[at].text, names[at].mark)) {
				ret_members[at] = m;
				may = false;
			}
			at = at + 1 == count ? 0 : at + 1;
		}
	}
}

const struct json *json_get(const struct json *object, struct slice name)
{
	if (object == NULL || object->type != JSON_OBJECT)
		return NULL;
	const struct json *end = object + object->span;
	uint8_t mark = json_text_mark(name);
	for (const struct json *m = object + 1; m < end; m += m->span)
		if (is_named(m, name, mark))
			return m;
	return NULL;
}

bool json_is_string(const struct json *v, struct slice s)
{
	return v != NULL && v->type == JSON_STRING && json_text_eq(v->text, v->escaped, s, false);
}

bool json_has_string(const struct json *v, struct slice s)
{
	if (v == NULL || v->type != JSON_ARRAY)
		return json_is_string(v, s);
	for (const struct json *e = json_first(v); e != NULL; e = json_next(v, e))
		if (json_is_string(e, s))
			return true;
	return false;
}

static enum rc unescape(struct slice raw, bool escaped, struct arena *a, struct slice *ret_s)
{
	if (!escaped) {
		*ret_s = raw;
		return RC_OK;
	}
	uint8_t *dst = arena_alloc(a, raw.n);
	if (dst == NULL)
		return RC_MEMORY;
	*ret_s = slice_of(dst, json_text_decode(raw, dst));
	return RC_OK;
}

enum rc json_string(const struct json *v, struct arena *a, struct slice *ret_s)
{
	if (v == NULL)
		return RC_MISSING;
	if (v->type != JSON_STRING)
		return RC_SYNTAX;
	return unescape(v->text, v->escaped, a, ret_s);
}

enum rc json_key(const struct json *v, struct arena *a, struct slice *ret_s)
{
	return unescape(v->key, v->key_escaped, a, ret_s);
}

static enum rc number_text(const struct json *v, struct slice *ret_text)
{
	if (v == NULL)
		return RC_MISSING;
	if (v->type != JSON_NUMBER)
		return RC_SYNTAX;
	*ret_text = v->text;
	return RC_OK;
}

enum rc json_int(const struct json *v, int64_t *ret_i)
{
	struct slice s;
	TRY(number_text(v, &s));
	bool negative = s.p[0] == '-';
	int64_t value = 0;
	for (size_t i = negative ? 1 : 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return RC_SYNTAX;
		int64_t digit = s.p[i] - '0';
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, negative ? -digit : digit, &value))
			return RC_RANGE;
	}
	*ret_i = value;
	return RC_OK;
}

/* Position of the decimal point after applying the exponent, counted from the first digit; clamped to +-1000. */
static int64_t point_place(struct slice s, struct slice *ret_mantissa)
{
	size_t e = 0;
	while (e < s.n && (s.p[e] | 32) != 'e')
		e++;
	*ret_mantissa = slice_to(s, e);
	int64_t place = (int64_t)slice_find(*ret_mantissa, '.');
	bool negative = false;
	int64_t exponent = 0;
	for (size_t i = e + 1; i < s.n; i++) {
		if (s.p[i] == '-')
			negative = true;
		else if (s.p[i] != '+' && exponent < 1000)
			exponent = exponent * 10 + (s.p[i] - '0');
	}
	return place + (negative ? -exponent : exponent);
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first digit is the lowest byte");

/* Converts eight digits at once: pairs, then fours, then all. False if one is not a digit. */
static bool eight_digits(const uint8_t *p, uint64_t *ret_value)
{
	const uint64_t high = 0xF0F0F0F0F0F0F0F0, zeros = 0x3030303030303030, sixes = 0x0606060606060606;
	uint64_t v;
	memcpy(&v, p, sizeof v);
	if ((v & high) != zeros || ((v + sixes) & high) != zeros)
		return false;
	v = (v & 0x0F0F0F0F0F0F0F0F) * (10 * 256 + 1) >> 8;
	v = (v & 0x00FF00FF00FF00FF) * (100 * 65536 + 1) >> 16;
	*ret_value = (v & 0x0000FFFF0000FFFF) * (10000 * 4294967296 + 1) >> 32;
	return true;
}

/* Fast path for almost every date: 8 to 11 digits, too few to exceed the maximum. */
static bool plain_seconds(struct slice s, int64_t *ret_s)
{
	uint64_t value;
	if (s.n < 8 || s.n > 11 || !eight_digits(s.p, &value))
		return false;
	for (size_t i = 8; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(s.p[i] - '0');
	}
	*ret_s = (int64_t)value;
	return true;
}

enum rc json_seconds(const struct json *v, int64_t *ret_s)
{
	static const int64_t max = 253402300799;
	struct slice s, mantissa;
	TRY(number_text(v, &s));
	if (plain_seconds(s, ret_s))
		return RC_OK;
	bool negative = s.p[0] == '-';
	if (negative)
		s = slice_from(s, 1);
	int64_t whole = point_place(s, &mantissa);
	int64_t value = 0, place = 0;
	bool nonzero = false;
	for (size_t i = 0; i < mantissa.n; i++) {
		if (mantissa.p[i] == '.')
			continue;
		int digit = mantissa.p[i] - '0';
		nonzero = nonzero || digit != 0;
		if (place++ < whole && value <= max)
			value = value * 10 + digit;
	}
	for (; place < whole && value <= max && value > 0; place++)
		value *= 10;
	if (value > max || (negative && nonzero))
		return RC_RANGE;
	*ret_s = value;
	return RC_OK;
}

enum rc json_bool(const struct json *v, bool *ret_b)
{
	if (v == NULL)
		return RC_MISSING;
	if (v->type != JSON_BOOL)
		return RC_SYNTAX;
	*ret_b = v->text.p[0] == 't';
	return RC_OK;
}
