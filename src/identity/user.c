/* SPDX-License-Identifier: Apache-2.0 */
/* Validation of users, and the operations that change them. */
#include "identity/user.h"

#include "base/ascii.h"
#include "base/base64url.h"
#include "base/utf8.h"
#include "crypto/hash.h"
#include "identity/login_name.h"
#include "identity/password_policy.h"

static enum rc user_validate_email(struct slice email)
{
	if (email.n == 0)
		return RC_OK;
	if (email.n > USER_EMAIL_MAX)
		return RC_RANGE;
	size_t at = slice_find(email, '@');
	if (!utf8_printable(email) || slice_find(email, ' ') < email.n || at == 0 || at + 1 >= email.n)
		return RC_SYNTAX;
	/* Parsers disagree on the domain of "a@x.com@allowed.com". */
	return slice_find(slice_from(email, at + 1), '@') + at + 1 < email.n ? RC_SYNTAX : RC_OK;
}

/* An e-mail that cannot be a login does not sign in. */
static enum rc user_validate_email_name(struct dir_user *u, struct arena *a)
{
	enum rc rc = RC_OK;
	u->email_name = SLICE_NONE;
	if (u->email_verified && u->email.n > 0)
		rc = login_normalise(u->email, a, &u->email_name);
	u->email_signs_in = u->email_name.n > 0;
	return rc == RC_SYNTAX || rc == RC_RANGE ? RC_OK : rc;
}

static bool user_role_ok(struct slice role)
{
	return role.n <= USER_ROLE_LEN_MAX && ascii_all(role, ASCII_ALNUM, "._:-");
}

static enum rc user_validate_roles(struct slice roles, struct arena *a, struct slice *ret_roles)
{
	struct slice rest = roles, role, parts[USER_ROLES_MAX * 2];
	size_t n = 0;
	while (slice_word(&rest, &role)) {
		if (!user_role_ok(role))
			return RC_SYNTAX;
		if (slice_has_word(rest, role))
			return RC_DUPLICATE;
		if (n + 2 > ARRAY_LEN(parts))
			return RC_RANGE;
		if (n > 0)
			parts[n++] = SLICE(" ");
		parts[n++] = role;
	}
	return arena_join(a, parts, n, ret_roles);
}

enum rc user_validate(struct dir_user *u, struct arena *a, struct slice *ret_why)
{
	*ret_why = SLICE("login");
	TRY(login_normalise(u->login, a, &u->login));
	*ret_why = SLICE("name");
	if (u->name.n > USER_NAME_MAX)
		return RC_RANGE;
	if (!utf8_printable(u->name))
		return RC_SYNTAX;
	*ret_why = SLICE("email");
	TRY(user_validate_email(u->email));
	TRY(user_validate_email_name(u, a));
	*ret_why = SLICE("roles");
	TRY(user_validate_roles(u->roles, a, &u->roles));
	*ret_why = SLICE_NONE;
	return RC_OK;
}

enum rc user_validate_shown(const struct dir_user *u, struct slice *ret_why)
{
	*ret_why = SLICE("login");
	if (!utf8_shown(u->login))
		return RC_SYNTAX;
	*ret_why = SLICE("name");
	if (!utf8_shown(u->name))
		return RC_SYNTAX;
	*ret_why = SLICE("email");
	return utf8_shown(u->email) ? RC_OK : RC_SYNTAX;
}

static enum rc user_new_id(struct arena *a, struct slice *ret_id)
{
	uint8_t random[16];
	crypto_random(random, sizeof random);
	return base64url_encode_arena(a, slice_of(random, sizeof random), ret_id);
}

static enum rc user_hash(const struct identity *id, struct secret password, struct slice login, char *phc,
			 struct slice *ret_phc)
{
	size_t n;
	TRY(password_policy_validate(password, login));
	TRY(id->hash(id->pool, NULL, password, phc, &n));
	*ret_phc = slice_of(phc, n);
	return RC_OK;
}

enum rc user_add(const struct identity *id, const struct user_new *add, int64_t now, struct arena *a,
		 struct slice *ret_why)
{
	struct dir_user *u = add->user;
	struct dir_credential password = {.type = USER_PASSWORD, .created = now, .changed = now};
	struct dir_tenant tenant;
	struct dir_audit audit;
	char *phc = arena_alloc(a, CRYPTO_PASSWORD_PHC_MAX);
	if (phc == NULL)
		return RC_MEMORY;
	TRY(user_validate(u, a, ret_why));
	TRY(user_validate_shown(u, ret_why));
	*ret_why = SLICE("tenant");
	TRY(id->directory->tenants.get(id->directory->tenants.self, u->tenant, a, &tenant));
	*ret_why = SLICE("password");
	u->credentials = add->password.n > 0 ? USER_PASSWORD : SLICE_NONE;
	if (add->password.n > 0)
		TRY(user_hash(id, add->password, u->login, phc, &password.data));
	u->email_signs_in = u->email_signs_in && !add->email_shared;
	*ret_why = SLICE("login");
	TRY(user_new_id(a, &u->id));
	u->created = u->credentials_changed = now;
	u->version = 1;
	password.user = u->id;
	audit = *add->audit;
	audit.subject = u->id;
	return id->directory->users.add(id->directory->users.self, u, password.data.n > 0 ? &password : NULL, &audit);
}

enum rc user_find(const struct identity *id, struct slice tenant, struct slice typed, struct arena *a,
		  struct dir_user *ret_user)
{
	struct slice login;
	enum rc rc = login_normalise(typed, a, &login);
	if (rc == RC_SYNTAX || rc == RC_RANGE)
		return RC_NOT_FOUND;
	TRY(rc);
	return id->directory->users.by_login(id->directory->users.self, tenant, login, a, ret_user);
}

enum rc user_password(const struct identity *id, struct slice user, struct arena *a, struct slice *ret_phc)
{
	const struct dir_credentials *d = &id->directory->credentials;
	struct dir_credential password = {.data = SLICE_NONE};
	enum rc rc = d->get(d->self, user, USER_PASSWORD, SLICE_NONE, a, &password);
	if (rc != RC_NOT_FOUND)
		TRY(rc);
	*ret_phc = password.data;
	return RC_OK;
}

enum rc user_password_set(const struct identity *id, struct dir_user *user, struct secret password, int64_t now,
			  const struct dir_audit *audit)
{
	char phc[CRYPTO_PASSWORD_PHC_MAX];
	const struct dir_credentials *d = &id->directory->credentials;
	struct dir_user changed = *user;
	struct dir_credential c = {
		.user = user->id, .type = USER_PASSWORD, .created = now, .changed = now, .version = DIR_CREDENTIAL_ANY};
	TRY(user_hash(id, password, user->login, phc, &c.data));
	/* Two changes within a second must differ too: sessions compare this number. */
	changed.credentials_changed = now > user->credentials_changed ? now : user->credentials_changed + 1;
	TRY(d->put(d->self, &c, &changed, audit));
	user->credentials_changed = changed.credentials_changed;
	user->version++;
	return RC_OK;
}
