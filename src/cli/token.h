/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands about tokens and key files share. None of them asks a daemon. */
#ifndef OSTIARY_CLI_TOKEN_H
#define OSTIARY_CLI_TOKEN_H

#include "cli/cli.h"
#include "jose/sdjwt/sdjwt.h"

/* --- input --- */

enum { TOKEN_LINE_MAX = 64 * 1024, TOKEN_FILE_MAX = 1024 * 1024 + 1 };

/* Lines of any bytes; none is kept longer than TOKEN_LINE_MAX. */
struct token_lines {
	int fd;
	bool ended, failed;
	size_t at, n;
	uint8_t data[TOKEN_LINE_MAX + 1];
};

void token_lines_init(struct token_lines *l, int fd);
/* The next line without its newline; a last one without newline counts, an empty rest does not. False at the end, or
 * where reading failed (`failed`). *ret_whole is false for a line that was too long: then ret_line is its beginning. */
bool token_lines_next(struct token_lines *l, struct slice *ret_line, bool *ret_whole);

/* All of a file, or of standard input for "-" and NULL, in cli->arena. `secret`: a regular file must be its owner's
 * alone. CLI_OK or an exit code after a line on standard error. */
int token_read_file(struct cli *cli, const char *path, bool secret, struct slice *ret_text);
/* A key from its file's bytes: a JSON Web Key, or PEM or DER without a passphrase, whose kid is `kid` where that is
 * not empty. CLI_OK, or an exit code after a line on standard error that begins with `name` and says why not. */
int token_key(const char *name, struct slice bytes, enum jwk_wanted wanted, struct slice kid, struct jwk **ret_key);
bool token_is_json(struct slice bytes);
/* One pasted line: a terminal is asked with `prompt`, and may give more than the 4,095 bytes that its line mode
 * holds. */
int token_read_pasted(struct cli *cli, const char *prompt, struct slice *ret_line);

/* --- what a line is --- */

enum token_type {
	TOKEN_JWT, /* or nothing that is known */
	TOKEN_SDJWT,
	TOKEN_JWE,  /* compact or in JSON */
	TOKEN_JSON, /* a JWS or an SD-JWT in JSON */
};

struct token_type_row {
	const char *name; /* for scripts */
	const char *text; /* what it is, for whom it is no token to verify; NULL: it is one */
};

/* By its form alone: nothing in it is checked. */
enum token_type token_type_of(struct slice line, struct arena *a);
const struct token_type_row *token_type_row(enum token_type type);

/* --- what is demanded of a token --- */

/* From --jwks, --kid, --alg, --iss, --aud, --typ, --nonce, --leeway, --ignore-header-urls, --now. What is not given
 * is not demanded, but `exp`. */
struct token_validate {
	struct jwks *public, *symmetric; /* NULL without --jwks */
	jose_alg_set algs;
	struct slice issuer, audience, type; /* empty: not given */
	struct slice nonce;  /* with it only an SD-JWT whose key binding is for `audience` and this */
	int64_t now, leeway;
	bool ignore_header_urls;
	size_t skipped; /* keys of the file that are unfit or of no known kind */
};

/* CLI_OK or an exit code. Release with token_validate_close. */
int token_validate_open(struct cli *cli, struct token_validate *ret_validate);
void token_validate_close(struct token_validate *validate);
/* As jwt_verify. RC_JOSE_BINDING: a nonce is demanded. */
enum rc token_validate_verify(const struct token_validate *validate, struct slice token, struct arena *a,
			   struct jwt_claims *ret_claims) WARN_UNUSED;
/* What is wrong with it apart from its signature. */
enum rc token_validate_unsigned(const struct token_validate *validate, struct slice token, struct arena *a,
			     struct jwt_claims *ret_claims) WARN_UNUSED;
/* As sdjwt_verify; a KB-JWT behind it is looked at only where a nonce is demanded, which its verifier knows. */
enum rc token_validate_sdjwt(const struct token_validate *validate, struct slice text, struct arena *a,
			     struct sdjwt *ret_sdjwt) WARN_UNUSED;
/* Algorithms by names, "ES256,RS256". RC_JOSE_ALG. */
enum rc token_algs(struct slice names, jose_alg_set *ret_algs) WARN_UNUSED;

/* --- words --- */

enum { TOKEN_WORDS_MAX = 96 };

/* "exp", "signature", "malformed": one word for scripts. */
const char *token_reason(enum rc rc);
/* "in 2 days 3 hours", "5 minutes ago", "now". */
void token_time_words(int64_t t, int64_t now, char dst[static TOKEN_WORDS_MAX]);
/* "2026-11-26 00:15:00 UTC"; "" outside the years 1970 to 9999. */
void token_date(int64_t t, char dst[static TOKEN_WORDS_MAX]);
/* A JSON value on one line of safe characters: white space between values goes, what would move a cursor is escaped. */
void token_print_json(struct slice json);
/* Text for a terminal, at most `max` bytes of it: what would move a cursor becomes "?". */
void token_print_text(struct slice text, size_t max);

#endif
