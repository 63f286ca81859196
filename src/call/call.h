/* SPDX-License-Identifier: Apache-2.0 */
/* A decoded request, as handlers see it: no sockets, no HTTP bytes. Lives as long as its arena. */
#ifndef OSTIARY_CALL_CALL_H
#define OSTIARY_CALL_CALL_H

#include "base/arena.h"
#include "base/slice.h"

enum call_method { CALL_GET, CALL_HEAD, CALL_POST, CALL_PUT, CALL_DELETE, CALL_OPTIONS };

struct call_pair {
	struct slice name, value;
};

/* Decoded name-value pairs in the order given. Where the standard forbids repetition, the decoder has refused it. */
struct call_pairs {
	const struct call_pair *v;
	size_t n;
};

struct call {
	struct arena *arena;
	int64_t now;             /* Unix seconds, read once */
	enum call_method method;
	struct slice host;       /* authority of the request, lower case, with the port where one was given */
	bool secure;             /* the browser's connection is HTTPS, as a trusted proxy or our own configuration says */
	struct slice path;       /* canonical: decoded, no dot segments, no "//", no NUL */
	struct slice target;     /* as sent, path and query */
	struct call_pairs query; /* no name twice */
	struct call_pairs form;  /* application/x-www-form-urlencoded body; no name twice; empty otherwise */
	struct slice body;       /* raw body */
	struct slice content_type; /* lower case, without parameters */
	struct call_pairs headers; /* names lower case; Cookie, Authorization, Host, Content-Length and Origin never twice */
	bool trusted;            /* it came from a trusted proxy: X-Forwarded-* are its word, not the client's */
	struct slice remote;     /* the client's address as text, from a trusted proxy or the socket */
	struct slice request_id; /* 32 hex digits, ours, or a trusted proxy's */
	int64_t peer_uid;        /* of the admin socket's peer; -1 on every other listener */

	/* Set by handlers for the log line. Never a secret. */
	struct slice log_client, log_subject, log_session;
	struct slice log_detail; /* why it failed: for the operator, never for the client */
};

/* The value, or the empty slice; `call_pairs_has` tells an empty value from none. */
struct slice call_pairs_get(struct call_pairs pairs, struct slice name);
bool call_pairs_has(struct call_pairs pairs, struct slice name);
/* A header by its lower-case name. */
struct slice call_header(const struct call *c, struct slice name);
/* The one cookie of exactly that name: no decoding, no trimming beyond OWS (RFC 6265 5.4, with the prefix attacks in
 * mind). RC_MISSING: none; RC_DUPLICATE: two of that name; RC_SYNTAX: the Cookie header is malformed. */
enum rc call_cookie(const struct call *c, struct slice name, struct slice *ret_value) WARN_UNUSED;
/* A form or query parameter that must be there: RC_MISSING, with log_detail set to its name. */
enum rc call_need(struct call *c, struct call_pairs pairs, struct slice name, struct slice *ret_value) WARN_UNUSED;

#endif
