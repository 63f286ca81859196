/* SPDX-License-Identifier: Apache-2.0 */
/* ostiary key generate, show, thumbprint: keys in files. The daemon's own keys are in cmd_more.c. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/base64url.h"
#include "cli/commands.h"
#include "cli/show.h"
#include "cli/token.h"

enum { RSA_BITS_MAX = 8192 };

/* A new file of mode 0600, or standard output. */
static int write_out(struct cli *cli, struct slice text)
{
	const char *path = cli_option(cli, "out");
	if (path == NULL) {
		printf("%.*s\n", SLICE_ARGS(text));
		return CLI_OK;
	}
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	if (f == NULL) {
		int code = cli_fail(CLI_FAILED, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			(void)close(fd);
		return code;
	}
	bool good = fwrite(text.p, 1, text.n, f) == text.n && fputc('\n', f) != EOF;
	good = fclose(f) == 0 && good;
	return good ? CLI_OK : cli_fail(CLI_FAILED, "%s could not be written", path);
}

static int jwk_text(struct cli *cli, const struct jwk *key, bool private_too, struct slice *ret_text)
{
	struct buf b;
	buf_init(&b, TOKEN_FILE_MAX);
	struct json_out out = json_out_to(&b);
	enum rc rc = jwk_write(key, private_too, &out);
	if (rc == RC_OK)
		rc = buf_rc(&b);
	if (rc == RC_OK)
		rc = arena_copy(cli->arena, buf_slice(&b), ret_text);
	buf_free(&b);
	return rc == RC_OK ? CLI_OK : cli_fail(CLI_FAILED, "the key has no such form");
}

static int read_bits(struct cli *cli, unsigned *ret_bits)
{
	const char *text = cli_option(cli, "bits");
	struct json number;
	int64_t bits = 0;
	if (text != NULL && (json_parse(slice_cstr(text), &number, 1) != RC_OK || json_int(&number, &bits) != RC_OK || bits < 2048 ||
			     bits > RSA_BITS_MAX))
		return cli_fail(CLI_USAGE, "--bits: from 2048 to %d, for RSA", RSA_BITS_MAX);
	*ret_bits = (unsigned)bits;
	return CLI_OK;
}

int cmd_key_generate(struct cli *cli)
{
	const char *name = cli_option(cli, "alg");
	enum jose_alg alg;
	unsigned bits;
	struct jwk *key;
	struct slice text;
	if (jose_alg_by_name(slice_cstr(name == NULL ? "ES256" : name), &alg) != RC_OK)
		return cli_fail(CLI_USAGE, "--alg: algorithms are ES256, RS256, PS256, Ed25519, HS256 and the like");
	int code = read_bits(cli, &bits);
	if (code != CLI_OK)
		return code;
	if (jwk_generate(alg, bits, &key) != RC_OK)
		return cli_fail(CLI_FAILED, "no key could be made for %s", name == NULL ? "ES256" : name);
	code = jwk_text(cli, key, true, &text);
	if (code == CLI_OK)
		code = write_out(cli, text);
	jwk_unref(key);
	return code;
}

/* Any kind of JWK. */
static int read_any(struct cli *cli, struct jwk **ret_key, bool *ret_private)
{
	static const enum jwk_wanted kinds[] = {JWK_PUBLIC, JWK_PRIVATE, JWK_SYMMETRIC};
	struct slice text;
	const char *path = cli->word_count > 0 ? cli->words[0] : "-";
	int code = token_read_file(cli, path, false, &text);
	for (size_t i = 0; code == CLI_OK && i < ARRAY_LEN(kinds); i++) {
		*ret_private = kinds[i] != JWK_PUBLIC;
		if (jwk_read(text, kinds[i], ret_key) == RC_OK)
			return CLI_OK;
	}
	return code != CLI_OK ? code : cli_fail(CLI_FAILED, "%s: not one JSON Web Key for signatures that is strong enough",
						strcmp(path, "-") == 0 ? "standard input" : path);
}

static int thumbprint_of(struct cli *cli, const struct jwk *key, struct slice *ret_text)
{
	uint8_t digest[32];
	if (jwk_thumbprint(key, digest) != RC_OK ||
	    base64url_encode_arena(cli->arena, slice_of(digest, sizeof digest), ret_text) != RC_OK)
		return cli_fail(CLI_FAILED, "the key has no thumbprint");
	return CLI_OK;
}

static const char *const kty_names[] = {[JOSE_KTY_OCT] = "oct", [JOSE_KTY_RSA] = "RSA", [JOSE_KTY_EC] = "EC", [JOSE_KTY_OKP] = "OKP"};

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
int cmd_key_show(struct cli *cli)
{
	static const struct show_column columns[] = {{"TYPE", "kty", SHOW_TEXT}, {"ALGORITHMS", "algs", SHOW_TEXT},
						     {"KID", "kid", SHOW_TEXT}, {"THUMBPRINT", "thumbprint", SHOW_TEXT},
						     {"PRIVATE", "private", SHOW_YES}, {0}};
	struct jwk *key;
	struct slice thumbprint;
	struct buf b;
	const struct json *root;
	bool is_private;
	int code = read_any(cli, &key, &is_private);
	if (code != CLI_OK)
		return code;
	code = thumbprint_of(cli, key, &thumbprint);
	buf_init(&b, TOKEN_FILE_MAX);
	struct json_out out = json_out_to(&b);
	json_out_object(&out);
	json_out_member(&out, SLICE("kty"), slice_cstr(kty_names[jwk_kty(key)]));
	json_out_member_words(&out, SLICE("algs"), algs_of(cli, key));
	json_out_member(&out, SLICE("kid"), jwk_kid(key));
	json_out_member(&out, SLICE("thumbprint"), thumbprint);
	json_out_member_bool(&out, SLICE("private"), is_private);
	if (jwk_kty(key) != JOSE_KTY_OCT) {
		json_out_key(&out, SLICE("jwk"));
		rc_ignore(jwk_write(key, false, &out));
	}
	json_out_object_end(&out);
	if (code == CLI_OK && json_parse_arena(cli->arena, buf_slice(&b), 64, &root) != RC_OK)
		code = cli_fail(CLI_FAILED, "out of memory");
	if (code == CLI_OK && !show_json(cli, root))
		show_object(cli, root, columns);
	buf_free(&b);
	jwk_unref(key);
	return code;
}

int cmd_key_thumbprint(struct cli *cli)
{
	struct jwk *key;
	struct slice text;
	bool is_private, uri = cli_option(cli, "uri") != NULL;
	int code = read_any(cli, &key, &is_private);
	if (code != CLI_OK)
		return code;
	code = thumbprint_of(cli, key, &text);
	/* RFC 9278 3. */
	const char *prefix = uri ? "urn:ietf:params:oauth:jwk-thumbprint:sha-256:" : "";
	if (code == CLI_OK && cli->json)
		printf("{\"thumbprint\":\"%s%.*s\"}\n", prefix, SLICE_ARGS(text));
	else if (code == CLI_OK)
		printf("%s%.*s\n", prefix, SLICE_ARGS(text));
	jwk_unref(key);
	return code;
}
