/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords are never arguments, which every process could read. */
#include <errno.h>
#include <termios.h>
#include <unistd.h>

#include "base/ct.h"
#include "cli/cli.h"
#include "config/config_secret.h"

static int read_stdin(struct cli *cli, struct slice *ret)
{
	char line[CONFIG_SECRET_MAX];
	size_t n = fread(line, 1, sizeof line, stdin);
	if (n > 0 && line[n - 1] == '\n')
		n--;
	if (n == 0 || n == sizeof line || memchr(line, '\n', n) != NULL)
		return cli_fail(CLI_USAGE, "standard input must hold one line with the password");
	enum rc rc = arena_copy(cli->arena, slice_of(line, n), ret);
	ct_wipe(line, sizeof line);
	return rc == RC_OK ? CLI_OK : cli_fail(CLI_FAILED, "out of memory");
}

static int read_file(struct cli *cli, const char *path, struct slice *ret)
{
	char line[CONFIG_SECRET_MAX];
	struct config_secret_error err = {""};
	size_t n;
	if (config_secret_read(path, CONFIG_OWNER_ANY, line, &n, &err) != RC_OK)
		return cli_fail(CLI_FAILED, "%s", err.text);
	enum rc rc = arena_copy(cli->arena, slice_of(line, n), ret);
	ct_wipe(line, sizeof line);
	return rc == RC_OK ? CLI_OK : cli_fail(CLI_FAILED, "out of memory");
}

/* Asks on the terminal itself, without echo. */
static bool ask_terminal(FILE *tty, const char *prompt, char line[static CONFIG_SECRET_MAX], size_t *ret_n)
{
	struct termios before, silent;
	if (tcgetattr(fileno(tty), &before) != 0)
		return false;
	silent = before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	(void)tcsetattr(fileno(tty), TCSAFLUSH, &silent);
	/* Only now: what was typed before was echoed, and is discarded. */
	(void)fputs(prompt, tty);
	(void)fflush(tty);
	bool got = fgets(line, CONFIG_SECRET_MAX, tty) != NULL;
	(void)tcsetattr(fileno(tty), TCSAFLUSH, &before);
	(void)fputc('\n', tty);
	*ret_n = got ? strcspn(line, "\n") : 0;
	return got && *ret_n > 0;
}

static int read_terminal(struct cli *cli, bool twice, struct slice *ret)
{
	char first[CONFIG_SECRET_MAX], second[CONFIG_SECRET_MAX];
	size_t n = 0, m = 0;
	FILE *tty = fopen("/dev/tty", "r+e");
	if (tty == NULL)
		return cli_fail(CLI_USAGE,
				"no terminal to ask for the password on; use --password-stdin or --password-file FILE");
	bool good = ask_terminal(tty, "Password: ", first, &n) && (!twice || ask_terminal(tty, "Again: ", second, &m));
	(void)fclose(tty);
	if (good && twice)
		good = ct_equal(secret_of(first, n), secret_of(second, m));
	if (good)
		good = arena_copy(cli->arena, slice_of(first, n), ret) == RC_OK;
	ct_wipe(first, sizeof first);
	ct_wipe(second, sizeof second);
	return good ? CLI_OK : cli_fail(CLI_USAGE, "no password, or two different ones: nothing is changed");
}

int cli_password(struct cli *cli, bool twice, struct slice *ret_password)
{
	const char *file = cli_option(cli, "password-file");
	if (file != NULL)
		return read_file(cli, file, ret_password);
	if (cli_option(cli, "password-stdin") != NULL)
		return read_stdin(cli, ret_password);
	return read_terminal(cli, twice, ret_password);
}
