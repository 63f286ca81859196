/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/user_rule.h"

#include "base/attr.h"

const char *user_rule(struct slice member)
{
	static const struct {
		struct slice member;
		const char *rule;
	} rules[] = {
		{SLICE_INIT("login"), "a login has 1 to 254 bytes: letters, digits, punctuation, and single spaces inside"},
		{SLICE_INIT("name"), "a name has at most 200 bytes, and no character that is not seen"},
		{SLICE_INIT("email"), "an e-mail address has one @ with text on both sides, no spaces, and at most 254 bytes"},
		{SLICE_INIT("roles"), "a role has 1 to 64 letters, digits and . _ : -; each stands once, and a user has at most 32"},
		{SLICE_INIT("password"), "a password has at least 8 characters and at most 1,024 bytes; it is neither one "
					 "character repeated nor the login, and has no control characters"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (slice_eq(rules[i].member, member))
			return rules[i].rule;
	return NULL;
}
