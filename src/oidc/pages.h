/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of the person's own session: who is signed in, and signing out. */
#ifndef OSTIARY_OIDC_PAGES_H
#define OSTIARY_OIDC_PAGES_H

#include "oauth/op.h"

/* GET, POST /logout, the end_session_endpoint (OpenID Connect RP-Initiated Logout 1.0). Page errors. Body to 16 KiB. */
op_handler logout_endpoint;
/* GET, POST /: who is signed in, their sessions, a button to end this one or all. Page errors. Body to 4 KiB. */
op_handler home_endpoint;

#endif
