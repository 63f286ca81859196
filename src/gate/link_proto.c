/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/link_proto.h"

#include "base/cursor.h"

static bool known(uint8_t type)
{
	return (type >= LINK_PROTO_SNAPSHOT && type <= LINK_PROTO_ANSWER) ||
	       (type >= LINK_PROTO_HELLO && type <= LINK_PROTO_UNKNOWN_KID);
}

enum rc link_proto_take(struct slice *bytes, size_t max, struct link_proto_frame *ret_frame)
{
	struct cursor c = cursor_of(*bytes);
	struct slice body;
	uint32_t n;
	if (cursor_u32(&c, &n) != RC_OK)
		return RC_MISSING;
	if (n == 0)
		return RC_SYNTAX;
	if (n > max)
		return RC_LIMIT;
	if (cursor_bytes(&c, n, &body) != RC_OK)
		return RC_MISSING;
	if (!known(body.p[0]))
		return RC_SYNTAX;
	*ret_frame = (struct link_proto_frame){(enum link_proto_type)body.p[0], slice_from(body, 1)};
	*bytes = c.rest;
	return RC_OK;
}

static void head(struct buf *b, enum link_proto_type type, size_t payload)
{
	if (payload >= LINK_PROTO_DOWN_MAX)
		b->rc = RC_LIMIT;
	buf_u32(b, (uint32_t)payload + 1);
	buf_u8(b, (uint8_t)type);
}

/* ---- daemon → gateway ---- */

void link_proto_put_snapshot(struct buf *b, const struct link_proto_snapshot *m)
{
	head(b, LINK_PROTO_SNAPSHOT, 12);
	buf_u32(b, m->version);
	buf_u64(b, m->epoch);
}

enum rc link_proto_get_snapshot(struct slice payload, struct link_proto_snapshot *ret_m)
{
	struct cursor c = cursor_of(payload);
	TRY(cursor_u32(&c, &ret_m->version));
	TRY(cursor_u64(&c, &ret_m->epoch));
	TRY(cursor_end(&c));
	return ret_m->version == LINK_PROTO_VERSION ? RC_OK : RC_RANGE;
}

void link_proto_put_keys(struct buf *b, const struct link_proto_keys *m)
{
	head(b, LINK_PROTO_KEYS, 8 + m->issuer.n + m->jwks.n);
	buf_block(b, m->issuer);
	buf_block(b, m->jwks);
}

enum rc link_proto_get_keys(struct slice payload, struct link_proto_keys *ret_m)
{
	struct cursor c = cursor_of(payload);
	TRY(cursor_block(&c, LINK_PROTO_ISSUER_MAX, &ret_m->issuer));
	TRY(cursor_block(&c, LINK_PROTO_JWKS_MAX, &ret_m->jwks));
	return cursor_end(&c);
}

void link_proto_put_ends(struct buf *b, const struct gate_end *ends, size_t count)
{
	size_t payload = 2;
	for (size_t i = 0; i < count; i++)
		payload += 1 + 8 + 8 + 4 + ends[i].id.n;
	head(b, LINK_PROTO_ENDS, payload);
	buf_u16(b, (uint16_t)count);
	for (size_t i = 0; i < count; i++) {
		buf_u8(b, (uint8_t)ends[i].kind);
		buf_u64(b, (uint64_t)ends[i].at);
		buf_u64(b, (uint64_t)ends[i].expires);
		buf_block(b, ends[i].id);
	}
}

static enum rc get_end(struct cursor *c, struct gate_end *ret_end)
{
	uint8_t kind;
	uint64_t at, expires;
	TRY(cursor_u8(c, &kind));
	TRY(cursor_u64(c, &at));
	TRY(cursor_u64(c, &expires));
	TRY(cursor_block(c, GATE_END_ID_MAX, &ret_end->id));
	if (kind >= GATE_END_KIND_COUNT || at > INT64_MAX || expires > INT64_MAX || ret_end->id.n == 0)
		return RC_RANGE;
	ret_end->kind = (enum gate_end_kind)kind;
	ret_end->at = (int64_t)at;
	ret_end->expires = (int64_t)expires;
	return RC_OK;
}

enum rc link_proto_get_ends(struct slice payload, struct gate_end *ret_ends, size_t *ret_count)
{
	struct cursor c = cursor_of(payload);
	uint16_t count;
	TRY(cursor_u16(&c, &count));
	if (count > LINK_PROTO_ENDS_MAX)
		return RC_LIMIT;
	for (size_t i = 0; i < count; i++)
		TRY(get_end(&c, &ret_ends[i]));
	TRY(cursor_end(&c));
	*ret_count = count;
	return RC_OK;
}

void link_proto_put_ready(struct buf *b)
{
	head(b, LINK_PROTO_READY, 0);
}

enum rc link_proto_get_ready(struct slice payload)
{
	return payload.n == 0 ? RC_OK : RC_SYNTAX;
}

void link_proto_put_heartbeat(struct buf *b, const struct link_proto_heartbeat *m)
{
	head(b, LINK_PROTO_HEARTBEAT, 8);
	buf_u64(b, (uint64_t)m->now);
}

enum rc link_proto_get_heartbeat(struct slice payload, struct link_proto_heartbeat *ret_m)
{
	struct cursor c = cursor_of(payload);
	uint64_t now;
	TRY(cursor_u64(&c, &now));
	TRY(cursor_end(&c));
	if (now > INT64_MAX)
		return RC_RANGE;
	ret_m->now = (int64_t)now;
	return RC_OK;
}

void link_proto_put_answer(struct buf *b, const struct link_proto_answer *m)
{
	head(b, LINK_PROTO_ANSWER, 8 + 1 + 4 + 4 + m->answer.text.n);
	buf_u64(b, m->id);
	buf_u8(b, (uint8_t)m->answer.kind);
	buf_u32(b, (uint32_t)m->answer.ttl);
	buf_block(b, m->answer.text);
}

enum rc link_proto_get_answer(struct slice payload, struct link_proto_answer *ret_m)
{
	struct cursor c = cursor_of(payload);
	uint8_t kind;
	uint32_t ttl;
	TRY(cursor_u64(&c, &ret_m->id));
	TRY(cursor_u8(&c, &kind));
	TRY(cursor_u32(&c, &ttl));
	TRY(cursor_block(&c, LINK_PROTO_ANSWER_MAX, &ret_m->answer.text));
	TRY(cursor_end(&c));
	if (kind != GATE_ANSWER_IDENTITY && kind != GATE_ANSWER_NONE && kind != GATE_ANSWER_ERROR)
		return RC_RANGE;
	ret_m->answer.kind = (enum gate_answer_kind)kind;
	ret_m->answer.ttl = ttl;
	return RC_OK;
}

/* ---- gateway → daemon ---- */

void link_proto_put_hello(struct buf *b)
{
	head(b, LINK_PROTO_HELLO, 4);
	buf_u32(b, LINK_PROTO_VERSION);
}

enum rc link_proto_get_hello(struct slice payload)
{
	struct cursor c = cursor_of(payload);
	uint32_t version;
	TRY(cursor_u32(&c, &version));
	TRY(cursor_end(&c));
	return version == LINK_PROTO_VERSION ? RC_OK : RC_RANGE;
}

void link_proto_put_lookup(struct buf *b, const struct link_proto_lookup *m)
{
	head(b, LINK_PROTO_LOOKUP, 8 + 4 + m->host.n + 4 + m->cookie.n);
	buf_u64(b, m->id);
	buf_block(b, m->host);
	buf_block(b, m->cookie);
}

enum rc link_proto_get_lookup(struct slice payload, struct link_proto_lookup *ret_m)
{
	struct cursor c = cursor_of(payload);
	TRY(cursor_u64(&c, &ret_m->id));
	TRY(cursor_block(&c, LINK_PROTO_HOST_MAX, &ret_m->host));
	TRY(cursor_block(&c, GATE_COOKIE_MAX, &ret_m->cookie));
	return cursor_end(&c);
}

void link_proto_put_unknown_kid(struct buf *b, struct slice issuer)
{
	head(b, LINK_PROTO_UNKNOWN_KID, 4 + issuer.n);
	buf_block(b, issuer);
}

enum rc link_proto_get_unknown_kid(struct slice payload, struct slice *ret_issuer)
{
	struct cursor c = cursor_of(payload);
	TRY(cursor_block(&c, LINK_PROTO_ISSUER_MAX, ret_issuer));
	return cursor_end(&c);
}
