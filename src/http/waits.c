/* SPDX-License-Identifier: Apache-2.0 */
#include "http/waits.h"

#include <string.h>
#include <sys/socket.h>

void http_waits_init(struct http_waits *w)
{
	(void)pthread_mutex_init(&w->lock, NULL);
	memset(w->n, 0, sizeof w->n);
}

static void forget(struct http_waits *w, enum http_wait kind, size_t i)
{
	struct http_waiting *places = w->places[kind];
	w->n[kind]--;
	memmove(&places[i], &places[i + 1], (w->n[kind] - i) * sizeof places[0]);
}

/* The oldest wait of the source that has most. */
static size_t greediest(const struct http_waiting *places, size_t n)
{
	size_t best = 0, most = 0;
	for (size_t i = 0; i < n; i++) {
		size_t held = 0;
		for (size_t k = i; k < n; k++)
			held += strcmp(places[k].source, places[i].source) == 0;
		if (held > most) {
			most = held;
			best = i;
		}
	}
	return best;
}

void http_waits_enter(struct http_waits *w, enum http_wait kind, int fd, const char *source)
{
	(void)pthread_mutex_lock(&w->lock);
	if (w->n[kind] == HTTP_WAITS_MAX) {
		size_t i = greediest(w->places[kind], HTTP_WAITS_MAX);
		(void)shutdown(w->places[kind][i].fd, kind == HTTP_WAIT_ANSWER ? SHUT_RDWR : SHUT_RD);
		forget(w, kind, i);
	}
	w->places[kind][w->n[kind]++] = (struct http_waiting){fd, source};
	(void)pthread_mutex_unlock(&w->lock);
}

bool http_waits_leave(struct http_waits *w, enum http_wait kind, int fd)
{
	bool there = false;
	(void)pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < w->n[kind] && !there; i++) {
		there = w->places[kind][i].fd == fd;
		if (there)
			forget(w, kind, i);
	}
	(void)pthread_mutex_unlock(&w->lock);
	return there;
}
