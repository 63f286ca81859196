/* SPDX-License-Identifier: Apache-2.0 */
/* The signer: its records, its keys, and the real role in a process of its own with its client. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/hash.h"
#include "daemon/config_secret.h"
#include "daemon/signer.h"
#include "daemon/signer_client.h"
#include "daemon/signer_keys.h"
#include "t.h"

enum { ARENA = 1024 * 1024, THREADS = 8, EACH = 200 };

static uint8_t room[SIGNER_SIGNATURE_MAX];

/* Records. */

static struct slice encode(const struct signer_batch *batch, uint8_t *memory, size_t cap)
{
	struct buf b;
	buf_over(&b, memory, cap);
	signer_wire_put_batch(&b, batch);
	CHECK_OK(buf_rc(&b));
	return buf_slice(&b);
}

static struct signer_batch one_request(enum signer_verb verb, struct slice kid, struct slice data)
{
	struct signer_batch batch = {.id = 7, .n = 1};
	batch.v[0] = (struct signer_request){.verb = verb, .alg = JOSE_ES256, .kid = kid, .data = data};
	return batch;
}

static void records_round_trip(void)
{
	static uint8_t memory[4096];
	static struct signer_batch batch, back;
	struct signer_reply reply = {.id = 9, .n = 1, .v = {{RC_JOSE_KID, SLICE("k"), SLICE("{}"), SLICE("data")}}}, got;
	struct buf b;
	batch = one_request(SIGNER_SIGN, SLICE("kid"), SLICE("input"));
	CHECK_OK(signer_wire_read_batch(encode(&batch, memory, sizeof memory), &back));
	CHECK(back.id == 7 && back.n == 1 && back.v[0].verb == SIGNER_SIGN && back.v[0].alg == JOSE_ES256);
	CHECK_SLICE(back.v[0].kid, SLICE("kid"));
	CHECK_SLICE(back.v[0].data, SLICE("input"));
	buf_over(&b, memory, sizeof memory);
	signer_wire_put_reply(&b, &reply);
	CHECK_OK(signer_wire_read_reply(buf_slice(&b), &got));
	CHECK(got.id == 9 && got.v[0].rc == RC_JOSE_KID);
	CHECK_SLICE(got.v[0].data, SLICE("data"));
}

static void malformed_records_are_refused(void)
{
	static uint8_t memory[4096];
	static struct signer_batch batch, back;
	batch = one_request(SIGNER_SIGN, SLICE("kid"), SLICE("input"));
	struct slice good = encode(&batch, memory, sizeof memory);
	for (size_t n = 0; n < good.n; n++)
		CHECK(signer_wire_read_batch(slice_to(good, n), &back) != RC_OK);
	CHECK_RC(signer_wire_read_batch(slice_of(memory, good.n + 1), &back), RC_SYNTAX);
	memory[9] = 0; /* the verb */
	CHECK_RC(signer_wire_read_batch(good, &back), RC_SYNTAX);
	memory[9] = SIGNER_GENERATE + 1;
	CHECK_RC(signer_wire_read_batch(good, &back), RC_SYNTAX);
	memory[9] = SIGNER_SIGN;
	memory[10] = JOSE_ALG_COUNT; /* the algorithm */
	CHECK_RC(signer_wire_read_batch(good, &back), RC_SYNTAX);
	memory[10] = JOSE_ES256;
	memory[8] = 0; /* how many */
	CHECK_RC(signer_wire_read_batch(good, &back), RC_SYNTAX);
	memory[8] = SIGNER_BATCH_MAX + 1;
	CHECK_RC(signer_wire_read_batch(good, &back), RC_LIMIT);
	memory[8] = 1;
	memory[13] = 1; /* a kid of 16 MiB */
	CHECK_RC(signer_wire_read_batch(good, &back), RC_LIMIT);
	memory[13] = 0;
	CHECK_OK(signer_wire_read_batch(good, &back));
	memset(memory, 0, 8); /* the number of HELLO */
	CHECK_RC(signer_wire_read_batch(good, &back), RC_SYNTAX);
}

static void a_full_batch_and_its_reply_fit(void)
{
	static uint8_t memory[SIGNER_MESSAGE_MAX], data[SIGNER_DATA_MAX], kid[SIGNER_KID_MAX];
	static struct signer_reply reply;
	struct buf b;
	reply.n = SIGNER_BATCH_MAX;
	for (size_t i = 0; i < SIGNER_BATCH_MAX; i++)
		reply.v[i] = (struct signer_result){.data = slice_of(data, SIGNER_SIGNATURE_MAX)};
	buf_over(&b, memory, sizeof memory);
	signer_wire_put_reply(&b, &reply);
	CHECK_OK(buf_rc(&b));
	/* The fullest batch: just under the limit, then one of the largest. */
	CHECK(SIGNER_BATCH_BYTES + SIGNER_BATCH_MAX * (4 + 8 + sizeof kid) + 9 <= sizeof memory);
}

/* Keys. */

static struct signer_keys keys;

static struct signer_result make(struct arena *a, enum jose_alg alg)
{
	struct signer_request r = {.verb = SIGNER_GENERATE, .alg = alg, .bits = alg == JOSE_RS256 ? 2048 : 0};
	struct signer_result made = {.rc = RC_OK};
	CHECK_OK(signer_keys_generate(&keys, &r, a, &made));
	return made;
}

static enum rc load(struct slice kid, enum jose_alg alg, struct slice blob)
{
	return signer_keys_answer(&keys, &(struct signer_request){SIGNER_LOAD, alg, 0, kid, blob}, room).rc;
}

static struct signer_result sign(struct slice kid, enum jose_alg alg)
{
	return signer_keys_answer(&keys, &(struct signer_request){SIGNER_SIGN, alg, 0, kid, SLICE("input")}, room);
}

static void start_keys(struct arena *a)
{
	arena_init(a, ARENA);
	signer_keys_clear(&keys);
	crypto_random(keys.key_encryption_key, sizeof keys.key_encryption_key);
}

static void sealed_keys_sign_what_their_public_half_verifies(void)
{
	struct arena a;
	struct jwk *public_key = NULL;
	start_keys(&a);
	struct signer_result made = make(&a, JOSE_ES256);
	CHECK_RC(sign(made.kid, JOSE_ES256).rc, RC_JOSE_KID);
	CHECK_OK(load(made.kid, JOSE_ES256, made.data));
	CHECK_OK(load(made.kid, JOSE_ES256, made.data));
	struct signer_result signature = sign(made.kid, JOSE_ES256);
	CHECK_OK(signature.rc);
	CHECK_OK(jwk_read(made.public_jwk, JWK_PUBLIC, &public_key));
	CHECK_OK(jwk_verify(public_key, JOSE_ES256, SLICE("input"), signature.data));
	CHECK_RC(sign(made.kid, JOSE_ES384).rc, RC_JOSE_ALG);
	CHECK_OK(signer_keys_answer(&keys, &(struct signer_request){SIGNER_FORGET, JOSE_ES256, 0, made.kid, SLICE_NONE}, room).rc);
	CHECK_RC(sign(made.kid, JOSE_ES256).rc, RC_JOSE_KID);
	jwk_unref(public_key);
	arena_reset(&a);
}

static void a_blob_opens_only_as_what_it_was_sealed(void)
{
	struct arena a;
	start_keys(&a);
	struct signer_result made = make(&a, JOSE_ES256), other = make(&a, JOSE_ES256);
	CHECK_RC(load(other.kid, JOSE_ES256, made.data), RC_JOSE_SIGNATURE);
	CHECK_RC(load(made.kid, JOSE_ES384, made.data), RC_JOSE_SIGNATURE);
	CHECK_RC(load(made.kid, JOSE_ES256, slice_to(made.data, made.data.n - 1)), RC_JOSE_SIGNATURE);
	CHECK_RC(load(made.kid, JOSE_ES256, SLICE("short")), RC_JOSE_KEY);
	CHECK_RC(load(SLICE(""), JOSE_ES256, made.data), RC_JOSE_KEY);
	crypto_random(keys.key_encryption_key, sizeof keys.key_encryption_key);
	CHECK_RC(load(made.kid, JOSE_ES256, made.data), RC_JOSE_SIGNATURE);
	arena_reset(&a);
}

static void the_blob_holds_no_readable_key(void)
{
	struct arena a;
	start_keys(&a);
	struct signer_result made = make(&a, JOSE_ES256);
	CHECK(made.data.n > 100);
	CHECK(memmem(made.data.p, made.data.n, "\"d\"", 3) == NULL && memmem(made.data.p, made.data.n, made.kid.p, made.kid.n) == NULL);
	CHECK(memmem(made.public_jwk.p, made.public_jwk.n, "\"d\"", 3) == NULL);
	arena_reset(&a);
}

static void symmetric_and_small_keys_are_not_made(void)
{
	struct arena a;
	struct signer_result made;
	start_keys(&a);
	CHECK_RC(signer_keys_generate(&keys, &(struct signer_request){.alg = JOSE_HS256}, &a, &made), RC_RANGE);
	CHECK_RC(signer_keys_generate(&keys, &(struct signer_request){.alg = JOSE_RS256, .bits = 1024}, &a, &made), RC_RANGE);
	CHECK_RC(signer_keys_generate(&keys, &(struct signer_request){.alg = JOSE_RS256, .bits = 8192}, &a, &made), RC_RANGE);
	arena_reset(&a);
}

/* The role itself. */

static char folder[] = "/tmp/ostiary-signer-XXXXXX";
static struct config config;
static int sign_pair[2], generate_pair[2];

/* As the parent does: a process of its own, not a copy of this one with its threads. */
static pid_t start_role(void)
{
	char sign[16], generate[16], key[64];
	(void)snprintf(sign, sizeof sign, "%d", sign_pair[1]);
	(void)snprintf(generate, sizeof generate, "%d", generate_pair[1]);
	(void)snprintf(key, sizeof key, "%.*s", SLICE_ARGS(config.key_encryption_key));
	pid_t pid = fork();
	if (pid == 0) {
		(void)execl("/proc/self/exe", "test_signer", "--role", sign, generate, folder, key, (char *)NULL);
		_exit(99);
	}
	return pid;
}

static int run_role(char **argv)
{
	struct role role = {.config = &config, .log = {.fd = -1}, .ready_fd = -1};
	role.signer_fd = (int)strtol(argv[2], NULL, 10);
	role.generate_fd = (int)strtol(argv[3], NULL, 10);
	config.state = slice_cstr(argv[4]);
	config.key_encryption_key = slice_cstr(argv[5]);
	return signer_run(&role);
}

static void open_links(void)
{
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sign_pair) == 0 && socketpair(AF_UNIX, SOCK_SEQPACKET, 0, generate_pair) == 0);
}

static void close_links(void)
{
	for (int i = 0; i < 2; i++) {
		(void)close(sign_pair[i]);
		(void)close(generate_pair[i]);
	}
}

static int end_role(pid_t pid, int how)
{
	int status = 0;
	if (how != 0)
		(void)kill(pid, how);
	CHECK(waitpid(pid, &status, 0) == pid);
	return status;
}

/* What a worker keeps to load again: one key. */
static struct signer_made kept;

static size_t reload_begin(void *self UNUSED, struct signer_request *dst, size_t cap)
{
	if (cap == 0 || kept.kid.n == 0)
		return 0;
	*dst = (struct signer_request){SIGNER_LOAD, JOSE_ES256, 0, kept.kid, kept.blob};
	return 1;
}

static void reload_done(void *self UNUSED)
{
}

static const struct signer_reload reload = {NULL, reload_begin, reload_done};
static struct signer_client client;

static enum rc sign_once(void)
{
	uint8_t signature[JWK_SIGNATURE_MAX];
	size_t n = 0;
	enum rc rc = signer_client_sign(&client, kept.kid, JOSE_ES256, SLICE("input"), signature, sizeof signature, &n);
	return rc == RC_OK && n != 64 ? RC_INTERNAL : rc;
}

static void *sign_many(void *wrong)
{
	for (int i = 0; i < EACH; i++)
		if (sign_once() != RC_OK)
			__atomic_add_fetch((int *)wrong, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void many_threads_sign_while_the_signer_is_killed(void)
{
	struct arena a;
	pthread_t threads[THREADS];
	int wrong = 0;
	arena_init(&a, ARENA);
	open_links();
	pid_t pid = start_role();
	CHECK_OK(signer_client_init(&client, sign_pair[0], generate_pair[0], reload));
	CHECK_OK(signer_client_generate(&client, JOSE_ES256, 0, &a, &kept));
	CHECK_OK(signer_client_load(&client, kept.kid, JOSE_ES256, kept.blob));
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, sign_many, &wrong) == 0);
	for (int i = 0; i < 3; i++) {
		(void)end_role(pid, SIGKILL);
		pid = start_role();
		CHECK_OK(sign_once());
	}
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	CHECK(wrong == 0);
	(void)end_role(pid, SIGKILL);
	close_links();
	kept = (struct signer_made){.kid = SLICE_NONE};
	arena_reset(&a);
}

static void without_a_signer_the_answer_comes_in_time(void)
{
	open_links();
	CHECK_OK(signer_client_init(&client, sign_pair[0], generate_pair[0], (struct signer_reload){0}));
	client.sign.timeout_ms = 50;
	CHECK_RC(signer_client_ping(&client), RC_SIGNER);
	CHECK_RC(signer_client_ping(&client), RC_SIGNER);
	close_links();
}

static void check_death(int fd, struct slice message)
{
	pid_t pid = start_role();
	CHECK(send(fd, message.p, message.n, MSG_NOSIGNAL) == (ssize_t)message.n);
	int status = end_role(pid, 0);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == ROLE_EXIT_PROTOCOL);
}

static void the_signer_dies_of_malformed_messages(void)
{
	static uint8_t memory[4096];
	static struct signer_batch batch;
	open_links();
	check_death(sign_pair[0], SLICE("nonsense"));
	batch = one_request(SIGNER_GENERATE, SLICE(""), SLICE(""));
	check_death(sign_pair[0], encode(&batch, memory, sizeof memory));
	batch = one_request(SIGNER_SIGN, SLICE("k"), SLICE("x"));
	check_death(generate_pair[0], encode(&batch, memory, sizeof memory));
	check_death(generate_pair[0], SLICE("x"));
	close_links();
}

static void without_its_key_the_signer_does_not_start(void)
{
	struct slice before = config.key_encryption_key;
	open_links();
	config.key_encryption_key = SLICE("none.key");
	int status = end_role(start_role(), 0);
	config.key_encryption_key = before;
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == ROLE_EXIT_CONFIG);
	close_links();
}

int main(int argc, char **argv)
{
	static const struct t_test tests[] = {
		T(records_round_trip), T(malformed_records_are_refused), T(a_full_batch_and_its_reply_fit),
		T(sealed_keys_sign_what_their_public_half_verifies), T(a_blob_opens_only_as_what_it_was_sealed),
		T(the_blob_holds_no_readable_key), T(symmetric_and_small_keys_are_not_made),
		T(many_threads_sign_while_the_signer_is_killed), T(without_a_signer_the_answer_comes_in_time),
		T(the_signer_dies_of_malformed_messages), T(without_its_key_the_signer_does_not_start)};
	char path[64];
	struct config_secret_error err;
	if (argc == 6 && strcmp(argv[1], "--role") == 0)
		return run_role(argv);
	if (mkdtemp(folder) == NULL)
		return 1;
	(void)snprintf(path, sizeof path, "%s/kek", folder);
	config.state = slice_cstr(folder);
	config.key_encryption_key = SLICE("kek");
	if (config_secret_make(path, &err) != RC_OK)
		return 1;
	int bad = t_main(tests, (int)ARRAY_LEN(tests), argc, argv);
	(void)unlink(path);
	(void)rmdir(folder);
	signer_keys_clear(&keys);
	return bad;
}
