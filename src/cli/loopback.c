/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/ct.h"
#include "http/form.h"

enum { HEAD_MAX = 8 * 1024, READ_MS = 3000 };

static const char done_page[] = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" "
				"content=\"width=device-width\">"
				"<title>Signed in</title><style>:root{color-scheme:light dark}body{font:1.1rem/1.5 "
				"system-ui,sans-serif;max-width:32rem;"
				"margin:20vh auto;padding:0 1rem}</style><h1>Back to the terminal</h1><p>The answer "
				"has arrived. You can close this tab.</p></html>";

enum rc loopback_open(struct loopback *l)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof at;
	l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->fd < 0)
		return RC_IO;
	if (bind(l->fd, (const struct sockaddr *)&at, sizeof at) != 0 || listen(l->fd, 8) != 0 ||
	    getsockname(l->fd, (struct sockaddr *)&at, &n) != 0) {
		loopback_close(l);
		return RC_IO;
	}
	l->port = ntohs(at.sin_port);
	return RC_OK;
}

void loopback_close(struct loopback *l)
{
	if (l->fd >= 0)
		(void)close(l->fd);
	l->fd = -1;
}

static void respond(int fd, const char *status, const char *page)
{
	char text[2048];
	int n = snprintf(text, sizeof text,
			 "HTTP/1.1 %s\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: "
			 "%zu\r\nCache-Control: no-store\r\n"
			 "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\nReferrer-Policy: "
			 "no-referrer\r\n"
			 "Connection: close\r\n\r\n%s",
			 status, strlen(page), page);
	ssize_t ignored UNUSED = send(fd, text, (size_t)n, MSG_NOSIGNAL);
}

/* Reads the head up to the end of its first line. */
static bool read_head(int fd, uint8_t *memory, struct slice *ret_line)
{
	size_t n = 0;
	while (n < HEAD_MAX) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		if (poll(&p, 1, READ_MS) != 1)
			return false;
		ssize_t got = recv(fd, memory + n, HEAD_MAX - n, 0);
		if (got <= 0)
			return false;
		n += (size_t)got;
		struct slice all = slice_of(memory, n);
		if (slice_ends(all, SLICE("\r\n\r\n"))) {
			*ret_line = slice_to(all, slice_find(all, '\r'));
			return true;
		}
	}
	return false;
}

static bool take_query(struct slice line, struct arena *a, struct request_pairs *ret_query)
{
	static const struct slice start = SLICE_INIT("GET /callback?"), end = SLICE_INIT(" HTTP/1.1");
	struct slice copy;
	if (!slice_starts(line, start) || !slice_ends(line, end))
		return false;
	struct slice query = slice_from(slice_to(line, line.n - end.n), start.n);
	return arena_copy(a, query, &copy) == RC_OK && form_decode(copy, a, ret_query) == RC_OK;
}

/* True if this connection brought the answer. */
static bool serve(int fd, struct slice state, struct arena *a, struct request_pairs *ret_query)
{
	uint8_t memory[HEAD_MAX];
	struct slice line;
	struct request_pairs query;
	bool ours = read_head(fd, memory, &line) && take_query(line, a, &query) &&
		    ct_equal(secret_from_slice(request_pairs_get(query, SLICE("state"))), secret_from_slice(state));
	if (ours)
		*ret_query = query;
	respond(fd, ours ? "200 OK" : "404 Not Found", ours ? done_page : "<p>Nothing here.</p>");
	return ours;
}

enum rc loopback_wait(struct loopback *l, struct slice state, int seconds, struct arena *a,
		      struct request_pairs *ret_query)
{
	int64_t deadline = clock_mono_ns() + (int64_t)seconds * 1000000000;
	for (;;) {
		int64_t left = (deadline - clock_mono_ns()) / 1000000;
		struct pollfd p = {.fd = l->fd, .events = POLLIN};
		if (left <= 0)
			return RC_EXPIRED;
		if (poll(&p, 1, (int)left) != 1)
			continue;
		int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		bool done = serve(fd, state, a, ret_query);
		(void)close(fd);
		if (done)
			return RC_OK;
	}
}
