/* SPDX-License-Identifier: Apache-2.0 */
/* ostiary key generate, show, thumbprint, convert: keys in files. The daemon's own keys are in cmd_key.c. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/base64url.h"
#include "cli/commands.h"
#include "cli/show.h"
#include "cli/token.h"
#include "config/config_secret.h"
#include "jose/jwk/jwk_file.h"

enum { TEXT_MAX = 512 * 1024 };

/* --- output --- */

/* A new file of mode 0600, or standard output. */
static int write_out(struct cli *cli, struct slice bytes)
{
	const char *path = cli_option(cli, "out");
	if (path == NULL)
		return fwrite(bytes.p, 1, bytes.n, stdout) == bytes.n && fflush(stdout) == 0
			       ? CLI_OK
			       : cli_fail(CLI_FAILED, "standard output could not be written");
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	if (f == NULL) {
		int code = cli_fail(CLI_FAILED, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			(void)close(fd);
		return code;
	}
	bool good = fwrite(bytes.p, 1, bytes.n, f) == bytes.n;
	good = fclose(f) == 0 && good;
	return good ? CLI_OK : cli_fail(CLI_FAILED, "%s could not be written", path);
}

static int write_jwk(struct cli *cli, const struct jwk *key, bool private_too, bool as_set)
{
	struct buf b;
	buf_init(&b, TEXT_MAX);
	struct json_out out = json_out_to(&b);
	if (as_set) {
		json_out_object(&out);
		json_out_key(&out, SLICE("keys"));
		json_out_array(&out);
	}
	enum rc rc = jwk_write(key, private_too, &out);
	if (as_set) {
		json_out_array_end(&out);
		json_out_object_end(&out);
	}
	buf_byte(&b, '\n');
	int code = rc == RC_OK && buf_rc(&b) == RC_OK ? write_out(cli, buf_slice(&b))
						      : cli_fail(CLI_FAILED, "a shared secret has no public half");
	buf_free(&b);
	return code;
}

/* --- generate --- */

static int read_bits(struct cli *cli, unsigned *ret_bits)
{
	const char *text = cli_option(cli, "bits");
	struct json number;
	int64_t bits = 0;
	if (text != NULL && (json_parse(slice_cstr(text), &number, 1) != RC_OK || json_int(&number, &bits) != RC_OK ||
			     bits < CRYPTO_RSA_BITS_MIN || bits > CRYPTO_RSA_BITS_MAX))
		return cli_fail(CLI_USAGE, "--bits: from %d to %d, for RSA", CRYPTO_RSA_BITS_MIN, CRYPTO_RSA_BITS_MAX);
	*ret_bits = (unsigned)bits;
	return CLI_OK;
}

int cmd_key_generate(struct cli *cli)
{
	const char *alg = cli_option(cli, "alg");
	struct jwk_spec spec = {.alg = slice_cstr(alg == NULL ? "ES256" : alg),
				.crv = slice_cstr(cli_option(cli, "crv")),
				.kid = slice_cstr(cli_option(cli, "kid"))};
	struct jwk *key;
	int code = read_bits(cli, &spec.rsa_bits);
	if (code != CLI_OK)
		return code;
	enum rc rc = jwk_generate_for(&spec, &key);
	if (rc == RC_JOSE_ALG)
		return cli_fail(CLI_USAGE, "--alg: not an algorithm that a key can be made for here: ES256, Ed25519, "
					   "RS256, HS256, RSA-OAEP-256, "
					   "ECDH-ES, A256KW, A256GCM and the like");
	if (rc != RC_OK)
		return cli_fail(CLI_USAGE,
				"--crv or --bits does not fit the algorithm, or --kid is too long or not printable");
	code = write_jwk(cli, key, true, false);
	jwk_unref(key);
	return code;
}

/* --- input --- */

static int read_passphrase(struct cli *cli, const char *option, struct slice *ret_text)
{
	char line[CONFIG_SECRET_MAX];
	struct config_secret_error err = {""};
	const char *path = cli_option(cli, option);
	size_t n;
	if (path == NULL)
		return CLI_OK;
	if (config_secret_read(path, CONFIG_OWNER_ANY, line, &n, &err) != RC_OK)
		return cli_fail(CLI_FAILED, "%s", err.text);
	enum rc rc = arena_copy(cli->arena, slice_of(line, n), ret_text);
	ct_wipe(line, sizeof line);
	return rc == RC_OK ? CLI_OK : cli_fail(CLI_FAILED, "out of memory");
}

static int import(struct cli *cli, struct slice bytes, const char *name, struct jwk **ret_key)
{
	struct jwk_names names = {slice_cstr(cli_option(cli, "alg")), slice_cstr(cli_option(cli, "use")),
				  slice_cstr(cli_option(cli, "kid"))};
	struct slice passphrase = SLICE_NONE;
	int code = read_passphrase(cli, "passphrase-file", &passphrase);
	if (code != CLI_OK)
		return code;
	enum jwk_remark remark;
	enum rc rc = jwk_import_remarked(bytes, JWK_ANY, &names, secret_from_slice(passphrase), ret_key, &remark);
	if (rc == RC_ACCESS_DENIED)
		return cli_fail(CLI_FAILED, "%s: encrypted, and --passphrase-file FILE does not open it", name);
	if (rc != RC_OK)
		return cli_fail(CLI_FAILED, "%s: no key for this: %s", name,
				remark == JWK_REMARK_NONE ? rc_row(rc)->text : jwk_remark_text(remark));
	return CLI_OK;
}

static int read_key(struct cli *cli, struct jwk **ret_key)
{
	struct slice bytes;
	const char *path = cli->word_count > 0 ? cli->words[0] : "-",
		   *name = strcmp(path, "-") == 0 ? "standard input" : path;
	int code = token_read_file(cli, path, false, &bytes);
	if (code != CLI_OK)
		return code;
	if (!token_is_json(bytes))
		return import(cli, bytes, name, ret_key);
	return token_key(name, bytes, JWK_ANY, SLICE_NONE, ret_key);
}

/* --- show --- */

static struct slice algs_of(struct cli *cli, const struct jwk *key)
{
	struct slice all = SLICE_NONE;
	for (enum jose_alg alg = 0; alg < JOSE_ALG_COUNT; alg++)
		if (jwk_allows(key, alg))
			rc_ignore(arena_format(cli->arena, &all, "%.*s%s%.*s", SLICE_ARGS(all), all.n > 0 ? " " : "",
					       SLICE_ARGS(jose_alg_row(alg)->name)));
	return all;
}

/* Never the private part. */
static enum rc describe(struct cli *cli, const struct jwk *key, struct json_out *out)
{
	uint8_t digest[32];
	struct slice thumbprint;
	TRY(jwk_thumbprint(key, digest));
	TRY(base64url_encode_arena(cli->arena, slice_of(digest, sizeof digest), &thumbprint));
	json_out_object(out);
	json_out_member(out, SLICE("kty"), jwk_kty_name(key));
	json_out_member_if(out, SLICE("crv"), jwk_crv_name(key));
	json_out_member_if(out, SLICE("alg"), jwk_alg_name(key));
	json_out_member_if(out, SLICE("use"), jwk_use_name(key));
	json_out_member_if(out, SLICE("kid"), jwk_kid(key));
	json_out_member_words(out, SLICE("algs"), algs_of(cli, key));
	json_out_member(out, SLICE("thumbprint"), thumbprint);
	json_out_member_bool(out, SLICE("private"), jwk_is_private(key));
	if (jwk_kty(key) != JOSE_KTY_OCT) {
		json_out_key(out, SLICE("jwk"));
		TRY(jwk_write(key, false, out));
	}
	json_out_object_end(out);
	return buf_rc(out->b);
}

int cmd_key_show(struct cli *cli)
{
	static const struct show_column columns[] = {{"TYPE", "kty", SHOW_TEXT},
						     {"CURVE", "crv", SHOW_TEXT},
						     {"ALG", "alg", SHOW_TEXT},
						     {"USE", "use", SHOW_TEXT},
						     {"SIGNATURES", "algs", SHOW_TEXT},
						     {"KID", "kid", SHOW_TEXT},
						     {"THUMBPRINT", "thumbprint", SHOW_TEXT},
						     {"PRIVATE", "private", SHOW_YES},
						     {0}};
	struct jwk *key;
	struct buf b;
	const struct json *root;
	int code = read_key(cli, &key);
	if (code != CLI_OK)
		return code;
	buf_init(&b, TEXT_MAX);
	struct json_out out = json_out_to(&b);
	if (describe(cli, key, &out) != RC_OK || json_parse_arena(cli->arena, buf_slice(&b), 128, &root) != RC_OK)
		code = cli_fail(CLI_FAILED, "the key cannot be shown");
	else if (!show_json(cli, root))
		show_object(cli, root, columns);
	buf_free(&b);
	jwk_unref(key);
	return code;
}

/* --- thumbprint --- */

int cmd_key_thumbprint(struct cli *cli)
{
	char uri[JWK_THUMBPRINT_URI_LEN];
	struct jwk *key;
	int code = read_key(cli, &key);
	if (code != CLI_OK)
		return code;
	struct slice text = slice_of(uri, sizeof uri);
	if (jwk_thumbprint_uri(key, uri) != RC_OK)
		code = cli_fail(CLI_FAILED, "the key has no thumbprint");
	if (cli_option(cli, "uri") == NULL)
		text = slice_from(text, text.n - 43);
	if (code == CLI_OK && cli->json)
		printf("{\"thumbprint\":\"%.*s\"}\n", SLICE_ARGS(text));
	else if (code == CLI_OK)
		printf("%.*s\n", SLICE_ARGS(text));
	jwk_unref(key);
	return code;
}

/* --- convert --- */

static int write_file_form(struct cli *cli, const struct jwk *key, bool pem, bool private_too)
{
	struct slice passphrase = SLICE_NONE;
	struct buf b;
	int code = private_too ? read_passphrase(cli, "new-passphrase-file", &passphrase) : CLI_OK;
	if (code != CLI_OK)
		return code;
	buf_init(&b, TEXT_MAX);
	enum jwk_form form = pem ? private_too ? JWK_FORM_PEM_PRIVATE : JWK_FORM_PEM_PUBLIC
				 : private_too ? JWK_FORM_DER_PRIVATE : JWK_FORM_DER_PUBLIC;
	if (jwk_export(key, form, secret_from_slice(passphrase), &b) != RC_OK)
		code = cli_fail(CLI_FAILED, "the key has no such form: a shared secret is only ever a JSON Web Key");
	else
		code = write_out(cli, buf_slice(&b));
	buf_free(&b);
	return code;
}

int cmd_key_convert(struct cli *cli)
{
	const char *to = cli_option(cli, "to");
	struct jwk *key;
	if (to == NULL ||
	    (strcmp(to, "jwk") != 0 && strcmp(to, "jwks") != 0 && strcmp(to, "pem") != 0 && strcmp(to, "der") != 0))
		return cli_fail(CLI_USAGE, "--to FORM is needed: jwk, jwks, pem or der");
	int code = read_key(cli, &key);
	if (code != CLI_OK)
		return code;
	bool private_too = jwk_is_private(key) && cli_option(cli, "public") == NULL;
	if (to[0] == 'j')
		code = write_jwk(cli, key, private_too, strcmp(to, "jwks") == 0);
	else
		code = write_file_form(cli, key, to[0] == 'p', private_too);
	jwk_unref(key);
	return code;
}
