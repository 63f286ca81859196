/* SPDX-License-Identifier: Apache-2.0 */
/* The pool of readers and the group commit of writers. */
#include "store/sqlite/engine.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/leader.h"

enum { READERS_MAX = 16, GROUP_MAX = 256, DEFAULT_READERS = 4, DEFAULT_BUSY_MS = 2000 };

/* One verb on its way; lives on the stack of the thread that waits for it. */
struct job {
	struct leader_job in_queue;
	engine_run *run;
	void *operation;
	enum rc rc;
};

struct engine {
	struct sqlite_options options;
	const struct db_schema *schema;
	char *path;

	struct leader_queue writers;
	struct db writer; /* the leader's */

	pthread_mutex_t read_lock;
	pthread_cond_t reader_free;
	struct db readers[READERS_MAX];
	bool busy[READERS_MAX]; /* in use; readers[i].handle is NULL until first opened */
};

/* ---- writing ---- */

/* True while the transaction stands: some failures (disk full, I/O) make SQLite roll all of it back by itself. */
static bool in_transaction(const struct db *db)
{
	return sqlite3_get_autocommit(db->handle) == 0;
}

/* RC_OK where the transaction goes on, whatever became of the verb. */
static enum rc run_job(struct db *db, struct job *j)
{
	TRY(db_exec(db, "SAVEPOINT verb"));
	j->rc = j->run(db, j->operation);
	if (!in_transaction(db))
		return RC_STORE;
	if (j->rc != RC_OK)
		TRY(db_exec(db, "ROLLBACK TO verb"));
	return db_exec(db, "RELEASE verb");
}

static struct job *job_of(struct leader_job *j)
{
	return (struct job *)(void *)j;
}

static enum rc run_jobs(struct db *db, struct leader_job *jobs)
{
	TRY(db_exec(db, "BEGIN IMMEDIATE"));
	for (struct leader_job *j = jobs; j != NULL; j = j->next)
		TRY(run_job(db, job_of(j)));
	return db_exec(db, "COMMIT");
}

static void run_group(void *engine, struct leader_job *jobs)
{
	struct db *db = &((struct engine *)engine)->writer;
	enum rc rc = run_jobs(db, jobs);
	if (rc == RC_OK)
		return;
	if (in_transaction(db))
		rc_ignore(db_exec(db, "ROLLBACK"));
	for (struct leader_job *j = jobs; j != NULL; j = j->next)
		job_of(j)->rc = rc == RC_BUSY ? RC_BUSY : RC_STORE;
}

enum rc engine_write(struct engine *e, engine_run *run, void *operation)
{
	struct job j = {.run = run, .operation = operation, .rc = RC_STORE};
	leader_run(&e->writers, &j.in_queue, run_group, e);
	return j.rc;
}

/* ---- reading ---- */

/* A free connection, an opened one before another is opened. -1: none. */
static int find_reader(const struct engine *e)
{
	int unopened = -1;
	for (size_t i = 0; i < e->options.readers; i++) {
		if (e->busy[i])
			continue;
		if (e->readers[i].handle != NULL)
			return (int)i;
		if (unopened < 0)
			unopened = (int)i;
	}
	return unopened;
}

static int take_reader(struct engine *e)
{
	int i;
	(void)pthread_mutex_lock(&e->read_lock);
	while ((i = find_reader(e)) < 0)
		(void)pthread_cond_wait(&e->reader_free, &e->read_lock);
	e->busy[i] = true;
	(void)pthread_mutex_unlock(&e->read_lock);
	return i;
}

static void give_reader(struct engine *e, int i)
{
	(void)pthread_mutex_lock(&e->read_lock);
	e->busy[i] = false;
	(void)pthread_cond_signal(&e->reader_free);
	(void)pthread_mutex_unlock(&e->read_lock);
}

/* `busy` makes this thread the connection's only user; its handle changes under the lock, since others look at it. */
static enum rc open_reader(struct engine *e, int i)
{
	struct db opened;
	if (e->readers[i].handle != NULL)
		return RC_OK;
	TRY(db_open(&e->options, e->schema, e->path, &opened));
	(void)pthread_mutex_lock(&e->read_lock);
	e->readers[i] = opened;
	(void)pthread_mutex_unlock(&e->read_lock);
	return RC_OK;
}

enum rc engine_read(struct engine *e, engine_run *run, void *operation)
{
	int i = take_reader(e);
	enum rc rc = open_reader(e, i);
	if (rc == RC_OK)
		rc = run(&e->readers[i], operation);
	give_reader(e, i);
	return rc;
}

/* ---- opening ---- */

/* SQLite gives `-wal` and `-shm` the mode of the file itself, so it is made here before SQLite could, for us alone. */
static enum rc make_file(const char *path, struct arena *a, struct slice *ret_why)
{
	struct stat st;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		TRY(arena_format(a, ret_why, "it cannot be opened: %m"));
		return RC_STORE;
	}
	bool good = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	(void)close(fd);
	if (!good) {
		*ret_why = SLICE("it is not a regular file");
		return RC_STORE;
	}
	if ((st.st_mode & 077) == 0)
		return RC_OK;
	TRY(arena_format(a, ret_why, "its mode is %04o: others may use it; make it 0600",
			 (unsigned)st.st_mode & 07777));
	return RC_FORBIDDEN;
}

static enum rc start(struct engine *e, struct arena *a, struct slice *ret_why)
{
	*ret_why = SLICE("out of memory");
	e->path = strndup((const char *)e->options.path.p, e->options.path.n);
	if (e->path == NULL)
		return RC_MEMORY;
	TRY(make_file(e->path, a, ret_why));
	*ret_why = SLICE("the file is not a database, is damaged, is locked, or cannot be written");
	TRY(db_open(&e->options, e->schema, e->path, &e->writer));
	return db_migrate(&e->writer, a, ret_why);
}

enum rc engine_open(const struct sqlite_options *o, const struct db_schema *schema, struct arena *a,
		    struct engine **ret, struct slice *ret_why)
{
	struct engine *e = calloc(1, sizeof *e);
	if (e == NULL)
		return RC_MEMORY;
	if (leader_init(&e->writers, GROUP_MAX, 0) != RC_OK) {
		free(e);
		return RC_MEMORY;
	}
	e->options = *o;
	e->options.readers = o->readers == 0 ? DEFAULT_READERS : o->readers > READERS_MAX ? READERS_MAX : o->readers;
	e->options.busy_ms = o->busy_ms == 0 ? DEFAULT_BUSY_MS : o->busy_ms;
	e->schema = schema;
	(void)pthread_mutex_init(&e->read_lock, NULL);
	(void)pthread_cond_init(&e->reader_free, NULL);
	enum rc rc = start(e, a, ret_why);
	if (rc != RC_OK) {
		struct slice detail = *ret_why;
		engine_close(e);
		TRY(arena_format(a, ret_why, "%.*s: %.*s", SLICE_ARGS(o->path), SLICE_ARGS(detail)));
		return rc;
	}
	*ret = e;
	return RC_OK;
}

void engine_close(struct engine *e)
{
	for (size_t i = 0; i < READERS_MAX; i++)
		if (e->readers[i].handle != NULL)
			db_close(&e->readers[i]);
	if (e->writer.schema != NULL)
		db_close(&e->writer);
	(void)pthread_cond_destroy(&e->reader_free);
	(void)pthread_mutex_destroy(&e->read_lock);
	leader_destroy(&e->writers);
	free(e->path);
	free(e);
}
