/* SPDX-License-Identifier: Apache-2.0 */
/* The records between worker and signer, from either side: what was read is written again and must be the same
 * bytes. And, since no fuzzer forges a seal, the same bytes sealed by us as a key that the signer is asked to load:
 * one that it takes, it signs with and forgets. */
#include <stdlib.h>

#include "crypto/hash.h"
#include "signing/signer_keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t memory[SIGNER_MESSAGE_MAX];
static struct signer_keys keys;

static void demand(bool promise)
{
	if (!promise)
		abort();
}

static void batch(struct slice message)
{
	static struct signer_batch read;
	struct buf b;
	if (signer_wire_read_batch(message, &read) != RC_OK)
		return;
	demand(read.n > 0 && read.n <= SIGNER_BATCH_MAX && read.id != 0);
	buf_over(&b, memory, sizeof memory);
	signer_wire_put_batch(&b, &read);
	demand(buf_rc(&b) == RC_OK && slice_eq(buf_slice(&b), message));
}

static void reply(struct slice message)
{
	static struct signer_reply read;
	struct buf b;
	if (signer_wire_read_reply(message, &read) != RC_OK)
		return;
	demand(read.n <= SIGNER_BATCH_MAX);
	buf_over(&b, memory, sizeof memory);
	signer_wire_put_reply(&b, &read);
	demand(buf_rc(&b) == RC_OK && slice_eq(buf_slice(&b), message));
}

/* As signer_keys.c binds it: kid and algorithm. */
static struct slice seal(struct slice kid, enum jose_alg alg, struct slice plain, struct arena *a)
{
	uint8_t aad_memory[256], *blob = arena_alloc(a, plain.n + CRYPTO_SEAL_OVERHEAD);
	struct buf aad;
	buf_over(&aad, aad_memory, sizeof aad_memory);
	buf_put(&aad, SLICE("ostiary key 1"));
	buf_block(&aad, kid);
	buf_block(&aad, jose_alg_row(alg)->name);
	if (blob == NULL || buf_rc(&aad) != RC_OK ||
	    crypto_seal(keys.key_encryption_key, buf_slice(&aad), plain, blob) != RC_OK)
		return SLICE_NONE;
	return slice_of(blob, plain.n + CRYPTO_SEAL_OVERHEAD);
}

static enum rc ask(enum signer_operation operation, enum jose_alg alg, struct slice kid, struct slice text)
{
	return signer_keys_answer(
		       &keys, &(struct signer_request){.operation = operation, .alg = alg, .kid = kid, .data = text}, 0,
		       NULL)
		.rc;
}

static enum rc mint(enum jose_alg alg, struct arena *a)
{
	static const struct jwt_mint_row rows[] = {{SLICE_INIT("JWT"), 1}};
	static struct json pool[4];
	const struct signer_request r = {
		.operation = SIGNER_MINT, .alg = alg, .mint = {SLICE("JWT"), SLICE("i"), 0, 1, SLICE("{}")}};
	keys.minter = (struct jwt_minter){SLICE("i"), rows, ARRAY_LEN(rows), pool, ARRAY_LEN(pool)};
	return signer_keys_answer(&keys, &r, 0, a).rc;
}

static void load(struct slice plain)
{
	static struct signer_ledger ledger;
	struct arena a;
	struct slice kid = SLICE("k");
	if (keys.ledger == NULL)
		demand(signer_keys_init(&keys, &ledger) == RC_OK);
	arena_init(&a, 1 << 20);
	for (int alg = 0; alg < JOSE_ALG_COUNT; alg++) {
		struct slice blob = seal(kid, (enum jose_alg)alg, plain, &a);
		if (ask(SIGNER_LOAD, (enum jose_alg)alg, kid, blob) != RC_OK)
			continue;
		demand(mint((enum jose_alg)alg, &a) == RC_OK);
		demand(ask(SIGNER_FORGET, (enum jose_alg)alg, kid, SLICE_NONE) == RC_OK);
		demand(mint((enum jose_alg)alg, &a) == RC_JOSE_KID);
	}
	arena_reset(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = slice_of(data, size);
	batch(input);
	reply(input);
	if (size > 0 && data[0] == '{')
		load(input);
	return 0;
}
