/* SPDX-License-Identifier: Apache-2.0 */
/* Making JWE messages and nested tokens. */
#include <ostiary/jwe.h>

#include <stdlib.h>

#include "jose/jwe/jwt_nested.h"
#include "libostiary/ostiary_internal.h"

enum { ARENA_MAX = 16 << 20, CRITICAL_MAX = 8 };

/* A message's spec with the memory that it points to. */
struct making {
	struct arena arena;
	struct jwe_recipient recipients[JWE_RECIPIENTS_MAX];
	struct slice critical[CRITICAL_MAX];
	struct jwe_spec spec;
};

typedef enum rc encrypt_fn(const struct jwe_spec *spec, struct slice plain, struct arena *a, struct slice *ret_text);

/* The number of the one bit in `bits`; RC_RANGE where it is not one. */
static enum rc one_of(uint32_t bits, unsigned *ret_number)
{
	if (bits == 0 || (bits & (bits - 1)) != 0)
		return RC_RANGE;
	*ret_number = (unsigned)__builtin_ctz(bits);
	return RC_OK;
}

static enum rc recipient_of(const struct ostiary_jwe_recipient *r, struct jwe_recipient *ret)
{
	jwe_alg_set algs;
	unsigned alg;
	struct slice password = slice_cstr(r->password);
	*ret = (struct jwe_recipient){
		.key = inner_jwk(r->key),
		.kid = slice_cstr(r->kid),
		.password = secret_from_slice(password),
		.apu = slice_cstr(r->apu),
		.apv = slice_cstr(r->apv),
		.p2c = r->p2c,
	};
	TRY(inner_jwe_algs(r->algorithm, &algs));
	TRY(one_of(algs, &alg));
	ret->alg = (enum jwe_alg)alg;
	return RC_OK;
}

static enum rc spec_of(const struct ostiary_jwe_message *m, struct making *making)
{
	struct ostiary_jwe_recipient recipient;
	jwe_enc_set encs;
	unsigned enc;
	TRY(inner_jwe_encs(m->encryption, &encs));
	TRY(one_of(encs, &enc));
	if (m->recipients == NULL || m->recipient_count > JWE_RECIPIENTS_MAX || (unsigned)m->form > OSTIARY_JWE_GENERAL)
		return RC_RANGE;
	making->spec = (struct jwe_spec){
		.recipients = making->recipients,
		.count = m->recipient_count,
		.enc = (enum jwe_enc)enc,
		.form = (enum jwe_form)m->form,
		.deflate = m->zip,
		.typ = slice_cstr(m->typ),
		.cty = slice_cstr(m->cty),
		.aad = slice_cstr(m->aad),
		.protected = slice_cstr(m->protected_json),
		.unprotected = slice_cstr(m->unprotected_json),
		.critical = making->critical,
	};
	for (size_t i = 0; i < m->recipient_count; i++) {
		TRY(inner_sized_at(&recipient, sizeof recipient, m->recipients, i));
		TRY(recipient_of(&recipient, &making->recipients[i]));
	}
	return inner_list(m->critical, making->critical, CRITICAL_MAX, &making->spec.critical_count);
}

static enum rc copy_out(struct slice text, char **ret_text, size_t *ret_length)
{
	char *copy = malloc(text.n + 1);
	if (copy == NULL)
		return RC_MEMORY;
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	*ret_text = copy;
	if (ret_length != NULL)
		*ret_length = text.n;
	return RC_OK;
}

static enum ostiary_result make(encrypt_fn *encrypt, const struct ostiary_jwe_message *message, struct slice plain,
				char **ret_text, size_t *ret_length)
{
	struct making *making = calloc(1, sizeof *making);
	struct ostiary_jwe_message own;
	struct slice text;
	if (making == NULL)
		return OSTIARY_MEMORY;
	arena_init(&making->arena, ARENA_MAX);
	enum rc rc = inner_sized(&own, sizeof own, message);
	if (rc == RC_OK)
		rc = spec_of(&own, making);
	if (rc == RC_OK)
		rc = encrypt(&making->spec, plain, &making->arena, &text);
	if (rc == RC_OK)
		rc = copy_out(text, ret_text, ret_length);
	rc = inner_work(&making->arena, rc);
	arena_reset(&making->arena);
	free(making);
	return inner_result(rc);
}

enum ostiary_result ostiary_jwe_encrypt(const struct ostiary_jwe_message *message, const void *plaintext, size_t length,
					char **ret_text, size_t *ret_length)
{
	if (message == NULL || (plaintext == NULL && length > 0) || ret_text == NULL)
		return OSTIARY_ARGUMENT;
	return make(jwe_encrypt, message, slice_of(plaintext, length), ret_text, ret_length);
}

enum ostiary_result ostiary_jwt_encrypt(const struct ostiary_jwe_message *message, const char *token,
					size_t token_length, char **ret_text, size_t *ret_length)
{
	if (message == NULL || token == NULL || ret_text == NULL)
		return OSTIARY_ARGUMENT;
	return make(jwt_nested_encrypt, message, slice_of(token, token_length), ret_text, ret_length);
}
