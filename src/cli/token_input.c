/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "cli/token.h"
#include "jose/jwk/jwk_file.h"

void token_lines_init(struct token_lines *l, int fd)
{
	l->fd = fd;
	l->ended = l->failed = false;
	l->at = l->n = 0;
}

/* More bytes behind those that are there; false where there is no room or nothing comes. */
static bool fill(struct token_lines *l)
{
	memmove(l->data, l->data + l->at, l->n - l->at);
	l->n -= l->at;
	l->at = 0;
	if (l->n == sizeof l->data)
		return false;
	ssize_t got;
	do
		got = read(l->fd, l->data + l->n, sizeof l->data - l->n);
	while (got < 0 && errno == EINTR);
	l->failed = got < 0;
	l->ended = got <= 0;
	l->n += got > 0 ? (size_t)got : 0;
	return got > 0;
}

static void skip_rest(struct token_lines *l)
{
	const uint8_t *newline;
	do {
		newline = memchr(l->data + l->at, '\n', l->n - l->at);
		l->at = newline == NULL ? l->n : (size_t)(newline - l->data) + 1;
	} while (newline == NULL && fill(l));
}

bool token_lines_next(struct token_lines *l, struct slice *ret_line, bool *ret_whole)
{
	for (;;) {
		const uint8_t *begin = l->data + l->at, *newline = memchr(begin, '\n', l->n - l->at);
		size_t n = newline == NULL ? l->n - l->at : (size_t)(newline - begin);
		bool too_long = n > TOKEN_LINE_MAX;
		if (newline == NULL && !too_long && !l->ended) {
			(void)fill(l);
			continue;
		}
		if (l->failed || (newline == NULL && n == 0))
			return false;
		*ret_line = slice_of(begin, too_long ? 0 : n);
		*ret_whole = !too_long;
		if (newline != NULL)
			l->at += n + 1;
		else if (too_long)
			skip_rest(l);
		else
			l->at = l->n;
		return true;
	}
}

static int read_all(struct cli *cli, int fd, const char *path, struct slice *ret_text)
{
	struct buf b;
	buf_init(&b, TOKEN_FILE_MAX);
	for (;;) {
		uint8_t piece[4096];
		ssize_t n = read(fd, piece, sizeof piece);
		if (n < 0 && errno == EINTR)
			continue;
		if (n > 0)
			buf_put(&b, slice_of(piece, (size_t)n));
		ct_wipe(piece, n > 0 ? (size_t)n : 0);
		if (n < 0 || buf_rc(&b) != RC_OK) {
			buf_free(&b);
			return n < 0 ? cli_fail(CLI_FAILED, "%s: %s", path, strerror(errno))
				     : cli_fail(CLI_FAILED, "%s: larger than %d KiB", path, TOKEN_FILE_MAX / 1024);
		}
		if (n == 0)
			break;
	}
	enum rc rc = arena_copy(cli->arena, buf_slice(&b), ret_text);
	buf_free(&b);
	return rc == RC_OK ? CLI_OK : cli_fail(CLI_FAILED, "out of memory");
}

/* A private key that others can read is not secret. */
static int owner_validate(int fd, const char *path)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return cli_fail(CLI_FAILED, "%s: %s", path, strerror(errno));
	if (S_ISREG(st.st_mode) && (st.st_mode & 077) != 0)
		return cli_fail(CLI_FAILED, "%s: others may read it; chmod 600 %s", path, path);
	return CLI_OK;
}

int token_read_file(struct cli *cli, const char *path, bool secret, struct slice *ret_text)
{
	if (path == NULL || strcmp(path, "-") == 0)
		return read_all(cli, STDIN_FILENO, "standard input", ret_text);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return cli_fail(CLI_FAILED, "%s: %s", path, strerror(errno));
	int code = secret ? owner_validate(fd, path) : CLI_OK;
	if (code == CLI_OK)
		code = read_all(cli, fd, path, ret_text);
	(void)close(fd);
	return code;
}

bool token_is_json(struct slice bytes)
{
	while (bytes.n > 0 && bytes.p[0] <= ' ')
		bytes = slice_from(bytes, 1);
	return bytes.n > 0 && (bytes.p[0] == '{' || bytes.p[0] == '[');
}

int token_key(const char *name, struct slice bytes, enum jwk_wanted wanted, struct slice kid, struct jwk **ret_key)
{
	const struct jwk_names names = {.kid = kid};
	enum jwk_remark remark;
	enum rc rc = token_is_json(bytes)
			     ? jwk_read_remarked(bytes, wanted, ret_key, &remark)
			     : jwk_import_remarked(bytes, wanted, &names, secret_of(NULL, 0), ret_key, &remark);
	return rc == RC_OK ? CLI_OK : cli_fail(CLI_FAILED, "%s: no key for this: %s", name,
					       remark == JWK_REMARK_NONE ? rc_row(rc)->text : jwk_remark_text(remark));
}

static int read_line(struct cli *cli, struct slice *ret_line)
{
	static struct token_lines l;
	struct slice line = SLICE_NONE;
	bool whole = true, got;
	token_lines_init(&l, STDIN_FILENO);
	do
		got = token_lines_next(&l, &line, &whole);
	while (got && whole && slice_trim(line).n == 0);
	if (l.failed)
		return cli_fail(CLI_FAILED, "standard input: %s", strerror(errno));
	if (!got)
		return cli_fail(CLI_FAILED, "nothing on standard input");
	if (!whole)
		return cli_fail(CLI_FAILED, "a line of more than %d KiB is no token", TOKEN_LINE_MAX / 1024);
	return arena_copy(cli->arena, line, ret_line) == RC_OK ? CLI_OK : cli_fail(CLI_FAILED, "out of memory");
}

int token_read_pasted(struct cli *cli, const char *prompt, struct slice *ret_line)
{
	struct termios before, raw;
	if (isatty(STDIN_FILENO) != 1 || tcgetattr(STDIN_FILENO, &before) != 0)
		return read_line(cli, ret_line);
	raw = before;
	raw.c_lflag &= ~(tcflag_t)ICANON;
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	/* Not before: what is pasted until then is cut at a terminal's line. */
	(void)fprintf(stderr, "%s", prompt);
	int code = read_line(cli, ret_line);
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
	return code;
}
