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
	REPLY_PAGE,      /* `page`, shown with `data`: REPLY_SHOW */
	REPLY_RAW,       /* `body` of `content_type`, e.g. a style sheet */
};

enum reply_page {
#define PAGE(name, template, status) PAGE_##name,
#include "message/pages.def"
#undef PAGE
};

/* The same by its template's name. */
enum {
#define PAGE(name, template, status) PAGE_OF_##template = PAGE_##name,
#include "message/pages.def"
#undef PAGE
};

/* Texts that a page repeats. */
struct page_list {
	const struct slice *v;
	size_t n;
};
#define PAGE_LIST_NONE ((struct page_list){NULL, 0})

/* What each page shows: struct page_TEMPLATE, from the names that its template uses. The template escapes them; an empty one
 * leaves out what stands there for it. */
#include "pages_data.h"

union page_data {
#define PAGE(name, template, status) struct page_##template template;
#include "message/pages.def"
#undef PAGE
};

/* All fields of a page, each once and by its name: PAGE_DATA(error, .heading = …, .message = …). One that is missing, or that
 * the template does not use, does not compile. */
#define PAGE_DATA(template, ...)                                                                                   \
	((void)sizeof(struct {                                                                                     \
		 _Static_assert(ARGS_COUNT(__VA_ARGS__) == PAGE_FIELDS_##template, "not every field is given, or one twice"); \
		 int one;                                                                                          \
	 }),                                                                                                       \
	 (struct page_##template){__VA_ARGS__})
/* Answers with a page. */
#define REPLY_SHOW(r, template, ...)                                \
	do {                                                        \
		(r)->type = REPLY_PAGE;                             \
		(r)->page = (enum reply_page)PAGE_OF_##template;    \
		(r)->data.template = PAGE_DATA(template, __VA_ARGS__); \
	} while (0)

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
	struct slice heading; /* of a form post; empty: the default */
	enum reply_page page;
	union page_data data; /* the member of that page */
	struct slice form_target; /* where the answer to the page's form may redirect: CSP form-action; empty for nowhere else */
	bool sealed_address;  /* the page's address holds a request that waits: it is nobody else's, and long */
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
