/* SPDX-License-Identifier: Apache-2.0 */
/* Keys as files: PEM, DER, certificates. What is read must be written in every form, read again and keep its
 * thumbprint. */
#include <stdlib.h>

#include "jose/jwk/jwk_file.h"
#include "jose/jwk/pem.h"

enum { TEXT_MAX = 65536 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct jwk_names unnamed = {.kid = {NULL, 0}};
static const struct secret none = {NULL, 0};

static void same(const struct jwk *a, const struct jwk *b)
{
	uint8_t of_a[32], of_b[32];
	if (jwk_thumbprint(a, of_a) != RC_OK || jwk_thumbprint(b, of_b) != RC_OK || memcmp(of_a, of_b, 32) != 0)
		abort();
}

static void write_again(const struct jwk *key, enum jwk_form form)
{
	struct jwk *again;
	struct buf b;
	buf_init(&b, TEXT_MAX);
	if (jwk_export(key, form, none, &b) != RC_OK ||
	    jwk_import(buf_slice(&b), JWK_ANY, &unnamed, none, &again) != RC_OK)
		abort();
	same(key, again);
	jwk_unref(again);
	buf_free(&b);
}

/* With its certificates, which must be its own. */
static void write_jwk(const struct jwk *key)
{
	struct jwk *again;
	struct buf b;
	buf_init(&b, 1 << 20);
	struct json_out out = json_out_to(&b);
	if (jwk_write(key, true, &out) != RC_OK)
		abort();
	if (b.n < 32 * 1024) {
		if (jwk_read(buf_slice(&b), JWK_ANY | JWK_CERTIFIED, &again) != RC_OK)
			abort();
		same(key, again);
		jwk_unref(again);
	}
	buf_free(&b);
}

static void blocks(struct slice text)
{
	struct slice label, der, rest = text;
	struct arena a;
	arena_init(&a, 1 << 20);
	while (pem_take(&rest, &a, &label, &der) == RC_OK)
		if (der.n == 0 || label.n == 0)
			abort();
	arena_reset(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of(data, size);
	struct jwk *key;
	blocks(text);
	/* A passphrase costs as many passes as the file says. */
	if (memmem(data, size, "ENCRYPTED", 9) != NULL || jwk_import(text, JWK_ANY, &unnamed, none, &key) != RC_OK)
		return 0;
	write_again(key, JWK_FORM_DER_PUBLIC);
	write_again(key, JWK_FORM_PEM_PUBLIC);
	if (jwk_is_private(key)) {
		write_again(key, JWK_FORM_DER_PRIVATE);
		write_again(key, JWK_FORM_PEM_PRIVATE);
	}
	write_jwk(key);
	jwk_unref(key);
	return 0;
}
