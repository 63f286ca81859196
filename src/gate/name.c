/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/name.h"

#include "base/attr.h"

static const struct slice builtin[] = {
	SLICE_INIT("x-user-id"), SLICE_INIT("x-tenant-id"), SLICE_INIT("x-roles"),
	SLICE_INIT("x-session-id"), SLICE_INIT("x-client-id"), SLICE_INIT("x-scope"),
};

static uint8_t fold(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return (uint8_t)(c + 32);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '-';
}

bool gate_name_eq(struct slice a, struct slice b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (fold(a.p[i]) != fold(b.p[i]))
			return false;
	return true;
}

bool gate_name_is_identity(const struct gate_names *names, struct slice name)
{
	/* Each of them begins with an x, and hardly any other header does. */
	bool may = name.n > 0 && fold(name.p[0]) == 'x';
	for (size_t i = 0; may && i < ARRAY_LEN(builtin); i++)
		if (gate_name_eq(builtin[i], name))
			return true;
	for (size_t i = 0; i < names->extra_count; i++)
		if (gate_name_eq(names->extra[i], name))
			return true;
	return false;
}

bool gate_name_in_connection(const struct gate_names *names, struct slice value)
{
	struct slice part;
	while (slice_split(&value, ',', &part))
		if (gate_name_is_identity(names, slice_trim(part)))
			return true;
	return false;
}
