/* SPDX-License-Identifier: Apache-2.0 */
/* Single values of the configuration: each reader gives what is wrong as a text, or NULL. For config*.c only. */
#ifndef OSTIARY_DAEMON_CONFIG_VALUE_H
#define OSTIARY_DAEMON_CONFIG_VALUE_H

#include "daemon/config_node.h"
#include "daemon/config_table.h"

/* Exactly as written or refused: "80x", "30", " 1m" are no durations. *ret in seconds, bytes or as it is. */
const char *config_value_number(const struct config_row *row, const struct config_node *n, int64_t *ret);
const char *config_value_bool(const struct config_node *n, bool *ret);
const char *config_value_text(const struct config_row *row, const struct config_node *n);

/* Checks for rows of the table. */
const char *config_value_issuer(struct slice s);
const char *config_value_url(struct slice s);
const char *config_value_tenant(struct slice s);
const char *config_value_address(struct slice s);
const char *config_value_directory(struct slice s);
const char *config_value_ephemeral(struct slice s);
const char *config_value_host(struct slice s);
const char *config_value_client_id(struct slice s);

#endif
