/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/config_table.h"

#include <stddef.h>

#include "daemon/config_value.h"

#define AT(member) .offset = offsetof(struct config, member)
#define IN(type, member) .offset = offsetof(struct type, member)
#define JSON CONFIG_NOWHERE
#define MINUTE 60
#define HOUR (60 * MINUTE)
#define DAY (24 * (int64_t)HOUR)

#define ALGS "ES256 ES384 ES512 RS256 RS384 RS512 PS256 PS384 PS512 Ed25519"

static const struct config_row log_rows[] = {
	{"level", CONFIG_CHOICE, AT(log.level), .fallback = "info", .choices = "debug info warn error",
	 .doc = "Lesser events are dropped. The log goes to standard error, one JSON object a line."},
	{0},
};

static const struct config_row token_rows[] = {
	{"access", CONFIG_DURATION, AT(tokens.access), 10, DAY, "10m", .doc = "Life of an access token."},
	{"id", CONFIG_DURATION, AT(tokens.id), 10, DAY, "10m", .doc = "Life of an ID token."},
	{"code", CONFIG_DURATION, AT(tokens.code), 1, 10 * MINUTE, "60s", .doc = "Life of an authorization code."},
	{"refresh_idle", CONFIG_DURATION, AT(tokens.refresh_idle), MINUTE, 3650 * DAY, "30d",
	 .doc = "A refresh token that is not used so long expires."},
	{"refresh_absolute", CONFIG_DURATION, AT(tokens.refresh_absolute), MINUTE, 3650 * DAY, "90d",
	 .doc = "So long after the sign-in no refresh token of it works."},
	{"refresh_grace", CONFIG_DURATION, AT(tokens.refresh_grace), 0, 5 * MINUTE, "20s",
	 .doc = "Within this time a used refresh token yields its successor again instead of ending the sign-in."},
	{"leeway", CONFIG_DURATION, AT(tokens.leeway), 0, 5 * MINUTE, "30s",
	 .doc = "Clock difference that is forgiven in tokens of others."},
	{0},
};

static const struct config_row session_rows[] = {
	{"idle", CONFIG_DURATION, AT(sessions.idle), MINUTE, 365 * DAY, "1h", .doc = "A session that is not used so long ends."},
	{"absolute", CONFIG_DURATION, AT(sessions.absolute), MINUTE, 365 * DAY, "12h",
	 .doc = "So long after the sign-in the session ends, used or not."},
	{0},
};

static const struct config_row key_rows[] = {
	{"algorithms", CONFIG_WORDS, AT(keys.algorithms), 1, 8, "ES256 RS256", ALGS,
	 .doc = "A signing key of each is kept. The first signs access tokens."},
	{"rotate", CONFIG_DURATION, AT(keys.rotate), 10, 3650 * DAY, "30d", .doc = "An active key is replaced after this time."},
	{"publish", CONFIG_DURATION, AT(keys.publish), 0, 365 * DAY, "1d",
	 .doc = "A next key is published for at least this time before it becomes active by itself."},
	{"retire", CONFIG_DURATION, AT(keys.retire), 10, 365 * DAY, "1d",
	 .doc = "A replaced key is published for this time; at least as long as any token lives."},
	{"rsa_bits", CONFIG_NUMBER, AT(keys.rsa_bits), 2048, 4096, "2048", .doc = "Size of new RSA keys."},
	{0},
};

static const struct config_row password_rows[] = {
	{"memory", CONFIG_SIZE, AT(passwords.memory), 8 << 20, 1 << 30, "19MiB", .doc = "Memory of one Argon2id hash."},
	{"passes", CONFIG_NUMBER, AT(passwords.passes), 1, 16, "2", .doc = "Passes over that memory."},
	{"lanes", CONFIG_NUMBER, AT(passwords.lanes), 1, 4, "2", .doc = "Lanes of one hash (Argon2 parallelism)."},
	{"workers", CONFIG_NUMBER, AT(passwords.workers), 1, 16, "1",
	 .doc = "Hashes computed at the same time; others wait in a short queue."},
	{0},
};

static const struct config_row http_rows[] = {
	{"connections", CONFIG_NUMBER, AT(http.connections), 16, 65536, "2048", .doc = "Connections open at once, all listeners."},
	{"idle", CONFIG_DURATION, AT(http.idle), 1, HOUR, "75s", .doc = "A connection without a request is closed after this time."},
	{0},
};

static const struct config_row listen_rows[] = {
	{"address", CONFIG_TEXT, IN(config_listen, address), 1, 108, .check = config_value_address, .required = true,
	 .doc = "unix:NAME (a socket in the state folder, or an absolute name), 127.0.0.1:PORT or [::1]:PORT."},
	{"serves", CONFIG_CHOICE, IN(config_listen, serves), .fallback = "public", .choices = "public session",
	 .doc = "What is served here: public is the provider and the gateways' sign-in; session the session data of backends."},
	{"trusted_proxy", CONFIG_BOOL, IN(config_listen, trusted_proxy), .fallback = "false",
	 .doc = "Whether a proxy that sets X-Forwarded-For and X-Forwarded-Proto itself stands before it."},
	{0},
};

static const struct config_row tenant_rows[] = {
	{"id", CONFIG_TEXT, IN(config_tenant, id), 1, 32, .check = config_value_tenant, .required = true,
	 .doc = "Its name in tokens and commands."},
	{"name", CONFIG_TEXT, IN(config_tenant, name), 0, 200, .doc = "Its name for people."},
	{0},
};

static const struct config_row resource_rows[] = {
	{"uri", CONFIG_TEXT, IN(config_resource, uri), 1, 1000, .check = config_value_url, .required = true,
	 .doc = "The audience of its access tokens (RFC 8707)."},
	{"scopes", CONFIG_WORDS, IN(config_resource, scopes), 0, 64, .doc = "Scopes that mean this API."},
	{0},
};

const struct config_row config_table_client[] = {
	{"client_id", CONFIG_TEXT, IN(config_client, id), 1, 128, .check = config_value_client_id, .required = true,
	 .json = true, .doc = "Its identifier."},
	{"tenant", CONFIG_TEXT, IN(config_client, tenant), 1, 32, "default", .check = config_value_tenant, .doc = "Whose it is."},
	{"client_secret_file", CONFIG_TEXT, IN(config_client, secret_file), 1, 1000,
	 .doc = "A file with its secret, readable by its owner only: one line of at least 32 characters."},
	{"jwks_file", CONFIG_TEXT, IN(config_client, jwks_file), 1, 1000, .doc = "A file with its public keys, for private_key_jwt."},
	{"client_name", CONFIG_TEXT, JSON, 1, 200, .doc = "Its name for people."},
	{"redirect_uris", CONFIG_TEXTS, JSON, 1, 32, .doc = "Where sign-ins may return to; compared exactly."},
	{"post_logout_redirect_uris", CONFIG_TEXTS, JSON, 0, 32, .doc = "Where sign-outs may return to."},
	{"allowed_origins", CONFIG_TEXTS, JSON, 0, 32, .doc = "Further browser origins that may call the provider."},
	{"token_endpoint_auth_method", CONFIG_CHOICE, JSON,
	 .choices = "none client_secret_basic client_secret_post private_key_jwt",
	 .doc = "How it authenticates; exactly this method. none for apps that can keep no secret."},
	{"grant_types", CONFIG_TEXTS, JSON, 1, 8, .choices = "authorization_code refresh_token client_credentials",
	 .doc = "What it may ask for; authorization_code where absent."},
	{"response_types", CONFIG_TEXTS, JSON, 1, 8, .choices = "code", .doc = "Only code."},
	{"scope", CONFIG_TEXT, JSON, 0, 2000, .doc = "Scopes that it may ask for, separated by spaces; openid where absent and people sign in."},
	{"id_token_signed_response_alg", CONFIG_CHOICE, JSON, .choices = ALGS, .doc = "What signs its ID tokens."},
	{"client_uri", CONFIG_TEXT, JSON, 1, 1000, .doc = "Its home page."},
	{"policy_uri", CONFIG_TEXT, JSON, 1, 1000, .doc = "Its privacy policy."},
	{"tos_uri", CONFIG_TEXT, JSON, 1, 1000, .doc = "Its terms of service."},
	{"trusted", CONFIG_BOOL, JSON, .doc = "Whether it is one's own: nobody is asked for consent."},
	{"roles", CONFIG_TEXT, JSON, 0, 1000, .doc = "Roles of its own, in client credentials tokens; separated by spaces."},
	{0},
};

static const struct config_row user_rows[] = {
	{"login", CONFIG_TEXT, IN(config_user, login), 1, 200, .required = true, .doc = "What the person types to sign in."},
	{"tenant", CONFIG_TEXT, IN(config_user, tenant), 1, 32, "default", .check = config_value_tenant, .doc = "Whose user it is."},
	{"password_file", CONFIG_TEXT, IN(config_user, password_file), 1, 1000,
	 .doc = "A file with the first password, readable by its owner only. Later changes are kept."},
	{"reset_password", CONFIG_BOOL, IN(config_user, reset_password), .fallback = "false",
	 .doc = "Whether the password is set from the file at every start."},
	{"name", CONFIG_TEXT, IN(config_user, name), 0, 200, .doc = "Full name."},
	{"email", CONFIG_TEXT, IN(config_user, email), 0, 254, .doc = "Address."},
	{"email_verified", CONFIG_BOOL, IN(config_user, email_verified), .fallback = "false", .doc = "Whether it is known to be theirs."},
	{"disabled", CONFIG_BOOL, IN(config_user, disabled), .fallback = "false",
	 .doc = "Whether signing in is refused. What was disabled is enabled again by \\fBostiary user enable\\fP alone."},
	{"roles", CONFIG_WORDS, IN(config_user, roles), 0, 32, .doc = "Roles, in tokens and in X-Roles."},
	{0},
};

static const struct config_row gateway_rows[] = {
	{"host", CONFIG_TEXT, IN(config_gateway, host), 1, 260, .check = config_value_host, .required = true,
	 .doc = "The host (and port) that browsers use."},
	{"issuer", CONFIG_TEXT, IN(config_gateway, issuer), 1, 1000, .check = config_value_issuer,
	 .doc = "Who signs people in; this provider where it is absent."},
	{"client_id", CONFIG_TEXT, IN(config_gateway, client_id), 1, 128, .check = config_value_client_id, .required = true,
	 .doc = "The gateway's client at that provider."},
	{"client_secret_file", CONFIG_TEXT, IN(config_gateway, client_secret_file), 1, 1000,
	 .doc = "A file with that client's secret, readable by its owner only."},
	{"scope", CONFIG_TEXT, IN(config_gateway, scope), 1, 2000, "openid profile", .doc = "What it asks for."},
	{"resource", CONFIG_TEXT, IN(config_gateway, resource), 1, 1000, .check = config_value_url,
	 .doc = "The API that its access token is for."},
	{0},
};

static const struct config_row forward_auth_rows[] = {
	{"name", CONFIG_TEXT, IN(config_forward_auth, name), 1, 64, .check = config_value_tenant, .required = true,
	 .doc = "What the proxy asks for: /forward-auth?policy=NAME."},
	{"mode", CONFIG_CHOICE, IN(config_forward_auth, mode), .fallback = "bearer", .choices = "bearer session",
	 .doc = "Access tokens of this provider, or the session of a gateway host."},
	{"audience", CONFIG_TEXT, IN(config_forward_auth, audience), 1, 1000, .check = config_value_url,
	 .doc = "What tokens must be for; required for bearer."},
	{"scopes", CONFIG_WORDS, IN(config_forward_auth, scopes), 0, 32, .doc = "Scopes that are all required."},
	{"roles", CONFIG_WORDS, IN(config_forward_auth, roles), 0, 32, .doc = "Roles of which one is required."},
	{0},
};

static const struct config_row issuer_rows[] = {
	{"issuer", CONFIG_TEXT, IN(config_issuer, issuer), 1, 500, .check = config_value_issuer, .required = true,
	 .doc = "What its tokens carry as iss."},
	{"jwks_uri", CONFIG_TEXT, IN(config_issuer, jwks_uri), 1, 1000, .check = config_value_url, .required = true,
	 .doc = "Where its keys are published."},
	{0},
};

#define LIST(member, rows, type) CONFIG_LIST, AT(member), .sub = (rows), .size = sizeof(struct type)

const struct config_row config_table[] = {
	{"issuer", CONFIG_TEXT, AT(issuer), 1, 500, .check = config_value_issuer, .required = true,
	 .doc = "The provider's name and address: what browsers open and what tokens carry as iss. No slash at the end."},
	{"state", CONFIG_TEXT, AT(state), 1, 200, "/var/lib/ostiary",
	 .doc = "The folder of the store, the sockets and the keys, made by \\fBostiary init\\fP. Relative to the configuration file."},
	{"directory", CONFIG_TEXT, AT(directory), 1, 1000, "sqlite", .check = config_value_directory,
	 .doc = "The durable store: sqlite (ostiary.db in the state folder) or sqlite:FILE."},
	{"ephemeral", CONFIG_TEXT, AT(ephemeral), 1, 1000, "memory", .check = config_value_ephemeral,
	 .doc = "The store of sessions and codes: memory (lost at a restart), sqlite or sqlite:FILE."},
	{"listen", LIST(listen, listen_rows, config_listen), .doc = "Where HTTP is served; unix:http.sock where it is absent."},
	{"key_encryption_key", CONFIG_TEXT, AT(key_encryption_key), 1, 1000, "key-encryption.key",
	 .doc = "The file with the key that encrypts the signing keys, made by \\fBostiary init\\fP."},
	{"user", CONFIG_TEXT, AT(user), 1, 32, .doc = "The system user of the daemon where it is started as root."},
	{"ca_file", CONFIG_TEXT, AT(ca_file), 1, 1000, .doc = "Certificate authorities for outgoing connections, instead of the system's."},
	{"log", CONFIG_GROUP, .live = true, .sub = log_rows, .doc = "The log."},
	{"http", CONFIG_GROUP, .sub = http_rows, .doc = "The HTTP server."},
	{"tokens", CONFIG_GROUP, .sub = token_rows, .doc = "How long tokens live."},
	{"sessions", CONFIG_GROUP, .sub = session_rows, .doc = "How long people stay signed in."},
	{"keys", CONFIG_GROUP, .sub = key_rows, .doc = "The signing keys."},
	{"passwords", CONFIG_GROUP, .sub = password_rows, .doc = "What one password hash costs."},
	{"tenants", LIST(tenants, tenant_rows, config_tenant), .live = true, .doc = "Tenants; one called default where it is absent."},
	{"resources", LIST(resources, resource_rows, config_resource), .doc = "APIs that access tokens can be for."},
	{"clients", LIST(clients, config_table_client, config_client), .live = true,
	 .doc = "Clients, added or brought up to date at every start and reload. Names as in RFC 7591."},
	{"users", LIST(users, user_rows, config_user), .live = true, .doc = "Users, added or brought up to date at every start and reload."},
	{"gateways", LIST(gateways, gateway_rows, config_gateway), .doc = "Hosts whose gateway signs people in by itself."},
	{"forward_auth", LIST(forward_auth, forward_auth_rows, config_forward_auth), .live = true,
	 .doc = "Policies for gateways other than nginx, which ask /forward-auth over a listener with trusted_proxy."},
	{"issuers", LIST(issuers, issuer_rows, config_issuer), .doc = "Other issuers whose keys nginx gets over the link."},
	{0},
};
