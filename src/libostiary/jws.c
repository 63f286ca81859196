/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures over any bytes. */
#include <ostiary/jws.h>
#include <stdlib.h>

#include "jose/jws_any.h"
#include "libostiary/inner.h"

enum { ARENA_MAX = 8 * JWS_TEXT_MAX };

_Static_assert(OSTIARY_JWS_COMPACT == JWS_COMPACT && OSTIARY_JWS_FLATTENED == JWS_FLATTENED && OSTIARY_JWS_GENERAL == JWS_GENERAL,
	       "the public bits are those of enum jws_form");

struct ostiary_jws {
	struct arena arena;
	struct jws_signed in;
	struct jwks *keys; /* for the keys that signatures point to */
	const struct inner_kept *kept; /* in the arena */
};

static enum rc verify(struct slice text, const struct jwks *keys, const struct ostiary_jws_policy *p, struct ostiary_jws *jws)
{
	struct slice understood[JWS_CRITICAL_MAX];
	struct jws_rules rules = {
		.algs = p->algorithms, .forms = p->forms, .understood = understood, .unencoded = p->unencoded != 0,
		.detached = p->detached != 0, .payload = slice_of(p->payload, p->payload_length), .needed = p->needed,
		.all = p->all != 0,
	};
	if (p->payload == NULL && p->payload_length > 0)
		return RC_RANGE;
	TRY(inner_list(p->understood, understood, JWS_CRITICAL_MAX, &rules.understood_count));
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
	jws->keys = jwks_ref(inner_jwks(keys));
	enum rc rc = verify(slice_of(text, length), jws->keys, policy, jws);
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

int ostiary_jws_holds(const struct ostiary_jws *jws, size_t index)
{
	return index < ostiary_jws_count(jws) && jws->in.signatures[index].rc == RC_OK;
}

const struct ostiary_jwk *ostiary_jws_key(const struct ostiary_jws *jws, size_t index)
{
	return index < ostiary_jws_count(jws) ? inner_public_key(jws->in.signatures[index].key) : NULL;
}

const char *ostiary_jws_text(struct ostiary_jws *jws, size_t index, const char *name)
{
	if (index >= ostiary_jws_count(jws) || name == NULL)
		return NULL;
	return inner_keep_string(&jws->kept, &jws->arena, json_get(jws->in.signatures[index].protected_header, slice_cstr(name)));
}

const char *ostiary_jws_header(struct ostiary_jws *jws, size_t index)
{
	if (index >= ostiary_jws_count(jws) || jws->in.signatures[index].protected_header == NULL)
		return NULL;
	return inner_keep(&jws->kept, &jws->arena, jws->in.signatures[index].protected_header->text);
}

static enum rc signing_of(const struct ostiary_jws_signature *s, struct slice critical[static JWS_CRITICAL_MAX],
			  struct jws_signing *ret)
{
	if (s->key == NULL)
		return RC_RANGE;
	struct jwk *key = inner_jwk(s->key);
	struct jws_signing one = {
		.signer = jwt_signer_of(key), .kid = s->without_kid ? SLICE_NONE : jwk_kid(key), .typ = slice_cstr(s->typ),
		.cty = slice_cstr(s->cty), .more = slice_cstr(s->more), .header = slice_cstr(s->header), .critical = critical,
	};
	TRY(inner_alg(key, s->algorithm, &one.alg));
	TRY(inner_list(s->critical, critical, JWS_CRITICAL_MAX, &one.critical_count));
	*ret = one;
	return RC_OK;
}

static enum rc sign(const struct ostiary_jws_content *c, const struct ostiary_jws_signature *signatures, size_t count,
		    struct arena *a, struct slice *ret_text)
{
	struct jws_signing signings[JWS_SIGNATURES_MAX];
	struct slice critical[JWS_SIGNATURES_MAX][JWS_CRITICAL_MAX];
	struct jws_content content = {(enum jws_form)c->form, slice_of(c->payload, c->payload_length), c->detached != 0,
				      c->unencoded != 0};
	if (count > JWS_SIGNATURES_MAX || (c->payload == NULL && c->payload_length > 0))
		return RC_RANGE;
	if (c->form != JWS_COMPACT && c->form != JWS_FLATTENED && c->form != JWS_GENERAL)
		return RC_RANGE;
	for (size_t i = 0; i < count; i++)
		TRY(signing_of(&signatures[i], critical[i], &signings[i]));
	return jws_sign_any(&content, signings, count, a, ret_text);
}

enum ostiary_result ostiary_jws_sign(const struct ostiary_jws_content *content, const struct ostiary_jws_signature *signatures,
				     size_t count, char **ret_text)
{
	struct arena a;
	struct slice text = SLICE_NONE;
	if (content == NULL || signatures == NULL || ret_text == NULL)
		return OSTIARY_ARGUMENT;
	arena_init(&a, ARENA_MAX);
	enum rc rc = sign(content, signatures, count, &a, &text);
	if (rc == RC_OK)
		rc = inner_text(text, ret_text);
	arena_reset(&a);
	return inner_result(rc);
}
