/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/signer.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "crypto/start.h"
#include "config/config_secret.h"
#include "process/sandbox.h"
#include "signing/signer_keys.h"
#include "oauth/op.h"

enum { GENERATE_ARENA = 128 * 1024, TOKENS_ARENA = 512 * 1024, VALUES_MAX = 2048, COMPLAINT_EVERY = 1 };

/* The types of tokens. */
static const struct {
	struct slice typ;
	bool plain;
	enum lives_type life;
} types[] = {
	{SLICE_INIT("at+jwt"), false, LIVES_ACCESS},
	{SLICE_INIT("JWT"), true, LIVES_ACCESS},
	{SLICE_INIT("JWT"), false, LIVES_ID},
};

struct signer {
	const struct role *role;
	struct signer_keys keys;
	struct jwt_mint_row rows[ARRAY_LEN(types)];
	struct json pool[VALUES_MAX];
	struct arena tokens; /* of one batch */
	struct arena lasting;
	int64_t complained;  /* when a refusal was last logged, and how many were suppressed since */
	unsigned silent;
	struct signer_batch batch;
	struct signer_reply reply;
	uint8_t in[SIGNER_MESSAGE_MAX], out[SIGNER_MESSAGE_MAX];
};

/* A worker that sends malformed messages is compromised: sign nothing for it any more. */
static NORETURN void die(const struct signer *s, const char *why)
{
	LOG(&s->role->log, LOG_LEVEL_ERROR, "signer.refused", LOG_TEXT("reason", slice_cstr(why)));
	_exit(ROLE_EXIT_PROTOCOL);
}

/* Receives one message; false if the daemon has exited. */
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

/* Our worker's requests are refused only if its configuration is older than ours, or before it has noticed a new
 * signer, which has no key. */
static void complain(struct signer *s, const struct signer_request *r, enum rc why, int64_t now)
{
	if (why == RC_OK || why == RC_JOSE_KID)
		return;
	if (now >= s->complained && now < s->complained + COMPLAINT_EVERY) {
		s->silent++;
		return;
	}
	LOG(&s->role->log, LOG_LEVEL_ERROR, "signer.mint_refused", LOG_TEXT("result", slice_cstr(rc_row(why)->name)),
	    LOG_TEXT("alg", jose_alg_row(r->alg)->name), LOG_TEXT("typ", r->mint.typ), LOG_TEXT("iss", r->mint.iss),
	    LOG_INT("iat", r->mint.iat), LOG_INT("exp", r->mint.exp), LOG_INT("more", (int)s->silent));
	s->complained = now;
	s->silent = 0;
}

static void serve_batch(struct signer *s, struct slice message)
{
	struct buf b;
	int64_t now = clock_now();
	if (signer_wire_read_batch(message, &s->batch) != RC_OK)
		die(s, "a malformed message");
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		s->rows[i].life = lives_most(&s->keys.ledger->lives, types[i].life, now);
	s->reply.id = s->batch.id;
	s->reply.n = s->batch.n;
	for (size_t i = 0; i < s->batch.n; i++) {
		const struct signer_request *r = &s->batch.v[i];
		if (r->operation == SIGNER_GENERATE)
			die(s, "an operation that is not for this channel");
		s->reply.v[i] = signer_keys_answer(&s->keys, r, now, &s->tokens);
		if (r->operation == SIGNER_MINT)
			complain(s, r, s->reply.v[i].rc, now);
	}
	buf_over(&b, s->out, sizeof s->out);
	signer_wire_put_reply(&b, &s->reply);
	answer(s, s->role->fds[ROLE_FD_SIGNER], &b);
	arena_clear(&s->tokens);
}

static void generate(struct signer *s, const struct signer_batch *batch, struct arena *a)
{
	uint8_t memory[GENERATE_ARENA / 2];
	struct buf b;
	struct signer_reply reply = {.id = batch->id, .n = 1};
	if (batch->n != 1 || batch->v[0].operation != SIGNER_GENERATE)
		die(s, "an operation that is not for the second channel");
	enum rc rc = signer_keys_generate(&s->keys, &batch->v[0], a, &reply.v[0]);
	if (rc != RC_OK)
		reply.v[0] = (struct signer_result){.rc = rc};
	buf_over(&b, memory, sizeof memory);
	signer_wire_put_reply(&b, &reply);
	answer(s, s->role->fds[ROLE_FD_GENERATE], &b);
}

/* Generating an RSA key takes up to seconds: in a thread of its own, it does not delay signatures. */
static void *generator(void *arg)
{
	struct signer *s = arg;
	static uint8_t memory[SIGNER_MESSAGE_MAX];
	static struct signer_batch batch;
	struct slice message;
	hello(s, s->role->fds[ROLE_FD_GENERATE]);
	while (receive(s, s->role->fds[ROLE_FD_GENERATE], memory, &message)) {
		struct arena a;
		if (signer_wire_read_batch(message, &batch) != RC_OK)
			die(s, "a malformed message on the second channel");
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
	/* Before reading, so that a change meanwhile counts as a change. */
	if (rc == RC_OK)
		(void)file_stamp_read(path, &s->keys.ledger->key_file);
	if (rc == RC_OK)
		rc = config_secret_kek(path, config_secret_owner(s->role->config), s->keys.key_encryption_key, &err);
	if (rc != RC_OK)
		(void)fprintf(stderr, "ostiary: %s\n", err.text);
	arena_reset(&a);
	return rc == RC_OK;
}

/* The APIs whose access tokens have typ JWT; for the life of the process. */
static enum rc plain_audiences(struct signer *s)
{
	const struct config_list *list = &s->role->config->resources;
	const struct config_resource *r = list->v;
	struct jwt_minter *m = &s->keys.minter;
	struct slice *v = arena_array(&s->lasting, list->n, sizeof *v);
	if (v == NULL)
		return RC_MEMORY;
	for (size_t i = 0; i < list->n; i++)
		if (config_is_plain(&r[i]))
			v[m->plain_count++] = r[i].uri;
	m->plain = v;
	return arena_format(&s->lasting, &m->beside, "%.*s/userinfo", SLICE_ARGS(issuer_from(s->role->config->issuer).base));
}

/* The maximum lifetime of each type, from a configuration that the signer read itself, not from the worker. */
static enum rc start_minting(struct signer *s)
{
	const struct config *c = s->role->config;
	/* Without it nothing is signed. */
	struct signer_ledger *ledger = signer_ledger_map(s->role->fds[ROLE_FD_LEDGER]);
	if (ledger == NULL)
		return RC_MEMORY;
	lives_start(&ledger->lives, c->tokens.access, c->tokens.id);
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		s->rows[i] = (struct jwt_mint_row){.typ = types[i].typ, .plain = types[i].plain};
	s->keys.minter = (struct jwt_minter){.issuer = c->issuer,
					     .rows = s->rows,
					     .row_count = ARRAY_LEN(s->rows),
					     .pool = s->pool,
					     .room = ARRAY_LEN(s->pool)};
	arena_init(&s->tokens, TOKENS_ARENA);
	arena_init(&s->lasting, CONFIG_ARENA_MAX);
	TRY(plain_audiences(s));
	return signer_keys_init(&s->keys, ledger);
}

int signer_run(struct role *role)
{
	static struct signer s;
	struct slice message;
	pthread_t thread;
	s.role = role;
	if (crypto_start() != RC_OK)
		return ROLE_EXIT_FAILED;
	if (start_minting(&s) != RC_OK)
		return ROLE_EXIT_FAILED;
	if (!read_kek(&s))
		return ROLE_EXIT_CONFIG;
	/* The first log line with a local time reads a file, which the sandbox forbids later. */
	tzset();
	/* Never swapped; if the limit forbids it, everything else still works. */
	(void)mlock(&s.keys, sizeof s.keys);
	if (sandbox_user(role) != RC_OK || sandbox_enter(role, NULL) != RC_OK)
		return ROLE_EXIT_SANDBOX;
	if (pthread_create(&thread, NULL, generator, &s) != 0)
		return ROLE_EXIT_FAILED;
	hello(&s, role->fds[ROLE_FD_SIGNER]);
	while (receive(&s, role->fds[ROLE_FD_SIGNER], s.in, &message))
		serve_batch(&s, message);
	signer_keys_clear(&s.keys);
	return 0;
}
