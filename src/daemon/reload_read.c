/* SPDX-License-Identifier: Apache-2.0 */
/* What is sent: packets of u8 kind (1 more, 2 the last; one that begins has 4 added) and bytes; together the file's text,
 * then of each client its secret and its JWKS, then of each user the password: blocks. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/start.h"
#include "daemon/apply.h"
#include "daemon/reload.h"

enum { MORE = 1, LAST = 2, FIRST = 4, PATIENCE_SECONDS = 20 };

void reload_refused(const char *why)
{
	const struct log l = {.fd = STDERR_FILENO, .least = LOG_LEVEL_INFO, .role = "reader"};
	LOG(&l, LOG_LEVEL_ERROR, "reload.refused", LOG_TEXT("reason", slice_cstr(why)));
}

static enum rc encode(const struct config *c, const struct apply_secrets *s, struct buf *b)
{
	buf_block(b, c->text);
	for (size_t i = 0; i < c->clients.n; i++) {
		buf_block(b, secret_reveal(s->clients[i]));
		buf_block(b, s->jwks[i]);
	}
	for (size_t i = 0; i < c->users.n; i++)
		buf_block(b, secret_reveal(s->users[i]));
	return buf_rc(b);
}

/* The worker may be busy, but not for ever. */
static bool send_all(int fd, struct slice rest)
{
	const struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
	uint8_t packet[RELOAD_PACKET];
	uint8_t first = FIRST;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	while (rest.n > 0) {
		struct slice piece = slice_to(rest, sizeof packet - 1);
		rest = slice_from(rest, piece.n);
		packet[0] = first | (rest.n == 0 ? LAST : MORE);
		memcpy(packet + 1, piece.p, piece.n);
		first = 0;
		if (send(fd, packet, piece.n + 1, MSG_NOSIGNAL) < 0)
			return false;
	}
	ct_wipe(packet, sizeof packet);
	return true;
}

int reload_read(struct role *role)
{
	static struct arena a;
	static struct apply_secrets secrets;
	struct config_error err = {.file = (const char *)role->config->path.p};
	struct buf b;
	arena_init(&a, CONFIG_ARENA_MAX);
	if (crypto_start() != RC_OK)
		return ROLE_EXIT_FAILED;
	if (apply_read(role->config, &a, &secrets, &err) != RC_OK) {
		reload_refused(err.text);
		return ROLE_EXIT_CONFIG;
	}
	buf_init(&b, RELOAD_MAX);
	bool sent = encode(role->config, &secrets, &b) == RC_OK && send_all(role->reload_fd, buf_slice(&b));
	if (!sent)
		reload_refused(strerror(errno));
	buf_free(&b);
	arena_reset(&a);
	return sent ? 0 : ROLE_EXIT_FAILED;
}
