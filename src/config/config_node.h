/* SPDX-License-Identifier: Apache-2.0 */
/* A YAML document as a small tree with the position of each node. For config*.c only. */
#ifndef OSTIARY_CONFIG_CONFIG_NODE_H
#define OSTIARY_CONFIG_CONFIG_NODE_H

#include "config/config.h"

enum { CONFIG_DEPTH_MAX = 12, CONFIG_NODES_MAX = 20000 };

enum config_node_type { CONFIG_NODE_SCALAR, CONFIG_NODE_LIST, CONFIG_NODE_MAP };

struct config_node {
	enum config_node_type type;
	struct config_at at;
	struct slice key; /* of a map's entry */
	struct config_at key_at;
	struct slice text; /* of a scalar */
	bool plain;        /* written without quotes */
	struct config_node *first, *next;
};

/* Reads one document whose root is a map. Refused: two entries of one name, aliases, anchors, tags, a second
 * document, keys that are not plain text, more than CONFIG_DEPTH_MAX levels or CONFIG_NODES_MAX nodes. RC_SYNTAX
 * with `err` filled. */
enum rc config_node_read(struct slice text, struct arena *a, struct config_node **ret_root,
			 struct config_error *err) WARN_UNUSED;

/* The entry of that name, or NULL; NULL-safe. */
const struct config_node *config_node_get(const struct config_node *map, const char *key);

#endif
