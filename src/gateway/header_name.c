/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/header_name.h"

#include "base/ascii.h"
#include "base/attr.h"

const struct slice header_identity_names[HEADER_IDENTITY_COUNT] = {
	[HEADER_USER_ID] = SLICE_INIT("X-User-Id"),       [HEADER_TENANT_ID] = SLICE_INIT("X-Tenant-Id"),
	[HEADER_ROLES] = SLICE_INIT("X-Roles"),           [HEADER_SESSION_ID] = SLICE_INIT("X-Session-Id"),
	[HEADER_CLIENT_ID] = SLICE_INIT("X-Client-Id"),   [HEADER_SCOPE] = SLICE_INIT("X-Scope"),
};

static uint8_t fold(uint8_t c)
{
	return ascii_is(c, ASCII_ALNUM) ? ascii_lower(c) : '-';
}

bool header_name_eq(struct slice a, struct slice b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (fold(a.p[i]) != fold(b.p[i]))
			return false;
	return true;
}

bool header_name_is_identity(const struct header_names *names, struct slice name)
{
	/* A fast path: all of them begin with "x", and few other headers do. */
	bool may = name.n > 0 && fold(name.p[0]) == 'x';
	for (size_t i = 0; may && i < HEADER_IDENTITY_COUNT; i++)
		if (header_name_eq(header_identity_names[i], name))
			return true;
	for (size_t i = 0; i < names->extra_count; i++)
		if (header_name_eq(names->extra[i], name))
			return true;
	return false;
}

bool header_name_in_connection(const struct header_names *names, struct slice value)
{
	struct slice part;
	while (slice_split(&value, ',', &part))
		if (header_name_is_identity(names, slice_trim(part)))
			return true;
	return false;
}

static bool starts_as(struct slice name, struct slice start)
{
	return header_name_eq(slice_to(name, start.n), start);
}

enum rc header_name_validate(struct slice name)
{
	static const struct slice whole[] = {
		SLICE_INIT("authorization"),
		SLICE_INIT("cookie"),
		SLICE_INIT("host"),
		SLICE_INIT("connection"),
		SLICE_INIT("keep-alive"),
		SLICE_INIT("content-length"),
		SLICE_INIT("content-type"),
		SLICE_INIT("content-encoding"),
		SLICE_INIT("transfer-encoding"),
		SLICE_INIT("te"),
		SLICE_INIT("trailer"),
		SLICE_INIT("upgrade"),
		SLICE_INIT("expect"),
		SLICE_INIT("range"),
		SLICE_INIT("via"),
		SLICE_INIT("http2-settings"),
		SLICE_INIT("origin"),
		SLICE_INIT("forwarded"),
		SLICE_INIT("x-forwarded-for"),
		SLICE_INIT("x-forwarded-proto"),
		SLICE_INIT("x-forwarded-host"),
		SLICE_INIT("x-forwarded-port"),
		SLICE_INIT("x-forwarded-method"),
		SLICE_INIT("x-forwarded-uri"),
		SLICE_INIT("x-real-ip"),
	};
	static const struct slice starts[] = {SLICE_INIT("sec-"), SLICE_INIT("proxy-"), SLICE_INIT("access-control-")};
	if (name.n == 0 || name.n > 64 || !ascii_all(name, ASCII_TOKEN, "") || !ascii_is(name.p[0], ASCII_ALPHA))
		return RC_SYNTAX;
	for (size_t i = 0; i < ARRAY_LEN(whole); i++)
		if (header_name_eq(whole[i], name))
			return RC_FORBIDDEN;
	for (size_t i = 0; i < ARRAY_LEN(starts); i++)
		if (starts_as(name, starts[i]))
			return RC_FORBIDDEN;
	return RC_OK;
}
