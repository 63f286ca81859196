/* SPDX-License-Identifier: Apache-2.0 */
#include "process/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

static enum rc fail(struct listen_error *err, enum rc rc, const char *where, const char *what)
{
	(void)snprintf(err->text, sizeof err->text, "cannot listen on %.120s: %.150s", where, what);
	return rc;
}

static bool is_listening(const struct sockaddr_un *at)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return true;
	int bad = connect(fd, (const struct sockaddr *)at, sizeof *at);
	bool stale = bad != 0 && (errno == ECONNREFUSED || errno == ENOENT);
	(void)close(fd);
	return !stale;
}

/* Removes the socket of a killed daemon. Anything else is an error. */
static enum rc clear_stale(const struct sockaddr_un *at, struct listen_error *err)
{
	struct stat st;
	if (lstat(at->sun_path, &st) != 0)
		return RC_OK;
	if (!S_ISSOCK(st.st_mode))
		return fail(err, RC_FORBIDDEN, at->sun_path, "something that is no socket stands there");
	if (is_listening(at))
		return fail(err, RC_CONFLICT, at->sun_path,
			    "another process listens there; is ostiary running already?");
	return unlink(at->sun_path) == 0 ? RC_OK : fail(err, RC_IO, at->sun_path, strerror(errno));
}

static enum rc bind_and_listen(int fd, const struct sockaddr *at, socklen_t n, const char *where,
			       struct listen_error *err)
{
	if (bind(fd, at, n) == 0 && listen(fd, BACKLOG) == 0)
		return RC_OK;
	if (errno == EADDRINUSE)
		return fail(err, RC_CONFLICT, where, "another process uses this port");
	return fail(err, RC_IO, where, strerror(errno));
}

enum rc listen_unix(const char *path, mode_t mode, int *ret_fd, struct listen_error *err)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	if (!slice_to_cstr(slice_cstr(path), at.sun_path, sizeof at.sun_path))
		return fail(err, RC_LIMIT, path,
			    "the name of the socket is longer than 107 bytes; use a shorter state folder");
	TRY(clear_stale(&at, err));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(err, RC_IO, path, strerror(errno));
	mode_t before = umask(0777 & ~mode);
	enum rc rc = bind_and_listen(fd, (const struct sockaddr *)&at, sizeof at, path, err);
	(void)umask(before);
	if (rc != RC_OK)
		(void)close(fd);
	else
		*ret_fd = fd;
	return rc;
}

static bool stat_folder(const char *path, struct stat *st)
{
	char folder[sizeof((struct sockaddr_un *)NULL)->sun_path];
	const char *slash = strrchr(path, '/');
	if (slash == NULL)
		return stat(".", st) == 0;
	return slice_to_cstr(slice_of(path, slash == path ? 1 : (size_t)(slash - path)), folder, sizeof folder) &&
	       stat(folder, st) == 0;
}

enum rc listen_unix_as_folder(const char *path, int *ret_fd, struct listen_error *err)
{
	struct stat folder;
	mode_t mode = 0666;
	TRY(listen_unix(path, 0600, ret_fd, err));
	if (stat_folder(path, &folder)) {
		uid_t owner = geteuid() == 0 ? folder.st_uid : (uid_t)-1;
		/* If the group cannot be set, only the mode of the folder restricts access. */
		if (lchown(path, owner, folder.st_gid) == 0)
			mode = 0600 | ((folder.st_mode & S_IXGRP) != 0 ? 060 : 0) |
			       ((folder.st_mode & S_IXOTH) != 0 ? 06 : 0);
	}
	if (chmod(path, mode) == 0)
		return RC_OK;
	(void)close(*ret_fd);
	return fail(err, RC_IO, path, strerror(errno));
}

union tcp_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static bool parse_tcp(char *text, union tcp_address *at, socklen_t *ret_n)
{
	char *colon = strrchr(text, ':'), *host = text;
	if (colon == NULL)
		return false;
	*colon = 0;
	unsigned long port = strtoul(colon + 1, NULL, 10);
	if (port > 65535)
		return false;
	if (*host == '[' && colon > host && colon[-1] == ']') {
		colon[-1] = 0;
		at->v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
		*ret_n = sizeof at->v6;
		return inet_pton(AF_INET6, host + 1, &at->v6.sin6_addr) == 1;
	}
	at->v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	*ret_n = sizeof at->v4;
	return inet_pton(AF_INET, host, &at->v4.sin_addr) == 1;
}

enum rc listen_tcp(struct slice address, int *ret_fd, struct listen_error *err)
{
	char where[64], text[64];
	union tcp_address at;
	socklen_t n;
	int one = 1;
	if (!slice_to_cstr(address, where, sizeof where) || !slice_to_cstr(address, text, sizeof text) ||
	    !parse_tcp(text, &at, &n))
		return fail(err, RC_SYNTAX, "the address", "it is not one");
	int fd = socket(at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(err, RC_IO, where, strerror(errno));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	enum rc rc = bind_and_listen(fd, &at.any, n, where, err);
	if (rc != RC_OK)
		(void)close(fd);
	else
		*ret_fd = fd;
	return rc;
}
