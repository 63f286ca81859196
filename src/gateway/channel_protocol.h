/* SPDX-License-Identifier: Apache-2.0 */
/* The control channel's frames (INTERFACES.md): u32 length, u8 type, payload. Pure. */
#ifndef OSTIARY_GATEWAY_CHANNEL_PROTOCOL_H
#define OSTIARY_GATEWAY_CHANNEL_PROTOCOL_H

#include "base/buf.h"
#include "revocation/revocation_cache.h"
#include "gateway/gateway_request.h"

enum channel_protocol_type {
	/* daemon → gateway */
	CHANNEL_PROTOCOL_SNAPSHOT = 1, /* replaces all that was known; KEYS and REVOCATIONS follow, then READY */
	CHANNEL_PROTOCOL_KEYS = 2,     /* one issuer's keys; also the answer to UNKNOWN_KID, changed or not */
	CHANNEL_PROTOCOL_REVOCATIONS = 3,
	CHANNEL_PROTOCOL_READY = 4,    /* the snapshot is complete */
	CHANNEL_PROTOCOL_HEARTBEAT = 5,
	CHANNEL_PROTOCOL_ANSWER = 6,
	/* gateway → daemon */
	CHANNEL_PROTOCOL_HELLO = 16,
	CHANNEL_PROTOCOL_LOOKUP = 17,
	CHANNEL_PROTOCOL_UNKNOWN_KID = 18,
	CHANNEL_PROTOCOL_FULL = 19,    /* a revocation did not fit: the gateway refuses every request from now on */
};

enum {
	CHANNEL_PROTOCOL_VERSION = 1,
	CHANNEL_PROTOCOL_KNOWS_PAIRS = 1, /* in HELLO: the gateway knows REVOCATION_USER_CLIENT */
	CHANNEL_PROTOCOL_HEAD = 5,
	CHANNEL_PROTOCOL_DOWN_MAX = 512 * 1024, /* a frame to a gateway, type and payload */
	CHANNEL_PROTOCOL_UP_MAX = 16 * 1024,    /* a frame to the daemon */
	CHANNEL_PROTOCOL_ISSUER_MAX = 512,
	CHANNEL_PROTOCOL_JWKS_MAX = 256 * 1024,
	CHANNEL_PROTOCOL_REVOCATIONS_MAX = 1024,   /* revocations in one frame */
	CHANNEL_PROTOCOL_ANSWER_MAX = 24 * 1024,
	CHANNEL_PROTOCOL_HOST_MAX = 255,
};

struct channel_protocol_frame {
	enum channel_protocol_type type;
	struct slice payload;
};

/* Takes one frame off the front. RC_MISSING: the frame is incomplete; nothing changes. RC_LIMIT: it is or will be
 * longer than `max`. RC_SYNTAX: empty, or of an unknown type. Close the connection on RC_LIMIT and RC_SYNTAX. */
enum rc channel_protocol_take(struct slice *bytes, size_t max, struct channel_protocol_frame *ret_frame) WARN_UNUSED;

struct channel_protocol_snapshot {
	uint32_t version;
	uint64_t epoch; /* random, set when the daemon starts */
};
struct channel_protocol_keys {
	struct slice issuer, jwks;
};
struct channel_protocol_heartbeat {
	int64_t now; /* the daemon's clock, Unix seconds */
};
struct channel_protocol_answer {
	uint64_t id;
	struct gateway_answer answer;
};
struct channel_protocol_lookup {
	uint64_t id;
	struct slice host, cookie;
};

/* The prefix of the key set of the daemon's own issuer: gateways limit that issuer's tokens to GATEWAY_OWN_LIFETIME.
 * Another issuer's set with this prefix is limited too. */
#define CHANNEL_PROTOCOL_OWN_KEYS "{\"own\":true,"

/* Writers append a whole frame. A frame that does not fit sets the buf's sticky RC_LIMIT. */
void channel_protocol_put_snapshot(struct buf *b, const struct channel_protocol_snapshot *m);
void channel_protocol_put_keys(struct buf *b, const struct channel_protocol_keys *m);
/* `count`: at most CHANNEL_PROTOCOL_REVOCATIONS_MAX. `knows`: of the gateway's HELLO; to one that does not know a user
 * at a client the user is said, which covers it. */
void channel_protocol_put_revocations(struct buf *b, const struct revocation *revocations, size_t count,
				      uint32_t knows);
void channel_protocol_put_ready(struct buf *b);
void channel_protocol_put_heartbeat(struct buf *b, const struct channel_protocol_heartbeat *m);
void channel_protocol_put_answer(struct buf *b, const struct channel_protocol_answer *m);
void channel_protocol_put_hello(struct buf *b);
void channel_protocol_put_lookup(struct buf *b, const struct channel_protocol_lookup *m);
void channel_protocol_put_unknown_kid(struct buf *b, struct slice issuer);
void channel_protocol_put_full(struct buf *b);

/* Readers take a payload and must consume all of it. RC_SYNTAX, RC_LIMIT, RC_RANGE: close the connection. Slices
 * point into the payload. */
enum rc channel_protocol_get_snapshot(struct slice payload, struct channel_protocol_snapshot *ret_m) WARN_UNUSED;
enum rc channel_protocol_get_keys(struct slice payload, struct channel_protocol_keys *ret_m) WARN_UNUSED;
/* ret_revocations has room for CHANNEL_PROTOCOL_REVOCATIONS_MAX. */
enum rc channel_protocol_get_revocations(struct slice payload, struct revocation *ret_revocations,
					 size_t *ret_count) WARN_UNUSED;
enum rc channel_protocol_get_ready(struct slice payload) WARN_UNUSED;
enum rc channel_protocol_get_heartbeat(struct slice payload, struct channel_protocol_heartbeat *ret_m) WARN_UNUSED;
enum rc channel_protocol_get_answer(struct slice payload, struct channel_protocol_answer *ret_m) WARN_UNUSED;
/* *ret_knows: bits CHANNEL_PROTOCOL_KNOWS_*, others are no matter; 0 of a gateway of an earlier version. RC_RANGE:
 * another version. */
enum rc channel_protocol_get_hello(struct slice payload, uint32_t *ret_knows) WARN_UNUSED;
enum rc channel_protocol_get_lookup(struct slice payload, struct channel_protocol_lookup *ret_m) WARN_UNUSED;
enum rc channel_protocol_get_unknown_kid(struct slice payload, struct slice *ret_issuer) WARN_UNUSED;
enum rc channel_protocol_get_full(struct slice payload) WARN_UNUSED;

#endif
