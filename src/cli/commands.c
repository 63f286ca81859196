/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"

#define TENANT {"tenant", 't', "ID", "the tenant (default: the first of the configuration)", false}
#define PASSWORD                                                                                        \
	{"password-file", 0, "FILE", "read the password from a file of mode 0600", false},              \
	{"password-stdin", 0, NULL, "read the password from standard input", false}

static const struct cli_option tenant_options[] = {TENANT, {0}};
static const struct cli_option password_options[] = {TENANT, PASSWORD, {0}};
static const struct cli_option user_options[] = {
	TENANT, PASSWORD, {"name", 'n', "TEXT", "full name", false}, {"email", 'e', "ADDRESS", "mail address", false},
	{"roles", 'r', "A,B", "roles", false}, {"no-password", 0, NULL, "add without a password", false}, {0}};
static const struct cli_option list_options[] = {TENANT, {"limit", 'n', "N", "at most so many, to 500", false}, {0}};
static const struct cli_option limit_options[] = {{"limit", 'n', "N", "at most so many, to 500", false}, {0}};
static const struct cli_option client_options[] = {
	TENANT,
	{"name", 'n', "TEXT", "name for people", false},
	{"redirect-uris", 'u', "A,B", "where sign-ins return to", false},
	{"logout-uris", 0, "A,B", "where sign-outs return to", false},
	{"auth", 'a', "METHOD", "one of none, client_secret_basic (default), client_secret_post, private_key_jwt", false},
	{"grants", 'g', "A,B", "of authorization_code (default), refresh_token, client_credentials", false},
	{"scope", 's', "A B", "scopes that it may ask for (default openid)", false},
	{"roles", 'r', "A,B", "its own roles, in client credentials tokens", false},
	{"jwks", 'k', "FILE", "its public keys, for private_key_jwt", false},
	{0}};
static const struct cli_option session_options[] = {TENANT, {"user", 'u', "LOGIN", "all sessions of this user", false}, {0}};
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

#define TOKEN_CHECK                                                                                                    \
	{"jwks", 'k', "FILE", "the keys: a JSON Web Key or a set of them, or a public key as PEM or DER", false},                  \
	{"alg", 'a', "A,B", "allowed algorithms (default: all that need no shared secret; HS* where the file has only secrets)", false}, \
	{"iss", 'i', "ISSUER", "demand exactly this issuer", false},                                                    \
	{"aud", 0, "AUDIENCE", "demand this audience", false},                                                          \
	{"typ", 't', "TYPE", "demand this type, for example at+jwt", false},                                            \
	{"nonce", 0, "NONCE", "demand an SD-JWT whose holder has bound it to --aud and this nonce within five minutes", false}, \
	{"now", 0, "SECONDS", "judge as if it were then, in seconds since 1970 (default: now)", false}

static const struct cli_option check_options[] = {TOKEN_CHECK, {0}};
static const struct cli_option sign_options[] = {
	{"key", 'k', "FILE", "the private key (JSON Web Key, PEM or DER), a file of mode 0600", false},
	{"alg", 'a', "ALG", "the algorithm (default: the key's own)", false},
	{"typ", 't', "TYPE", "the header's typ, for example at+jwt", false},
	{"lifetime", 'l', "DURATION", "put iat and exp into the claims: 90s, 15m, 1h, 30d", false}, {0}};
static const struct cli_option decrypt_options[] = {
	{"key", 'k', "FILE", "the private or symmetric key (JSON Web Key, PEM or DER), a file of mode 0600", false},
	{"password-file", 0, "FILE", "a password (PBES2) instead, in a file of mode 0600", false},
	{"alg", 'a', "A,B", "allowed key management (default: all that fit the key, or the password)", false}, {0}};
static const struct cli_option generate_options[] = {
	{"alg", 'a', "ALG", "what it is for: ES256 (default), Ed25519, RS256, HS256, RSA-OAEP-256, ECDH-ES, A256KW and the like", false},
	{"crv", 0, "CURVE", "for ECDH-ES and its kin: P-256 (default), P-384, P-521, X25519, X448", false},
	{"kid", 0, "KID", "its name (default: its thumbprint)", false},
	{"bits", 'b', "N", "length of an RSA key, 2048 to 8192 (default 3072)", false},
	{"out", 'o', "FILE", "write a new file of mode 0600 instead of standard output", false}, {0}};
#define IMPORT                                                                                                          \
	{"alg", 'a', "ALG", "bind a key that is no JSON Web Key to this algorithm", false},                             \
	{"use", 0, "USE", "either sig or enc, of a key that is no JSON Web Key", false},                                       \
	{"kid", 0, "KID", "its name, of a key that is no JSON Web Key (default: its thumbprint)", false},                \
	{"passphrase-file", 0, "FILE", "what opens an encrypted private key, in a file of mode 0600", false}

static const struct cli_option show_options[] = {IMPORT, {0}};
static const struct cli_option convert_options[] = {
	{"to", 't', "FORM", "needed: one of jwk, jwks, pem, der", false}, {"public", 'p', NULL, "only the public half", false}, IMPORT,
	{"new-passphrase-file", 0, "FILE", "encrypt the private key (PKCS #8) with what is in a file of mode 0600", false},
	{"out", 'o', "FILE", "write a new file of mode 0600 instead of standard output", false}, {0}};
static const struct cli_option thumbprint_options[] = {{"uri", 'u', NULL, "as a URI (RFC 9278)", false}, IMPORT, {0}};

const struct cli_command cli_commands[] = {
	{NULL, "init", "", "make state folder, key-encryption key and a sample configuration",
	 "Changes nothing that is there already. Run it as root with --user, or as the user that the daemon runs as.", init_options, cmd_init, false},
	{NULL, "serve", "", "run the daemon",
	 "Stays in the foreground; SIGTERM ends it cleanly, SIGHUP reads the configuration again. Logs go to standard error.",
	 NULL, cmd_serve, false},
	{NULL, "check-config", "[FILE]", "check a configuration and the secrets that it names", NULL, NULL, cmd_check_config, false},
	{"user", "add", "LOGIN", "add a user", "  ostiary user add alice --name \"Alice Example\" --roles customer", user_options,
	 cmd_user_add, false},
	{"user", "list", "", "list users", NULL, list_options, cmd_user_list, false},
	{"user", "show", "LOGIN", "show one user", NULL, tenant_options, cmd_user_show, false},
	{"user", "disable", "LOGIN", "sign a user out everywhere and refuse further sign-ins", NULL, tenant_options, cmd_user_disable,
	 false},
	{"user", "enable", "LOGIN", "undo disable", NULL, tenant_options, cmd_user_enable, false},
	{"user", "delete", "LOGIN", "delete a user and end what they have", NULL, tenant_options, cmd_user_delete, false},
	{"user", "password", "LOGIN", "set a new password; ends the user's sessions", NULL, password_options, cmd_user_password, false},
	{"user", "roles", "LOGIN [A,B]", "replace a user's roles; none without a list", NULL, tenant_options, cmd_user_roles, false},
	{"client", "add", "CLIENT_ID", "register a client",
	 "  ostiary client add shop --auth none --redirect-uris https://shop.example.com/ --scope \"openid profile\"\n"
	 "The secret, where there is one, is shown once.", client_options, cmd_client_add, false},
	{"client", "list", "", "list clients", NULL, limit_options, cmd_client_list, false},
	{"client", "show", "CLIENT_ID", "show one client", NULL, NULL, cmd_client_show, false},
	{"client", "delete", "CLIENT_ID", "delete a client and end its tokens", NULL, NULL, cmd_client_delete, false},
	{"key", "list", "", "list signing keys and their states", NULL, NULL, cmd_key_list, false},
	{"key", "rotate", "", "make the next keys active and publish new ones",
	 "Tokens signed before keep verifying until they expire.", NULL, cmd_key_rotate, false},
	{"key", "generate", "", "make a private key, for a client or for tests",
	 "  ostiary key generate --alg ES256 --out shop.jwk", generate_options, cmd_key_generate, false},
	{"key", "show", "[FILE]", "show what a key is, never its private part", "Takes a JSON Web Key, PEM or DER.", show_options,
	 cmd_key_show, false},
	{"key", "convert", "[FILE]", "write a key in another form",
	 "Takes a JSON Web Key, PEM or DER: public keys, private ones (also encrypted PKCS #8), certificates.\n"
	 "  ostiary key convert private.pem --alg ES256 --to jwk --public", convert_options, cmd_key_convert, false},
	{"key", "thumbprint", "[FILE]", "print the thumbprint of a key (RFC 7638)", NULL, thumbprint_options, cmd_key_thumbprint, false},
	{"token", "verify", "", "verify the tokens on standard input, one a line",
	 "Answers one line each: accepted with the claims, or refused with the reason. Exit status 0 only if all are accepted.\n"
	 "Without --iss, --aud and --typ these are not demanded of a token, as a service must demand them; exp always is.\n"
	 "An SD-JWT is verified with its disclosures, and its claims are those that were disclosed; its key binding is looked at only with "
	 "--nonce. An encrypted token (JWE) is refused: ostiary token decrypt opens it.",
	 check_options, cmd_token_verify, false},
	{"token", "inspect", "", "show in words what a token says, and why it would be refused",
	 "Reads a token from standard input; on a terminal, paste it. Without --jwks the signature is not checked.", check_options,
	 cmd_token_inspect, false},
	{"token", "decrypt", "", "decrypt the message on standard input (JWE)",
	 "Writes what is in it, as it is: a signed token inside can go on to ostiary token verify.", decrypt_options, cmd_token_decrypt,
	 false},
	{"token", "sign", "", "sign the claims on standard input",
	 "  echo '{\"sub\":\"alice\"}' | ostiary token sign --key shop.jwk --lifetime 5m", sign_options, cmd_token_sign, false},
	{"session", "list", "LOGIN", "list a user's sessions", NULL, list_options, cmd_session_list, false},
	{"session", "end", "[SID]", "end a session, or all of a user", NULL, session_options, cmd_session_end, false},
	{"consent", "list", "LOGIN", "list what a user has allowed which client", NULL, tenant_options, cmd_consent_list, false},
	{"consent", "withdraw", "LOGIN CLIENT_ID", "take back what a user has allowed a client", "Ends the refresh tokens that it holds of them.",
	 tenant_options, cmd_consent_withdraw, false},
	{"tenant", "list", "", "list tenants", NULL, limit_options, cmd_tenant_list, false},
	{"tenant", "add", "ID [NAME]", "add a tenant", NULL, NULL, cmd_tenant_add, false},
	{"audit", "list", "", "list the latest security events", NULL, limit_options, cmd_audit_list, false},
	{NULL, "login", "", "sign in from the terminal and show who you are",
	 "Opens the system's browser, or prints the address to open (RFC 8252).", login_options, cmd_login, false},
	{NULL, "completion", "SHELL", "print the completion script for bash, zsh or fish",
	 "  ostiary completion bash > /etc/bash_completion.d/ostiary", NULL, cmd_completion, false},
	{NULL, "version", "", "print the version", NULL, NULL, cmd_version, false},
};
const size_t cli_command_count = ARRAY_LEN(cli_commands);
