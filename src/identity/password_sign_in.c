/* SPDX-License-Identifier: Apache-2.0 */
/* The same order for every attempt: count, find, hash, and only then use what was found. */
#include "identity/password_sign_in.h"

#include "base/base64url.h"
#include "crypto/hash.h"
#include "identity/login_name.h"
#include "identity/user.h"

size_t password_sign_in_decoy(struct crypto_password_cost cost, char dst[static CRYPTO_PASSWORD_PHC_MAX])
{
	/* The tag is all zeros: finding a matching password means inverting Argon2id. The caller ignores a match
	 * anyway. */
	int n = snprintf(dst, CRYPTO_PASSWORD_PHC_MAX, "$argon2id$v=19$m=%u,t=%u,p=%u$%s$%s", cost.memory_kib,
			 cost.passes, cost.parallelism, "AAAAAAAAAAAAAAAAAAAAAA",
			 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
	return n > 0 && n < CRYPTO_PASSWORD_PHC_MAX ? (size_t)n : 0;
}

/* Ids are random: the login alone determines a point, and the first id after it belongs to an arbitrary user. The
 * point is secret; otherwise someone who knows some users' costs could tell which logins map to them. */
static enum rc password_sign_in_decoy_cost(const struct identity *id, const struct password_attempt *attempt,
				     struct slice login, struct arena *a, struct crypto_password_cost *ret_cost)
{
	const struct slice parts[] = {SLICE("decoy\n"), attempt->tenant, SLICE("\n"), login};
	uint8_t mac[32];
	char from[24];
	struct slice phc = SLICE_NONE;
	crypto_hmac_parts(CRYPTO_SHA256, id->key, parts, ARRAY_LEN(parts), mac);
	base64url_encode_to(slice_of(mac, 16), from);
	*ret_cost = id->cost;
	enum rc rc = id->directory->credentials.data_from(id->directory->credentials.self, USER_PASSWORD,
							  slice_of(from, base64url_text_len(16)), a, &phc);
	if (rc == RC_NOT_FOUND)
		return RC_OK;
	TRY(rc);
	if (crypto_password_cost_of(phc, ret_cost) != RC_OK)
		*ret_cost = id->cost;
	return RC_OK;
}

/* The running hash of an attempt, and the decoy's cost. */
struct hashing {
	const struct throttle_taken *taken;
	struct crypto_password_cost cost;
	bool fits, renew; /* the result */
};

/* Hashes in every case; `fits` is true only for the right password of a user who has one. `kept`: its PHC string, or empty. */
static enum rc password_sign_in_hash(const struct identity *id, struct hashing *how, struct slice kept,
			       struct secret password)
{
	char decoy[CRYPTO_PASSWORD_PHC_MAX];
	struct crypto_password_cost cost = how->cost;
	bool own = kept.n > 0, usable = own && password.n <= CRYPTO_PASSWORD_MAX;
	/* A password that is too long takes the time of the user's hash. */
	if (own && crypto_password_cost_of(kept, &cost) != RC_OK)
		cost = id->cost;
	struct slice phc = usable ? kept : slice_of(decoy, password_sign_in_decoy(cost, decoy));
	struct secret tried =
		secret_of(password.secret_p, password.n <= CRYPTO_PASSWORD_MAX ? password.n : CRYPTO_PASSWORD_MAX);
	enum rc rc = id->verify(id->pool, &how->taken->place, tried, phc, &how->renew);
	if (rc != RC_OK && rc != RC_ACCESS_DENIED && rc != RC_SYNTAX)
		return rc;
	how->fits = usable && rc == RC_OK;
	return RC_OK;
}

static enum rc password_sign_in_enabled(const struct identity *id, const struct dir_user *user, struct arena *a)
{
	struct dir_tenant tenant;
	enum rc rc = id->directory->tenants.get(id->directory->tenants.self, user->tenant, a, &tenant);
	if (rc == RC_NOT_FOUND)
		return RC_ACCESS_DENIED;
	TRY(rc);
	return user->disabled || tenant.disabled ? RC_ACCESS_DENIED : RC_OK;
}

/* Best effort: the sign-in succeeded, and the next one tries again. */
static void password_sign_in_rehash(const struct identity *id, const struct password_place *place,
			      const struct dir_credential *kept, struct secret password, bool renew, int64_t now)
{
	char phc[CRYPTO_PASSWORD_PHC_MAX];
	size_t n;
	struct dir_credential changed = *kept;
	struct dir_audit audit = audit_row_of(AUDIT_USER_PASSWORD_REHASHED, now, SLICE_NONE);
	if (!renew && !crypto_password_outdated(kept->data, id->cost))
		return;
	if (id->hash(id->pool, place, password, phc, &n) != RC_OK)
		return;
	changed.data = slice_of(phc, n);
	audit.subject = kept->user;
	rc_ignore(audit_done(id->audit, &audit, NULL,
			     id->directory->credentials.put(id->directory->credentials.self, &changed, NULL, &audit)));
}

/* Of an attempt; empty where there is none. */
struct found {
	struct dir_user user;
	struct dir_credential password;
};

/* Before counting, since login and e-mail share an account. The answer reveals nothing of the result. */
static enum rc password_sign_in_find(const struct identity *id, struct slice tenant, struct slice login, struct arena *a,
			       struct found *ret)
{
	const struct dir_credentials *d = &id->directory->credentials;
	struct found found = {.user = {.id = SLICE_NONE}};
	enum rc rc = login.n == 0 ? RC_NOT_FOUND : d->by_name(d->self, tenant, login, USER_PASSWORD, a, &found.user,
							      &found.password);
	if (rc != RC_NOT_FOUND)
		TRY(rc);
	*ret = found;
	return RC_OK;
}

static enum rc password_sign_in_verify(const struct identity *id, struct hashing *how, const struct found *found,
				 struct secret password, struct arena *a)
{
	TRY(password_sign_in_hash(id, how, found->password.data, password));
	if (!how->fits || how->taken->held)
		return RC_ACCESS_DENIED;
	return password_sign_in_enabled(id, &found->user, a);
}

enum rc password_sign_in(const struct identity *id, const struct password_attempt *attempt, int64_t now,
			    struct arena *a, struct password_result *ret)
{
	struct slice login = SLICE_NONE;
	struct found found;
	struct throttle_taken taken;
	struct throttle_refusal refusal;
	struct hashing how = {.taken = &taken};
	enum rc rc = login_normalise(attempt->login, a, &login);
	if (rc != RC_OK && rc != RC_SYNTAX && rc != RC_RANGE)
		return rc;
	struct slice name = login.n > 0 ? login : attempt->login;
	TRY(password_sign_in_find(id, attempt->tenant, login, a, &found));
	ret->account = found.user.id;
	const struct throttle_attempt counted = {attempt->tenant, name, attempt->remote, attempt->device, found.user.login};
	rc = throttle_take(id, &counted, now, &taken, &refusal);
	if (rc == RC_THROTTLED) {
		ret->retry_after = refusal.retry_after;
		ret->telling = refusal.first;
	}
	TRY(rc);
	/* For every attempt, so that the time reveals nothing. */
	rc = password_sign_in_decoy_cost(id, attempt, name, a, &how.cost);
	if (rc == RC_OK)
		rc = password_sign_in_verify(id, &how, &found, attempt->password, a);
	if (rc == RC_ACCESS_DENIED) {
		ret->telling = taken.first;
		ret->held = taken.held;
	} else {
		/* Gives back a successful attempt, and one that could not be made. */
		throttle_give_back(id, &taken, now);
	}
	TRY(rc);
	ret->user = found.user;
	password_sign_in_rehash(id, &taken.place, &found.password, attempt->password, how.renew, now);
	return throttle_device(id, attempt->tenant, found.user.login, now, ret->device);
}

enum rc password_sign_in_unlock(const struct identity *id, const struct dir_user *user, int64_t now)
{
	TRY(throttle_unlock(id, user->tenant, user->login, now));
	if (user->email_name.n == 0 || slice_eq(user->email_name, user->login))
		return RC_OK;
	return throttle_unlock(id, user->tenant, user->email_name, now);
}
