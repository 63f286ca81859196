/* SPDX-License-Identifier: Apache-2.0 */
/* Looking into a decoded request. */
#include "call/call.h"

#include "cookie/cookie.h"

static const struct call_pair *find(struct call_pairs pairs, struct slice name)
{
	for (size_t i = 0; i < pairs.n; i++)
		if (slice_eq(pairs.v[i].name, name))
			return &pairs.v[i];
	return NULL;
}

struct slice call_pairs_get(struct call_pairs pairs, struct slice name)
{
	const struct call_pair *p = find(pairs, name);
	return p == NULL ? SLICE_NONE : p->value;
}

bool call_pairs_has(struct call_pairs pairs, struct slice name)
{
	return find(pairs, name) != NULL;
}

struct slice call_header(const struct call *c, struct slice name)
{
	return call_pairs_get(c->headers, name);
}

enum rc call_cookie(const struct call *c, struct slice name, struct slice *ret_value)
{
	return cookie_get(call_header(c, SLICE("cookie")), name, ret_value);
}

enum rc call_need(struct call *c, struct call_pairs pairs, struct slice name, struct slice *ret_value)
{
	const struct call_pair *p = find(pairs, name);
	/* RFC 6749 3.1: "Parameters sent without a value MUST be treated as if they were omitted from the request." */
	if (p == NULL || p->value.n == 0) {
		c->log_detail = name;
		return RC_MISSING;
	}
	*ret_value = p->value;
	return RC_OK;
}
