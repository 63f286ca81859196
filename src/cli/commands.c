/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"

#include "oauth/client/client.h"

#define TENANT {"tenant", 't', "ID", "the tenant (default: the first of the configuration)", false}
#define PASSWORD                                                                                        \
	{"password-file", 0, "FILE", "read the password from a file of mode 0600", false},              \
	{"password-stdin", 0, NULL, "read the password from standard input", false}

static const struct cli_option tenant_options[] = {TENANT, {0}};
static const struct cli_option password_options[] = {TENANT, PASSWORD, {0}};
static const struct cli_option user_options[] = {
	TENANT, PASSWORD, {"name", 'n', "TEXT", "full name", false}, {"email", 'e', "ADDRESS", "mail address", false},
	{"roles", 'r', "A,B", "roles", false}, {"no-password", 0, NULL, "add without a password", false}, {0}};
static const struct cli_option user_set_options[] = {
	TENANT, {"email", 'e', "ADDRESS", "mail address; another one is not verified", false},
	{"name", 'n', "TEXT", "full name", false}, {"verified", 0, "BOOL", "true: the address is theirs", false},
	{"login", 'l', "LOGIN", "another login", false}, {0}};
#define PAGE                                                                                             \
	{"limit", 'n', "N", "page size, 1 to 500 (default 100)", false},                 \
	{"after", 0, "NEXT", "continue after NEXT, the value in the last line (more: ...)", false}
static const struct cli_option list_options[] = {TENANT, PAGE, {0}};
static const struct cli_option limit_options[] = {PAGE, {0}};
static const struct cli_option audit_options[] = {
	TENANT,
	{"since", 's', "WHEN", "none older than: 90s, 15m, 1h, 30d ago, or 2026-01-31, or 2026-01-31T08:00:00Z", false},
	{"user", 'u', "LOGIN", "about this user; of a deleted one its sub", false},
	{"event", 'e', "EVENT", "only this event, for example user.signed_in", false},
	PAGE,
	{0}};
/* The metadata that commands set (oauth/client/client_members.def). */
#define OPTION_BOTH(...) __VA_ARGS__,
#define OPTION_COMMAND(...) __VA_ARGS__,
#define OPTION_CONFIG(...)
#define OPTION_NEITHER(...)
#define CLIENT_MEMBER(name, type, least, most, choices, who, option, letter, value, help, doc) \
	OPTION_##who({option, letter, value, help, false})
static const struct cli_option client_options[] = {
	TENANT,
#include "oauth/client/client_members.def"
	{0}};
static const struct cli_option client_set_options[] = {
#include "oauth/client/client_members.def"
	{"unset", 0, "A,B", "options whose members are removed, as if never given", false},
	{0}};
#undef CLIENT_MEMBER
static const struct cli_option session_options[] = {
	TENANT, {"user", 'u', "LOGIN", "all sessions of this user", false}, {0}};
static const struct cli_option init_options[] = {
	{"issuer", 'i', "URL", "the provider's address (default http://id.localhost:8080)", false},
	{"state", 's', "DIR", "the state folder (default: what the configuration says, or /var/lib/ostiary)", false},
	{"user", 'u', "NAME", "the system user that the daemon becomes where root starts it", false}, {0}};
static const struct cli_option login_options[] = {
	{"issuer", 'i', "URL", "the provider (default: the configuration's)", false},
	{"client-id", 0, "ID", "the native app's client (default ostiary-cli)", false},
	{"scope", 's', "A B", "what to ask for (default openid profile email)", false},
	{"no-browser", 0, NULL, "only print the address", false},
	{"ca", 0, "FILE", "certificate authorities instead of the system's", false},
	{"timeout", 0, "SECONDS", "how long to wait for the browser (default 300)", false}, {0}};

#define TOKEN_CHECK                                                                                                   \
	{"jwks", 'k', "FILE", "the keys: a JSON Web Key or a set of them, or a public key as PEM or DER", false},     \
		{"alg", 'a', "A,B",                                                                                   \
		 "allowed algorithms (default: all that need no shared secret; HS* where the file has only secrets)", \
		 false},                                                                                              \
		{"iss", 'i', "ISSUER", "require exactly this issuer", false},                                          \
		{"aud", 0, "AUDIENCE", "require this audience", false},                                                \
		{"typ", 't', "TYPE", "require this type, for example at+jwt", false},                                  \
		{"kid", 0, "KID", "only the key with this kid; a PEM or DER key gets this kid", false},        \
		{"leeway", 0, "DURATION", "accepted clock difference, at most 300s (default 0s)", false}, \
		{"ignore-header-urls", 0, NULL, "ignore jku and x5u beside a known kid; they are never fetched",   \
		 false},                                                                                              \
		{"nonce", 0, "NONCE",                                                                                 \
		 "require an SD-JWT that its holder bound to --aud and this nonce within five minutes", false},    \
	{                                                                                                             \
		"now", 0, "SECONDS", "the time of verification, in seconds since 1970 (default: now)", false          \
	}

static const struct cli_option validate_options[] = {TOKEN_CHECK, {0}};
static const struct cli_option sign_options[] = {
	{"key", 'k', "FILE", "the private key (JSON Web Key, PEM or DER), a file of mode 0600", false},
	{"alg", 'a', "ALG", "the algorithm (default: the key's own)", false},
	{"typ", 't', "TYPE", "the header's typ, for example at+jwt", false},
	{"lifetime", 'l', "DURATION", "put iat and exp into the claims: 90s, 15m, 1h, 30d", false}, {0}};
static const struct cli_option decrypt_options[] = {
	{"key", 'k', "FILE", "the private or symmetric key (JSON Web Key, PEM or DER), a file of mode 0600", false},
	{"password-file", 0, "FILE", "a password (PBES2) instead, in a file of mode 0600", false},
	{"alg", 'a', "A,B", "allowed key management (default: all that fit the key, or the password)", false}, {0}};
static const struct cli_option encrypt_options[] = {
	{"key", 'k', "FILE",
	 "the recipient's key (JSON Web Key, PEM or DER), public or shared; a shared one in a file of mode 0600",
	 false},
	{"password-file", 0, "FILE", "a password (PBES2) instead, in a file of mode 0600", false},
	{"alg", 'a', "ALG",
	 "key management (default: the key's own, else RSA-OAEP-256, ECDH-ES or AES key wrapping by its type)", false},
	{"enc", 'e', "ENC", "encryption of the content (default A256GCM)", false},
	{"typ", 't', "TYPE", "the header's typ", false},
	{"cty", 0, "TYPE", "the header's cty (default: JWT where the message is a signed token, else none)", false},
	{0}};
static const struct cli_option generate_options[] = {
	{"alg", 'a', "ALG",
	 "what it is for: ES256 (default), Ed25519, RS256, HS256, RSA-OAEP-256, ECDH-ES, A256KW and the like", false},
	{"crv", 0, "CURVE", "for ECDH-ES and its kin: P-256 (default), P-384, P-521, X25519, X448", false},
	{"kid", 0, "KID", "its name (default: its thumbprint)", false},
	{"bits", 'b', "N", "length of an RSA key, 2048 to 8192 (default 3072)", false},
	{"out", 'o', "FILE", "write a new file of mode 0600 instead of standard output", false},
	{0}};
#define IMPORT                                                                                                     \
	{"alg", 'a', "ALG", "bind a key that is no JSON Web Key to this algorithm", false},                        \
		{"use", 0, "USE", "either sig or enc, of a key that is no JSON Web Key", false},                   \
		{"kid", 0, "KID", "its name, of a key that is no JSON Web Key (default: its thumbprint)", false},  \
	{                                                                                                          \
		"passphrase-file", 0, "FILE", "what opens an encrypted private key, in a file of mode 0600", false \
	}

static const struct cli_option show_options[] = {IMPORT, {0}};
static const struct cli_option convert_options[] = {
	{"to", 't', "FORM", "needed: one of jwk, jwks, pem, der", false},
	{"public", 'p', NULL, "only the public half", false},
	IMPORT,
	{"new-passphrase-file", 0, "FILE", "encrypt the private key (PKCS #8) with what is in a file of mode 0600",
	 false},
	{"out", 'o', "FILE", "write a new file of mode 0600 instead of standard output", false},
	{0}};
static const struct cli_option thumbprint_options[] = {{"uri", 'u', NULL, "as a URI (RFC 9278)", false}, IMPORT, {0}};

const struct cli_command cli_commands[] = {
	{NULL, "init", "", "make state folder, key-encryption key and a sample configuration",
	 "Keeps existing files. Run it as root with --user, or as the user that the daemon runs as.",
	 init_options, cmd_init, false},
	{NULL, "serve", "", "run the daemon",
	 "Stays in the foreground; SIGTERM ends it cleanly, SIGHUP reads the configuration again. Logs go to standard "
	 "error.",
	 NULL, cmd_serve, false},
	{NULL, "check-config", "[FILE]", "check a configuration and the secrets that it names",
	 "Also checks that its parts agree: a gateway and its client (secret, callback, scope, resource), "
	 "APIs, users. "
	 "And names each client that holds grants for an API which its resources lack, and each user whose verified "
	 "e-mail does "
	 "not sign in, since it is somebody else's login or address too.",
	 NULL, cmd_validate_config, false},
	{"user", "add", "LOGIN", "add a user", "  ostiary user add alice --name \"Alice Example\" --roles customer",
	 user_options, cmd_user_add, false},
	{"user", "list", "", "list users", NULL, list_options, cmd_user_list, false},
	{"user", "show", "LOGIN", "show one user, and what failed attempts have locked", NULL, tenant_options, cmd_user_show, false},
	{"user", "disable", "LOGIN", "sign a user out everywhere and refuse further sign-ins", NULL, tenant_options,
	 cmd_user_disable, false},
	{"user", "enable", "LOGIN", "undo disable", NULL, tenant_options, cmd_user_enable, false},
	{"user", "unlock", "LOGIN", "let new devices sign in again after too many failed attempts", NULL,
	 tenant_options, cmd_user_unlock, false},
	{"user", "delete", "LOGIN", "delete a user and end what they have", NULL, tenant_options, cmd_user_delete,
	 false},
	{"user", "password", "LOGIN", "set a new password; ends the user's sessions", NULL, password_options,
	 cmd_user_password, false},
	{"user", "roles", "LOGIN [A,B]", "replace a user's roles; none without a list", NULL, tenant_options,
	 cmd_user_roles, false},
	{"user", "set", "LOGIN", "change single members of a user",
	 "  ostiary user set alice --email alice@example.com --verified true\n"
	 "An empty value removes name or address. Sessions continue. Change a user of the configuration there.",
	 user_set_options, cmd_user_set, false},
	{"client", "add", "CLIENT_ID", "register a client",
	 "  ostiary client add shop --auth none --redirect-uris https://shop.example.com/ --scope \"openid profile\"\n"
	 "The secret, where there is one, is shown once.",
	 client_options, cmd_client_add, false},
	{"client", "list", "", "list clients", NULL, limit_options, cmd_client_list, false},
	{"client", "show", "CLIENT_ID", "show one client", NULL, NULL, cmd_client_show, false},
	{"client", "set", "CLIENT_ID", "change single members of a client",
	 "  ostiary client set shop --redirect-uris https://shop.example.com/,https://shop.example.com/new --unset "
	 "policy\n"
	 "Other members keep their values. A list is replaced as a whole. If --auth now needs a secret, one is made and "
	 "shown once. "
	 "Change a client of the configuration there.",
	 client_set_options, cmd_client_set, false},
	{"client", "disable", "CLIENT_ID", "refuse a client and end its tokens", NULL, NULL, cmd_client_disable, false},
	{"client", "enable", "CLIENT_ID", "undo disable", NULL, NULL, cmd_client_enable, false},
	{"client", "rotate-secret", "CLIENT_ID", "give a client a new secret; the old one stops working at once",
	 "The secret is shown once. For a client of the configuration, change its client_secret_file instead.", NULL,
	 cmd_client_rotate, false},
	{"client", "secret", "ACTION CLIENT_ID", "with the action rotate: the same as client rotate-secret", NULL, NULL,
	 cmd_client_secret, false},
	{"client", "delete", "CLIENT_ID", "delete a client and end its tokens", NULL, NULL, cmd_client_delete, false},
	{"key", "list", "", "list signing keys and their states", NULL, limit_options, cmd_key_list, false},
	{"key", "rotate", "", "make the next keys active and publish new ones",
	 "Tokens signed before keep verifying until they expire.", NULL, cmd_key_rotate, false},
	{"key", "revoke", "KID", "withdraw a signing key at once: its signatures are refused everywhere",
	 "If it is the active key, the next key becomes active first. Sessions and refresh tokens "
	 "continue.\n"
	 "After a break-in, revoke the next keys first, then the active ones.\n"
	 "Services that verify tokens themselves notice when they next fetch the keys, which may be cached for five "
	 "minutes.",
	 NULL, cmd_key_revoke, false},
	{"key", "generate", "", "make a private key, for a client or for tests",
	 "  ostiary key generate --alg ES256 --out shop.jwk", generate_options, cmd_key_generate, false},
	{"key", "show", "[FILE]", "show what a key is, never its private part", "Takes a JSON Web Key, PEM or DER.",
	 show_options, cmd_key_show, false},
	{"key", "convert", "[FILE]", "write a key in another form",
	 "Takes a JSON Web Key, PEM or DER: public keys, private ones (also encrypted PKCS #8), certificates.\n"
	 "  ostiary key convert private.pem --alg ES256 --to jwk --public",
	 convert_options, cmd_key_convert, false},
	{"key", "thumbprint", "[FILE]", "print the thumbprint of a key (RFC 7638)", NULL, thumbprint_options,
	 cmd_key_thumbprint, false},
	{"token", "verify", "", "verify the tokens on standard input, one a line",
	 "Answers one line each: accepted with the claims, or refused with the reason. Exit status 0 only if all are "
	 "accepted.\n"
	 "Without --iss, --aud and --typ these are not checked, although a service must check them; exp always "
	 "is.\n"
	 "An SD-JWT is verified with its disclosures, and its claims are those that were disclosed; its key binding is "
	 "looked at only with "
	 "--nonce. An encrypted token (JWE) is refused: ostiary token decrypt opens it.",
	 validate_options, cmd_token_verify, false},
	{"token", "inspect", "", "show in words what a token says, and why it would be refused",
	 "Reads a token from standard input; on a terminal, paste it. Without --jwks the signature is not checked.",
	 validate_options, cmd_token_inspect, false},
	{"token", "decrypt", "", "decrypt the message on standard input (JWE)",
	 "Writes the content unchanged: pass a signed token to ostiary token verify.", decrypt_options,
	 cmd_token_decrypt, false},
	{"token", "encrypt", "", "encrypt the message on standard input (JWE)",
	 "  ostiary token sign --key shop.jwk --lifetime 5m < claims | ostiary token encrypt --key recipient.jwk",
	 encrypt_options, cmd_token_encrypt, false},
	{"token", "sign", "", "sign the claims on standard input",
	 "  echo '{\"sub\":\"alice\"}' | ostiary token sign --key shop.jwk --lifetime 5m", sign_options, cmd_token_sign,
	 false},
	{"session", "list", "[LOGIN]", "list sessions: those of a user newest first, without LOGIN all", NULL,
	 list_options, cmd_session_list, false},
	{"session", "end", "[SID]", "end a session, or all of a user", NULL, session_options, cmd_session_end, false},
	{"consent", "list", "LOGIN", "list what a user has allowed which client", NULL, list_options, cmd_consent_list,
	 false},
	{"consent", "withdraw", "LOGIN CLIENT_ID", "withdraw a user's consent to a client",
	 "Also revokes the refresh tokens of that client for the user.", tenant_options, cmd_consent_withdraw, false},
	{"tenant", "list", "", "list tenants", NULL, limit_options, cmd_tenant_list, false},
	{"tenant", "add", "ID [NAME]", "add a tenant", NULL, NULL, cmd_tenant_add, false},
	{"audit", "list", "", "list security events, the latest first",
	 "  ostiary audit list --since 1h --event user.signed_in", audit_options, cmd_audit_list, false},
	{NULL, "login", "", "sign in from the terminal and show who you are",
	 "Opens the system's browser, or prints the address to open (RFC 8252). The provider has to know the client. "
	 "At one's own it is added once:\n"
	 "  ostiary client add ostiary-cli --auth none --type native --redirect-uris "
	 "'http://127.0.0.1/callback,http://[::1]/callback' --scope \"openid profile email\"\n"
	 "Without it the browser shows an error and does not return.",
	 login_options, cmd_login, false},
	{NULL, "completion", "SHELL", "print the completion script for bash, zsh or fish",
	 "  ostiary completion bash > /etc/bash_completion.d/ostiary", NULL, cmd_completion, false},
	{NULL, "version", "", "print the version", NULL, NULL, cmd_version, false},
};
const size_t cli_command_count = ARRAY_LEN(cli_commands);
