/* SPDX-License-Identifier: Apache-2.0 */
#include "process/role.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <unistd.h>

const char *role_fd_name(enum role_fd fd)
{
	static const char *const names[] = {
		[ROLE_FD_SIGNER] = "signer", [ROLE_FD_GENERATE] = "generate", [ROLE_FD_RELOAD] = "reload",
		[ROLE_FD_LEDGER] = "ledger", [ROLE_FD_READY] = "ready",       [ROLE_FD_ADMIN] = "admin",
		[ROLE_FD_LINK] = "link",     [ROLE_FD_LISTEN] = "listen",
	};
	return names[fd];
}

enum log_level role_log_level(const struct config *c)
{
	static const char *const levels[] = {"debug", "info", "warn", "error"};
	for (size_t i = 0; i < ARRAY_LEN(levels); i++)
		if (slice_eq(c->log.level, slice_cstr(levels[i])))
			return (enum log_level)i;
	return LOG_LEVEL_INFO;
}

struct log role_log(const struct config *c, const char *name)
{
	return (struct log){.fd = STDERR_FILENO, .least = role_log_level(c), .role = name};
}

void role_title(int argc, char **argv, const char *name)
{
	char title[32];
	char *end = argv[argc - 1] + strlen(argv[argc - 1]);
	size_t room = (size_t)(end - argv[0]);
	(void)snprintf(title, sizeof title, "ostiary: %s", name);
	memset(argv[0], 0, room);
	(void)snprintf(argv[0], room, "%s", title);
	(void)prctl(PR_SET_NAME, title);
	/* /proc shows two arguments: "ostiary:" and the role. */
	char *space = strchr(argv[0], ' ');
	if (space != NULL)
		*space = 0;
}

static int *place_of(struct role *r, enum role_fd fd)
{
	if (fd != ROLE_FD_LISTEN)
		return &r->fds[fd];
	return r->listen_count < ROLE_LISTEN_MAX ? &r->listen_fds[r->listen_count++] : NULL;
}

/* "signer=5": a descriptor that must be open. */
static bool take_fd(struct role *r, const char *arg)
{
	for (enum role_fd which = 0; which <= ROLE_FD_LISTEN; which++) {
		size_t n = strlen(role_fd_name(which));
		if (strncmp(arg, role_fd_name(which), n) != 0 || arg[n] != '=')
			continue;
		char *end;
		int *place = place_of(r, which);
		long fd = strtol(arg + n + 1, &end, 10);
		if (place == NULL || *end != 0 || fd < 3 || fd > 1024 || fcntl((int)fd, F_SETFD, FD_CLOEXEC) != 0)
			return false;
		*place = (int)fd;
		return true;
	}
	return false;
}

/* Keeps the process small: few arenas, memory given back to the system. */
static void lean(void)
{
	(void)mallopt(M_ARENA_MAX, 2);
	(void)mallopt(M_TRIM_THRESHOLD, 128 * 1024);
	(void)mallopt(M_MMAP_THRESHOLD, 64 * 1024);
}

static int run_role(const struct role_row *row, const char *path, struct role *r, int argc, char **argv)
{
	static struct arena a;
	static struct config c;
	static struct config_error err;
	arena_init(&a, CONFIG_ARENA_MAX);
	if (config_load(path, &a, &c, &err) != RC_OK) {
		if (row->refused != NULL)
			row->refused(err.text);
		else
			(void)fprintf(stderr, "ostiary: %s\n", err.text);
		return ROLE_EXIT_CONFIG;
	}
	r->config = &c;
	r->log = role_log(&c, row->name);
	r->sandbox = row->sandbox;
	role_title(argc, argv, row->name);
	return row->run(r);
}

int role_main(const struct role_table *table, int argc, char **argv)
{
	static struct role r;
	for (size_t i = 0; i < ARRAY_LEN(r.fds); i++)
		r.fds[i] = -1;
	if (argc < 4)
		return ROLE_EXIT_USAGE;
	for (int i = 4; i < argc; i++)
		if (!take_fd(&r, argv[i]))
			return ROLE_EXIT_USAGE;
	lean();
	for (size_t i = 0; i < table->n; i++)
		if (strcmp(argv[2], table->v[i].name) == 0)
			return run_role(&table->v[i], argv[3], &r, argc, argv);
	return ROLE_EXIT_USAGE;
}
