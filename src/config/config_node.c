/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config_node.h"

#include <yaml.h>

#include "base/ascii.h"

struct reader {
	yaml_parser_t parser;
	struct arena *arena;
	struct config_error *err;
	size_t nodes;
};

static struct config_at at_mark(yaml_mark_t mark)
{
	return (struct config_at){(unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

static enum rc next_event(struct reader *r, yaml_event_t *event)
{
	if (yaml_parser_parse(&r->parser, event) == 1)
		return RC_OK;
	const char *problem = r->parser.problem == NULL ? "not YAML" : r->parser.problem;
	return config_fail(r->err, at_mark(r->parser.problem_mark), "", "not valid YAML: %s", problem);
}

static enum rc take_text(struct reader *r, const yaml_event_t *e, struct config_node *n)
{
	struct slice text = slice_of(e->data.scalar.value, e->data.scalar.length);
	n->plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	return arena_copy(r->arena, text, &n->text);
}

static enum rc no_alias(struct reader *r, const yaml_event_t *e)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;
	if (e->type == YAML_ALIAS_EVENT)
		return config_fail(r->err, at_mark(e->start_mark), "", "aliases are not supported");
	if (e->type == YAML_SCALAR_EVENT) {
		anchor = e->data.scalar.anchor;
		tag = e->data.scalar.tag;
	} else if (e->type == YAML_SEQUENCE_START_EVENT) {
		anchor = e->data.sequence_start.anchor;
		tag = e->data.sequence_start.tag;
	} else if (e->type == YAML_MAPPING_START_EVENT) {
		anchor = e->data.mapping_start.anchor;
		tag = e->data.mapping_start.tag;
	}
	if (anchor != NULL || tag != NULL)
		return config_fail(r->err, at_mark(e->start_mark), "", "anchors and tags are not supported");
	return RC_OK;
}

static enum rc new_node(struct reader *r, const yaml_event_t *e, struct config_node **ret_node)
{
	if (++r->nodes > CONFIG_NODES_MAX)
		return config_fail(r->err, at_mark(e->start_mark), "", "more than %d values", CONFIG_NODES_MAX);
	struct config_node *n = arena_alloc(r->arena, sizeof *n);
	if (n == NULL)
		return config_fail(r->err, at_mark(e->start_mark), "", "the file is too large");
	n->at = at_mark(e->start_mark);
	*ret_node = n;
	return RC_OK;
}

static enum rc read_value(struct reader *r, const yaml_event_t *e, unsigned depth, struct config_node **ret_node);

static enum rc read_list(struct reader *r, struct config_node *list, unsigned depth)
{
	struct config_node **tail = &list->first;
	for (;;) {
		yaml_event_t e CLEANUP(yaml_event_delete);
		TRY(next_event(r, &e));
		if (e.type == YAML_SEQUENCE_END_EVENT)
			return RC_OK;
		TRY(read_value(r, &e, depth, tail));
		tail = &(*tail)->next;
	}
}

/* The characters of the table's keys. Messages repeat keys, so control characters must not be in one. */
static bool is_word(struct slice s)
{
	return s.n > 0 && ascii_all(s, ASCII_ALNUM, "_-");
}

static enum rc validate_key(struct reader *r, const yaml_event_t *e, const struct config_node *map,
			    struct config_node *key)
{
	TRY(no_alias(r, e));
	if (e->type != YAML_SCALAR_EVENT)
		return config_fail(r->err, at_mark(e->start_mark), "", "a key must be a word");
	key->at = at_mark(e->start_mark);
	TRY(take_text(r, e, key));
	if (!is_word(key->text))
		return config_fail(r->err, key->at, "", "a key must be a word");
	for (const struct config_node *n = map->first; n != NULL; n = n->next)
		if (slice_eq(n->key, key->text))
			return config_fail_key(r->err, key->at, key->text, "is given twice (first in line %u)",
					       n->key_at.line);
	return RC_OK;
}

static enum rc read_map(struct reader *r, struct config_node *map, unsigned depth)
{
	struct config_node **tail = &map->first;
	for (;;) {
		yaml_event_t e CLEANUP(yaml_event_delete), value CLEANUP(yaml_event_delete);
		memset(&value, 0, sizeof value);
		struct config_node key = {0};
		TRY(next_event(r, &e));
		if (e.type == YAML_MAPPING_END_EVENT)
			return RC_OK;
		TRY(validate_key(r, &e, map, &key));
		TRY(next_event(r, &value));
		TRY(read_value(r, &value, depth, tail));
		(*tail)->key = key.text;
		(*tail)->key_at = key.at;
		tail = &(*tail)->next;
	}
}

static enum rc read_value(struct reader *r, const yaml_event_t *e, unsigned depth, struct config_node **ret_node)
{
	TRY(no_alias(r, e));
	if (depth >= CONFIG_DEPTH_MAX)
		return config_fail(r->err, at_mark(e->start_mark), "", "nested deeper than %d levels",
				   CONFIG_DEPTH_MAX);
	struct config_node *n;
	TRY(new_node(r, e, &n));
	*ret_node = n;
	switch (e->type) {
	case YAML_SCALAR_EVENT:
		n->type = CONFIG_NODE_SCALAR;
		return take_text(r, e, n);
	case YAML_SEQUENCE_START_EVENT:
		n->type = CONFIG_NODE_LIST;
		return read_list(r, n, depth + 1);
	case YAML_MAPPING_START_EVENT:
		n->type = CONFIG_NODE_MAP;
		return read_map(r, n, depth + 1);
	default:
		return config_fail(r->err, n->at, "", "a value is expected here");
	}
}

/* Reads the next event, which must be of that type. */
static enum rc expect(struct reader *r, yaml_event_type_t type, const char *problem)
{
	yaml_event_t e CLEANUP(yaml_event_delete);
	TRY(next_event(r, &e));
	if (e.type == type)
		return RC_OK;
	return config_fail(r->err, at_mark(e.start_mark), "", "%s", problem);
}

static enum rc read_document(struct reader *r, struct config_node **ret_root)
{
	TRY(expect(r, YAML_STREAM_START_EVENT, "not YAML"));
	TRY(expect(r, YAML_DOCUMENT_START_EVENT, "the file is empty"));
	yaml_event_t e CLEANUP(yaml_event_delete);
	TRY(next_event(r, &e));
	if (e.type != YAML_MAPPING_START_EVENT)
		return config_fail(r->err, at_mark(e.start_mark), "", "the file must hold keys and values");
	TRY(read_value(r, &e, 0, ret_root));
	TRY(expect(r, YAML_DOCUMENT_END_EVENT, "something follows the document"));
	return expect(r, YAML_STREAM_END_EVENT, "a second document is not supported");
}

enum rc config_node_read(struct slice text, struct arena *a, struct config_node **ret_root, struct config_error *err)
{
	struct reader r = {.arena = a, .err = err};
	if (yaml_parser_initialize(&r.parser) != 1)
		return RC_MEMORY;
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, text.p, text.n);
	enum rc rc = read_document(&r, ret_root);
	yaml_parser_delete(&r.parser);
	return rc;
}

const struct config_node *config_node_get(const struct config_node *map, const char *key)
{
	if (map == NULL || map->type != CONFIG_NODE_MAP)
		return NULL;
	for (const struct config_node *n = map->first; n != NULL; n = n->next)
		if (slice_eq(n->key, slice_cstr(key)))
			return n;
	return NULL;
}
