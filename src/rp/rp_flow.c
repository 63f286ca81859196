/* SPDX-License-Identifier: Apache-2.0 */
#include "rp/rp_flow.h"

#include "base/ascii.h"
#include "base/base64url.h"
#include "base/cursor.h"
#include "crypto/hash.h"
#include "sealed/envelope.h"
#include "store/stored.h"

enum { BIND_BYTES = 32, SECRET_BYTES = 32, RETURN_TO_MAX = 4096, DROPS_MAX = 5 };

#define PURPOSE SLICE("sign-in in flight, a row")
#define PURPOSE_BEFORE SLICE("sign-in in flight") /* records without a version */

/* What the cookie holds. */
struct flow_sealed {
	uint8_t bind[BIND_BYTES], secret[SECRET_BYTES];
	int64_t expires;
	struct slice return_to;
};

static const struct stored_field sealed_fields[] = {
	STORED_BYTES_OF(struct flow_sealed, bind), STORED_BYTES_OF(struct flow_sealed, secret),
	STORED_TIME_OF(struct flow_sealed, expires), STORED_TEXT_OF(struct flow_sealed, return_to, RETURN_TO_MAX),
};
static const struct stored_row sealed_row = {1, sealed_fields, ARRAY_LEN(sealed_fields), NULL};

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

static enum rc flow_seal(const struct rp *r, struct request *c, const struct flow *f,
			 const uint8_t secret[static SECRET_BYTES], struct slice *ret_text)
{
	struct flow_sealed s = {.expires = c->now + FLOW_TTL, .return_to = f->return_to};
	struct slice plain;
	flow_bind(f, s.bind);
	memcpy(s.secret, secret, SECRET_BYTES);
	enum rc rc = stored_write(&sealed_row, &s, c->arena, &plain);
	ct_wipe(s.secret, sizeof s.secret);
	TRY(rc);
	return envelope_seal(flow_key(r), PURPOSE, plain, c->now, c->arena, ret_text);
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
		rc = flow_seal(r, c, f, secret, &sealed);
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

/* Bind, secret, u64 expiry, and return_to to the end. */
static enum rc sealed_read_before(struct slice plain, struct flow_sealed *ret)
{
	enum { FIXED = BIND_BYTES + SECRET_BYTES + 8 };
	struct slice bind, secret;
	uint64_t expires;
	struct cursor cur = cursor_of(plain);
	TRY(cursor_bytes(&cur, BIND_BYTES, &bind));
	TRY(cursor_bytes(&cur, SECRET_BYTES, &secret));
	TRY(cursor_u64(&cur, &expires));
	memcpy(ret->bind, bind.p, BIND_BYTES);
	memcpy(ret->secret, secret.p, SECRET_BYTES);
	ret->expires = expires > INT64_MAX ? 0 : (int64_t)expires;
	ret->return_to = slice_from(plain, FIXED);
	return RC_OK;
}

/* RC_EXPIRED: too old, or not sealed by us. RC_INTERNAL: sealed by us, but in the wrong format. */
static enum rc sealed_open(const struct rp *r, struct request *c, struct slice sealed, struct flow_sealed *ret)
{
	struct slice plain;
	enum rc rc = envelope_open(flow_key(r), PURPOSE, sealed, c->now, c->arena, &plain);
	if (rc == RC_OK)
		return stored_read(&sealed_row, plain, ret, sizeof *ret) == RC_OK ? RC_OK : RC_INTERNAL;
	if (rc == RC_JOSE_SIGNATURE)
		rc = envelope_open(flow_key(r), PURPOSE_BEFORE, sealed, c->now, c->arena, &plain);
	if (rc != RC_OK)
		return rc_server_error(rc) ? rc : RC_EXPIRED;
	return sealed_read_before(plain, ret) == RC_OK ? RC_OK : RC_INTERNAL;
}

/* RC_EXPIRED: too old, or not sealed by us. RC_CSRF: of another sign-in or host. */
static enum rc flow_open(const struct rp *r, struct request *c, struct slice sealed, struct flow *f,
			 int64_t *ret_expires)
{
	struct flow_sealed s;
	uint8_t want[BIND_BYTES];
	TRY(sealed_open(r, c, sealed, &s));
	f->host = c->host;
	flow_bind(f, want);
	if (!ct_equal(secret_of(s.bind, sizeof s.bind), secret_of(want, sizeof want)))
		return RC_CSRF;
	f->return_to = s.return_to;
	if (c->now >= s.expires)
		return RC_EXPIRED;
	*ret_expires = s.expires;
	enum rc rc = flow_secrets(slice_of(s.secret, sizeof s.secret), c->arena, f);
	ct_wipe(s.secret, sizeof s.secret);
	return rc;
}

/* The used marker of a flow: when, and with which code. */
struct used {
	int64_t at;
	uint8_t code[32]; /* SHA-256 */
};

static const struct stored_field used_fields[] = {STORED_TIME_OF(struct used, at), STORED_BYTES_OF(struct used, code)};
static const struct stored_row used_0 = {0, used_fields, ARRAY_LEN(used_fields), NULL};
static const struct stored_row used_row = {1, used_fields, ARRAY_LEN(used_fields), &used_0};

static enum rc mark_write(const struct flow *f, const struct used *u, struct arena *a, struct eph_record *ret)
{
	crypto_sha256(f->state, ret->id);
	return stored_write(&used_row, u, a, &ret->value);
}

/* A second click at the provider sends the browser here again with another code: accepted once, for a moment.
 * RC_EXPIRED: not such a case. */
static enum rc mark_again(const struct rp *r, struct request *c, const struct flow *f, const struct used *again)
{
	struct eph_record was;
	struct used first, both = *again;
	uint8_t id[32];
	crypto_sha256(f->state, id);
	enum rc rc = r->ephemeral->get(r->ephemeral->self, EPH_RP_STATE, id, c->now, c->arena, &was);
	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? RC_EXPIRED : rc;
	TRY(stored_read(&used_row, was.value, &first, sizeof first));
	bool same = memcmp(first.code, again->code, sizeof first.code) == 0;
	if (same || was.version > 1 || c->now - first.at > FLOW_REPEAT)
		return RC_EXPIRED;
	both.at = first.at;
	TRY(mark_write(f, &both, c->arena, &was));
	rc = r->ephemeral->replace(r->ephemeral->self, &was, c->now);
	return rc == RC_CONFLICT || rc == RC_NOT_FOUND ? RC_EXPIRED : rc;
}

/* Of any number of callbacks with one state and one code, exactly one continues. */
static enum rc flow_take(const struct rp *r, struct request *c, const struct flow *f, int64_t expires)
{
	struct eph_record mark = {.type = EPH_RP_STATE, .expires = expires};
	struct used u = {.at = c->now};
	crypto_sha256(request_pairs_get(c->query, SLICE("code")), u.code);
	TRY(mark_write(f, &u, c->arena, &mark));
	enum rc rc = r->ephemeral->put(r->ephemeral->self, &mark, c->now);
	return rc == RC_CONFLICT ? mark_again(r, c, f, &u) : rc;
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
