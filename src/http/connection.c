/* SPDX-License-Identifier: Apache-2.0 */
#include "http/connection.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "http/head.h"

enum { RESPONSE_HEAD_MAX = 24 * 1024, REQUEST_ID_LEN = 32 };

/* Received bytes that are not consumed yet. */
struct inbox {
	uint8_t bytes[HTTP_HEAD_MAX];
	size_t n;
};

struct serving {
	struct connection *connection;
	const struct http_service *service;
	void *self; /* the service for this request */
	struct inbox *inbox;
	const atomic_bool *stopping;
};

static int64_t mono_ms(void)
{
	return clock_mono_ns() / 1000000;
}

static bool wait_for(int fd, short events, int64_t deadline_ms)
{
	struct pollfd p = {.fd = fd, .events = events};
	for (;;) {
		int64_t left = deadline_ms - mono_ms();
		int n = poll(&p, 1, left < 0 ? 0 : (int)left);
		if (n >= 0 || errno != EINTR)
			return n > 0;
	}
}

enum { CLOSED = 0, TIMED_OUT = -1 };

/* The next bytes, CLOSED (or failed), or TIMED_OUT. The socket's own time-out (SO_RCVTIMEO) is a second: if most of
 * that is left, recv itself waits, which saves a poll per request. */
static ssize_t receive(int fd, uint8_t *dst, size_t n, int64_t deadline_ms)
{
	for (;;) {
		int64_t left = deadline_ms - mono_ms();
		ssize_t got = recv(fd, dst, n, left * 2 > CONNECTION_RECEIVE_MS ? 0 : MSG_DONTWAIT);
		if (got >= 0)
			return got;
		if (errno != EINTR && errno != EAGAIN)
			return CLOSED;
		if (left * 2 <= CONNECTION_RECEIVE_MS && !wait_for(fd, POLLIN, deadline_ms))
			return TIMED_OUT;
	}
}

static void wait_begins(const struct connection *c, enum http_wait kind)
{
	http_waits_enter(c->waits, kind, c->fd, c->remote);
}

/* False: it was stopped. */
static bool wait_ends(const struct connection *c, enum http_wait kind)
{
	return http_waits_leave(c->waits, kind, c->fd);
}

static void drop_sent(struct iovec **parts, size_t *count, size_t n)
{
	for (; *count > 0 && n >= (*parts)->iov_len; ++*parts, --*count)
		n -= (*parts)->iov_len;
	if (*count == 0)
		return;
	(*parts)->iov_base = (uint8_t *)(*parts)->iov_base + n;
	(*parts)->iov_len -= n;
}

/* As much as the socket takes; the rest stays in *parts. False: the connection is over. */
static bool send_some(int fd, struct iovec **parts, size_t *count)
{
	while (*count > 0) {
		struct msghdr m = {.msg_iov = *parts, .msg_iovlen = *count};
		ssize_t sent = sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno != EINTR)
			return errno == EAGAIN;
		drop_sent(parts, count, sent < 0 ? 0 : (size_t)sent);
	}
	return true;
}

/* What the client does not read at once waits in a place that others may take. */
static bool send_all(const struct connection *c, struct iovec *parts, size_t count, int64_t deadline_ms)
{
	if (!send_some(c->fd, &parts, &count))
		return false;
	if (count == 0)
		return true;
	bool on = true;
	wait_begins(c, HTTP_WAIT_ANSWER);
	while (on && count > 0)
		on = wait_for(c->fd, POLLOUT, deadline_ms) && send_some(c->fd, &parts, &count);
	return wait_ends(c, HTTP_WAIT_ANSWER) && on;
}

static const char *reason(int status)
{
	static const struct {
		int status;
		const char *text;
	} rows[] = {
		{200, "OK"},
		{201, "Created"},
		{204, "No Content"},
		{302, "Found"},
		{303, "See Other"},
		{304, "Not Modified"},
		{400, "Bad Request"},
		{401, "Unauthorized"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{409, "Conflict"},
		{412, "Precondition Failed"},
		{413, "Content Too Large"},
		{415, "Unsupported Media Type"},
		{429, "Too Many Requests"},
		{500, "Internal Server Error"},
		{502, "Bad Gateway"},
		{503, "Service Unavailable"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].status == status)
			return rows[i].text;
	return "";
}

/* RFC 9110 5.6.7. */
static void write_date(struct buf *b, int64_t now)
{
	static const char days[] = "ThuFriSatSunMonTueWed", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct tm t;
	time_t seconds = (time_t)now;
	if (gmtime_r(&seconds, &t) == NULL)
		return;
	buf_format(b, "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d GMT\r\n", days + 3 * ((now / 86400) % 7), t.tm_mday,
		   months + 3 * t.tm_mon, t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

/* The text of this second, made once per thread. */
static void put_date(struct buf *b, int64_t now)
{
	static _Thread_local int64_t made;
	static _Thread_local char text[64];
	static _Thread_local size_t n;
	if (made != now || n == 0) {
		struct buf t;
		buf_over(&t, text, sizeof text);
		write_date(&t, now);
		n = t.n;
		made = now;
	}
	buf_put(b, slice_of(text, n));
}

static void put_head(struct buf *b, const struct http_response *r, int64_t now)
{
	buf_put(b, SLICE("HTTP/1.1 "));
	buf_int(b, r->status);
	buf_byte(b, ' ');
	buf_put(b, slice_cstr(reason(r->status)));
	buf_put(b, SLICE("\r\n"));
	for (size_t i = 0; i < r->header_count; i++) {
		buf_put(b, r->headers[i].name);
		buf_put(b, SLICE(": "));
		buf_put(b, r->headers[i].value);
		buf_put(b, SLICE("\r\n"));
	}
	put_date(b, now);
	/* RFC 9110 8.6: no Content-Length in a 204. */
	if (r->status != 204) {
		buf_put(b, SLICE("Content-Length: "));
		buf_int(b, (int64_t)r->body.n);
		buf_put(b, SLICE("\r\n"));
	}
	buf_put(b, r->close ? SLICE("Connection: close\r\n\r\n") : SLICE("\r\n"));
}

static bool respond(const struct serving *s, const struct request *c, const struct http_response *r)
{
	uint8_t memory[RESPONSE_HEAD_MAX] UNINITIALIZED;
	struct buf b;
	buf_over(&b, memory, sizeof memory);
	put_head(&b, r, c->now);
	if (buf_rc(&b) != RC_OK)
		return false;
	bool body = c->method != CALL_HEAD && r->status != 204 && r->status != 304;
	struct iovec parts[2] = {{b.p, b.n}, {(void *)(uintptr_t)r->body.p, body ? r->body.n : 0}};
	return send_all(s->connection, parts, parts[1].iov_len > 0 ? 2 : 1, mono_ms() + HTTP_WRITE_SECONDS * 1000);
}

/* Unique in this process and unpredictable: a random half from the start, and a counter. */
static struct slice request_id(struct arena *a)
{
	static _Atomic uint64_t counter;
	static _Atomic uint64_t seed;
	uint64_t start = atomic_load(&seed), count = atomic_fetch_add(&counter, 1);
	char *id = arena_alloc(a, REQUEST_ID_LEN);
	if (id == NULL)
		return SLICE("00000000000000000000000000000000");
	if (start == 0) {
		if (getrandom(&start, sizeof start, 0) != sizeof start)
			start = (uint64_t)clock_mono_ns();
		atomic_store(&seed, start);
	}
	for (int i = 0; i < REQUEST_ID_LEN / 2; i++) {
		id[i] = "0123456789abcdef"[start >> (60 - 4 * i) & 15];
		id[16 + i] = "0123456789abcdef"[count >> (60 - 4 * i) & 15];
	}
	return slice_of(id, REQUEST_ID_LEN);
}

/* RFC 9112 9.3: HTTP/1.0 closes unless keep-alive is requested, which we do not support. */
static bool wants_close(const struct http_raw *raw, const struct request *c)
{
	struct slice options = request_header(c, SLICE("connection")), each;
	if (slice_eq(raw->version, SLICE("HTTP/1.0")))
		return true;
	while (slice_split(&options, ',', &each))
		if (slice_eq_nocase(slice_trim(each), SLICE("close")))
			return true;
	return false;
}

/* The peer can read its answer before further bytes from it would reset the connection. */
static void wait_for_close(const struct connection *c)
{
	uint8_t rest[1024];
	int64_t until = mono_ms() + 200;
	(void)shutdown(c->fd, SHUT_WR);
	wait_begins(c, HTTP_WAIT_CLOSE);
	for (int i = 0; i < 64 && receive(c->fd, rest, sizeof rest, until) > 0; i++)
		continue;
	(void)wait_ends(c, HTTP_WAIT_CLOSE);
}

/* The last answer of a connection. */
static bool respond_last(const struct serving *s, struct request *c, struct http_response *r)
{
	r->close = true;
	if (respond(s, c, r))
		wait_for_close(s->connection);
	return false;
}

static bool refuse_request(const struct serving *s, enum rc why, struct request *c)
{
	struct http_response r = {0};
	s->service->refuse(s->self, s->connection->listener->type, why, c, &r);
	return respond_last(s, c, &r);
}

static bool has_body(const struct request *c)
{
	struct slice length = request_header(c, SLICE("content-length"));
	return request_pairs_has(c->headers, SLICE("transfer-encoding")) ||
	       (length.n > 0 && !slice_eq(length, SLICE("0")));
}

/* A body that no handler reads is not received. */
static bool serve_unread(const struct serving *s, struct request *c)
{
	struct http_response r = {0};
	s->service->serve(s->self, s->connection->listener->type, c, &r);
	return respond_last(s, c, &r);
}

/* The rest of a body, from the socket. */
static enum rc read_rest(const struct serving *s, uint8_t *dst, size_t n, bool expected)
{
	int64_t deadline = mono_ms() + HTTP_BODY_SECONDS * 1000;
	struct iovec go = {(void *)(uintptr_t) "HTTP/1.1 100 Continue\r\n\r\n", 25};
	if (expected && !send_all(s->connection, &go, 1, deadline))
		return RC_IO;
	for (size_t have = 0; have < n;) {
		ssize_t got = receive(s->connection->fd, dst + have, n - have, deadline);
		if (got <= 0)
			return RC_IO;
		have += (size_t)got;
	}
	return RC_OK;
}

/* Takes `n` bytes of body: first from the inbox, then from the socket. */
static enum rc read_body(const struct serving *s, size_t head, size_t n, struct request *c, struct slice *ret_body)
{
	struct inbox *in = s->inbox;
	uint8_t *dst = arena_alloc(c->arena, n);
	if (dst == NULL)
		return RC_MEMORY;
	size_t have = in->n - head < n ? in->n - head : n;
	memcpy(dst, in->bytes + head, have);
	memmove(in->bytes, in->bytes + head + have, in->n - head - have);
	in->n -= head + have;
	if (have < n) {
		bool expected = slice_eq_nocase(request_header(c, SLICE("expect")), SLICE("100-continue"));
		wait_begins(s->connection, HTTP_WAIT_REQUEST);
		enum rc rc = read_rest(s, dst + have, n - have, expected);
		if (!wait_ends(s->connection, HTTP_WAIT_REQUEST) && rc == RC_OK)
			rc = RC_IO;
		TRY(rc);
	}
	*ret_body = slice_of(dst, n);
	return RC_OK;
}

static const struct http_trust *trust_of(const struct serving *s)
{
	const struct http_listener *l = s->connection->listener;
	return s->service->trust == NULL ? &l->trust : s->service->trust(s->self, l);
}

/* One request whose complete head is at the front of the inbox. True: the connection may continue. */
static bool serve_one(const struct serving *s, size_t head, struct request *c)
{
	struct request_pair headers[HTTP_HEADERS_MAX];
	struct http_raw raw;
	struct slice kept, body;
	size_t n = 0;
	enum rc rc = arena_copy(c->arena, slice_of(s->inbox->bytes, head), &kept);
	if (rc == RC_OK)
		rc = http_head_read(kept, headers, &raw);
	if (rc == RC_LIMIT)
		c->client_detail = c->log_detail = SLICE("there are more than 64 headers");
	if (rc == RC_OK)
		rc = http_request_head(&raw, trust_of(s), c);
	if (rc != RC_OK)
		return refuse_request(s, rc, c);
	size_t max = s->service->body_max(s->self, s->connection->listener->type, c);
	if (max == HTTP_BODY_UNREAD && has_body(c))
		return serve_unread(s, c);
	rc = http_request_length(c, max < HTTP_BODY_MAX ? max : HTTP_BODY_MAX, &n);
	if (rc == RC_OK)
		rc = read_body(s, head, n, c, &body);
	if (rc == RC_IO)
		return false;
	if (rc != RC_OK)
		return refuse_request(s, rc, c);
	http_request_body(c, body);
	struct http_response r = {0};
	s->service->serve(s->self, s->connection->listener->type, c, &r);
	r.close = r.close || wants_close(&raw, c) || atomic_load(s->stopping);
	return respond(s, c, &r) && !r.close;
}

static bool serve_in_arena(const struct serving *s, size_t head)
{
	struct arena arena;
	arena_init(&arena, HTTP_ARENA_MAX);
	int64_t uid = s->connection->listener->peer_credentials ? s->connection->peer_uid : -1;
	struct request c = {.arena = &arena, .now = clock_now(), .method = CALL_GET, .peer_uid = uid,
			 .remote = slice_cstr(s->connection->remote)};
	c.request_id = request_id(&arena);
	bool on = serve_one(s, head, &c);
	arena_reset(&arena);
	return on;
}

static bool refuse_head(const struct serving *s, size_t head UNUSED)
{
	struct arena arena;
	arena_init(&arena, HTTP_ARENA_MAX);
	struct request c = {
		.arena = &arena, .now = clock_now(), .peer_uid = -1, .remote = slice_cstr(s->connection->remote)};
	c.request_id = request_id(&arena);
	c.client_detail = c.log_detail =
		SLICE("the headers are larger than 16 KiB together: a token or cookie is too large");
	(void)refuse_request(s, RC_LIMIT, &c);
	arena_reset(&arena);
	return false;
}

enum got { GOT_HEAD, GOT_NOTHING, GOT_END, GOT_TOO_MUCH };

/* Receives until the head is complete; its first bytes are there, or arrive before the deadline. */
static enum got read_more(const struct serving *s, int64_t deadline, size_t *ret_head)
{
	struct inbox *in = s->inbox;
	while ((*ret_head = http_head_end(slice_of(in->bytes, in->n))) == 0) {
		if (in->n == sizeof in->bytes)
			return GOT_TOO_MUCH;
		ssize_t got = receive(s->connection->fd, in->bytes + in->n, sizeof in->bytes - in->n, deadline);
		if (got <= 0)
			return GOT_END;
		in->n += (size_t)got;
	}
	return GOT_HEAD;
}

static enum got read_head(const struct serving *s, int linger_ms, size_t *ret_head)
{
	struct inbox *in = s->inbox;
	if (in->n == 0) {
		ssize_t got = receive(s->connection->fd, in->bytes, sizeof in->bytes, mono_ms() + linger_ms);
		if (got <= 0)
			return got == TIMED_OUT ? GOT_NOTHING : GOT_END;
		in->n = (size_t)got;
	}
	s->connection->asked = true;
	*ret_head = http_head_end(slice_of(in->bytes, in->n));
	if (*ret_head > 0)
		return GOT_HEAD;
	wait_begins(s->connection, HTTP_WAIT_REQUEST);
	enum got got = read_more(s, mono_ms() + HTTP_HEAD_SECONDS * 1000, ret_head);
	return wait_ends(s->connection, HTTP_WAIT_REQUEST) ? got : GOT_END;
}

/* Takes the service for this request. */
static bool with_service(struct serving *s, size_t head, bool (*request)(const struct serving *s, size_t head))
{
	const struct http_service *service = s->service;
	s->self = service->take == NULL ? service->self : service->take(service->self);
	bool on = request(s, head);
	if (service->give != NULL)
		service->give(s->self);
	return on;
}

bool connection_serve(struct connection *c, const struct http_service *service, int linger_ms,
		      const atomic_bool *stopping)
{
	struct inbox inbox UNINITIALIZED;
	inbox.n = 0;
	struct serving s = {c, service, NULL, &inbox, stopping};
	bool on, idle = false;
	do {
		size_t head = 0;
		enum got got = read_head(&s, linger_ms, &head);
		idle = got == GOT_NOTHING;
		on = idle;
		if (got == GOT_HEAD)
			on = with_service(&s, head, serve_in_arena);
		else if (got == GOT_TOO_MUCH)
			on = with_service(&s, head, refuse_head);
	} while (on && !idle && !atomic_load(stopping));
	explicit_bzero(inbox.bytes, sizeof inbox.bytes);
	return on && !atomic_load(stopping);
}
