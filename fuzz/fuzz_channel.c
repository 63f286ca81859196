/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of the link, every type from either side; what was read is written again and must be the same bytes. */
#include "gateway/channel_protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t memory[CHANNEL_PROTOCOL_DOWN_MAX + 16];
static struct revocation revocations[CHANNEL_PROTOCOL_REVOCATIONS_MAX];

static bool write_again(struct buf *b, const struct channel_protocol_frame *f)
{
	struct channel_protocol_snapshot snapshot;
	struct channel_protocol_keys keys;
	struct channel_protocol_heartbeat heartbeat;
	struct channel_protocol_answer answer;
	struct channel_protocol_lookup lookup;
	struct slice issuer;
	uint32_t knows;
	size_t n;
	if (f->type == CHANNEL_PROTOCOL_SNAPSHOT && channel_protocol_get_snapshot(f->payload, &snapshot) == RC_OK)
		channel_protocol_put_snapshot(b, &snapshot);
	else if (f->type == CHANNEL_PROTOCOL_KEYS && channel_protocol_get_keys(f->payload, &keys) == RC_OK)
		channel_protocol_put_keys(b, &keys);
	else if (f->type == CHANNEL_PROTOCOL_REVOCATIONS &&
		 channel_protocol_get_revocations(f->payload, revocations, &n) == RC_OK)
		channel_protocol_put_revocations(b, revocations, n, CHANNEL_PROTOCOL_KNOWS_PAIRS);
	else if (f->type == CHANNEL_PROTOCOL_READY && channel_protocol_get_ready(f->payload) == RC_OK)
		channel_protocol_put_ready(b);
	else if (f->type == CHANNEL_PROTOCOL_HEARTBEAT &&
		 channel_protocol_get_heartbeat(f->payload, &heartbeat) == RC_OK)
		channel_protocol_put_heartbeat(b, &heartbeat);
	else if (f->type == CHANNEL_PROTOCOL_ANSWER && channel_protocol_get_answer(f->payload, &answer) == RC_OK)
		channel_protocol_put_answer(b, &answer);
	else if (f->type == CHANNEL_PROTOCOL_HELLO && channel_protocol_get_hello(f->payload, &knows) == RC_OK &&
		 f->payload.n == 8 && knows == CHANNEL_PROTOCOL_KNOWS_PAIRS)
		channel_protocol_put_hello(b);
	else if (f->type == CHANNEL_PROTOCOL_LOOKUP && channel_protocol_get_lookup(f->payload, &lookup) == RC_OK)
		channel_protocol_put_lookup(b, &lookup);
	else if (f->type == CHANNEL_PROTOCOL_UNKNOWN_KID &&
		 channel_protocol_get_unknown_kid(f->payload, &issuer) == RC_OK)
		channel_protocol_put_unknown_kid(b, issuer);
	else if (f->type == CHANNEL_PROTOCOL_FULL && channel_protocol_get_full(f->payload) == RC_OK)
		channel_protocol_put_full(b);
	else
		return false;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_of(data, size);
	struct channel_protocol_frame f;
	struct slice before = rest;
	while (channel_protocol_take(&rest, CHANNEL_PROTOCOL_DOWN_MAX, &f) == RC_OK) {
		struct buf b;
		buf_over(&b, memory, sizeof memory);
		if (write_again(&b, &f) && !slice_eq(buf_slice(&b), slice_to(before, before.n - rest.n)))
			abort();
		before = rest;
	}
	return 0;
}
