/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoints of the token side, for the routes table. POST endpoints take application/x-www-form-urlencoded only. */
#ifndef OSTIARY_OAUTH_ENDPOINTS_H
#define OSTIARY_OAUTH_ENDPOINTS_H

#include "oauth/op.h"

/* POST /token (RFC 6749 3.2). CORS: registered origins. Body to 16 KiB. */
op_handler token_endpoint;
/* POST /introspect (RFC 7662 2). No CORS. Body to 32 KiB. */
op_handler introspect_endpoint;
/* POST /revoke (RFC 7009 2). CORS: registered origins. Body to 32 KiB. */
op_handler revoke_endpoint;
/* GET /.well-known/jwks.json (RFC 7517 5). CORS: any origin. */
op_handler jwks_endpoint;

#endif
