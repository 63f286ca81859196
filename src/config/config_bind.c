/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config_bind.h"

#include "base/json.h"
#include "config/config_table.h"
#include "config/config_value.h"

enum { PATH_MAX_BYTES = 240, METADATA_MAX = 64 * 1024 };

struct binder {
	struct arena *arena;
	struct config_error *err;
};

/* The key's path so far: "clients[2].scope". */
struct path {
	char text[PATH_MAX_BYTES];
};

static struct path path_add(const struct path *base, struct slice key)
{
	struct path p;
	struct slice k = slice_to(key, 64);
	(void)snprintf(p.text, sizeof p.text, "%.120s%s%.*s", base->text, base->text[0] == 0 ? "" : ".", SLICE_ARGS(k));
	return p;
}

static enum rc bind_map(struct binder *b, const struct config_row *rows, const struct config_node *map, void *dst,
			const struct path *path);

static void known_keys(const struct config_row *rows, char *dst, size_t cap)
{
	static const char more[] = ", ... (ostiary.yaml(5) has all)";
	size_t n = 0;
	for (const struct config_row *r = rows; r->key != NULL; r++) {
		bool fits = n + strlen(r->key) + 2 + sizeof more <= cap;
		int added = snprintf(dst + n, cap - n, "%s%s", n == 0 ? "" : fits ? ", " : "", fits ? r->key : more);
		n += added > 0 ? (size_t)added : 0;
		if (!fits)
			return;
	}
}

enum { KEY_MEANT_MAX = 40 };

/* The edit distance: letters changed, added, removed or swapped with the next to get from `a` to `b`. */
static size_t distance(struct slice a, struct slice b)
{
	size_t rows[3][KEY_MEANT_MAX + 1] = {{0}}, *before = rows[0], *last = rows[1], *now = rows[2];
	for (size_t j = 0; j <= b.n; j++)
		last[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		now[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			size_t cost = last[j - 1] + (a.p[i - 1] != b.p[j - 1]);
			bool swapped = i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1];
			cost = last[j] + 1 < cost ? last[j] + 1 : cost;
			cost = now[j - 1] + 1 < cost ? now[j - 1] + 1 : cost;
			now[j] = swapped && before[j - 2] + 1 < cost ? before[j - 2] + 1 : cost;
		}
		size_t *spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[b.n];
}

/* The key that may have been meant: one edit away, or two for a long key. */
static const char *nearest_key(const struct config_row *rows, struct slice key)
{
	const char *found = NULL;
	size_t best = key.n > 4 ? 3 : 2;
	if (key.n > KEY_MEANT_MAX)
		return NULL;
	for (; rows->key != NULL; rows++) {
		struct slice one = slice_cstr(rows->key);
		size_t far = one.n > KEY_MEANT_MAX ? best : distance(key, one);
		if (far < best && far < key.n) {
			best = far;
			found = rows->key;
		}
	}
	return found;
}

static enum rc unknown_key(struct binder *b, const struct config_row *rows, const struct config_node *n,
			   const struct path *path)
{
	char known[300];
	const char *meant = nearest_key(rows, n->key);
	if (meant != NULL)
		return config_fail(b->err, n->key_at, path->text, "unknown key; did you mean %s?", meant);
	known_keys(rows, known, sizeof known);
	return config_fail(b->err, n->key_at, path->text, "unknown key; known here: %s", known);
}

/* A bound as written in the file: in the largest unit that gives a whole number. */
struct bound {
	char text[32];
};

static struct bound write_bound(enum config_type type, int64_t v)
{
	static const struct {
		enum config_type type;
		int64_t factor;
		const char *unit;
	} units[] = {{CONFIG_DURATION, 86400, "d"},    {CONFIG_DURATION, 3600, "h"},  {CONFIG_DURATION, 60, "m"},
		     {CONFIG_DURATION, 1, "s"},	       {CONFIG_SIZE, 1 << 30, "GiB"}, {CONFIG_SIZE, 1 << 20, "MiB"},
		     {CONFIG_SIZE, 1 << 10, "KiB"}, {CONFIG_NUMBER, 1, ""}};
	struct bound b = {""};
	for (size_t i = 0; i < ARRAY_LEN(units) && b.text[0] == 0; i++)
		if (units[i].type == type && v % units[i].factor == 0 && (v != 0 || units[i].factor == 1))
			(void)snprintf(b.text, sizeof b.text, "%lld%s", (long long)(v / units[i].factor),
				       units[i].unit);
	return b;
}

static enum rc bad_value(struct binder *b, const struct config_row *row, const struct config_node *n,
			 const struct path *path, enum rc why, const char *problem)
{
	if (why == RC_NOT_FOUND)
		return config_fail(b->err, n->at, path->text, "must be one of: %s", row->choices);
	struct bound least = write_bound(row->type, row->min), most = write_bound(row->type, row->max);
	if (least.text[0] != 0 && why == RC_RANGE)
		return config_fail(b->err, n->at, path->text, "must be from %s to %s", least.text, most.text);
	return config_fail(b->err, n->at, path->text, "%s", problem);
}

static enum rc list_item_validate(const struct config_row *row, const struct config_node *item, const char **ret_problem)
{
	*ret_problem = "must be a text";
	if (item->type != CONFIG_NODE_SCALAR)
		return RC_SYNTAX;
	*ret_problem = "is empty or too long";
	if (item->text.n == 0 || item->text.n > 2000)
		return RC_SYNTAX;
	struct config_row text = {.type = CONFIG_TEXT, .min = 1, .choices = row->choices};
	TRY(config_value_text(&text, item, ret_problem));
	if (row->type == CONFIG_WORDS && slice_find(item->text, ' ') < item->text.n)
		*ret_problem = "must be a word without spaces";
	else if (row->type == CONFIG_WORDS && row->validate != NULL)
		*ret_problem = row->validate(item->text);
	return *ret_problem == NULL ? RC_OK : RC_SYNTAX;
}

static enum rc validate_list(struct binder *b, const struct config_row *row, const struct config_node *n,
			     const struct path *path)
{
	int64_t count = 0;
	if (n->type != CONFIG_NODE_LIST)
		return config_fail(b->err, n->at, path->text, "must be a list");
	for (const struct config_node *item = n->first; item != NULL; item = item->next, count++) {
		const char *problem;
		enum rc rc = list_item_validate(row, item, &problem);
		if (rc != RC_OK)
			return bad_value(b, row, item, path, rc, problem);
		for (const struct config_node *other = n->first; other != item; other = other->next)
			if (slice_eq(other->text, item->text))
				return config_fail(b->err, item->at, path->text, "is given twice");
	}
	if (count < row->min || count > row->max)
		return config_fail(b->err, n->at, path->text, "must have from %lld to %lld entries",
				   (long long)row->min, (long long)row->max);
	return RC_OK;
}

static enum rc bind_words(struct binder *b, const struct config_row *row, const struct config_node *n,
			  struct slice *dst, const struct path *path)
{
	TRY(validate_list(b, row, n, path));
	struct slice all = SLICE_NONE;
	for (const struct config_node *item = n->first; item != NULL; item = item->next)
		TRY(arena_format(b->arena, &all, "%.*s%s%.*s", SLICE_ARGS(all), all.n == 0 ? "" : " ",
				 SLICE_ARGS(item->text)));
	*dst = all;
	return RC_OK;
}

static enum rc bind_scalar(struct binder *b, const struct config_row *row, const struct config_node *n, void *dst,
			   const struct path *path)
{
	const char *problem = "must be a single value";
	enum rc rc = RC_SYNTAX;
	int64_t number;
	bool yes;
	if (n->type == CONFIG_NODE_SCALAR && row->type == CONFIG_BOOL)
		rc = config_value_bool(n, dst != NULL ? dst : &yes, &problem);
	else if (n->type == CONFIG_NODE_SCALAR && (row->type == CONFIG_TEXT || row->type == CONFIG_CHOICE))
		rc = config_value_text(row, n, &problem);
	else if (n->type == CONFIG_NODE_SCALAR)
		rc = config_value_number(row, n, dst != NULL ? dst : &number, &problem);
	if (rc != RC_OK)
		return bad_value(b, row, n, path, rc, problem);
	if (dst != NULL && (row->type == CONFIG_TEXT || row->type == CONFIG_CHOICE))
		*(struct slice *)dst = n->text;
	return RC_OK;
}

static enum rc bind_list(struct binder *b, const struct config_row *row, const struct config_node *n,
			 struct config_list *dst, const struct path *path)
{
	if (n->type != CONFIG_NODE_LIST)
		return config_fail(b->err, n->at, path->text, "must be a list");
	for (const struct config_node *item = n->first; item != NULL; item = item->next)
		dst->n++;
	uint8_t *v = arena_array(b->arena, dst->n, row->size);
	if (v == NULL)
		return RC_MEMORY;
	dst->v = v;
	size_t i = 0;
	for (const struct config_node *item = n->first; item != NULL; item = item->next, i++) {
		struct path at;
		(void)snprintf(at.text, sizeof at.text, "%.60s[%zu]", path->text, i);
		memcpy(v + i * row->size, &item->at, sizeof item->at);
		TRY(bind_map(b, row->sub, item, v + i * row->size, &at));
		if (row->sub == config_table_client)
			TRY(config_bind_client(item, b->arena,
					       &((struct config_client *)(void *)(v + i * row->size))->metadata));
	}
	return RC_OK;
}

static enum rc bind_value(struct binder *b, const struct config_row *row, const struct config_node *n, void *base,
			  const struct path *path)
{
	void *dst = row->offset == CONFIG_NOWHERE ? NULL : (uint8_t *)base + row->offset;
	/* A key without a member of its own goes into the metadata unchanged. */
	if (dst == NULL && (row->type == CONFIG_LIST || row->type == CONFIG_WORDS))
		return RC_INTERNAL;
	switch (row->type) {
	case CONFIG_GROUP:
		return bind_map(b, row->sub, n, base, path);
	case CONFIG_LIST:
		return bind_list(b, row, n, dst, path);
	case CONFIG_WORDS:
		return bind_words(b, row, n, dst, path);
	case CONFIG_TEXTS:
		return validate_list(b, row, n, path);
	default:
		return bind_scalar(b, row, n, dst, path);
	}
}

static enum rc bind_default(struct binder *b, const struct config_row *row, const struct config_node *map, void *base,
			    const struct path *path)
{
	static const struct config_node empty = {.type = CONFIG_NODE_MAP};
	struct config_node n = {
		.type = CONFIG_NODE_SCALAR, .plain = true, .text = slice_cstr(row->fallback), .at = map->at};
	if (row->type == CONFIG_GROUP)
		return bind_map(b, row->sub, &empty, base, path);
	if (row->required)
		return config_fail(b->err, map->at, path->text, "is missing");
	if (row->fallback == NULL || row->offset == CONFIG_NOWHERE)
		return RC_OK;
	if (row->type == CONFIG_WORDS) {
		/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): rows that have a place stand in a struct */
		*(struct slice *)(void *)((uint8_t *)base + row->offset) = n.text;
		return RC_OK;
	}
	return bind_scalar(b, row, &n, (uint8_t *)base + row->offset, path);
}

static const struct config_row *find_row(const struct config_row *rows, struct slice key)
{
	for (; rows->key != NULL; rows++)
		if (slice_eq(slice_cstr(rows->key), key))
			return rows;
	return NULL;
}

static enum rc bind_map(struct binder *b, const struct config_row *rows, const struct config_node *map, void *dst,
			const struct path *path)
{
	if (map->type != CONFIG_NODE_MAP)
		return config_fail(b->err, map->at, path->text, "must have keys of its own");
	for (const struct config_node *n = map->first; n != NULL; n = n->next) {
		struct path at = path_add(path, n->key);
		const struct config_row *row = find_row(rows, n->key);
		if (row == NULL)
			return unknown_key(b, rows, n, &at);
		TRY(bind_value(b, row, n, dst, &at));
	}
	for (const struct config_row *row = rows; row->key != NULL; row++) {
		struct path at = path_add(path, slice_cstr(row->key));
		if (config_node_get(map, row->key) == NULL)
			TRY(bind_default(b, row, map, dst, &at));
	}
	return RC_OK;
}

enum rc config_bind(const struct config_node *root, struct arena *a, struct config *c, struct config_error *err)
{
	struct binder b = {a, err};
	struct path top = {""};
	return bind_map(&b, config_table, root, c, &top);
}

static void json_value(struct json_out *o, const struct config_row *row, const struct config_node *n)
{
	json_out_key(o, n->key);
	if (row->type == CONFIG_BOOL) {
		json_out_bool(o, slice_eq(n->text, SLICE("true")));
		return;
	}
	if (row->type != CONFIG_TEXTS) {
		json_out_string(o, n->text);
		return;
	}
	json_out_array(o);
	for (const struct config_node *item = n->first; item != NULL; item = item->next)
		json_out_string(o, item->text);
	json_out_array_end(o);
}

enum rc config_bind_client(const struct config_node *map, struct arena *a, struct slice *ret_json)
{
	struct buf b;
	buf_init(&b, METADATA_MAX);
	struct json_out o = json_out_to(&b);
	json_out_object(&o);
	for (const struct config_node *n = map->first; n != NULL; n = n->next) {
		const struct config_row *row = find_row(config_table_client, n->key);
		if (row != NULL && (row->json || row->offset == CONFIG_NOWHERE))
			json_value(&o, row, n);
	}
	json_out_object_end(&o);
	enum rc rc = buf_rc(&b);
	if (rc == RC_OK)
		rc = arena_copy(a, buf_slice(&b), ret_json);
	buf_free(&b);
	return rc;
}
