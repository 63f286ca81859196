/* SPDX-License-Identifier: Apache-2.0 */
/* A client of the configuration as a row of the directory. For apply*.c only. */
#ifndef OSTIARY_WORKER_APPLY_CLIENT_H
#define OSTIARY_WORKER_APPLY_CLIENT_H

#include "base/ct.h"
#include "config/config.h"
#include "store/directory.h"

/* `jwks` is JSON text or empty: it becomes the metadata's `jwks`. Slices live in the arena or the configuration. */
enum rc apply_client_row(const struct config_client *k, struct secret secret, struct slice jwks, int64_t now,
			 struct arena *a, struct dir_client *ret) WARN_UNUSED;

#endif
