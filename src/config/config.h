/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration file: read by a table (config_table.c). Every value is validated; a refusal names line, column and
 * key, never the value. Secrets are in separate files, which config_secret.h reads. */
#ifndef OSTIARY_CONFIG_CONFIG_H
#define OSTIARY_CONFIG_CONFIG_H

#include "base/arena.h"
#include "base/rc.h"
#include "base/slice.h"
#include "store/backend.h"

enum { CONFIG_FILE_MAX = 1024 * 1024, CONFIG_ARENA_MAX = 16 * 1024 * 1024 };

/* A position in the file, from 1. */
struct config_at {
	unsigned line, column;
};

/* An error message, ready to print: "FILE:LINE:COLUMN: KEY.PATH: what is wrong, and what to do". */
struct config_error {
	const char *file; /* set by the caller; names the text in messages */
	char text[640];
};

struct config_texts {
	const struct slice *v;
	size_t n;
};

struct config_listen {
	struct config_at at;
	struct slice address; /* "unix:NAME" (relative to state) or "127.0.0.1:9000", "[::1]:9000" */
	struct slice serves;  /* "public" or "session" */
	bool trusted_proxy;
	struct slice trusted_proxies; /* networks, space-separated */
};

struct config_tenant {
	struct config_at at;
	struct slice id, name;
};

struct config_resource {
	struct config_at at;
	struct slice uri;
	struct slice scopes; /* space-separated */
	struct slice typ;    /* "at+jwt" or "JWT" */
};

struct config_client {
	struct config_at at;
	struct slice id, tenant, secret_file, jwks_file;
	struct slice metadata; /* JSON in RFC 7591 terms, as src/oauth/client wants it */
};

struct config_user {
	struct config_at at;
	struct slice login, tenant, password_file, name, email;
	bool email_verified, disabled, reset_password;
	struct slice roles; /* space-separated */
};

struct config_gateway {
	struct config_at at;
	struct slice host, issuer, client_id, client_secret_file, scope, resource;
	struct slice roles_claim, tenant_claim;
	bool private_network;
	struct slice return_to; /* paths, space-separated */
};

/* A policy of /forward-auth?policy=NAME. */
struct config_forward_auth {
	struct config_at at;
	struct slice name, mode, audience;
	struct slice scopes, roles; /* all of those, one of these; space-separated */
	struct slice headers;       /* X-Issuer=iss; space-separated */
	bool ignore_header_urls;
};

/* Another issuer, whose keys gateways get over the control channel. */
struct config_issuer {
	struct config_at at;
	struct slice issuer, jwks_uri;
};

/* Lists: `v` points to `n` structs of the type named in the comment. */
struct config_list {
	void *v;
	size_t n;
};

struct config {
	const char *path; /* of the file itself, absolute; NULL for parsed text */
	struct slice text; /* the file's text; in the arena if it was read from a file */
	struct slice issuer, state, directory, ephemeral, key_encryption_key, user;
	struct config_list listen;    /* config_listen */
	struct config_list tenants;   /* config_tenant */
	struct config_list resources; /* config_resource */
	struct config_list clients;   /* config_client */
	struct config_list users;     /* config_user */
	struct config_list gateways;  /* config_gateway */
	struct config_list forward_auth; /* config_forward_auth */
	struct config_list issuers;   /* config_issuer */
	struct {
		struct slice level;
	} log;
	struct {
		int64_t access, id, code, refresh_idle, refresh_absolute, refresh_grace, leeway,
			assertion; /* seconds */
	} tokens;
	struct {
		int64_t public, confidential; /* requests a minute; 0: no limit */
	} rate;
	struct {
		int64_t keep; /* seconds */
	} audit;
	struct {
		int64_t idle, absolute;
	} sessions;
	struct {
		struct slice algorithms; /* space-separated */
		int64_t rotate, publish, retire, rsa_bits;
	} keys;
	struct {
		int64_t memory, passes, lanes, workers;
	} passwords;
	struct {
		int64_t connections, idle;
	} http;
	struct {
		int64_t workers, lookups;
	} link;
	struct slice ca_file;
};

/* Whether its access tokens have typ JWT. */
static inline bool config_is_plain(const struct config_resource *r)
{
	return slice_eq(r->typ, SLICE("JWT"));
}

/* Decodes and validates. Slices live in the arena. RC_SYNTAX with `err` filled, RC_MEMORY. */
enum rc config_parse(struct slice text, struct arena *a, struct config *ret_config,
		     struct config_error *err) WARN_UNUSED;
/* The same from a file. `path` also names it in messages. */
enum rc config_load(const char *path, struct arena *a, struct config *ret_config, struct config_error *err) WARN_UNUSED;

/* Fills `err`. `key` is the path of the key, or "". */
void config_complain(struct config_error *err, struct config_at at, const char *key, const char *format, ...)
	PRINTF_LIKE(4, 5);
void config_complain_key(struct config_error *err, struct config_at at, struct slice key, const char *format, ...)
	PRINTF_LIKE(4, 5);
/* The same, as an expression of value RC_SYNTAX, so that compilers see the failure. */
#define config_fail(...) (config_complain(__VA_ARGS__), RC_SYNTAX)
#define config_fail_key(...) (config_complain_key(__VA_ARGS__), RC_SYNTAX)

/* Absolute paths, in the arena. Sockets, stores and keys are relative to `state`; files that the configuration names
 * (passwords, client secrets, CA, JWKS) are relative to the folder of the configuration file. */
enum rc config_state_path(const struct config *c, struct slice name, struct arena *a,
			  const char **ret_path) WARN_UNUSED;
enum rc config_file_path(const struct config *c, struct slice name, struct arena *a, const char **ret_path) WARN_UNUSED;
/* Where the store of that role is. */
enum rc config_store_place(const struct config *c, enum store_role role, struct arena *a,
			   struct store_place *ret) WARN_UNUSED;

#endif
