/* SPDX-License-Identifier: Apache-2.0 */
/* Signs a person in as a native app (RFC 8252): authorization code with PKCE, loopback redirect, ID token verified. */
#include <errno.h>
#include <unistd.h>

#include "base/base64url.h"
#include "base/clock.h"
#include "base/percent.h"
#include "cli/commands.h"
#include "cli/loopback.h"
#include "cli/show.h"
#include "cli/token.h"
#include "crypto/hash.h"
#include "config/config_value.h"
#include "fetch/http_client.h"
#include "jose/jwt/jwt.h"

enum { METADATA_VALUES = 2000, URL_BYTES = 8192, LEEWAY = 60 };

struct login {
	struct cli *cli;
	struct http_client *http;
	struct slice issuer, client_id, scope;
	const struct json *answer; /* of the token endpoint */
	struct slice authorization_endpoint, token_endpoint, jwks_uri;
	struct slice userinfo_endpoint; /* empty where the provider has none */
	bool iss_sent; /* RFC 9207: the provider says who it is in its answer */
	struct slice state, nonce, verifier, redirect_uri;
};

static int fetch(struct login *l, const struct http_request_out *request, long want, const struct json **ret_root,
		 const char *what)
{
	struct http_response_in r;
	struct http_fault fault = {.what = "broken"};
	struct http_request_out out = *request;
	/* The user of the command chose the provider, and could send these requests without us. */
	out.reach = HTTP_REACH_INSIDE;
	out.fault = &fault;
	enum rc rc = http_client_fetch(l->http, &out, l->cli->arena, &r);
	if (rc != RC_OK)
		return cli_fail(CLI_UNREACHABLE, "%s cannot be reached at %.*s (%s%s%s)", what,
				SLICE_ARGS(request->url), fault.what, fault.text[0] == 0 ? "" : ": ", fault.text);
	rc = json_parse_arena(l->cli->arena, r.body, METADATA_VALUES, ret_root);
	if (rc == RC_LIMIT)
		return cli_fail(CLI_FAILED, "%s gave a JSON document that is too large (over %d values) at %.*s", what,
				METADATA_VALUES, SLICE_ARGS(request->url));
	if (rc != RC_OK)
		return cli_fail(CLI_FAILED, "%s gave no JSON (status %ld) at %.*s", what, r.status,
				SLICE_ARGS(request->url));
	if (r.status == want)
		return CLI_OK;
	struct slice error = SLICE("no reason"), text = SLICE_NONE;
	rc_ignore(json_string(json_get(*ret_root, SLICE("error")), l->cli->arena, &error));
	rc_ignore(json_string(json_get(*ret_root, SLICE("error_description")), l->cli->arena, &text));
	return cli_fail(CLI_FAILED, "%s refused: %.*s%s%.*s", what, SLICE_ARGS(error), text.n > 0 ? ": " : "",
			SLICE_ARGS(text));
}

static bool take_url(struct login *l, const struct json *root, struct slice name, struct slice *ret)
{
	return json_string(json_get(root, name), l->cli->arena, ret) == RC_OK && config_value_url(*ret) == NULL;
}

/* OpenID Connect Discovery 4.3: the issuer in the document MUST be the requested one. */
static int discover(struct login *l)
{
	const struct json *root;
	struct slice url, issuer;
	/* OpenID Connect Discovery 4: a final slash goes, for the address alone. */
	struct slice place = slice_ends(l->issuer, SLICE("/")) ? slice_to(l->issuer, l->issuer.n - 1) : l->issuer;
	if (arena_format(l->cli->arena, &url, "%.*s/.well-known/openid-configuration", SLICE_ARGS(place)) != RC_OK)
		return cli_fail(CLI_FAILED, "the issuer's name is too long");
	struct http_request_out request = {.url = url};
	int code = fetch(l, &request, 200, &root, "the provider");
	if (code != CLI_OK)
		return code;
	if (json_string(json_get(root, SLICE("issuer")), l->cli->arena, &issuer) != RC_OK ||
	    !slice_eq(issuer, l->issuer))
		return cli_fail(CLI_FAILED, "the provider there calls itself otherwise than %.*s",
				SLICE_ARGS(l->issuer));
	if (!take_url(l, root, SLICE("authorization_endpoint"), &l->authorization_endpoint) ||
	    !take_url(l, root, SLICE("token_endpoint"), &l->token_endpoint) ||
	    !take_url(l, root, SLICE("jwks_uri"), &l->jwks_uri))
		return cli_fail(CLI_FAILED, "the provider's metadata lacks an endpoint");
	if (!take_url(l, root, SLICE("userinfo_endpoint"), &l->userinfo_endpoint))
		l->userinfo_endpoint = SLICE_NONE;
	rc_ignore(json_bool(json_get(root, SLICE("authorization_response_iss_parameter_supported")), &l->iss_sent));
	return CLI_OK;
}

static enum rc make_url(struct login *l, unsigned port, struct slice *ret_url)
{
	uint8_t hash[32], memory[URL_BYTES];
	struct slice challenge;
	struct buf b;
	struct arena *a = l->cli->arena;
	TRY(crypto_random_text(32, a, &l->state));
	TRY(crypto_random_text(32, a, &l->nonce));
	TRY(crypto_random_text(32, a, &l->verifier));
	crypto_sha256(l->verifier, hash);
	TRY(base64url_encode_arena(a, slice_of(hash, sizeof hash), &challenge));
	TRY(arena_format(a, &l->redirect_uri, "http://127.0.0.1:%u/callback", port));
	const struct request_pair pairs[] = {{SLICE("response_type"), SLICE("code")},
					  {SLICE("client_id"), l->client_id},
					  {SLICE("redirect_uri"), l->redirect_uri},
					  {SLICE("scope"), l->scope},
					  {SLICE("state"), l->state},
					  {SLICE("nonce"), l->nonce},
					  {SLICE("code_challenge"), challenge},
					  {SLICE("code_challenge_method"), SLICE("S256")}};
	buf_over(&b, memory, sizeof memory);
	buf_put(&b, l->authorization_endpoint);
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		percent_query(&b, pairs[i].name, pairs[i].value);
	TRY(buf_rc(&b));
	return arena_copy(a, buf_slice(&b), ret_url);
}

/* If there is a desktop. The child is not waited for. */
static void open_browser(struct login *l, struct slice url)
{
	const char *text;
	bool desktop = getenv("DISPLAY") != NULL || getenv("WAYLAND_DISPLAY") != NULL;
	if (!desktop || cli_option(l->cli, "no-browser") != NULL || arena_cstr(l->cli->arena, url, &text) != RC_OK)
		return;
	if (fork() == 0) {
		(void)setsid();
		if (freopen("/dev/null", "r+", stderr) == NULL)
			_exit(127);
		(void)execlp("xdg-open", "xdg-open", text, (char *)NULL);
		_exit(127);
	}
}

static int get_code(struct login *l, struct slice *ret_code)
{
	struct loopback loop;
	struct slice url, error, iss;
	struct request_pairs query;
	const char *seconds = cli_option(l->cli, "timeout");
	long wait = seconds == NULL ? 300 : strtol(seconds, NULL, 10);
	if (wait < 1 || wait > 3600)
		return cli_fail(CLI_USAGE, "--timeout must be from 1 to 3600");
	if (loopback_open(&loop) != RC_OK)
		return cli_fail(CLI_FAILED, "no port on 127.0.0.1: %s", strerror(errno));
	enum rc rc = make_url(l, loop.port, &url);
	if (rc == RC_OK) {
		(void)fprintf(stderr, "Open this address in a browser:\n\n%.*s\n\n", SLICE_ARGS(url));
		open_browser(l, url);
		rc = loopback_wait(&loop, l->state, (int)wait, l->cli->arena, &query);
	}
	loopback_close(&loop);
	if (rc != RC_OK)
		return cli_fail(CLI_FAILED, "nobody signed in within %ld seconds; if the browser showed an error, the provider may "
				"not know the client %.*s: see ostiary login --help", wait, SLICE_ARGS(l->client_id));
	iss = request_pairs_get(query, SLICE("iss"));
	/* RFC 9207 2.4: an answer of another issuer, or one that does not say, MUST be rejected. */
	if ((l->iss_sent || iss.n > 0) && !slice_eq(iss, l->issuer))
		return cli_fail(CLI_FAILED, "the answer is from another provider");
	error = request_pairs_get(query, SLICE("error"));
	*ret_code = request_pairs_get(query, SLICE("code"));
	if (error.n > 0)
		return cli_fail(CLI_FAILED, "the provider refused: %.*s", SLICE_ARGS(slice_to(error, 100)));
	return ret_code->n > 0 ? CLI_OK : cli_fail(CLI_FAILED, "the answer holds no code");
}

static int redeem(struct login *l, struct slice code, struct slice *ret_access_token, struct slice *ret_id_token)
{
	uint8_t memory[URL_BYTES];
	struct buf b;
	const struct json *root;
	const struct request_pair pairs[] = {{SLICE("grant_type"), SLICE("authorization_code")}, {SLICE("code"), code},
					  {SLICE("redirect_uri"), l->redirect_uri}, {SLICE("client_id"), l->client_id},
					  {SLICE("code_verifier"), l->verifier}};
	buf_over(&b, memory, sizeof memory);
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		percent_form(&b, pairs[i].name, pairs[i].value);
	if (buf_rc(&b) != RC_OK)
		return cli_fail(CLI_FAILED, "the code is too long");
	struct http_request_out request = {.url = l->token_endpoint, .post = true, .body = buf_slice(&b)};
	int status = fetch(l, &request, 200, &root, "the token endpoint");
	if (status == CLI_OK && json_string(json_get(root, SLICE("id_token")), l->cli->arena, ret_id_token) != RC_OK)
		status = cli_fail(CLI_FAILED, "the provider gave no ID token");
	if (status == CLI_OK &&
	    json_string(json_get(root, SLICE("access_token")), l->cli->arena, ret_access_token) != RC_OK)
		status = cli_fail(CLI_FAILED, "the provider gave no access token");
	if (status == CLI_OK)
		l->answer = root;
	return status;
}

/* OpenID Connect Core 3.1.3.7. */
static int verify_token(struct login *l, struct slice token, struct jwt_claims *ret_claims)
{
	static const struct slice types[] = {SLICE_INIT("jwt")};
	const struct json *root;
	struct jwks *keys;
	struct http_request_out request = {.url = l->jwks_uri};
	struct jwt_policy policy = {
		.algs = ~(JOSE_ALG_BIT(JOSE_HS256) | JOSE_ALG_BIT(JOSE_HS384) | JOSE_ALG_BIT(JOSE_HS512)),
		.issuer = l->issuer,
		.audiences = &l->client_id,
		.audience_count = 1,
		.types = types,
		.type_count = 1,
		.type_optional = true,
		.sub_required = true,
		.leeway = LEEWAY,
		.max_age = 600};
	int code = fetch(l, &request, 200, &root, "the key set");
	if (code != CLI_OK)
		return code;
	struct jwks_report report;
	enum rc rc = jwks_validate(root->text, JWK_PUBLIC, &keys, &report);
	for (size_t i = 0; i < report.n; i++) {
		char line[JWKS_REPORT_LINE_MAX];
		jwks_report_line(&report.v[i], line);
		cli_complain("%.*s: %s", SLICE_ARGS(l->jwks_uri), line);
	}
	if (rc == RC_LIMIT)
		return cli_fail(CLI_FAILED, "the key set is too large: " JWKS_LIMIT_TEXT);
	if (rc == RC_OK) {
		rc = jwt_verify(token, keys, &policy, clock_now(), l->cli->arena, ret_claims);
		jwks_unref(keys);
	}
	if (rc == RC_OK && !json_is_string(json_get(ret_claims->root, SLICE("nonce")), l->nonce))
		return cli_fail(CLI_FAILED, "the ID token answers another sign-in (nonce)");
	return rc == RC_OK ? CLI_OK : cli_fail(CLI_FAILED, "the ID token is not valid: %s", rc_row(rc)->text);
}

/* OpenID Connect Core 5.3.2: "The sub Claim in the UserInfo Response MUST be verified to exactly match the sub Claim
 * in the ID Token". Without the endpoint, what the ID token says is all there is. */
static int ask_userinfo(struct login *l, struct slice access_token, const struct jwt_claims *claims,
			const struct json **ret_person)
{
	struct http_request_out request = {.url = l->userinfo_endpoint};
	*ret_person = claims->root;
	if (l->userinfo_endpoint.n == 0)
		return CLI_OK;
	if (arena_format(l->cli->arena, &request.authorization, "Bearer %.*s", SLICE_ARGS(access_token)) != RC_OK)
		return cli_fail(CLI_FAILED, "the access token is too long");
	int status = fetch(l, &request, 200, ret_person, "UserInfo");
	if (status == CLI_OK && !json_is_string(json_get(*ret_person, SLICE("sub")), claims->sub))
		status = cli_fail(CLI_FAILED, "UserInfo speaks of another person than the ID token");
	return status;
}

static void show_who(const struct login *l, const struct json *person, const struct jwt_claims *claims)
{
	static const struct show_column who[] = {
		{"name", "name", SHOW_TEXT}, {"login", "preferred_username", SHOW_TEXT}, {"email", "email", SHOW_TEXT},
		{"roles", "roles", SHOW_TEXT}, {"tenant", "tenant", SHOW_TEXT}, {"sub", "sub", SHOW_TEXT}, {0}};
	static const struct show_column granted[] = {{"granted", "scope", SHOW_TEXT}, {0}};
	static const struct show_column session[] = {{"issuer", "iss", SHOW_TEXT},
						     {"signed in", "auth_time", SHOW_TIME},
						     {"valid until", "exp", SHOW_TIME},
						     {0}};
	if (show_json(l->cli, person))
		return;
	show_line("%sSigned in.%s", l->cli->colour ? "\033[32m" : "", l->cli->colour ? "\033[0m" : "");
	/* RFC 6749 5.1: the scope is said where it is not what was asked for. */
	const struct show_part parts[] = {
		{person, who, true}, {l->answer, granted, false}, {claims->root, session, true}};
	show_parts(l->cli, parts, ARRAY_LEN(parts));
}

static int run_login(struct login *l)
{
	struct slice code, access_token, token;
	struct jwt_claims claims;
	const struct json *person;
	int status = discover(l);
	if (status == CLI_OK)
		status = get_code(l, &code);
	if (status == CLI_OK)
		status = redeem(l, code, &access_token, &token);
	if (status == CLI_OK)
		status = verify_token(l, token, &claims);
	if (status == CLI_OK)
		status = ask_userinfo(l, access_token, &claims, &person);
	if (status == CLI_OK)
		show_who(l, person, &claims);
	return status;
}

/* The certificates themselves, in PEM: what the client wants. NULL: the system's authorities. */
static int read_authorities(struct cli *cli, const char *path, struct slice *ret)
{
	static const struct slice mark = SLICE_INIT("-----BEGIN ");
	*ret = SLICE_NONE;
	if (path == NULL)
		return CLI_OK;
	int code = token_read_file(cli, path, false, ret);
	if (code == CLI_OK && (ret->n == 0 || memmem(ret->p, ret->n, mark.p, mark.n) == NULL))
		code = cli_fail(CLI_FAILED, "%s: holds no certificate in PEM", path);
	return code;
}

/* The option's value, else the configuration's. */
static int read_defaults(struct login *l, const char **ret_ca)
{
	static struct config config;
	struct config_error err;
	const char *issuer = cli_option(l->cli, "issuer"), *id = cli_option(l->cli, "client-id"),
		   *scope = cli_option(l->cli, "scope");
	const char *path = cli_option(l->cli, "ca");
	l->client_id = slice_cstr(id == NULL ? "ostiary-cli" : id);
	l->scope = slice_cstr(scope == NULL ? "openid profile email" : scope);
	l->issuer = slice_cstr(issuer);
	if (issuer == NULL) {
		if (config_load(l->cli->config, l->cli->arena, &config, &err) != RC_OK)
			return cli_fail(CLI_CONFIG, "%s\nor name the provider with --issuer URL", err.text);
		l->issuer = config.issuer;
		if (path == NULL && config.ca_file.n > 0 &&
		    config_file_path(&config, config.ca_file, l->cli->arena, &path) != RC_OK)
			return cli_fail(CLI_CONFIG, "ca_file is too long");
	}
	*ret_ca = path;
	const char *problem = config_value_url(l->issuer);
	return problem == NULL ? CLI_OK : cli_fail(CLI_USAGE, "the issuer %s", problem);
}

int cmd_login(struct cli *cli)
{
	struct login l = {.cli = cli};
	struct slice authorities;
	const char *ca;
	int code = read_defaults(&l, &ca);
	if (code == CLI_OK)
		code = read_authorities(cli, ca, &authorities);
	if (code != CLI_OK)
		return code;
	if (http_client_new(authorities, &l.http) != RC_OK)
		return cli_fail(CLI_FAILED, "libcurl cannot be loaded; install libcurl4");
	code = run_login(&l);
	http_client_free(l.http);
	return code;
}
