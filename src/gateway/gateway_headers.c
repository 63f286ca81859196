/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/gateway_headers.h"

#include "gateway/gateway_claim.h"
#include "gateway/header_encode.h"
#include "gateway/header_name.h"

struct slice gateway_headers_claim_name(unsigned bit, const struct gateway_claim_map *map,
					 const struct gateway_claim_header *extra, size_t extra_count)
{
	const struct slice names[] = {SLICE("client_id"), SLICE("sid"), SLICE("op_sid"), SLICE("grant_id"),
				      SLICE("jti"),       map->tenant,  map->roles,      map->scope};
	if (bit < ARRAY_LEN(names))
		return names[bit];
	return bit - GATEWAY_CLAIM_EXTRA < extra_count ? extra[bit - GATEWAY_CLAIM_EXTRA].path : SLICE("");
}

enum rc gateway_headers_claim_from(struct slice word, struct gateway_claim_header *ret)
{
	static const struct header_names none = {NULL, 0};
	size_t at = slice_find(word, '=');
	struct gateway_claim_header h = {slice_to(word, at), slice_from(word, at + 1)};
	TRY(header_name_validate(h.header));
	TRY(gateway_claim_path_validate(h.path));
	if (header_name_is_identity(&none, h.header))
		return RC_CONFLICT;
	*ret = h;
	return RC_OK;
}

struct headers {
	struct gateway_header *v;
	size_t n;
	uint32_t dropped;
};

static void set(struct headers *h, struct slice name, struct slice value, unsigned bit)
{
	if (value.n > GATEWAY_HEADER_VALUE_MAX)
		h->dropped |= 1u << bit;
	else if (value.n > 0)
		h->v[h->n++] = (struct gateway_header){name, value};
}

/* `name` is a person's, in every mode the same. */
static bool is_name(struct slice path)
{
	return slice_eq(path, SLICE("name")) || slice_eq(path, SLICE("/name"));
}

static enum rc set_claim(struct headers *h, const struct json *claims, const struct gateway_claim_header *x,
			 unsigned bit, struct arena *a)
{
	const struct json *v = gateway_claim_find(claims, x->path);
	bool person = is_name(x->path);
	struct slice text, value = SLICE_NONE;
	if (!person && v != NULL && v->type == JSON_ARRAY) {
		TRY(gateway_claim_array(v, ',', bit, &h->dropped, a, &value));
	} else {
		enum rc rc = person ? gateway_claim_name(v, a, &text) : gateway_claim_text(v, a, &text);
		TRY(gateway_claim_drop(rc, bit, &h->dropped));
		if (rc == RC_OK)
			TRY(header_encode(text, HEADER_ENCODE_TEXT, a, &value));
	}
	set(h, x->header, value, bit);
	return RC_OK;
}

enum rc gateway_headers_set(struct gateway_identity *id, const struct gateway_claim_header *extra,
				 size_t extra_count, struct arena *a,
				 struct gateway_header ret_set[static GATEWAY_SET_MAX], size_t *ret_n)
{
	struct headers h = {.v = ret_set};
	/* `sub` is never left out: without it the request would have no user. */
	if (id->user.n > GATEWAY_HEADER_VALUE_MAX)
		return RC_JOSE_SUB;
	set(&h, header_identity_names[HEADER_USER_ID], id->user, 0);
	set(&h, header_identity_names[HEADER_TENANT_ID], id->tenant, GATEWAY_CLAIM_TENANT);
	set(&h, header_identity_names[HEADER_ROLES], id->roles, GATEWAY_CLAIM_ROLES);
	set(&h, header_identity_names[HEADER_SESSION_ID], id->handle, 0);
	set(&h, header_identity_names[HEADER_CLIENT_ID], id->client, GATEWAY_CLAIM_CLIENT);
	set(&h, header_identity_names[HEADER_SCOPE], id->scope, GATEWAY_CLAIM_SCOPE);
	for (size_t i = 0; i < extra_count && i < GATEWAY_CLAIM_HEADERS_MAX; i++)
		TRY(set_claim(&h, id->claims, &extra[i], GATEWAY_CLAIM_EXTRA + (unsigned)i, a));
	id->dropped |= h.dropped;
	*ret_n = h.n;
	return RC_OK;
}
