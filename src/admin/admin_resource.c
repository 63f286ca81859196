/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/admin_resource.h"

static const void *field_of(const void *row, size_t at)
{
	return (const char *)row + at;
}

static struct slice slice_at(const void *row, size_t at)
{
	return *(const struct slice *)field_of(row, at);
}

static void put_text(struct json_out *o, const struct admin_field *f, struct slice text)
{
	if (f->type == ADMIN_WORDS)
		json_out_member_words(o, f->name, text);
	else if (f->type == ADMIN_HELD)
		json_out_member_bool(o, f->name, slice_has_word(text, f->name));
	else if (f->type == ADMIN_TEXT || (f->type == ADMIN_OPTIONAL && text.n > 0))
		json_out_member(o, f->name, text);
	else if (f->type == ADMIN_JSON && text.n > 0) {
		json_out_key(o, f->name);
		json_out_raw(o, text);
	}
}

static void put_field(struct json_out *o, const struct admin_field *f, const void *row)
{
	const void *at = field_of(row, f->at);
	if (f->type == ADMIN_INT)
		json_out_member_int(o, f->name, *(const int64_t *)at);
	else if (f->type == ADMIN_BOOL)
		json_out_member_bool(o, f->name, *(const bool *)at);
	else if (f->type == ADMIN_ENUM)
		json_out_member(o, f->name, slice_cstr(f->names[*(const unsigned *)at]));
	else
		put_text(o, f, slice_at(row, f->at));
}

void admin_put(struct json_out *o, const struct admin_resource *t, const void *row)
{
	json_out_object(o);
	for (size_t i = 0; i < t->field_count; i++)
		put_field(o, &t->fields[i], row);
	json_out_object_end(o);
}

static enum rc read_field(struct request *c, const struct json *body, const struct admin_field *f, void *at)
{
	struct slice *text = at;
	bool *flag = at;
	if (f->type == ADMIN_BOOL)
		return admin_bool(body, f->name, *flag, flag);
	if (f->type == ADMIN_WORDS)
		return admin_words(body, f->name, c, *text, text);
	return admin_text(body, f->name, c, *text, text);
}

enum rc admin_read(struct request *c, const struct json *body, const struct admin_resource *t, void *row)
{
	for (size_t i = 0; i < t->field_count; i++)
		if (t->fields[i].writable)
			TRY(read_field(c, body, &t->fields[i], (char *)row + t->fields[i].at));
	return RC_OK;
}

enum rc admin_reply_one(struct request *c, const struct admin_resource *t, const void *row, int status, struct reply *r)
{
	struct admin_out out;
	admin_begin(&out);
	json_out_key(&out.o, t->one);
	admin_put(&out.o, t, row);
	return admin_end(&out, c, status, r);
}

static enum rc reply_rows(const struct admin *ad, struct request *c, const struct admin_resource *t, size_t limit,
			  struct reply *r)
{
	const void *rows;
	struct admin_out out;
	size_t n, shown = 0;
	/* One row more tells that there is a next page. */
	TRY(t->find(ad, c, request_pairs_get(c->query, SLICE("after")), limit + 1, &rows, &n));
	admin_begin(&out);
	json_out_key(&out.o, t->many);
	json_out_array(&out.o);
	for (; shown < n && admin_list_room(&out, shown, limit); shown++)
		admin_put(&out.o, t, field_of(rows, shown * t->row_size));
	json_out_array_end(&out.o);
	if (shown < n)
		json_out_member(&out.o, SLICE("next"), slice_at(field_of(rows, (shown - 1) * t->row_size), t->cursor));
	return admin_end(&out, c, 200, r);
}

enum rc admin_reply_list(const struct admin *ad, struct request *c, const struct admin_resource *t, struct reply *r)
{
	size_t limit;
	TRY(admin_limit(c, &limit));
	return reply_rows(ad, c, t, limit, r);
}

enum rc admin_reply_all(const struct admin *ad, struct request *c, const struct admin_resource *t, struct reply *r)
{
	return reply_rows(ad, c, t, SIZE_MAX - 1, r);
}

enum rc admin_after(struct request *c, const struct admin_resource *t, const void *rows, size_t n, struct slice after,
		    size_t *ret_first)
{
	size_t first = 0;
	while (after.n > 0 && first < n && !slice_eq(slice_at(field_of(rows, first * t->row_size), t->cursor), after))
		first++;
	if (after.n > 0 && first == n)
		return admin_refuse(c, RC_NOT_FOUND, "after: that %.*s is gone; list from the start",
				    SLICE_ARGS(t->one));
	*ret_first = first + (after.n > 0);
	return RC_OK;
}
