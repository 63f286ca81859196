/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions: a public sid and a secret that only the cookie carries. The store finds a session by the SHA-256 of its sid
 * and holds its payload encrypted under a key derived from the secret: a stolen store decrypts nothing.
 * Cookie value: "<sid>.<secret>", 22 and 43 characters base64url. Thread-safe; `now` is Unix seconds. */
#ifndef OSTIARY_SESSION_SESSION_H
#define OSTIARY_SESSION_SESSION_H

#include "base/arena.h"
#include "base/ct.h"
#include "store/ephemeral.h"

struct session_policy {
	enum eph_kind kind;
	int64_t idle;     /* seconds without use until it ends */
	int64_t absolute; /* seconds after creation until it ends, whatever happens */
	int64_t touch;    /* sliding the idle clock writes at most once in so many seconds */
	int64_t overlap;  /* after a rotation the old cookie still opens it for so many seconds */
};

struct sessions {
	const struct ephemeral *store;
	struct session_policy policy;
};

enum { SESSION_SID_LEN = 22, SESSION_SECRET_LEN = 43, SESSION_COOKIE_LEN = 22 + 1 + 43, SESSION_PAYLOAD_MAX = 12 * 1024 };

struct session {
	struct slice sid;
	struct slice cookie;  /* the value to set; changes with rotation */
	struct slice subject; /* the index: user id, or empty for an anonymous session */
	struct slice payload; /* the owner's bytes (JSON), plain here, encrypted in the store */
	int64_t created, expires; /* expires: the earlier of idle and absolute */
	int64_t version;          /* of subject and payload: counts saves, not touches or rotations */
	bool overlapped;          /* opened with the cookie before a rotation: another response has set the new one, set none */
	struct session_state *state; /* src/session's own; lives in the arena, holds the payload's key */
};

/* A new session with a new id: at sign-in always this, never an id that the client brought. */
enum rc session_create(const struct sessions *s, struct slice subject, struct slice payload, int64_t now, struct arena *a,
		       struct session *ret) WARN_UNUSED;
/* From a cookie's value; slides the idle clock. RC_NOT_FOUND: none, ended, malformed or another secret.
 * RC_STORE: unknown, keep the cookie. */
enum rc session_open(const struct sessions *s, struct slice cookie, int64_t now, struct arena *a,
		     struct session *ret) WARN_UNUSED;
/* The same for a handle (src/ticket), which carries the two parts. */
enum rc session_open_by_sid_secret(const struct sessions *s, struct slice sid, struct slice secret, int64_t now,
				   struct arena *a, struct session *ret) WARN_UNUSED;
/* Replaces subject and payload if nobody else did since it was opened: RC_CONFLICT, open again and redo. RC_NOT_FOUND: it
 * was ended meanwhile, and stays so. RC_LIMIT: over SESSION_PAYLOAD_MAX. */
enum rc session_save(const struct sessions *s, struct session *x, int64_t now, struct arena *a) WARN_UNUSED;
/* New sid's secret at a change of privilege: the same session under a new cookie. The old cookie opens it `overlap` longer.
 * RC_CONFLICT: somebody else rotated it since it was opened, and has set the new cookie: go on, set none. */
enum rc session_rotate(const struct sessions *s, struct session *x, int64_t now, struct arena *a) WARN_UNUSED;
/* RC_OK also where it is gone. */
enum rc session_end(const struct sessions *s, struct slice sid) WARN_UNUSED;

struct session_info {
	struct slice sid, subject;
	int64_t created, expires;
};
/* A subject's sessions, newest first: public parts only. */
enum rc session_list(const struct sessions *s, struct slice subject, int64_t now, size_t limit, struct arena *a,
		     struct session_info **ret, size_t *ret_n) WARN_UNUSED;

#endif
