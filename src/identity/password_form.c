/* SPDX-License-Identifier: Apache-2.0 */
/* NFC of passwords with libunistring. The library copies into its own stack frame while sorting, and onto the heap
 * if that or the result buffer is too small. Both are made large enough, and wiped. */
#include "identity/password_form.h"

#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include "base/attr.h"

enum {
	FORM_MAX = 3 * CRYPTO_PASSWORD_MAX, /* no text grows by more (UAX #15, 14) */
	FRAME = 8 * 1024,                   /* more than u8_normalize uses of the stack: its sort buffer has 1 KiB */
	MARKS_MAX = 24,                     /* it sorts up to 64 code points in its frame, and a mark is at most two */
};

/* Not inlined into the caller: the frame must be where u8_normalize had its own. */
static NOINLINE void wipe_frame(void)
{
	uint8_t below[FRAME];
	ct_wipe(below, sizeof below);
}

static bool is_mark(ucs4_t c)
{
	ucs4_t parts[UC_DECOMPOSITION_MAX_LENGTH];
	return uc_combining_class(uc_canonical_decomposition(c, parts) > 0 ? parts[0] : c) != 0;
}

/* No language writes more marks in a row (UAX #15, 13 allows 30). Not inlined, as wipe_frame is not: its code points are
 * in the frame that wipe_frame wipes. */
static NOINLINE bool is_sortable(struct secret typed)
{
	size_t marks = 0;
	ucs4_t c;
	for (size_t at = 0; at < typed.n; at += (size_t)u8_mbtouc_unsafe(&c, typed.secret_p + at, typed.n - at)) {
		(void)u8_mbtouc_unsafe(&c, typed.secret_p + at, typed.n - at);
		marks = is_mark(c) ? marks + 1 : 0;
		if (marks > MARKS_MAX)
			return false;
	}
	return true;
}

/* In `dst`, or `typed` itself. */
static struct secret password_form_nfc(struct secret typed, uint8_t dst[static FORM_MAX])
{
	size_t n = FORM_MAX;
	/* Bytes that are not UTF-8 would all become the same replacement characters. */
	if (typed.n > CRYPTO_PASSWORD_MAX || u8_check(typed.secret_p, typed.n) != NULL)
		return typed;
	const uint8_t *at = NULL;
	if (is_sortable(typed))
		at = u8_normalize(UNINORM_NFC, typed.secret_p, typed.n, dst, &n);
	wipe_frame();
	return at == dst && n <= CRYPTO_PASSWORD_MAX ? secret_of(dst, n) : typed;
}

enum rc password_form_hash(struct secret typed, struct crypto_password_cost cost,
			   char dst[static CRYPTO_PASSWORD_PHC_MAX], size_t *ret_n)
{
	uint8_t memory[FORM_MAX];
	enum rc rc = crypto_password_hash(password_form_nfc(typed, memory), cost, dst, ret_n);
	ct_wipe(memory, sizeof memory);
	return rc;
}

enum rc password_form_verify(struct secret typed, struct slice phc, bool *ret_renew)
{
	uint8_t memory[FORM_MAX];
	struct secret nfc = password_form_nfc(typed, memory);
	enum rc rc = crypto_password_verify(nfc, phc);
	*ret_renew = false;
	if (rc == RC_ACCESS_DENIED && !ct_equal(nfc, typed)) {
		rc = crypto_password_verify(typed, phc);
		*ret_renew = rc == RC_OK;
	}
	ct_wipe(memory, sizeof memory);
	return rc;
}
