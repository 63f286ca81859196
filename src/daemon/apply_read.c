/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/apply.h"

#include <errno.h>
#include <sys/stat.h>

#include "daemon/apply_client.h"
#include "daemon/config_secret.h"
#include "identity/password_policy.h"
#include "identity/user.h"
#include "oauth/client.h"

struct reader {
	const struct config *c;
	struct arena *arena;
	struct config_error *err;
};

static enum rc fail_item(struct reader *r, struct config_at at, const char *list, const char *key, enum rc rc, const char *why)
{
	char path[80];
	(void)snprintf(path, sizeof path, "%s.%s", list, key);
	(void)config_fail(r->err, at, path, "%s", why);
	return rc;
}

static enum rc read_secret(struct reader *r, struct config_at at, const char *list, const char *key, struct slice name,
			   struct secret *ret)
{
	char line[CONFIG_SECRET_MAX];
	struct config_secret_error err = {""};
	const char *path;
	struct slice copy;
	size_t n;
	if (name.n == 0)
		return RC_OK;
	TRY(config_file_path(r->c, name, r->arena, &path));
	enum rc rc = config_secret_read(path, line, &n, &err);
	if (rc != RC_OK)
		return fail_item(r, at, list, key, rc, err.text);
	rc = arena_copy(r->arena, slice_of(line, n), &copy);
	ct_wipe(line, sizeof line);
	*ret = secret_from_slice(copy);
	return rc;
}

static enum rc read_jwks(struct reader *r, const struct config_client *k, struct slice *ret)
{
	const char *path;
	if (k->jwks_file.n == 0)
		return RC_OK;
	TRY(config_file_path(r->c, k->jwks_file, r->arena, &path));
	FILE *f = fopen(path, "re");
	if (f == NULL)
		return fail_item(r, k->at, "clients", "jwks_file", RC_IO, strerror(errno));
	uint8_t *text = arena_alloc(r->arena, APPLY_JWKS_MAX);
	size_t n = text == NULL ? 0 : fread(text, 1, APPLY_JWKS_MAX, f);
	(void)fclose(f);
	if (n == 0 || n == APPLY_JWKS_MAX)
		return fail_item(r, k->at, "clients", "jwks_file", RC_LIMIT, "is empty or larger than 64 KiB");
	*ret = slice_of(text, n);
	return RC_OK;
}

static enum rc check_client(struct reader *r, const struct config_client *k, struct secret secret, struct slice jwks)
{
	struct dir_client row;
	struct client *parsed;
	struct slice why = SLICE_NONE;
	char text[200];
	TRY(apply_client_row(k, secret, jwks, 0, r->arena, &row));
	enum rc rc = client_parse(&row, r->arena, &parsed, &why);
	if (rc == RC_OK) {
		client_unref(parsed);
		return RC_OK;
	}
	(void)snprintf(text, sizeof text, "%.*s", SLICE_ARGS(slice_to(why, 180)));
	return fail_item(r, k->at, "clients", "metadata", rc, why.n > 0 ? text : rc_row(rc)->text);
}

static enum rc read_client(struct reader *r, const struct config_client *k, struct secret *ret_secret, struct slice *ret_jwks)
{
	TRY(read_secret(r, k->at, "clients", "client_secret_file", k->secret_file, ret_secret));
	if (k->secret_file.n > 0 && ret_secret->n < APPLY_CLIENT_SECRET_MIN)
		return fail_item(r, k->at, "clients", "client_secret_file", RC_RANGE,
				 "holds a secret of fewer than 32 characters; make one with: openssl rand -base64 32");
	TRY(read_jwks(r, k, ret_jwks));
	return check_client(r, k, *ret_secret, *ret_jwks);
}

static enum rc read_user(struct reader *r, const struct config_user *u, struct secret *ret_password)
{
	struct dir_user row = {.tenant = u->tenant, .login = u->login, .name = u->name, .email = u->email, .roles = u->roles};
	struct slice why = SLICE_NONE;
	char key[32];
	TRY(read_secret(r, u->at, "users", "password_file", u->password_file, ret_password));
	enum rc rc = user_check(&row, r->arena, &why);
	if (rc == RC_OK && ret_password->n > 0) {
		why = SLICE("password_file");
		rc = password_policy_check(*ret_password, row.login);
	}
	if (rc == RC_OK)
		return RC_OK;
	(void)snprintf(key, sizeof key, "%.*s", SLICE_ARGS(slice_to(why, 30)));
	return fail_item(r, u->at, "users", key, rc, "is not acceptable: see ostiary.yaml(5)");
}

enum rc apply_read(const struct config *c, struct arena *a, struct apply_secrets *ret, struct config_error *err)
{
	struct reader r = {c, a, err};
	const struct config_client *clients = c->clients.v;
	const struct config_user *users = c->users.v;
	const struct config_gateway *gateways = c->gateways.v;
	struct secret unused;
	ret->clients = arena_array(a, c->clients.n, sizeof *ret->clients);
	ret->jwks = arena_array(a, c->clients.n, sizeof *ret->jwks);
	ret->users = arena_array(a, c->users.n, sizeof *ret->users);
	if (ret->clients == NULL || ret->jwks == NULL || ret->users == NULL)
		return RC_LIMIT;
	for (size_t i = 0; i < c->clients.n; i++)
		TRY(read_client(&r, &clients[i], &ret->clients[i], &ret->jwks[i]));
	for (size_t i = 0; i < c->users.n; i++)
		TRY(read_user(&r, &users[i], &ret->users[i]));
	for (size_t i = 0; i < c->gateways.n; i++)
		TRY(read_secret(&r, gateways[i].at, "gateways", "client_secret_file", gateways[i].client_secret_file, &unused));
	return RC_OK;
}
