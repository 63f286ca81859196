/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/channel_protocol.h"

#include "base/cursor.h"

static bool known(uint8_t type)
{
	return (type >= CHANNEL_PROTOCOL_SNAPSHOT && type <= CHANNEL_PROTOCOL_ANSWER) ||
	       (type >= CHANNEL_PROTOCOL_HELLO && type <= CHANNEL_PROTOCOL_FULL);
}

enum rc channel_protocol_take(struct slice *bytes, size_t max, struct channel_protocol_frame *ret_frame)
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
	*ret_frame = (struct channel_protocol_frame){(enum channel_protocol_type)body.p[0], slice_from(body, 1)};
	*bytes = c.rest;
	return RC_OK;
}

static void head(struct buf *b, enum channel_protocol_type type, size_t payload)
{
	if (payload >= CHANNEL_PROTOCOL_DOWN_MAX)
		b->rc = RC_LIMIT;
	buf_u32(b, (uint32_t)payload + 1);
	buf_u8(b, (uint8_t)type);
}

/* ---- daemon → gateway ---- */

void channel_protocol_put_snapshot(struct buf *b, const struct channel_protocol_snapshot *m)
{
	head(b, CHANNEL_PROTOCOL_SNAPSHOT, 12);
	buf_u32(b, m->version);
	buf_u64(b, m->epoch);
}

enum rc channel_protocol_get_snapshot(struct slice payload, struct channel_protocol_snapshot *ret_m)
{
	struct cursor c = cursor_of(payload);
	TRY(cursor_u32(&c, &ret_m->version));
	TRY(cursor_u64(&c, &ret_m->epoch));
	TRY(cursor_end(&c));
	return ret_m->version == CHANNEL_PROTOCOL_VERSION ? RC_OK : RC_RANGE;
}

void channel_protocol_put_keys(struct buf *b, const struct channel_protocol_keys *m)
{
	head(b, CHANNEL_PROTOCOL_KEYS, 8 + m->issuer.n + m->jwks.n);
	buf_block(b, m->issuer);
	buf_block(b, m->jwks);
}

enum rc channel_protocol_get_keys(struct slice payload, struct channel_protocol_keys *ret_m)
{
	struct cursor c = cursor_of(payload);
	TRY(cursor_block(&c, CHANNEL_PROTOCOL_ISSUER_MAX, &ret_m->issuer));
	TRY(cursor_block(&c, CHANNEL_PROTOCOL_JWKS_MAX, &ret_m->jwks));
	return cursor_end(&c);
}

static struct revocation as_known(const struct revocation *end, uint32_t knows)
{
	struct revocation said = *end;
	if ((knows & CHANNEL_PROTOCOL_KNOWS_PAIRS) != 0 || end->type != REVOCATION_USER_CLIENT)
		return said;
	said.type = REVOCATION_USER;
	said.id = slice_to(end->id, slice_find(end->id, ' '));
	return said;
}

void channel_protocol_put_revocations(struct buf *b, const struct revocation *revocations, size_t count,
				      uint32_t knows)
{
	size_t payload = 2;
	for (size_t i = 0; i < count; i++)
		payload += 1 + 8 + 8 + 4 + as_known(&revocations[i], knows).id.n;
	head(b, CHANNEL_PROTOCOL_REVOCATIONS, payload);
	buf_u16(b, (uint16_t)count);
	for (size_t i = 0; i < count; i++) {
		const struct revocation said = as_known(&revocations[i], knows);
		buf_u8(b, (uint8_t)said.type);
		buf_u64(b, (uint64_t)said.at);
		buf_u64(b, (uint64_t)said.expires);
		buf_block(b, said.id);
	}
}

static enum rc get_end(struct cursor *c, struct revocation *ret_end)
{
	uint8_t type;
	uint64_t at, expires;
	TRY(cursor_u8(c, &type));
	TRY(cursor_u64(c, &at));
	TRY(cursor_u64(c, &expires));
	TRY(cursor_block(c, REVOCATION_ID_MAX, &ret_end->id));
	if (type >= REVOCATION_TYPE_COUNT || at > INT64_MAX || expires > INT64_MAX || ret_end->id.n == 0)
		return RC_RANGE;
	ret_end->type = (enum revocation_type)type;
	ret_end->at = (int64_t)at;
	ret_end->expires = (int64_t)expires;
	return RC_OK;
}

enum rc channel_protocol_get_revocations(struct slice payload, struct revocation *ret_revocations,
					 size_t *ret_count)
{
	struct cursor c = cursor_of(payload);
	uint16_t count;
	TRY(cursor_u16(&c, &count));
	if (count > CHANNEL_PROTOCOL_REVOCATIONS_MAX)
		return RC_LIMIT;
	for (size_t i = 0; i < count; i++)
		TRY(get_end(&c, &ret_revocations[i]));
	TRY(cursor_end(&c));
	*ret_count = count;
	return RC_OK;
}

void channel_protocol_put_ready(struct buf *b)
{
	head(b, CHANNEL_PROTOCOL_READY, 0);
}

enum rc channel_protocol_get_ready(struct slice payload)
{
	return payload.n == 0 ? RC_OK : RC_SYNTAX;
}

void channel_protocol_put_heartbeat(struct buf *b, const struct channel_protocol_heartbeat *m)
{
	head(b, CHANNEL_PROTOCOL_HEARTBEAT, 8);
	buf_u64(b, (uint64_t)m->now);
}

enum rc channel_protocol_get_heartbeat(struct slice payload, struct channel_protocol_heartbeat *ret_m)
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

void channel_protocol_put_answer(struct buf *b, const struct channel_protocol_answer *m)
{
	head(b, CHANNEL_PROTOCOL_ANSWER, 8 + 1 + 4 + 4 + m->answer.text.n);
	buf_u64(b, m->id);
	buf_u8(b, (uint8_t)m->answer.type);
	buf_u32(b, (uint32_t)m->answer.ttl);
	buf_block(b, m->answer.text);
}

enum rc channel_protocol_get_answer(struct slice payload, struct channel_protocol_answer *ret_m)
{
	struct cursor c = cursor_of(payload);
	uint8_t type;
	uint32_t ttl;
	TRY(cursor_u64(&c, &ret_m->id));
	TRY(cursor_u8(&c, &type));
	TRY(cursor_u32(&c, &ttl));
	TRY(cursor_block(&c, CHANNEL_PROTOCOL_ANSWER_MAX, &ret_m->answer.text));
	TRY(cursor_end(&c));
	if (type != GATEWAY_ANSWER_IDENTITY && type != GATEWAY_ANSWER_NONE && type != GATEWAY_ANSWER_ERROR)
		return RC_RANGE;
	ret_m->answer.type = (enum gateway_answer_type)type;
	ret_m->answer.ttl = ttl;
	return RC_OK;
}

/* ---- gateway → daemon ---- */

void channel_protocol_put_hello(struct buf *b)
{
	head(b, CHANNEL_PROTOCOL_HELLO, 8);
	buf_u32(b, CHANNEL_PROTOCOL_VERSION);
	buf_u32(b, CHANNEL_PROTOCOL_KNOWS_PAIRS);
}

enum rc channel_protocol_get_hello(struct slice payload, uint32_t *ret_knows)
{
	struct cursor c = cursor_of(payload);
	uint32_t version, knows = 0;
	TRY(cursor_u32(&c, &version));
	/* A gateway of an earlier version sends no more. */
	if (c.rest.n > 0)
		TRY(cursor_u32(&c, &knows));
	TRY(cursor_end(&c));
	*ret_knows = knows;
	return version == CHANNEL_PROTOCOL_VERSION ? RC_OK : RC_RANGE;
}

void channel_protocol_put_lookup(struct buf *b, const struct channel_protocol_lookup *m)
{
	head(b, CHANNEL_PROTOCOL_LOOKUP, 8 + 4 + m->host.n + 4 + m->cookie.n);
	buf_u64(b, m->id);
	buf_block(b, m->host);
	buf_block(b, m->cookie);
}

enum rc channel_protocol_get_lookup(struct slice payload, struct channel_protocol_lookup *ret_m)
{
	struct cursor c = cursor_of(payload);
	TRY(cursor_u64(&c, &ret_m->id));
	TRY(cursor_block(&c, CHANNEL_PROTOCOL_HOST_MAX, &ret_m->host));
	TRY(cursor_block(&c, GATEWAY_COOKIE_MAX, &ret_m->cookie));
	return cursor_end(&c);
}

void channel_protocol_put_unknown_kid(struct buf *b, struct slice issuer)
{
	head(b, CHANNEL_PROTOCOL_UNKNOWN_KID, 4 + issuer.n);
	buf_block(b, issuer);
}

enum rc channel_protocol_get_unknown_kid(struct slice payload, struct slice *ret_issuer)
{
	struct cursor c = cursor_of(payload);
	TRY(cursor_block(&c, CHANNEL_PROTOCOL_ISSUER_MAX, ret_issuer));
	return cursor_end(&c);
}

void channel_protocol_put_full(struct buf *b)
{
	head(b, CHANNEL_PROTOCOL_FULL, 0);
}

enum rc channel_protocol_get_full(struct slice payload)
{
	return payload.n == 0 ? RC_OK : RC_SYNTAX;
}
