/* SPDX-License-Identifier: Apache-2.0 */
/* What ties a form to the browser that was shown it: a key in a cookie, a token in the form, and what the browser says of
 * where the form came from. */
#ifndef OSTIARY_OAUTH_BROWSER_H
#define OSTIARY_OAUTH_BROWSER_H

#include "oauth/op.h"

/* Names of our cookies. */
#define BROWSER_SESSION_COOKIE SLICE("__Host-ostiary")
#define BROWSER_KEY_COOKIE SLICE("__Host-ostiary-login")
#define BROWSER_DEVICE_COOKIE SLICE("__Host-ostiary-device")

enum { BROWSER_KEY_LEN = 43 };

/* The key that the browser brought, or a new one, which the reply then sets. RC_DUPLICATE, RC_SYNTAX: its cookies are
 * malformed. */
enum rc browser_key(struct call *c, struct reply *r, struct slice *ret_key) WARN_UNUSED;
/* The key that the browser brought; RC_CSRF where it brought none. */
enum rc browser_known_key(const struct call *c, struct slice *ret_key) WARN_UNUSED;

/* The token for a form: HMAC over the key, what the form is about, and the session that it acts on (or empty). */
enum rc browser_csrf(const struct op *op, struct slice key, struct slice purpose, struct slice sid, struct arena *a,
		     struct slice *ret_token) WARN_UNUSED;
/* Checks a POST of our own form. `key` as it was for the form: the interaction's, or the browser's. RC_CSRF: the request says
 * that another site sent it, or nothing at all about who did (Sec-Fetch-Site, else Origin, else Referer), or its `csrf` is
 * not that key's for this purpose and session. */
enum rc browser_form_check(const struct op *op, struct call *c, struct slice key, struct slice purpose,
			   struct slice sid) WARN_UNUSED;

/* What pages show above: the tenant's name, or empty. */
enum rc browser_tenant_name(const struct op *op, struct slice tenant, struct arena *a, struct slice *ret_name) WARN_UNUSED;
/* issuer ‖ path, e.g. "/sign-in", and, where `name` is not empty, "?name=value". */
enum rc browser_url(const struct op *op, struct slice path, struct call_pair parameter, struct arena *a,
		    struct slice *ret_url) WARN_UNUSED;
/* 303 to the same endpoint with the form's fields as query. A POST from another site comes without our cookies, which are
 * SameSite=Lax; the GET that follows has them. RC_LIMIT: too long for a URL. */
enum rc browser_again_by_get(const struct op *op, const struct call *c, struct slice path, struct reply *r) WARN_UNUSED;

#endif
