/* SPDX-License-Identifier: Apache-2.0 */
/* ostiary token verify, sign. */
#include <unistd.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/token.h"
#include "jose/jwt/jwt_refusal.h"

enum { TOKEN_ARENA_MAX = 2 * 1024 * 1024 };

/* A line of the input, and the answer to it. */
struct answer {
	unsigned long long line;
	struct slice text;
	enum token_type type;
	enum rc rc;
	struct sdjwt token; /* of a JWT the claims alone */
};

/* For scripts: the type of token, unless it is a plain JWT. */
static void print_start(const struct answer *n)
{
	printf("{\"line\":%llu,\"accepted\":%s", n->line, n->rc == RC_OK ? "true" : "false");
	if (n->type != TOKEN_JWT)
		printf(",\"kind\":\"%s\"", token_type_row(n->type)->name);
}

/* One line for each token: the reason as a sentence, for scripts as its name. */
static void print_refused(const struct cli *cli, const struct answer *n)
{
	const char *text = token_type_row(n->type)->text;
	if (text == NULL)
		text = jwt_refusal_text(n->text, n->rc);
	if (cli->json) {
		print_start(n);
		printf(",\"reason\":\"%s\",\"text\":\"%s\"}\n", token_reason(n->rc), text);
		return;
	}
	printf("%srefused%s %s: %s\n", cli->colour ? "\033[31m" : "", cli->colour ? "\033[0m" : "", token_reason(n->rc),
	       text);
}

/* The disclosed claims, as JSON Pointers. */
static void print_disclosed(const struct sdjwt *token)
{
	struct buf b;
	buf_init(&b, TOKEN_ARENA_MAX);
	struct json_out out = json_out_to(&b);
	json_out_array(&out);
	for (size_t i = 0; i < token->disclosure_count; i++)
		json_out_string(&out, token->disclosures[i].path);
	json_out_array_end(&out);
	printf(",\"disclosed\":");
	token_print_json(buf_slice(&b));
	buf_free(&b);
}

static void print_accepted(const struct cli *cli, const struct token_validate *validate, const struct answer *n)
{
	const struct jwt_claims *claims = &n->token.claims;
	if (cli->json) {
		print_start(n);
		printf(",\"alg\":\"%.*s\",\"claims\":", SLICE_ARGS(jose_alg_row(claims->header.alg)->name));
		token_print_json(claims->text);
		if (n->type == TOKEN_SDJWT) {
			print_disclosed(&n->token);
			printf(",\"key_binding\":%s", validate->nonce.n > 0 ? "true" : "false");
		}
		printf("}\n");
		return;
	}
	printf("%saccepted%s ", cli->colour ? "\033[32m" : "", cli->colour ? "\033[0m" : "");
	token_print_json(claims->text);
	(void)putchar('\n');
}

static enum rc verify_token(const struct token_validate *validate, struct slice token, struct arena *a,
			    struct answer *n)
{
	n->type = token_type_of(token, a);
	if (n->type == TOKEN_JWT)
		return token_validate_verify(validate, token, a, &n->token.claims);
	return n->type == TOKEN_SDJWT ? token_validate_sdjwt(validate, token, a, &n->token) : RC_JOSE_MALFORMED;
}

static bool verify_line(const struct cli *cli, const struct token_validate *validate, struct slice token,
			unsigned long long line)
{
	struct answer n = {.line = line, .text = token};
	struct arena a;
	arena_init(&a, TOKEN_ARENA_MAX);
	n.rc = verify_token(validate, token, &a, &n);
	if (n.rc == RC_OK)
		print_accepted(cli, validate, &n);
	else
		print_refused(cli, &n);
	arena_reset(&a);
	return n.rc == RC_OK;
}

static int verify_lines(const struct cli *cli, const struct token_validate *validate)
{
	static struct token_lines lines;
	struct slice line;
	unsigned long long count = 0, refused = 0;
	bool whole;
	token_lines_init(&lines, STDIN_FILENO);
	while (token_lines_next(&lines, &line, &whole)) {
		count++;
		/* The start of a line that is too long is not a token. */
		if (!verify_line(cli, validate, whole ? line : SLICE_NONE, count))
			refused++;
	}
	if (fflush(stdout) != 0 || ferror(stdout))
		return cli_fail(CLI_FAILED, "the answers could not be written");
	if (lines.failed)
		return cli_fail(CLI_FAILED, "standard input could not be read to its end");
	if (count == 0)
		return cli_fail(CLI_FAILED, "no token on standard input");
	return refused == 0 ? CLI_OK : CLI_FAILED;
}

int cmd_token_verify(struct cli *cli)
{
	struct token_validate validate;
	if (cli_option(cli, "jwks") == NULL)
		return cli_fail(CLI_USAGE, "--jwks FILE is needed: the keys that tokens are verified with");
	int code = token_validate_open(cli, &validate);
	if (code != CLI_OK)
		return code;
	code = verify_lines(cli, &validate);
	token_validate_close(&validate);
	return code;
}

/* --- sign --- */

static int read_key(struct cli *cli, struct jwk **ret_key)
{
	const char *path = cli_option(cli, "key");
	struct slice text;
	if (path == NULL)
		return cli_fail(CLI_USAGE,
				"--key FILE is needed: a private JSON Web Key (ostiary key generate makes one)");
	if (strcmp(path, "-") == 0)
		return cli_fail(CLI_USAGE, "--key FILE: standard input is for the claims");
	int code = token_read_file(cli, path, true, &text);
	return code == CLI_OK ? token_key(path, text, JWK_PRIVATE, SLICE_NONE, ret_key) : code;
}

static int choose_alg(struct cli *cli, const struct jwk *key, enum jose_alg *ret_alg)
{
	const char *name = cli_option(cli, "alg");
	if (name == NULL)
		return jwk_alg(key, ret_alg) == RC_OK
			       ? CLI_OK
			       : cli_fail(CLI_USAGE, "--alg ALG is needed: the key does not say which");
	if (jose_alg_by_name(slice_cstr(name), ret_alg) != RC_OK)
		return cli_fail(CLI_USAGE, "--alg: no such algorithm");
	return jwk_allows(key, *ret_alg) ? CLI_OK : cli_fail(CLI_FAILED, "the key is not one for %s", name);
}

/* The claims as they are, with `iat` and `exp` in front where --lifetime asks for them. */
static int make_claims(struct cli *cli, struct slice given, struct slice *ret_claims)
{
	const char *lifetime = cli_option(cli, "lifetime");
	const struct json *root;
	int64_t ms, now = clock_now();
	if (json_parse_arena(cli->arena, given, JWT_VALUES_MAX, &root) != RC_OK || root->type != JSON_OBJECT)
		return cli_fail(CLI_FAILED, "standard input must be one JSON object: the claims");
	*ret_claims = root->text;
	if (lifetime == NULL)
		return CLI_OK;
	if (clock_duration_ms(slice_cstr(lifetime), &ms) != RC_OK || ms < 1000)
		return cli_fail(CLI_USAGE, "--lifetime: a duration like 90s, 15m, 1h, 30d");
	if (json_get(root, SLICE("exp")) != NULL || json_get(root, SLICE("iat")) != NULL)
		return cli_fail(CLI_FAILED, "the claims have iat or exp already; leave out --lifetime");
	if (arena_format(cli->arena, ret_claims, "{\"iat\":%lld,\"exp\":%lld%s%.*s", (long long)now,
			 (long long)now + ms / 1000, root->count == 0 ? "" : ",",
			 SLICE_ARGS(slice_from(root->text, 1))) != RC_OK)
		return cli_fail(CLI_FAILED, "the claims are too long");
	return CLI_OK;
}

static int sign(struct cli *cli, struct jwk *key)
{
	struct jwt_signer signer = jwt_signer_of(key);
	struct slice text, claims, token;
	enum jose_alg alg;
	int code = choose_alg(cli, key, &alg);
	if (code == CLI_OK)
		code = token_read_file(cli, NULL, false, &text);
	if (code == CLI_OK)
		code = make_claims(cli, text, &claims);
	if (code != CLI_OK)
		return code;
	enum rc rc =
		jwt_sign(&signer, alg, jwk_kid(key), slice_cstr(cli_option(cli, "typ")), claims, cli->arena, &token);
	if (rc != RC_OK)
		return cli_fail(CLI_FAILED, "not signed: %s",
				rc == RC_LIMIT ? "the token would be longer than 16 KiB" : rc_row(rc)->text);
	printf("%.*s\n", SLICE_ARGS(token));
	return CLI_OK;
}

int cmd_token_sign(struct cli *cli)
{
	struct jwk *key;
	int code = read_key(cli, &key);
	if (code != CLI_OK)
		return code;
	code = sign(cli, key);
	jwk_unref(key);
	return code;
}
