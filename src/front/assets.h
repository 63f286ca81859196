/* SPDX-License-Identifier: Apache-2.0 */
/* Static files of the pages. */
#ifndef OSTIARY_FRONT_ASSETS_H
#define OSTIARY_FRONT_ASSETS_H

#include "front/routes.h"

/* GET /_ostiary/assets/… */
route_handler assets_endpoint;

#endif
