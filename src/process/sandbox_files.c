/* SPDX-License-Identifier: Apache-2.0 */
/* Landlock by system call numbers: Debian 12's libc has no functions for it, and its header lacks later versions. */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process/sandbox.h"

#define FS_TRUNCATE (1ULL << 14)  /* from version 3 */
#define FS_IOCTL_DEV (1ULL << 15) /* from version 5 */
#define NET_BIND_TCP (1ULL << 0)  /* from version 4 */
#define SCOPE_ABSTRACT (1ULL << 0) /* from version 6 */
#define SCOPE_SIGNAL (1ULL << 1)

#define READING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITING (LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE)
#define MAKING                                                                                          \
	(LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |     \
	 LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |  \
	 LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | \
	 LANDLOCK_ACCESS_FS_REFER)
#define OF_FILES \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_EXECUTE | FS_TRUNCATE)

/* struct landlock_ruleset_attr as of version 6. */
struct ruleset {
	uint64_t fs, net, scoped;
};

static size_t ruleset_size(int version)
{
	return version >= 6 ? sizeof(struct ruleset) : version >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
}

/* Version 1 knows no REFER, version 2 no TRUNCATE, version 4 no IOCTL_DEV. */
static uint64_t known_fs(int version)
{
	uint64_t all = LANDLOCK_ACCESS_FS_EXECUTE | READING | WRITING | MAKING | FS_IOCTL_DEV;
	if (version < 5)
		all &= ~FS_IOCTL_DEV;
	if (version < 3)
		all &= ~FS_TRUNCATE;
	if (version < 2)
		all &= ~(uint64_t)LANDLOCK_ACCESS_FS_REFER;
	return all;
}

static enum rc allow(int ruleset, const char *path, uint64_t access)
{
	struct stat st;
	int fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == EACCES ? RC_OK : RC_INTERNAL;
	enum rc rc = RC_INTERNAL;
	if (fstat(fd, &st) == 0) {
		struct landlock_path_beneath_attr rule = {
			.allowed_access = S_ISDIR(st.st_mode) ? access : access & OF_FILES, .parent_fd = fd};
		if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0)
			rc = RC_OK;
	}
	(void)close(fd);
	return rc;
}

static enum rc allow_all(int ruleset, const char *const *paths, size_t n, uint64_t access)
{
	for (size_t i = 0; i < n; i++)
		TRY(allow(ruleset, paths[i], access));
	return RC_OK;
}

/* Roles inherit the parent's rules, so those do not restrict reading, connecting and signals. */
static struct ruleset rules_for(enum sandbox_type type, int version)
{
	struct ruleset r = {.fs = known_fs(version), .net = NET_BIND_TCP, .scoped = SCOPE_ABSTRACT | SCOPE_SIGNAL};
	if (type == SANDBOX_PARENT)
		r = (struct ruleset){.fs = r.fs & ~(uint64_t)(READING | FS_IOCTL_DEV), .net = NET_BIND_TCP};
	return r;
}

static enum rc fill(int ruleset, enum sandbox_type type, const struct sandbox_files *f, uint64_t handled)
{
	uint64_t change = READING | WRITING | (type == SANDBOX_PARENT ? MAKING : 0);
	if (f == NULL)
		return RC_OK;
	TRY(allow_all(ruleset, f->read, f->read_count, READING & handled));
	TRY(allow_all(ruleset, f->write, f->write_count, change & handled));
	return allow_all(ruleset, f->execute, f->execute_count, LANDLOCK_ACCESS_FS_EXECUTE & handled);
}

enum rc sandbox_files_enter(enum sandbox_type type, const struct sandbox_files *files)
{
	int version = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (version < 1)
		return RC_NOT_FOUND;
	struct ruleset rules = rules_for(type, version);
	int fd = (int)syscall(SYS_landlock_create_ruleset, &rules, ruleset_size(version), 0);
	if (fd < 0)
		return RC_INTERNAL;
	enum rc rc = fill(fd, type, files, rules.fs);
	if (rc == RC_OK && syscall(SYS_landlock_restrict_self, fd, 0) != 0)
		rc = RC_INTERNAL;
	(void)close(fd);
	return rc;
}
