/* SPDX-License-Identifier: Apache-2.0 */
/* OpenID Connect over src/oauth: UserInfo, the metadata documents, and the claims of scopes. */
#ifndef OSTIARY_OIDC_OIDC_H
#define OSTIARY_OIDC_OIDC_H

#include "base/json.h"
#include "oauth/op.h"

/* GET and POST /userinfo (OpenID Connect Core 5.3). CORS: registered origins. Body to 32 KiB. */
op_handler userinfo_endpoint;
/* GET /.well-known/openid-configuration (OpenID Connect Discovery 4) and /.well-known/oauth-authorization-server
 * (RFC 8414 3). CORS: any origin. */
op_handler discovery_endpoint;

/* OpenID Connect's part in token answers: ID tokens. For struct op. */
extern const struct op_openid oidc_openid;

/* Places for claims about the user. */
enum claims_place { CLAIMS_USERINFO = 1, CLAIMS_ID_TOKEN = 2 };
/* Writes the claims of `user` that `scopes` request and that belong to `place` into an open object; never `sub`. */
void claims_write(struct json_out *out, const struct dir_user *user, struct slice scopes, enum claims_place place);
/* All claim names, for the metadata. */
void claims_write_names(struct json_out *out);

#endif
