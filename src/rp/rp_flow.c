/* SPDX-License-Identifier: Apache-2.0 */
#include "rp/rp_flow.h"

#include "base/ascii.h"
#include "base/base64url.h"
#include "base/cursor.h"
#include "crypto/hash.h"
#include "sealed/envelope.h"

enum { BIND_BYTES = 32, SECRET_BYTES = 32, PLAIN_MAX = 4096, DROPS_MAX = 5, MARK_BYTES = 8 + 32 };

#define PURPOSE SLICE("sign-in in flight")

static enum rc cookie_name(struct slice id, struct arena *a, struct slice *ret_name)
{
	const struct slice parts[] = {SLICE(RP_FLOW_COOKIE), id};
	return arena_join(a, parts, ARRAY_LEN(parts), ret_name);
}

/* One flow of the browser's Cookie header: value "<unix seconds>.<sealed>". Malformed ones count as oldest. */
struct flow_cookie {
	struct slice name;
	size_t bytes;
	int64_t at;
};

static struct flow_cookie flow_cookie_read(struct slice pair)
{
	size_t equals = slice_find(pair, '=');
	struct slice since = slice_from(pair, equals + 1);
	struct flow_cookie f = {.name = slice_to(pair, equals), .bytes = pair.n + 2};
	for (size_t i = 0; i < since.n && i < 12 && ascii_is(since.p[i], ASCII_DIGIT); i++)
		f.at = f.at * 10 + (since.p[i] - '0');
	return f;
}

/* The newest FLOWS_SEEN; we never set more. */
enum { FLOWS_SEEN = FLOW_MAX + DROPS_MAX };

static size_t flow_cookies(struct slice header, struct flow_cookie v[static FLOWS_SEEN])
{
	struct slice pair;
	size_t n = 0;
	while (n < FLOWS_SEEN && slice_split(&header, ';', &pair)) {
		pair = slice_trim(pair);
		if (slice_starts(pair, SLICE(RP_FLOW_COOKIE)))
			v[n++] = flow_cookie_read(pair);
	}
	return n;
}

/* Limits number and bytes so that the Cookie header fits servers with an 8 KiB limit. */
static enum rc drop_oldest(const struct request *c, size_t more, struct reply *reply)
{
	struct flow_cookie v[FLOWS_SEEN];
	size_t n = flow_cookies(request_header(c, SLICE("cookie")), v), bytes = more;
	for (size_t i = 0; i < n; i++)
		bytes += v[i].bytes;
	for (int drops = 0; n > 0 && drops < DROPS_MAX && (n >= FLOW_MAX || bytes > FLOW_BYTES); drops++) {
		size_t oldest = 0;
		for (size_t i = 1; i < n; i++)
			if (v[i].at < v[oldest].at)
				oldest = i;
		TRY(reply_cookie_add(reply, (struct reply_cookie){
						    .name = v[oldest].name, .max_age = 0}));
		bytes -= v[oldest].bytes;
		v[oldest] = v[--n];
	}
	return RC_OK;
}

/* Binds the envelope to host and state: a cookie of another host or state does not open. */
static void flow_bind(const struct flow *f, uint8_t dst[static BIND_BYTES])
{
	const struct slice parts[] = {SLICE("flow "), f->host, SLICE(" "), f->state};
	static const uint8_t no_key[1];
	crypto_hmac_parts(CRYPTO_SHA256, secret_of(no_key, sizeof no_key), parts, ARRAY_LEN(parts), dst);
}

/* nonce and code_verifier (RFC 7636 4.1: 43 characters of 256 random bits) from a sealed secret, so that the cookie
 * stays small. */
static enum rc flow_secrets(struct slice secret, struct arena *a, struct flow *f)
{
	uint8_t mac[32];
	TRY(crypto_hmac(CRYPTO_SHA256, secret_from_slice(secret), SLICE("nonce"), mac));
	TRY(base64url_encode_arena(a, slice_of(mac, sizeof mac), &f->nonce));
	TRY(crypto_hmac(CRYPTO_SHA256, secret_from_slice(secret), SLICE("code_verifier"), mac));
	enum rc rc = base64url_encode_arena(a, slice_of(mac, sizeof mac), &f->code_verifier);
	ct_wipe(mac, sizeof mac);
	return rc;
}

static struct secret flow_key(const struct rp *r)
{
	return secret_of(r->handle_key, sizeof r->handle_key);
}

static enum rc flow_seal(const struct rp *r, struct request *c, const struct flow *f, struct slice secret,
			 struct slice *ret_text)
{
	uint8_t memory[PLAIN_MAX], bind[BIND_BYTES];
	struct buf b;
	flow_bind(f, bind);
	buf_over(&b, memory, sizeof memory);
	buf_put(&b, slice_of(bind, sizeof bind));
	buf_put(&b, secret);
	buf_u64(&b, (uint64_t)(c->now + FLOW_TTL));
	buf_put(&b, f->return_to);
	enum rc rc = buf_rc(&b);
	if (rc == RC_OK)
		rc = envelope_seal(flow_key(r), PURPOSE, buf_slice(&b), c->now, c->arena, ret_text);
	buf_free(&b);
	return rc;
}

/* Writes nothing to the store: a request alone costs no storage. */
enum rc flow_start(const struct rp *r, struct request *c, struct flow *f, struct reply *reply)
{
	struct slice id, random, sealed, cookie, name;
	uint8_t secret[SECRET_BYTES];
	TRY(rp_random(c->arena, 6, &id));
	TRY(rp_random(c->arena, SECRET_BYTES, &random));
	const struct slice state[] = {id, SLICE("."), random};
	TRY(arena_join(c->arena, state, ARRAY_LEN(state), &f->state));
	crypto_random(secret, sizeof secret);
	enum rc rc = flow_secrets(slice_of(secret, sizeof secret), c->arena, f);
	if (rc == RC_OK)
		rc = flow_seal(r, c, f, slice_of(secret, sizeof secret), &sealed);
	ct_wipe(secret, sizeof secret);
	TRY(rc);
	TRY(arena_format(c->arena, &cookie, "%lld.%.*s", (long long)c->now, SLICE_ARGS(sealed)));
	TRY(cookie_name(id, c->arena, &name));
	TRY(drop_oldest(c, name.n + cookie.n + 3, reply));
	return reply_cookie_add(reply, (struct reply_cookie){
		.name = name, .value = cookie, .max_age = FLOW_TTL});
}

/* Characters allowed in a cookie's name: the id comes from the query and is checked before it is used as one. */
static bool is_id(struct slice id)
{
	uint8_t bytes[6];
	size_t n;
	return id.n == FLOW_ID_LEN && base64url_decode(id, bytes, sizeof bytes, &n) == RC_OK;
}

/* RC_EXPIRED: too old, or not sealed by us. RC_CSRF: of another sign-in or host. */
static enum rc flow_open(const struct rp *r, struct request *c, struct slice sealed, struct flow *f,
			 int64_t *ret_expires)
{
	struct slice plain, bind, secret;
	uint8_t want[BIND_BYTES];
	uint64_t expires;
	enum rc rc = envelope_open(flow_key(r), PURPOSE, sealed, c->now, c->arena, &plain);
	if (rc != RC_OK)
		return rc_server_error(rc) ? rc : RC_EXPIRED;
	struct cursor cur = cursor_of(plain);
	if (cursor_bytes(&cur, BIND_BYTES, &bind) != RC_OK || cursor_bytes(&cur, SECRET_BYTES, &secret) != RC_OK ||
	    cursor_u64(&cur, &expires) != RC_OK)
		return RC_INTERNAL; /* sealed by us, but in the wrong format */
	f->host = c->host;
	flow_bind(f, want);
	if (!ct_equal(secret_from_slice(bind), secret_of(want, sizeof want)))
		return RC_CSRF;
	f->return_to = slice_from(plain, BIND_BYTES + SECRET_BYTES + 8);
	if (expires > INT64_MAX || c->now >= (int64_t)expires)
		return RC_EXPIRED;
	*ret_expires = (int64_t)expires;
	return flow_secrets(secret, c->arena, f);
}

static enum rc mark_write(const struct flow *f, int64_t at, struct slice code, struct arena *a, struct eph_record *ret)
{
	struct buf b;
	uint8_t hash[32];
	void *memory = arena_alloc(a, MARK_BYTES);
	if (memory == NULL)
		return RC_MEMORY;
	crypto_sha256(code, hash);
	buf_over(&b, memory, MARK_BYTES);
	buf_u64(&b, (uint64_t)at);
	buf_put(&b, slice_of(hash, sizeof hash));
	ret->value = buf_slice(&b);
	crypto_sha256(f->state, ret->id);
	return buf_rc(&b);
}

/* A second click at the provider sends the browser here again with another code: accepted once, for a moment.
 * RC_EXPIRED: not such a case. */
static enum rc mark_again(const struct rp *r, struct request *c, const struct flow *f, struct slice code)
{
	struct eph_record mark = {.type = EPH_RP_STATE}, was;
	uint64_t at;
	TRY(mark_write(f, 0, code, c->arena, &mark));
	enum rc rc = r->ephemeral->get(r->ephemeral->self, EPH_RP_STATE, mark.id, c->now, c->arena, &was);
	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? RC_EXPIRED : rc;
	struct cursor cur = cursor_of(was.value);
	if (cursor_u64(&cur, &at) != RC_OK)
		return RC_STORE;
	bool same = slice_eq(slice_from(was.value, 8), slice_from(mark.value, 8));
	if (same || was.version > 1 || c->now - (int64_t)at > FLOW_REPEAT)
		return RC_EXPIRED;
	TRY(mark_write(f, (int64_t)at, code, c->arena, &was));
	rc = r->ephemeral->replace(r->ephemeral->self, &was, c->now);
	return rc == RC_CONFLICT || rc == RC_NOT_FOUND ? RC_EXPIRED : rc;
}

/* Of any number of callbacks with one state and one code, exactly one continues. */
static enum rc flow_take(const struct rp *r, struct request *c, const struct flow *f, int64_t expires)
{
	struct eph_record mark = {.type = EPH_RP_STATE, .expires = expires};
	struct slice code = request_pairs_get(c->query, SLICE("code"));
	TRY(mark_write(f, c->now, code, c->arena, &mark));
	enum rc rc = r->ephemeral->put(r->ephemeral->self, &mark, c->now);
	return rc == RC_CONFLICT ? mark_again(r, c, f, code) : rc;
}

enum rc flow_finish(const struct rp *r, struct request *c, struct slice state, struct flow *ret_flow,
		    struct reply *reply)
{
	struct slice id = slice_to(state, slice_find(state, '.')), name, cookie, sealed;
	struct flow f = {.state = state};
	int64_t expires;
	if (!is_id(id))
		return RC_EXPIRED;
	TRY(cookie_name(id, c->arena, &name));
	if (request_cookie(c, name, &cookie) != RC_OK)
		return RC_CSRF;
	sealed = slice_from(cookie, slice_find(cookie, '.') + 1);
	if (sealed.n == FLOW_STORED_SECRET) {
		TRY(flow_stored_finish(r, c, sealed, &f));
	} else {
		enum rc rc = flow_open(r, c, sealed, &f, &expires);
		if (rc == RC_OK)
			rc = flow_take(r, c, &f, expires);
		ret_flow->return_to = f.return_to;
		TRY(rc);
	}
	*ret_flow = f;
	return reply_cookie_add(reply, (struct reply_cookie){
		.name = name, .value = cookie, .max_age = FLOW_REPEAT});
}
