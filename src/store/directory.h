/* SPDX-License-Identifier: Apache-2.0 */
/* The durable store: tenants, users, clients, keys, consents, refresh families, ends, replay marks, audit.
 * Each verb is one transaction. What returned RC_OK survives a power cut (SQLite: WAL, synchronous=FULL).
 * Any verb may give RC_STORE (the store failed: not the same as RC_NOT_FOUND) or RC_LIMIT (arena full).
 * All verbs are thread-safe. Returned slices live in the arena passed in. Times are Unix seconds. */
#ifndef OSTIARY_STORE_DIRECTORY_H
#define OSTIARY_STORE_DIRECTORY_H

#include "base/arena.h"
#include "base/rc.h"
#include "base/slice.h"

struct dir_tenant {
	struct slice id;   /* [a-z0-9-]{1,32} */
	struct slice name; /* for people */
	bool disabled;
};

struct dir_user {
	struct slice id;     /* 22 characters base64url of 128 random bits: the `sub` */
	struct slice tenant;
	struct slice login;  /* unique in its tenant; normalised by src/identity */
	struct slice password; /* PHC string, or empty: no password sign-in */
	struct slice name, email; /* may be empty */
	bool email_verified, disabled;
	struct slice roles;  /* space-separated */
	int64_t created, password_changed;
	int64_t version;     /* counts updates */
};

struct dir_client {
	struct slice id;
	struct slice tenant;
	struct slice metadata;   /* JSON object in RFC 7591 terms, checked by src/oauth/client */
	uint8_t secret_hash[32]; /* SHA-256 of the client_secret, meaningful where has_secret */
	bool has_secret, disabled;
	int64_t created, version;
};

enum dir_key_state { DIR_KEY_NEXT, DIR_KEY_ACTIVE, DIR_KEY_RETIRING, DIR_KEY_RETIRED };

struct dir_key {
	struct slice kid;
	struct slice alg;
	struct slice public_jwk;   /* JSON */
	struct slice private_blob; /* sealed under the key-encryption key by the signer; empty once retired */
	enum dir_key_state state;
	int64_t created, changed; /* `changed`: when it entered its state */
};

struct dir_consent {
	struct slice user, client;
	struct slice scopes; /* space-separated */
	int64_t given;
};

/* A refresh token's family: one sign-in at one client. */
struct dir_refresh {
	uint8_t hash[32];     /* SHA-256 of the current token */
	struct slice family;  /* 22 characters */
	struct slice user, client, sid; /* sid may be empty: not bound to a provider session (offline_access) */
	struct slice scopes;  /* granted; a refresh may ask for fewer, never more */
	struct slice context; /* JSON that src/oauth needs again: auth_time, acr, amr, nonce, resource */
	int64_t issued;       /* this token */
	int64_t expires;      /* this token: idle limit */
	int64_t family_expires; /* absolute limit */
};

enum dir_rotation {
	DIR_ROTATED,   /* the new token is recorded */
	DIR_REPEATED,  /* within the grace: `successor` is what the first call recorded */
	DIR_REUSED,    /* an old token after the grace: the family is now revoked */
};

struct dir_rotate {
	uint8_t old_hash[32];
	uint8_t new_hash[32];
	struct slice successor; /* the new token sealed under a key that only the old token's holder can derive; <= 256 bytes */
	struct slice client;    /* must be the family's */
	int64_t now, expires;   /* of the new token */
	int64_t grace;          /* seconds in which a repeat yields the same successor; 0 for none */
};

struct dir_rotated {
	enum dir_rotation what;
	struct dir_refresh family; /* as it is after the verb */
	struct slice successor;    /* DIR_REPEATED only */
};

/* Why something issued before is no longer good. Streamed to gateways in order of `seq`. */
enum dir_end_kind {
	DIR_END_JTI,  /* one access token: id is its jti */
	DIR_END_SID,  /* one session, or one refresh family: id is its sid, or the family's */
	DIR_END_USER, /* everything of a user issued before `at`: id is the user id */
	DIR_END_CLIENT, /* everything of a client issued before `at` */
};

struct dir_end {
	int64_t seq;
	enum dir_end_kind kind;
	struct slice id;
	int64_t at, expires; /* may be forgotten after `expires` */
};

struct dir_audit {
	int64_t seq, at;
	struct slice event; /* "user.signed_in" */
	struct slice actor, subject, client, session, remote, request_id; /* may be empty */
	struct slice detail; /* JSON object or empty; never a secret */
};

struct directory {
	void *self;
	void (*close)(void *self);
	/* RC_OK where reading and writing work: /readyz. */
	enum rc (*ping)(void *self);

	enum rc (*tenant_put)(void *self, const struct dir_tenant *t);
	enum rc (*tenant_get)(void *self, struct slice id, struct arena *a, struct dir_tenant *ret);
	/* In order of id, those after `after` (empty: from the start), at most `limit`. */
	enum rc (*tenant_list)(void *self, struct slice after, size_t limit, struct arena *a, struct dir_tenant **ret,
			       size_t *ret_n);

	/* RC_CONFLICT: id, or login in that tenant, exists. */
	enum rc (*user_add)(void *self, const struct dir_user *u, const struct dir_audit *audit);
	enum rc (*user_get)(void *self, struct slice id, struct arena *a, struct dir_user *ret);
	enum rc (*user_by_login)(void *self, struct slice tenant, struct slice login, struct arena *a, struct dir_user *ret);
	/* Replaces where the stored version is u->version, and counts it up; RC_CONFLICT otherwise, RC_NOT_FOUND. */
	enum rc (*user_update)(void *self, const struct dir_user *u, const struct dir_audit *audit);
	enum rc (*user_delete)(void *self, struct slice id, const struct dir_audit *audit);
	/* In order of login, those after `after` (empty: from the start), at most `limit`. */
	enum rc (*user_list)(void *self, struct slice tenant, struct slice after, size_t limit, struct arena *a,
			     struct dir_user **ret, size_t *ret_n);

	/* Adds or replaces; counts the version up. */
	enum rc (*client_put)(void *self, const struct dir_client *c, const struct dir_audit *audit);
	enum rc (*client_get)(void *self, struct slice id, struct arena *a, struct dir_client *ret);
	enum rc (*client_delete)(void *self, struct slice id, const struct dir_audit *audit);
	enum rc (*client_list)(void *self, struct slice after, size_t limit, struct arena *a, struct dir_client **ret,
			       size_t *ret_n);

	enum rc (*key_list)(void *self, struct arena *a, struct dir_key **ret, size_t *ret_n);
	/* Adds and moves keys between states in one transaction: rows whose kid exists get their state, others are added. */
	enum rc (*key_apply)(void *self, const struct dir_key *rows, size_t n, const struct dir_audit *audit);

	enum rc (*consent_get)(void *self, struct slice user, struct slice client, struct arena *a, struct dir_consent *ret);
	enum rc (*consent_put)(void *self, const struct dir_consent *c, const struct dir_audit *audit);
	enum rc (*consent_delete)(void *self, struct slice user, struct slice client, const struct dir_audit *audit);
	/* A user's, in order of client, at most `limit`. */
	enum rc (*consent_list)(void *self, struct slice user, size_t limit, struct arena *a, struct dir_consent **ret,
				size_t *ret_n);

	enum rc (*refresh_issue)(void *self, const struct dir_refresh *r);
	/* Any token of a live family, current or not. RC_NOT_FOUND: unknown, its family revoked, or the current token expired. */
	enum rc (*refresh_find)(void *self, const uint8_t hash[static 32], int64_t now, struct arena *a,
				struct dir_refresh *ret);
	/* Ids of the live families of a user at a client, at most `limit`. */
	enum rc (*refresh_families)(void *self, struct slice user, struct slice client, int64_t now, size_t limit,
				    struct arena *a, struct slice **ret, size_t *ret_n);
	/* RC_NOT_FOUND: unknown, expired or its family revoked. RC_INVALID_GRANT: another client's (nothing changes). */
	enum rc (*refresh_rotate)(void *self, const struct dir_rotate *r, struct arena *a, struct dir_rotated *ret);

	/* Records an end; DIR_END_SID also revokes the refresh family of that id or the session's, DIR_END_USER and
	 * DIR_END_CLIENT all of theirs, in the same transaction. */
	enum rc (*end_add)(void *self, const struct dir_end *e, const struct dir_audit *audit);
	/* Those after `seq`, in order, unexpired, at most `limit`. */
	enum rc (*end_list)(void *self, int64_t seq, int64_t now, size_t limit, struct arena *a, struct dir_end **ret,
			    size_t *ret_n);

	/* Marks (scope, hash) as used until `expires`. RC_REPLAY where it is marked already. */
	enum rc (*replay_mark)(void *self, struct slice scope, const uint8_t hash[static 32], int64_t now, int64_t expires);

	enum rc (*audit_add)(void *self, const struct dir_audit *audit);
	enum rc (*audit_list)(void *self, int64_t before_seq, size_t limit, struct arena *a, struct dir_audit **ret,
			      size_t *ret_n);

	/* Forgets what has expired, at most `limit` rows of each kind. */
	enum rc (*purge)(void *self, int64_t now, size_t limit);
};

#endif
