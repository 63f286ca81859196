/* SPDX-License-Identifier: Apache-2.0 */
/* Health endpoints. */
#ifndef OSTIARY_FRONT_HEALTH_H
#define OSTIARY_FRONT_HEALTH_H

#include "front/routes.h"

/* Keeps the last result of /readyz. RC_MEMORY. */
enum rc health_new(struct health **ret_health) WARN_UNUSED;

/* GET /healthz: the process answers. */
route_handler health_live;
/* GET /readyz: 200 if stores, signer and keys work and have room for sessions, codes and revocations; otherwise 503,
 * and which does not. One request at a time asks the stores and the signer; the others get the last result. */
route_handler health_ready;

#endif
