/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite's row: `sqlite` is a file of the usual name in the state folder, `sqlite:FILE` another. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite/sqlite.h"

static bool is_valid(struct slice rest)
{
	return rest.p == NULL || rest.n > 0;
}

/* The sandbox lets the daemon write in the state folder alone. */
static const char *advice(struct slice rest)
{
	return slice_find(rest, '/') < rest.n
		       ? "names a file outside the state folder, or in a folder of it: give its name alone"
		       : NULL;
}

static enum rc path_of(const struct store_place *p, struct arena *a, const char **ret)
{
	struct slice usual = p->role == STORE_DIRECTORY ? SLICE("ostiary.db") : SLICE("sessions.db"), path;
	size_t colon = slice_find(p->url, ':');
	struct slice file = colon == p->url.n ? usual : slice_from(p->url, colon + 1);
	if (slice_starts(file, SLICE("/")))
		return arena_cstr(a, file, ret);
	TRY(arena_format(a, &path, "%.*s%.*s", SLICE_ARGS(p->folder), SLICE_ARGS(file)));
	return arena_cstr(a, path, ret);
}

static enum rc name(const struct store_place *p, struct arena *a, struct slice *ret, bool *ret_missing)
{
	const char *path;
	struct stat st;
	TRY(path_of(p, a, &path));
	*ret = slice_cstr(path);
	*ret_missing = stat(path, &st) != 0 && errno == ENOENT;
	return RC_OK;
}

static enum rc open_directory(const struct store_place *p, struct arena *a, struct directory *ret,
			      struct slice *ret_why)
{
	const char *path;
	TRY(path_of(p, a, &path));
	return sqlite_directory_open(&(struct sqlite_options){.path = slice_cstr(path)}, a, ret, ret_why);
}

static enum rc open_ephemeral(const struct store_place *p, struct arena *a, struct ephemeral *ret,
			      struct slice *ret_why)
{
	const char *path;
	TRY(path_of(p, a, &path));
	const struct sqlite_options o = {.path = slice_cstr(path), .max_records = p->max_records};
	return sqlite_ephemeral_open(&o, a, ret, ret_why);
}

/* The database, its log and that log's index (SQLite's names). Readers that open later need only these. */
static enum rc files(const struct store_place *p, struct arena *a, struct store_files *ret)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	const char *path;
	struct slice file;
	TRY(path_of(p, a, &path));
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		TRY(arena_format(a, &file, "%s%s", path, ends[i]));
		TRY(arena_cstr(a, file, &ret->write[ret->write_count++]));
	}
	return RC_OK;
}

static enum rc held(void *self, int64_t now, size_t limit, struct arena *a, struct dir_held **ret, size_t *ret_n)
{
	return sqlite_directory_held(self, now, limit, a, ret, ret_n);
}

static enum rc client(void *self, struct slice id, struct arena *a, struct dir_client *ret)
{
	return sqlite_directory_client(self, id, a, ret);
}

static enum rc idle_emails(void *self, size_t limit, struct arena *a, struct dir_user **ret, size_t *ret_n)
{
	return sqlite_directory_idle_emails(self, limit, a, ret, ret_n);
}

static enum rc look(const struct store_place *p, struct arena *a, struct store_look *ret)
{
	const char *path;
	TRY(path_of(p, a, &path));
	if (access(path, R_OK) != 0)
		return RC_NOT_FOUND;
	char *own = arena_array(a, strlen(path) + 1, 1);
	if (own == NULL)
		return RC_MEMORY;
	memcpy(own, path, strlen(path) + 1);
	*ret = (struct store_look){.self = own, .held = held, .client = client, .idle_emails = idle_emails};
	return RC_OK;
}

const struct store_backend sqlite_backend = {.scheme = SLICE_INIT("sqlite"),
					     .is_valid = is_valid,
					     .advice = advice,
					     .name = name,
					     .open_directory = open_directory,
					     .open_ephemeral = open_ephemeral,
					     .files = files,
					     .look = look};
