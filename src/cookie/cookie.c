/* SPDX-License-Identifier: Apache-2.0 */
/* Cookie and Set-Cookie. */
#include "cookie/cookie.h"

static bool token_char(uint8_t c)
{
	static const char others[] = "!#$%&'*+-.^_`|~";
	if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
		return true;
	return memchr(others, c, sizeof others - 1) != NULL;
}

/* cookie-octet of RFC 6265 4.1.1 */
static bool octet(uint8_t c)
{
	return c > 0x20 && c < 0x7F && c != '"' && c != ',' && c != ';' && c != '\\';
}

static bool path_char(uint8_t c)
{
	return c >= 0x20 && c < 0x7F && c != ';';
}

static bool no_control(uint8_t c)
{
	return c == '\t' || (c >= 0x20 && c != 0x7F);
}

static bool all(struct slice s, bool (*is)(uint8_t))
{
	for (size_t i = 0; i < s.n; i++)
		if (!is(s.p[i]))
			return false;
	return true;
}

static bool is_token(struct slice s)
{
	return s.n > 0 && all(s, token_char);
}

/* A part without "=" is refused too: browsers send a nameless cookie so, and its value may look like another's pair. */
static enum rc read_pair(struct slice part, struct slice *ret_name, struct slice *ret_value)
{
	struct slice pair = slice_trim(part);
	size_t equals = slice_find(pair, '=');
	if (equals == pair.n || !is_token(slice_to(pair, equals)))
		return RC_SYNTAX;
	*ret_name = slice_to(pair, equals);
	*ret_value = slice_of(pair.p + equals + 1, pair.n - equals - 1);
	return RC_OK;
}

enum rc cookie_get(struct slice header, struct slice name, struct slice *ret_value)
{
	struct slice part, pair_name, pair_value, found = SLICE_NONE;
	size_t count = 0;
	if (header.n > COOKIE_HEADER_MAX)
		return RC_LIMIT;
	if (!all(header, no_control) || (header.n > 0 && header.p[header.n - 1] == ';'))
		return RC_SYNTAX;
	while (slice_split(&header, ';', &part)) {
		TRY(read_pair(part, &pair_name, &pair_value));
		if (!slice_eq(pair_name, name))
			continue;
		found = pair_value;
		count++;
	}
	if (count == 0)
		return RC_MISSING;
	if (count > 1)
		return RC_DUPLICATE;
	if (!all(found, octet))
		return RC_SYNTAX;
	*ret_value = found;
	return RC_OK;
}

static bool starts_nocase(struct slice s, struct slice prefix)
{
	return s.n >= prefix.n && slice_eq_nocase(slice_to(s, prefix.n), prefix);
}

static enum rc check_prefix(const struct cookie *c)
{
	if (starts_nocase(c->name, SLICE("__Host-")) && (!c->secure || !slice_eq(c->path, SLICE("/"))))
		return RC_RANGE;
	if (starts_nocase(c->name, SLICE("__Secure-")) && !c->secure)
		return RC_RANGE;
	return c->same_site == COOKIE_NONE && !c->secure ? RC_RANGE : RC_OK;
}

static enum rc check(const struct cookie *c)
{
	if (!is_token(c->name) || !all(c->value, octet))
		return RC_SYNTAX;
	if (c->path.n == 0 || c->path.p[0] != '/' || !all(c->path, path_char))
		return RC_SYNTAX;
	if (c->name.n + c->value.n > COOKIE_PAIR_MAX || c->path.n > 1024)
		return RC_LIMIT;
	if (c->max_age < -1 || c->max_age > COOKIE_AGE_MAX)
		return RC_RANGE;
	return check_prefix(c);
}

enum rc cookie_set(struct buf *b, const struct cookie *c)
{
	static const struct slice same_site[] = {
		[COOKIE_LAX] = SLICE_INIT("; SameSite=Lax"),
		[COOKIE_STRICT] = SLICE_INIT("; SameSite=Strict"),
		[COOKIE_NONE] = SLICE_INIT("; SameSite=None"),
	};
	TRY(check(c));
	buf_put(b, c->name);
	buf_byte(b, '=');
	buf_put(b, c->value);
	buf_put(b, SLICE("; Path="));
	buf_put(b, c->path);
	if (c->max_age >= 0) {
		buf_put(b, SLICE("; Max-Age="));
		buf_int(b, c->max_age);
	}
	if (c->secure)
		buf_put(b, SLICE("; Secure"));
	if (c->http_only)
		buf_put(b, SLICE("; HttpOnly"));
	buf_put(b, same_site[c->same_site]);
	return buf_rc(b);
}
