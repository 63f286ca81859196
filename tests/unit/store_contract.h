/* SPDX-License-Identifier: Apache-2.0 */
/* The backends that the contract tests run over: each test of T_MAIN_EACH(each_directory, …) or of each_ephemeral, once for each
 * row with that role. A new backend is tested by its row here. */
#ifndef OSTIARY_TESTS_STORE_CONTRACT_H
#define OSTIARY_TESTS_STORE_CONTRACT_H

#include "store/backend.h"
#include "t.h"
#include "t_dir.h"

enum { CONTRACT_OPENED = 999999 };

struct contract_row {
	const char *name;
	const char *directory, *ephemeral; /* URLs, relative to a folder of the test; NULL: no such role */
	bool durable; /* what the ephemeral store acknowledged outlives its process */
};

static const struct contract_row contract_rows[] = {
	{"sqlite", "sqlite:ostiary.db", "sqlite:ephemeral.db", true},
	{"memory", NULL, "memory", false},
};

/* Under test. Outside of a contract test: the default directory's. */
static const struct contract_row *contract_row = contract_rows;

static inline struct store_place contract_place(enum store_role role, struct t_dir *dir, size_t max_records)
{
	const char *url = role == STORE_DIRECTORY ? contract_row->directory : contract_row->ephemeral;
	return (struct store_place){role, slice_cstr(url), t_dir_path(dir, ""), CONTRACT_OPENED, max_records};
}

static inline void each_row(enum store_role role, void (*run)(void))
{
	for (size_t i = 0; i < ARRAY_LEN(contract_rows); i++) {
		contract_row = &contract_rows[i];
		if ((role == STORE_DIRECTORY ? contract_row->directory : contract_row->ephemeral) == NULL)
			continue;
		t_set_row(contract_row->name);
		run();
	}
	contract_row = contract_rows;
}

static inline void each_directory(void (*run)(void))
{
	each_row(STORE_DIRECTORY, run);
}

static inline void each_ephemeral(void (*run)(void))
{
	each_row(STORE_EPHEMERAL, run);
}

#endif
