/* SPDX-License-Identifier: Apache-2.0 */
/* The link between daemon and gateways as bytes (INTERFACES.md): frames of u32 length, u8 type, payload. Pure. */
#ifndef OSTIARY_GATE_LINK_PROTO_H
#define OSTIARY_GATE_LINK_PROTO_H

#include "base/buf.h"
#include "gate/ends.h"
#include "gate/request.h"

enum link_proto_type {
	/* daemon → gateway */
	LINK_PROTO_SNAPSHOT = 1, /* what follows replaces all that was known; KEYS and ENDS come, then READY */
	LINK_PROTO_KEYS = 2,     /* one issuer's keys; also the answer to UNKNOWN_KID, changed or not */
	LINK_PROTO_ENDS = 3,
	LINK_PROTO_READY = 4,    /* the snapshot is complete */
	LINK_PROTO_HEARTBEAT = 5,
	LINK_PROTO_ANSWER = 6,
	/* gateway → daemon */
	LINK_PROTO_HELLO = 16,
	LINK_PROTO_LOOKUP = 17,
	LINK_PROTO_UNKNOWN_KID = 18,
};

enum {
	LINK_PROTO_VERSION = 1,
	LINK_PROTO_HEAD = 5,
	LINK_PROTO_DOWN_MAX = 512 * 1024, /* a frame to a gateway, type and payload */
	LINK_PROTO_UP_MAX = 16 * 1024,    /* a frame to the daemon */
	LINK_PROTO_ISSUER_MAX = 512,
	LINK_PROTO_JWKS_MAX = 256 * 1024,
	LINK_PROTO_ENDS_MAX = 1024,   /* ends of one frame */
	LINK_PROTO_ANSWER_MAX = 8 * 1024,
	LINK_PROTO_HOST_MAX = 255,
};

struct link_proto_frame {
	enum link_proto_type type;
	struct slice payload;
};

/* Takes one frame off the front. RC_MISSING: not all of it is there yet, nothing changes. RC_LIMIT: it is or will be longer
 * than `max`; RC_SYNTAX: empty or of a type that is not known: close the connection. */
enum rc link_proto_take(struct slice *bytes, size_t max, struct link_proto_frame *ret_frame) WARN_UNUSED;

struct link_proto_snapshot {
	uint32_t version;
	uint64_t epoch; /* random at the daemon's start */
};
struct link_proto_keys {
	struct slice issuer, jwks;
};
struct link_proto_heartbeat {
	int64_t now; /* the daemon's clock, Unix seconds */
};
struct link_proto_answer {
	uint64_t id;
	struct gate_answer answer;
};
struct link_proto_lookup {
	uint64_t id;
	struct slice host, cookie;
};

/* Writers append a whole frame; what does not fit sticks to the buf as RC_LIMIT. */
void link_proto_put_snapshot(struct buf *b, const struct link_proto_snapshot *m);
void link_proto_put_keys(struct buf *b, const struct link_proto_keys *m);
void link_proto_put_ends(struct buf *b, const struct gate_end *ends, size_t count); /* at most LINK_PROTO_ENDS_MAX */
void link_proto_put_ready(struct buf *b);
void link_proto_put_heartbeat(struct buf *b, const struct link_proto_heartbeat *m);
void link_proto_put_answer(struct buf *b, const struct link_proto_answer *m);
void link_proto_put_hello(struct buf *b);
void link_proto_put_lookup(struct buf *b, const struct link_proto_lookup *m);
void link_proto_put_unknown_kid(struct buf *b, struct slice issuer);

/* Readers take a payload that must end exactly. RC_SYNTAX, RC_LIMIT, RC_RANGE: close the connection. Slices point into it. */
enum rc link_proto_get_snapshot(struct slice payload, struct link_proto_snapshot *ret_m) WARN_UNUSED;
enum rc link_proto_get_keys(struct slice payload, struct link_proto_keys *ret_m) WARN_UNUSED;
/* ret_ends has room for LINK_PROTO_ENDS_MAX. */
enum rc link_proto_get_ends(struct slice payload, struct gate_end *ret_ends, size_t *ret_count) WARN_UNUSED;
enum rc link_proto_get_ready(struct slice payload) WARN_UNUSED;
enum rc link_proto_get_heartbeat(struct slice payload, struct link_proto_heartbeat *ret_m) WARN_UNUSED;
enum rc link_proto_get_answer(struct slice payload, struct link_proto_answer *ret_m) WARN_UNUSED;
/* RC_RANGE: another version. */
enum rc link_proto_get_hello(struct slice payload) WARN_UNUSED;
enum rc link_proto_get_lookup(struct slice payload, struct link_proto_lookup *ret_m) WARN_UNUSED;
enum rc link_proto_get_unknown_kid(struct slice payload, struct slice *ret_issuer) WARN_UNUSED;

#endif
