/* SPDX-License-Identifier: Apache-2.0 */
/* The admin API's signing keys. */
#include "admin/admin_resource.h"

static const char *const states[] = {"next", "active", "retiring", "retired"};

static const struct admin_field fields[] = {
	{SLICE_INIT("kid"), ADMIN_TEXT, offsetof(struct dir_key, kid)},
	{SLICE_INIT("alg"), ADMIN_TEXT, offsetof(struct dir_key, alg)},
	{SLICE_INIT("state"), ADMIN_ENUM, offsetof(struct dir_key, state), .names = states},
	{SLICE_INIT("created"), ADMIN_INT, offsetof(struct dir_key, created)},
	{SLICE_INIT("changed"), ADMIN_INT, offsetof(struct dir_key, changed)},
};

static enum rc find_keys(const struct admin *ad, struct request *c, struct slice after, size_t limit,
			 const void **ret_rows, size_t *ret_n);

static const struct admin_resource keys = {.one = SLICE_INIT("key"),
					   .many = SLICE_INIT("keys"),
					   ADMIN_FIELDS(fields),
					   .row_size = sizeof(struct dir_key),
					   .cursor = offsetof(struct dir_key, kid),
					   .find = find_keys};

static enum rc find_keys(const struct admin *ad, struct request *c, struct slice after, size_t limit,
			 const void **ret_rows, size_t *ret_n)
{
	struct dir_key *v;
	size_t n, first;
	TRY(ad->directory->keys.list(ad->directory->keys.self, c->arena, &v, &n));
	TRY(admin_after(c, &keys, v, n, after, &first));
	*ret_rows = v + first;
	*ret_n = n - first < limit ? n - first : limit;
	return RC_OK;
}

enum rc admin_key_list(const struct admin *ad, struct request *c, struct reply *r)
{
	return admin_reply_list(ad, c, &keys, r);
}

enum rc admin_key_rotate(const struct admin *ad, struct request *c, struct reply *r)
{
	TRY(keys_tick(ad->keys, true, c->now));
	return admin_reply_all(ad, c, &keys, r);
}

enum rc admin_key_revoke(const struct admin *ad, struct request *c, struct reply *r)
{
	struct dir_audit audit = admin_audit(c, AUDIT_KEY_REVOKED); /* logged by keys.c */
	struct slice kid = request_pairs_get(c->query, SLICE("kid"));
	uint8_t memory[512];
	struct buf b;
	buf_over(&b, memory, sizeof memory);
	struct json_out o = json_out_to(&b);
	if (kid.n > SIGNER_KID_MAX)
		return admin_refuse(c, RC_NOT_FOUND, "no key of that name; ostiary key list shows them");
	json_out_object(&o);
	json_out_member(&o, SLICE("kid"), kid);
	json_out_object_end(&o);
	TRY(buf_rc(&b));
	audit.detail = buf_slice(&b);
	enum rc rc = keys_revoke(ad->keys, kid, &audit);
	if (rc == RC_NOT_FOUND)
		return admin_refuse(c, rc, "no key %.*s; ostiary key list shows them", SLICE_ARGS(admin_shown(kid)));
	TRY(rc);
	/* Now, not within a second. */
	ad->op->services->revocations_changed(ad->op->services->self);
	return admin_reply_all(ad, c, &keys, r);
}
