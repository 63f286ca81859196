/* SPDX-License-Identifier: Apache-2.0 */
/* The admin API: what the command line asks for over the admin socket. JSON in, JSON out (INTERFACES.md). Every
 * change is one audit record. Users are named by ?tenant=&login=, clients by ?client_id=, sessions by ?sid= or by
 * their user. Every list takes ?limit= and ?after=. */
#ifndef OSTIARY_ADMIN_ADMIN_H
#define OSTIARY_ADMIN_ADMIN_H

#include <sys/types.h>

#include "config/config.h"
#include "identity/identity.h"
#include "oauth/op.h"
#include "signing/keys.h"

/* What the API works on. Constant; shared by threads. */
struct admin {
	const struct op *op; /* settings, clients, revocations */
	const struct directory *directory;
	const struct ephemeral *ephemeral;
	const struct sessions *sessions; /* the provider's */
	const struct identity *identity;
	struct keys *keys;
	const struct config *config; /* what is in force: commands do not change what it owns */
	/* RC_OK if the request may use the API, else RC_FORBIDDEN. */
	enum rc (*authorise)(const struct admin *ad, const struct request *c);
	uid_t uid; /* for admin_authorise_peer: whose processes may, besides root's */
};

typedef enum rc admin_handler(const struct admin *ad, struct request *c, struct reply *ret_reply);

/* By the user of the process at the other end of the socket. The socket's file lets in only its owner; this is the
 * second lock. */
enum rc admin_authorise_peer(const struct admin *ad, const struct request *c) WARN_UNUSED;
/* The reply for a failure: the row of `why`, and what the log says of it. RC_MEMORY. */
enum rc admin_error(struct request *c, enum rc why, struct reply *r) WARN_UNUSED;

admin_handler admin_user_list;
admin_handler admin_user_add;
admin_handler admin_user_show;
/* Changes the members that the body has: login, name, email, email_verified, disabled, roles, password. A new email is
 * not verified, unless the same body says so. */
admin_handler admin_user_change;
admin_handler admin_user_unlock;
admin_handler admin_user_delete;

admin_handler admin_client_list;
/* RFC 7591 metadata. Makes a secret if the auth method needs one, and shows it this once. */
admin_handler admin_client_add;
admin_handler admin_client_show;
admin_handler admin_client_change, admin_client_delete;

admin_handler admin_key_list;
admin_handler admin_key_rotate;
/* Withdraws ?kid= at once; answers like the list. */
admin_handler admin_key_revoke;

admin_handler admin_session_list;
admin_handler admin_session_end;

admin_handler admin_consent_list;
admin_handler admin_consent_withdraw;

admin_handler admin_tenant_list;
admin_handler admin_tenant_add;

admin_handler admin_audit_list;
admin_handler admin_status;

#endif
