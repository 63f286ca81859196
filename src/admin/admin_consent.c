/* SPDX-License-Identifier: Apache-2.0 */
/* The admin API's consents: what a user has allowed which client. */
#include "admin/admin_resource.h"
#include "oauth/grant/consent.h"

static const struct admin_field fields[] = {
	{SLICE_INIT("client_id"), ADMIN_TEXT, offsetof(struct dir_consent, client)},
	{SLICE_INIT("scopes"), ADMIN_WORDS, offsetof(struct dir_consent, scopes)},
	{SLICE_INIT("resources"), ADMIN_WORDS, offsetof(struct dir_consent, resources)},
	{SLICE_INIT("given"), ADMIN_INT, offsetof(struct dir_consent, given)},
};

static enum rc find_consents(const struct admin *ad, struct request *c, struct slice after, size_t limit,
			     const void **ret_rows, size_t *ret_n)
{
	struct dir_user u;
	struct dir_consent *v;
	TRY(admin_user(ad, c, &u));
	TRY(ad->directory->consents.list(ad->directory->consents.self, u.id, after, limit, c->arena, &v, ret_n));
	*ret_rows = v;
	return RC_OK;
}

static const struct admin_resource consents = {.one = SLICE_INIT("consent"),
					       .many = SLICE_INIT("consents"),
					       ADMIN_FIELDS(fields),
					       .row_size = sizeof(struct dir_consent),
					       .cursor = offsetof(struct dir_consent, client),
					       .find = find_consents};

enum rc admin_consent_list(const struct admin *ad, struct request *c, struct reply *r)
{
	return admin_reply_list(ad, c, &consents, r);
}

enum rc admin_consent_withdraw(const struct admin *ad, struct request *c, struct reply *r)
{
	struct dir_user u;
	struct slice client;
	struct dir_audit audit = admin_audit(c, AUDIT_CONSENT_WITHDRAWN);
	TRY(admin_user(ad, c, &u));
	TRY(request_need(c, c->query, SLICE("client_id"), &client));
	audit.subject = u.id;
	audit.client = client;
	enum rc rc = consent_withdraw(ad->op, u.id, client, &audit, c->now, c->arena);
	if (rc == RC_NOT_FOUND)
		return admin_refuse(c, rc, "%.*s has allowed client %.*s nothing", SLICE_ARGS(u.login),
				    SLICE_ARGS(admin_shown(client)));
	TRY(admin_done(ad, c, &audit, rc));
	return admin_reply_list(ad, c, &consents, r);
}
