/* SPDX-License-Identifier: Apache-2.0 */
#include "process/descriptors.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "process/listen.h"

static const char *const unix_sockets[] = {[ROLE_FD_ADMIN] = "admin.sock", [ROLE_FD_LINK] = "link.sock"};

static enum rc open_unix(const struct config *c, struct slice name, bool shared, struct arena *a, int *ret_fd)
{
	const char *path;
	struct listen_error err;
	TRY(config_state_path(c, name, a, &path));
	enum rc rc = shared ? listen_unix_as_folder(path, ret_fd, &err) : listen_unix(path, 0600, ret_fd, &err);
	if (rc != RC_OK)
		(void)fprintf(stderr, "ostiary: %s\n", err.text);
	return rc;
}

static enum rc open_listener(const struct config *c, const struct config_listen *l, struct arena *a, int *ret_fd)
{
	struct listen_error err;
	if (slice_starts(l->address, SLICE("unix:")))
		return open_unix(c, slice_from(l->address, 5), true, a, ret_fd);
	enum rc rc = listen_tcp(l->address, ret_fd, &err);
	if (rc != RC_OK)
		(void)fprintf(stderr, "ostiary: %s\n", err.text);
	return rc;
}

static enum rc open_listeners(const struct config *c, struct arena *a, struct descriptors *d)
{
	const struct config_listen *l = c->listen.v;
	if (c->listen.n > ROLE_LISTEN_MAX)
		return RC_LIMIT;
	for (; d->listen_count < c->listen.n; d->listen_count++)
		TRY(open_listener(c, &l[d->listen_count], a, &d->listen_fds[d->listen_count]));
	return RC_OK;
}

static enum rc open_single(const struct config *c, enum role_fd which, bool shared, struct arena *a,
			   struct descriptors *d)
{
	TRY(open_unix(c, slice_cstr(unix_sockets[which]), shared, a, &d->ends[which][0]));
	d->ends[which][1] = d->ends[which][0];
	return RC_OK;
}

static enum rc open_pairs(struct descriptors *d)
{
	static const enum role_fd pairs[] = {ROLE_FD_SIGNER, ROLE_FD_GENERATE, ROLE_FD_RELOAD};
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, d->ends[pairs[i]]) != 0)
			return RC_IO;
	return pipe2(d->ends[ROLE_FD_READY], O_CLOEXEC | O_NONBLOCK) == 0 ? RC_OK : RC_IO;
}

static enum rc open_memory(size_t size, struct descriptors *d)
{
	int fd = memfd_create("ostiary ledger", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || ftruncate(fd, (off_t)size) != 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
		return RC_IO;
	d->memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	d->ends[ROLE_FD_LEDGER][0] = d->ends[ROLE_FD_LEDGER][1] = fd;
	return d->memory == MAP_FAILED ? RC_IO : RC_OK;
}

enum rc descriptors_open(const struct config *c, size_t memory, struct arena *a, struct descriptors *ret)
{
	TRY(open_listeners(c, a, ret));
	TRY(open_single(c, ROLE_FD_ADMIN, false, a, ret));
	/* Gateways run as other users, in the state folder's group. */
	TRY(open_single(c, ROLE_FD_LINK, true, a, ret));
	TRY(open_pairs(ret));
	return open_memory(memory, ret);
}

void descriptors_unlink(const struct config *c, struct arena *a)
{
	const struct config_listen *l = c->listen.v;
	const char *path;
	for (size_t i = 0; i < ARRAY_LEN(unix_sockets); i++)
		if (unix_sockets[i] != NULL && config_state_path(c, slice_cstr(unix_sockets[i]), a, &path) == RC_OK)
			(void)unlink(path);
	for (size_t i = 0; i < c->listen.n; i++)
		if (slice_starts(l[i].address, SLICE("unix:")) &&
		    config_state_path(c, slice_from(l[i].address, 5), a, &path) == RC_OK)
			(void)unlink(path);
}
