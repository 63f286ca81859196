/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/path.h"

static int hex(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Bytes that some parsers take for a separator or an end. */
static bool ambiguous(uint8_t c)
{
	return c < 0x20 || c == 0x7f || c == '\\' || c == '#';
}

static enum rc decode(struct slice raw, struct arena *a, struct slice *ret_path)
{
	uint8_t *dst = arena_alloc(a, raw.n);
	size_t n = 0;
	if (dst == NULL)
		return RC_LIMIT;
	for (size_t i = 0; i < raw.n; i++, n++) {
		dst[n] = raw.p[i];
		if (raw.p[i] != '%')
			continue;
		if (raw.n - i < 3 || hex(raw.p[i + 1]) < 0 || hex(raw.p[i + 2]) < 0)
			return RC_SYNTAX;
		dst[n] = (uint8_t)(hex(raw.p[i + 1]) * 16 + hex(raw.p[i + 2]));
		if (ambiguous(dst[n]) || dst[n] == '/' || dst[n] == '.')
			return RC_SYNTAX;
		i += 2;
	}
	*ret_path = slice_of(dst, n);
	return RC_OK;
}

/* "" may stand only at the end; "." and ".." nowhere, nor where a servlet container would cut ";parameters" off. */
static bool segment_ok(struct slice segment, bool last)
{
	struct slice bare = slice_to(segment, slice_find(segment, ';'));
	if (bare.n == 0)
		return last && segment.n == 0;
	return !slice_eq(bare, SLICE(".")) && !slice_eq(bare, SLICE(".."));
}

enum rc gate_path_canonical(struct slice target, struct arena *a, struct slice *ret_path)
{
	struct slice raw = slice_to(target, slice_find(target, '?'));
	if (raw.n == 0 || raw.p[0] != '/')
		return RC_SYNTAX;
	for (size_t i = 0; i < raw.n; i++)
		if (ambiguous(raw.p[i]))
			return RC_SYNTAX;
	struct slice path = raw;
	if (slice_find(raw, '%') < raw.n)
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
