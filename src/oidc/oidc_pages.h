/* SPDX-License-Identifier: Apache-2.0 */
/* Pages about the person's own session, and sign-out. */
#ifndef OSTIARY_OIDC_OIDC_PAGES_H
#define OSTIARY_OIDC_OIDC_PAGES_H

#include "oauth/op.h"

/* GET, POST /logout, the end_session_endpoint (OpenID Connect RP-Initiated Logout 1.0). Page errors. Body to 16 KiB. */
op_handler logout_endpoint;
/* GET, POST /: the signed-in user, their sessions, and buttons to sign out of this one or all. Page errors. Body to
 * 4 KiB. */
op_handler home_endpoint;

#endif
