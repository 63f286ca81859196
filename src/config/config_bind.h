/* SPDX-License-Identifier: Apache-2.0 */
/* Fills the configuration's structs from the tree of values, row by row of the table. For config*.c only. */
#ifndef OSTIARY_CONFIG_CONFIG_BIND_H
#define OSTIARY_CONFIG_CONFIG_BIND_H

#include "config/config_node.h"

/* RC_SYNTAX with `err` filled: an unknown key, a missing required key, or an invalid value. */
enum rc config_bind(const struct config_node *root, struct arena *a, struct config *c,
		    struct config_error *err) WARN_UNUSED;
/* Metadata of one client in RFC 7591 terms from its map. */
enum rc config_bind_client(const struct config_node *map, struct arena *a, struct slice *ret_json) WARN_UNUSED;

#endif
