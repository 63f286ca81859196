/* SPDX-License-Identifier: Apache-2.0 */
/* The link's frames: there and back, every cut, every limit. */
#include "gateway/channel_protocol.h"

#include "t.h"

static uint8_t memory[CHANNEL_PROTOCOL_DOWN_MAX + 1024];
static struct buf b;
static struct revocation revocations[CHANNEL_PROTOCOL_REVOCATIONS_MAX];

static struct slice payload(enum channel_protocol_type type)
{
	struct channel_protocol_frame f = {0};
	struct slice bytes = buf_slice(&b);
	CHECK_OK(buf_rc(&b));
	CHECK_OK(channel_protocol_take(&bytes, CHANNEL_PROTOCOL_DOWN_MAX, &f));
	CHECK(f.type == type && bytes.n == 0);
	return f.payload;
}

static void fresh(void)
{
	buf_over(&b, memory, sizeof memory);
}

static void there_and_back(void)
{
	struct channel_protocol_snapshot s = {CHANNEL_PROTOCOL_VERSION, 7}, s2;
	struct channel_protocol_keys k = {SLICE("https://id"), SLICE("{\"keys\":[]}")}, k2;
	struct channel_protocol_heartbeat h = {1800000000}, h2;
	struct channel_protocol_answer a = {9, {GATEWAY_ANSWER_IDENTITY, SLICE("{}"), 5}}, a2;
	struct channel_protocol_lookup l = {9, SLICE("web"), SLICE("a.b")}, l2;
	struct slice issuer;
	uint32_t knows = 0;
	fresh();
	channel_protocol_put_snapshot(&b, &s);
	CHECK_OK(channel_protocol_get_snapshot(payload(CHANNEL_PROTOCOL_SNAPSHOT), &s2));
	CHECK(s2.epoch == 7);
	fresh();
	channel_protocol_put_keys(&b, &k);
	CHECK_OK(channel_protocol_get_keys(payload(CHANNEL_PROTOCOL_KEYS), &k2));
	CHECK_SLICE(k2.issuer, k.issuer);
	CHECK_SLICE(k2.jwks, k.jwks);
	fresh();
	channel_protocol_put_heartbeat(&b, &h);
	CHECK_OK(channel_protocol_get_heartbeat(payload(CHANNEL_PROTOCOL_HEARTBEAT), &h2));
	CHECK(h2.now == h.now);
	fresh();
	channel_protocol_put_answer(&b, &a);
	CHECK_OK(channel_protocol_get_answer(payload(CHANNEL_PROTOCOL_ANSWER), &a2));
	CHECK(a2.id == 9 && a2.answer.type == GATEWAY_ANSWER_IDENTITY && a2.answer.ttl == 5);
	CHECK_SLICE(a2.answer.text, SLICE("{}"));
	fresh();
	channel_protocol_put_lookup(&b, &l);
	CHECK_OK(channel_protocol_get_lookup(payload(CHANNEL_PROTOCOL_LOOKUP), &l2));
	CHECK(l2.id == 9);
	CHECK_SLICE(l2.host, SLICE("web"));
	CHECK_SLICE(l2.cookie, SLICE("a.b"));
	fresh();
	channel_protocol_put_ready(&b);
	CHECK_OK(channel_protocol_get_ready(payload(CHANNEL_PROTOCOL_READY)));
	CHECK_RC(channel_protocol_get_ready(SLICE("x")), RC_SYNTAX);
	fresh();
	channel_protocol_put_hello(&b);
	CHECK_OK(channel_protocol_get_hello(payload(CHANNEL_PROTOCOL_HELLO), &knows));
	CHECK(knows == CHANNEL_PROTOCOL_KNOWS_PAIRS);
	fresh();
	channel_protocol_put_unknown_kid(&b, SLICE("https://id"));
	CHECK_OK(channel_protocol_get_unknown_kid(payload(CHANNEL_PROTOCOL_UNKNOWN_KID), &issuer));
	CHECK_SLICE(issuer, SLICE("https://id"));
}

static void revocations_there_and_back(void)
{
	static const struct revocation in[] = {{REVOCATION_JTI, SLICE_INIT("j"), 1, 2}, {REVOCATION_CLIENT, SLICE_INIT("shop"), 3, 4}};
	size_t n = 0;
	fresh();
	channel_protocol_put_revocations(&b, in, 2, 0);
	CHECK_OK(channel_protocol_get_revocations(payload(CHANNEL_PROTOCOL_REVOCATIONS), revocations, &n));
	CHECK(n == 2 && revocations[0].type == REVOCATION_JTI && revocations[1].type == REVOCATION_CLIENT && revocations[1].at == 3 && revocations[1].expires == 4);
	CHECK_SLICE(revocations[1].id, SLICE("shop"));
}

/* Gateways of before know no user at a client: they hear of the user, and so let nothing through that is revoked. */
static void a_gateway_of_before_hears_of_the_user(void)
{
	static const struct revocation in[] = {{REVOCATION_USER_CLIENT, SLICE_INIT("u shop"), 1, 2, 0}, {REVOCATION_CLIENT, SLICE_INIT("x y"), 3, 4, 0}};
	for (uint32_t knows = 0; knows <= 3; knows++) {
		const bool pairs = (knows & 1) != 0;
		size_t n = 0;
		fresh();
		channel_protocol_put_revocations(&b, in, 2, knows);
		CHECK_OK(channel_protocol_get_revocations(payload(CHANNEL_PROTOCOL_REVOCATIONS), revocations, &n));
		CHECK(n == 2 && revocations[0].at == 1 && revocations[0].expires == 2 && revocations[1].type == REVOCATION_CLIENT);
		CHECK(revocations[0].type == (pairs ? REVOCATION_USER_CLIENT : REVOCATION_USER));
		CHECK_SLICE(revocations[0].id, pairs ? SLICE("u shop") : SLICE("u"));
		CHECK_SLICE(revocations[1].id, SLICE("x y"));
	}
}

typedef enum rc reader(struct slice payload);

static enum rc snapshot(struct slice p)
{
	struct channel_protocol_snapshot m;
	return channel_protocol_get_snapshot(p, &m);
}

static enum rc keys(struct slice p)
{
	struct channel_protocol_keys m;
	return channel_protocol_get_keys(p, &m);
}

static enum rc hello(struct slice p)
{
	uint32_t knows;
	return channel_protocol_get_hello(p, &knows);
}

static enum rc get_ends(struct slice p)
{
	size_t n;
	return channel_protocol_get_revocations(p, revocations, &n);
}

static enum rc heartbeat(struct slice p)
{
	struct channel_protocol_heartbeat m;
	return channel_protocol_get_heartbeat(p, &m);
}

static enum rc answer(struct slice p)
{
	struct channel_protocol_answer m;
	return channel_protocol_get_answer(p, &m);
}

static enum rc lookup(struct slice p)
{
	struct channel_protocol_lookup m;
	return channel_protocol_get_lookup(p, &m);
}

static enum rc unknown_kid(struct slice p)
{
	struct slice s;
	return channel_protocol_get_unknown_kid(p, &s);
}

/* Every shorter payload and every longer one is refused. */
static void cut(enum channel_protocol_type type, reader *read)
{
	struct slice p = payload(type);
	uint8_t longer[512];
	CHECK_OK(read(p));
	for (size_t n = 0; n < p.n; n++)
		CHECK_RC(read(slice_to(p, n)), RC_SYNTAX);
	memcpy(longer, p.p, p.n);
	longer[p.n] = 0;
	CHECK_RC(read(slice_of(longer, p.n + 1)), RC_SYNTAX);
	fresh();
}

static void every_cut_is_refused(void)
{
	static const struct revocation in[] = {{REVOCATION_JTI, SLICE_INIT("j"), 1, 2}};
	fresh();
	channel_protocol_put_snapshot(&b, &(struct channel_protocol_snapshot){CHANNEL_PROTOCOL_VERSION, 7});
	cut(CHANNEL_PROTOCOL_SNAPSHOT, snapshot);
	channel_protocol_put_keys(&b, &(struct channel_protocol_keys){SLICE("i"), SLICE("{}")});
	cut(CHANNEL_PROTOCOL_KEYS, keys);
	channel_protocol_put_revocations(&b, in, 1, 0);
	cut(CHANNEL_PROTOCOL_REVOCATIONS, get_ends);
	channel_protocol_put_heartbeat(&b, &(struct channel_protocol_heartbeat){5});
	cut(CHANNEL_PROTOCOL_HEARTBEAT, heartbeat);
	channel_protocol_put_answer(&b, &(struct channel_protocol_answer){1, {GATEWAY_ANSWER_NONE, SLICE("{}"), 5}});
	cut(CHANNEL_PROTOCOL_ANSWER, answer);
	channel_protocol_put_lookup(&b, &(struct channel_protocol_lookup){1, SLICE("h"), SLICE("c")});
	cut(CHANNEL_PROTOCOL_LOOKUP, lookup);
	channel_protocol_put_unknown_kid(&b, SLICE("i"));
	cut(CHANNEL_PROTOCOL_UNKNOWN_KID, unknown_kid);
	channel_protocol_put_hello(&b);
	/* Cut behind its version it is that of a gateway of before, which knows nothing more. */
	buf_u8(&b, 0);
	for (size_t n = 0; n <= 9; n++)
		CHECK_RC(hello(slice_to(slice_from(buf_slice(&b), CHANNEL_PROTOCOL_HEAD), n)), n == 4 || n == 8 ? RC_OK : RC_SYNTAX);
	fresh();
	channel_protocol_put_full(&b);
	CHECK_OK(channel_protocol_get_full(payload(CHANNEL_PROTOCOL_FULL)));
	CHECK_RC(channel_protocol_get_full(SLICE("x")), RC_SYNTAX);
}

static void frames_are_bounded(void)
{
	struct channel_protocol_frame f;
	struct slice bytes;
	static const uint8_t huge[] = {0, 0, 1, 1, 4}, none[] = {0, 0, 0, 0}, type[] = {0, 0, 0, 1, 7}, low[] = {0, 0, 0, 1, 0}, high[] = {0, 0, 0, 1, 20},
			     part[] = {0, 0, 0, 2, 4};
	bytes = slice_of(huge, 5);
	CHECK_RC(channel_protocol_take(&bytes, 256, &f), RC_LIMIT);
	CHECK_RC(channel_protocol_take(&bytes, 257, &f), RC_MISSING);
	bytes = slice_of(none, 4);
	CHECK_RC(channel_protocol_take(&bytes, 256, &f), RC_SYNTAX);
	bytes = slice_of(type, 5);
	CHECK_RC(channel_protocol_take(&bytes, 256, &f), RC_SYNTAX);
	bytes = slice_of(low, 5);
	CHECK_RC(channel_protocol_take(&bytes, 256, &f), RC_SYNTAX);
	bytes = slice_of(high, 5);
	CHECK_RC(channel_protocol_take(&bytes, 256, &f), RC_SYNTAX);
	bytes = slice_of(part, 5);
	CHECK_RC(channel_protocol_take(&bytes, 256, &f), RC_MISSING);
	CHECK(bytes.n == 5);
	bytes = slice_of(part, 3);
	CHECK_RC(channel_protocol_take(&bytes, 256, &f), RC_MISSING);
}

static void values_out_of_range(void)
{
	fresh();
	buf_u32(&b, 2);
	buf_u64(&b, 1);
	CHECK_RC(snapshot(buf_slice(&b)), RC_RANGE);
	fresh();
	for (uint32_t version = 0; version <= CHANNEL_PROTOCOL_VERSION + 1; version++) {
		fresh();
		buf_u32(&b, version);
		CHECK_RC(hello(buf_slice(&b)), version == CHANNEL_PROTOCOL_VERSION ? RC_OK : RC_RANGE);
	}
	fresh();
	buf_u64(&b, UINT64_MAX);
	CHECK_RC(heartbeat(buf_slice(&b)), RC_RANGE);
	for (unsigned type = 0; type < 6; type++) {
		fresh();
		buf_u64(&b, 1);
		buf_u8(&b, (uint8_t)type);
		buf_u32(&b, 1);
		buf_block(&b, SLICE(""));
		CHECK_RC(answer(buf_slice(&b)), type >= 1 && type <= 3 ? RC_OK : RC_RANGE);
	}
	fresh();
	buf_u16(&b, CHANNEL_PROTOCOL_REVOCATIONS_MAX + 1);
	CHECK_RC(get_ends(buf_slice(&b)), RC_LIMIT);
}

static void end_row(uint8_t type, uint64_t at, uint64_t expires, struct slice id, enum rc want)
{
	fresh();
	buf_u16(&b, 1);
	buf_u8(&b, type);
	buf_u64(&b, at);
	buf_u64(&b, expires);
	buf_block(&b, id);
	CHECK_RC(get_ends(buf_slice(&b)), want);
}

static void revocations_out_of_range(void)
{
	static uint8_t text[REVOCATION_ID_MAX + 1];
	end_row(REVOCATION_CLIENT, 1, 1, SLICE("x"), RC_OK);
	end_row(REVOCATION_TYPE_COUNT, 1, 1, SLICE("x"), RC_RANGE);
	end_row(0, UINT64_MAX, 1, SLICE("x"), RC_RANGE);
	end_row(0, 1, UINT64_MAX, SLICE("x"), RC_RANGE);
	end_row(0, 1, 1, SLICE(""), RC_RANGE);
	end_row(0, 1, 1, slice_of(text, REVOCATION_ID_MAX), RC_OK);
	end_row(0, 1, 1, slice_of(text, REVOCATION_ID_MAX + 1), RC_LIMIT);
}

static void blocks_over_their_maximum(void)
{
	static uint8_t big[CHANNEL_PROTOCOL_DOWN_MAX];
	fresh();
	channel_protocol_put_keys(&b, &(struct channel_protocol_keys){slice_of(big, CHANNEL_PROTOCOL_ISSUER_MAX + 1), SLICE("{}")});
	CHECK_RC(keys(payload(CHANNEL_PROTOCOL_KEYS)), RC_LIMIT);
	fresh();
	channel_protocol_put_keys(&b, &(struct channel_protocol_keys){SLICE("i"), slice_of(big, CHANNEL_PROTOCOL_JWKS_MAX + 1)});
	CHECK_RC(keys(payload(CHANNEL_PROTOCOL_KEYS)), RC_LIMIT);
	fresh();
	channel_protocol_put_lookup(&b, &(struct channel_protocol_lookup){1, slice_of(big, CHANNEL_PROTOCOL_HOST_MAX + 1), SLICE("c")});
	CHECK_RC(lookup(payload(CHANNEL_PROTOCOL_LOOKUP)), RC_LIMIT);
	fresh();
	channel_protocol_put_lookup(&b, &(struct channel_protocol_lookup){1, SLICE("h"), slice_of(big, GATEWAY_COOKIE_MAX + 1)});
	CHECK_RC(lookup(payload(CHANNEL_PROTOCOL_LOOKUP)), RC_LIMIT);
	fresh();
	channel_protocol_put_answer(&b, &(struct channel_protocol_answer){1, {GATEWAY_ANSWER_IDENTITY, slice_of(big, CHANNEL_PROTOCOL_ANSWER_MAX + 1), 1}});
	CHECK_RC(answer(payload(CHANNEL_PROTOCOL_ANSWER)), RC_LIMIT);
	fresh();
	channel_protocol_put_unknown_kid(&b, slice_of(big, CHANNEL_PROTOCOL_ISSUER_MAX + 1));
	CHECK_RC(unknown_kid(payload(CHANNEL_PROTOCOL_UNKNOWN_KID)), RC_LIMIT);
	fresh();
	channel_protocol_put_keys(&b, &(struct channel_protocol_keys){SLICE("i"), slice_of(big, CHANNEL_PROTOCOL_DOWN_MAX)});
	CHECK_RC(buf_rc(&b), RC_LIMIT);
}

T_MAIN(T(there_and_back), T(revocations_there_and_back), T(a_gateway_of_before_hears_of_the_user), T(every_cut_is_refused), T(frames_are_bounded), T(values_out_of_range),
       T(revocations_out_of_range), T(blocks_over_their_maximum))
