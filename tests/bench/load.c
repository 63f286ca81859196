/* SPDX-License-Identifier: Apache-2.0 */
/* Load over kept connections, one request in flight on each: load TO FILE CONNECTIONS SECONDS [RATE]
 * TO: unix:PATH or a port of 127.0.0.1. FILE: the request's bytes. RATE: requests a second in all; without it, as many as go.
 * Any answer but 200 ends it with status 1. Prints one JSON object. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "gateway/histogram.h"

enum { CONNECTIONS_MAX = 4096, EVENTS = 256, REQUEST_MAX = 16 * 1024, ANSWER_MAX = 32 * 1024 };

struct connection {
	int fd;
	int64_t sent_ns;
	size_t n;
	char answer[ANSWER_MAX];
};

struct load {
	struct connection *v;
	unsigned count;
	unsigned idle[CONNECTIONS_MAX];
	unsigned idle_n;
	int epoll;
	char request[REQUEST_MAX];
	size_t request_n;
	double rate;
	int64_t start_ns, end_ns;
	uint64_t sent, answered;
	struct histogram latency;
};

static NORETURN void die(const char *what)
{
	(void)fprintf(stderr, "load: %s: %s\n", what, errno != 0 ? strerror(errno) : "failed");
	exit(1);
}

static int dial(const char *to)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	bool local = strncmp(to, "unix:", 5) == 0;
	int fd = socket(local ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (local)
		(void)snprintf(un.sun_path, sizeof un.sun_path, "%s", to + 5);
	else
		in.sin_port = htons((uint16_t)strtoul(to, NULL, 10));
	int rc = local ? connect(fd, (struct sockaddr *)&un, sizeof un) : connect(fd, (struct sockaddr *)&in, sizeof in);
	if (fd < 0 || rc != 0)
		die(to);
	return fd;
}

static void open_all(struct load *l, const char *to)
{
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	l->v = calloc(l->count, sizeof *l->v);
	if (l->epoll < 0 || l->v == NULL)
		die("setting up");
	for (unsigned i = 0; i < l->count; i++) {
		struct epoll_event e = {.events = EPOLLIN, .data.u32 = i};
		l->v[i].fd = dial(to);
		if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->v[i].fd, &e) != 0)
			die("epoll");
		l->idle[l->idle_n++] = i;
	}
}

static void read_request(struct load *l, const char *path)
{
	FILE *f = fopen(path, "rb");
	if (f == NULL)
		die(path);
	l->request_n = fread(l->request, 1, sizeof l->request, f);
	(void)fclose(f);
}

static void send_one(struct load *l, unsigned i)
{
	l->v[i].n = 0;
	l->v[i].sent_ns = clock_mono_ns();
	if (send(l->v[i].fd, l->request, l->request_n, MSG_NOSIGNAL) != (ssize_t)l->request_n)
		die("sending");
	l->sent++;
}

/* True once the whole answer is there: it says its length, or ends with the last chunk. */
static bool complete(struct connection *c)
{
	c->answer[c->n] = 0;
	char *body = strstr(c->answer, "\r\n\r\n");
	if (body == NULL)
		return false;
	if (strncmp(c->answer, "HTTP/1.1 200 ", 13) != 0) {
		errno = 0;
		(void)fprintf(stderr, "load: %.300s\n", c->answer);
		exit(1);
	}
	const char *length = strcasestr(c->answer, "\r\ncontent-length:");
	if (length != NULL && length < body)
		return (size_t)(c->answer + c->n - (body + 4)) == strtoul(length + 17, NULL, 10);
	return c->n >= 5 && strcmp(c->answer + c->n - 5, "0\r\n\r\n") == 0;
}

static bool receive(struct load *l, unsigned i)
{
	struct connection *c = &l->v[i];
	ssize_t n = recv(c->fd, c->answer + c->n, sizeof c->answer - 1 - c->n, 0);
	if (n <= 0)
		die("the connection was closed");
	c->n += (size_t)n;
	if (!complete(c))
		return false;
	histogram_add(&l->latency, (uint64_t)(clock_mono_ns() - c->sent_ns));
	l->answered++;
	return true;
}

/* How many may have been sent by now. */
static uint64_t due(const struct load *l, int64_t now)
{
	return l->rate > 0 ? (uint64_t)(l->rate * (double)(now - l->start_ns) / 1e9) : UINT64_MAX;
}

static void send_due(struct load *l, int64_t now)
{
	while (l->idle_n > 0 && l->sent < due(l, now))
		send_one(l, l->idle[--l->idle_n]);
}

static void run(struct load *l)
{
	struct epoll_event events[EVENTS];
	int64_t now = l->start_ns = clock_mono_ns();
	l->end_ns += now;
	while (now < l->end_ns || l->answered < l->sent) {
		if (now < l->end_ns)
			send_due(l, now);
		const struct timespec wait = {.tv_nsec = l->rate > 0 ? 200 * 1000 : 100 * 1000 * 1000};
		int n = epoll_pwait2(l->epoll, events, EVENTS, &wait, NULL);
		for (int i = 0; i < n; i++)
			if (receive(l, events[i].data.u32))
				l->idle[l->idle_n++] = events[i].data.u32;
		now = clock_mono_ns();
		if (now > l->end_ns + 10 * INT64_C(1000000000))
			die("no answer within ten seconds");
	}
}

int main(int argc, char **argv)
{
	static struct load l;
	if (argc < 5)
		return 2;
	l.count = (unsigned)strtoul(argv[3], NULL, 10);
	l.end_ns = (int64_t)(strtod(argv[4], NULL) * 1e9);
	l.rate = argc > 5 ? strtod(argv[5], NULL) : 0;
	if (l.count == 0 || l.count > CONNECTIONS_MAX)
		return 2;
	read_request(&l, argv[2]);
	open_all(&l, argv[1]);
	run(&l);
	printf("{\"requests\":%llu,\"seconds\":%.4f,\"p50_us\":%.1f,\"p99_us\":%.1f}\n", (unsigned long long)l.answered,
	       (double)(clock_mono_ns() - l.start_ns) / 1e9, (double)histogram_quantile(&l.latency, 500) / 1e3,
	       (double)histogram_quantile(&l.latency, 990) / 1e3);
	return 0;
}
