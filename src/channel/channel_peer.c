/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/channel_peer.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "oauth/token/revocations.h"

void channel_peer_close(struct channel_peer *p)
{
	(void)close(p->fd);
	p->fd = -1;
	buf_free(&p->in);
	buf_free(&p->out);
}

/* Drops the sent part even if a peer never takes all of it. */
static void keep_unsent(struct channel_peer *p)
{
	if (p->sent < CHANNEL_OUT_ENOUGH)
		return;
	memmove(p->out.p, p->out.p + p->sent, p->out.n - p->sent);
	p->out.n -= p->sent;
	p->sent = 0;
}

void channel_peer_flush(struct channel_peer *p)
{
	while (p->fd >= 0 && p->sent < p->out.n) {
		ssize_t n = send(p->fd, p->out.p + p->sent, p->out.n - p->sent, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			keep_unsent(p);
			return;
		}
		if (n <= 0) {
			channel_peer_close(p);
			return;
		}
		p->sent += (size_t)n;
	}
	if (p->fd >= 0) {
		buf_clear(&p->out);
		p->sent = 0;
	}
}

void channel_peer_deliver(struct channel_peer *p)
{
	if (buf_rc(&p->out) != RC_OK)
		channel_peer_close(p);
	else
		channel_peer_flush(p);
}

bool channel_peer_wants(const struct channel_peer *p)
{
	return p->fd >= 0 && p->greeted && !p->ready && !p->stuck && p->out.n - p->sent < CHANNEL_OUT_ENOUGH;
}

/* Reads from the directory: the ids of a million revocations are not kept in memory. */
static enum rc read_page(struct link_page *page, const struct op *op, int64_t after, int64_t now)
{
	const struct directory *d = op->directory;
	struct dir_revocation *v;
	int64_t known = revocations_last(op->revocations);
	if (page->after == after)
		return RC_OK;
	arena_reset(&page->a);
	page->after = -1;
	TRY(d->revocations.list(d->revocations.self, after, now, CHANNEL_PROTOCOL_REVOCATIONS_MAX, &page->a, &v,
				&page->n));
	for (size_t i = 0; i < page->n; i++)
		page->v[i] = revocations_of_row(&v[i]);
	/* What lies before `known` and was not returned has expired. */
	page->last = page->n > 0 ? v[page->n - 1].seq : after;
	if (page->n < CHANNEL_PROTOCOL_REVOCATIONS_MAX && page->last < known)
		page->last = known;
	page->after = after;
	return RC_OK;
}

/* Sends one page of revocations after those that the peer has; *ret_all: there are no more. Nothing is lost if the
 * directory fails or the peer is slow (RC_BUSY): the rest is sent later, and until then the peer is behind. */
static enum rc put_page(struct channel_peer *p, struct link_page *page, const struct op *op, int64_t now, bool *ret_all)
{
	*ret_all = false;
	p->behind = true;
	if (p->out.n - p->sent >= CHANNEL_OUT_ENOUGH)
		return RC_BUSY;
	enum rc rc = read_page(page, op, p->revocations_seq, now);
	p->stuck = rc != RC_OK;
	TRY(rc);
	if (page->n > 0)
		channel_protocol_put_revocations(&p->out, page->v, page->n, p->knows);
	p->revocations_seq = page->last;
	*ret_all = page->n < CHANNEL_PROTOCOL_REVOCATIONS_MAX;
	p->behind = !*ret_all;
	return RC_OK;
}

void channel_peer_put_more(struct channel_peer *p, struct link_page *page, const struct op *op, int64_t now)
{
	bool all;
	if (put_page(p, page, op, now, &all) != RC_OK || !all)
		return;
	channel_protocol_put_ready(&p->out);
	p->ready = true;
}

void channel_peer_put_new(struct channel_peer *p, struct link_page *page, const struct op *op, int64_t now)
{
	bool all = false;
	while (!all && (p->behind || p->revocations_seq < revocations_last(op->revocations)))
		if (put_page(p, page, op, now, &all) != RC_OK)
			return;
}
