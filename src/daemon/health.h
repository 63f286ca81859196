/* SPDX-License-Identifier: Apache-2.0 */
/* Health endpoints and static files. */
#ifndef OSTIARY_DAEMON_HEALTH_H
#define OSTIARY_DAEMON_HEALTH_H

#include "daemon/routes.h"

/* GET /healthz: the process answers. */
route_handler health_live;
/* GET /readyz: stores, signer and keys work; 503 and what does not otherwise. */
route_handler health_ready;
/* GET /_ostiary/assets/… */
route_handler health_asset;

#endif
