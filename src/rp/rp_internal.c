/* SPDX-License-Identifier: Apache-2.0 */
#include "rp/rp_internal.h"

#include "base/base64url.h"
#include "cookie/same_origin.h"
#include "crypto/hash.h"
#include "jose/jwt/jwt_refusal.h"

const struct rp_site *rp_site(const struct rp *r, struct slice host)
{
	for (size_t i = 0; i < r->site_count; i++)
		if (slice_eq(r->sites[i].host, host))
			return &r->sites[i];
	return NULL;
}

void rp_note(const struct rp *r, const struct rp_note *n)
{
	if (r->note != NULL)
		r->note(r->note_self, n);
}

enum rc rp_url(const struct request *c, struct slice path, struct slice *ret_url)
{
	const struct slice parts[] = {c->secure ? SLICE("https://") : SLICE("http://"), c->host, path};
	return arena_join(c->arena, parts, ARRAY_LEN(parts), ret_url);
}

struct slice rp_token_fault(struct slice token, enum rc why, struct arena *a)
{
	const char *member = jwt_refusal_member(token, why);
	struct slice text = SLICE_NONE;
	rc_ignore(arena_format(a, &text, "ID token: %s", member != NULL ? member : rc_row(why)->text));
	return text;
}

enum rc rp_same_origin(const struct request *c)
{
	struct same_origin h = {.site = request_header(c, SLICE("sec-fetch-site")),
				.origin = request_header(c, SLICE("origin")),
				.referer = request_header(c, SLICE("referer"))};
	TRY(rp_url(c, SLICE_NONE, &h.own));
	return same_origin_validate(&h);
}

enum rc rp_random(struct arena *a, size_t n, struct slice *ret_text)
{
	uint8_t bytes[32];
	if (n > sizeof bytes)
		return RC_RANGE;
	crypto_random(bytes, n);
	enum rc rc = base64url_encode_arena(a, slice_of(bytes, n), ret_text);
	explicit_bzero(bytes, sizeof bytes);
	return rc;
}
