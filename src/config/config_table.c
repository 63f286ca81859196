/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config_table.h"

#include <stddef.h>

#include "config/config_value.h"
#include "gateway/gateway_credential.h"
#include "oauth/client/client.h"
#include "oauth/client/client_id.h"

#define AT(member) .offset = offsetof(struct config, member)
#define IN(type, member) .offset = offsetof(struct type, member)
#define JSON CONFIG_NOWHERE
#define MINUTE 60
#define HOUR (60 * MINUTE)
#define DAY (24 * (int64_t)HOUR)

#define CLIENT_ALGS "ES256 ES384 ES512 RS256 RS384 RS512 PS256 PS384 PS512 Ed25519 EdDSA"

static const struct config_row log_rows[] = {
	{"level", CONFIG_CHOICE, AT(log.level), .fallback = "info", .choices = "debug info warn error",
	 .doc = "Events below this level are dropped. The log goes to standard error, one JSON object a line."},
	{0},
};

static const struct config_row token_rows[] = {
	{"access", CONFIG_DURATION, AT(tokens.access), 10, DAY, "10m", .doc = "Life of an access token."},
	{"id", CONFIG_DURATION, AT(tokens.id), 10, DAY, "10m", .doc = "Life of an ID token."},
	{"code", CONFIG_DURATION, AT(tokens.code), 1, 10 * MINUTE, "60s", .doc = "Life of an authorization code."},
	{"refresh_idle", CONFIG_DURATION, AT(tokens.refresh_idle), MINUTE, 3650 * DAY, "30d",
	 .doc = "Idle timeout of a refresh token."},
	{"refresh_absolute", CONFIG_DURATION, AT(tokens.refresh_absolute), MINUTE, 3650 * DAY, "90d",
	 .doc = "Absolute lifetime of the refresh tokens of one sign-in."},
	{"refresh_grace", CONFIG_DURATION, AT(tokens.refresh_grace), 0, 5 * MINUTE, "20s",
	 .doc = "Within this time a used refresh token yields its successor again instead of ending its grant."},
	{"leeway", CONFIG_DURATION, AT(tokens.leeway), 0, 5 * MINUTE, "30s",
	 .doc = "Accepted clock difference in tokens from others."},
	{"assertion", CONFIG_DURATION, AT(tokens.assertion), MINUTE, DAY, "1h",
	 .doc = "Longest lifetime of a client's assertion (private_key_jwt). Each works once."},
	{0},
};

static const struct config_row rate_rows[] = {
	{"public", CONFIG_NUMBER, AT(rate.public), 0, 1000000, "60",
	 .doc = "Requests to /token and /revoke per minute about one grant of a public client; 0: no limit."},
	{"confidential", CONFIG_NUMBER, AT(rate.confidential), 0, 1000000, "0",
	 .doc = "The same for clients that authenticate, and for each client that acts on its own behalf."},
	{0},
};

static const struct config_row audit_rows[] = {
	{"keep", CONFIG_DURATION, AT(audit.keep), DAY, 3650 * DAY, "365d", .doc = "Older records are deleted, a few at a time."},
	{0},
};

static const struct config_row session_rows[] = {
	{"idle", CONFIG_DURATION, AT(sessions.idle), MINUTE, 365 * DAY, "1h", .doc = "Idle timeout of a session."},
	{"absolute", CONFIG_DURATION, AT(sessions.absolute), MINUTE, 365 * DAY, "12h",
	 .doc = "Absolute lifetime of a session."},
	{0},
};

static const struct config_row key_rows[] = {
	{"algorithms", CONFIG_WORDS, AT(keys.algorithms), 1, 8, "ES256 RS256", CLIENT_ALGS,
	 .doc = "A signing key of each is kept. The first signs access tokens."},
	{"rotate", CONFIG_DURATION, AT(keys.rotate), 10, 3650 * DAY, "30d", .doc = "An active key is replaced after this time."},
	{"publish", CONFIG_DURATION, AT(keys.publish), 0, 365 * DAY, "1d",
	 .doc = "A next key is published for at least this time before it becomes active."},
	{"retire", CONFIG_DURATION, AT(keys.retire), 10, 365 * DAY, "1d",
	 .doc = "A replaced key is published for this time; at least as long as any token lives."},
	{"rsa_bits", CONFIG_NUMBER, AT(keys.rsa_bits), 2048, 4096, "2048", .doc = "Size of new RSA keys."},
	{0},
};

static const struct config_row password_rows[] = {
	{"memory", CONFIG_SIZE, AT(passwords.memory), 8 << 20, 1 << 30, "19MiB", .doc = "Memory of one Argon2id hash."},
	{"passes", CONFIG_NUMBER, AT(passwords.passes), 1, 16, "2", .doc = "Passes over that memory."},
	{"lanes", CONFIG_NUMBER, AT(passwords.lanes), 1, 4, "1", .doc = "Lanes of one hash (Argon2 parallelism). One lane is the fastest here."},
	{"workers", CONFIG_NUMBER, AT(passwords.workers), 1, 16, "1",
	 .doc = "Hashes computed at the same time; others wait in a short queue."},
	{0},
};

static const struct config_row http_rows[] = {
	{"connections", CONFIG_NUMBER, AT(http.connections), 16, 65536, "2048",
	 .doc = "Maximum open connections of each listener. One more closes the oldest idle one."},
	{"idle", CONFIG_DURATION, AT(http.idle), 1, HOUR, "75s", .doc = "A connection without a request is closed after this time."},
	{0},
};

static const struct config_row link_rows[] = {
	{"workers", CONFIG_NUMBER, AT(link.workers), 1, 4096, "256",
	 .doc = "Maximum connected worker processes of nginx. Further ones are closed, with a log line."},
	{"lookups", CONFIG_NUMBER, AT(link.lookups), 8, 4096, "128",
	 .doc = "Maximum session look-ups in progress for each of them. Further ones are answered with an error."},
	{0},
};

static const struct config_row listen_rows[] = {
	{"address", CONFIG_TEXT, IN(config_listen, address), 1, 108, .validate = config_value_address, .required = true,
	 .doc = "unix:NAME (a socket in the state folder, or an absolute name), 127.0.0.1:PORT or [::1]:PORT."},
	{"serves", CONFIG_CHOICE, IN(config_listen, serves), .fallback = "public", .choices = "public session",
	 .doc = "What this listener serves: public (the provider and the gateways' sign-in) or session (session data for backends)."},
	{"trusted_proxy", CONFIG_BOOL, IN(config_listen, trusted_proxy), .live = true, .fallback = "false",
	 .doc = "Whether a proxy is in front of it that sets X-Forwarded-For, X-Forwarded-Proto and X-Request-Id itself and drops "
		"the client's Forwarded."},
	{"trusted_proxies", CONFIG_WORDS, IN(config_listen, trusted_proxies), 0, 64, .validate = config_value_network, .live = true,
	 .doc = "Addresses and networks of further proxies, such as 10.0.0.0/8. Entries of X-Forwarded-For are read from the right; "
		"the first one that is not such a proxy is the client."},
	{0},
};

static const struct config_row tenant_rows[] = {
	{"id", CONFIG_TEXT, IN(config_tenant, id), 1, 32, .validate = config_value_tenant, .required = true,
	 .doc = "Its name in tokens and commands."},
	{"name", CONFIG_TEXT, IN(config_tenant, name), 0, 200, .doc = "Its name for people."},
	{0},
};

static const struct config_row resource_rows[] = {
	{"uri", CONFIG_TEXT, IN(config_resource, uri), 1, 1000, .validate = config_value_url, .required = true,
	 .doc = "The audience of its access tokens (RFC 8707)."},
	{"scopes", CONFIG_WORDS, IN(config_resource, scopes), 0, 64, .doc = "Scopes that belong to this API."},
	{"typ", CONFIG_CHOICE, IN(config_resource, typ), .fallback = "at+jwt", .choices = "at+jwt JWT",
	 .doc = "The typ header of its access tokens: at+jwt (RFC 9068), or JWT for verifiers that accept nothing else (Spring and Nimbus by "
		"default). ID tokens are JWT too. So no client may have this uri as its client_id, a token is never for this API and one "
		"of at+jwt together (name one in resource), and a verifier must require this audience. A change needs a restart."},
	{0},
};

const struct config_row config_table_client[] = {
	{"client_id", CONFIG_TEXT, IN(config_client, id), 1, 128, .validate = client_id_fault, .required = true,
	 .json = true, .doc = "Its identifier."},
	{"tenant", CONFIG_TEXT, IN(config_client, tenant), 1, 32, "default", .validate = config_value_tenant,
	 .doc = "The tenant that it belongs to."},
	{"client_secret_file", CONFIG_TEXT, IN(config_client, secret_file), 1, 1000,
	 .doc = "A file with its secret, readable by its owner only: one line of at least 32 characters."},
	{"jwks_file", CONFIG_TEXT, IN(config_client, jwks_file), 1, 1000, .doc = "A file with its public keys, for private_key_jwt."},
/* The metadata: a text of words is a text here. */
#define TYPE_TEXT CONFIG_TEXT
#define TYPE_TEXTS CONFIG_TEXTS
#define TYPE_CHOICE CONFIG_CHOICE
#define TYPE_WORDS CONFIG_TEXT
#define TYPE_BOOL CONFIG_BOOL
#define ROW_BOTH(...) __VA_ARGS__,
#define ROW_CONFIG(...) __VA_ARGS__,
#define ROW_COMMAND(...)
#define ROW_NEITHER(...)
#define CLIENT_MEMBER(name, type, least, most, choice, who, option, letter, value, help, text) \
	ROW_##who({#name, TYPE_##type, JSON, least, most, .choices = (choice), .doc = (text)})
#include "oauth/client/client_members.def"
#undef CLIENT_MEMBER
	{0},
};

static const struct config_row user_rows[] = {
	{"login", CONFIG_TEXT, IN(config_user, login), 1, 200, .required = true, .doc = "What the person types to sign in."},
	{"tenant", CONFIG_TEXT, IN(config_user, tenant), 1, 32, "default", .validate = config_value_tenant,
	 .doc = "The tenant that the user belongs to."},
	{"password_file", CONFIG_TEXT, IN(config_user, password_file), 1, 1000,
	 .doc = "A file with the first password, readable by its owner only: at least 8 characters and at most 1,024 bytes, neither one character "
		"repeated nor the login. Later changes are kept."},
	{"reset_password", CONFIG_BOOL, IN(config_user, reset_password), .fallback = "false",
	 .doc = "Whether the password is set from the file at every start and reload. That also resets the counters of failed attempts."},
	{"name", CONFIG_TEXT, IN(config_user, name), 0, 200, .doc = "Full name."},
	{"email", CONFIG_TEXT, IN(config_user, email), 0, 254, .doc = "Address."},
	{"email_verified", CONFIG_BOOL, IN(config_user, email_verified), .fallback = "false", 
	 .doc = "Whether the address is known to belong to the user. Then it works as a login, unless it is another "
		"user's login or verified address."},
	{"disabled", CONFIG_BOOL, IN(config_user, disabled), .fallback = "false",
	 .doc = "Whether sign-in is refused. A user who was disabled is enabled again only by \\fBostiary user enable\\fP."},
	{"roles", CONFIG_WORDS, IN(config_user, roles), 0, 32, .doc = "Roles, in tokens and in X-Roles."},
	{0},
};

static const struct config_row gateway_claim_rows[] = {
	{"roles", CONFIG_TEXT, IN(config_gateway, roles_claim), 1, 200,
	 .doc = "Where its ID tokens hold a user's roles: a claim's name, or a JSON Pointer such as /realm_access/roles."},
	{"tenant", CONFIG_TEXT, IN(config_gateway, tenant_claim), 1, 200, .doc = "Where its ID tokens hold a user's tenant."},
	{0},
};

static const struct config_row gateway_rows[] = {
	{"host", CONFIG_TEXT, IN(config_gateway, host), 1, 260, .validate = config_value_host, .required = true,
	 .doc = "The host (and port) that browsers use."},
	{"issuer", CONFIG_TEXT, IN(config_gateway, issuer), 1, 1000, .validate = config_value_url,
	 .doc = "The issuer that signs people in, exactly as in its metadata, including a final slash. Default: this provider."},
	{"client_id", CONFIG_TEXT, IN(config_gateway, client_id), 1, 128, .validate = client_id_fault, .required = true,
	 .doc = "The gateway's client at that provider."},
	{"client_secret_file", CONFIG_TEXT, IN(config_gateway, client_secret_file), 1, 1000,
	 .doc = "A file with that client's secret, readable by its owner only."},
	{"scope", CONFIG_TEXT, IN(config_gateway, scope), 1, 2000, "openid profile", .doc = "What it asks for."},
	{"resource", CONFIG_TEXT, IN(config_gateway, resource), 1, 1000, .validate = config_value_url,
	 .doc = "The API that its access token is for."},
	{"private_network", CONFIG_BOOL, IN(config_gateway, private_network), .fallback = "false",
	 .doc = "Whether the issuer's endpoints may be on this machine or in a private network although the issuer is not. The issuer's own host may "
		"be anywhere."},
	{"return_to", CONFIG_WORDS, IN(config_gateway, return_to), 0, 32, .validate = config_value_path,
	 .doc = "Paths of that host to which a sign-out may redirect, as /_ostiary/logout?return_to=/goodbye (always "
		"allowed: /). They must also be among the "
		"client's post_logout_redirect_uris, as https://HOST/goodbye."},
	{"claims", CONFIG_GROUP, .sub = gateway_claim_rows,
	 .doc = "Where ID tokens of another issuer hold roles and tenant. If absent, no roles and no tenant are taken from that issuer. "
		"This provider's own claims are roles and tenant."},
	{0},
};

static const struct config_row forward_auth_rows[] = {
	{"name", CONFIG_TEXT, IN(config_forward_auth, name), 1, 64, .validate = config_value_tenant, .required = true,
	 .doc = "What the proxy asks for: /forward-auth?policy=NAME."},
	{"mode", CONFIG_CHOICE, IN(config_forward_auth, mode), .fallback = "bearer", .choices = GATEWAY_CREDENTIAL_NAMES,
	 .doc = "Access tokens of this provider, or the session of a gateway host."},
	{"audience", CONFIG_TEXT, IN(config_forward_auth, audience), 1, 1000, .validate = config_value_url,
	 .doc = "The required audience of tokens; mandatory for bearer."},
	{"scopes", CONFIG_WORDS, IN(config_forward_auth, scopes), 0, 32, .doc = "Scopes that are all required."},
	{"roles", CONFIG_WORDS, IN(config_forward_auth, roles), 0, 32, .doc = "Roles of which one is required."},
	{"headers", CONFIG_WORDS, IN(config_forward_auth, headers), 0, 8,
	 .doc = "Further headers that are answered, each with its claim: X-Issuer=iss. The proxy must delete them from what clients send, "
		"and copy them."},
	{"ignore_header_urls", CONFIG_BOOL, IN(config_forward_auth, ignore_header_urls), .fallback = "false",
	 .doc = "Whether jku and x5u beside a kid in a token's header are passed over. They are never fetched: the key is one of this provider's all "
		"the same. Otherwise such a token is refused."},
	{0},
};

static const struct config_row issuer_rows[] = {
	{"issuer", CONFIG_TEXT, IN(config_issuer, issuer), 1, 500, .validate = config_value_url, .required = true,
	 .doc = "What its tokens carry as iss."},
	{"jwks_uri", CONFIG_TEXT, IN(config_issuer, jwks_uri), 1, 1000, .validate = config_value_url, .required = true,
	 .doc = "Where its keys are published."},
	{0},
};

#define LIST(member, rows, type) CONFIG_LIST, AT(member), .sub = (rows), .size = sizeof(struct type)

const struct config_row config_table[] = {
	{"issuer", CONFIG_TEXT, AT(issuer), 1, 500, .validate = config_value_issuer, .required = true,
	 .doc = "The provider's name and address: what browsers open and what tokens carry as iss. A path and a slash at its end are "
		"part of the name, which is compared to the letter; addresses are the name without that slash, and more. Do not change it: "
		"what was issued under another name is not this provider's."},
	{"state", CONFIG_TEXT, AT(state), 1, 200, "/var/lib/ostiary",
	 .doc = "The folder of the store, the sockets and the keys, made by \\fBostiary init\\fP. Relative to the configuration file."},
	{"directory", CONFIG_TEXT, AT(directory), 1, 1000, STORE_DIRECTORY_DEFAULT, .validate = config_value_directory,
	 .doc = "The durable store: " STORE_DIRECTORY_DOC "."},
	{"ephemeral", CONFIG_TEXT, AT(ephemeral), 1, 1000, STORE_EPHEMERAL_DEFAULT, .validate = config_value_ephemeral,
	 .doc = "The store of sessions and codes: " STORE_EPHEMERAL_DOC "."},
	{"listen", LIST(listen, listen_rows, config_listen), .doc = "Where HTTP is served; unix:http.sock where it is absent."},
	{"key_encryption_key", CONFIG_TEXT, AT(key_encryption_key), 1, 1000, "key-encryption.key",
	 .doc = "The file with the key that encrypts the signing keys, made by \\fBostiary init\\fP."},
	{"user", CONFIG_TEXT, AT(user), 1, 32, .doc = "The system user of the daemon where it is started as root."},
	{"ca_file", CONFIG_TEXT, AT(ca_file), 1, 1000, .live = true,
	 .doc = "Certificate authorities for outgoing connections, instead of the system's."},
	{"log", CONFIG_GROUP, .live = true, .sub = log_rows, .doc = "The log."},
	{"http", CONFIG_GROUP, .sub = http_rows, .doc = "The HTTP server."},
	{"link", CONFIG_GROUP, .sub = link_rows, .doc = "The gateways' link."},
	{"tokens", CONFIG_GROUP, .live = true, .sub = token_rows, .doc = "How long tokens live."},
	{"rate", CONFIG_GROUP, .live = true, .sub = rate_rows,
	 .doc = "How often one grant may be asked about; over that the answer is 429 with Retry-After."},
	{"audit", CONFIG_GROUP, .live = true, .sub = audit_rows, .doc = "The audit records in the store."},
	{"sessions", CONFIG_GROUP, .live = true, .sub = session_rows, .doc = "How long people stay signed in."},
	{"keys", CONFIG_GROUP, .live = true, .sub = key_rows, .doc = "The signing keys."},
	{"passwords", CONFIG_GROUP, .live = true, .sub = password_rows, .doc = "What one password hash costs."},
	{"tenants", LIST(tenants, tenant_rows, config_tenant), .live = true, .doc = "Tenants; one called default where it is absent."},
	{"resources", LIST(resources, resource_rows, config_resource), .live = true, .doc = "APIs that access tokens can be for."},
	{"clients", LIST(clients, config_table_client, config_client), .live = true,
	 .doc = "Clients, added or brought up to date at every start and reload. Names as in RFC 7591. What is here is changed here alone; "
		"what is removed is disabled."},
	{"users", LIST(users, user_rows, config_user), .live = true,
	 .doc = "Users, added or brought up to date at every start and reload. What is here is changed here alone, but for lock and password; "
		"who is removed is disabled."},
	{"gateways", LIST(gateways, gateway_rows, config_gateway), .live = true, .doc = "Hosts whose gateway signs people in by itself."},
	{"forward_auth", LIST(forward_auth, forward_auth_rows, config_forward_auth), .live = true,
	 .doc = "Policies for gateways other than nginx, which ask /forward-auth over a listener with trusted_proxy."},
	{"issuers", LIST(issuers, issuer_rows, config_issuer), .live = true, .doc = "Other issuers whose keys nginx gets over the link."},
	{0},
};
