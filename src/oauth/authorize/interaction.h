/* SPDX-License-Identifier: Apache-2.0 */
/* Interactions: authorization requests that wait for a person. The request is sealed (sealed/envelope.h) in the
 * page's URL, or in its form if long, and works only in the browser that started it, so a request alone uses no
 * store. The store holds, once a password was accepted, the session that answers it and that it was answered.
 * Several may be open at once. */
#ifndef OSTIARY_OAUTH_INTERACTION_H
#define OSTIARY_OAUTH_INTERACTION_H

#include "oauth/authorize/authorize_request.h"

enum {
	INTERACTION_ADDRESS_MAX =
		2600,            /* longer ones are in the page's form: nginx limits a response head to 4 KiB */
	INTERACTION_REPEAT = 10, /* seconds for which a form sent again by a second click is answered again */
	INTERACTION_ANSWERS = 3, /* maximum answers in all */
};

struct interaction {
	struct slice id;   /* names its forms and cookies */
	struct slice text; /* the sealed text of the URL or form */
	struct slice key;  /* the browser's key at the start; its forms are bound to it */
	uint8_t browser[32]; /* SHA-256 of that key */
	struct authorize_request request;
	struct slice sid; /* the session that signed in for this request; empty before that */
	int64_t created, expires;
	int64_t answered; /* first, or 0 */
	uint8_t answers;
	int64_t version; /* of its stored state; 0: nothing stored */
	struct slice record; /* stored as a whole, by an earlier release: its bytes; else empty */
};

/* The reply sets the browser's key if it has none. */
enum rc interaction_begin(const struct op *op, struct request *c, struct reply *r,
			  const struct authorize_request *request, struct slice sid,
			  struct interaction *ret) WARN_UNUSED;
/* The interaction that the parameter `i` names. RC_EXPIRED: none, expired, answered (longer ago than a second click,
 * or on GET), or started in another browser. If it can be read at all, c->way then has the link to continue. */
enum rc interaction_find(const struct op *op, struct request *c, struct interaction *ret) WARN_UNUSED;
/* Sets the session that answers it. RC_EXPIRED: used up meanwhile. */
enum rc interaction_set_sid(const struct op *op, struct request *c, struct interaction *it,
			    struct slice sid) WARN_UNUSED;
/* Call before the answer is sent, which deletes the request's own cookie. RC_EXPIRED: it was answered before, and
 * longer ago than a second click. */
enum rc interaction_finish(const struct op *op, struct request *c, struct reply *r,
			   const struct interaction *it) WARN_UNUSED;

/* What each of its pages shows. */
struct interaction_shown {
	struct slice action;    /* the form's target */
	struct slice waiting;   /* the form's hidden field `i`; empty: `action` holds it */
	struct slice minutes;   /* that remain */
	struct slice again_uri; /* starts the same request again; empty: it would be too long */
};
/* `path`: of the page. Sets how the page is answered with. */
enum rc interaction_show(struct request *c, struct reply *r, const struct interaction *it,
			 struct slice path, struct interaction_shown *ret) WARN_UNUSED;

/* An interaction that an earlier release stored, by its id: exists for up to 30 minutes after an upgrade. */
enum { INTERACTION_STORED_ID = 43 };
enum rc interaction_stored_find(const struct op *op, struct request *c, struct interaction *it) WARN_UNUSED;
enum rc interaction_stored_set_sid(const struct op *op, struct request *c, struct interaction *it) WARN_UNUSED;
enum rc interaction_stored_finish(const struct op *op, struct request *c, const struct interaction *it) WARN_UNUSED;

/* What is sealed: all but text, key and stored state. RC_MEMORY; RC_LIMIT: too long. */
enum rc interaction_write(const struct interaction *it, struct arena *a, struct slice *ret_bytes) WARN_UNUSED;
/* Reads it into `it`, which keeps its text; slices point into `bytes`. RC_STORE: damaged. */
enum rc interaction_restore(struct slice bytes, struct interaction *it) WARN_UNUSED;
/* The same of a record that an earlier release stored; `it` keeps its id, expiry and version too. */
enum rc interaction_restore_record(struct slice bytes, struct interaction *it) WARN_UNUSED;

#endif
