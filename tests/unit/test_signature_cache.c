/* SPDX-License-Identifier: Apache-2.0 */
/* The shared cache: stamps, expiry, collisions, and many threads at once; and the token cache of this process. */
#include "gateway/signature_cache.h"
#include "gateway/token_cache.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crypto/hash.h"
#include "t.h"

static _Alignas(64) uint8_t small[4 * 64 * 2];
static _Alignas(64) uint8_t blobs[4 * (64 + 256)];

static void digest_of(uint64_t n, uint8_t dst[static 32])
{
	crypto_sha256(slice_of(&n, sizeof n), dst);
}

static void cache_remembers_by_digest_and_stamp(void)
{
	struct signature_cache c;
	uint8_t one[32], two[32];
	size_t n;
	memset(small, 0, sizeof small);
	CHECK_OK(signature_cache_over(small, sizeof small, 0, &c));
	CHECK(c.sets == 2);
	digest_of(1, one);
	digest_of(2, two);
	CHECK(!signature_cache_get(&c, one, 7, 100, NULL, &n));
	signature_cache_put(&c, one, (struct signature_cache_tag){7, INT64_MAX}, 100, SLICE_NONE);
	CHECK(signature_cache_get(&c, one, 7, 100, NULL, &n));
	CHECK(!signature_cache_get(&c, two, 7, 100, NULL, &n));
	/* New keys: what held under the old ones is not known any more. */
	CHECK(!signature_cache_get(&c, one, 8, 100, NULL, &n));
	signature_cache_put(&c, one, (struct signature_cache_tag){8, INT64_MAX}, 100, SLICE_NONE);
	CHECK(signature_cache_get(&c, one, 8, 100, NULL, &n));
	CHECK(!signature_cache_get(&c, one, 7, 100, NULL, &n));
}

static void cache_one_bit_is_another_digest(void)
{
	struct signature_cache c;
	uint8_t d[32];
	size_t n;
	memset(small, 0, sizeof small);
	CHECK_OK(signature_cache_over(small, sizeof small, 0, &c));
	digest_of(1, d);
	signature_cache_put(&c, d, (struct signature_cache_tag){7, INT64_MAX}, 0, SLICE_NONE);
	for (unsigned bit = 0; bit < 256; bit++) {
		d[bit / 8] ^= (uint8_t)(1U << bit % 8);
		CHECK(!signature_cache_get(&c, d, 7, 0, NULL, &n));
		d[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	CHECK(signature_cache_get(&c, d, 7, 0, NULL, &n));
}

static void cache_entries_expire(void)
{
	struct signature_cache c;
	uint8_t d[32], out[256];
	size_t n = 0;
	memset(blobs, 0, sizeof blobs);
	CHECK_OK(signature_cache_over(blobs, sizeof blobs, 256, &c));
	digest_of(1, d);
	signature_cache_put(&c, d, (struct signature_cache_tag){1, 110}, 100, SLICE("value of it"));
	CHECK(signature_cache_get(&c, d, 1, 109, out, &n));
	CHECK_SLICE(slice_of(out, n), SLICE("value of it"));
	CHECK(!signature_cache_get(&c, d, 1, 110, out, &n));
}

static void cache_values_that_do_not_fit(void)
{
	static uint8_t big[257];
	struct signature_cache c;
	uint8_t d[32], out[256];
	size_t n = 0;
	memset(blobs, 0, sizeof blobs);
	CHECK_OK(signature_cache_over(blobs, sizeof blobs, 256, &c));
	digest_of(1, d);
	signature_cache_put(&c, d, (struct signature_cache_tag){1, 110}, 100, slice_of(big, 257));
	CHECK(!signature_cache_get(&c, d, 1, 100, out, &n));
	signature_cache_put(&c, d, (struct signature_cache_tag){1, 110}, 100, slice_of(big, 256));
	CHECK(signature_cache_get(&c, d, 1, 100, out, &n));
	CHECK(n == 256);
}

/* Another process may have been built with larger values, or died in the middle: a length is believed only where it fits. */
static void cache_length_in_memory_is_not_trusted(void)
{
	struct signature_cache c;
	uint8_t d[32], out[256 + 64];
	size_t n = 0;
	memset(blobs, 0, sizeof blobs);
	memset(out, 0x5a, sizeof out);
	CHECK_OK(signature_cache_over(blobs, sizeof blobs, 256, &c));
	digest_of(1, d);
	signature_cache_put(&c, d, (struct signature_cache_tag){1, 110}, 100, SLICE("12345678"));
	for (size_t i = 0; i + 8 <= sizeof blobs; i += 8) {
		uint64_t w, longer = 264;
		memcpy(&w, blobs + i, sizeof w);
		if (w == 8)
			memcpy(blobs + i, &longer, sizeof longer);
	}
	CHECK(!signature_cache_get(&c, d, 1, 100, out, &n));
	CHECK(out[0] == 0x5a && out[256] == 0x5a);
}

static void cache_full_set_keeps_the_newest(void)
{
	struct signature_cache c;
	uint8_t d[32];
	size_t n, kept = 0;
	memset(small, 0, sizeof small);
	CHECK_OK(signature_cache_over(small, sizeof small, 0, &c));
	for (uint64_t i = 0; i < 100; i++) {
		digest_of(i, d);
		signature_cache_put(&c, d, (struct signature_cache_tag){1, INT64_MAX}, 0, SLICE_NONE);
		CHECK(signature_cache_get(&c, d, 1, 0, NULL, &n));
	}
	for (uint64_t i = 0; i < 100; i++) {
		digest_of(i, d);
		kept += signature_cache_get(&c, d, 1, 0, NULL, &n);
	}
	CHECK(kept <= 8 && kept >= 2);
}

static void cache_memory_must_fit(void)
{
	struct signature_cache c;
	CHECK_RC(signature_cache_over(small, 255, 0, &c), RC_RANGE);
	CHECK_RC(signature_cache_over(small + 8, 500, 0, &c), RC_RANGE);
	CHECK_RC(signature_cache_over(small, sizeof small, 8, &c), RC_RANGE);
	CHECK_RC(signature_cache_over(small, sizeof small, 1 << 20, &c), RC_RANGE);
	static _Alignas(64) uint8_t large[1 << 17];
	CHECK_OK(signature_cache_over(large, sizeof large, SIGNATURE_CACHE_VALUE_MAX, &c));
	CHECK_RC(signature_cache_over(large, sizeof large, SIGNATURE_CACHE_VALUE_MAX + 64, &c), RC_RANGE);
}

/* Each value is its own digest's bytes, repeated: a torn read would show. */
static void *hammer(void *arg)
{
	const struct signature_cache *c = arg;
	size_t torn = 0;
	for (uint64_t i = 0; i < 20000; i++) {
		uint8_t d[32], value[256], out[256];
		size_t n = 0;
		digest_of(i % 16, d);
		for (size_t k = 0; k < sizeof value; k++)
			value[k] = d[k % 32];
		signature_cache_put(c, d, (struct signature_cache_tag){1, INT64_MAX}, 0, slice_of(value, 8 + (i % 31) * 8));
		digest_of((i * 7) % 16, d);
		if (!signature_cache_get(c, d, 1, 0, out, &n))
			continue;
		for (size_t k = 0; k < n; k++)
			torn += out[k] != d[k % 32];
	}
	return (void *)(uintptr_t)torn;
}

static void cache_many_threads(void)
{
	struct signature_cache c;
	pthread_t t[4];
	memset(blobs, 0, sizeof blobs);
	CHECK_OK(signature_cache_over(blobs, sizeof blobs, 256, &c));
	for (size_t i = 0; i < ARRAY_LEN(t); i++)
		CHECK(pthread_create(&t[i], NULL, hammer, &c) == 0);
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		void *torn;
		CHECK(pthread_join(t[i], &torn) == 0);
		CHECK(torn == NULL);
	}
}

/* Another writer comes between a reader's two looks at the sequence number: the value lies in a page that cannot be read, and the
 * fault, in the very middle of the read, lets the writer in. */
static struct {
	struct signature_cache c;
	uint8_t digest[32];
	uint8_t *page;
	size_t size;
	bool finishes; /* else it is stopped half-way: the number stays odd */
	volatile sig_atomic_t came;
} race;

static void writer_comes(int signal_number)
{
	(void)signal_number;
	race.came = 1;
	if (mprotect(race.page, race.size, PROT_READ | PROT_WRITE) != 0)
		_exit(9);
	if (race.finishes)
		signature_cache_put(&race.c, race.digest, (struct signature_cache_tag){1, INT64_MAX}, 0, SLICE("bbbbbbbbbbbbbbbb"));
	else
		__atomic_fetch_add((uint64_t *)race.c.words, 1, __ATOMIC_SEQ_CST);
}

static void read_with_a_writer_between(bool finishes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), n = 0;
	uint8_t out[64], *memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct sigaction action = {.sa_handler = writer_comes}, before;
	CHECK(memory != MAP_FAILED);
	race.page = memory + page;
	race.size = page;
	race.finishes = finishes;
	race.came = 0;
	/* The first slot's head is the first page's last line. */
	CHECK_OK(signature_cache_over(race.page - SIGNATURE_CACHE_HEAD, SIGNATURE_CACHE_WAYS * (SIGNATURE_CACHE_HEAD + 64), 64, &race.c));
	digest_of(1, race.digest);
	signature_cache_put(&race.c, race.digest, (struct signature_cache_tag){1, INT64_MAX}, 0, SLICE("aaaaaaaaaaaaaaaa"));
	CHECK(signature_cache_get(&race.c, race.digest, 1, 0, out, &n) && n == 16);
	CHECK(sigaction(SIGSEGV, &action, &before) == 0);
	CHECK(mprotect(race.page, race.size, PROT_NONE) == 0);
	CHECK(!signature_cache_get(&race.c, race.digest, 1, 0, out, &n));
	CHECK(race.came == 1);
	CHECK(sigaction(SIGSEGV, &before, NULL) == 0);
	CHECK(munmap(memory, 2 * page) == 0);
}

static void cache_read_that_a_writer_overtakes_is_none(void)
{
	read_with_a_writer_between(true);
	read_with_a_writer_between(false);
}

static const struct gateway_claim_map map = {SLICE_INIT("roles"), SLICE_INIT("tenant"), SLICE_INIT("scope")};

static void memo_keeps_a_copy_by_token_generation_and_map(void)
{
	static const struct gateway_claim_map other = {SLICE_INIT("roles"), SLICE_INIT("tenant"), SLICE_INIT("scope")};
	struct slice one = SLICE("header.payload.signature"), two = SLICE("header.payload.signaturf");
	char text[] = "{\"sub\":\"u\",\"roles\":[\"a\",\"b\"],\"tenant\":\"t\\u0041\",\"iat\":5}";
	struct json values[8];
	struct token_cache *m = token_cache_new();
	CHECK(m != NULL);
	CHECK_OK(json_parse(slice_cstr(text), values, ARRAY_LEN(values)));
	token_cache_put(m, one, (struct token_cache_tag){7, &map}, values, slice_cstr(text));
	memset(text, 'x', sizeof text - 1);
	memset(values, 0, sizeof values);
	const struct gateway_identity *id = token_cache_get(m, one, (struct token_cache_tag){7, &map});
	CHECK(id != NULL && id->subject.iat == 5 && json_is_string(json_get(id->claims, SLICE("sub")), SLICE("u")));
	CHECK_SLICE(id->user, SLICE("u"));
	CHECK_SLICE(id->roles, SLICE("a,b"));
	CHECK_SLICE(id->tenant, SLICE("tA"));
	CHECK(token_cache_get(m, one, (struct token_cache_tag){8, &map}) == NULL);
	CHECK(token_cache_get(m, one, (struct token_cache_tag){7, &other}) == NULL);
	CHECK(token_cache_get(m, two, (struct token_cache_tag){7, &map}) == NULL);
	token_cache_free(m);
}

/* {"a":1,"a1":1,…} of `members` members with `more` bytes of spaces. */
static bool is_kept(struct token_cache *m, size_t members, size_t more)
{
	static uint8_t text[2 * TOKEN_CACHE_TEXT];
	struct json values[TOKEN_CACHE_VALUES + 1];
	struct token_cache_tag mark = {7, &map};
	struct slice token = slice_of(&more, sizeof more);
	struct buf b;
	buf_over(&b, text, sizeof text);
	buf_byte(&b, '{');
	for (size_t i = 0; i < members; i++)
		buf_format(&b, "%s\"a%zu\":1", i == 0 ? "" : ",", i);
	while (b.n + 1 < more)
		buf_byte(&b, ' ');
	buf_byte(&b, '}');
	more = more * 1000 + members;
	CHECK_OK(json_parse(buf_slice(&b), values, ARRAY_LEN(values)));
	token_cache_put(m, token, mark, values, buf_slice(&b));
	return token_cache_get(m, token, mark) != NULL;
}

static void memo_lets_large_and_unfit_claims_be(void)
{
	struct token_cache *m = token_cache_new();
	struct json values[4];
	struct token_cache_tag mark = {7, &map};
	struct slice token = SLICE("t");
	CHECK(is_kept(m, TOKEN_CACHE_VALUES - 1, 0) && !is_kept(m, TOKEN_CACHE_VALUES, 0));
	CHECK(is_kept(m, 1, TOKEN_CACHE_TEXT) && !is_kept(m, 1, TOKEN_CACHE_TEXT + 1));
	/* What stood in its place is gone too: half of it has been overwritten. */
	CHECK_OK(json_parse(SLICE("{\"sub\":\"a\"}"), values, ARRAY_LEN(values)));
	token_cache_put(m, token, mark, values, SLICE("{\"sub\":\"a\"}"));
	CHECK(token_cache_get(m, token, mark) != NULL);
	CHECK_OK(json_parse(SLICE("{\"sub\":1}"), values, ARRAY_LEN(values)));
	token_cache_put(m, token, mark, values, SLICE("{\"sub\":1}"));
	CHECK(token_cache_get(m, token, mark) == NULL);
	token_cache_free(m);
}

T_MAIN(T(memo_keeps_a_copy_by_token_generation_and_map), T(memo_lets_large_and_unfit_claims_be),
       T(cache_remembers_by_digest_and_stamp), T(cache_one_bit_is_another_digest), T(cache_entries_expire),
       T(cache_values_that_do_not_fit), T(cache_length_in_memory_is_not_trusted), T(cache_full_set_keeps_the_newest), T(cache_memory_must_fit), T(cache_read_that_a_writer_overtakes_is_none),
       T(cache_many_threads))
