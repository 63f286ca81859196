/* SPDX-License-Identifier: Apache-2.0 */
/* Enters a role's sandbox as the role itself does and tries one thing there, from its first thread or a second one.
 * `probe ROLE main|thread on|off CONFIG ACTION ARGUMENT`: exit status 0 where it worked, 10 where it was denied; the signer's
 * sandbox kills. The same with `off` is the control. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "crypto/start.h"
#include "process/parent.h"
#include "worker/setup.h"

enum { WORKED = 0, DENIED = 10, BROKEN = 20, ARENA = 16 * 1024 * 1024 };

static bool try_open(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC) >= 0;
}

static bool try_create(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) >= 0;
}

static bool try_write(const char *path)
{
	return open(path, O_WRONLY | O_CLOEXEC) >= 0;
}

static bool try_remove(const char *path)
{
	return unlink(path) == 0;
}

/* Where it works the process is another program, which exits with 0. */
static bool try_exec(const char *path)
{
	(void)execl(path, path, (char *)NULL);
	return false;
}

static bool try_trace(const char *pid)
{
	return ptrace(PTRACE_SEIZE, (pid_t)strtol(pid, NULL, 10), 0, 0) == 0;
}

static bool try_read_memory(const char *pid)
{
	static const char ours[] = "anything";
	char copy[sizeof ours];
	struct iovec here = {copy, sizeof copy}, there = {(void *)(uintptr_t)ours, sizeof ours};
	/* The other process is a child of the same binary's test: any address will do for the control, EFAULT counts as let in. */
	return process_vm_readv((pid_t)strtol(pid, NULL, 10), &here, 1, &there, 1, 0) >= 0 || errno == EFAULT;
}

static bool try_signal(const char *pid)
{
	return kill((pid_t)strtol(pid, NULL, 10), SIGCONT) == 0;
}

static bool try_socket(const char *family)
{
	return socket((int)strtol(family, NULL, 10), SOCK_RAW, 0) >= 0;
}

static bool try_listen(const char *unused UNUSED)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return fd >= 0 && bind(fd, (const struct sockaddr *)&at, sizeof at) == 0 && listen(fd, 1) == 0;
}

static bool try_code(const char *unused UNUSED)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool try_fork(const char *unused UNUSED)
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	return pid > 0;
}

static bool try_nothing(const char *unused UNUSED)
{
	return true;
}

static const struct {
	const char *name;
	bool (*run)(const char *argument);
} actions[] = {
	{"open", try_open},	    {"create", try_create}, {"write", try_write},   {"remove", try_remove}, {"exec", try_exec},
	{"trace", try_trace},	    {"memory", try_read_memory}, {"signal", try_signal}, {"socket", try_socket},
	{"listen", try_listen},	    {"code", try_code},	    {"fork", try_fork},	    {"nothing", try_nothing},
};

static enum rc enter_worker(struct role *role)
{
	static struct worker w;
	role->sandbox = SANDBOX_WORKER;
	w.role = role;
	w.config = role->config;
	arena_init(&w.arena, ARENA);
	TRY(sandbox_user(role));
	TRY(setup_stores(&w));
	return setup_sandbox(&w);
}

static enum rc enter(const char *name, struct role *role, struct arena *a)
{
	TRY(crypto_start());
	if (strcmp(name, "parent") == 0)
		return parent_sandbox(role, a);
	if (strcmp(name, "worker") == 0)
		return enter_worker(role);
	role->sandbox = SANDBOX_SIGNER;
	TRY(sandbox_user(role));
	return sandbox_enter(role, NULL);
}

struct attempt {
	const char *action, *argument;
	int status;
};

static void *attempt(void *arg)
{
	struct attempt *t = arg;
	t->status = BROKEN;
	for (size_t i = 0; i < ARRAY_LEN(actions); i++)
		if (strcmp(actions[i].name, t->action) == 0)
			t->status = actions[i].run(t->argument) ? WORKED : DENIED;
	return NULL;
}

int main(int argc, char **argv)
{
	static struct config config;
	static struct arena a;
	struct config_error err;
	struct role role = {.config = &config};
	pthread_t thread;
	arena_init(&a, ARENA);
	if (argc != 7 || config_load(argv[4], &a, &config, &err) != RC_OK)
		return BROKEN;
	role.log = role_log(&config, argv[1]);
	if (strcmp(argv[3], "on") == 0 && enter(argv[1], &role, &a) != RC_OK)
		return BROKEN;
	struct attempt t = {.action = argv[5], .argument = argv[6]};
	if (strcmp(argv[2], "main") == 0)
		(void)attempt(&t);
	else if (pthread_create(&thread, NULL, attempt, &t) != 0 || pthread_join(thread, NULL) != 0)
		return BROKEN;
	_exit(t.status);
}
