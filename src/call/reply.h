/* SPDX-License-Identifier: Apache-2.0 */
/* What a handler answers: a value. src/web turns it into bytes; tests look at it as it is. */
#ifndef OSTIARY_CALL_REPLY_H
#define OSTIARY_CALL_REPLY_H

#include "base/arena.h"
#include "base/slice.h"
#include "call/call.h"

enum reply_kind {
	REPLY_EMPTY,     /* status and headers only */
	REPLY_JSON,      /* `body` is JSON */
	REPLY_REDIRECT,  /* 303 (302 for GET answers) to `location` */
	REPLY_FORM_POST, /* a page that posts `fields` to `location` (OAuth 2.0 Form Post Response Mode) */
	REPLY_PAGE,      /* `page`, shown with `view` */
	REPLY_TEXT,      /* `body` is text/plain */
	REPLY_RAW,       /* `body` of `content_type`, e.g. a style sheet */
};

enum reply_page { PAGE_SIGN_IN, PAGE_CONSENT, PAGE_SIGNED_OUT, PAGE_SIGN_OUT, PAGE_ERROR, PAGE_HOME };

/* Everything that a page may show. Text is escaped by the template. */
struct page_view {
	struct slice action;      /* where its form posts to */
	struct slice csrf;        /* the form's token */
	struct slice client_name; /* the app that asks */
	struct slice client_host; /* host of its redirect URI */
	struct slice client_uri, policy_uri, tos_uri; /* https links or empty */
	struct slice login;       /* what was typed, or login_hint */
	struct slice user_name;   /* who is signed in */
	struct slice tenant_name;
	struct slice message;     /* what went wrong, for the person */
	struct slice error;       /* the standard's code, on PAGE_ERROR */
	struct slice request_id;
	struct slice return_uri;  /* where "back to the app" goes, or empty */
	const struct slice *scopes; /* sentences: "See your name and picture" */
	size_t scope_count;
	struct slice form_target; /* origin that the form's answer may redirect to: CSP form-action; empty for none */
};

enum reply_same_site { SAME_SITE_LAX, SAME_SITE_STRICT, SAME_SITE_NONE };

/* Always Secure, HttpOnly and Path=/; the name starts with "__Host-". */
struct reply_cookie {
	struct slice name;
	struct slice value; /* empty with max_age 0: deletes it */
	int64_t max_age;    /* seconds; -1: until the browser closes */
	enum reply_same_site same_site;
};

enum { REPLY_COOKIES_MAX = 8, REPLY_HEADERS_MAX = 8 };

struct reply {
	enum reply_kind kind;
	int status; /* 0 stands for the kind's usual one */
	struct slice body, content_type;
	struct slice location;
	struct call_pairs fields;
	enum reply_page page;
	struct page_view view;
	bool cacheable; /* else Cache-Control: no-store */
	int64_t max_age; /* seconds, where cacheable */
	struct reply_cookie cookies[REPLY_COOKIES_MAX];
	size_t cookie_count;
	struct call_pair headers[REPLY_HEADERS_MAX];
	size_t header_count;
	struct slice cors_origin; /* Access-Control-Allow-Origin; set by the router from its table */
	bool cors_credentials;
};

/* The common answers. The body must live in the call's arena or be static. */
void reply_json(struct reply *r, int status, struct slice body);
void reply_redirect(struct reply *r, struct slice location);
/* RC_LIMIT where there is no room for more. */
enum rc reply_cookie_add(struct reply *r, struct reply_cookie cookie) WARN_UNUSED;
enum rc reply_header_add(struct reply *r, struct slice name, struct slice value) WARN_UNUSED;
/* {"error","error_description"} with the row's status, and WWW-Authenticate on 401 (RFC 6749 5.2, RFC 6750 3). */
enum rc reply_error_json(struct reply *r, const struct call *c, enum rc why) WARN_UNUSED;
/* The error page with the row's status and safe text. */
void reply_error_page(struct reply *r, const struct call *c, enum rc why);

#endif
