/* SPDX-License-Identifier: Apache-2.0 */
/* Login names over libunistring. */
#include "identity/login_name.h"

#include <unicase.h>
#include <uninorm.h>
#include <unictype.h>
#include <unistr.h>

#include "base/utf8.h"

/* Casefolding may grow a character threefold, NFKC eighteenfold; a name that grows beyond this is refused. */
enum { LOGIN_ROOM = LOGIN_MAX * 4 };

static struct slice login_strip(struct slice s)
{
	while (s.n > 0 && s.p[0] == ' ')
		s = slice_from(s, 1);
	while (s.n > 0 && s.p[s.n - 1] == ' ')
		s = slice_to(s, s.n - 1);
	return s;
}

static bool login_char_ok(ucs4_t c, ucs4_t before)
{
	if (c == ' ')
		return before != ' ';
	/* With ignorable characters (soft hyphen, joiners, variation selectors, tags) two names could look the same. */
	if (uc_is_property_default_ignorable_code_point(c))
		return false;
	return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M | UC_CATEGORY_MASK_N |
							   UC_CATEGORY_MASK_P | UC_CATEGORY_MASK_S);
}

static enum rc login_chars_ok(struct slice s)
{
	ucs4_t before = ' ';
	while (s.n > 0) {
		ucs4_t c;
		int n = u8_mbtouc(&c, s.p, s.n);
		if (n <= 0 || !login_char_ok(c, before))
			return RC_SYNTAX;
		before = c;
		s = slice_from(s, (size_t)n);
	}
	return before == ' ' ? RC_SYNTAX : RC_OK;
}

/* toNFKC(toCasefold(toNFKC(s))): with NFKC first, a second round changes nothing. */
static enum rc login_fold(struct slice s, uint8_t dst[static LOGIN_ROOM], struct slice *ret_folded)
{
	uint8_t normal[LOGIN_ROOM];
	size_t n = sizeof normal, folded_n = LOGIN_ROOM;
	uint8_t *at = u8_normalize(UNINORM_NFKC, s.p, s.n, normal, &n);
	if (at != normal) {
		free(at);
		return at == NULL ? RC_SYNTAX : RC_RANGE;
	}
	at = u8_casefold(normal, n, NULL, UNINORM_NFKC, dst, &folded_n);
	if (at != dst) {
		free(at);
		return at == NULL ? RC_SYNTAX : RC_RANGE;
	}
	*ret_folded = slice_of(dst, folded_n);
	return RC_OK;
}

enum rc login_normalise(struct slice typed, struct arena *a, struct slice *ret_login)
{
	uint8_t memory[LOGIN_ROOM];
	struct slice folded;
	struct slice s = login_strip(typed);
	if (s.n == 0 || s.n > LOGIN_MAX)
		return RC_RANGE;
	if (!utf8_printable(s))
		return RC_SYNTAX;
	TRY(login_fold(s, memory, &folded));
	if (folded.n > LOGIN_MAX)
		return RC_RANGE;
	TRY(login_chars_ok(folded));
	return arena_copy(a, folded, ret_login);
}
