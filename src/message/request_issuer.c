/* SPDX-License-Identifier: Apache-2.0 */
#include "message/request_issuer.h"

static struct slice without_slash(struct slice s)
{
	return slice_ends(s, SLICE("/")) ? slice_to(s, s.n - 1) : s;
}

struct issuer issuer_from(struct slice name)
{
	bool https = slice_starts(name, SLICE("https://"));
	size_t scheme = https ? sizeof "https://" - 1 : sizeof "http://" - 1;
	struct slice rest = slice_from(name, scheme), usual = https ? SLICE(":443") : SLICE(":80");
	size_t slash = slice_find(rest, '/');
	struct issuer i = {.name = name,
			   .base = without_slash(name),
			   .host = slice_to(rest, slash),
			   .path = without_slash(slice_from(rest, slash))};
	if (slice_ends(i.host, usual))
		i.host.n -= usual.n;
	i.origin = slice_to(name, scheme + i.host.n);
	return i;
}

bool issuer_below(const struct issuer *issuer, struct slice path, struct slice *ret_rest)
{
	static const struct slice known = SLICE_INIT("/.well-known/oauth-authorization-server");
	if (slice_starts(path, known) && slice_eq(slice_from(path, known.n), issuer->path)) {
		*ret_rest = known;
		return true;
	}
	if (!slice_starts(path, issuer->path))
		return false;
	struct slice rest = slice_from(path, issuer->path.n);
	*ret_rest = rest.n == 0 ? SLICE("/") : rest;
	return true;
}

const struct issuer *issuer_of_request(const struct issuer *v, size_t n, struct slice host, struct slice path)
{
	const struct issuer *best = NULL;
	size_t longest = 0;
	for (size_t i = 0; i < n; i++) {
		struct slice rest;
		size_t fits = issuer_below(&v[i], path, &rest) ? v[i].path.n : 0;
		if (!slice_eq(v[i].host, host) || (best != NULL && fits <= longest))
			continue;
		best = &v[i];
		longest = fits;
	}
	return best;
}
