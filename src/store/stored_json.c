/* SPDX-License-Identifier: Apache-2.0 */
#include "store/stored_json.h"

#include "base/json.h"

enum { VALUES_MAX = 32, NUMBER_MAX = 20, AROUND = sizeof "\"\":\"\"," };

static size_t member_room(const struct stored_member *m, const void *record)
{
	const void *at = (const char *)record + m->field.offset;
	return m->name.n + AROUND + (m->field.type == STORED_TIME ? NUMBER_MAX : ((const struct slice *)at)->n);
}

static enum rc member_write(const struct stored_member *m, const void *at, struct json_out *o)
{
	if (m->field.type == STORED_TIME) {
		json_out_member_int(o, m->name, *(const int64_t *)at);
		return RC_OK;
	}
	const struct slice *text = at;
	if (text->n > m->field.size)
		return RC_LIMIT;
	json_out_member(o, m->name, *text);
	return RC_OK;
}

enum rc stored_json_write(const struct stored_member *members, size_t n, const void *record, size_t max, struct arena *a,
			  struct slice *ret)
{
	struct buf b;
	struct json_out o = json_out_to(&b);
	size_t room = 2;
	for (size_t i = 0; i < n; i++)
		room += member_room(&members[i], record);
	buf_in(&b, a, room);
	json_out_object(&o);
	for (size_t i = 0; i < n; i++)
		if (members[i].presence != STORED_UNTIL)
			TRY(member_write(&members[i], (const char *)record + members[i].field.offset, &o));
	json_out_object_end(&o);
	TRY(buf_rc(&b));
	if (buf_slice(&b).n > max)
		return RC_LIMIT;
	*ret = buf_slice(&b);
	return RC_OK;
}

enum rc stored_json_read(const struct stored_member *members, size_t n, struct slice text, struct arena *a, void *record)
{
	struct json pool[VALUES_MAX];
	TRY(json_parse(text, pool, VALUES_MAX));
	for (size_t i = 0; i < n; i++) {
		const struct json *v = json_get(pool, members[i].name);
		void *at = (char *)record + members[i].field.offset;
		if (v == NULL && members[i].presence != STORED_ALWAYS)
			continue;
		TRY(members[i].field.type == STORED_TIME ? json_int(v, at) : json_string(v, a, at));
	}
	return RC_OK;
}
