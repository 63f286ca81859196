/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/consent.h"
#include "oauth/ends.h"

/* First the consent: a crash between the two leaves families that the same command ends when it is given again. */
enum rc consent_withdraw(const struct op *op, struct slice user, struct slice client, const struct dir_audit *audit, int64_t now,
			 struct arena *a)
{
	struct dir_audit full = *audit;
	struct slice *families;
	size_t n, all = 0;
	full.at = now;
	full.subject = user;
	full.client = client;
	enum rc rc = op->directory->consent_delete(op->directory->self, user, client, &full);
	if (rc != RC_NOT_FOUND)
		TRY(rc);
	/* What is ended is listed no more. */
	do {
		TRY(op->directory->refresh_families(op->directory->self, user, client, now, CONSENT_FAMILIES_MAX, a, &families, &n));
		for (size_t i = 0; i < n; i++)
			TRY(ends_add(op, &(struct dir_end){.kind = DIR_END_SID, .id = families[i], .at = now}, rc == RC_OK ? NULL : &full, now));
		all += n;
	} while (n == CONSENT_FAMILIES_MAX);
	return all > 0 ? RC_OK : rc;
}
