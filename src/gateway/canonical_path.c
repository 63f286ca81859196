/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/canonical_path.h"

#include "base/percent.h"

/* Bytes that some parsers take as a separator or terminator. */
static bool ambiguous(uint8_t c)
{
	return c < 0x20 || c == 0x7f || c == '\\' || c == '#';
}

static enum rc decode(struct slice raw, struct arena *a, struct slice *ret_path)
{
	for (size_t i = slice_find(raw, '%'); i < raw.n; i++) {
		int c = raw.p[i] == '%' ? percent_byte(slice_from(raw, i)) : ' ';
		if (c < 0 || ambiguous((uint8_t)c) || c == '/' || c == '.')
			return RC_SYNTAX;
	}
	return percent_decode(raw, false, a, ret_path);
}

/* "" is allowed only at the end. "." and ".." are refused, also before ";parameters", which a servlet container
 * removes. */
static bool segment_ok(struct slice segment, bool last)
{
	struct slice bare = slice_to(segment, slice_find(segment, ';'));
	if (bare.n == 0)
		return last && segment.n == 0;
	return !slice_eq(bare, SLICE(".")) && !slice_eq(bare, SLICE(".."));
}

enum rc canonical_path(struct slice target, struct arena *a, struct slice *ret_path)
{
	struct slice raw = slice_to(target, slice_find(target, '?'));
	if (raw.n == 0 || raw.p[0] != '/')
		return RC_SYNTAX;
	for (size_t i = 0; i < raw.n; i++)
		if (ambiguous(raw.p[i]))
			return RC_SYNTAX;
	struct slice path;
	TRY(decode(raw, a, &path));
	for (struct slice rest = slice_from(path, 1);;) {
		size_t end = slice_find(rest, '/');
		if (!segment_ok(slice_to(rest, end), end == rest.n))
			return RC_SYNTAX;
		if (end == rest.n)
			break;
		rest = slice_from(rest, end + 1);
	}
	*ret_path = path;
	return RC_OK;
}
