/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of the link, every type from either side; what was read is written again and must be the same bytes. */
#include "gate/link_proto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t memory[LINK_PROTO_DOWN_MAX + 16];
static struct gate_end ends[LINK_PROTO_ENDS_MAX];

static bool write_again(struct buf *b, const struct link_proto_frame *f)
{
	struct link_proto_snapshot snapshot;
	struct link_proto_keys keys;
	struct link_proto_heartbeat heartbeat;
	struct link_proto_answer answer;
	struct link_proto_lookup lookup;
	struct slice issuer;
	size_t n;
	if (f->type == LINK_PROTO_SNAPSHOT && link_proto_get_snapshot(f->payload, &snapshot) == RC_OK)
		link_proto_put_snapshot(b, &snapshot);
	else if (f->type == LINK_PROTO_KEYS && link_proto_get_keys(f->payload, &keys) == RC_OK)
		link_proto_put_keys(b, &keys);
	else if (f->type == LINK_PROTO_ENDS && link_proto_get_ends(f->payload, ends, &n) == RC_OK)
		link_proto_put_ends(b, ends, n);
	else if (f->type == LINK_PROTO_READY && link_proto_get_ready(f->payload) == RC_OK)
		link_proto_put_ready(b);
	else if (f->type == LINK_PROTO_HEARTBEAT && link_proto_get_heartbeat(f->payload, &heartbeat) == RC_OK)
		link_proto_put_heartbeat(b, &heartbeat);
	else if (f->type == LINK_PROTO_ANSWER && link_proto_get_answer(f->payload, &answer) == RC_OK)
		link_proto_put_answer(b, &answer);
	else if (f->type == LINK_PROTO_HELLO && link_proto_get_hello(f->payload) == RC_OK)
		link_proto_put_hello(b);
	else if (f->type == LINK_PROTO_LOOKUP && link_proto_get_lookup(f->payload, &lookup) == RC_OK)
		link_proto_put_lookup(b, &lookup);
	else if (f->type == LINK_PROTO_UNKNOWN_KID && link_proto_get_unknown_kid(f->payload, &issuer) == RC_OK)
		link_proto_put_unknown_kid(b, issuer);
	else
		return false;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_of(data, size);
	struct link_proto_frame f;
	struct slice before = rest;
	while (link_proto_take(&rest, LINK_PROTO_DOWN_MAX, &f) == RC_OK) {
		struct buf b;
		buf_over(&b, memory, sizeof memory);
		if (write_again(&b, &f) && !slice_eq(buf_slice(&b), slice_to(before, before.n - rest.n)))
			abort();
		before = rest;
	}
	return 0;
}
