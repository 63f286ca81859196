/* SPDX-License-Identifier: Apache-2.0 */
/* One order for everybody: count, find, hash, and only then look at what was found. */
#include "identity/credential.h"

#include "identity/login.h"

size_t credential_decoy(struct crypto_password_cost cost, char dst[static CRYPTO_PASSWORD_PHC_MAX])
{
	/* The tag is all zeros: finding a password for it means inverting Argon2id; and the caller never takes its yes. */
	int n = snprintf(dst, CRYPTO_PASSWORD_PHC_MAX, "$argon2id$v=19$m=%u,t=%u,p=%u$%s$%s", cost.memory_kib, cost.passes,
			 cost.parallelism, "AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
	return n > 0 && n < CRYPTO_PASSWORD_PHC_MAX ? (size_t)n : 0;
}

/* Hashes whatever was found; *ret_fits is false for everything but the right password of a user who has one. */
static enum rc credential_hash(const struct identity *id, const struct dir_user *user, struct secret password, bool *ret_fits)
{
	char decoy[CRYPTO_PASSWORD_PHC_MAX];
	bool usable = user != NULL && user->password.n > 0 && password.n <= CRYPTO_PASSWORD_MAX;
	struct slice phc = usable ? user->password : slice_of(decoy, credential_decoy(id->cost, decoy));
	struct secret tried = secret_of(password.secret_p, password.n <= CRYPTO_PASSWORD_MAX ? password.n : CRYPTO_PASSWORD_MAX);
	enum rc rc = id->verify(id->lane, tried, phc);
	if (rc != RC_OK && rc != RC_ACCESS_DENIED && rc != RC_SYNTAX)
		return rc;
	*ret_fits = usable && rc == RC_OK;
	return RC_OK;
}

static enum rc credential_enabled(const struct identity *id, const struct dir_user *user, struct arena *a)
{
	struct dir_tenant tenant;
	enum rc rc = id->directory->tenant_get(id->directory->self, user->tenant, a, &tenant);
	if (rc == RC_NOT_FOUND)
		return RC_ACCESS_DENIED;
	TRY(rc);
	return user->disabled || tenant.disabled ? RC_ACCESS_DENIED : RC_OK;
}

/* Best effort: the sign-in was good, and the next one will try again. */
static void credential_rehash(const struct identity *id, const struct dir_user *user, struct secret password, int64_t now)
{
	char phc[CRYPTO_PASSWORD_PHC_MAX];
	size_t n;
	struct dir_user changed = *user;
	const struct dir_audit audit = {.at = now, .event = SLICE("user.password_rehashed"), .subject = user->id};
	if (!crypto_password_outdated(user->password, id->cost) || id->hash(id->lane, password, phc, &n) != RC_OK)
		return;
	changed.password = slice_of(phc, n);
	rc_ignore(id->directory->user_update(id->directory->self, &changed, &audit));
}

static enum rc credential_verify(const struct identity *id, const struct credential_attempt *attempt, struct slice login,
				 struct arena *a, struct dir_user *ret_user)
{
	struct dir_user user;
	bool fits = false, known = false;
	if (login.n > 0) {
		enum rc rc = id->directory->user_by_login(id->directory->self, attempt->tenant, login, a, &user);
		if (rc != RC_NOT_FOUND)
			TRY(rc);
		known = rc == RC_OK;
	}
	TRY(credential_hash(id, known ? &user : NULL, attempt->password, &fits));
	if (!known || !fits)
		return RC_ACCESS_DENIED;
	TRY(credential_enabled(id, &user, a));
	*ret_user = user;
	return RC_OK;
}

enum rc credential_check(const struct identity *id, const struct credential_attempt *attempt, int64_t now, struct arena *a,
			 struct credential_result *ret)
{
	struct slice login = SLICE_NONE;
	struct throttle_taken taken;
	enum rc rc = login_normalise(attempt->login, a, &login);
	if (rc != RC_OK && rc != RC_SYNTAX && rc != RC_RANGE)
		return rc;
	const struct throttle_attempt counted = {attempt->tenant, login.n > 0 ? login : attempt->login, attempt->remote,
						 attempt->device};
	TRY(throttle_take(id, &counted, now, &taken, &ret->retry_after));
	rc = credential_verify(id, attempt, login, a, &ret->user);
	/* What was not tried does not count either. */
	if (rc != RC_ACCESS_DENIED)
		throttle_give_back(id, &taken, now);
	TRY(rc);
	credential_rehash(id, &ret->user, attempt->password, now);
	return throttle_device(id, attempt->tenant, login, now, ret->device);
}
