/* SPDX-License-Identifier: Apache-2.0 */
/* Kept EVP_PKEY contexts: making one costs a tenth of an RSA verification. */
#include <openssl/rsa.h>
#include <stdlib.h>

#include "crypto/fetched.h"
#include "crypto/key_internal.h"

/* The slot where a thread starts to look, so that threads rarely touch the same one. */
static unsigned first_slot(void)
{
	static _Atomic unsigned threads;
	/* Libraries loaded at run time use this too: initial-exec takes 4 bytes of glibc's reserve and needs no
	 * call. LeakSanitizer of GCC 12 misreads dynamic thread storage that starts 16 bytes into a page. */
	static _Thread_local unsigned mine __attribute__((tls_model("initial-exec")));
	if (mine == 0)
		mine = 1 + atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed) % KEY_CONTEXTS_MAX;
	return mine - 1;
}

static bool set_rsa(EVP_PKEY_CTX *ctx, struct crypto_scheme scheme, const EVP_MD *md)
{
	if (!scheme.pss)
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
	/* RFC 7518 3.5: "The size of the salt value is the same size as the hash function output." */
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1 &&
	       EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) == 1;
}

static bool make_ready(struct key_context *c, const struct crypto_key *key, const EVP_MD *md)
{
	int ready = c->use == KEY_SIGN ? EVP_PKEY_sign_init(c->ctx) : EVP_PKEY_verify_init(c->ctx);
	return ready == 1 && (key->type != CRYPTO_KEY_RSA || set_rsa(c->ctx, c->scheme, md)) &&
	       EVP_PKEY_CTX_set_signature_md(c->ctx, md) == 1;
}

static bool make_inside(struct key_context *c, struct crypto_key *key, const EVP_MD *md)
{
	if (c->use == KEY_VERIFY_BY_TABLE) {
		c->work = key_work_new(atomic_load(&key->table));
		return c->work != NULL;
	}
	c->ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
	return c->ctx != NULL && make_ready(c, key, md);
}

static struct key_context *make(struct crypto_key *key, struct crypto_scheme scheme, enum key_use use)
{
	const struct fetched *f = fetched_get();
	struct key_context *c = f == NULL ? NULL : calloc(1, sizeof *c);
	if (c == NULL)
		return NULL;
	c->scheme = scheme;
	c->use = use;
	if (make_inside(c, key, f->md[scheme.hash]))
		return c;
	key_context_drop(c);
	return NULL;
}

void key_context_drop(struct key_context *c)
{
	if (c == NULL)
		return;
	EVP_PKEY_CTX_free(c->ctx);
	key_work_free(c->work);
	free(c);
}

static bool serves(const struct key_context *c, struct crypto_scheme scheme, enum key_use use)
{
	return c->use == use && c->scheme.hash == scheme.hash && c->scheme.pss == scheme.pss;
}

void key_context_give(struct crypto_key *key, struct key_context *c)
{
	unsigned first = first_slot();
	for (unsigned i = 0; i < KEY_CONTEXTS_MAX; i++) {
		struct key_context *none = NULL;
		if (atomic_compare_exchange_strong(&key->idle[(first + i) % KEY_CONTEXTS_MAX], &none, c))
			return;
	}
	key_context_drop(c);
}

struct key_context *key_context_take(struct crypto_key *key, struct crypto_scheme scheme, enum key_use use)
{
	unsigned first = first_slot();
	for (unsigned i = 0; i < KEY_CONTEXTS_MAX; i++) {
		_Atomic(struct key_context *) *slot = &key->idle[(first + i) % KEY_CONTEXTS_MAX];
		if (atomic_load_explicit(slot, memory_order_relaxed) == NULL)
			continue;
		struct key_context *c = atomic_exchange(slot, NULL);
		if (c == NULL)
			continue;
		if (serves(c, scheme, use))
			return c;
		struct key_context *none = NULL;
		if (!atomic_compare_exchange_strong(slot, &none, c))
			key_context_drop(c);
	}
	return make(key, scheme, use);
}
