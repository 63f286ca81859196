/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/loader.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/start.h"
#include "worker/apply.h"
#include "worker/reload_packet.h"
#include "signing/signer_keys.h"

enum { PATIENCE_SECONDS = 20 };

void loader_refused(const char *why)
{
	const struct log l = {.fd = STDERR_FILENO, .least = LOG_LEVEL_INFO, .role = "reader"};
	LOG(&l, LOG_LEVEL_ERROR, "reload.refused", LOG_TEXT("reason", slice_cstr(why)));
}

static enum rc encode(const struct config *c, const struct apply_secrets *s, struct slice also, struct buf *b)
{
	buf_block(b, c->text);
	buf_block(b, s->authorities);
	buf_block(b, also);
	for (size_t i = 0; i < c->clients.n; i++) {
		buf_block(b, secret_reveal(s->clients[i]));
		buf_block(b, s->jwks[i]);
	}
	for (size_t i = 0; i < c->users.n; i++)
		buf_block(b, secret_reveal(s->users[i]));
	for (size_t i = 0; i < c->gateways.n; i++)
		buf_block(b, outgoing_secret_present(s->gateways[i]));
	return buf_rc(b);
}

/* Waits for a busy worker, for a limited time. */
static bool send_all(int fd, struct slice rest)
{
	const struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
	uint8_t packet[RELOAD_PACKET];
	uint8_t first = RELOAD_FIRST;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	while (rest.n > 0) {
		struct slice piece = slice_to(rest, sizeof packet - 1);
		rest = slice_from(rest, piece.n);
		packet[0] = first | (rest.n == 0 ? RELOAD_LAST : RELOAD_MORE);
		memcpy(packet + 1, piece.p, piece.n);
		first = 0;
		if (send(fd, packet, piece.n + 1, MSG_NOSIGNAL) < 0)
			return false;
	}
	ct_wipe(packet, sizeof packet);
	return true;
}

/* Whether the key-encryption key's file is another one than the signer has read. */
static struct slice kek_changed(const struct config *c, const struct signer_ledger *ledger, struct arena *a)
{
	struct file_stamp now;
	const char *path;
	if (config_state_path(c, c->key_encryption_key, a, &path) != RC_OK)
		return SLICE_NONE;
	if (!file_stamp_read(path, &now))
		return SLICE("key_encryption_key (its file is not there)");
	return file_stamp_same(&now, &ledger->key_file) ? SLICE_NONE
							: SLICE("key_encryption_key (its file was changed)");
}

static bool hand_over(const struct role *role, const struct apply_secrets *secrets, struct signer_ledger *ledger,
		      struct arena *a)
{
	const struct config *c = role->config;
	struct buf b;
	buf_init(&b, RELOAD_MAX);
	bool good = encode(c, secrets, kek_changed(c, ledger, a), &b) == RC_OK;
	/* Before the worker can apply it. */
	if (good)
		lives_propose(&ledger->lives, c->tokens.access, c->tokens.id);
	good = good && send_all(role->fds[ROLE_FD_RELOAD], buf_slice(&b));
	buf_free(&b);
	return good;
}

int loader_run(struct role *role)
{
	static struct arena a;
	static struct apply_secrets secrets;
	struct config_error err = {.file = role->config->path};
	struct signer_ledger *ledger = signer_ledger_map(role->fds[ROLE_FD_LEDGER]);
	arena_init(&a, CONFIG_ARENA_MAX);
	if (crypto_start() != RC_OK || ledger == NULL)
		return ROLE_EXIT_FAILED;
	if (apply_read(role->config, &a, &secrets, &err) != RC_OK) {
		loader_refused(err.text);
		return ROLE_EXIT_CONFIG;
	}
	bool sent = hand_over(role, &secrets, ledger, &a);
	if (!sent)
		loader_refused(strerror(errno));
	arena_reset(&a);
	return sent ? 0 : ROLE_EXIT_FAILED;
}
