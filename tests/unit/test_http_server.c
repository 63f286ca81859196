/* SPDX-License-Identifier: Apache-2.0 */
/* The server over real sockets: what it takes, what it refuses, how it ends. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "http/connection.h"
#include "http/server.h"
#include "t.h"

static _Atomic int served, refused;
static _Atomic bool stopping;

static void serve(void *self, int kind, struct call *c, struct http_response *r)
{
	(void)self;
	served++;
	/* Until the stop that it is about has begun. */
	while (slice_eq(c->path, SLICE("/held")) && !stopping)
		(void)usleep(1000);
	if (slice_eq(c->path, SLICE("/slow")) || slice_eq(c->path, SLICE("/held")))
		(void)usleep(300000);
	*r = (struct http_response){.status = 200, .body = c->body.n > 0 ? c->body : c->path};
	if (slice_eq(c->path, SLICE("/who")) &&
	    arena_format(c->arena, &r->body, "kind=%d uid=%d remote=%.*s;", kind, (int)c->peer_uid, SLICE_ARGS(c->remote)) != RC_OK)
		r->status = 500;
}

static void refuse(void *self, int kind, enum rc why, struct call *c, struct http_response *r)
{
	(void)self, (void)kind, (void)c;
	refused++;
	*r = (struct http_response){.status = rc_row(why)->http_status, .body = slice_cstr(rc_row(why)->name)};
}

static size_t body_max(void *self, int kind, const struct call *c)
{
	(void)self, (void)kind, (void)c;
	return 100;
}

static int listener(uint16_t *ret_port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, 100) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&a, &n) == 0);
	*ret_port = ntohs(a.sin_port);
	return fd;
}

struct running {
	struct http_server *server;
	int fd;
	uint16_t port;
};

static struct running start(unsigned connections)
{
	struct running r = {0};
	r.fd = listener(&r.port);
	const struct http_listener l = {.fd = r.fd};
	const struct http_server_options o = {.listeners = &l, .listener_count = 1, .service = {NULL, serve, refuse, body_max},
					      .connections_max = connections, .threads_max = 8};
	CHECK_OK(http_server_start(&o, &r.server));
	return r;
}

static void stop(struct running *r)
{
	http_server_stop(r->server, 5);
	(void)close(r->fd);
}

static int dial(uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
	struct timeval t = {.tv_sec = 5};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
	CHECK(connect(fd, (struct sockaddr *)&a, sizeof a) == 0);
	return fd;
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
		{"duplicate parameter", SLICE_INIT("GET /?a=1&a=2 HTTP/1.1\r\nHost: x\r\n\r\n"), "400"},
		{"foreign authority", SLICE_INIT("GET http://y/ HTTP/1.1\r\nHost: x\r\n\r\n"), "400"},
		{"long body", SLICE_INIT("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n"), "413"},
		{"huge length", SLICE_INIT("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n"), "413"},
	};
	struct running r = start(100);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char in[4096];
		int before = served, fd = dial(r.port);
		t_set_row(rows[i].name);
		CHECK(talk(fd, rows[i].text, NULL, in, sizeof in) > 12);
		CHECK(strncmp(in + 9, rows[i].status, 3) == 0);
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

static void connections_over_the_limit_are_closed(void)
{
	struct running r = start(2);
	char in[256];
	int a = dial(r.port), b = dial(r.port), c = dial(r.port);
	CHECK(recv(c, in, sizeof in, 0) <= 0);
	CHECK(talk(a, SLICE("GET /a HTTP/1.1\r\nHost: x\r\n\r\n"), "/a", in, sizeof in) > 0);
	CHECK(strstr(in, "200 OK") != NULL);
	(void)close(a);
	(void)close(b);
	(void)close(c);
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

bool __real_connection_serve(struct connection *c, const struct http_service *service, int linger_ms, const atomic_bool *ends);
bool __wrap_connection_serve(struct connection *c, const struct http_service *service, int linger_ms, const atomic_bool *ends);

/* The stop comes, and looks at those that wait, before this one is among them. */
bool __wrap_connection_serve(struct connection *c, const struct http_service *service, int linger_ms, const atomic_bool *ends)
{
	bool waits = __real_connection_serve(c, service, linger_ms, ends);
	if (!waits || !watched)
		return waits;
	idle = true;
	while (!atomic_load(ends))
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
	const struct http_listener l = {.fd = fd, .kind = 7, .peer_credentials = credentials};
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

T_MAIN(T(malformed_requests_are_refused_and_the_connection_closes), T(a_head_over_its_maximum_is_refused),
       T(requests_follow_one_another_on_a_connection), T(connections_over_the_limit_are_closed),
       T(a_stop_lets_the_request_under_way_finish), T(a_connection_that_falls_idle_at_the_stop_is_closed),
       T(a_request_may_come_byte_by_byte), T(a_body_that_waits_is_asked_for), T(requests_over_the_threads_wait),
       T(the_peers_uid_is_told_where_the_listener_wants_it))
