/* SPDX-License-Identifier: Apache-2.0 */
/* A request as the gateway's decision sees it, and what is found in its headers. */
#ifndef OSTIARY_GATE_REQUEST_H
#define OSTIARY_GATE_REQUEST_H

#include "base/arena.h"

struct gate_header {
	struct slice name, value;
};

/* What the daemon said about a session cookie. */
enum gate_answer_kind {
	GATE_ANSWER_NOT_ASKED,
	GATE_ANSWER_IDENTITY, /* `text` is the identity */
	GATE_ANSWER_NONE,     /* no such session */
	GATE_ANSWER_ERROR,    /* unknown: the store or the link failed */
};

struct gate_answer {
	enum gate_answer_kind kind;
	struct slice text; /* JSON object: claims of the identity, see INTERFACES.md */
	int64_t ttl;       /* seconds that it may be trusted for */
};

/* All state of a decision lives here: a decision that needed something is made again with it filled in. */
struct gate_request {
	struct slice method; /* as sent: methods are case-sensitive */
	struct slice target; /* raw, with query */
	struct slice host;   /* lower case, with the port where one was given */
	bool secure;         /* the browser's connection is HTTPS */
	const struct gate_header *headers;
	size_t header_count;
	struct gate_answer answer;
	bool key_asked; /* the issuer has been asked for new keys already */
};

/* The header's only value. RC_MISSING; RC_DUPLICATE where there are two. `name` in lower case. */
enum rc gate_request_header(const struct gate_request *r, struct slice name, struct slice *ret_value) WARN_UNUSED;
/* The bearer token (RFC 6750 2.1). RC_NO_CREDENTIALS: no Authorization header, or another scheme;
 * RC_INVALID_REQUEST (RFC 6750 3.1): two of them, or not one token after the scheme. */
enum rc gate_request_bearer(const struct gate_request *r, struct slice *ret_token) WARN_UNUSED;

enum { GATE_COOKIE_MAX = 8 * 1024 };
/* The one cookie of exactly that name, over all Cookie headers: no decoding, nothing trimmed beyond OWS.
 * RC_NO_CREDENTIALS: none, empty, over GATE_COOKIE_MAX or with bytes that we never issue; RC_INVALID_REQUEST: two. */
enum rc gate_request_cookie(const struct gate_request *r, struct slice name, struct slice *ret_value) WARN_UNUSED;
/* True for a GET or HEAD by which a browser wants to show a page. */
bool gate_request_is_navigation(const struct gate_request *r);
/* GET, HEAD, OPTIONS (RFC 9110 9.2.1; TRACE never reaches us). */
bool gate_request_is_safe(const struct gate_request *r);
/* Refuses what another site's page may have caused: an unsafe method needs Sec-Fetch-Site same-origin or none, or, where
 * a browser sends no Sec-Fetch-Site, an Origin that is the request's own. RC_CSRF. */
enum rc gate_request_csrf(const struct gate_request *r) WARN_UNUSED;
/* A Cookie header's value without cookies whose name starts with `prefix`, in the arena; may be empty. The value itself
 * where it holds none of them. RC_LIMIT: arena full. */
enum rc gate_request_strip_cookies(struct slice value, const struct slice *prefixes, size_t count, struct arena *a,
				   struct slice *ret_value) WARN_UNUSED;

#endif
