/* SPDX-License-Identifier: Apache-2.0 */
#include "process/sandbox.h"

#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Sanitizers open /proc, trace themselves and map executable memory, so their builds enter only a part. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static enum rc fail(const char *what)
{
	(void)fprintf(stderr, "ostiary: the sandbox cannot be entered: %s\n", what);
	return RC_INTERNAL;
}

enum rc sandbox_user(const struct role *role)
{
	char name[64];
	if (role->config->user.n == 0 || geteuid() != 0)
		return RC_OK;
	if (!slice_to_cstr(role->config->user, name, sizeof name))
		return fail("the user's name is too long");
	const struct passwd *p = getpwnam(name);
	if (p == NULL) {
		(void)fprintf(
			stderr,
			"ostiary: user: there is no such user on this system; make it with: useradd --system NAME\n");
		return RC_NOT_FOUND;
	}
	if (initgroups(name, p->pw_gid) != 0 || setgid(p->pw_gid) != 0 || setuid(p->pw_uid) != 0)
		return fail("the user cannot be taken on");
	/* A change of user clears this setting. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	return setuid(0) != 0 ? RC_OK : fail("root can be regained");
}

static enum rc enter_process(void)
{
	const struct rlimit none = {0, 0};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return fail("no_new_privs");
	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return fail("RLIMIT_CORE");
	if (!SANITIZED && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return fail("not dumpable");
	return RC_OK;
}

enum rc sandbox_enter(const struct role *role, const struct sandbox_files *files)
{
	TRY(enter_process());
	if (SANITIZED)
		return RC_OK;
	enum rc rc = sandbox_files_enter(role->sandbox, files);
	if (rc == RC_NOT_FOUND)
		LOG(&role->log, LOG_LEVEL_WARN, "sandbox.no_landlock",
		    LOG_TEXT("note",
			     SLICE("this kernel cannot restrict files; system calls are restricted all the same")));
	else if (rc != RC_OK)
		return fail("Landlock");
	return sandbox_calls_enter(role->sandbox) == RC_OK ? RC_OK : fail("seccomp");
}
