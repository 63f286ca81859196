/* SPDX-License-Identifier: Apache-2.0 */
#include "relying/parts.h"

#include "base/base64url.h"
#include "crypto/hash.h"

const struct relying_site *parts_site(const struct relying *r, struct slice host)
{
	for (size_t i = 0; i < r->site_count; i++)
		if (slice_eq(r->sites[i].host, host))
			return &r->sites[i];
	return NULL;
}

void relying_note(const struct relying *r, const struct relying_note *n)
{
	if (r->note != NULL)
		r->note(r->note_self, n);
}

enum rc parts_url(const struct call *c, struct slice path, struct slice *ret_url)
{
	const struct slice parts[] = {c->secure ? SLICE("https://") : SLICE("http://"), c->host, path};
	return arena_join(c->arena, parts, ARRAY_LEN(parts), ret_url);
}

/* A browser says where a request comes from in Sec-Fetch-Site; older ones in Origin, or Referer, alone. */
enum rc parts_same_origin(const struct call *c)
{
	struct slice site = call_header(c, SLICE("sec-fetch-site"));
	struct slice from = call_header(c, SLICE("origin")), own;
	if (site.n > 0)
		return slice_eq(site, SLICE("same-origin")) ? RC_OK : RC_CSRF;
	TRY(parts_url(c, SLICE_NONE, &own));
	if (from.n > 0)
		return slice_eq(from, own) ? RC_OK : RC_CSRF;
	from = call_header(c, SLICE("referer"));
	if (slice_starts(from, own) && (from.n == own.n || from.p[own.n] == '/'))
		return RC_OK;
	return RC_CSRF;
}

enum rc parts_random(struct arena *a, size_t n, struct slice *ret_text)
{
	uint8_t bytes[32];
	if (n > sizeof bytes)
		return RC_RANGE;
	crypto_random(bytes, n);
	enum rc rc = base64url_encode_arena(a, slice_of(bytes, n), ret_text);
	explicit_bzero(bytes, sizeof bytes);
	return rc;
}
