/* SPDX-License-Identifier: Apache-2.0 */
/* What one value demands of another: checked after all are read. For config*.c only. */
#ifndef OSTIARY_DAEMON_CONFIG_RULES_H
#define OSTIARY_DAEMON_CONFIG_RULES_H

#include "daemon/config_node.h"

/* Also fills lists that have a default: listen, tenants. */
enum rc config_rules(const struct config_node *root, struct arena *a, struct config *c, struct config_error *err) WARN_UNUSED;

#endif
