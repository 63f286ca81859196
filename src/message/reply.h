/* SPDX-License-Identifier: Apache-2.0 */
/* A handler's answer, as a value: src/web turns it into bytes; tests inspect it directly. */
#ifndef OSTIARY_MESSAGE_REPLY_H
#define OSTIARY_MESSAGE_REPLY_H

#include "base/arena.h"
#include "base/slice.h"
#include "message/request.h"

enum reply_type {
	REPLY_EMPTY,     /* status and headers only */
	REPLY_JSON,      /* `body` is JSON */
	REPLY_REDIRECT,  /* 303 (302 for GET answers) to `location` */
	REPLY_FORM_POST, /* a page that posts `fields` to `location` (OAuth 2.0 Form Post Response Mode) */
	REPLY_PAGE,      /* `page`, shown with `view` */
	REPLY_RAW,       /* `body` of `content_type`, e.g. a style sheet */
};

enum reply_page {
#define PAGE(name, template, status) PAGE_##name,
#include "message/pages.def"
#undef PAGE
};

/* All that a page may show. The template escapes text. */
struct page_view {
	struct slice action;      /* target of its form */
	struct slice csrf;        /* the form's CSRF token */
	struct slice waiting;     /* the sealed pending request, if it is too long for `action` */
	struct slice client_name; /* the requesting app */
	struct slice client_host; /* host of its redirect URI */
	struct slice client_uri, policy_uri, tos_uri; /* https links, or empty */
	struct slice login;       /* as typed, or login_hint */
	struct slice user_name;   /* the signed-in user */
	struct slice tenant_name;
	struct slice message;     /* the fault, for the person */
	struct slice error;       /* the standard's code, on PAGE_ERROR */
	struct slice request_id;
	struct slice return_uri;  /* target of "back to the app", or empty */
	struct slice return_label; /* label of that button; empty: "Back to the app" */
	struct slice heading;     /* on PAGE_ERROR and for a form post; empty: the default */
	/* starts the same request again, for a person who needs longer than this page waits */
	struct slice again_uri;
	struct slice minutes;     /* how long it waits */
	const struct slice *scopes; /* sentences: "See your name and picture" */
	size_t scope_count;
	struct slice form_target; /* origin to which the form's answer may redirect: CSP form-action; empty for none */
};

/* Always Secure, HttpOnly, SameSite=Lax and Path=/; the name starts with "__Host-". */
struct reply_cookie {
	struct slice name;
	struct slice value; /* empty with max_age 0: deletes it */
	int64_t max_age;    /* seconds; -1: until the browser closes */
};

enum { REPLY_COOKIES_MAX = 8, REPLY_HEADERS_MAX = 16 };

struct reply {
	enum reply_type type;
	int status; /* 0: the default of the type */
	struct slice body, content_type;
	struct slice location;
	struct request_pairs fields;
	enum reply_page page;
	struct page_view view;
	bool cacheable; /* else Cache-Control: no-store */
	int64_t max_age; /* seconds, if cacheable */
	struct reply_cookie cookies[REPLY_COOKIES_MAX];
	size_t cookie_count;
	struct request_pair headers[REPLY_HEADERS_MAX];
	size_t header_count;
	struct slice cors_origin; /* Access-Control-Allow-Origin; set by the router from its table */
};

/* The common answers. The body must live in the request's arena or be static. */
void reply_json(struct reply *r, int status, struct slice body);
void reply_redirect(struct reply *r, struct slice location);
/* RC_LIMIT: no room for more. */
enum rc reply_cookie_add(struct reply *r, struct reply_cookie cookie) WARN_UNUSED;
enum rc reply_header_add(struct reply *r, struct slice name, struct slice value) WARN_UNUSED;
/* {"error","error_description"} with the row's status, and WWW-Authenticate on 401 (RFC 6749 5.2, RFC 6750 3). */
/* The text about `why` for the client: set by the handler, or the error's default. A bare name is reported as
 * missing. */
struct slice reply_error_text(const struct request *c, enum rc why, struct arena *a);
enum rc reply_error_json(struct reply *r, const struct request *c, enum rc why) WARN_UNUSED;
/* The error page with the row's status and safe text, or with c->way. */
void reply_error_page(struct reply *r, const struct request *c, enum rc why);

#endif
