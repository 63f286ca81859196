/* SPDX-License-Identifier: Apache-2.0 */
/* ostiary token decrypt: the content of a JWE, with a private key, a shared key or a password from a file. */
#include <unistd.h>

#include "cli/commands.h"
#include "cli/token.h"
#include "jose/jwe/jwe.h"

enum { DECRYPT_ARENA_MAX = 8 * 1024 * 1024 };

struct decrypt {
	struct cli *cli;
	struct jwk *key;
	struct slice password; /* empty: none */
	struct jwe_policy policy;
};

static bool is_password(enum jwe_alg alg)
{
	return jwe_alg_row(alg)->mode == JWE_MODE_PBES2;
}

/* All that fit the type of secret, unless --alg names one. */
static int read_algs(struct decrypt *d)
{
	const char *names = cli_option(d->cli, "alg");
	struct slice rest = slice_cstr(names), name;
	enum jwe_alg alg;
	for (alg = 0; names == NULL && alg < JWE_ALG_COUNT; alg++)
		if (is_password(alg) == (d->password.n > 0))
			d->policy.algs |= JWE_ALG_BIT(alg);
	while (slice_split(&rest, ',', &name)) {
		if (jwe_alg_by_name(slice_trim(name), &alg) != RC_OK)
			return cli_fail(CLI_USAGE, "--alg: algorithms are RSA-OAEP-256, ECDH-ES, A256KW, dir, "
						   "PBES2-HS256+A128KW and the like");
		d->policy.algs |= JWE_ALG_BIT(alg);
	}
	return CLI_OK;
}

static int read_secret(struct decrypt *d)
{
	const char *path = cli_option(d->cli, "key");
	struct slice text;
	if ((path == NULL) == (cli_option(d->cli, "password-file") == NULL))
		return cli_fail(CLI_USAGE, "give either --key FILE or --password-file FILE");
	if (path == NULL)
		return cli_password(d->cli, false, &d->password);
	if (strcmp(path, "-") == 0)
		return cli_fail(CLI_USAGE, "--key FILE: standard input is for the message");
	int code = token_read_file(d->cli, path, true, &text);
	return code == CLI_OK ? token_key(path, text, JWK_PRIVATE | JWK_ENCRYPTION, SLICE_NONE, &d->key) : code;
}

static void print_plain(const struct cli *cli, const struct jwe *jwe)
{
	if (cli->json) {
		struct buf b;
		buf_init(&b, DECRYPT_ARENA_MAX);
		struct json_out out = json_out_to(&b);
		json_out_string(&out, jwe->plain);
		printf("{\"alg\":\"%.*s\",\"enc\":\"%.*s\",\"plaintext\":",
		       SLICE_ARGS(jwe_alg_row(jwe->header.alg)->name), SLICE_ARGS(jwe_enc_row(jwe->header.enc)->name));
		token_print_json(buf_slice(&b));
		printf("}\n");
		buf_free(&b);
	} else if (isatty(STDOUT_FILENO) == 1) {
		token_print_text(jwe->plain, jwe->plain.n);
		(void)putchar('\n');
	} else {
		(void)fwrite(jwe->plain.p, 1, jwe->plain.n, stdout);
	}
}

static int decrypt(struct decrypt *d, struct slice message)
{
	struct jwe_keys keys = {.key = d->key, .password = secret_from_slice(d->password)};
	struct arena a;
	struct jwe jwe;
	arena_init(&a, DECRYPT_ARENA_MAX);
	enum rc rc = jwe_decrypt(message, &keys, &d->policy, &a, &jwe);
	if (rc == RC_OK)
		print_plain(d->cli, &jwe);
	arena_reset(&a);
	return rc == RC_OK ? CLI_OK : cli_fail(CLI_FAILED, "refused, for %s: %s", token_reason(rc), rc_row(rc)->text);
}

int cmd_token_decrypt(struct cli *cli)
{
	struct decrypt d = {.cli = cli,
			    .policy = {.encs = JWE_ENC_BIT(JWE_ENC_COUNT) - 1, .json = true, .inflate = true}};
	struct slice message;
	int code = read_secret(&d);
	if (code == CLI_OK)
		code = read_algs(&d);
	if (code == CLI_OK)
		code = token_read_file(cli, NULL, false, &message);
	if (code == CLI_OK) {
		if (message.n > 0 && message.p[message.n - 1] == '\n')
			message.n--;
		code = decrypt(&d, message);
	}
	jwk_unref(d.key);
	return code;
}
