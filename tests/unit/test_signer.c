/* SPDX-License-Identifier: Apache-2.0 */
/* The signer: its records, its keys, and the real role in a process of its own with its client. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cursor.h"
#include "crypto/hash.h"
#include "config/config_secret.h"
#include "signer/signer.h"
#include "signing/signer_client.h"
#include "signing/signer_keys.h"
#include "t.h"

enum { ARENA = 1024 * 1024, THREADS = 8, EACH = 200, NOW = 1800000000, LIFE = 600 };

#define ISSUER "https://id.example"
#define CLAIMS "{\"sub\":\"alice\"}"

static struct jwt_mint wanted(int64_t now)
{
	return (struct jwt_mint){SLICE("at+jwt"), SLICE(ISSUER), now, now + LIFE, SLICE(CLAIMS)};
}

static struct slice mint_data(const struct jwt_mint *t, uint8_t memory[static 1024])
{
	struct buf b;
	buf_over(&b, memory, 1024);
	signer_wire_put_mint(&b, t);
	CHECK_OK(buf_rc(&b));
	return buf_slice(&b);
}

/* Records. */

static struct slice encode(const struct signer_batch *batch, uint8_t *memory, size_t cap)
{
	struct buf b;
	buf_over(&b, memory, cap);
	signer_wire_put_batch(&b, batch);
	CHECK_OK(buf_rc(&b));
	return buf_slice(&b);
}

static struct signer_batch one_request(enum signer_operation operation, struct slice kid, struct slice data)
{
	struct signer_batch batch = {.id = 7, .n = 1};
	batch.v[0] = (struct signer_request){.operation = operation, .alg = JOSE_ES256, .kid = kid, .data = data};
	return batch;
}

static void records_round_trip(void)
{
	static uint8_t memory[4096];
	static struct signer_batch batch, back;
	struct signer_reply reply = {.id = 9, .n = 1, .v = {{RC_JOSE_KID, SLICE("k"), SLICE("{}"), SLICE("data")}}}, got;
	struct buf b;
	batch = one_request(SIGNER_LOAD, SLICE("kid"), SLICE("input"));
	CHECK_OK(signer_wire_read_batch(encode(&batch, memory, sizeof memory), &back));
	CHECK(back.id == 7 && back.n == 1 && back.v[0].operation == SIGNER_LOAD && back.v[0].alg == JOSE_ES256);
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
	batch = one_request(SIGNER_LOAD, SLICE("kid"), SLICE("input"));
	struct slice good = encode(&batch, memory, sizeof memory);
	for (size_t n = 0; n < good.n; n++)
		CHECK(signer_wire_read_batch(slice_to(good, n), &back) != RC_OK);
	CHECK_RC(signer_wire_read_batch(slice_of(memory, good.n + 1), &back), RC_SYNTAX);
	memory[9] = 0; /* the operation */
	CHECK_RC(signer_wire_read_batch(good, &back), RC_SYNTAX);
	memory[9] = SIGNER_DERIVE + 1;
	CHECK_RC(signer_wire_read_batch(good, &back), RC_SYNTAX);
	memory[9] = SIGNER_LOAD;
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

static void what_is_to_be_minted_comes_whole_and_names_no_key(void)
{
	static uint8_t memory[4096], data[1024];
	static struct signer_batch batch, back;
	const struct jwt_mint t = wanted(NOW);
	struct slice good = mint_data(&t, data);
	batch = one_request(SIGNER_MINT, SLICE_NONE, good);
	CHECK_OK(signer_wire_read_batch(encode(&batch, memory, sizeof memory), &back));
	CHECK_SLICE(back.v[0].mint.typ, t.typ);
	CHECK_SLICE(back.v[0].mint.iss, t.iss);
	CHECK_SLICE(back.v[0].mint.claims, t.claims);
	CHECK(back.v[0].mint.iat == NOW && back.v[0].mint.exp == NOW + LIFE);
	batch = one_request(SIGNER_MINT, SLICE("kid"), good);
	CHECK_RC(signer_wire_read_batch(encode(&batch, memory, sizeof memory), &back), RC_SYNTAX);
	for (size_t n = 0; n < good.n; n++) {
		batch = one_request(SIGNER_MINT, SLICE_NONE, slice_to(good, n));
		CHECK(signer_wire_read_batch(encode(&batch, memory, sizeof memory), &back) != RC_OK);
	}
	batch = one_request(SIGNER_MINT, SLICE_NONE, slice_of(good.p, good.n + 1));
	CHECK_RC(signer_wire_read_batch(encode(&batch, memory, sizeof memory), &back), RC_SYNTAX);
}

static void a_full_batch_and_its_reply_fit(void)
{
	static uint8_t memory[SIGNER_MESSAGE_MAX], data[SIGNER_DATA_MAX], kid[SIGNER_KID_MAX];
	static struct signer_reply reply;
	struct buf b;
	reply.n = SIGNER_BATCH_MAX;
	for (size_t i = 0; i < SIGNER_BATCH_MAX; i++)
		reply.v[i] = (struct signer_result){.data = slice_of(data, signer_token_room(SIGNER_BATCH_BYTES / SIGNER_BATCH_MAX))};
	buf_over(&b, memory, sizeof memory);
	signer_wire_put_reply(&b, &reply);
	CHECK_OK(buf_rc(&b));
	/* The fullest batch: just under the limit, then one of the largest. */
	CHECK(SIGNER_BATCH_BYTES + SIGNER_BATCH_MAX * (4 + 8 + sizeof kid) + 9 <= sizeof memory);
}

/* Keys. */

static struct signer_keys keys;
static struct signer_ledger ledger;
static struct json pool[JWT_VALUES_MAX];

static struct signer_result make_after(struct arena *a, enum jose_alg alg, const struct signer_result *before)
{
	struct signer_request r = {.operation = SIGNER_GENERATE, .alg = alg, .bits = alg == JOSE_RS256 ? 2048 : 0};
	struct signer_result made = {.rc = RC_OK};
	if (before != NULL) {
		r.kid = before->kid;
		r.data = before->data;
	}
	CHECK_OK(signer_keys_generate(&keys, &r, a, &made));
	return made;
}

static struct signer_result make(struct arena *a, enum jose_alg alg)
{
	return make_after(a, alg, NULL);
}

static enum rc ask(enum signer_operation operation, struct slice kid, enum jose_alg alg, struct slice data)
{
	return signer_keys_answer(&keys, &(struct signer_request){.operation = operation, .alg = alg, .kid = kid, .data = data}, NOW, NULL).rc;
}

static enum rc load(struct slice kid, enum jose_alg alg, struct slice blob)
{
	return ask(SIGNER_LOAD, kid, alg, blob);
}

static struct signer_result mint_as(struct arena *a, enum jose_alg alg, const struct jwt_mint *t)
{
	static uint8_t data[1024];
	const struct signer_request r = {.operation = SIGNER_MINT, .alg = alg, .data = mint_data(t, data), .mint = *t};
	return signer_keys_answer(&keys, &r, NOW, a);
}

static struct signer_result mint(struct arena *a, enum jose_alg alg)
{
	const struct jwt_mint t = wanted(NOW);
	return mint_as(a, alg, &t);
}

/* The kid in its header. */
static struct slice signed_by(struct arena *a, struct slice token)
{
	struct jwt_parts parts;
	struct jwt_header header = {.alg = JOSE_ES256};
	CHECK_OK(jwt_split(token, &parts));
	CHECK_OK(jwt_header_read(&parts, a, &header));
	return header.kid;
}

/* A signer that begins again: what it held is gone, the parent's memory is not. */
static void restart_keys(void)
{
	static const struct jwt_mint_row rows[] = {{SLICE_INIT("at+jwt"), LIFE}, {SLICE_INIT("JWT"), LIFE / 2}};
	uint8_t kek[32];
	memcpy(kek, keys.key_encryption_key, sizeof kek);
	signer_keys_clear(&keys);
	memcpy(keys.key_encryption_key, kek, sizeof kek);
	keys.minter = (struct jwt_minter){SLICE(ISSUER), rows, ARRAY_LEN(rows), pool, ARRAY_LEN(pool)};
	CHECK_OK(signer_keys_init(&keys, &ledger));
}

static void start_keys(struct arena *a)
{
	arena_init(a, ARENA);
	ledger = (struct signer_ledger){0};
	restart_keys();
	crypto_random(keys.key_encryption_key, sizeof keys.key_encryption_key);
}

static void sealed_keys_sign_what_their_public_half_verifies(void)
{
	static const struct slice types[] = {SLICE_INIT("at+jwt")};
	const struct jwt_policy policy = {.algs = JOSE_ALG_BIT(JOSE_ES256), .issuer = SLICE(ISSUER), .aud_optional = true, .types = types,
					  .type_count = 1, .max_lifetime = LIFE, .subject = SLICE("alice")};
	struct arena a;
	struct jwks *set = NULL;
	struct jwt_claims claims;
	struct slice text;
	start_keys(&a);
	struct signer_result made = make(&a, JOSE_ES256);
	CHECK_RC(mint(&a, JOSE_ES256).rc, RC_JOSE_KID);
	CHECK_OK(load(made.kid, JOSE_ES256, made.data));
	CHECK_OK(load(made.kid, JOSE_ES256, made.data));
	struct signer_result token = mint(&a, JOSE_ES256);
	CHECK_OK(token.rc);
	CHECK_OK(arena_format(&a, &text, "{\"keys\":[%.*s]}", SLICE_ARGS(made.public_jwk)));
	CHECK_OK(jwks_read(text, JWK_PUBLIC, &set, NULL));
	CHECK_OK(jwt_verify(token.data, set, &policy, NOW, &a, &claims));
	CHECK(claims.iat == NOW && claims.exp == NOW + LIFE);
	CHECK_RC(mint(&a, JOSE_ES384).rc, RC_JOSE_KID);
	CHECK_OK(ask(SIGNER_FORGET, SLICE("another"), JOSE_ES256, SLICE_NONE));
	CHECK_OK(mint(&a, JOSE_ES256).rc);
	CHECK_OK(ask(SIGNER_FORGET, made.kid, JOSE_ES256, SLICE_NONE));
	CHECK_RC(mint(&a, JOSE_ES256).rc, RC_JOSE_KID);
	jwks_unref(set);
	arena_reset(&a);
}

static struct signer_result derive(struct arena *a, struct slice purpose, struct slice salt)
{
	const struct signer_request r = {.operation = SIGNER_DERIVE, .kid = purpose, .data = salt};
	return signer_keys_answer(&keys, &r, NOW, a);
}

static struct slice derived(struct arena *a, struct slice purpose, struct slice salt)
{
	struct signer_result r = derive(a, purpose, salt);
	CHECK_OK(r.rc);
	CHECK(r.data.n == SIGNER_DERIVED_LEN);
	return r.data;
}

static void a_derived_key_hangs_on_key_purpose_and_salt(void)
{
	struct arena a;
	const struct slice one = SLICE("0123456789abcdef0123456789abcdef"), two = SLICE("0123456789abcdef0123456789abcdeg");
	start_keys(&a);
	struct slice first = derived(&a, SLICE("p"), one);
	CHECK_SLICE(derived(&a, SLICE("p"), one), first);
	CHECK(!slice_eq(derived(&a, SLICE("p"), two), first));
	CHECK(!slice_eq(derived(&a, SLICE("q"), one), first));
	keys.key_encryption_key[0] ^= 1;
	CHECK(!slice_eq(derived(&a, SLICE("p"), one), first));
	CHECK_RC(derive(&a, SLICE_NONE, one).rc, RC_RANGE);
	CHECK_RC(derive(&a, SLICE("p"), slice_to(one, 31)).rc, RC_RANGE);
	arena_reset(&a);
}

static void a_forgery_that_would_outlive_its_type_is_refused(void)
{
	struct arena a;
	start_keys(&a);
	struct signer_result made = make(&a, JOSE_ES256);
	CHECK_OK(load(made.kid, JOSE_ES256, made.data));
	struct jwt_mint t = wanted(NOW);
	t.exp++;
	CHECK_RC(mint_as(&a, JOSE_ES256, &t).rc, RC_JOSE_EXP);
	t.exp = INT64_MIN; /* u64 on the wire */
	CHECK_RC(mint_as(&a, JOSE_ES256, &t).rc, RC_JOSE_EXP);
	t = wanted(NOW);
	t.typ = SLICE("JWT");
	CHECK_RC(mint_as(&a, JOSE_ES256, &t).rc, RC_JOSE_EXP);
	arena_reset(&a);
}

static void the_newest_key_signs_and_none_before_it_comes_back(void)
{
	struct arena a;
	start_keys(&a);
	struct signer_result first = make(&a, JOSE_ES256), second = make_after(&a, JOSE_ES256, &first), rsa = make(&a, JOSE_ED25519);
	CHECK_OK(load(first.kid, JOSE_ES256, first.data));
	CHECK_SLICE(signed_by(&a, mint(&a, JOSE_ES256).data), first.kid);
	CHECK_OK(load(second.kid, JOSE_ES256, second.data));
	CHECK_SLICE(signed_by(&a, mint(&a, JOSE_ES256).data), second.kid);
	CHECK_RC(load(first.kid, JOSE_ES256, first.data), RC_CONFLICT);
	CHECK_SLICE(signed_by(&a, mint(&a, JOSE_ES256).data), second.kid);
	/* Each algorithm has its own. */
	CHECK_OK(load(rsa.kid, JOSE_ED25519, rsa.data));
	/* Nor does it help to end the signer, or to have the newer one forgotten. */
	CHECK_OK(ask(SIGNER_FORGET, second.kid, JOSE_ES256, SLICE_NONE));
	CHECK_RC(load(first.kid, JOSE_ES256, first.data), RC_CONFLICT);
	restart_keys();
	CHECK_RC(load(first.kid, JOSE_ES256, first.data), RC_CONFLICT);
	CHECK_OK(load(second.kid, JOSE_ES256, second.data));
	arena_reset(&a);
}

static void a_key_is_newer_than_the_one_that_it_was_made_after(void)
{
	struct arena a;
	start_keys(&a);
	struct signer_result made[3];
	made[0] = make(&a, JOSE_ES256);
	made[1] = make_after(&a, JOSE_ES256, &made[0]);
	/* The daemon was started again since. */
	ledger = (struct signer_ledger){0};
	restart_keys();
	made[2] = make_after(&a, JOSE_ES256, &made[1]);
	for (int i = 0; i < 3; i++)
		CHECK_OK(load(made[i].kid, JOSE_ES256, made[i].data));
	for (int i = 0; i < 2; i++)
		CHECK_RC(load(made[i].kid, JOSE_ES256, made[i].data), RC_CONFLICT);
	struct signer_request r = {.operation = SIGNER_GENERATE, .alg = JOSE_ES256, .kid = made[0].kid, .data = made[1].data};
	CHECK_RC(signer_keys_generate(&keys, &r, &a, &made[0]), RC_JOSE_SIGNATURE);
	arena_reset(&a);
}

/* As earlier versions sealed it: no magic, no serial. */
static struct slice sealed_before(const struct signer_result *made, struct arena *a)
{
	uint8_t aad_memory[256], plain[4096], *blob = arena_alloc(a, 8192);
	struct cursor c = cursor_of(slice_from(made->data, 8));
	struct buf aad;
	uint64_t serial = 0;
	CHECK_OK(cursor_u64(&c, &serial));
	buf_over(&aad, aad_memory, sizeof aad_memory);
	buf_put(&aad, SLICE("ostiary key 2"));
	buf_block(&aad, made->kid);
	buf_block(&aad, SLICE("ES256"));
	size_t common = aad.n;
	buf_u64(&aad, serial);
	CHECK_OK(crypto_open(keys.key_encryption_key, buf_slice(&aad), c.rest, plain));
	aad_memory[12] = '1';
	struct slice text = slice_of(plain, c.rest.n - CRYPTO_SEAL_OVERHEAD);
	CHECK_OK(crypto_seal(keys.key_encryption_key, slice_of(aad_memory, common), text, blob));
	return slice_of(blob, text.n + CRYPTO_SEAL_OVERHEAD);
}

static void keys_of_earlier_versions_go_on_until_a_newer_one_has_signed(void)
{
	struct arena a;
	start_keys(&a);
	struct signer_result first = make(&a, JOSE_ES256), next = make(&a, JOSE_ES256);
	struct slice old_first = sealed_before(&first, &a), old_next = sealed_before(&next, &a);
	ledger = (struct signer_ledger){0};
	CHECK_OK(load(first.kid, JOSE_ES256, old_first));
	CHECK_SLICE(signed_by(&a, mint(&a, JOSE_ES256).data), first.kid);
	CHECK_OK(load(next.kid, JOSE_ES256, old_next));
	next.data = old_next;
	struct signer_result third = make_after(&a, JOSE_ES256, &next);
	CHECK_OK(load(third.kid, JOSE_ES256, third.data));
	CHECK_RC(load(next.kid, JOSE_ES256, old_next), RC_CONFLICT);
	CHECK_RC(load(first.kid, JOSE_ES256, old_first), RC_CONFLICT);
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
	/* A later serial is not to be had by writing it. */
	uint8_t *serial = arena_alloc(&a, made.data.n);
	memcpy(serial, made.data.p, made.data.n);
	serial[15]++;
	CHECK_RC(load(made.kid, JOSE_ES256, slice_of(serial, made.data.n)), RC_JOSE_SIGNATURE);
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

static int ledger_fd;
static char folder[] = "/tmp/ostiary-signer-XXXXXX";
static struct config config;
static int sign_pair[2], generate_pair[2];

/* As the parent does: a process of its own, not a copy of this one with its threads. */
static pid_t start_role(void)
{
	char sign[16], generate[16], key[64], kept_ledger[16];
	(void)snprintf(kept_ledger, sizeof kept_ledger, "%d", ledger_fd);
	(void)snprintf(sign, sizeof sign, "%d", sign_pair[1]);
	(void)snprintf(generate, sizeof generate, "%d", generate_pair[1]);
	(void)snprintf(key, sizeof key, "%.*s", SLICE_ARGS(config.key_encryption_key));
	pid_t pid = fork();
	if (pid == 0) {
		(void)execl("/proc/self/exe", "test_signer", "--role", sign, generate, folder, key, kept_ledger, (char *)NULL);
		_exit(99);
	}
	return pid;
}

static int run_role(char **argv)
{
	struct role role = {.config = &config, .log = {.fd = open("/dev/null", O_WRONLY | O_CLOEXEC), .role = "signer"}, .sandbox = SANDBOX_SIGNER};
	role.fds[ROLE_FD_SIGNER] = (int)strtol(argv[2], NULL, 10);
	role.fds[ROLE_FD_GENERATE] = (int)strtol(argv[3], NULL, 10);
	config.state = slice_cstr(argv[4]);
	config.key_encryption_key = slice_cstr(argv[5]);
	role.fds[ROLE_FD_LEDGER] = (int)strtol(argv[6], NULL, 10);
	config.issuer = SLICE(ISSUER);
	config.tokens.access = LIFE;
	config.tokens.id = LIFE;
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
	*dst = (struct signer_request){.operation = SIGNER_LOAD, .alg = JOSE_ES256, .kid = kept.kid, .data = kept.blob};
	return 1;
}

static void reload_done(void *self UNUSED)
{
}

static const struct signer_reload reload = {NULL, reload_begin, reload_done};
static struct signer_client client;

static enum rc sign_once(void)
{
	const struct jwt_mint t = wanted(clock_now());
	struct jwt_mint refused = t;
	struct arena a;
	struct jwt_parts parts;
	struct slice token;
	arena_init(&a, ARENA);
	refused.exp++;
	/* The signer says so in its log, and lives. */
	bool lives = signer_client_mint(&client, JOSE_ES256, &refused, &a, &token) == RC_JOSE_EXP;
	enum rc rc = lives ? signer_client_mint(&client, JOSE_ES256, &t, &a, &token) : RC_INTERNAL;
	if (rc == RC_OK)
		rc = jwt_split(token, &parts);
	arena_reset(&a);
	return rc;
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
	CHECK_OK(signer_client_generate(&client, &(struct signer_wanted){.alg = JOSE_ES256}, &a, &kept));
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

static void validate_death(int fd, struct slice message)
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
	validate_death(sign_pair[0], SLICE("nonsense"));
	batch = one_request(SIGNER_GENERATE, SLICE(""), SLICE(""));
	validate_death(sign_pair[0], encode(&batch, memory, sizeof memory));
	batch = one_request(SIGNER_PING, SLICE("k"), SLICE("x"));
	validate_death(generate_pair[0], encode(&batch, memory, sizeof memory));
	/* Bytes of one's own choice to sign. */
	batch = one_request(SIGNER_MINT, SLICE(""), SLICE("eyJhbGciOiJFUzI1NiJ9.e30"));
	validate_death(sign_pair[0], encode(&batch, memory, sizeof memory));
	validate_death(generate_pair[0], SLICE("x"));
	close_links();
}

static void without_the_parents_memory_the_signer_does_not_start(void)
{
	int before = ledger_fd;
	open_links();
	ledger_fd = -1;
	int status = end_role(start_role(), 0);
	ledger_fd = before;
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == ROLE_EXIT_FAILED);
	close_links();
}

static void a_restarted_signer_takes_no_older_key(void)
{
	struct arena a;
	struct signer_made first, second;
	arena_init(&a, ARENA);
	open_links();
	pid_t pid = start_role();
	CHECK_OK(signer_client_init(&client, sign_pair[0], generate_pair[0], (struct signer_reload){0}));
	CHECK_OK(signer_client_generate(&client, &(struct signer_wanted){.alg = JOSE_ES256}, &a, &first));
	CHECK_OK(signer_client_generate(&client, &(struct signer_wanted){JOSE_ES256, 0, first.kid, first.blob}, &a, &second));
	CHECK_OK(signer_client_load(&client, first.kid, JOSE_ES256, first.blob));
	CHECK_OK(signer_client_load(&client, second.kid, JOSE_ES256, second.blob));
	(void)end_role(pid, SIGKILL);
	pid = start_role();
	CHECK_RC(signer_client_load(&client, first.kid, JOSE_ES256, first.blob), RC_CONFLICT);
	CHECK_OK(signer_client_load(&client, second.kid, JOSE_ES256, second.blob));
	(void)end_role(pid, SIGKILL);
	close_links();
	arena_reset(&a);
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
		T(the_signer_dies_of_malformed_messages), T(without_its_key_the_signer_does_not_start),
		T(what_is_to_be_minted_comes_whole_and_names_no_key), T(a_forgery_that_would_outlive_its_type_is_refused),
		T(a_derived_key_hangs_on_key_purpose_and_salt),
		T(the_newest_key_signs_and_none_before_it_comes_back), T(a_key_is_newer_than_the_one_that_it_was_made_after),
		T(keys_of_earlier_versions_go_on_until_a_newer_one_has_signed),
		T(without_the_parents_memory_the_signer_does_not_start), T(a_restarted_signer_takes_no_older_key)};
	char path[64];
	struct config_secret_error err;
	if (argc == 7 && strcmp(argv[1], "--role") == 0)
		return run_role(argv);
	if (mkdtemp(folder) == NULL)
		return 1;
	ledger_fd = memfd_create("ledger", 0);
	if (ledger_fd < 0 || ftruncate(ledger_fd, sizeof ledger) != 0)
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
