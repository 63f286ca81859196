/* SPDX-License-Identifier: Apache-2.0 */
/* Cookie and Set-Cookie. */
#include "cookie/cookie.h"

#include "base/ascii.h"

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
	return s.n > 0 && ascii_all(s, ASCII_TOKEN, "");
}

/* Browsers send a nameless cookie without "=", and its value may look like another pair. */
static bool is_pair(struct slice part)
{
	size_t equals = slice_find(part, '=');
	return equals < part.n && is_token(slice_to(part, equals));
}

void cookie_find(struct slice header, struct slice name, struct cookie_found *found)
{
	struct slice part;
	if (!all(header, no_control) || (header.n > 0 && header.p[header.n - 1] == ';'))
		found->malformed = true;
	while (slice_split(&header, ';', &part)) {
		part = slice_trim(part);
		size_t equals = slice_find(part, '=');
		found->malformed = found->malformed || !is_pair(part);
		if (!slice_eq(slice_to(part, equals), name))
			continue;
		found->value = slice_from(part, equals + 1);
		found->count++;
	}
}

enum rc cookie_get(struct slice header, struct slice name, struct slice *ret_value)
{
	struct cookie_found found = {0};
	if (header.n > COOKIE_HEADER_MAX)
		return RC_LIMIT;
	cookie_find(header, name, &found);
	if (found.malformed)
		return RC_SYNTAX;
	if (found.count != 1)
		return found.count == 0 ? RC_MISSING : RC_DUPLICATE;
	if (!all(found.value, octet))
		return RC_SYNTAX;
	*ret_value = found.value;
	return RC_OK;
}

static bool starts_nocase(struct slice s, struct slice prefix)
{
	return s.n >= prefix.n && slice_eq_nocase(slice_to(s, prefix.n), prefix);
}

static enum rc validate_prefix(const struct cookie *c)
{
	if (starts_nocase(c->name, SLICE("__Host-")) && (!c->secure || !slice_eq(c->path, SLICE("/"))))
		return RC_RANGE;
	if (starts_nocase(c->name, SLICE("__Secure-")) && !c->secure)
		return RC_RANGE;
	return c->same_site == COOKIE_NONE && !c->secure ? RC_RANGE : RC_OK;
}

static enum rc validate_cookie(const struct cookie *c)
{
	if (!is_token(c->name) || !all(c->value, octet))
		return RC_SYNTAX;
	if (c->path.n == 0 || c->path.p[0] != '/' || !all(c->path, path_char))
		return RC_SYNTAX;
	if (c->name.n + c->value.n > COOKIE_PAIR_MAX || c->path.n > 1024)
		return RC_LIMIT;
	if (c->max_age < -1 || c->max_age > COOKIE_AGE_MAX)
		return RC_RANGE;
	return validate_prefix(c);
}

enum rc cookie_set(struct buf *b, const struct cookie *c)
{
	static const struct slice same_site[] = {
		[COOKIE_LAX] = SLICE_INIT("; SameSite=Lax"),
		[COOKIE_STRICT] = SLICE_INIT("; SameSite=Strict"),
		[COOKIE_NONE] = SLICE_INIT("; SameSite=None"),
	};
	TRY(validate_cookie(c));
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
