/* SPDX-License-Identifier: Apache-2.0 */
/* The request target. */
#include "http/target.h"

#include "base/address.h"
#include "base/ascii.h"
#include "base/percent.h"
#include "base/utf8.h"

enum { HOST_MAX = 255 };

static bool all_visible(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= 0x20 || s.p[i] >= 0x7F || s.p[i] == '#')
			return false;
	return true;
}

/* RFC 3986 3.3: pchar and '/', without ';', whose parameters some servers cut off before comparing. */
static bool path_bytes(struct slice path)
{
	return ascii_all(path, ASCII_UNRESERVED, "!$&'()*+,=:@%/");
}

/* Servers disagree on an escaped byte that affects splitting or comparing the path. */
static bool escape_ambiguous(struct slice path)
{
	static const char *const forbidden[] = {"2f", "5c", "2e", "3b", "7f"};
	for (size_t i = 0; i + 2 < path.n; i++) {
		char hex[2] = {(char)ascii_lower(path.p[i + 1]), (char)ascii_lower(path.p[i + 2])};
		if (path.p[i] != '%')
			continue;
		if (hex[0] == '0' || hex[0] == '1')
			return true;
		for (size_t k = 0; k < ARRAY_LEN(forbidden); k++)
			if (memcmp(hex, forbidden[k], 2) == 0)
				return true;
	}
	return false;
}

static bool segments_fit(struct slice path)
{
	struct slice rest = slice_from(path, 1), segment;
	while (slice_split(&rest, '/', &segment))
		if (segment.n == 0 || slice_eq(segment, SLICE(".")) || slice_eq(segment, SLICE("..")))
			return false;
	return true;
}

static enum rc read_path(struct slice raw, struct arena *a, struct slice *ret_path)
{
	struct slice path;
	if (raw.n == 0 || raw.p[0] != '/' || escape_ambiguous(raw) || !segments_fit(raw) || !path_bytes(raw))
		return RC_SYNTAX;
	TRY(percent_decode(raw, false, a, &path));
	if (!utf8_valid(path))
		return RC_SYNTAX;
	*ret_path = path;
	return RC_OK;
}

/* Cuts "http://authority" off an absolute-form target; leaves origin-form unchanged. */
static enum rc cut_authority(struct slice *text, struct slice *ret_authority)
{
	static const struct slice schemes[] = {SLICE_INIT("http://"), SLICE_INIT("https://")};
	*ret_authority = SLICE_NONE;
	if (text->n > 0 && text->p[0] == '/')
		return RC_OK;
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		if (!slice_eq_nocase(slice_to(*text, schemes[i].n), schemes[i]))
			continue;
		struct slice rest = slice_from(*text, schemes[i].n);
		size_t end = slice_find(rest, '/');
		*ret_authority = slice_to(rest, end);
		*text = slice_from(rest, end);
		return ret_authority->n > 0 && text->n > 0 ? RC_OK : RC_SYNTAX;
	}
	return RC_SYNTAX;
}

enum rc target_read(struct slice text, struct arena *a, struct target *ret)
{
	struct target t;
	if (!all_visible(text))
		return RC_SYNTAX;
	TRY(cut_authority(&text, &t.authority));
	size_t mark = slice_find(text, '?');
	t.query = slice_from(text, mark + 1);
	TRY(read_path(slice_to(text, mark), a, &t.path));
	*ret = t;
	return RC_OK;
}

static bool bracketed_fit(struct slice inside)
{
	return inside.n >= 2 && ascii_all(inside, ASCII_HEX, ":.");
}

static bool name_fit(struct slice name)
{
	return name.n > 0 && name.p[0] != '.' && ascii_all(name, ASCII_ALNUM, "-_.");
}

enum rc target_host(struct slice text, struct arena *a, struct slice *ret_host)
{
	struct slice rest;
	if (text.n == 0 || text.n > HOST_MAX)
		return RC_SYNTAX;
	bool bracket = text.p[0] == '[';
	size_t end = bracket ? slice_find(text, ']') : slice_find(text, ':');
	if (bracket ? end == text.n || !bracketed_fit(slice_of(text.p + 1, end - 1)) : !name_fit(slice_to(text, end)))
		return RC_SYNTAX;
	rest = slice_from(text, bracket ? end + 1 : end);
	if (rest.n > 0 && (rest.p[0] != ':' || !address_is_port(slice_from(rest, 1))))
		return RC_SYNTAX;
	uint8_t *dst = arena_alloc(a, text.n);
	if (dst == NULL)
		return RC_MEMORY;
	for (size_t i = 0; i < text.n; i++)
		dst[i] = ascii_lower(text.p[i]);
	*ret_host = slice_of(dst, text.n);
	return RC_OK;
}
