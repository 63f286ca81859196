/* SPDX-License-Identifier: Apache-2.0 */
/* The recording VFS: everything goes to the system's own; what would reach the disk is written down first. */
#include "power_vfs.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ENTRIES_MAX = 200000, SECTOR = 512, IMAGE_MAX = 8 << 20 };

struct file {
	sqlite3_file base;
	int id;             /* -1: not recorded */
	bool new_log;       /* its first sync syncs the directory too */
	sqlite3_file *real; /* stands behind this struct */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct power_entry *entries;
static size_t entry_count;
static char names[POWER_FILES][POWER_NAME_MAX];
static int name_count;
static atomic_int writes_left = -1, syncs_left = -1; /* -1: no fault planned */
static sqlite3_vfs *real_vfs;

static void must(bool good)
{
	if (!good)
		abort();
}

static void record(struct power_entry e, const void *bytes)
{
	(void)pthread_mutex_lock(&lock);
	if (entries == NULL)
		entries = calloc(ENTRIES_MAX, sizeof *entries);
	must(entries != NULL && entry_count < ENTRIES_MAX);
	if (e.n > 0) {
		e.bytes = malloc(e.n);
		must(e.bytes != NULL);
		memcpy(e.bytes, bytes, e.n);
	}
	entries[entry_count++] = e;
	(void)pthread_mutex_unlock(&lock);
}

static int id_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;
	int i = 0;
	(void)pthread_mutex_lock(&lock);
	while (i < name_count && strcmp(names[i], name) != 0)
		i++;
	if (i == name_count) {
		must(name_count < POWER_FILES);
		(void)snprintf(names[name_count++], POWER_NAME_MAX, "%s", name);
	}
	(void)pthread_mutex_unlock(&lock);
	return i;
}

void power_reset(void)
{
	(void)pthread_mutex_lock(&lock);
	for (size_t i = 0; i < entry_count; i++)
		free(entries[i].bytes);
	free(entries);
	entries = NULL;
	entry_count = 0;
	name_count = 0;
	(void)pthread_mutex_unlock(&lock);
	writes_left = syncs_left = -1;
}

void power_ack(int what)
{
	record((struct power_entry){.op = POWER_ACK, .file = -1, .ack = what}, NULL);
}

const struct power_entry *power_entries(size_t *ret_n)
{
	*ret_n = entry_count;
	return entries;
}

void power_fail_writes(int after)
{
	writes_left = after;
}

void power_fail_syncs(int after)
{
	syncs_left = after;
}

/* True where this one fails; a planned fault stays until it is taken back. */
static bool fails(atomic_int *left)
{
	int now = atomic_load(left);
	while (now > 0 && !atomic_compare_exchange_weak(left, &now, now - 1))
		continue;
	return now == 0;
}

/* ---- files ---- */

static struct file *of(sqlite3_file *f)
{
	return (struct file *)(void *)f;
}

static sqlite3_file *real_of(sqlite3_file *f)
{
	return of(f)->real;
}

static int file_close(sqlite3_file *f)
{
	sqlite3_file *real = real_of(f);
	return real->pMethods == NULL ? SQLITE_OK : real->pMethods->xClose(real);
}

static int file_read(sqlite3_file *f, void *dst, int n, sqlite3_int64 at)
{
	return real_of(f)->pMethods->xRead(real_of(f), dst, n, at);
}

static int file_write(sqlite3_file *f, const void *src, int n, sqlite3_int64 at)
{
	if (of(f)->id >= 0 && fails(&writes_left))
		return SQLITE_FULL;
	if (of(f)->id >= 0)
		record((struct power_entry){.op = POWER_WRITE, .file = of(f)->id, .at = at, .n = (size_t)n}, src);
	return real_of(f)->pMethods->xWrite(real_of(f), src, n, at);
}

static int file_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	if (of(f)->id >= 0)
		record((struct power_entry){.op = POWER_TRUNCATE, .file = of(f)->id, .at = size}, NULL);
	return real_of(f)->pMethods->xTruncate(real_of(f), size);
}

/* Really syncing would only slow the test down: the recording is the disk. */
static int file_sync(sqlite3_file *f, int flags)
{
	(void)flags;
	if (of(f)->id < 0)
		return SQLITE_OK;
	if (fails(&syncs_left))
		return SQLITE_IOERR_FSYNC;
	record((struct power_entry){.op = POWER_SYNC, .file = of(f)->id}, NULL);
	if (of(f)->new_log)
		record((struct power_entry){.op = POWER_SYNC_DIRECTORY, .file = -1}, NULL);
	of(f)->new_log = false;
	return SQLITE_OK;
}

static int file_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return real_of(f)->pMethods->xFileSize(real_of(f), size);
}

static int file_lock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xLock(real_of(f), level);
}

static int file_unlock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xUnlock(real_of(f), level);
}

static int file_validate_lock(sqlite3_file *f, int *out)
{
	return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}

static int file_control(sqlite3_file *f, int op, void *arg)
{
	return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

static int file_sector(sqlite3_file *f)
{
	return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int file_device(sqlite3_file *f)
{
	return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static int shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **ret)
{
	return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, ret);
}

static int shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	return real_of(f)->pMethods->xShmLock(real_of(f), offset, n, flags);
}

static void shm_barrier(sqlite3_file *f)
{
	real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int shm_unmap(sqlite3_file *f, int delete_flag)
{
	return real_of(f)->pMethods->xShmUnmap(real_of(f), delete_flag);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_unlock,
	.xCheckReservedLock = file_validate_lock,
	.xFileControl = file_control,
	.xSectorSize = file_sector,
	.xDeviceCharacteristics = file_device,
	.xShmMap = shm_map,
	.xShmLock = shm_lock,
	.xShmBarrier = shm_barrier,
	.xShmUnmap = shm_unmap,
};

static int vfs_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *f, int flags, int *out_flags)
{
	struct file *file = of(f);
	bool recorded = name != NULL && (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
	(void)vfs;
	file->id = recorded ? id_of(name) : -1;
	file->new_log = (flags & SQLITE_OPEN_CREATE) != 0 && (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
	file->real = (sqlite3_file *)(void *)(file + 1);
	int rc = real_vfs->xOpen(real_vfs, name, file->real, flags, out_flags);
	f->pMethods = file->real->pMethods == NULL ? NULL : &methods;
	if (rc == SQLITE_OK && recorded)
		record((struct power_entry){.op = POWER_CREATE, .file = file->id}, NULL);
	return rc;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_dir)
{
	(void)vfs;
	record((struct power_entry){.op = POWER_DELETE, .file = id_of(name), .at = sync_dir}, NULL);
	return real_vfs->xDelete(real_vfs, name, 0);
}

void power_register(void)
{
	static sqlite3_vfs vfs;
	real_vfs = sqlite3_vfs_find(NULL);
	must(real_vfs != NULL);
	vfs = *real_vfs;
	vfs.iVersion = 1;
	vfs.pNext = NULL;
	vfs.zName = "power";
	vfs.szOsFile = (int)sizeof(struct file) + real_vfs->szOsFile;
	vfs.xOpen = vfs_open;
	vfs.xDelete = vfs_delete;
	must(sqlite3_vfs_register(&vfs, 0) == SQLITE_OK);
}

/* ---- making the disk again ---- */

struct image {
	uint8_t *bytes;
	size_t n;
	bool exists;
};

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	return *state ^= *state << 17;
}

static void put(struct image *m, size_t at, const uint8_t *bytes, size_t n)
{
	must(at + n <= IMAGE_MAX);
	memcpy(m->bytes + at, bytes, n);
	if (at + n > m->n)
		m->n = at + n;
}

static void cut_to(struct image *m, size_t n)
{
	must(n <= IMAGE_MAX);
	if (n < m->n)
		memset(m->bytes + n, 0, m->n - n);
	m->n = n;
}

static void happen(struct image *m, const struct power_entry *e)
{
	if (e->op == POWER_CREATE) {
		m->exists = true;
	} else if (e->op == POWER_WRITE) {
		put(m, (size_t)e->at, e->bytes, e->n);
	} else if (e->op == POWER_TRUNCATE) {
		cut_to(m, (size_t)e->at);
	} else if (e->op == POWER_DELETE) {
		cut_to(m, 0);
		m->exists = false;
	}
}

/* A write of which some sectors reached the disk. */
static void happen_torn(struct image *m, const struct power_entry *e, uint64_t *state)
{
	for (size_t done = 0; done < e->n;) {
		size_t at = (size_t)e->at + done, n = SECTOR - at % SECTOR;
		if (n > e->n - done)
			n = e->n - done;
		if (next_random(state) % 2 == 0)
			put(m, at, e->bytes + done, n);
		done += n;
	}
}

static void happen_perhaps(struct image *m, const struct power_entry *e, uint64_t *state)
{
	switch (next_random(state) % 4) {
	case 0:
		break;
	case 1:
		if (e->op == POWER_WRITE) {
			happen_torn(m, e, state);
			break;
		}
		happen(m, e);
		break;
	default:
		happen(m, e);
		break;
	}
}

/* One past the file's last sync before the cut; 0 where there is none. A deletion before a sync of the directory counts. */
static size_t synced_until(const struct power_cut *cut, int file)
{
	bool directory_synced = false;
	for (size_t i = cut->at; i-- > 0 && !cut->ignore_syncs;) {
		const struct power_entry *e = &entries[i];
		directory_synced = directory_synced || e->op == POWER_SYNC_DIRECTORY;
		if (e->file != file)
			continue;
		if (e->op == POWER_SYNC || (e->op == POWER_DELETE && (e->at != 0 || directory_synced)))
			return i + 1;
	}
	return 0;
}

/* In an order of the seed's own: what was not synced may reach the disk in any. */
static void happen_some(struct image *m, const struct power_cut *cut, int file, size_t from)
{
	uint64_t state = cut->seed * 0x9E3779B97F4A7C15u + (uint64_t)file + 1;
	size_t *order = calloc(cut->at - from + 1, sizeof *order), n = 0;
	must(order != NULL);
	for (size_t i = from; i < cut->at; i++)
		if (entries[i].file == file && entries[i].op != POWER_CREATE && entries[i].op != POWER_SYNC)
			order[n++] = i;
	for (size_t i = n; i > 1; i--) {
		size_t k = next_random(&state) % i, keep = order[i - 1];
		order[i - 1] = order[k];
		order[k] = keep;
	}
	for (size_t i = 0; i < n; i++)
		happen_perhaps(m, &entries[order[i]], &state);
	free(order);
}

static void make_image(struct image *m, const struct power_cut *cut, int file)
{
	size_t synced = synced_until(cut, file), until = cut->fate == POWER_ALL_KEPT ? cut->at : synced;
	memset(m->bytes, 0, m->n);
	m->n = 0;
	m->exists = false;
	for (size_t i = 0; i < until; i++)
		if (entries[i].file == file)
			happen(m, &entries[i]);
	if (cut->fate == POWER_SOME_KEPT)
		happen_some(m, cut, file, synced);
	if (m->n > 0)
		m->exists = true;
}

static bool write_image(const struct image *m, const char *directory, const char *name)
{
	char path[512];
	(void)snprintf(path, sizeof path, "%s/%s", directory, name);
	if (unlink(path) != 0 && access(path, F_OK) == 0)
		return false;
	if (!m->exists)
		return true;
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	bool good = fd >= 0 && write(fd, m->bytes, m->n) == (ssize_t)m->n;
	return fd >= 0 && close(fd) == 0 && good;
}

bool power_restore(const struct power_cut *cut, const char *directory)
{
	static struct image image;
	bool good = true;
	if (image.bytes == NULL)
		image.bytes = calloc(1, IMAGE_MAX);
	must(image.bytes != NULL);
	for (int file = 0; file < name_count; file++) {
		make_image(&image, cut, file);
		good = write_image(&image, directory, names[file]) && good;
	}
	return good;
}
