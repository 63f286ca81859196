/* SPDX-License-Identifier: Apache-2.0 */
/* Sealed session handles: as text from outside, where nothing but what we sealed may open; and, since no fuzzer
 * forges a seal, the same bytes sealed by us, of which only whole and living ones may open. */
#include <stdlib.h>

#include "base/base64url.h"
#include "crypto/hash.h"
#include "sealed/envelope.h"
#include "sealed/session_handle.h"

enum { NOW = 1800000000, FORMAT = 1 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t key[32] = {1, 2, 3};

static void demand(bool promise)
{
	if (!promise)
		abort();
}

static bool is_text(struct slice s)
{
	uint8_t bytes[64];
	size_t n;
	return base64url_decode(s, bytes, sizeof bytes, &n) == RC_OK;
}

static void open(struct slice text, struct arena *a)
{
	struct ticket t;
	if (session_handle_open(key, text, NOW, a, &t) != RC_OK)
		return;
	demand(t.sid.n == SESSION_HANDLE_SID_LEN && t.secret.n == SESSION_HANDLE_SECRET_LEN && t.expires > NOW);
	demand(is_text(t.sid) && is_text(t.secret) && text.n == SESSION_HANDLE_TEXT_LEN);
}

static void sealed(struct slice plain, struct arena *a)
{
	static const uint8_t format = FORMAT;
	size_t n = 1 + plain.n + CRYPTO_SEAL_OVERHEAD;
	uint8_t *bytes = arena_alloc(a, n);
	struct slice text;
	if (bytes == NULL)
		return;
	bytes[0] = format;
	demand(crypto_seal(key, slice_of(&format, 1), plain, bytes + 1) == RC_OK);
	if (base64url_encode_arena(a, slice_of(bytes, n), &text) == RC_OK)
		open(text, a);
}

/* What is no envelope opens nowhere; what is sealed comes back as it was. */
static void envelope(struct slice input, struct arena *a)
{
	struct slice text, plain;
	demand(envelope_open(secret_of(key, sizeof key), SLICE("fuzz"), input, NOW, a, &plain) != RC_OK);
	if (envelope_seal(secret_of(key, sizeof key), SLICE("fuzz"), input, NOW, a, &text) != RC_OK)
		return;
	demand(envelope_open(secret_of(key, sizeof key), SLICE("fuzz"), text, NOW, a, &plain) == RC_OK &&
	       slice_eq(plain, input));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = slice_of(data, size);
	struct arena a;
	arena_init(&a, 1 << 20);
	open(input, &a);
	sealed(input, &a);
	envelope(input, &a);
	arena_reset(&a);
	return 0;
}
