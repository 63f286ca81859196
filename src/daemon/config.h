/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration file: read by a table (config_table.c), every value checked, refused with line, column and key.
 * Messages never hold a value. Secrets stand in files of their own, which config_secret.h reads. */
#ifndef OSTIARY_DAEMON_CONFIG_H
#define OSTIARY_DAEMON_CONFIG_H

#include "base/arena.h"
#include "base/rc.h"
#include "base/slice.h"

enum { CONFIG_FILE_MAX = 1024 * 1024, CONFIG_ARENA_MAX = 16 * 1024 * 1024 };

/* Where something stands in the file, from 1. */
struct config_at {
	unsigned line, column;
};

/* What is wrong, ready to print: "FILE:LINE:COLUMN: KEY.PATH: what, and what to do". */
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
};

struct config_tenant {
	struct config_at at;
	struct slice id, name;
};

struct config_resource {
	struct config_at at;
	struct slice uri;
	struct slice scopes; /* space-separated */
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
};

/* A policy of /forward-auth?policy=NAME. */
struct config_forward_auth {
	struct config_at at;
	struct slice name, mode, audience;
	struct slice scopes, roles; /* all of those, one of these; space-separated */
};

/* An issuer of others whose keys gateways get over the link. */
struct config_issuer {
	struct config_at at;
	struct slice issuer, jwks_uri;
};

/* Lists: `v` points to `n` structs of the kind named in the comment. */
struct config_list {
	void *v;
	size_t n;
};

struct config {
	struct slice path; /* of the file itself; empty for parsed text */
	struct slice text; /* what it was decoded from; in the arena where a file was read */
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
		int64_t access, id, code, refresh_idle, refresh_absolute, refresh_grace, leeway; /* seconds */
	} tokens;
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
	struct slice ca_file;
};

/* Decodes and checks. Slices live in the arena. RC_SYNTAX with `err` filled, RC_LIMIT. */
enum rc config_parse(struct slice text, struct arena *a, struct config *ret_config, struct config_error *err) WARN_UNUSED;
/* The same from a file. `path` also names it in messages. */
enum rc config_load(const char *path, struct arena *a, struct config *ret_config, struct config_error *err) WARN_UNUSED;

/* Fills `err`. `key` is the path of the key, or "". */
void config_complain(struct config_error *err, struct config_at at, const char *key, const char *format, ...) PRINTF_LIKE(4, 5);
void config_complain_key(struct config_error *err, struct config_at at, struct slice key, const char *format, ...) PRINTF_LIKE(4, 5);
/* The same; give RC_SYNTAX, in sight of whoever checks that what a success leaves is set. */
#define config_fail(...) (config_complain(__VA_ARGS__), RC_SYNTAX)
#define config_fail_key(...) (config_complain_key(__VA_ARGS__), RC_SYNTAX)

/* Absolute file names in the arena. Names that state owns (sockets, stores, keys) are relative to `state`; files that
 * the configuration names (passwords, client secrets, CA, JWKS) are relative to the configuration file's folder. */
enum rc config_state_path(const struct config *c, struct slice name, struct arena *a, const char **ret_path) WARN_UNUSED;
enum rc config_file_path(const struct config *c, struct slice name, struct arena *a, const char **ret_path) WARN_UNUSED;

#endif
