/* SPDX-License-Identifier: Apache-2.0 */
/* Binds a form to the browser that got it: a key in a cookie, a token in the form, and the browser's headers about
 * the form's origin. */
#ifndef OSTIARY_OAUTH_BROWSER_H
#define OSTIARY_OAUTH_BROWSER_H

#include "oauth/op.h"

/* Names of our cookies. */
#define BROWSER_SESSION_COOKIE SLICE("__Host-ostiary")
#define BROWSER_KEY_COOKIE SLICE("__Host-ostiary-login")
#define BROWSER_DEVICE_COOKIE SLICE("__Host-ostiary-device")

/* The form field that marks a request that was sent again. It counts from a page of ours alone. */
#define BROWSER_AGAIN SLICE("ostiary_again")

enum {
	BROWSER_KEY_LEN = 43,
	BROWSER_ADDRESS_MAX =
		2600, /* of a redirect by us: with its other headers it fits nginx's 4 KiB limit for a response head */
};

/* The browser's key, or a new one, which the reply then sets. RC_DUPLICATE, RC_SYNTAX: malformed cookies. */
enum rc browser_key(struct request *c, struct reply *r, struct slice *ret_key) WARN_UNUSED;
/* The browser's key; RC_CSRF if it has none. */
enum rc browser_known_key(const struct request *c, struct slice *ret_key) WARN_UNUSED;

/* The CSRF token for a form: HMAC over the key, the form's purpose, and the session that it acts on (or empty). */
enum rc browser_csrf(const struct op *op, struct slice key, struct slice purpose, struct slice sid, struct arena *a,
		     struct slice *ret_token) WARN_UNUSED;
/* Whether a POST shows that it comes from a page of ours. One of another site comes without our SameSite cookies, and
 * an answer must not replace those that it lacks. RC_CSRF: from another site, or it does not show its origin. */
enum rc browser_same_origin(const struct request *c) WARN_UNUSED;
/* Validates a POST of our own form. `key`: the same as for the form, the interaction's or the browser's. RC_CSRF:
 * the request is from another site or does not show its origin (Sec-Fetch-Site, else Origin, else Referer), or
 * `csrf` does not match key, purpose and session. */
enum rc browser_form_validate(const struct op *op, struct request *c, struct slice key, struct slice purpose,
			   struct slice sid) WARN_UNUSED;

/* The heading of pages: the tenant's name, or empty. */
enum rc browser_tenant_name(const struct op *op, struct slice tenant, struct arena *a,
			    struct slice *ret_name) WARN_UNUSED;
/* issuer ‖ path, e.g. "/sign-in", and "?name=value" unless `name` is empty. */
enum rc browser_url(const struct issuer *issuer, struct slice path, struct request_pair parameter, struct arena *a,
		    struct slice *ret_url) WARN_UNUSED;
/* 303 to the same endpoint with the form's fields as query. Our cookies are SameSite=Lax: a POST from another site
 * lacks them, the following GET has them. RC_RANGE: longer than `max`; RC_MEMORY. */
enum rc browser_again_by_get(const struct request *c, struct slice path, size_t max, struct reply *r) WARN_UNUSED;
/* The same by a page that sends the fields again, with BROWSER_AGAIN. RC_MEMORY. */
enum rc browser_again_by_form(const struct request *c, struct slice path, struct reply *r) WARN_UNUSED;

#endif
