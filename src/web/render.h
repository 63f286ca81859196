/* SPDX-License-Identifier: Apache-2.0 */
/* A reply value becomes bytes: status, headers with every protection that a browser knows, body. Pure; thread-safe. */
#ifndef OSTIARY_WEB_RENDER_H
#define OSTIARY_WEB_RENDER_H

#include "message/reply.h"
#include "http/response.h"

/* Everything lives in the call's arena. RC_MEMORY where it does not fit, RC_SYNTAX where a header's value holds what
 * would break it, RC_RANGE for a cookie that browsers would drop. */
enum rc web_render(const struct request *c, const struct reply *r, struct http_response *ret_response) WARN_UNUSED;
/* GET /_ostiary/assets/…: RC_NOT_FOUND. */
enum rc web_asset(const struct request *c, struct reply *ret_reply) WARN_UNUSED;

#endif
