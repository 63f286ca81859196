/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/role.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "daemon/reload.h"
#include "daemon/signer.h"
#include "daemon/worker.h"

static const struct {
	const char *name, *title;
	int (*run)(struct role *role);
} roles[] = {{"worker", "ostiary: worker", worker_run},
	     {"signer", "ostiary: signer", signer_run},
	     {"reader", "ostiary: reader", reload_read}};

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

void role_title(int argc, char **argv, const char *title)
{
	char *end = argv[argc - 1] + strlen(argv[argc - 1]);
	size_t room = (size_t)(end - argv[0]);
	memset(argv[0], 0, room);
	(void)snprintf(argv[0], room, "%s", title);
	(void)prctl(PR_SET_NAME, title);
	/* Two words, as far as /proc tells: "ostiary:" and the role. */
	char *space = strchr(argv[0], ' ');
	if (space != NULL)
		*space = 0;
}

/* "signer=5": a descriptor that must be open. */
static bool take_fd(struct role *r, const char *arg)
{
	const struct {
		const char *name;
		int *place;
	} places[] = {{"signer=", &r->signer_fd},   {"generate=", &r->generate_fd}, {"ready=", &r->ready_fd},
		      {"admin=", &r->admin_fd},	    {"link=", &r->link_fd},	    {"reload=", &r->reload_fd},
		      {"listen=", r->listen_count < ROLE_LISTEN_MAX ? &r->listen_fds[r->listen_count] : NULL}};
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		size_t n = strlen(places[i].name);
		if (strncmp(arg, places[i].name, n) != 0)
			continue;
		char *end;
		long fd = strtol(arg + n, &end, 10);
		if (places[i].place == NULL || *end != 0 || fd < 3 || fd > 1024 || fcntl((int)fd, F_SETFD, FD_CLOEXEC) != 0)
			return false;
		*places[i].place = (int)fd;
		r->listen_count += arg[0] == 'l' && arg[2] == 's';
		return true;
	}
	return false;
}

/* A process that is to stay small: few arenas, memory given back. */
static void lean(void)
{
	(void)mallopt(M_ARENA_MAX, 2);
	(void)mallopt(M_TRIM_THRESHOLD, 128 * 1024);
	(void)mallopt(M_MMAP_THRESHOLD, 64 * 1024);
}

static int run(size_t which, const char *path, struct role *r, int argc, char **argv)
{
	static struct arena a;
	static struct config c;
	static struct config_error err;
	arena_init(&a, CONFIG_ARENA_MAX);
	if (config_load(path, &a, &c, &err) != RC_OK) {
		if (roles[which].run == reload_read)
			reload_refused(err.text);
		else
			(void)fprintf(stderr, "ostiary: %s\n", err.text);
		return ROLE_EXIT_CONFIG;
	}
	r->config = &c;
	r->log = role_log(&c, roles[which].name);
	role_title(argc, argv, roles[which].title);
	return roles[which].run(r);
}

int role_main(int argc, char **argv)
{
	static struct role r = {.signer_fd = -1, .generate_fd = -1, .ready_fd = -1, .admin_fd = -1, .link_fd = -1, .reload_fd = -1};
	if (argc < 4)
		return ROLE_EXIT_USAGE;
	for (int i = 4; i < argc; i++)
		if (!take_fd(&r, argv[i]))
			return ROLE_EXIT_USAGE;
	lean();
	for (size_t i = 0; i < ARRAY_LEN(roles); i++)
		if (strcmp(argv[2], roles[i].name) == 0)
			return run(i, argv[3], &r, argc, argv);
	return ROLE_EXIT_USAGE;
}
