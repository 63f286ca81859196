/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions: a public sid, and a secret that only the cookie holds. The store finds a session by the SHA-256 of its
 * sid; its payload is encrypted under a key derived from the secret, so a stolen store decrypts nothing. Cookie
 * value: "<sid>.<secret>", 22 and 43 characters base64url. Thread-safe; `now` is Unix seconds. */
#ifndef OSTIARY_SESSION_SESSION_H
#define OSTIARY_SESSION_SESSION_H

#include "base/arena.h"
#include "base/binding.h"
#include "base/ct.h"
#include "store/ephemeral.h"

struct session_policy {
	enum eph_type type;
	int64_t idle;     /* idle timeout in seconds */
	int64_t absolute; /* seconds from creation to expiry */
	int64_t touch;    /* minimum seconds between two writes of the idle timeout */
	int64_t overlap;  /* seconds for which the old cookie still works after a rotation */
};

struct sessions {
	const struct ephemeral *store;
	struct session_policy policy;
};

enum {
	SESSION_SID_LEN = 22,
	SESSION_SECRET_LEN = 43,
	SESSION_COOKIE_LEN = 22 + 1 + 43,
	SESSION_PAYLOAD_MAX = 64 * 1024
};

struct session {
	struct slice sid;
	struct slice cookie;  /* the value to set; a rotation changes it */
	struct slice subject; /* index: user id, or empty for an anonymous session */
	struct slice payload; /* the owner's bytes (JSON), plain here, encrypted in the store */
	int64_t created, expires; /* expires: the earlier of idle and absolute */
	int64_t version;          /* of subject and payload: counts saves, not touches or rotations */
	/* opened with the cookie before a rotation: another response sets the new one, do not set it */
	bool overlapped;
	struct session_state *state; /* private to src/session; in the arena, holds the payload's key */
};

/* Who sends a request: what it proved of itself, and when. */
struct session_sender {
	const struct binding *binding; /* NULL: nothing */
	int64_t now;
};

/* A sender that proved nothing. */
static inline struct session_sender session_unbound(int64_t now)
{
	return (struct session_sender){NULL, now};
}

/* A new session with a new id, bound to what its sender proved. Use it at each sign-in; never reuse an id from the client. */
enum rc session_create(const struct sessions *s, struct slice subject, struct slice payload, struct session_sender from,
		       struct arena *a, struct session *ret) WARN_UNUSED;
/* Opens a session by a cookie's value and extends the idle timeout. RC_NOT_FOUND: none, revoked, expired, malformed,
 * another secret, or bound to what the sender did not prove. RC_STORE: unknown, keep the cookie. */
enum rc session_open(const struct sessions *s, struct slice cookie, struct session_sender from, struct arena *a,
		     struct session *ret) WARN_UNUSED;
/* The same for a session handle (src/sealed), which holds both parts. */
enum rc session_open_by_sid_secret(const struct sessions *s, struct slice sid, struct slice secret,
				   struct session_sender from, struct arena *a, struct session *ret) WARN_UNUSED;
/* Replaces subject and payload. RC_CONFLICT: another writer changed it since it was opened; open it again and redo.
 * RC_NOT_FOUND: it was revoked meanwhile, and stays so. RC_LIMIT: over SESSION_PAYLOAD_MAX. */
enum rc session_save(const struct sessions *s, struct session *x, int64_t now, struct arena *a) WARN_UNUSED;
/* A new secret for the sid at a change of privilege: the same session under a new cookie. The old cookie works for
 * `overlap` more seconds. RC_CONFLICT: another request rotated it since it was opened and sets the new cookie;
 * continue, and set none. */
enum rc session_rotate(const struct sessions *s, struct session *x, int64_t now, struct arena *a) WARN_UNUSED;
/* RC_OK also if it is gone. */
enum rc session_end(const struct sessions *s, struct slice sid) WARN_UNUSED;
/* Ends it; x->payload is then as it was last stored. RC_NOT_FOUND: it is gone. RC_STORE: it was damaged, and is gone. */
enum rc session_take(const struct sessions *s, struct session *x, int64_t now, struct arena *a) WARN_UNUSED;

struct session_info {
	struct slice sid, subject;
	int64_t created, expires;
};
/* Of whom the session with that sid is. RC_NOT_FOUND: it is over, or never was. */
enum rc session_find(const struct sessions *s, struct slice sid, int64_t now, struct arena *a,
		     struct session_info *ret_info) WARN_UNUSED;
/* A subject's sessions, newest first: public parts only. */
enum rc session_list(const struct sessions *s, struct slice subject, int64_t now, size_t limit, struct arena *a,
		     struct session_info **ret, size_t *ret_n) WARN_UNUSED;
/* All users' sessions after the sid `after` (empty: from the start), in no particular order, page by page. */
enum rc session_all(const struct sessions *s, struct slice after, int64_t now, size_t limit, struct arena *a,
		     struct session_info **ret, size_t *ret_n) WARN_UNUSED;

#endif
