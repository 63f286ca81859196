/* SPDX-License-Identifier: Apache-2.0 */
#include "libostiary/inner.h"

#include <stdlib.h>

enum rc inner_jwks_read(struct slice text, enum jwk_wanted wanted, struct jwks **ret_keys)
{
	return jwks_read(text, wanted | JWK_CERTIFIED, ret_keys, NULL);
}

enum rc inner_alg(const struct jwk *key, uint32_t algorithm, enum jose_alg *ret_alg)
{
	if (algorithm == 0)
		return jwk_alg(key, ret_alg);
	for (enum jose_alg alg = 0; alg < JOSE_ALG_COUNT; alg++)
		if ((algorithm & JOSE_ALG_BIT(alg)) != 0 && jwk_allows(key, alg)) {
			*ret_alg = alg;
			return RC_OK;
		}
	return RC_JOSE_ALG;
}

enum rc inner_text(struct slice text, char **ret_text)
{
	char *copy = malloc(text.n + 1);
	if (copy == NULL)
		return RC_MEMORY;
	memcpy(copy, text.p, text.n);
	copy[text.n] = 0;
	*ret_text = copy;
	return RC_OK;
}

static const struct inner_kept *find(const struct inner_kept *kept, const uint8_t *of)
{
	while (kept != NULL && kept->of != of)
		kept = kept->before;
	return kept;
}

static const char *add(const struct inner_kept **kept, struct arena *a, const uint8_t *of, struct slice s)
{
	const char *text;
	struct inner_kept *k = arena_alloc(a, sizeof *k);
	if (k == NULL || arena_cstr(a, s, &text) != RC_OK)
		return NULL;
	*k = (struct inner_kept){.before = *kept, .of = of, .text = text};
	*kept = k;
	return text;
}

const char *inner_keep(const struct inner_kept **kept, struct arena *a, struct slice s)
{
	const struct inner_kept *k = find(*kept, s.p);
	return k != NULL ? k->text : add(kept, a, s.p, s);
}

const char *inner_keep_string(const struct inner_kept **kept, struct arena *a, const struct json *v)
{
	struct slice s;
	if (v == NULL)
		return NULL;
	const struct inner_kept *k = find(*kept, v->text.p);
	if (k != NULL)
		return k->text;
	return json_string(v, a, &s) == RC_OK ? add(kept, a, v->text.p, s) : NULL;
}
