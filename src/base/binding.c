/* SPDX-License-Identifier: Apache-2.0 */
#include "base/binding.h"

#include "base/base64url.h"

enum { THUMBPRINT_TEXT = 43 };

static const struct binding_row *row_of(uint8_t type)
{
	for (size_t i = 0; i < binding_row_count; i++)
		if (binding_rows[i].type == type)
			return &binding_rows[i];
	return NULL;
}

bool binding_admits(const struct binding *held, const struct binding *shown)
{
	return held->type == BINDING_NONE ||
	       (held->type == shown->type && memcmp(held->thumbprint, shown->thumbprint, BINDING_THUMBPRINT) == 0);
}

struct slice binding_token_type(const struct binding *b)
{
	const struct binding_row *row = row_of(b->type);
	return row == NULL ? SLICE_NONE : row->token_type;
}

void binding_write(const struct binding *b, struct json_out *o)
{
	const struct binding_row *row = row_of(b->type);
	char text[THUMBPRINT_TEXT];
	if (b->type == BINDING_NONE)
		return;
	if (row == NULL) {
		o->b->rc = RC_INTERNAL;
		return;
	}
	base64url_encode_to(slice_of(b->thumbprint, BINDING_THUMBPRINT), text);
	json_out_key(o, SLICE("cnf"));
	json_out_object(o);
	json_out_member(o, row->cnf, slice_of(text, sizeof text));
	json_out_object_end(o);
}

static enum rc read_thumbprint(const struct json *v, struct arena *a, uint8_t dst[static BINDING_THUMBPRINT])
{
	struct slice text;
	size_t n;
	enum rc rc = json_string(v, a, &text);
	if (rc == RC_OK)
		rc = base64url_decode(text, dst, BINDING_THUMBPRINT, &n);
	if (rc_server_error(rc))
		return rc;
	return rc == RC_OK && n == BINDING_THUMBPRINT ? RC_OK : RC_JOSE_BINDING;
}

/* A member beside the thumbprint might say more than we check. */
enum rc binding_read(const struct json *cnf, struct arena *a, struct binding *ret)
{
	struct binding b = {BINDING_NONE, {0}};
	if (cnf == NULL) {
		*ret = b;
		return RC_OK;
	}
	if (cnf->count != 1)
		return RC_JOSE_BINDING;
	for (size_t i = 0; i < binding_row_count; i++) {
		const struct json *v = json_get(cnf, binding_rows[i].cnf);
		if (binding_rows[i].type == BINDING_NONE || v == NULL)
			continue;
		b.type = binding_rows[i].type;
		TRY(read_thumbprint(v, a, b.thumbprint));
		*ret = b;
		return RC_OK;
	}
	return RC_JOSE_BINDING;
}
