/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/authorize/authenticator.h"

static const struct authenticator *const authenticators[] = {&authenticator_password};

const struct authenticator *authenticator_find(const struct request *c)
{
	const struct slice parameter = SLICE("authenticator");
	struct slice name = request_pairs_get(request_pairs_has(c->query, parameter) ? c->query : c->form, parameter);
	if (name.n == 0)
		return authenticators[0];
	for (size_t i = 0; i < ARRAY_LEN(authenticators); i++)
		if (slice_eq(authenticators[i]->name, name))
			return authenticators[i];
	return NULL;
}
