/* SPDX-License-Identifier: Apache-2.0 */
/* The admin API's consents: what a person has allowed which client. */
#include "daemon/admin.h"
#include "daemon/admin_parts.h"
#include "oauth/consent.h"

static enum rc reply_consents(struct worker *w, struct call *c, struct slice user, struct reply *r)
{
	struct dir_consent *v;
	struct admin_out out;
	size_t n;
	TRY(w->directory.consent_list(w->directory.self, user, ADMIN_LIST_MAX, c->arena, &v, &n));
	admin_begin(&out);
	json_out_key(&out.o, SLICE("consents"));
	json_out_array(&out.o);
	for (size_t i = 0; i < n; i++) {
		json_out_object(&out.o);
		json_out_member(&out.o, SLICE("client_id"), v[i].client);
		json_out_member_words(&out.o, SLICE("scopes"), v[i].scopes);
		json_out_member_int(&out.o, SLICE("given"), v[i].given);
		json_out_object_end(&out.o);
	}
	json_out_array_end(&out.o);
	return admin_end(&out, c, 200, r);
}

enum rc admin_consent_list(struct worker *w, struct call *c, struct reply *r)
{
	struct dir_user u;
	TRY(admin_user(w, c, &u));
	return reply_consents(w, c, u.id, r);
}

enum rc admin_consent_withdraw(struct worker *w, struct call *c, struct reply *r)
{
	struct dir_user u;
	struct slice client;
	struct dir_audit audit = admin_audit(c, SLICE("consent.withdrawn"));
	TRY(admin_user(w, c, &u));
	TRY(call_need(c, c->query, SLICE("client_id"), &client));
	TRY(consent_withdraw(&w->op, u.id, client, &audit, c->now, c->arena));
	return reply_consents(w, c, u.id, r);
}
