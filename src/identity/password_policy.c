/* SPDX-License-Identifier: Apache-2.0 */
/* Length counts characters, not bytes: a short password of four-byte characters is still short. */
#include "identity/password_policy.h"

#include "base/utf8.h"

static size_t password_policy_chars(struct slice s)
{
	size_t count = 0;
	for (; s.n > 0; count++)
		s = slice_from(s, utf8_char_len(s));
	return count;
}

static bool password_policy_one_char(struct slice s)
{
	for (size_t i = 1; i < s.n; i++)
		if (s.p[i] != s.p[0])
			return false;
	return true;
}

enum rc password_policy_validate(struct secret password, struct slice login)
{
	struct slice s = secret_reveal(password);
	if (s.n > PASSWORD_POLICY_MAX_BYTES)
		return RC_RANGE;
	if (!utf8_printable(s))
		return RC_SYNTAX;
	if (password_policy_chars(s) < PASSWORD_POLICY_MIN_CHARS || password_policy_one_char(s))
		return RC_RANGE;
	if (slice_eq_nocase(s, login) || slice_eq_nocase(s, slice_to(login, slice_find(login, '@'))))
		return RC_RANGE;
	return RC_OK;
}
