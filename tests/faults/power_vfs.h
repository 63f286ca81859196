/* SPDX-License-Identifier: Apache-2.0 */
/* A SQLite VFS that records every write, sync, truncation and deletion, so that the disk can be made again as a power cut at
 * any moment could have left it; and that fails on command. One recording at a time in a process. */
#ifndef OSTIARY_TESTS_POWER_VFS_H
#define OSTIARY_TESTS_POWER_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* POWER_SYNC_DIRECTORY: the system's VFS syncs the directory with the first sync of a log or journal that it made; until
 * then a deletion is as good as not done. */
enum power_op {
	POWER_CREATE, POWER_WRITE, POWER_TRUNCATE, POWER_SYNC, POWER_SYNC_DIRECTORY, POWER_DELETE, POWER_ACK
};

enum { POWER_FILES = 4, POWER_NAME_MAX = 64 };

struct power_entry {
	enum power_op op;
	int file;   /* index of its name, in order of appearance */
	int ack;    /* POWER_ACK: what the test said */
	int64_t at; /* offset, or the new size */
	uint8_t *bytes;
	size_t n;
};

/* Registers the VFS under the name "power". */
void power_register(void);
/* Forgets the recording and any planned fault. */
void power_reset(void);
/* Notes in the recording that something was acknowledged by now. Thread-safe. */
void power_ack(int what);
const struct power_entry *power_entries(size_t *ret_n);

/* What a cut does with a file's operations since its last sync. */
enum power_fate { POWER_NONE_KEPT, POWER_ALL_KEPT, POWER_SOME_KEPT };

struct power_cut {
	size_t at; /* the first `at` entries happened */
	enum power_fate fate;
	uint64_t seed;     /* of POWER_SOME_KEPT: which are kept, in what order, which are torn at a sector of 512 bytes */
	bool ignore_syncs; /* as if the disk, or the program, did not sync */
};

/* Writes the files as they stood into the directory. False where that fails. */
bool power_restore(const struct power_cut *cut, const char *directory);

/* From now on the write (or sync) number `after`, counted from 0, and all later ones fail, with SQLITE_FULL (or
 * SQLITE_IOERR_FSYNC); `after` -1: none. */
void power_fail_writes(int after);
void power_fail_syncs(int after);

#endif
