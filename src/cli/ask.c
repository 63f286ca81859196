/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ask.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/percent.h"
#include "config/config.h"

enum { ANSWER_MAX = 1024 * 1024, VALUES_MAX = 50000, BODY_MAX = 64 * 1024, TIMEOUT_S = 120 };

void ask_body_begin(struct ask_body *body)
{
	buf_init(&body->b, BODY_MAX);
	body->o = json_out_to(&body->b);
	json_out_object(&body->o);
}

void ask_body_text(struct ask_body *body, const char *name, const char *value)
{
	if (value != NULL)
		json_out_member(&body->o, slice_cstr(name), slice_cstr(value));
}

void ask_body_words(struct ask_body *body, const char *name, const char *value)
{
	struct slice rest = slice_cstr(value), word;
	if (value == NULL)
		return;
	json_out_key(&body->o, slice_cstr(name));
	json_out_array(&body->o);
	while (slice_split(&rest, ',', &word))
		if (slice_trim(word).n > 0)
			json_out_string(&body->o, slice_trim(word));
	json_out_array_end(&body->o);
}

struct slice ask_body_end(struct cli *cli, struct ask_body *body)
{
	struct slice copy = SLICE_NONE;
	json_out_object_end(&body->o);
	if (buf_rc(&body->b) != RC_OK || arena_copy(cli->arena, buf_slice(&body->b), &copy) != RC_OK)
		copy = SLICE_NONE;
	buf_free(&body->b);
	return copy;
}

struct slice ask_path(struct cli *cli, const char *path, const char *const *pairs)
{
	struct slice copy = SLICE_NONE;
	struct buf b;
	buf_init(&b, 4096);
	buf_put(&b, slice_cstr(path));
	for (; pairs[0] != NULL; pairs += 2)
		if (pairs[1] != NULL)
			percent_query(&b, slice_cstr(pairs[0]), slice_cstr(pairs[1]));
	if (buf_rc(&b) == RC_OK)
		rc_ignore(arena_copy(cli->arena, buf_slice(&b), &copy));
	buf_free(&b);
	return copy;
}

static int find_socket(struct cli *cli, const char **ret_path)
{
	static struct config config;
	struct config_error err;
	if (config_load(cli->config, cli->arena, &config, &err) != RC_OK)
		return cli_fail(CLI_CONFIG, "%s", err.text);
	if (config_state_path(&config, SLICE("admin.sock"), cli->arena, ret_path) != RC_OK)
		return cli_fail(CLI_CONFIG, "the state folder's name is too long");
	return CLI_OK;
}

static int connect_to(struct cli *cli, const char *path, int *ret_fd)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	const struct timeval patience = {.tv_sec = TIMEOUT_S};
	if (!slice_to_cstr(slice_cstr(path), at.sun_path, sizeof at.sun_path))
		return cli_fail(CLI_UNREACHABLE, "the socket's name is too long: %s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return cli_fail(CLI_FAILED, "no socket: %s", strerror(errno));
	if (connect(fd, (const struct sockaddr *)&at, sizeof at) != 0) {
		int code = errno == EACCES || errno == EPERM
				   ? cli_fail(CLI_UNREACHABLE,
					      "the daemon cannot be asked at %s: %s\nrun this as root, or as the user "
					      "who started the daemon",
					      path, strerror(errno))
				   : cli_fail(CLI_UNREACHABLE,
					      "the daemon cannot be reached at %s: %s\nis it running? start it with: "
					      "ostiary serve -c %s",
					      path, strerror(errno), cli->config);
		(void)close(fd);
		return code;
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	*ret_fd = fd;
	return CLI_OK;
}

static bool send_all(int fd, struct slice s)
{
	while (s.n > 0) {
		ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);
		if (n <= 0 && errno != EINTR)
			return false;
		s = slice_from(s, n > 0 ? (size_t)n : 0);
	}
	return true;
}

static bool receive_all(int fd, struct buf *b)
{
	uint8_t piece[8192];
	ssize_t n;
	while ((n = recv(fd, piece, sizeof piece, 0)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		buf_put(b, slice_of(piece, (size_t)n));
	}
	return buf_rc(b) == RC_OK;
}

static bool exchange(int fd, const struct ask *ask, struct buf *answer)
{
	struct buf b;
	buf_init(&b, BODY_MAX + 8192);
	buf_format(&b, "%s %.*s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %zu\r\n",
		   ask->method, SLICE_ARGS(ask->path), ask->body.n);
	buf_put(&b, ask->body.n > 0 ? SLICE("Content-Type: application/json\r\n\r\n") : SLICE("\r\n"));
	buf_put(&b, ask->body);
	bool done = buf_rc(&b) == RC_OK && send_all(fd, buf_slice(&b)) && receive_all(fd, answer);
	buf_free(&b);
	return done;
}

/* "HTTP/1.1 200 …", and the body behind the empty line. */
static bool split_answer(struct slice text, int *ret_status, struct slice *ret_body)
{
	static const struct slice end = SLICE_INIT("\r\n\r\n");
	if (text.n < 16 || !slice_starts(text, SLICE("HTTP/1.1 ")))
		return false;
	*ret_status = (text.p[9] - '0') * 100 + (text.p[10] - '0') * 10 + (text.p[11] - '0');
	for (size_t i = 0; i + end.n <= text.n; i++) {
		if (!slice_starts(slice_from(text, i), end))
			continue;
		*ret_body = slice_from(text, i + end.n);
		return true;
	}
	return false;
}

static int explain(struct cli *cli, int status, const struct json *root)
{
	struct slice what = SLICE_NONE, detail = SLICE_NONE;
	rc_ignore(json_string(json_get(root, SLICE("error_description")), cli->arena, &what));
	rc_ignore(json_string(json_get(root, SLICE("detail")), cli->arena, &detail));
	/* A detail of several words is a sentence; a single word is the member that the description is about. */
	if (slice_find(detail, ' ') < detail.n)
		what = SLICE_NONE;
	return cli_fail(CLI_FAILED, "%.*s%s%.*s%s", SLICE_ARGS(what), what.n > 0 && detail.n > 0 ? ": " : "",
			SLICE_ARGS(detail),
			status == 503 ? "; the daemon's log says more" : "");
}

int ask_daemon(struct cli *cli, const struct ask *ask, const struct json **ret_root)
{
	const char *path;
	struct buf answer;
	struct slice text, body;
	int fd, status, code = find_socket(cli, &path);
	if (code == CLI_OK)
		code = connect_to(cli, path, &fd);
	if (code != CLI_OK)
		return code;
	buf_init(&answer, ANSWER_MAX);
	bool good = exchange(fd, ask, &answer) && arena_copy(cli->arena, buf_slice(&answer), &text) == RC_OK;
	buf_free(&answer);
	(void)close(fd);
	if (!good || !split_answer(text, &status, &body) ||
	    json_parse_arena(cli->arena, body, VALUES_MAX, ret_root) != RC_OK)
		return cli_fail(CLI_UNREACHABLE, "the daemon gave no proper answer; its log may say why");
	return status < 400 ? CLI_OK : explain(cli, status, *ret_root);
}
