/* SPDX-License-Identifier: Apache-2.0 */
/* The directory's verbs on SQLite. */
#include "store/sqlite/sqlite.h"
#include "t.h"
#include "t_dir.h"

static void opens(void)
{
	struct t_dir d;
	struct arena a;
	struct directory dir;
	struct slice why = SLICE_NONE;
	arena_init(&a, 1 << 20);
	t_dir_new(&d);
	CHECK_OK(sqlite_directory_open(&(struct sqlite_options){.path = t_dir_path(&d, "x.db")}, &a, &dir, &why));
	printf("# %.*s\n", SLICE_ARGS(why));
	CHECK_OK(dir.ping(dir.self));
	dir.close(dir.self);
	t_dir_remove(&d);
	arena_reset(&a);
}

T_MAIN(T(opens))
