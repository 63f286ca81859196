/* SPDX-License-Identifier: Apache-2.0 */
/* Rules between values, validated after all are read. For config*.c only. */
#ifndef OSTIARY_CONFIG_CONFIG_RULES_H
#define OSTIARY_CONFIG_CONFIG_RULES_H

#include "config/config_node.h"

/* Also fills lists that have a default: listen, tenants. */
enum rc config_rules(const struct config_node *root, struct arena *a, struct config *c,
		     struct config_error *err) WARN_UNUSED;

#endif
