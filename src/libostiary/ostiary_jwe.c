/* SPDX-License-Identifier: Apache-2.0 */
/* Opening JWE messages and nested tokens. Making them is in jwe_encrypt.c. */
#include <ostiary/jwe.h>

#include <stdlib.h>

#include "jose/jwe/jwt_nested.h"
#include "libostiary/ostiary_internal.h"

enum { ARENA_MAX = 8 << 20, CRITICAL_MAX = 8 };

struct ostiary_jwe {
	struct arena arena;
	struct jwe jwe;
	struct slice plain, aad; /* with a NUL behind */
	struct inner_texts texts;
};

/* `critical` is room for CRITICAL_MAX names, which the result points to. */
static enum rc policy_of(const struct ostiary_jwe_policy *policy, struct slice *critical, struct jwe_policy *ret_policy)
{
	struct ostiary_jwe_policy p;
	TRY(inner_sized(&p, sizeof p, policy));
	struct jwe_policy own = {
		.json = p.allow_json,
		.inflate = p.allow_zip,
		.unprotected = p.allow_unprotected_enc,
		.hints = p.allow_hints,
		.p2c_max = p.p2c_max,
		.critical = critical,
	};
	TRY(inner_jwe_algs(p.algorithms, &own.algs));
	TRY(inner_jwe_encs(p.encryptions, &own.encs));
	TRY(inner_list(p.critical, critical, CRITICAL_MAX, &own.critical_count));
	*ret_policy = own;
	return RC_OK;
}

/* Plaintext may hold any byte: a copy with a NUL behind, where C texts end. */
static enum rc terminated(struct arena *a, struct slice s, struct slice *ret_copy)
{
	const struct slice parts[] = {s, SLICE("\0")};
	TRY(arena_join(a, parts, ARRAY_LEN(parts), ret_copy));
	ret_copy->n = s.n;
	return RC_OK;
}

static enum rc open_into(struct slice text, const struct jwe_keys *keys, const struct ostiary_jwe_policy *p,
			 struct ostiary_jwe *jwe)
{
	struct slice critical[CRITICAL_MAX];
	struct jwe_policy policy;
	TRY(policy_of(p, critical, &policy));
	TRY(jwe_decrypt(text, keys, &policy, &jwe->arena, &jwe->jwe));
	TRY(terminated(&jwe->arena, jwe->jwe.plain, &jwe->plain));
	return terminated(&jwe->arena, jwe->jwe.aad, &jwe->aad);
}

static enum ostiary_result open(struct slice text, const struct jwe_keys *keys, const struct ostiary_jwe_policy *policy,
				struct ostiary_jwe **ret_jwe)
{
	struct ostiary_jwe *jwe = calloc(1, sizeof *jwe);
	if (jwe == NULL)
		return OSTIARY_MEMORY;
	arena_init(&jwe->arena, ARENA_MAX);
	inner_texts_init(&jwe->texts, &jwe->arena);
	enum rc rc = open_into(text, keys, policy, jwe);
	if (rc != RC_OK) {
		ostiary_jwe_free(jwe);
		return inner_result(rc);
	}
	*ret_jwe = jwe;
	return OSTIARY_OK;
}

enum ostiary_result ostiary_jwe_decrypt(const char *text, size_t length, const struct ostiary_jwks *keys,
					const struct ostiary_jwe_policy *policy, struct ostiary_jwe **ret_jwe)
{
	if (text == NULL || keys == NULL || policy == NULL || ret_jwe == NULL)
		return OSTIARY_ARGUMENT;
	struct jwe_keys k = {.set = inner_jwks(keys)};
	return open(slice_of(text, length), &k, policy, ret_jwe);
}

enum ostiary_result ostiary_jwe_decrypt_password(const char *text, size_t length, const char *password,
						 const struct ostiary_jwe_policy *policy, struct ostiary_jwe **ret_jwe)
{
	if (text == NULL || password == NULL || policy == NULL || ret_jwe == NULL)
		return OSTIARY_ARGUMENT;
	struct jwe_keys k = {.password = secret_of(password, strlen(password))};
	return open(slice_of(text, length), &k, policy, ret_jwe);
}

void ostiary_jwe_free(struct ostiary_jwe *jwe)
{
	if (jwe == NULL)
		return;
	inner_texts_free(&jwe->texts);
	arena_reset(&jwe->arena);
	free(jwe);
}

static const char *text_of(struct slice s, size_t *ret_length)
{
	if (ret_length != NULL)
		*ret_length = s.n;
	return (const char *)s.p;
}

const char *ostiary_jwe_plaintext(const struct ostiary_jwe *jwe, size_t *ret_length)
{
	return jwe == NULL ? NULL : text_of(jwe->plain, ret_length);
}

const char *ostiary_jwe_aad(const struct ostiary_jwe *jwe, size_t *ret_length)
{
	return jwe == NULL ? NULL : text_of(jwe->aad, ret_length);
}

/* Names of the tables, which are literals. */
const char *ostiary_jwe_algorithm(const struct ostiary_jwe *jwe)
{
	return jwe == NULL ? NULL : (const char *)jwe_alg_row(jwe->jwe.header.alg)->name.p;
}

const char *ostiary_jwe_encryption(const struct ostiary_jwe *jwe)
{
	return jwe == NULL ? NULL : (const char *)jwe_enc_row(jwe->jwe.header.enc)->name.p;
}

const char *ostiary_jwe_header(const struct ostiary_jwe *jwe, const char *name)
{
	if (jwe == NULL || name == NULL)
		return NULL;
	return inner_keep_string(&jwe->texts, jwe_param(&jwe->jwe.header, slice_cstr(name)));
}

bool ostiary_jwe_header_protected(const struct ostiary_jwe *jwe, const char *name)
{
	return jwe != NULL && name != NULL && json_get(jwe->jwe.header.protected, slice_cstr(name)) != NULL;
}

/* The inner token lives until its claims have been copied out of it. */
static enum ostiary_result verify_inner(struct slice token, const struct ostiary_nested_policy *p, int64_t now,
					struct ostiary_claims **ret_claims)
{
	struct slice critical[CRITICAL_MAX], inner;
	struct jwe_policy encryption = {.algs = 0};
	struct jwe_keys keys = {.set = inner_jwks(p->keys)};
	struct arena a;
	arena_init(&a, ARENA_MAX);
	enum rc rc = policy_of(p->encryption, critical, &encryption);
	encryption.one_algorithm = true;
	if (rc == RC_OK)
		rc = jwt_nested_open(token, &keys, &encryption, &a, &inner);
	enum ostiary_result result = inner_result(rc);
	if (rc == RC_OK)
		result = ostiary_verify((const char *)inner.p, inner.n, p->signers, p->signature, now, ret_claims);
	arena_reset(&a);
	return result;
}

enum ostiary_result ostiary_verify_nested(const char *token, size_t length, const struct ostiary_nested_policy *policy,
					  int64_t now, struct ostiary_claims **ret_claims)
{
	struct ostiary_nested_policy p;
	if (token == NULL || policy == NULL || ret_claims == NULL || inner_sized(&p, sizeof p, policy) != RC_OK)
		return OSTIARY_ARGUMENT;
	if (p.keys == NULL || p.encryption == NULL)
		return OSTIARY_ARGUMENT;
	return verify_inner(slice_of(token, length), &p, now, ret_claims);
}
