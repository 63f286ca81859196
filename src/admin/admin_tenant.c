/* SPDX-License-Identifier: Apache-2.0 */
/* The admin API's tenants. */
#include "admin/admin_resource.h"
#include "base/utf8.h"
#include "config/config_value.h"

static const struct admin_field fields[] = {
	{SLICE_INIT("id"), ADMIN_TEXT, offsetof(struct dir_tenant, id)},
	{SLICE_INIT("name"), ADMIN_TEXT, offsetof(struct dir_tenant, name)},
	{SLICE_INIT("disabled"), ADMIN_BOOL, offsetof(struct dir_tenant, disabled)},
};

static enum rc find_tenants(const struct admin *ad, struct request *c, struct slice after, size_t limit,
			    const void **ret_rows, size_t *ret_n)
{
	struct dir_tenant *v;
	TRY(ad->directory->tenants.list(ad->directory->tenants.self, after, limit, c->arena, &v, ret_n));
	*ret_rows = v;
	return RC_OK;
}

static const struct admin_resource tenants = {.one = SLICE_INIT("tenant"),
					      .many = SLICE_INIT("tenants"),
					      ADMIN_FIELDS(fields),
					      .row_size = sizeof(struct dir_tenant),
					      .cursor = offsetof(struct dir_tenant, id),
					      .find = find_tenants};

enum rc admin_tenant_list(const struct admin *ad, struct request *c, struct reply *r)
{
	return admin_reply_list(ad, c, &tenants, r);
}

enum rc admin_tenant_add(const struct admin *ad, struct request *c, struct reply *r)
{
	const struct json *body;
	struct dir_tenant t = {0}, there;
	struct dir_audit audit = admin_audit(c, AUDIT_TENANT_ADDED);
	TRY(admin_body(c, &body));
	TRY(admin_text(body, SLICE("id"), c, SLICE(""), &t.id));
	TRY(admin_text(body, SLICE("name"), c, SLICE(""), &t.name));
	if (t.id.n == 0 || config_value_tenant(t.id) != NULL) {
		c->log_detail = SLICE("id: 1 to 32 of a to z, 0 to 9 and -");
		return RC_RANGE;
	}
	if (!utf8_shown(t.name)) {
		c->log_detail = SLICE("name: has a character that is not seen");
		return RC_SYNTAX;
	}
	enum rc rc = ad->directory->tenants.get(ad->directory->tenants.self, t.id, c->arena, &there);
	if (rc == RC_OK)
		return admin_refuse(c, RC_CONFLICT, "there is a tenant %.*s already", SLICE_ARGS(t.id));
	if (rc != RC_NOT_FOUND)
		return rc;
	TRY(ad->directory->tenants.put(ad->directory->tenants.self, &t));
	TRY(arena_format(c->arena, &audit.detail, "{\"tenant\":\"%.*s\"}", SLICE_ARGS(t.id)));
	TRY(audit_add(ad->op->audit, &audit, c, RC_OK));
	return admin_reply_one(c, &tenants, &t, 201, r);
}
