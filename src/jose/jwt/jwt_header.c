/* SPDX-License-Identifier: Apache-2.0 */
/* The header, which is read before it is trusted. */
#include "base/ascii.h"
#include "base/base64url.h"
#include "base/utf8.h"
#include "jose/jwt/jwt_internal.h"

enum { KID_MAX = 256 };

enum rc jwt_split_dots(struct slice token, struct jwt_parts *ret_parts)
{
	if (token.n > JWT_TEXT_MAX)
		return RC_JOSE_SIZE;
	size_t first = slice_find(token, '.');
	struct slice rest = slice_from(token, first + 1);
	size_t second = slice_find(rest, '.');
	struct jwt_parts p = {
		.signing_input = slice_to(token, first + 1 + second),
		.header64 = slice_to(token, first),
		.payload64 = slice_to(rest, second),
		.signature64 = slice_from(rest, second + 1),
	};
	/* If a dot is missing, a part is empty. */
	if (p.header64.n == 0 || p.payload64.n == 0 || p.signature64.n == 0)
		return RC_JOSE_MALFORMED;
	if (slice_find(p.signature64, '.') != p.signature64.n)
		return RC_JOSE_MALFORMED;
	*ret_parts = p;
	return RC_OK;
}

enum rc jwt_split(struct slice token, struct jwt_parts *ret_parts)
{
	struct jwt_parts p;
	TRY(jwt_split_dots(token, &p));
	if (!ascii_all(token, ASCII_BASE64URL, "."))
		return RC_JOSE_MALFORMED;
	*ret_parts = p;
	return RC_OK;
}

/* A token's own keys and key URLs may be an attacker's (RFC 8725 3.5, 3.10). */
static const struct slice keys[] = {SLICE_INIT("jwk"), SLICE_INIT("x5c")};
static const struct slice urls[] = {SLICE_INIT("jku"), SLICE_INIT("x5u")};
/* `enc` means that this is no JWS; zip changes the payload. */
static const struct slice forms[] = {SLICE_INIT("zip"), SLICE_INIT("enc")};

static enum rc refuse_members(const struct json *header, const struct slice *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (json_get(header, names[i]) != NULL)
			return RC_JOSE_HEADER;
	return RC_OK;
}

enum rc jwt_header_refuse(const struct json *header)
{
	TRY(refuse_members(header, keys, ARRAY_LEN(keys)));
	TRY(refuse_members(header, urls, ARRAY_LEN(urls)));
	return refuse_members(header, forms, ARRAY_LEN(forms));
}

static enum rc read_string(const struct json *v, struct arena *a, struct slice *ret)
{
	enum rc rc = json_string(v, a, ret);
	return rc == RC_SYNTAX ? RC_JOSE_HEADER : rc;
}

static enum rc read_kid(const struct json *header, struct arena *a, struct slice *ret_kid)
{
	const struct json *v = json_get(header, SLICE("kid"));
	struct slice kid;
	if (v == NULL)
		return RC_OK;
	TRY(read_string(v, a, &kid));
	if (kid.n == 0 || kid.n > KID_MAX || !utf8_printable(kid))
		return RC_JOSE_HEADER;
	*ret_kid = kid;
	return RC_OK;
}

/* RFC 7515 4.1.9: "A recipient using the media type value MUST treat it as if "application/" were prepended". */
enum rc jwt_header_typ(const struct json *header, struct arena *a, struct slice *ret_typ)
{
	static const struct slice prefix = SLICE_INIT("application/");
	const struct json *v = json_get(header, SLICE("typ"));
	struct slice typ;
	if (v == NULL)
		return RC_OK;
	TRY(read_string(v, a, &typ));
	if (typ.n >= prefix.n && slice_eq_nocase(slice_to(typ, prefix.n), prefix))
		typ = slice_from(typ, prefix.n);
	if (typ.n == 0)
		return RC_JOSE_HEADER;
	*ret_typ = typ;
	return RC_OK;
}

enum rc jwt_header_alg(const struct json *header, enum jose_alg *ret_alg)
{
	const struct json *v = json_get(header, SLICE("alg"));
	if (v == NULL)
		return RC_JOSE_ALG;
	/* Compares the exact bytes: a value of another JSON type is never a name, and no name needs an escape. */
	return jose_alg_by_name(v->text, ret_alg);
}

enum rc jwt_header_names(const struct json *header, struct arena *a, struct jwt_header *ret_header)
{
	TRY(read_kid(header, a, &ret_header->kid));
	return jwt_header_typ(header, a, &ret_header->typ);
}

enum rc jwt_header_open(struct slice header64, size_t max, struct arena *a,
			struct json pool[static JWT_HEADER_VALUES_MAX])
{
	struct slice text;
	if (base64url_data_len(header64.n) > max)
		return RC_JOSE_SIZE;
	enum rc rc = base64url_decode_arena(a, header64, &text);
	if (rc != RC_OK)
		return rc == RC_SYNTAX ? RC_JOSE_MALFORMED : rc;
	if (json_parse(text, pool, JWT_HEADER_VALUES_MAX) != RC_OK || pool->type != JSON_OBJECT)
		return RC_JOSE_HEADER;
	/* RFC 7515 4.1.11: critical parameters must be understood, and none are. */
	if (json_get(pool, SLICE("crit")) != NULL)
		return RC_JOSE_CRIT;
	return RC_OK;
}

enum rc jwt_header_fields(const struct json *root, struct arena *a, struct jwt_header *ret_header)
{
	struct jwt_header h = {.alg = JOSE_HS256};
	/* RFC 7797 7: "JWTs MUST NOT use … b64 with a value of false". */
	if (json_get(root, SLICE("b64")) != NULL)
		return RC_JOSE_HEADER;
	TRY(refuse_members(root, forms, ARRAY_LEN(forms)));
	TRY(jwt_header_alg(root, &h.alg));
	TRY(jwt_header_names(root, a, &h));
	*ret_header = h;
	return RC_OK;
}

enum rc jwt_header_read_urls(const struct jwt_parts *parts, struct arena *a, struct jwt_header *ret_header)
{
	struct json pool[JWT_HEADER_VALUES_MAX] UNINITIALIZED;
	TRY(jwt_header_open(parts->header64, JWT_HEADER_MAX, a, pool));
	TRY(refuse_members(pool, keys, ARRAY_LEN(keys)));
	TRY(jwt_header_fields(pool, a, ret_header));
	ret_header->urls = refuse_members(pool, urls, ARRAY_LEN(urls)) != RC_OK;
	return RC_OK;
}

enum rc jwt_urls_validate(const struct jwt_header *header, bool ignored)
{
	/* Without kid, these URLs alone say which key is meant. */
	return header->urls && (!ignored || header->kid.n == 0) ? RC_JOSE_HEADER : RC_OK;
}

enum rc jwt_header_read(const struct jwt_parts *parts, struct arena *a, struct jwt_header *ret_header)
{
	struct jwt_header header;
	TRY(jwt_header_read_urls(parts, a, &header));
	TRY(jwt_urls_validate(&header, false));
	*ret_header = header;
	return RC_OK;
}
