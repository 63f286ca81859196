/* SPDX-License-Identifier: Apache-2.0 */
/* The processes of the daemon: the only place that knows them all. */
#ifndef OSTIARY_CLI_ROLES_H
#define OSTIARY_CLI_ROLES_H

#include "process/role.h"

extern const struct role_table roles;

#endif
