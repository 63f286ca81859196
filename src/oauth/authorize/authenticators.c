/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/authorize/authenticator.h"

static const struct authenticator *const authenticators[] = {&authenticator_password};

const struct authenticator *authenticator_among(const struct authenticator *const *rows, size_t n, struct slice name)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i]->alone && (name.n == 0 || slice_eq(rows[i]->name, name)))
			return rows[i];
	return NULL;
}

const struct authenticator *authenticator_find(const struct request *c)
{
	const struct slice parameter = SLICE("authenticator");
	struct slice name = request_pairs_get(request_pairs_has(c->query, parameter) ? c->query : c->form, parameter);
	return authenticator_among(authenticators, ARRAY_LEN(authenticators), name);
}
