/* SPDX-License-Identifier: Apache-2.0 */
/* The server over real sockets: what it takes, what it refuses, how it ends. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/connection.h"
#include "http/server.h"
#include "http/waits.h"
#include "t.h"

/* More than the sockets between two processes hold. */
enum { LARGE = 6 * 1024 * 1024 };

static _Atomic int served, refused;
static _Atomic bool stopping;
static char large[LARGE];

static void serve(void *self, int type, struct request *c, struct http_response *r)
{
	(void)self;
	served++;
	/* Until the stop that it is about has begun. */
	while (slice_eq(c->path, SLICE("/held")) && !stopping)
		(void)usleep(1000);
	if (slice_eq(c->path, SLICE("/slow")) || slice_eq(c->path, SLICE("/held")))
		(void)usleep(300000);
	*r = (struct http_response){.status = 200, .body = c->body.n > 0 ? c->body : c->path};
	if (slice_eq(c->path, SLICE("/large")))
		r->body = slice_of(large, sizeof large);
	if (slice_eq(c->path, SLICE("/who")) &&
	    arena_format(c->arena, &r->body, "kind=%d uid=%d remote=%.*s;", type, (int)c->peer_uid, SLICE_ARGS(c->remote)) != RC_OK)
		r->status = 500;
}

static void refuse(void *self, int type, enum rc why, struct request *c, struct http_response *r)
{
	(void)self, (void)type, (void)c;
	refused++;
	*r = (struct http_response){.status = rc_row(why)->http_status, .body = slice_cstr(rc_row(why)->name)};
}

static size_t body_max(void *self, int type, const struct request *c)
{
	(void)self, (void)type;
	return slice_eq(c->path, SLICE("/unread")) ? HTTP_BODY_UNREAD : 100;
}

static int listener(uint16_t *ret_port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, 600) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&a, &n) == 0);
	*ret_port = ntohs(a.sin_port);
	return fd;
}

struct running {
	struct http_server *server;
	int fd;
	uint16_t port;
};

static atomic_uint ended; /* threads of the pool */

static void count_end(void)
{
	ended++;
}

static struct running start(unsigned connections)
{
	struct running r = {0};
	r.fd = listener(&r.port);
	const struct http_listener l = {.fd = r.fd};
	const struct http_server_options o = {.listeners = &l, .listener_count = 1, .service = {NULL, serve, refuse, body_max},
					      .connections_max = connections, .threads_max = 8, .thread_ends = count_end};
	ended = 0;
	CHECK_OK(http_server_start(&o, &r.server));
	return r;
}

static void stop(struct running *r)
{
	http_server_stop(r->server, 5);
	(void)close(r->fd);
}

/* From 127.0.0.`host`. */
static int dial_from(uint8_t host, uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
	struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7F000000u | host)};
	struct timeval t = {.tv_sec = 5};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int room = 64 * 1024;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
	CHECK(bind(fd, (struct sockaddr *)&own, sizeof own) == 0);
	CHECK(connect(fd, (struct sockaddr *)&a, sizeof a) == 0);
	return fd;
}

static int dial(uint16_t port)
{
	return dial_from(1, port);
}

/* Sends and reads until the end, or until `want` bytes of body text have come. */
static size_t talk(int fd, struct slice out, const char *until, char *in, size_t cap)
{
	size_t n = 0;
	CHECK(send(fd, out.p, out.n, MSG_NOSIGNAL) == (ssize_t)out.n);
	in[0] = '\0';
	while (n + 1 < cap) {
		ssize_t got = recv(fd, in + n, cap - 1 - n, 0);
		if (got <= 0)
			break;
		n += (size_t)got;
		in[n] = '\0';
		if (until != NULL && strstr(in, until) != NULL)
			break;
	}
	return n;
}

static void malformed_requests_are_refused_and_the_connection_closes(void)
{
	static const struct {
		const char *name;
		struct slice text;
		const char *status;
	} rows[] = {
		{"folded header", SLICE_INIT("GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\n  2\r\n\r\n"), "400"},
		{"NUL in target", SLICE_INIT("GET /a\0b HTTP/1.1\r\nHost: x\r\n\r\n"), "400"},
		{"NUL in a value", SLICE_INIT("GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n"), "400"},
		{"two Content-Length", SLICE_INIT("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na"), "400"},
		{"Content-Length list", SLICE_INIT("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n\r\na"), "400"},
		{"Content-Length sign", SLICE_INIT("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na"), "400"},
		{"chunked", SLICE_INIT("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), "415"},
		{"chunked with length", SLICE_INIT("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"), "415"},
		{"two Host", SLICE_INIT("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"), "400"},
		{"no Host", SLICE_INIT("GET / HTTP/1.1\r\nA: x\r\n\r\n"), "400"},
		{"two Authorization", SLICE_INIT("GET / HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\nauthorization: b\r\n\r\n"), "400"},
		{"two Cookie", SLICE_INIT("GET / HTTP/1.1\r\nHost: x\r\nCookie: a=b\r\nCookie: c=d\r\n\r\n"), "400"},
		{"blank before colon", SLICE_INIT("GET / HTTP/1.1\r\nHost : x\r\n\r\n"), "400"},
		{"bare LF", SLICE_INIT("GET / HTTP/1.1\nHost: x\r\n\r\n"), "400"},
		{"bare CR", SLICE_INIT("GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n"), "400"},
		{"two blanks", SLICE_INIT("GET  / HTTP/1.1\r\nHost: x\r\n\r\n"), "400"},
		{"other version", SLICE_INIT("GET / HTTP/2.0\r\nHost: x\r\n\r\n"), "400"},
		{"unknown method", SLICE_INIT("BREW / HTTP/1.1\r\nHost: x\r\n\r\n"), "405"},
		{"encoded slash", SLICE_INIT("GET /a%2fb HTTP/1.1\r\nHost: x\r\n\r\n"), "400"},
		{"encoded NUL", SLICE_INIT("GET /a%00b HTTP/1.1\r\nHost: x\r\n\r\n"), "400"},
		{"dot segment", SLICE_INIT("GET /a/../b HTTP/1.1\r\nHost: x\r\n\r\n"), "400"},
		{"two slashes", SLICE_INIT("GET //a HTTP/1.1\r\nHost: x\r\n\r\n"), "400"},
		{"fragment", SLICE_INIT("GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n"), "400"},
		{"foreign authority", SLICE_INIT("GET http://y/ HTTP/1.1\r\nHost: x\r\n\r\n"), "400"},
		{"long body", SLICE_INIT("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n"), "413"},
		{"huge length", SLICE_INIT("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n"), "413"},
	};
	struct running r = start(100);
	T_ROWS(row, rows, name) {
		char in[4096];
		int before = served, fd = dial(r.port);
		CHECK(talk(fd, row->text, NULL, in, sizeof in) > 12);
		CHECK(strncmp(in + 9, row->status, 3) == 0);
		CHECK(strstr(in, "Connection: close\r\n") != NULL);
		CHECK(served == before);
		(void)close(fd);
	}
	stop(&r);
}

static void a_head_over_its_maximum_is_refused(void)
{
	struct running r = start(100);
	static char big[20000];
	char in[4096];
	int fd = dial(r.port);
	memset(big, 'a', sizeof big);
	memcpy(big, "GET / HTTP/1.1\r\nHost: x\r\nA: ", 28);
	CHECK(talk(fd, slice_of(big, sizeof big), NULL, in, sizeof in) > 12);
	CHECK(strncmp(in + 9, "413", 3) == 0);
	(void)close(fd);
	stop(&r);
}

static void requests_follow_one_another_on_a_connection(void)
{
	struct running r = start(100);
	char in[4096];
	int fd = dial(r.port);
	CHECK(talk(fd, SLICE("GET /one HTTP/1.1\r\nHost: x\r\n\r\nPOST /two HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /three HTTP/1.1\r\n"), "abc", in, sizeof in) > 0);
	CHECK(strstr(in, "/one") != NULL && strstr(in, "abc") != NULL);
	CHECK(talk(fd, SLICE("Host: x\r\n\r\n"), "/three", in, sizeof in) > 0);
	CHECK(strstr(in, "/three") != NULL);
	/* Longer than a thread lingers: the connection comes back from the idle ones. */
	(void)usleep(1300000);
	CHECK(talk(fd, SLICE("HEAD /four HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), NULL, in, sizeof in) > 0);
	CHECK(strstr(in, "Content-Length: 5\r\n") != NULL && strstr(in, "/four") == NULL);
	(void)close(fd);
	stop(&r);
}

static void ask(int fd, const char *path, const char *want)
{
	char in[1024], out[256];
	(void)snprintf(out, sizeof out, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);
	CHECK(talk(fd, slice_cstr(out), path, in, sizeof in) > 0);
	CHECK(strstr(in, want) != NULL);
}

static bool is_closed(int fd)
{
	char in[64];
	return recv(fd, in, sizeof in, 0) <= 0;
}

static bool is_open(int fd)
{
	char in[1];
	return recv(fd, in, sizeof in, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

static void a_full_listener_ends_idle_connections_those_first_that_never_asked(void)
{
	struct running r = start(3);
	int asked = dial(r.port), a, b, c;
	ask(asked, "/first", "200 OK");
	/* Until its thread has let it go: only then it is idle. */
	(void)usleep(CONNECTION_RECEIVE_MS * 1000 + 300000);
	a = dial(r.port);
	b = dial(r.port);
	(void)usleep(50000);
	c = dial(r.port);
	CHECK(is_closed(a));
	ask(c, "/c", "200 OK");
	ask(b, "/b", "200 OK");
	ask(asked, "/again", "200 OK");
	(void)close(asked);
	(void)close(a);
	(void)close(b);
	(void)close(c);
	stop(&r);
}

static void where_none_is_idle_a_new_connection_is_closed(void)
{
	struct running r = start(1);
	char in[512];
	int a = dial(r.port), b;
	CHECK(send(a, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n", 32, 0) == 32);
	(void)usleep(100000);
	b = dial(r.port);
	CHECK(is_closed(b));
	CHECK(talk(a, SLICE(""), "/slow", in, sizeof in) > 0 && strstr(in, "200 OK") != NULL);
	(void)close(a);
	(void)close(b);
	stop(&r);
}

static void each_listener_has_room_of_its_own(void)
{
	enum { IDLE = 40 };
	uint16_t port[2];
	int idle[IDLE];
	struct http_server *server = NULL;
	struct http_listener l[2] = {{.fd = listener(&port[0])}, {.fd = listener(&port[1])}};
	const struct http_server_options o = {.listeners = l, .listener_count = 2, .service = {NULL, serve, refuse, body_max},
					      .connections_max = 8, .threads_max = 4};
	CHECK_OK(http_server_start(&o, &server));
	int other = dial(port[1]);
	for (int i = 0; i < IDLE; i++)
		idle[i] = dial(port[0]);
	int late = dial(port[0]);
	ask(late, "/late", "200 OK");
	ask(other, "/other", "200 OK");
	for (int i = 0; i < IDLE; i++)
		(void)close(idle[i]);
	(void)close(late);
	(void)close(other);
	http_server_stop(server, 5);
	(void)close(l[0].fd);
	(void)close(l[1].fd);
}

/* 60 requests that are never whole: half of them in their head, half in their body. */
static void slow_requests_take_places_from_each_other_alone(void)
{
	enum { SLOW = 60 };
	struct running r = start(100);
	int slow[SLOW];
	for (int i = 0; i < SLOW; i++) {
		struct slice part = i % 2 == 0 ? SLICE("GET /x HTTP/1.1\r\nHo") : SLICE("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\na");
		slow[i] = dial(r.port);
		CHECK(send(slow[i], part.p, part.n, MSG_NOSIGNAL) == (ssize_t)part.n);
	}
	for (int i = 0; i < 20; i++) {
		int fd = dial(r.port);
		ask(fd, "/quick", "200 OK");
		(void)close(fd);
	}
	/* As many stay as there are places. Which ones is the order in which threads gave them up. */
	size_t open = SLOW;
	for (int tries = 0; tries < 250 && open > HTTP_WAITS_MAX; tries++) {
		(void)usleep(20000);
		open = 0;
		for (int i = 0; i < SLOW; i++)
			open += is_open(slow[i]);
	}
	CHECK(open > 0 && open <= HTTP_WAITS_MAX);
	for (int i = 0; i < SLOW; i++)
		(void)close(slow[i]);
	stop(&r);
}

/* Each says so before the server counts it as gone, after which the process may end. */
static void a_thread_that_ends_says_so_first(void)
{
	struct running r = start(16);
	int fd = dial(r.port);
	ask(fd, "/quick", "200 OK");
	(void)close(fd);
	CHECK(ended == 0);
	stop(&r);
	CHECK(ended > 0);
}

static void send_text(int fd, const char *text)
{
	CHECK(send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text));
}

static size_t read_all(int fd)
{
	static char in[65536];
	size_t n = 0;
	for (ssize_t got; (got = recv(fd, in, sizeof in, 0)) > 0;)
		n += (size_t)got;
	return n;
}

/* An answer that is not read would hold a thread for 20 s. */
enum { STRANGERS = 200, OTHERS_MS = 3000 };

/* Each from the same address, and with `text`; nothing of what comes is read. */
static void begin(const struct running *r, const char *text, int fds[static STRANGERS])
{
	for (int i = 0; i < STRANGERS; i++) {
		fds[i] = dial(r->port);
		send_text(fds[i], text);
	}
}

static void end(struct running *r, const int fds[static STRANGERS])
{
	for (int i = 0; i < STRANGERS; i++)
		(void)close(fds[i]);
	stop(r);
}

static int64_t slowest_of_others(const struct running *r)
{
	int64_t slowest = 0;
	for (int i = 0; i < 50; i++) {
		int64_t began = clock_mono_ns();
		int fd = dial_from(2, r->port);
		ask(fd, "/quick", "200 OK");
		(void)close(fd);
		int64_t took = clock_mono_ns() - began;
		slowest = took > slowest ? took : slowest;
	}
	return slowest / 1000000;
}

#define LARGE_ONE "GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

static void answers_that_nobody_reads_hold_no_thread(void)
{
	int fds[STRANGERS];
	struct running r = start(400);
	begin(&r, LARGE_ONE, fds);
	CHECK(slowest_of_others(&r) < OTHERS_MS);
	/* Those that have a place may still read, whichever they are; the others see an end. */
	size_t whole = 0;
	for (int i = 0; i < STRANGERS; i++)
		whole += read_all(fds[i]) > LARGE;
	CHECK(whole > 0 && whole <= HTTP_WAITS_MAX);
	end(&r, fds);
}

static void many_answers_to_one_that_reads_none_hold_no_thread(void)
{
	int fds[STRANGERS];
	struct running r = start(400);
	begin(&r, "GET /large HTTP/1.1\r\nHost: x\r\n\r\nGET /large HTTP/1.1\r\nHost: x\r\n\r\n", fds);
	CHECK(slowest_of_others(&r) < OTHERS_MS);
	end(&r, fds);
}

static void refusals_that_nobody_closes_hold_no_thread(void)
{
	int fds[STRANGERS], more[STRANGERS];
	struct running r = start(600);
	int before = refused;
	begin(&r, "GET / HTTP/1.1\r\n\r\n", fds);
	begin(&r, "GET / HTTP/1.1\r\n\r\n", more);
	/* All threads that there are, for 200 ms each, would take longer. */
	CHECK(slowest_of_others(&r) < 1000);
	CHECK(refused >= before + 2 * STRANGERS);
	for (int i = 0; i < STRANGERS; i++)
		(void)close(more[i]);
	end(&r, fds);
}

/* Whoever waits elsewhere keeps their place: one reads slowly, one writes slowly. */
static void an_address_takes_places_from_itself_first(void)
{
	int fds[STRANGERS], reads, writes;
	struct running r = start(600);
	char in[512];
	reads = dial_from(3, r.port);
	writes = dial_from(3, r.port);
	send_text(reads, LARGE_ONE);
	send_text(writes, "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\na");
	(void)usleep(100000);
	begin(&r, LARGE_ONE, fds);
	int slow[40];
	for (size_t i = 0; i < ARRAY_LEN(slow); i++) {
		slow[i] = dial(r.port);
		send_text(slow[i], "GET /x HTTP/1.1\r\nHo");
	}
	CHECK(slowest_of_others(&r) < OTHERS_MS);
	CHECK(is_closed(slow[0]));
	CHECK(talk(writes, SLICE("bcdefghi"), "abcdefghi", in, sizeof in) > 0 && strstr(in, "200 OK") != NULL);
	CHECK(read_all(reads) > LARGE);
	for (size_t i = 0; i < ARRAY_LEN(slow); i++)
		(void)close(slow[i]);
	(void)close(reads);
	(void)close(writes);
	end(&r, fds);
}

static void an_idle_connection_is_closed_after_the_configured_time(void)
{
	struct running r = {0};
	r.fd = listener(&r.port);
	const struct http_listener l = {.fd = r.fd};
	const struct http_server_options o = {.listeners = &l, .listener_count = 1, .service = {NULL, serve, refuse, body_max},
					      .connections_max = 4, .threads_max = 2, .idle_seconds = 1};
	CHECK_OK(http_server_start(&o, &r.server));
	int fd = dial(r.port);
	CHECK(is_open(fd));
	CHECK(is_closed(fd));
	(void)close(fd);
	stop(&r);
}

static void what_nobody_reads_is_answered_without_its_body(void)
{
	static const char *const rows[] = {
		"POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n",
		"POST /unread HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
		"POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
	};
	struct running r = start(10);
	char in[1024];
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int fd = dial(r.port);
		CHECK(talk(fd, slice_cstr(rows[i]), NULL, in, sizeof in) > 0);
		CHECK(strstr(in, "200 OK") != NULL && strstr(in, "Connection: close") != NULL);
		(void)close(fd);
	}
	stop(&r);
}

static void *slow_client(void *self)
{
	uint16_t *port = self;
	char in[512];
	int fd = dial(*port);
	size_t n = talk(fd, SLICE("GET /held HTTP/1.1\r\nHost: x\r\n\r\n"), "/held", in, sizeof in);
	(void)close(fd);
	bool closes = strstr(in, "Connection: close\r\n") != NULL;
	return n > 0 && strstr(in, "200 OK") != NULL && closes ? self : NULL;
}

static void a_stop_lets_the_request_under_way_finish(void)
{
	struct running r = start(100);
	pthread_t t;
	void *ok = NULL;
	int before = served;
	CHECK(pthread_create(&t, NULL, slow_client, &r.port) == 0);
	while (served == before)
		(void)usleep(10000);
	stopping = true;
	stop(&r);
	CHECK(pthread_join(t, &ok) == 0);
	CHECK(ok != NULL);
}

static _Atomic bool watched, idle;

bool __real_connection_serve(struct connection *c, const struct http_service *service, int linger_ms, const atomic_bool *revocations);
bool __wrap_connection_serve(struct connection *c, const struct http_service *service, int linger_ms, const atomic_bool *revocations);

/* The stop comes, and looks at those that wait, before this one is among them. */
bool __wrap_connection_serve(struct connection *c, const struct http_service *service, int linger_ms, const atomic_bool *revocations)
{
	bool waits = __real_connection_serve(c, service, linger_ms, revocations);
	if (!waits || !watched)
		return waits;
	idle = true;
	while (!atomic_load(revocations))
		(void)usleep(1000);
	(void)usleep(200000);
	return waits;
}

static void a_connection_that_falls_idle_at_the_stop_is_closed(void)
{
	struct running r = start(100);
	char in[512];
	int fd = dial(r.port);
	watched = true;
	CHECK(talk(fd, SLICE("GET /one HTTP/1.1\r\nHost: x\r\n\r\n"), "/one", in, sizeof in) > 0);
	while (!idle)
		(void)usleep(1000);
	stop(&r);
	CHECK(recv(fd, in, sizeof in, 0) == 0);
	watched = false;
	(void)close(fd);
}

static void a_request_may_come_byte_by_byte(void)
{
	static const char text[] = "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc";
	struct running r = start(100);
	char in[4096];
	int fd = dial(r.port);
	for (size_t i = 0; i + 2 < sizeof text; i++)
		CHECK(send(fd, text + i, 1, MSG_NOSIGNAL) == 1);
	CHECK(talk(fd, SLICE("c"), NULL, in, sizeof in) > 0);
	CHECK(strstr(in, "\r\n\r\nabc") != NULL);
	(void)close(fd);
	stop(&r);
}

static void a_body_that_waits_is_asked_for(void)
{
	struct running r = start(100);
	char in[4096];
	int fd = dial(r.port);
	CHECK(talk(fd, SLICE("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"), "\r\n\r\n", in, sizeof in) > 0);
	CHECK(strncmp(in, "HTTP/1.1 100 ", 13) == 0);
	CHECK(talk(fd, SLICE("abc"), "abc", in, sizeof in) > 0);
	CHECK(strstr(in, "200 OK") != NULL);
	CHECK(talk(fd, SLICE("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\nExpect: 100-continue\r\n\r\n"), NULL, in, sizeof in) > 0);
	CHECK(strncmp(in, "HTTP/1.1 413 ", 13) == 0);
	(void)close(fd);
	stop(&r);
}

/* More at once than there are threads: all are answered. */
static void requests_over_the_threads_wait(void)
{
	enum { CLIENTS = 20 };
	struct running r = start(100);
	int fd[CLIENTS];
	char in[512];
	for (int i = 0; i < CLIENTS; i++) {
		fd[i] = dial(r.port);
		CHECK(send(fd[i], "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n", 32, MSG_NOSIGNAL) == 32);
	}
	for (int i = 0; i < CLIENTS; i++) {
		CHECK(talk(fd[i], SLICE(""), "/slow", in, sizeof in) > 0);
		CHECK(strstr(in, "200 OK") != NULL);
		(void)close(fd[i]);
	}
	stop(&r);
}

/* `credentials`: whether the listener is one that tells the peer's uid. */
static void ask_over_unix(bool credentials, char *in, size_t cap)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	char dir[] = "/tmp/test_http.XXXXXX";
	struct http_server *server = NULL;
	CHECK(mkdtemp(dir) != NULL);
	(void)snprintf(a.sun_path, sizeof a.sun_path, "%s/s", dir);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), c = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, 4) == 0);
	const struct http_listener l = {.fd = fd, .type = 7, .peer_credentials = credentials};
	const struct http_server_options o = {.listeners = &l, .listener_count = 1, .service = {NULL, serve, refuse, body_max},
					      .connections_max = 4, .threads_max = 2};
	CHECK_OK(http_server_start(&o, &server));
	CHECK(connect(c, (struct sockaddr *)&a, sizeof a) == 0);
	CHECK(talk(c, SLICE("GET /who HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), NULL, in, cap) > 0);
	http_server_stop(server, 5);
	(void)close(c);
	(void)close(fd);
	(void)unlink(a.sun_path);
	(void)rmdir(dir);
}

static void the_peers_uid_is_told_where_the_listener_wants_it(void)
{
	char in[4096], want[64];
	ask_over_unix(true, in, sizeof in);
	(void)snprintf(want, sizeof want, "kind=7 uid=%d remote=;", (int)getuid());
	CHECK(strstr(in, want) != NULL);
	ask_over_unix(false, in, sizeof in);
	CHECK(strstr(in, "uid=-1") != NULL);
}

T_MAIN(T(a_thread_that_ends_says_so_first), T(malformed_requests_are_refused_and_the_connection_closes), T(a_head_over_its_maximum_is_refused),
       T(requests_follow_one_another_on_a_connection), T(a_full_listener_ends_idle_connections_those_first_that_never_asked),
       T(where_none_is_idle_a_new_connection_is_closed), T(each_listener_has_room_of_its_own),
       T(slow_requests_take_places_from_each_other_alone), T(answers_that_nobody_reads_hold_no_thread),
       T(many_answers_to_one_that_reads_none_hold_no_thread), T(refusals_that_nobody_closes_hold_no_thread),
       T(an_address_takes_places_from_itself_first), T(an_idle_connection_is_closed_after_the_configured_time),
       T(what_nobody_reads_is_answered_without_its_body),
       T(a_stop_lets_the_request_under_way_finish), T(a_connection_that_falls_idle_at_the_stop_is_closed),
       T(a_request_may_come_byte_by_byte), T(a_body_that_waits_is_asked_for), T(requests_over_the_threads_wait),
       T(the_peers_uid_is_told_where_the_listener_wants_it))
