/* SPDX-License-Identifier: Apache-2.0 */
/* application/x-www-form-urlencoded. */
#include "http/form.h"

#include "base/utf8.h"
#include "http/escape.h"
#include "http/request.h"

static bool name_fit(struct slice name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] < 0x20 || name.p[i] == 0x7F)
			return false;
	return name.n > 0;
}

static enum rc decode_text(struct slice text, struct arena *a, struct slice *ret)
{
	struct slice s;
	TRY(escape_decode(text, true, a, &s));
	if (!utf8_valid(s) || slice_find(s, 0) != s.n)
		return RC_SYNTAX;
	*ret = s;
	return RC_OK;
}

static enum rc decode_pair(struct slice piece, struct arena *a, struct call_pair *ret)
{
	size_t eq = slice_find(piece, '=');
	struct call_pair pair;
	TRY(decode_text(slice_to(piece, eq), a, &pair.name));
	TRY(decode_text(slice_from(piece, eq + 1), a, &pair.value));
	if (!name_fit(pair.name))
		return RC_SYNTAX;
	*ret = pair;
	return RC_OK;
}

static size_t count_pieces(struct slice text)
{
	size_t n = 0;
	struct slice piece;
	while (slice_split(&text, '&', &piece))
		n += piece.n > 0;
	return n;
}

enum rc form_decode(struct slice text, struct arena *a, struct call_pairs *ret_pairs)
{
	size_t count = count_pieces(text), n = 0;
	struct slice piece;
	if (count == 0) {
		*ret_pairs = (struct call_pairs){NULL, 0};
		return RC_OK;
	}
	if (count > HTTP_PARAMETERS_MAX)
		return RC_LIMIT;
	struct call_pair *v = arena_array(a, count, sizeof *v);
	if (v == NULL)
		return RC_LIMIT;
	while (slice_split(&text, '&', &piece)) {
		if (piece.n == 0)
			continue;
		TRY(decode_pair(piece, a, &v[n]));
		if (call_pairs_has((struct call_pairs){v, n}, v[n].name))
			return RC_DUPLICATE;
		n++;
	}
	*ret_pairs = (struct call_pairs){v, n};
	return RC_OK;
}
