/* SPDX-License-Identifier: Apache-2.0 */
#include "process/parent.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "config/config_secret.h"
#include "process/descriptors.h"
#include "process/notify.h"
#include "process/sandbox.h"

enum { BACKOFF_FIRST_MS = 20, BACKOFF_MAX_MS = 5000, HEALTHY_MS = 10 * 1000, STOP_MS = 30 * 1000, ARGS_MAX = 32 };

struct child {
	const struct role_row *row;
	pid_t pid; /* 0: not running */
	int64_t started_ms, start_at_ms;
	int backoff_ms;
};

struct parent {
	struct role role;
	struct arena arena;
	struct config config;
	const char *config_path;
	const struct role_table *table;
	struct child children[ROLES_MAX]; /* one for each row of the table */
	struct descriptors descriptors;
	bool reload_again; /* SIGHUP came during a reload, or before a serving role could apply one */
	int signals;
	sigset_t old_mask;
	bool stopping, ready;
	int exit_code;
	int64_t stop_at_ms;
};

static int64_t mono_ms(void)
{
	return clock_mono_ns() / 1000000;
}

static void complain(const char *what)
{
	(void)fprintf(stderr, "ostiary: %s\n", what);
}

static bool serves(const struct child *c)
{
	return c->row->restart == ROLE_RESTART_SERVING;
}

static bool runs_once(const struct child *c)
{
	return c->row->restart == ROLE_RESTART_NEVER;
}

struct args {
	char *v[ARGS_MAX];
	size_t n;
	char text[ARGS_MAX][24];
};

static void add_fd(struct args *a, const char *name, int fd)
{
	(void)snprintf(a->text[a->n], sizeof a->text[0], "%s=%d", name, fd);
	a->v[a->n] = a->text[a->n];
	a->n++;
	(void)fcntl(fd, F_SETFD, 0);
}

static void add_descriptors(struct args *a, const struct descriptors *d, const struct role_row *row)
{
	for (enum role_fd i = 0; i < ROLE_FD_LISTEN; i++)
		if ((row->descriptors >> i & 1) != 0)
			add_fd(a, role_fd_name(i), d->ends[i][row->second_ends >> i & 1]);
	for (size_t i = 0; i < d->listen_count && (row->descriptors & ROLE_FD(LISTEN)) != 0; i++)
		add_fd(a, role_fd_name(ROLE_FD_LISTEN), d->listen_fds[i]);
}

/* In the child: never returns. */
static NORETURN void exec_role(struct parent *p, const struct child *c, pid_t parent)
{
	struct args a = {.n = 0};
	static char self[] = "ostiary", role[] = "role";
	char name[16], path[4096];
	(void)snprintf(name, sizeof name, "%s", c->row->name);
	(void)snprintf(path, sizeof path, "%s", p->config_path);
	a.v[a.n++] = self;
	a.v[a.n++] = role;
	a.v[a.n++] = name;
	a.v[a.n++] = path;
	add_descriptors(&a, &p->descriptors, c->row);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)sigprocmask(SIG_SETMASK, &p->old_mask, NULL);
	/* The parent may have died before the line above. */
	if (getppid() == parent)
		(void)execv("/proc/self/exe", a.v);
	_exit(ROLE_EXIT_FAILED);
}

static void start_child(struct parent *p, struct child *c)
{
	pid_t self = getpid(), pid = fork();
	c->started_ms = mono_ms();
	if (pid == 0)
		exec_role(p, c, self);
	c->pid = pid < 0 ? 0 : pid;
	if (pid < 0)
		c->start_at_ms = c->started_ms + BACKOFF_MAX_MS;
	LOG(&p->role.log, LOG_LEVEL_INFO, "role.started", LOG_TEXT("name", slice_cstr(c->row->name)),
	    LOG_INT("pid", c->pid));
}

/* A role that runs once ends by itself. */
static void signal_children(const struct parent *p, int signal)
{
	for (size_t i = 0; i < p->table->n; i++)
		if (p->children[i].pid > 0 && !runs_once(&p->children[i]))
			(void)kill(p->children[i].pid, signal);
}

/* False: none of them runs. */
static bool signal_serving(const struct parent *p, int signal)
{
	bool any = false;
	for (size_t i = 0; i < p->table->n; i++)
		if (p->children[i].pid > 0 && serves(&p->children[i]))
			any = kill(p->children[i].pid, signal) == 0 || any;
	return any;
}

/* Serving roles first: they finish their requests and need the others for that. */
static void stop(struct parent *p, int exit_code)
{
	if (p->stopping)
		return;
	p->stopping = true;
	p->exit_code = exit_code;
	p->stop_at_ms = mono_ms() + STOP_MS;
	(void)notify_send("STOPPING=1");
	/* Before the daemon is ready there is no request to finish, and a starting role ignores signals. */
	if (!p->ready)
		signal_children(p, SIGKILL);
	else if (!signal_serving(p, SIGTERM))
		signal_children(p, SIGTERM);
}

static bool hopeless(int status)
{
	return WIFEXITED(status) &&
	       (WEXITSTATUS(status) == ROLE_EXIT_CONFIG || WEXITSTATUS(status) == ROLE_EXIT_SANDBOX ||
		WEXITSTATUS(status) == ROLE_EXIT_USAGE);
}

static void child_ended(struct parent *p, struct child *c, int status)
{
	int64_t now = mono_ms();
	LOG(&p->role.log, p->stopping ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "role.ended",
	    LOG_TEXT("name", slice_cstr(c->row->name)), LOG_INT("pid", c->pid),
	    LOG_INT("exit", WIFEXITED(status) ? WEXITSTATUS(status) : -1),
	    LOG_INT("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0));
	c->pid = 0;
	if (p->stopping) {
		signal_children(p, SIGTERM);
		return;
	}
	/* After the daemon was ready, a broken configuration must not end the other roles: it may be mended. */
	if (!p->ready && (hopeless(status) || serves(c))) {
		stop(p, hopeless(status) ? WEXITSTATUS(status) : ROLE_EXIT_FAILED);
		return;
	}
	c->backoff_ms = now - c->started_ms > HEALTHY_MS || c->backoff_ms == 0 ? BACKOFF_FIRST_MS : c->backoff_ms * 2;
	if (c->backoff_ms > BACKOFF_MAX_MS)
		c->backoff_ms = BACKOFF_MAX_MS;
	c->start_at_ms = now + c->backoff_ms;
}

static bool reload_runs(const struct parent *p)
{
	for (size_t i = 0; i < p->table->n; i++)
		if (runs_once(&p->children[i]) && p->children[i].pid > 0)
			return true;
	return false;
}

/* A starting serving role may have read the file before it changed, and applies nothing before it serves: the
 * configuration is then read again. */
static void reload(struct parent *p)
{
	if (p->stopping)
		return;
	p->reload_again = reload_runs(p) || !p->ready;
	for (size_t i = 0; i < p->table->n && !p->reload_again; i++)
		if (runs_once(&p->children[i]))
			start_child(p, &p->children[i]);
}

static void once_ended(struct parent *p, struct child *c, int status)
{
	bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	LOG(&p->role.log, good ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "role.ended",
	    LOG_TEXT("name", slice_cstr(c->row->name)), LOG_INT("pid", c->pid),
	    LOG_INT("exit", WIFEXITED(status) ? WEXITSTATUS(status) : -1));
	c->pid = 0;
	if (good)
		(void)signal_serving(p, SIGHUP);
	if (p->reload_again)
		reload(p);
}

static void reap(struct parent *p)
{
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < p->table->n; i++) {
			struct child *c = &p->children[i];
			if (c->pid == pid)
				(runs_once(c) ? once_ended : child_ended)(p, c, status);
		}
}

static void take_ready(struct parent *p)
{
	uint8_t byte[16];
	if (read(p->descriptors.ends[ROLE_FD_READY][0], byte, sizeof byte) <= 0)
		return;
	p->ready = true;
	(void)notify_send("READY=1");
	LOG(&p->role.log, LOG_LEVEL_INFO, "ready", LOG_TEXT("issuer", p->config.issuer));
	if (p->reload_again)
		reload(p);
}

/* The serving role's answer: whether it applied what was read last. */
static void take_answer(struct parent *p)
{
	char answer[16];
	while (recv(p->descriptors.ends[ROLE_FD_RELOAD][1], answer, sizeof answer, MSG_DONTWAIT) > 0)
		p->table->settle(p->descriptors.memory, answer[0] == '1', clock_now());
}

static void take_signals(struct parent *p)
{
	struct signalfd_siginfo info;
	/* Read readiness first: before it a dead serving role ends the daemon, after it the role is started again. */
	take_ready(p);
	while (read(p->signals, &info, sizeof info) == (ssize_t)sizeof info) {
		if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
			stop(p, 0);
		else if (info.ssi_signo == SIGHUP)
			reload(p);
	}
	reap(p);
}

/* Starts the roles that are due. Returns the milliseconds until the next one is due, or -1. */
static int start_due(struct parent *p)
{
	int64_t now = mono_ms(), next = p->stopping ? p->stop_at_ms : -1;
	for (size_t i = 0; i < p->table->n && !p->stopping; i++) {
		struct child *c = &p->children[i];
		if (runs_once(c))
			continue;
		if (c->pid == 0 && c->start_at_ms <= now)
			start_child(p, c);
		if (c->pid == 0 && (next < 0 || c->start_at_ms < next))
			next = c->start_at_ms;
	}
	if (next < 0)
		return -1;
	return next <= now ? 0 : (int)(next - now);
}

static bool any_child(const struct parent *p)
{
	for (size_t i = 0; i < p->table->n; i++)
		if (p->children[i].pid > 0 && !runs_once(&p->children[i]))
			return true;
	return false;
}

static void loop(struct parent *p)
{
	while (!p->stopping || any_child(p)) {
		struct pollfd fds[] = {{.fd = p->signals, .events = POLLIN},
				       {.fd = p->descriptors.ends[ROLE_FD_READY][0], .events = POLLIN},
				       {.fd = p->descriptors.ends[ROLE_FD_RELOAD][1], .events = POLLIN}};
		int wait = start_due(p);
		if (p->stopping && wait == 0) {
			signal_children(p, SIGKILL);
			p->stop_at_ms = mono_ms() + STOP_MS;
		}
		(void)poll(fds, ARRAY_LEN(fds), wait);
		if ((fds[0].revents & POLLIN) != 0)
			take_signals(p);
		if ((fds[1].revents & POLLIN) != 0)
			take_ready(p);
		if ((fds[2].revents & POLLIN) != 0)
			take_answer(p);
	}
}

static enum rc validate_state(struct parent *p)
{
	struct config_secret_error err = {"the state folder's name is too long"};
	const char *state;
	struct stat st;
	TRY(config_file_path(&p->config, p->config.state, &p->arena, &state));
	if (stat(state, &st) != 0 || !S_ISDIR(st.st_mode)) {
		(void)fprintf(stderr, "ostiary: %s: no such folder (key state of %s); run: ostiary init -c %s\n", state,
			      p->config_path, p->config_path);
		return RC_NOT_FOUND;
	}
	enum rc rc = config_secret_kek_there(&p->config, &p->arena, &err);
	if (rc != RC_OK)
		complain(err.text);
	return rc;
}

static enum rc catch_signals(struct parent *p)
{
	sigset_t set;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, &p->old_mask) != 0)
		return RC_INTERNAL;
	p->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return p->signals < 0 ? RC_INTERNAL : RC_OK;
}

/* The dynamic loader, which the kernel starts together with our binary. */
static int find_loader(struct dl_phdr_info *info, size_t size UNUSED, void *found)
{
	for (size_t i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_INTERP)
			*(const char **)found = (const char *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
	return 1; /* the first is the binary */
}

enum rc parent_sandbox(const struct role *role, struct arena *a)
{
	struct sandbox_files files = {.execute = {"/proc/self/exe"}, .execute_count = 1, .write_count = 1};
	const char *loader = NULL;
	TRY(config_file_path(role->config, role->config->state, a, &files.write[0]));
	(void)dl_iterate_phdr(find_loader, &loader);
	if (loader != NULL)
		files.execute[files.execute_count++] = loader;
	return sandbox_enter(role, &files);
}

static int serve(struct parent *p)
{
	if (catch_signals(p) != RC_OK)
		return ROLE_EXIT_FAILED;
	for (size_t i = 0; i < p->table->n; i++)
		p->children[i].row = &p->table->v[i];
	loop(p);
	descriptors_unlink(&p->config, &p->arena);
	LOG(&p->role.log, LOG_LEVEL_INFO, "stopped", LOG_INT("exit", p->exit_code));
	return p->exit_code;
}

int parent_main(const struct role_table *table, int argc, char **argv, const char *config_path)
{
	static struct parent p;
	struct config_error err;
	char *real = realpath(config_path, NULL);
	p.table = table;
	arena_init(&p.arena, CONFIG_ARENA_MAX);
	if (config_load(config_path, &p.arena, &p.config, &err) != RC_OK) {
		complain(err.text);
		free(real);
		return ROLE_EXIT_CONFIG;
	}
	p.config_path = real;
	p.role.config = &p.config;
	p.role.log = role_log(&p.config, "parent");
	p.role.sandbox = SANDBOX_PARENT;
	if (validate_state(&p) != RC_OK)
		return ROLE_EXIT_CONFIG;
	if (descriptors_open(&p.config, table->memory, &p.arena, &p.descriptors) != RC_OK)
		return ROLE_EXIT_FAILED;
	role_title(argc, argv, "parent");
	if (parent_sandbox(&p.role, &p.arena) != RC_OK)
		return ROLE_EXIT_SANDBOX;
	int code = serve(&p);
	free(real);
	return code;
}
