/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures over any bytes. */
#include <ostiary/jws.h>
#include <stdlib.h>

#include "jose/jws/jws_any.h"
#include "libostiary/ostiary_internal.h"

enum { ARENA_MAX = 8 * JWS_TEXT_MAX };

_Static_assert(OSTIARY_JWS_COMPACT == JWS_COMPACT && OSTIARY_JWS_FLATTENED == JWS_FLATTENED &&
		       OSTIARY_JWS_GENERAL == JWS_GENERAL,
	       "the public bits are those of enum jws_form");

struct ostiary_jws {
	struct arena arena;
	struct jws_signed in;
	struct jwks *keys; /* for the keys that signatures point to */
	struct inner_texts texts;
};

static enum rc verify_jws(struct slice text, const struct jwks *keys, const struct ostiary_jws_policy *policy,
			  struct ostiary_jws *jws)
{
	struct ostiary_jws_policy p;
	TRY(inner_sized(&p, sizeof p, policy));
	struct slice understood[JWS_CRITICAL_MAX];
	struct jws_rules rules = {
		.forms = p.forms, .understood = understood, .unencoded = p.unencoded, .detached = p.detached,
		.payload = slice_of(p.payload, p.payload_length), .needed = p.needed, .all = p.all,
	};
	if (p.payload == NULL && p.payload_length > 0)
		return RC_RANGE;
	TRY(inner_jws_algs(p.algorithms, &rules.algs));
	TRY(inner_list(p.understood, understood, JWS_CRITICAL_MAX, &rules.understood_count));
	return jws_verify_any(text, keys, &rules, &jws->arena, &jws->in);
}

enum ostiary_result ostiary_jws_verify(const char *text, size_t length, const struct ostiary_jwks *keys,
				       const struct ostiary_jws_policy *policy, struct ostiary_jws **ret_jws)
{
	if (text == NULL || keys == NULL || policy == NULL || ret_jws == NULL)
		return OSTIARY_ARGUMENT;
	struct ostiary_jws *jws = calloc(1, sizeof *jws);
	if (jws == NULL)
		return OSTIARY_MEMORY;
	arena_init(&jws->arena, ARENA_MAX);
	inner_texts_init(&jws->texts, &jws->arena);
	jws->keys = jwks_ref(inner_jwks(keys));
	enum rc rc = verify_jws(slice_of(text, length), jws->keys, policy, jws);
	if (rc != RC_OK) {
		ostiary_jws_free(jws);
		return inner_result(rc);
	}
	*ret_jws = jws;
	return OSTIARY_OK;
}

void ostiary_jws_free(struct ostiary_jws *jws)
{
	if (jws == NULL)
		return;
	inner_texts_free(&jws->texts);
	arena_reset(&jws->arena);
	jwks_unref(jws->keys);
	free(jws);
}

const void *ostiary_jws_payload(const struct ostiary_jws *jws, size_t *ret_length)
{
	if (jws == NULL)
		return NULL;
	if (ret_length != NULL)
		*ret_length = jws->in.payload.n;
	return jws->in.payload.p;
}

size_t ostiary_jws_count(const struct ostiary_jws *jws)
{
	return jws == NULL ? 0 : jws->in.count;
}

bool ostiary_jws_holds(const struct ostiary_jws *jws, size_t index)
{
	return index < ostiary_jws_count(jws) && jws->in.signatures[index].rc == RC_OK;
}

const struct ostiary_jwk *ostiary_jws_key(const struct ostiary_jws *jws, size_t index)
{
	return index < ostiary_jws_count(jws) ? inner_public_key(jws->in.signatures[index].key) : NULL;
}

const char *ostiary_jws_text(const struct ostiary_jws *jws, size_t index, const char *name)
{
	if (index >= ostiary_jws_count(jws) || name == NULL)
		return NULL;
	return inner_keep_string(&jws->texts, json_get(jws->in.signatures[index].protected_header, slice_cstr(name)));
}

const char *ostiary_jws_header(const struct ostiary_jws *jws, size_t index)
{
	if (index >= ostiary_jws_count(jws) || jws->in.signatures[index].protected_header == NULL)
		return NULL;
	return inner_keep(&jws->texts, jws->in.signatures[index].protected_header->text);
}

static enum rc signing_of(const struct ostiary_jws_signature *signatures, size_t index,
			  struct slice critical[static JWS_CRITICAL_MAX], struct jws_signing *ret)
{
	struct ostiary_jws_signature own, *s = &own;
	TRY(inner_sized_at(&own, sizeof own, signatures, index));
	if (s->key == NULL)
		return RC_RANGE;
	struct jwk *key = inner_jwk(s->key);
	struct jws_signing one = {
		.signer = jwt_signer_of(key),
		.kid = s->without_kid ? SLICE_NONE : jwk_kid(key),
		.typ = slice_cstr(s->typ),
		.cty = slice_cstr(s->cty),
		.more = slice_cstr(s->more),
		.header = slice_cstr(s->header),
		.critical = critical,
	};
	TRY(inner_alg(key, s->algorithm, &one.alg));
	TRY(inner_list(s->critical, critical, JWS_CRITICAL_MAX, &one.critical_count));
	*ret = one;
	return RC_OK;
}

static enum rc sign(const struct ostiary_jws_content *from, const struct ostiary_jws_signature *signatures,
		    size_t count, struct arena *a, struct slice *ret_text)
{
	struct ostiary_jws_content own, *c = &own;
	TRY(inner_sized(&own, sizeof own, from));
	struct jws_signing signings[JWS_SIGNATURES_MAX];
	struct slice critical[JWS_SIGNATURES_MAX][JWS_CRITICAL_MAX];
	struct jws_content content = {(enum jws_form)c->form, slice_of(c->payload, c->payload_length), c->detached,
				      c->unencoded};
	if (count > JWS_SIGNATURES_MAX || (c->payload == NULL && c->payload_length > 0))
		return RC_RANGE;
	if (c->form != JWS_COMPACT && c->form != JWS_FLATTENED && c->form != JWS_GENERAL)
		return RC_RANGE;
	for (size_t i = 0; i < count; i++)
		TRY(signing_of(signatures, i, critical[i], &signings[i]));
	return jws_sign_any(&content, signings, count, a, ret_text);
}

enum ostiary_result ostiary_jws_sign(const struct ostiary_jws_content *content,
				     const struct ostiary_jws_signature *signatures, size_t count, char **ret_text)
{
	struct arena a;
	struct slice text = SLICE_NONE;
	if (content == NULL || signatures == NULL || ret_text == NULL)
		return OSTIARY_ARGUMENT;
	arena_init(&a, ARENA_MAX);
	enum rc rc = sign(content, signatures, count, &a, &text);
	if (rc == RC_OK)
		rc = inner_text(text, ret_text);
	rc = inner_work(&a, rc);
	arena_reset(&a);
	return inner_result(rc);
}
