/* SPDX-License-Identifier: Apache-2.0 */
/* ostiary token encrypt: a JWE for the holder of a private key, a shared key or a password. */
#include "cli/commands.h"
#include "cli/token.h"
#include "jose/jwe/jwe.h"
#include "jose/jwt/jwt.h"

enum { ENCRYPT_ARENA_MAX = 8 * 1024 * 1024 };

/* The algorithm of a key without `alg`: the first that it allows. */
static const enum jwe_alg preferred[] = {JWE_RSA_OAEP_256, JWE_ECDH_ES, JWE_A256KW, JWE_A192KW, JWE_A128KW};

static int read_enc(struct cli *cli, enum jwe_enc *ret_enc)
{
	const char *name = cli_option(cli, "enc");
	*ret_enc = JWE_A256GCM;
	if (name != NULL && jwe_enc_by_name(slice_cstr(name), ret_enc) != RC_OK)
		return cli_fail(CLI_USAGE,
				"--enc: one of A128GCM, A192GCM, A256GCM, A128CBC-HS256, A192CBC-HS384, A256CBC-HS512");
	return CLI_OK;
}

static bool is_password(enum jwe_alg alg)
{
	return jwe_alg_row(alg)->mode == JWE_MODE_PBES2;
}

/* What --alg names, the key is bound to, or its type prefers. */
static int choose_alg(struct cli *cli, enum jwe_enc enc, struct jwe_recipient *to)
{
	const char *name = cli_option(cli, "alg");
	if (name != NULL && jwe_alg_by_name(slice_cstr(name), &to->alg) != RC_OK)
		return cli_fail(
			CLI_USAGE,
			"--alg: algorithms are RSA-OAEP-256, ECDH-ES, A256KW, dir, PBES2-HS512+A256KW and the like");
	if (to->key == NULL) {
		to->alg = name == NULL ? JWE_PBES2_HS512_A256KW : to->alg;
		return is_password(to->alg) ? CLI_OK : cli_fail(CLI_USAGE, "--alg: with a password one of PBES2");
	}
	if (name != NULL)
		return jwk_allows_jwe(to->key, to->alg, enc, false)
			       ? CLI_OK
			       : cli_fail(CLI_FAILED, "the key is not one for %s", name);
	for (size_t i = 0; i < ARRAY_LEN(preferred); i++)
		if (jwk_allows_jwe(to->key, preferred[i], enc, false)) {
			to->alg = preferred[i];
			return CLI_OK;
		}
	for (enum jwe_alg alg = 0; alg < JWE_ALG_COUNT; alg++)
		if (jwk_allows_jwe(to->key, alg, enc, false)) {
			to->alg = alg;
			return CLI_OK;
		}
	return cli_fail(CLI_FAILED, "the key is not one for encryption with %.*s: see --alg and --enc",
			SLICE_ARGS(jwe_enc_row(enc)->name));
}

/* The file of a public key may be readable by others, that of a shared key may not. */
static int read_key(struct cli *cli, struct jwk **ret_key)
{
	const char *path = cli_option(cli, "key");
	struct slice text;
	if (strcmp(path, "-") == 0)
		return cli_fail(CLI_USAGE, "--key FILE: standard input is for the message");
	int code = token_read_file(cli, path, false, &text);
	if (code == CLI_OK)
		code = token_key(path, text, JWK_ANY, SLICE_NONE, ret_key);
	if (code == CLI_OK && jwk_is_private(*ret_key))
		code = token_read_file(cli, path, true, &text);
	return code;
}

/* A signed token goes in without its newline, and is said to be one (RFC 7519 5.2). */
static struct slice content_of(struct slice message, struct slice *cty)
{
	struct slice line = message;
	struct jwt_parts parts;
	if (line.n > 0 && line.p[line.n - 1] == '\n')
		line.n--;
	if (cty->n > 0 || jwt_split(line, &parts) != RC_OK)
		return message;
	*cty = SLICE("JWT");
	return line;
}

static int encrypt(struct cli *cli, struct jwe_recipient *to)
{
	struct slice message, text, cty = slice_cstr(cli_option(cli, "cty"));
	struct arena a;
	enum jwe_enc enc;
	int code = read_enc(cli, &enc);
	if (code == CLI_OK)
		code = choose_alg(cli, enc, to);
	if (code == CLI_OK)
		code = token_read_file(cli, NULL, false, &message);
	if (code != CLI_OK)
		return code;
	message = content_of(message, &cty);
	const struct jwe_spec spec = {.recipients = to,
				      .count = 1,
				      .enc = enc,
				      .form = JWE_COMPACT,
				      .typ = slice_cstr(cli_option(cli, "typ")),
				      .cty = cty};
	arena_init(&a, ENCRYPT_ARENA_MAX);
	enum rc rc = jwe_encrypt(&spec, message, &a, &text);
	if (rc == RC_OK)
		printf("%.*s\n", SLICE_ARGS(text));
	arena_reset(&a);
	return rc == RC_OK ? CLI_OK
			   : cli_fail(CLI_FAILED, "not encrypted: %s",
				      rc == RC_LIMIT ? "the message is too long" : rc_row(rc)->text);
}

int cmd_token_encrypt(struct cli *cli)
{
	struct jwk *key = NULL;
	struct slice password = SLICE_NONE;
	bool by_key = cli_option(cli, "key") != NULL;
	if (by_key == (cli_option(cli, "password-file") != NULL))
		return cli_fail(CLI_USAGE, "give either --key FILE or --password-file FILE");
	int code = by_key ? read_key(cli, &key) : cli_password(cli, false, &password);
	if (code == CLI_OK) {
		struct jwe_recipient to = {.key = key, .password = secret_from_slice(password)};
		code = encrypt(cli, &to);
	}
	jwk_unref(key);
	return code;
}
