/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/parent.h"

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
#include "daemon/listen.h"
#include "daemon/notify.h"
#include "daemon/role.h"
#include "daemon/sandbox.h"

enum { BACKOFF_FIRST_MS = 20, BACKOFF_MAX_MS = 5000, HEALTHY_MS = 10 * 1000, STOP_MS = 30 * 1000, ARGS_MAX = 32 };

struct child {
	const char *name;
	pid_t pid; /* 0: not running */
	int64_t started_ms, start_at_ms;
	int backoff_ms;
};

enum { SIGNER, WORKER, CHILDREN };

struct parent {
	struct role role;
	struct arena arena;
	struct config config;
	const char *config_path;
	struct child children[CHILDREN];
	struct child reader; /* of a changed configuration, at SIGHUP; not started again by itself */
	bool read_again;     /* another SIGHUP came while it ran, or before there was somebody to take what it reads */
	/* [0] worker's or parent's end, [1] signer's, reader's or worker's */
	int signer_pair[2], generate_pair[2], reload_pair[2], ready_pipe[2];
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

static enum rc open_unix(struct parent *p, struct slice name, mode_t mode, int *ret_fd)
{
	const char *path;
	struct listen_error err;
	TRY(config_state_path(&p->config, name, &p->arena, &path));
	enum rc rc = listen_unix(path, mode, ret_fd, &err);
	if (rc != RC_OK)
		complain(err.text);
	return rc;
}

static enum rc open_listener(struct parent *p, const struct config_listen *l, int *ret_fd)
{
	struct listen_error err;
	if (slice_starts(l->address, SLICE("unix:")))
		return open_unix(p, slice_from(l->address, 5), 0666, ret_fd);
	enum rc rc = listen_tcp(l->address, ret_fd, &err);
	if (rc != RC_OK)
		complain(err.text);
	return rc;
}

static enum rc open_sockets(struct parent *p)
{
	const struct config_listen *l = p->config.listen.v;
	if (p->config.listen.n > ROLE_LISTEN_MAX)
		return RC_LIMIT;
	for (size_t i = 0; i < p->config.listen.n; i++) {
		TRY(open_listener(p, &l[i], &p->role.listen_fds[i]));
		p->role.listen_count++;
	}
	TRY(open_unix(p, SLICE("admin.sock"), 0600, &p->role.admin_fd));
	/* Gateways run as users of their own: what they may ask is guarded by the state folder's mode. */
	TRY(open_unix(p, SLICE("link.sock"), 0666, &p->role.link_fd));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, p->signer_pair) != 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, p->generate_pair) != 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, p->reload_pair) != 0 ||
	    pipe2(p->ready_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
		return RC_IO;
	return RC_OK;
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

/* In the child: never returns. */
static NORETURN void exec_role(struct parent *p, const struct child *c, pid_t parent)
{
	struct args a = {.n = 0};
	static char self[] = "ostiary", role[] = "role";
	const struct role *r = &p->role;
	bool worker = c == &p->children[WORKER], reader = c == &p->reader;
	char name[16], path[4096];
	(void)snprintf(name, sizeof name, "%s", c->name);
	(void)snprintf(path, sizeof path, "%s", p->config_path);
	a.v[a.n++] = self;
	a.v[a.n++] = role;
	a.v[a.n++] = name;
	a.v[a.n++] = path;
	if (reader || worker)
		add_fd(&a, "reload", p->reload_pair[reader]);
	if (!reader) {
		add_fd(&a, "signer", p->signer_pair[!worker]);
		add_fd(&a, "generate", p->generate_pair[!worker]);
	}
	if (worker) {
		add_fd(&a, "ready", p->ready_pipe[1]);
		add_fd(&a, "admin", r->admin_fd);
		add_fd(&a, "link", r->link_fd);
		for (size_t i = 0; i < r->listen_count; i++)
			add_fd(&a, "listen", r->listen_fds[i]);
	}
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
	LOG(&p->role.log, LOG_LEVEL_INFO, "role.started", LOG_TEXT("name", slice_cstr(c->name)), LOG_INT("pid", c->pid));
}

static void signal_children(const struct parent *p, int signal)
{
	for (size_t i = 0; i < CHILDREN; i++)
		if (p->children[i].pid > 0)
			(void)kill(p->children[i].pid, signal);
}

/* The worker first: it finishes what it has begun and needs the signer for that. */
static void stop(struct parent *p, int exit_code)
{
	if (p->stopping)
		return;
	p->stopping = true;
	p->exit_code = exit_code;
	p->stop_at_ms = mono_ms() + STOP_MS;
	(void)notify_send("STOPPING=1");
	/* Nothing has begun that could be finished, and a start does not listen to signals. */
	if (!p->ready)
		signal_children(p, SIGKILL);
	else if (p->children[WORKER].pid > 0)
		(void)kill(p->children[WORKER].pid, SIGTERM);
	else
		signal_children(p, SIGTERM);
}

static bool hopeless(int status)
{
	return WIFEXITED(status) && (WEXITSTATUS(status) == ROLE_EXIT_CONFIG || WEXITSTATUS(status) == ROLE_EXIT_SANDBOX ||
				     WEXITSTATUS(status) == ROLE_EXIT_USAGE);
}

static void child_ended(struct parent *p, struct child *c, int status)
{
	int64_t now = mono_ms();
	LOG(&p->role.log, p->stopping ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "role.ended", LOG_TEXT("name", slice_cstr(c->name)),
	    LOG_INT("pid", c->pid), LOG_INT("exit", WIFEXITED(status) ? WEXITSTATUS(status) : -1),
	    LOG_INT("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0));
	c->pid = 0;
	if (p->stopping) {
		signal_children(p, SIGTERM);
		return;
	}
	/* Once it serves, a file that was broken since must not end the rest: it may be mended. */
	if (!p->ready && (hopeless(status) || c == &p->children[WORKER])) {
		stop(p, hopeless(status) ? WEXITSTATUS(status) : ROLE_EXIT_FAILED);
		return;
	}
	c->backoff_ms = now - c->started_ms > HEALTHY_MS || c->backoff_ms == 0 ? BACKOFF_FIRST_MS : c->backoff_ms * 2;
	if (c->backoff_ms > BACKOFF_MAX_MS)
		c->backoff_ms = BACKOFF_MAX_MS;
	c->start_at_ms = now + c->backoff_ms;
}

/* A worker that starts may have read the file before it changed, and takes nothing before it serves: then it is read again. */
static void reload(struct parent *p)
{
	if (p->stopping)
		return;
	p->read_again = p->reader.pid > 0 || !p->ready;
	if (!p->read_again)
		start_child(p, &p->reader);
}

static void reader_ended(struct parent *p, int status)
{
	bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	LOG(&p->role.log, good ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "role.ended", LOG_TEXT("name", slice_cstr(p->reader.name)),
	    LOG_INT("pid", p->reader.pid), LOG_INT("exit", WIFEXITED(status) ? WEXITSTATUS(status) : -1));
	p->reader.pid = 0;
	if (good && p->children[WORKER].pid > 0)
		(void)kill(p->children[WORKER].pid, SIGHUP);
	if (p->read_again)
		reload(p);
}

static void reap(struct parent *p)
{
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == p->reader.pid)
			reader_ended(p, status);
		for (size_t i = 0; i < CHILDREN; i++)
			if (p->children[i].pid == pid)
				child_ended(p, &p->children[i], status);
	}
}

static void take_ready(struct parent *p)
{
	uint8_t byte[16];
	if (read(p->ready_pipe[0], byte, sizeof byte) <= 0)
		return;
	p->ready = true;
	(void)notify_send("READY=1");
	LOG(&p->role.log, LOG_LEVEL_INFO, "ready", LOG_TEXT("issuer", p->config.issuer));
	if (p->read_again)
		reload(p);
}

static void take_signals(struct parent *p)
{
	struct signalfd_siginfo info;
	/* What a signal means hangs on whether it has served: a start that fails ends the daemon, a worker that dies is replaced. */
	take_ready(p);
	while (read(p->signals, &info, sizeof info) == (ssize_t)sizeof info) {
		if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
			stop(p, 0);
		else if (info.ssi_signo == SIGHUP)
			reload(p);
	}
	reap(p);
}

/* Starts what is due; returns the milliseconds until something else is, or -1. */
static int start_due(struct parent *p)
{
	int64_t now = mono_ms(), next = p->stopping ? p->stop_at_ms : -1;
	for (size_t i = 0; i < CHILDREN && !p->stopping; i++) {
		struct child *c = &p->children[i];
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
	return p->children[SIGNER].pid > 0 || p->children[WORKER].pid > 0;
}

static void loop(struct parent *p)
{
	while (!p->stopping || any_child(p)) {
		struct pollfd fds[] = {{.fd = p->signals, .events = POLLIN}, {.fd = p->ready_pipe[0], .events = POLLIN}};
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
	}
}

static enum rc check_state(struct parent *p)
{
	const char *state, *key;
	struct stat st;
	TRY(config_file_path(&p->config, p->config.state, &p->arena, &state));
	TRY(config_state_path(&p->config, p->config.key_encryption_key, &p->arena, &key));
	if (stat(state, &st) != 0 || !S_ISDIR(st.st_mode)) {
		(void)fprintf(stderr, "ostiary: %s: no such folder (key state of %s); run: ostiary init -c %s\n", state,
			      p->config_path, p->config_path);
		return RC_NOT_FOUND;
	}
	if (stat(key, &st) != 0) {
		(void)fprintf(stderr, "ostiary: %s: no key-encryption key; run: ostiary init -c %s\n", key, p->config_path);
		return RC_NOT_FOUND;
	}
	return RC_OK;
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

static void remove_sockets(struct parent *p)
{
	static const char *const own[] = {"admin.sock", "link.sock"};
	const struct config_listen *l = p->config.listen.v;
	const char *path;
	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		if (config_state_path(&p->config, slice_cstr(own[i]), &p->arena, &path) == RC_OK)
			(void)unlink(path);
	for (size_t i = 0; i < p->config.listen.n; i++)
		if (slice_starts(l[i].address, SLICE("unix:")) &&
		    config_state_path(&p->config, slice_from(l[i].address, 5), &p->arena, &path) == RC_OK)
			(void)unlink(path);
}

/* The loader that the kernel starts together with our binary. */
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
	return sandbox_enter(SANDBOX_PARENT, role, &files);
}

static int serve(struct parent *p)
{
	if (catch_signals(p) != RC_OK)
		return ROLE_EXIT_FAILED;
	p->children[SIGNER].name = "signer";
	p->children[WORKER].name = "worker";
	p->reader.name = "reader";
	loop(p);
	remove_sockets(p);
	LOG(&p->role.log, LOG_LEVEL_INFO, "stopped", LOG_INT("exit", p->exit_code));
	return p->exit_code;
}

int parent_main(int argc, char **argv, const char *config_path)
{
	static struct parent p;
	struct config_error err;
	char *real = realpath(config_path, NULL);
	arena_init(&p.arena, CONFIG_ARENA_MAX);
	if (config_load(config_path, &p.arena, &p.config, &err) != RC_OK) {
		complain(err.text);
		free(real);
		return ROLE_EXIT_CONFIG;
	}
	p.config_path = real;
	p.role.config = &p.config;
	p.role.log = role_log(&p.config, "parent");
	if (check_state(&p) != RC_OK)
		return ROLE_EXIT_CONFIG;
	if (open_sockets(&p) != RC_OK)
		return ROLE_EXIT_FAILED;
	role_title(argc, argv, "ostiary: parent");
	if (parent_sandbox(&p.role, &p.arena) != RC_OK)
		return ROLE_EXIT_SANDBOX;
	int code = serve(&p);
	free(real);
	return code;
}
