/* SPDX-License-Identifier: Apache-2.0 */
/* A request as the gateway's decision sees it, and helpers that read its headers. */
#ifndef OSTIARY_GATEWAY_GATEWAY_REQUEST_H
#define OSTIARY_GATEWAY_GATEWAY_REQUEST_H

#include "base/arena.h"

struct gateway_header {
	struct slice name, value;
};

/* The daemon's answer about a session cookie. */
enum gateway_answer_type {
	GATEWAY_ANSWER_NOT_ASKED,
	GATEWAY_ANSWER_IDENTITY, /* `text` is the identity */
	GATEWAY_ANSWER_NONE,     /* no such session */
	GATEWAY_ANSWER_ERROR,    /* unknown: the store or the control channel failed */
};

struct gateway_answer {
	enum gateway_answer_type type;
	struct slice text; /* JSON object: claims of the identity, see INTERFACES.md */
	int64_t ttl;       /* seconds for which it may be cached */
};

/* All state of a decision. If a decision needs something, it is made again with that filled in. */
struct gateway_request {
	struct slice method; /* as sent: methods are case-sensitive */
	struct slice target; /* raw, with query */
	struct slice host;   /* lower case, with the port if one was given */
	bool secure;         /* the browser's connection is HTTPS */
	const struct gateway_header *headers;
	size_t header_count;
	struct gateway_answer answer;
	bool key_asked; /* the issuer was already asked for new keys */
};

/* The header's only value. RC_MISSING; RC_DUPLICATE: more than one. `name` is lower case. */
enum rc gateway_request_header(const struct gateway_request *r, struct slice name, struct slice *ret_value) WARN_UNUSED;
/* The bearer token (RFC 6750 2.1). RC_NO_CREDENTIALS: no Authorization header, or another scheme. RC_INVALID_REQUEST
 * (RFC 6750 3.1): two headers, or not exactly one token after the scheme. */
enum rc gateway_request_bearer(const struct gateway_request *r, struct slice *ret_token) WARN_UNUSED;

enum { GATEWAY_COOKIE_MAX = 8 * 1024 };
/* The only cookie of exactly that name, over all Cookie headers. Nothing is decoded; only OWS is trimmed.
 * RC_NO_CREDENTIALS: none, empty, over GATEWAY_COOKIE_MAX, or with bytes that we never issue. RC_INVALID_REQUEST:
 * two. */
enum rc gateway_request_cookie(const struct gateway_request *r, struct slice name, struct slice *ret_value) WARN_UNUSED;
/* True for a GET or HEAD that loads a page in a browser. */
bool gateway_request_is_navigation(const struct gateway_request *r);
/* True for a POST that a page's form sends, not its script. */
bool gateway_request_is_form(const struct gateway_request *r);
/* True for a path with query on this host to which a sign-in may return: a browser cannot read it as another
 * authority, it is no page of the gateway, and it has at most GATEWAY_RETURN_MAX bytes. */
enum { GATEWAY_RETURN_MAX = 2048 };
bool gateway_request_may_return(struct slice target);
/* The path of the page on this host that sent the request (Referer). "/" if Referer is absent or not a valid return
 * path. */
struct slice gateway_request_came_from(const struct gateway_request *r);
/* GET, HEAD, OPTIONS (RFC 9110 9.2.1; TRACE never reaches us). */
bool gateway_request_is_safe(const struct gateway_request *r);
/* A WebSocket handshake (RFC 6455 4.1) or any other Upgrade (RFC 9110 7.8). Such a GET opens a connection for the
 * page that caused it, and CORS does not protect it. */
bool gateway_request_is_handshake(const struct gateway_request *r);
/* Refuses requests that another site's page may have caused. An unsafe method or a handshake needs Sec-Fetch-Site
 * same-origin or none; if the browser sends no Sec-Fetch-Site, it needs an Origin equal to the request's own.
 * RC_CSRF. */
enum rc gateway_request_csrf(const struct gateway_request *r) WARN_UNUSED;
/* A Cookie header's value without the cookies whose name starts with `prefix`, in the arena; may be empty. The value
 * itself if none matches. RC_MEMORY: arena full. */
enum rc gateway_request_strip_cookies(struct slice value, const struct slice *prefixes, size_t count, struct arena *a,
				   struct slice *ret_value) WARN_UNUSED;

#endif
