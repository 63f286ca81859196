/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters of an authorization request, wherever they come from: the query (RFC 6749 4.1.1) or the form of a
 * POST (OpenID Connect Core 3.1.2.1). Readers of parameters see only this value. */
#ifndef OSTIARY_OAUTH_PARAMETERS_H
#define OSTIARY_OAUTH_PARAMETERS_H

#include "message/request.h"

struct parameters {
	struct request_pairs pairs;   /* no name twice but `resource` (RFC 8707 2) */
	struct request_faults faults; /* parameters that do not have one reading: none of them is in `pairs` */
};

static inline struct parameters parameters_of_query(const struct request *c)
{
	return (struct parameters){c->query, c->query_faults};
}

static inline struct parameters parameters_of_form(const struct request *c)
{
	return (struct parameters){c->form, c->form_faults};
}

/* Empty: absent, or sent without a value, which RFC 6749 3.1 treats as absent. */
static inline struct slice parameters_get(const struct parameters *p, struct slice name)
{
	return request_pairs_get(p->pairs, name);
}

#endif
