/* SPDX-License-Identifier: Apache-2.0 */
/* A directory of a test's own under TMPDIR, for files that a test makes; removed with all in it. */
#ifndef OSTIARY_TESTS_T_DIR_H
#define OSTIARY_TESTS_T_DIR_H

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/slice.h"

struct t_dir {
	char name[128]; /* "" where there is none */
	char path[400]; /* of t_dir_path's last answer */
};

static inline void t_dir_new(struct t_dir *d)
{
	const char *tmp = getenv("TMPDIR");
	(void)snprintf(d->name, sizeof d->name, "%.90s/ostiary-test-XXXXXX", tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(d->name) == NULL) {
		perror(d->name);
		exit(2);
	}
}

/* NUL-terminated; good until the next call for this directory. */
static inline struct slice t_dir_path(struct t_dir *d, const char *file)
{
	(void)snprintf(d->path, sizeof d->path, "%s/%.200s", d->name, file);
	return slice_cstr(d->path);
}

static inline void t_dir_remove(struct t_dir *d)
{
	DIR *dir = *d->name == '\0' ? NULL : opendir(d->name);
	const struct dirent *entry;
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		(void)unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir != NULL)
		(void)closedir(dir);
	if (*d->name != '\0')
		(void)rmdir(d->name);
	*d->name = '\0';
}

#endif
