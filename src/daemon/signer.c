/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/signer.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "crypto/start.h"
#include "daemon/config_secret.h"
#include "daemon/sandbox.h"
#include "daemon/signer_keys.h"

enum { GENERATE_ARENA = 128 * 1024 };

struct signer {
	const struct role *role;
	struct signer_keys keys;
	struct signer_batch batch;
	struct signer_reply reply;
	uint8_t in[SIGNER_MESSAGE_MAX], out[SIGNER_MESSAGE_MAX];
	uint8_t signatures[SIGNER_BATCH_MAX][SIGNER_SIGNATURE_MAX];
};

/* A worker that sends nonsense has been taken over: nothing is signed for it any more. */
static NORETURN void die(const struct signer *s, const char *why)
{
	LOG(&s->role->log, LOG_LEVEL_ERROR, "signer.refused", LOG_TEXT("reason", slice_cstr(why)));
	_exit(ROLE_EXIT_PROTOCOL);
}

/* One message; false where the daemon is gone. */
static bool receive(const struct signer *s, int fd, uint8_t *memory, struct slice *ret_message)
{
	ssize_t n;
	do
		n = recv(fd, memory, SIGNER_MESSAGE_MAX, MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	if (n < 0 || n > SIGNER_MESSAGE_MAX)
		die(s, "receiving failed");
	*ret_message = slice_of(memory, (size_t)n);
	return n > 0;
}

static void answer(const struct signer *s, int fd, const struct buf *b)
{
	ssize_t n;
	if (buf_rc(b) != RC_OK)
		die(s, "the answer is too large");
	do
		n = send(fd, b->p, b->n, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)b->n)
		die(s, "sending failed");
}

static void hello(const struct signer *s, int fd)
{
	uint8_t memory[16];
	struct buf b;
	buf_over(&b, memory, sizeof memory);
	signer_wire_put_reply(&b, &(struct signer_reply){.id = 0, .n = 0});
	answer(s, fd, &b);
}

static void serve_batch(struct signer *s, struct slice message)
{
	struct buf b;
	if (signer_wire_read_batch(message, &s->batch) != RC_OK)
		die(s, "a malformed message");
	s->reply.id = s->batch.id;
	s->reply.n = s->batch.n;
	for (size_t i = 0; i < s->batch.n; i++) {
		if (s->batch.v[i].verb == SIGNER_GENERATE)
			die(s, "a verb that is not for this link");
		s->reply.v[i] = signer_keys_answer(&s->keys, &s->batch.v[i], s->signatures[i]);
	}
	buf_over(&b, s->out, sizeof s->out);
	signer_wire_put_reply(&b, &s->reply);
	answer(s, s->role->signer_fd, &b);
}

static void generate(struct signer *s, const struct signer_batch *batch, struct arena *a)
{
	uint8_t memory[GENERATE_ARENA / 2];
	struct buf b;
	struct signer_reply reply = {.id = batch->id, .n = 1};
	if (batch->n != 1 || batch->v[0].verb != SIGNER_GENERATE)
		die(s, "a verb that is not for the second link");
	enum rc rc = signer_keys_generate(&s->keys, &batch->v[0], a, &reply.v[0]);
	if (rc != RC_OK)
		reply.v[0] = (struct signer_result){.rc = rc};
	buf_over(&b, memory, sizeof memory);
	signer_wire_put_reply(&b, &reply);
	answer(s, s->role->generate_fd, &b);
}

/* Key generation takes up to seconds (RSA): a thread of its own, so that it never holds up a signature. */
static void *generator(void *arg)
{
	struct signer *s = arg;
	static uint8_t memory[SIGNER_MESSAGE_MAX];
	static struct signer_batch batch;
	struct slice message;
	hello(s, s->role->generate_fd);
	while (receive(s, s->role->generate_fd, memory, &message)) {
		struct arena a;
		if (signer_wire_read_batch(message, &batch) != RC_OK)
			die(s, "a malformed message on the second link");
		arena_init(&a, GENERATE_ARENA);
		generate(s, &batch, &a);
		arena_reset(&a);
	}
	return NULL;
}

static bool read_kek(struct signer *s)
{
	struct config_secret_error err = {""};
	struct arena a;
	const char *path = "";
	arena_init(&a, 64 * 1024);
	enum rc rc = config_state_path(s->role->config, s->role->config->key_encryption_key, &a, &path);
	if (rc == RC_OK)
		rc = config_secret_kek(path, s->keys.key_encryption_key, &err);
	if (rc != RC_OK)
		(void)fprintf(stderr, "ostiary: %s\nnew installation? run: ostiary init\n", err.text);
	arena_reset(&a);
	return rc == RC_OK;
}

int signer_run(struct role *role)
{
	static struct signer s;
	struct slice message;
	pthread_t thread;
	s.role = role;
	if (crypto_start() != RC_OK)
		return ROLE_EXIT_FAILED;
	if (!read_kek(&s))
		return ROLE_EXIT_CONFIG;
	/* Never to swap; where the limit forbids it, the rest still holds. */
	(void)mlock(&s.keys, sizeof s.keys);
	if (sandbox_user(role) != RC_OK || sandbox_enter(SANDBOX_SIGNER, role, NULL) != RC_OK)
		return ROLE_EXIT_SANDBOX;
	if (pthread_create(&thread, NULL, generator, &s) != 0)
		return ROLE_EXIT_FAILED;
	hello(&s, role->signer_fd);
	while (receive(&s, role->signer_fd, s.in, &message))
		serve_batch(&s, message);
	signer_keys_clear(&s.keys);
	return 0;
}
