/* SPDX-License-Identifier: Apache-2.0 */
/* The link's frames: there and back, every cut, every limit. */
#include "gate/link_proto.h"

#include "t.h"

static uint8_t memory[LINK_PROTO_DOWN_MAX + 1024];
static struct buf b;
static struct gate_end ends[LINK_PROTO_ENDS_MAX];

static struct slice payload(enum link_proto_type type)
{
	struct link_proto_frame f = {0};
	struct slice bytes = buf_slice(&b);
	CHECK_OK(buf_rc(&b));
	CHECK_OK(link_proto_take(&bytes, LINK_PROTO_DOWN_MAX, &f));
	CHECK(f.type == type && bytes.n == 0);
	return f.payload;
}

static void fresh(void)
{
	buf_over(&b, memory, sizeof memory);
}

static void there_and_back(void)
{
	struct link_proto_snapshot s = {LINK_PROTO_VERSION, 7}, s2;
	struct link_proto_keys k = {SLICE("https://id"), SLICE("{\"keys\":[]}")}, k2;
	struct link_proto_heartbeat h = {1800000000}, h2;
	struct link_proto_answer a = {9, {GATE_ANSWER_IDENTITY, SLICE("{}"), 5}}, a2;
	struct link_proto_lookup l = {9, SLICE("web"), SLICE("a.b")}, l2;
	struct slice issuer;
	fresh();
	link_proto_put_snapshot(&b, &s);
	CHECK_OK(link_proto_get_snapshot(payload(LINK_PROTO_SNAPSHOT), &s2));
	CHECK(s2.epoch == 7);
	fresh();
	link_proto_put_keys(&b, &k);
	CHECK_OK(link_proto_get_keys(payload(LINK_PROTO_KEYS), &k2));
	CHECK_SLICE(k2.issuer, k.issuer);
	CHECK_SLICE(k2.jwks, k.jwks);
	fresh();
	link_proto_put_heartbeat(&b, &h);
	CHECK_OK(link_proto_get_heartbeat(payload(LINK_PROTO_HEARTBEAT), &h2));
	CHECK(h2.now == h.now);
	fresh();
	link_proto_put_answer(&b, &a);
	CHECK_OK(link_proto_get_answer(payload(LINK_PROTO_ANSWER), &a2));
	CHECK(a2.id == 9 && a2.answer.kind == GATE_ANSWER_IDENTITY && a2.answer.ttl == 5);
	CHECK_SLICE(a2.answer.text, SLICE("{}"));
	fresh();
	link_proto_put_lookup(&b, &l);
	CHECK_OK(link_proto_get_lookup(payload(LINK_PROTO_LOOKUP), &l2));
	CHECK(l2.id == 9);
	CHECK_SLICE(l2.host, SLICE("web"));
	CHECK_SLICE(l2.cookie, SLICE("a.b"));
	fresh();
	link_proto_put_ready(&b);
	CHECK_OK(link_proto_get_ready(payload(LINK_PROTO_READY)));
	CHECK_RC(link_proto_get_ready(SLICE("x")), RC_SYNTAX);
	fresh();
	link_proto_put_hello(&b);
	CHECK_OK(link_proto_get_hello(payload(LINK_PROTO_HELLO)));
	fresh();
	link_proto_put_unknown_kid(&b, SLICE("https://id"));
	CHECK_OK(link_proto_get_unknown_kid(payload(LINK_PROTO_UNKNOWN_KID), &issuer));
	CHECK_SLICE(issuer, SLICE("https://id"));
}

static void ends_there_and_back(void)
{
	static const struct gate_end in[] = {{GATE_END_JTI, SLICE_INIT("j"), 1, 2}, {GATE_END_CLIENT, SLICE_INIT("shop"), 3, 4}};
	size_t n = 0;
	fresh();
	link_proto_put_ends(&b, in, 2);
	CHECK_OK(link_proto_get_ends(payload(LINK_PROTO_ENDS), ends, &n));
	CHECK(n == 2 && ends[0].kind == GATE_END_JTI && ends[1].kind == GATE_END_CLIENT && ends[1].at == 3 && ends[1].expires == 4);
	CHECK_SLICE(ends[1].id, SLICE("shop"));
}

typedef enum rc reader(struct slice payload);

static enum rc snapshot(struct slice p)
{
	struct link_proto_snapshot m;
	return link_proto_get_snapshot(p, &m);
}

static enum rc keys(struct slice p)
{
	struct link_proto_keys m;
	return link_proto_get_keys(p, &m);
}

static enum rc get_ends(struct slice p)
{
	size_t n;
	return link_proto_get_ends(p, ends, &n);
}

static enum rc heartbeat(struct slice p)
{
	struct link_proto_heartbeat m;
	return link_proto_get_heartbeat(p, &m);
}

static enum rc answer(struct slice p)
{
	struct link_proto_answer m;
	return link_proto_get_answer(p, &m);
}

static enum rc lookup(struct slice p)
{
	struct link_proto_lookup m;
	return link_proto_get_lookup(p, &m);
}

static enum rc unknown_kid(struct slice p)
{
	struct slice s;
	return link_proto_get_unknown_kid(p, &s);
}

/* Every shorter payload and every longer one is refused. */
static void cut(enum link_proto_type type, reader *read)
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
	static const struct gate_end in[] = {{GATE_END_JTI, SLICE_INIT("j"), 1, 2}};
	fresh();
	link_proto_put_snapshot(&b, &(struct link_proto_snapshot){LINK_PROTO_VERSION, 7});
	cut(LINK_PROTO_SNAPSHOT, snapshot);
	link_proto_put_keys(&b, &(struct link_proto_keys){SLICE("i"), SLICE("{}")});
	cut(LINK_PROTO_KEYS, keys);
	link_proto_put_ends(&b, in, 1);
	cut(LINK_PROTO_ENDS, get_ends);
	link_proto_put_heartbeat(&b, &(struct link_proto_heartbeat){5});
	cut(LINK_PROTO_HEARTBEAT, heartbeat);
	link_proto_put_answer(&b, &(struct link_proto_answer){1, {GATE_ANSWER_NONE, SLICE("{}"), 5}});
	cut(LINK_PROTO_ANSWER, answer);
	link_proto_put_lookup(&b, &(struct link_proto_lookup){1, SLICE("h"), SLICE("c")});
	cut(LINK_PROTO_LOOKUP, lookup);
	link_proto_put_unknown_kid(&b, SLICE("i"));
	cut(LINK_PROTO_UNKNOWN_KID, unknown_kid);
	link_proto_put_hello(&b);
	cut(LINK_PROTO_HELLO, link_proto_get_hello);
}

static void frames_are_bounded(void)
{
	struct link_proto_frame f;
	struct slice bytes;
	static const uint8_t huge[] = {0, 0, 1, 1, 4}, none[] = {0, 0, 0, 0}, type[] = {0, 0, 0, 1, 7}, low[] = {0, 0, 0, 1, 0}, high[] = {0, 0, 0, 1, 19},
			     part[] = {0, 0, 0, 2, 4};
	bytes = slice_of(huge, 5);
	CHECK_RC(link_proto_take(&bytes, 256, &f), RC_LIMIT);
	CHECK_RC(link_proto_take(&bytes, 257, &f), RC_MISSING);
	bytes = slice_of(none, 4);
	CHECK_RC(link_proto_take(&bytes, 256, &f), RC_SYNTAX);
	bytes = slice_of(type, 5);
	CHECK_RC(link_proto_take(&bytes, 256, &f), RC_SYNTAX);
	bytes = slice_of(low, 5);
	CHECK_RC(link_proto_take(&bytes, 256, &f), RC_SYNTAX);
	bytes = slice_of(high, 5);
	CHECK_RC(link_proto_take(&bytes, 256, &f), RC_SYNTAX);
	bytes = slice_of(part, 5);
	CHECK_RC(link_proto_take(&bytes, 256, &f), RC_MISSING);
	CHECK(bytes.n == 5);
	bytes = slice_of(part, 3);
	CHECK_RC(link_proto_take(&bytes, 256, &f), RC_MISSING);
}

static void values_out_of_range(void)
{
	fresh();
	buf_u32(&b, 2);
	buf_u64(&b, 1);
	CHECK_RC(snapshot(buf_slice(&b)), RC_RANGE);
	fresh();
	buf_u32(&b, LINK_PROTO_VERSION + 1);
	CHECK_RC(link_proto_get_hello(buf_slice(&b)), RC_RANGE);
	fresh();
	buf_u64(&b, UINT64_MAX);
	CHECK_RC(heartbeat(buf_slice(&b)), RC_RANGE);
	for (unsigned kind = 0; kind < 6; kind++) {
		fresh();
		buf_u64(&b, 1);
		buf_u8(&b, (uint8_t)kind);
		buf_u32(&b, 1);
		buf_block(&b, SLICE(""));
		CHECK_RC(answer(buf_slice(&b)), kind >= 1 && kind <= 3 ? RC_OK : RC_RANGE);
	}
	fresh();
	buf_u16(&b, LINK_PROTO_ENDS_MAX + 1);
	CHECK_RC(get_ends(buf_slice(&b)), RC_LIMIT);
}

static void end_row(uint8_t kind, uint64_t at, uint64_t expires, struct slice id, enum rc want)
{
	fresh();
	buf_u16(&b, 1);
	buf_u8(&b, kind);
	buf_u64(&b, at);
	buf_u64(&b, expires);
	buf_block(&b, id);
	CHECK_RC(get_ends(buf_slice(&b)), want);
}

static void ends_out_of_range(void)
{
	static uint8_t text[GATE_END_ID_MAX + 1];
	end_row(GATE_END_CLIENT, 1, 1, SLICE("x"), RC_OK);
	end_row(GATE_END_KIND_COUNT, 1, 1, SLICE("x"), RC_RANGE);
	end_row(0, UINT64_MAX, 1, SLICE("x"), RC_RANGE);
	end_row(0, 1, UINT64_MAX, SLICE("x"), RC_RANGE);
	end_row(0, 1, 1, SLICE(""), RC_RANGE);
	end_row(0, 1, 1, slice_of(text, GATE_END_ID_MAX), RC_OK);
	end_row(0, 1, 1, slice_of(text, GATE_END_ID_MAX + 1), RC_LIMIT);
}

static void blocks_over_their_maximum(void)
{
	static uint8_t big[LINK_PROTO_DOWN_MAX];
	fresh();
	link_proto_put_keys(&b, &(struct link_proto_keys){slice_of(big, LINK_PROTO_ISSUER_MAX + 1), SLICE("{}")});
	CHECK_RC(keys(payload(LINK_PROTO_KEYS)), RC_LIMIT);
	fresh();
	link_proto_put_keys(&b, &(struct link_proto_keys){SLICE("i"), slice_of(big, LINK_PROTO_JWKS_MAX + 1)});
	CHECK_RC(keys(payload(LINK_PROTO_KEYS)), RC_LIMIT);
	fresh();
	link_proto_put_lookup(&b, &(struct link_proto_lookup){1, slice_of(big, LINK_PROTO_HOST_MAX + 1), SLICE("c")});
	CHECK_RC(lookup(payload(LINK_PROTO_LOOKUP)), RC_LIMIT);
	fresh();
	link_proto_put_lookup(&b, &(struct link_proto_lookup){1, SLICE("h"), slice_of(big, GATE_COOKIE_MAX + 1)});
	CHECK_RC(lookup(payload(LINK_PROTO_LOOKUP)), RC_LIMIT);
	fresh();
	link_proto_put_answer(&b, &(struct link_proto_answer){1, {GATE_ANSWER_IDENTITY, slice_of(big, LINK_PROTO_ANSWER_MAX + 1), 1}});
	CHECK_RC(answer(payload(LINK_PROTO_ANSWER)), RC_LIMIT);
	fresh();
	link_proto_put_unknown_kid(&b, slice_of(big, LINK_PROTO_ISSUER_MAX + 1));
	CHECK_RC(unknown_kid(payload(LINK_PROTO_UNKNOWN_KID)), RC_LIMIT);
	fresh();
	link_proto_put_keys(&b, &(struct link_proto_keys){SLICE("i"), slice_of(big, LINK_PROTO_DOWN_MAX)});
	CHECK_RC(buf_rc(&b), RC_LIMIT);
}

T_MAIN(T(there_and_back), T(ends_there_and_back), T(every_cut_is_refused), T(frames_are_bounded), T(values_out_of_range),
       T(ends_out_of_range), T(blocks_over_their_maximum))
