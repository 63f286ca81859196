/* SPDX-License-Identifier: Apache-2.0 */
/* System calls, by seccomp: a list of what each role may call. */
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "process/sandbox.h"

/* Memory, threads, time, randomness, and open descriptors. */
static const int basic[] = {
	SCMP_SYS(read),          SCMP_SYS(write),           SCMP_SYS(readv),
	SCMP_SYS(writev),        SCMP_SYS(close),           SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),       SCMP_SYS(sendto),          SCMP_SYS(sendmsg),
	SCMP_SYS(poll),          SCMP_SYS(ppoll),           SCMP_SYS(futex),
	SCMP_SYS(munmap),        SCMP_SYS(mremap),          SCMP_SYS(madvise),
	SCMP_SYS(brk),           SCMP_SYS(mlock),           SCMP_SYS(munlock),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres),    SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep),     SCMP_SYS(gettimeofday),    SCMP_SYS(exit),
	SCMP_SYS(exit_group),    SCMP_SYS(rt_sigaction),    SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),  SCMP_SYS(restart_syscall), SCMP_SYS(sigaltstack),
	SCMP_SYS(getrandom),     SCMP_SYS(set_robust_list), SCMP_SYS(set_tid_address),
	SCMP_SYS(rseq),          SCMP_SYS(sched_yield),     SCMP_SYS(sched_getaffinity),
	SCMP_SYS(getpid),        SCMP_SYS(gettid),          SCMP_SYS(fstat),
	SCMP_SYS(membarrier),    SCMP_SYS(getcpu),          SCMP_SYS(time),
};

/* The worker: stores, connections, name look-ups. Landlock decides which files. */
static const int worker[] = {
	SCMP_SYS(open),
	SCMP_SYS(openat),
	SCMP_SYS(stat),
	SCMP_SYS(lstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(statx),
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(getdents64),
	SCMP_SYS(getcwd),
	SCMP_SYS(lseek),
	SCMP_SYS(pread64),
	SCMP_SYS(pwrite64),
	SCMP_SYS(preadv),
	SCMP_SYS(pwritev),
	SCMP_SYS(fsync),
	SCMP_SYS(fdatasync),
	SCMP_SYS(ftruncate),
	SCMP_SYS(fallocate),
	SCMP_SYS(fadvise64),
	SCMP_SYS(fcntl),
	SCMP_SYS(unlink),
	SCMP_SYS(unlinkat),
	SCMP_SYS(fchmod),
	SCMP_SYS(fchown),
	SCMP_SYS(statfs),
	SCMP_SYS(fstatfs),
	SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_pwait2),
	SCMP_SYS(eventfd2),
	SCMP_SYS(timerfd_create),
	SCMP_SYS(timerfd_settime),
	SCMP_SYS(select),
	SCMP_SYS(pselect6),
	SCMP_SYS(pipe),
	SCMP_SYS(pipe2),
	SCMP_SYS(dup),
	SCMP_SYS(dup3),
	SCMP_SYS(connect),
	SCMP_SYS(accept),
	SCMP_SYS(accept4),
	SCMP_SYS(shutdown),
	SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt),
	SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),
	SCMP_SYS(socketpair),
	SCMP_SYS(sendmmsg),
	SCMP_SYS(recvmmsg),
	SCMP_SYS(uname),
	SCMP_SYS(sysinfo),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
	SCMP_SYS(getppid),
	SCMP_SYS(umask),
	SCMP_SYS(rt_sigtimedwait),
	SCMP_SYS(rt_sigpending),
	SCMP_SYS(rt_sigsuspend),
	SCMP_SYS(getrusage),
	SCMP_SYS(times),
	SCMP_SYS(sched_getparam),
	SCMP_SYS(sched_getscheduler),
	SCMP_SYS(signalfd4),
};

/* The parent: its roles inherit the list, so it denies only what no role needs. */
static const int never[] = {
	SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(process_madvise),
	SCMP_SYS(kcmp),
	SCMP_SYS(pidfd_getfd),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(bpf),
	SCMP_SYS(userfaultfd),
	SCMP_SYS(mount),
	SCMP_SYS(umount2),
	SCMP_SYS(pivot_root),
	SCMP_SYS(chroot),
	SCMP_SYS(unshare),
	SCMP_SYS(setns),
	SCMP_SYS(init_module),
	SCMP_SYS(finit_module),
	SCMP_SYS(delete_module),
	SCMP_SYS(kexec_load),
	SCMP_SYS(kexec_file_load),
	SCMP_SYS(reboot),
	SCMP_SYS(swapon),
	SCMP_SYS(swapoff),
	SCMP_SYS(acct),
	SCMP_SYS(add_key),
	SCMP_SYS(request_key),
	SCMP_SYS(keyctl),
	SCMP_SYS(io_uring_setup),
	SCMP_SYS(io_uring_enter),
	SCMP_SYS(io_uring_register),
	SCMP_SYS(quotactl),
	SCMP_SYS(sethostname),
	SCMP_SYS(setdomainname),
	SCMP_SYS(iopl),
	SCMP_SYS(ioperm),
	SCMP_SYS(open_by_handle_at),
	SCMP_SYS(settimeofday),
	SCMP_SYS(clock_settime),
	SCMP_SYS(adjtimex),
	SCMP_SYS(personality),
};

static bool add_all(scmp_filter_ctx ctx, uint32_t action, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int bad = seccomp_rule_add(ctx, action, calls[i], 0);
		/* This architecture does not have the call. */
		if (bad != 0 && bad != -EDOM && bad != -EOPNOTSUPP)
			return false;
	}
	return true;
}

static bool add_one(scmp_filter_ctx ctx, uint32_t action, int call, struct scmp_arg_cmp arg)
{
	return seccomp_rule_add(ctx, action, call, 1, arg) == 0;
}

/* Writable memory never becomes executable, and clone makes threads only. A filter cannot see the flags of clone3, so
 * it answers ENOSYS and libc falls back to clone. */
static bool add_memory_and_threads(scmp_filter_ctx ctx)
{
	return add_one(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) &&
	       add_one(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) &&
	       add_one(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)) &&
	       seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 &&
	       add_one(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prctl), SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME)) &&
	       /* abort() and pthread_kill() within the process. */
	       add_one(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
}

static bool add_sockets(scmp_filter_ctx ctx)
{
	static const int families[] = {AF_UNIX, AF_INET, AF_INET6};
	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		if (!add_one(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i])))
			return false;
	return true;
}

/* The first name look-up loads libraries. Their code is mapped from files, never from writable memory. */
static bool add_libraries(scmp_filter_ctx ctx)
{
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2, SCMP_A2(SCMP_CMP_EQ, PROT_READ | PROT_EXEC),
				SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, 0)) == 0 &&
	       add_one(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_EQ, FIONBIO)) &&
	       add_one(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_EQ, FIONREAD)) &&
	       /* Asking for a limit, not setting one. */
	       add_one(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), SCMP_A2(SCMP_CMP_EQ, 0));
}

static bool fill(scmp_filter_ctx ctx, enum sandbox_type type)
{
	if (type == SANDBOX_PARENT)
		return add_all(ctx, SCMP_ACT_ERRNO(EPERM), never, ARRAY_LEN(never));
	if (!add_all(ctx, SCMP_ACT_ALLOW, basic, ARRAY_LEN(basic)) || !add_memory_and_threads(ctx))
		return false;
	return type == SANDBOX_SIGNER ||
	       (add_all(ctx, SCMP_ACT_ALLOW, worker, ARRAY_LEN(worker)) && add_sockets(ctx) && add_libraries(ctx));
}

enum rc sandbox_calls_enter(enum sandbox_type type)
{
	static const uint32_t otherwise[] = {[SANDBOX_PARENT] = SCMP_ACT_ALLOW,
					     [SANDBOX_WORKER] = SCMP_ACT_ERRNO(EPERM),
					     [SANDBOX_SIGNER] = SCMP_ACT_KILL_PROCESS};
	scmp_filter_ctx ctx = seccomp_init(otherwise[type]);
	if (ctx == NULL)
		return RC_INTERNAL;
	/* The kernel logs refusals. A filter in tree form needs only a few steps per call. */
	(void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_LOG, 1);
	(void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	bool good = fill(ctx, type) && seccomp_load(ctx) == 0;
	seccomp_release(ctx);
	return good ? RC_OK : RC_INTERNAL;
}
