/* SPDX-License-Identifier: Apache-2.0 */
/* Who may use which connection when: readers side by side, writers many at once in one transaction. src/store/sqlite
 * only. */
#ifndef OSTIARY_STORE_SQLITE_ENGINE_H
#define OSTIARY_STORE_SQLITE_ENGINE_H

#include "store/sqlite/db.h"

struct engine;

/* A verb's body over a connection. Writes what it gives back only into `verb`; the caller hands that on after RC_OK. */
typedef enum rc engine_run(struct db *db, void *operation);

enum rc engine_open(const struct sqlite_options *o, const struct db_schema *schema, struct arena *a,
		    struct engine **ret, struct slice *ret_why) WARN_UNUSED;
void engine_close(struct engine *e);
/* Waits for a free reader. Thread-safe. */
enum rc engine_read(struct engine *e, engine_run *run, void *operation) WARN_UNUSED;
/* In a transaction with whatever others ask for meanwhile, a savepoint each: a verb that fails undoes itself alone.
 * Returns after the commit; where that fails nothing happened and all of them get RC_STORE or RC_BUSY. Thread-safe. */
enum rc engine_write(struct engine *e, engine_run *run, void *operation) WARN_UNUSED;

#endif
