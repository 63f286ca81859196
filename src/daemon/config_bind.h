/* SPDX-License-Identifier: Apache-2.0 */
/* Puts a tree of values into the configuration's structs, row by row of the table. For config*.c only. */
#ifndef OSTIARY_DAEMON_CONFIG_BIND_H
#define OSTIARY_DAEMON_CONFIG_BIND_H

#include "daemon/config_node.h"

/* Unknown keys, missing required keys and unfit values: RC_SYNTAX with `err` filled. */
enum rc config_bind(const struct config_node *root, struct arena *a, struct config *c, struct config_error *err) WARN_UNUSED;
/* Metadata of one client in RFC 7591 terms from its map. */
enum rc config_bind_client(const struct config_node *map, struct arena *a, struct slice *ret_json) WARN_UNUSED;

#endif
