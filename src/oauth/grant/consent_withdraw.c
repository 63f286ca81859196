/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/grant/consent.h"
#include "oauth/token/revocations.h"

/* The consent first: after a crash in between, repeating the command revokes the remaining families. */
enum rc consent_withdraw(const struct op *op, struct slice user, struct slice client, const struct dir_audit *audit,
			 int64_t now, struct arena *a)
{
	struct dir_audit full = *audit;
	struct slice *families;
	size_t n, all = 0;
	full.at = now;
	full.subject = user;
	full.client = client;
	enum rc rc = op->directory->consents.remove(op->directory->consents.self, user, client, &full);
	if (rc != RC_NOT_FOUND)
		TRY(rc);
	/* Revoked families are no longer listed. */
	do {
		TRY(op->directory->refresh.families(op->directory->refresh.self, user, client, now,
						    CONSENT_FAMILIES_MAX, a,
						    &families, &n));
		for (size_t i = 0; i < n; i++) {
			const struct dir_revocation end = {
				.type = DIR_REVOCATION_SID, .id = families[i], .at = now, .owner = user,
				.owner_client = client};
			TRY(revocations_add(op, &end, rc == RC_OK ? NULL : &full, now));
		}
		all += n;
	} while (n == CONSENT_FAMILIES_MAX);
	return all > 0 ? RC_OK : rc;
}
