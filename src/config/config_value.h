/* SPDX-License-Identifier: Apache-2.0 */
/* Single values of the configuration. For config*.c only. */
#ifndef OSTIARY_CONFIG_CONFIG_VALUE_H
#define OSTIARY_CONFIG_CONFIG_VALUE_H

#include "config/config_node.h"
#include "config/config_table.h"

/* Strict: "80x", "30" and " 1m" are no durations. *ret in seconds, bytes or plain. RC_SYNTAX; RC_RANGE: outside the
 * row's bounds; RC_NOT_FOUND: none of the row's choices. On failure *ret_problem says what is wrong. */
enum rc config_value_number(const struct config_row *row, const struct config_node *n, int64_t *ret,
			    const char **ret_problem);
enum rc config_value_bool(const struct config_node *n, bool *ret, const char **ret_problem);
enum rc config_value_text(const struct config_row *row, const struct config_node *n, const char **ret_problem);

/* Validators for rows of the table: what is wrong, or NULL. */
const char *config_value_issuer(struct slice s);
const char *config_value_url(struct slice s);
const char *config_value_tenant(struct slice s);
const char *config_value_address(struct slice s);
const char *config_value_directory(struct slice s);
const char *config_value_ephemeral(struct slice s);
const char *config_value_network(struct slice s);
const char *config_value_host(struct slice s);
const char *config_value_path(struct slice s); /* an absolute path on the same host */

#endif
