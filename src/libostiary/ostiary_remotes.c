/* SPDX-License-Identifier: Apache-2.0 */
/* A table of issuers, each with its own keys. */
#include <ostiary/remote.h>
#include <stdlib.h>

#include "jose/jwt/jwt_internal.h"
#include "libostiary/ostiary_internal.h"

enum { ISSUER_MAX = 256, ARENA_MAX = 256 * 1024 };

struct row {
	char issuer[ISSUER_MAX];
	struct ostiary_jws_algorithms algorithms;
	struct ostiary_jwks_remote *keys;
};

struct ostiary_jwks_remotes {
	size_t count;
	struct row rows[OSTIARY_REMOTES_MAX];
};

static struct row *find_row(struct ostiary_jwks_remotes *remotes, struct slice issuer)
{
	for (size_t i = 0; i < remotes->count; i++)
		if (slice_eq(slice_cstr(remotes->rows[i].issuer), issuer))
			return &remotes->rows[i];
	return NULL;
}

static enum ostiary_result add(struct ostiary_jwks_remotes *r, const struct ostiary_jwks_remote_issuer *issuers, size_t index)
{
	struct ostiary_jwks_remote_issuer own, *issuer = &own;
	if (inner_sized_at(&own, sizeof own, issuers, index) != RC_OK || own.keys == NULL)
		return OSTIARY_ARGUMENT;
	struct slice name = slice_cstr(issuer->issuer);
	struct row *row = &r->rows[r->count];
	if (name.n == 0 || find_row(r, name) != NULL || !slice_to_cstr(name, row->issuer, sizeof row->issuer))
		return OSTIARY_ARGUMENT;
	enum ostiary_result result = ostiary_jwks_remote_open(issuer->keys, &row->keys);
	if (result == OSTIARY_OK)
		r->count++;
	row->algorithms = issuer->algorithms;
	return result;
}

enum ostiary_result ostiary_jwks_remotes_open(const struct ostiary_jwks_remote_issuer *issuers, size_t count,
					      struct ostiary_jwks_remotes **ret_remotes)
{
	enum ostiary_result result = OSTIARY_OK;
	if (issuers == NULL || ret_remotes == NULL || count == 0 || count > OSTIARY_REMOTES_MAX)
		return OSTIARY_ARGUMENT;
	struct ostiary_jwks_remotes *r = calloc(1, sizeof *r);
	if (r == NULL)
		return OSTIARY_MEMORY;
	for (size_t i = 0; i < count && result == OSTIARY_OK; i++)
		result = add(r, issuers, i);
	if (result == OSTIARY_OK)
		*ret_remotes = r;
	else
		ostiary_jwks_remotes_free(r);
	return result;
}

void ostiary_jwks_remotes_free(struct ostiary_jwks_remotes *remotes)
{
	if (remotes == NULL)
		return;
	/* All at once, so that it takes no longer than one. */
	for (size_t i = 0; i < remotes->count; i++)
		inner_remote_stop(remotes->rows[i].keys);
	for (size_t i = 0; i < remotes->count; i++)
		ostiary_jwks_remote_free(remotes->rows[i].keys);
	free(remotes);
}

struct ostiary_jwks_remote *ostiary_jwks_remotes_at(struct ostiary_jwks_remotes *remotes, const char *issuer)
{
	const struct row *row = remotes == NULL || issuer == NULL ? NULL : find_row(remotes, slice_cstr(issuer));
	return row == NULL ? NULL : row->keys;
}

/* What the token says of itself, believed only as far as to choose a row: its signature must hold under that row's
 * keys. */
static enum rc read_issuer(struct slice token, struct arena *a, struct slice *ret_issuer)
{
	struct jwt_parts parts;
	const struct json *root;
	struct slice payload;
	TRY(jwt_split(token, &parts));
	TRY(jwt_payload_decode(&parts, a, &payload));
	enum rc rc = json_parse_arena(a, payload, JWT_VALUES_MAX, &root);
	if (rc != RC_OK)
		return rc_server_error(rc) ? rc : rc == RC_LIMIT ? RC_JOSE_SIZE : RC_JOSE_CLAIMS;
	rc = json_string(json_get(root, SLICE("iss")), a, ret_issuer);
	return rc == RC_OK || rc_server_error(rc) ? rc : RC_JOSE_ISS;
}

enum ostiary_result ostiary_verify_remotes(const char *token, size_t length, struct ostiary_jwks_remotes *remotes,
					   const struct ostiary_policy *policy, int64_t now,
					   struct ostiary_claims **ret_claims)
{
	struct arena a;
	struct slice issuer = SLICE_NONE;
	if (token == NULL || remotes == NULL || policy == NULL || ret_claims == NULL)
		return OSTIARY_ARGUMENT;
	arena_init(&a, ARENA_MAX);
	enum rc rc = read_issuer(slice_of(token, length), &a, &issuer);
	const struct row *row = rc == RC_OK ? find_row(remotes, issuer) : NULL;
	arena_reset(&a);
	if (row == NULL)
		return rc == RC_OK ? OSTIARY_ISS : inner_result(rc);
	struct ostiary_policy own;
	if (inner_sized(&own, sizeof own, policy) != RC_OK)
		return OSTIARY_ARGUMENT;
	own.size = sizeof own;
	own.issuer = row->issuer;
	own.algorithms = row->algorithms;
	return ostiary_verify_remote(token, length, row->keys, &own, now, ret_claims);
}
