/* SPDX-License-Identifier: Apache-2.0 */
#include "cookie/same_origin.h"

bool same_origin_is(struct slice origin, struct slice own)
{
	return own.n > 0 && slice_eq_nocase(origin, own);
}

/* The origin of an http or https URL: all before the path. */
static struct slice origin_of(struct slice url)
{
	size_t authority = slice_starts(url, SLICE("https://")) ? strlen("https://") : strlen("http://");
	return slice_to(url, authority + slice_find(slice_from(url, authority), '/'));
}

enum rc same_origin_validate(const struct same_origin *h)
{
	if (h->site.n > 0 && !slice_eq(h->site, SLICE("same-origin")) &&
	    !(h->none && slice_eq(h->site, SLICE("none"))))
		return RC_CSRF;
	if (h->origin.n > 0 && !slice_eq(h->origin, SLICE("null")))
		return same_origin_is(h->origin, h->own) ? RC_OK : RC_CSRF;
	if (h->site.n > 0)
		return RC_OK;
	return same_origin_is(origin_of(h->referer), h->own) ? RC_OK : RC_CSRF;
}
