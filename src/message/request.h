/* SPDX-License-Identifier: Apache-2.0 */
/* A decoded request, as handlers see it: no sockets, no HTTP bytes. Lives as long as its arena. */
#ifndef OSTIARY_MESSAGE_REQUEST_H
#define OSTIARY_MESSAGE_REQUEST_H

#include "base/arena.h"
#include "base/binding.h"
#include "base/slice.h"
#include "message/request_issuer.h"

enum request_method { CALL_GET, CALL_HEAD, CALL_POST, CALL_PUT, CALL_DELETE, CALL_OPTIONS };

struct request_pair {
	struct slice name, value;
};

/* Decoded name-value pairs in the order given. Where the standard forbids repetition, the decoder has refused it or
 * left them out. */
struct request_pairs {
	const struct request_pair *v;
	size_t n;
};

/* Parameters that have not one reading: none of them is among the pairs. */
struct request_faults {
	enum rc rc;                /* of the first: RC_DUPLICATE, RC_SYNTAX, RC_LIMIT, RC_MEMORY; RC_OK: there are none */
	struct slice text;         /* of the first: static words, and its name where that is fit to be shown to anybody */
	const struct slice *names; /* which; where there are none beside a fault, nothing could be read at all */
	size_t n;
};

struct request {
	struct arena *arena;
	int64_t now;             /* Unix seconds, read once */
	enum request_method method;
	struct slice host;       /* authority of the request, lower case, with the port where one was given */
	bool secure; /* the browser's connection is HTTPS, as a trusted proxy or our own configuration says */
	struct slice path;       /* canonical: decoded, no dot segments, no "//", no NUL */
	const struct issuer *issuer; /* whose endpoint this is; NULL on other hosts than an issuer's */
	struct slice target;     /* as sent, path and query */
	struct request_pairs query; /* no name twice but `resource` (RFC 8707) */
	struct request_pairs form;  /* application/x-www-form-urlencoded body; no name twice; empty otherwise */
	struct request_faults query_faults, form_faults; /* none, but where the route says that its handler reads them */
	struct slice body;       /* raw body */
	struct slice content_type; /* lower case, without parameters */
	struct request_pairs
		headers; /* names lower case; Cookie, Authorization, Host, Content-Length and Origin never twice */
	struct request_pairs
		put_aside; /* headers whose names have a '_', which some programs read as '-': they are ignored */
	bool trusted;            /* it came from a trusted proxy: X-Forwarded-* are its word, not the client's */
	struct slice remote;     /* the client's address as text, from a trusted proxy or the socket */
	struct slice request_id; /* 32 hex digits, ours, or a trusted proxy's */
	struct binding binding;  /* what the sender proved of itself (RFC 9449 4.3, RFC 8705 3); today nothing */
	bool bearer; /* for a resource that access tokens open: each refusal names the scheme (RFC 6750 3) */
	int64_t peer_uid;        /* of the admin socket's peer; -1 on every other listener */

	int64_t retry_after; /* set by handlers with RC_THROTTLED: seconds, for Retry-After; 0: not said */

	/* Set by handlers before an error that a person sees: what is so, and the one click that leads on. Empty
	 * where there is none. */
	struct request_way {
		struct slice uri;   /* absolute, or a path */
		struct slice label; /* of the button */
		struct slice text;  /* a sentence without its stop; else the error's own is shown */
	} way;

	/* Set by handlers for the log line. Never a secret. */
	struct slice log_client, log_subject, log_session;
	struct slice log_detail; /* why it failed: for the operator, never for the client */
	bool log_debug; /* it was logged already, or is one of many: the line of the request is for debugging */
	struct slice
		client_detail; /* static words for the client instead of the error's own: which parameter, and what is wrong */
};

/* The value, or the empty slice; `request_pairs_has` tells an empty value from none. */
struct slice request_pairs_get(struct request_pairs pairs, struct slice name);
bool request_pairs_has(struct request_pairs pairs, struct slice name);
/* That one, or all of them, could not be read. */
bool request_faults_has(const struct request_faults *faults, struct slice name);
/* What the log says of a request that ended so: its log_detail, or that its arena is full. */
struct slice request_log_detail(const struct request *c, enum rc rc);
/* A header by its lower-case name. */
struct slice request_header(const struct request *c, struct slice name);
/* The one cookie of exactly that name: no decoding, no trimming beyond OWS (RFC 6265 5.4, with the prefix attacks in
 * mind). RC_MISSING: none; RC_DUPLICATE: two of that name; RC_SYNTAX: the Cookie header is malformed. */
enum rc request_cookie(const struct request *c, struct slice name, struct slice *ret_value) WARN_UNUSED;
/* A form or query parameter that must be there: RC_MISSING, with log_detail set to its name. */
enum rc request_need(struct request *c, struct request_pairs pairs, struct slice name, struct slice *ret_value) WARN_UNUSED;

#endif
