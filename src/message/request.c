/* SPDX-License-Identifier: Apache-2.0 */
/* Access to a decoded request. */
#include "message/request.h"

#include "cookie/cookie.h"

static const struct request_pair *find_pair(struct request_pairs pairs, struct slice name)
{
	for (size_t i = 0; i < pairs.n; i++)
		if (slice_eq(pairs.v[i].name, name))
			return &pairs.v[i];
	return NULL;
}

struct slice request_pairs_get(struct request_pairs pairs, struct slice name)
{
	const struct request_pair *p = find_pair(pairs, name);
	return p == NULL ? SLICE_NONE : p->value;
}

bool request_pairs_has(struct request_pairs pairs, struct slice name)
{
	return find_pair(pairs, name) != NULL;
}

bool request_faults_has(const struct request_faults *faults, struct slice name)
{
	for (size_t i = 0; i < faults->n; i++)
		if (slice_eq(faults->names[i], name))
			return true;
	return faults->rc != RC_OK && faults->n == 0;
}

struct slice request_log_detail(const struct request *c, enum rc rc)
{
	return rc == RC_MEMORY && c->arena->full ? SLICE("the request's arena is full") : c->log_detail;
}

struct slice request_header(const struct request *c, struct slice name)
{
	return request_pairs_get(c->headers, name);
}

enum rc request_cookie(const struct request *c, struct slice name, struct slice *ret_value)
{
	return cookie_get(request_header(c, SLICE("cookie")), name, ret_value);
}

enum rc request_need(struct request *c, struct request_pairs pairs, struct slice name, struct slice *ret_value)
{
	const struct request_pair *p = find_pair(pairs, name);
	/* RFC 6749 3.1: "Parameters sent without a value MUST be treated as if they were omitted from the request." */
	if (p == NULL || p->value.n == 0) {
		c->log_detail = c->client_detail = name;
		return RC_MISSING;
	}
	*ret_value = p->value;
	return RC_OK;
}
