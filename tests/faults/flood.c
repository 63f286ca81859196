/* SPDX-License-Identifier: Apache-2.0 */
/* Strangers: flood PORT HOST TARGET FROM SECONDS RATE
 * GET TARGET over kept connections to 127.0.0.1:PORT, one request in flight on each. X-Forwarded-For, which the proxy there
 * believes, says `one` address, one of a `net` of 250, or one of 10,000 in as many networks (`many`). RATE: requests a second
 * in all; 0: as many as go. Prints one JSON object: answers by their status, and connections that broke. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/slice.h"

enum { CONNECTIONS = 24, EVENTS = 64, ANSWER_MAX = 32 * 1024, REQUEST_MAX = 8 * 1024, STATUSES = 600, GRACE_NS = 1000000000 };

struct stranger {
	int fd;
	bool busy;
	size_t n;
	char answer[ANSWER_MAX];
};

struct flood {
	const char *host, *target, *from;
	uint16_t port;
	double rate;
	int64_t start_ns;
	int epoll;
	unsigned long sent, broken, by_status[STATUSES];
	struct stranger v[CONNECTIONS];
};

static NORETURN void die(const char *what)
{
	(void)fprintf(stderr, "flood: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void dial(struct flood *f, unsigned i)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(f->port)};
	struct epoll_event e = {.events = EPOLLIN, .data.u32 = i};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&in, sizeof in) != 0 || epoll_ctl(f->epoll, EPOLL_CTL_ADD, fd, &e) != 0)
		die("connecting");
	f->v[i].fd = fd;
	f->v[i].busy = false;
	f->v[i].n = 0;
}

static void redial(struct flood *f, unsigned i)
{
	(void)close(f->v[i].fd);
	dial(f, i);
}

static void address(const struct flood *f, char *dst, size_t n)
{
	unsigned k = (unsigned)(f->sent % 10000);
	if (strcmp(f->from, "one") == 0)
		(void)snprintf(dst, n, "198.51.100.7");
	else if (strcmp(f->from, "net") == 0)
		(void)snprintf(dst, n, "198.51.100.%u", k % 250 + 1);
	else
		(void)snprintf(dst, n, "100.%u.%u.9", 64 + k / 250, k % 250);
}

static void ask(struct flood *f, unsigned i)
{
	char request[REQUEST_MAX], from[32];
	address(f, from, sizeof from);
	int n = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s\r\nX-Forwarded-For: %s\r\n\r\n", f->target, f->host, from);
	f->v[i].busy = true;
	f->v[i].n = 0;
	f->sent++;
	if (send(f->v[i].fd, request, (size_t)n, MSG_NOSIGNAL) != n) {
		f->broken++;
		redial(f, i);
	}
}

static bool complete(struct stranger *s)
{
	s->answer[s->n] = 0;
	const char *body = strstr(s->answer, "\r\n\r\n"), *length = strcasestr(s->answer, "\r\ncontent-length:");
	if (body == NULL)
		return false;
	if (length != NULL && length < body)
		return (size_t)(s->answer + s->n - (body + 4)) >= strtoul(length + 17, NULL, 10);
	return strcasestr(s->answer, "\r\ntransfer-encoding: chunked") == NULL || strcmp(s->answer + s->n - 5, "0\r\n\r\n") == 0;
}

static void receive(struct flood *f, unsigned i)
{
	struct stranger *s = &f->v[i];
	ssize_t n = recv(s->fd, s->answer + s->n, sizeof s->answer - 1 - s->n, MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		f->broken += s->busy;
		redial(f, i);
		return;
	}
	s->n += (size_t)n;
	if (!complete(s))
		return;
	unsigned long status = strtoul(s->answer + 9, NULL, 10);
	f->by_status[status < STATUSES ? status : 0]++;
	s->busy = false;
	/* The proxy's own limit on the requests of a connection. */
	if (strcasestr(s->answer, "\r\nconnection: close") != NULL)
		redial(f, i);
}

static unsigned busy(const struct flood *f)
{
	unsigned n = 0;
	for (unsigned i = 0; i < CONNECTIONS; i++)
		n += f->v[i].busy;
	return n;
}

static bool due(const struct flood *f, int64_t now)
{
	return f->rate <= 0 || (double)f->sent < f->rate * (double)(now - f->start_ns) / 1e9;
}

static void run(struct flood *f, int64_t end_ns)
{
	struct epoll_event events[EVENTS];
	int64_t now = clock_mono_ns();
	while (now < end_ns || (busy(f) > 0 && now < end_ns + GRACE_NS)) {
		for (unsigned i = 0; i < CONNECTIONS && now < end_ns && due(f, now); i++)
			if (!f->v[i].busy)
				ask(f, i);
		int n = epoll_wait(f->epoll, events, EVENTS, 1);
		for (int k = 0; k < n; k++)
			receive(f, events[k].data.u32);
		now = clock_mono_ns();
	}
}

int main(int argc, char **argv)
{
	static struct flood f;
	if (argc != 7)
		return 2;
	f.port = (uint16_t)strtoul(argv[1], NULL, 10);
	f.host = argv[2];
	f.target = argv[3];
	f.from = argv[4];
	f.rate = strtod(argv[6], NULL);
	f.epoll = epoll_create1(EPOLL_CLOEXEC);
	for (unsigned i = 0; i < CONNECTIONS; i++)
		dial(&f, i);
	f.start_ns = clock_mono_ns();
	run(&f, f.start_ns + (int64_t)(strtod(argv[5], NULL) * 1e9));
	f.broken += busy(&f);
	(void)printf("{\"sent\": %lu, \"broken\": %lu", f.sent, f.broken);
	for (unsigned i = 0; i < STATUSES; i++)
		if (f.by_status[i] > 0)
			(void)printf(", \"%u\": %lu", i, f.by_status[i]);
	(void)puts("}");
	return 0;
}
