/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/apply.h"

#include <errno.h>
#include <sys/stat.h>

#include "worker/apply_client.h"
#include "config/config_secret.h"
#include "identity/password_policy.h"
#include "identity/user.h"
#include "identity/user_rule.h"
#include "oauth/client/client.h"

struct reader {
	const struct config *c;
	struct arena *arena;
	struct config_error *err;
};

static enum rc fail_item(struct reader *r, struct config_at at, const char *list, const char *key, enum rc rc,
			 const char *why)
{
	char path[80];
	(void)snprintf(path, sizeof path, "%s.%s", list, key);
	(void)config_fail(r->err, at, path, "%s", why);
	return rc;
}

static enum rc read_secret(struct reader *r, struct config_at at, const char *list, const char *key, struct slice name,
			   struct secret *ret)
{
	struct config_secret_error err = {""};
	enum rc rc = config_secret_of(r->c, name, r->arena, ret, &err);
	return rc == RC_OK || rc == RC_MEMORY ? rc : fail_item(r, at, list, key, rc, err.text);
}

static enum rc read_gateway(struct reader *r, const struct config_gateway *g, struct outgoing_secret *ret)
{
	struct config_secret_error err = {""};
	enum rc rc = config_outgoing_secret(r->c, g->client_secret_file, r->arena, ret, &err);
	return rc == RC_OK || rc == RC_MEMORY ? rc : fail_item(r, g->at, "gateways", "client_secret_file", rc, err.text);
}

/* RC_IO with errno; RC_LIMIT: empty, or not under `max`. */
static enum rc read_text(struct reader *r, struct slice name, size_t max, struct slice *ret)
{
	const char *path;
	TRY(config_file_path(r->c, name, r->arena, &path));
	uint8_t *text = arena_take(r->arena, max);
	if (text == NULL)
		return RC_MEMORY;
	FILE *f = fopen(path, "re");
	if (f == NULL)
		return RC_IO;
	size_t n = fread(text, 1, max, f);
	bool failed = ferror(f) != 0;
	(void)fclose(f);
	if (failed)
		return RC_IO;
	if (n == 0 || n == max)
		return RC_LIMIT;
	*ret = slice_of(text, n);
	return RC_OK;
}

static enum rc read_jwks(struct reader *r, const struct config_client *k, struct slice *ret)
{
	if (k->jwks_file.n == 0)
		return RC_OK;
	enum rc rc = read_text(r, k->jwks_file, APPLY_JWKS_MAX, ret);
	if (rc == RC_IO)
		return fail_item(r, k->at, "clients", "jwks_file", rc, strerror(errno));
	return rc == RC_LIMIT ? fail_item(r, k->at, "clients", "jwks_file", rc, "is empty or larger than 64 KiB") : rc;
}

/* Checked here, because otherwise each connection fails without naming the cause. */
static enum rc read_authorities(struct reader *r, struct slice *ret)
{
	static const struct slice mark = SLICE_INIT("-----BEGIN ");
	const struct config *c = r->c;
	struct slice text = SLICE_NONE;
	*ret = SLICE_NONE;
	if (c->ca_file.n == 0 || (c->gateways.n == 0 && c->issuers.n == 0))
		return RC_OK;
	enum rc rc = read_text(r, c->ca_file, APPLY_AUTHORITIES_MAX, &text);
	const char *why = rc == RC_IO ? strerror(errno) : "is empty, larger than 1 MiB, or holds no certificate in PEM";
	if (rc == RC_OK && memmem(text.p, text.n, mark.p, mark.n) == NULL)
		rc = RC_SYNTAX;
	if (rc == RC_OK)
		*ret = text;
	else if (rc != RC_MEMORY)
		(void)config_fail(r->err, (struct config_at){1, 1}, "ca_file", "%.*s: %s",
				  SLICE_ARGS(slice_to(c->ca_file, 200)), why);
	return rc;
}

static bool is_resource(const struct config *c, struct slice uri)
{
	const struct config_resource *v = c->resources.v;
	for (size_t i = 0; i < c->resources.n; i++)
		if (slice_eq(v[i].uri, uri))
			return true;
	return false;
}

/* A misspelt API would be refused only when a user signs in. */
static enum rc validate_resources(struct reader *r, const struct config_client *k, const struct client *client)
{
	char text[120];
	for (size_t i = 0; i < client->resources.n; i++) {
		if (is_resource(r->c, client->resources.v[i]))
			continue;
		(void)snprintf(text, sizeof text, "its entry %zu is no uri of the top-level resources", i + 1);
		return fail_item(r, k->at, "clients", "resources", RC_RANGE, text);
	}
	return RC_OK;
}

static enum rc validate_client(struct reader *r, const struct config_client *k, struct secret secret, struct slice jwks)
{
	struct dir_client row;
	struct client *parsed;
	struct slice why = SLICE_NONE;
	char text[200], key[64];
	TRY(apply_client_row(k, secret, jwks, 0, r->arena, &row));
	enum rc rc = client_parse(&row, r->arena, &parsed, &why);
	if (rc == RC_OK) {
		rc = validate_resources(r, k, parsed);
		client_unref(parsed);
		return rc;
	}
	/* The text begins with the name of the member, which is also the key. */
	size_t word = slice_find(why, ' ');
	if (word == why.n)
		return fail_item(r, k->at, "clients", "client_id", rc, rc_row(rc)->text);
	(void)snprintf(key, sizeof key, "%.*s", SLICE_ARGS(slice_to(why, word < 60 ? word : 60)));
	(void)snprintf(text, sizeof text, "%.*s", SLICE_ARGS(slice_to(slice_from(why, word + 1), 180)));
	return fail_item(r, k->at, "clients", key, rc, text);
}

static enum rc read_client(struct reader *r, const struct config_client *k, struct secret *ret_secret,
			   struct slice *ret_jwks)
{
	TRY(read_secret(r, k->at, "clients", "client_secret_file", k->secret_file, ret_secret));
	if (k->secret_file.n > 0 && ret_secret->n < CONFIG_CLIENT_SECRET_MIN)
		return fail_item(r, k->at, "clients", "client_secret_file", RC_RANGE,
				 "holds a secret of fewer than 32 characters; make one with: openssl rand -base64 32");
	TRY(read_jwks(r, k, ret_jwks));
	return validate_client(r, k, *ret_secret, *ret_jwks);
}

static struct dir_user user_row(const struct config_user *u)
{
	return (struct dir_user){.tenant = u->tenant, .login = u->login, .name = u->name, .email = u->email,
				 .email_verified = u->email_verified, .roles = u->roles};
}

static enum rc read_user(struct reader *r, const struct config_user *u, struct secret *ret_password)
{
	struct dir_user row = user_row(u);
	struct slice why = SLICE_NONE;
	char key[32];
	TRY(read_secret(r, u->at, "users", "password_file", u->password_file, ret_password));
	enum rc rc = user_validate(&row, r->arena, &why);
	if (rc == RC_OK && ret_password->n > 0) {
		why = SLICE("password");
		rc = password_policy_validate(*ret_password, row.login);
	}
	if (rc == RC_OK)
		return RC_OK;
	const char *rule = user_rule(why);
	(void)snprintf(key, sizeof key, "%.*s%s", SLICE_ARGS(slice_to(why, 20)),
		       slice_eq(why, SLICE("password")) ? "_file" : "");
	return fail_item(r, u->at, "users", key, rc, rule == NULL ? "is not acceptable: see ostiary.yaml(5)" : rule);
}

/* A name that signs a user in, or would. */
struct name {
	struct slice tenant, text;
	size_t user;
	bool email;
};

static int compare(struct slice a, struct slice b)
{
	int differs = a.n == 0 || b.n == 0 ? 0 : memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
	return differs != 0 ? differs : (a.n > b.n) - (a.n < b.n);
}

static int by_name(const void *x, const void *y)
{
	const struct name *a = x, *b = y;
	int tenants = compare(a->tenant, b->tenant);
	return tenants != 0 ? tenants : compare(a->text, b->text);
}

/* All `n` are the same name. If they belong to several users, an e-mail among them is shared. */
static void share_name(const struct name *v, size_t n, struct apply_names *names)
{
	bool several = false;
	for (size_t i = 1; i < n; i++)
		several = several || v[i].user != v[0].user;
	for (size_t i = 0; several && i < n; i++)
		if (v[i].email)
			names[v[i].user].shared = true;
}

/* An address that two users have signs neither in, whatever the order in the file. */
static enum rc share_names(const struct config_user *users, struct apply_names *names, size_t n, struct arena *a)
{
	struct name *v = arena_array(a, 2 * n, sizeof *v);
	size_t count = 0;
	if (v == NULL)
		return RC_MEMORY;
	for (size_t i = 0; i < n; i++) {
		v[count++] = (struct name){users[i].tenant, names[i].login, i, false};
		if (names[i].email.n > 0)
			v[count++] = (struct name){users[i].tenant, names[i].email, i, true};
	}
	qsort(v, count, sizeof *v, by_name);
	for (size_t first = 0, end; first < count; first = end) {
		for (end = first + 1; end < count && by_name(&v[first], &v[end]) == 0; end++)
			continue;
		share_name(v + first, end - first, names);
	}
	return RC_OK;
}

enum rc apply_names_read(const struct config *c, struct arena *a, struct apply_names **ret)
{
	const struct config_user *users = c->users.v;
	struct apply_names *names = arena_array(a, c->users.n, sizeof *names);
	struct slice why;
	if (names == NULL)
		return RC_MEMORY;
	for (size_t i = 0; i < c->users.n; i++) {
		struct dir_user row = user_row(&users[i]);
		TRY(user_validate(&row, a, &why));
		names[i] = (struct apply_names){row.login, row.email_name, false};
	}
	TRY(share_names(users, names, c->users.n, a));
	*ret = names;
	return RC_OK;
}

enum rc apply_read(const struct config *c, struct arena *a, struct apply_secrets *ret, struct config_error *err)
{
	struct reader r = {c, a, err};
	const struct config_client *clients = c->clients.v;
	const struct config_user *users = c->users.v;
	const struct config_gateway *gateways = c->gateways.v;
	ret->clients = arena_array(a, c->clients.n, sizeof *ret->clients);
	ret->jwks = arena_array(a, c->clients.n, sizeof *ret->jwks);
	ret->users = arena_array(a, c->users.n, sizeof *ret->users);
	ret->gateways = arena_array(a, c->gateways.n, sizeof *ret->gateways);
	if (ret->clients == NULL || ret->jwks == NULL || ret->users == NULL || ret->gateways == NULL)
		return RC_MEMORY;
	for (size_t i = 0; i < c->clients.n; i++)
		TRY(read_client(&r, &clients[i], &ret->clients[i], &ret->jwks[i]));
	for (size_t i = 0; i < c->users.n; i++)
		TRY(read_user(&r, &users[i], &ret->users[i]));
	TRY(apply_names_read(c, a, &ret->names));
	TRY(read_authorities(&r, &ret->authorities));
	for (size_t i = 0; i < c->gateways.n; i++)
		TRY(read_gateway(&r, &gateways[i], &ret->gateways[i]));
	return RC_OK;
}
