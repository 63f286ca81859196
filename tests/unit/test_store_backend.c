/* SPDX-License-Identifier: Apache-2.0 */
/* The table of backends: which URLs it takes for which store, and what it says of the place. */
#include "store/backend.h"
#include "t.h"
#include "t_dir.h"

static struct arena arena;

static void urls_are_held_against_the_rows(void)
{
	static const struct {
		const char *url;
		bool directory, ephemeral;
	} rows[] = {
		{"sqlite", true, true},	     {"sqlite:x.db", true, true}, {"sqlite:", false, false}, {"memory", false, true},
		{"memory:", false, false},   {"memory:x", false, false},  {"", false, false},	     {":", false, false},
		{"SQLITE", false, false},    {"sqlite3", false, false},	  {"postgres", false, false}, {"sqlit", false, false},
	};
	T_ROWS(row, rows, url) {
		CHECK((store_url_refusal(STORE_DIRECTORY, slice_cstr(row->url)) == NULL) == row->directory);
		CHECK((store_url_refusal(STORE_EPHEMERAL, slice_cstr(row->url)) == NULL) == row->ephemeral);
	}
}

static void what_people_read_names_each_row(void)
{
	for (const struct store_backend *const *b = store_backends; *b != NULL; b++) {
		char scheme[32];
		CHECK(slice_to_cstr((*b)->scheme, scheme, sizeof scheme));
		t_set_row(scheme);
		CHECK((strstr(STORE_DIRECTORY_FORMS, scheme) != NULL) == ((*b)->open_directory != NULL));
		CHECK((strstr(STORE_DIRECTORY_DOC, scheme) != NULL) == ((*b)->open_directory != NULL));
		CHECK((strstr(STORE_EPHEMERAL_FORMS, scheme) != NULL) == ((*b)->open_ephemeral != NULL));
		CHECK((strstr(STORE_EPHEMERAL_DOC, scheme) != NULL) == ((*b)->open_ephemeral != NULL));
		CHECK(((*b)->look != NULL) == ((*b)->open_directory != NULL));
	}
	CHECK(store_url_refusal(STORE_DIRECTORY, SLICE(STORE_DIRECTORY_DEFAULT)) == NULL);
	CHECK(store_url_refusal(STORE_EPHEMERAL, SLICE(STORE_EPHEMERAL_DEFAULT)) == NULL);
}

static void what_is_refused_opens_nothing(void)
{
	const struct store_place p = {STORE_DIRECTORY, SLICE("memory"), SLICE("/nowhere/")};
	struct directory d;
	struct ephemeral e;
	struct store_look look;
	struct store_files files;
	struct slice why, name;
	bool missing;
	CHECK_RC(store_directory_open(&p, &arena, &d, &why), RC_RANGE);
	CHECK_RC(store_look(&p, &arena, &look), RC_RANGE);
	CHECK_RC(store_files(&p, &arena, &files), RC_RANGE);
	CHECK_RC(store_name(&p, &arena, &name, &missing), RC_RANGE);
	CHECK_RC(store_ephemeral_open(&(struct store_place){STORE_EPHEMERAL, SLICE("other"), SLICE("/")}, &arena, &e, &why), RC_RANGE);
}

static void a_file_outside_the_state_folder_is_advised_against(void)
{
	CHECK(store_url_advice(STORE_DIRECTORY, SLICE("sqlite:/var/x.db")) != NULL);
	CHECK(store_url_advice(STORE_EPHEMERAL, SLICE("sqlite:a/x.db")) != NULL);
	CHECK(store_url_advice(STORE_DIRECTORY, SLICE("sqlite:x.db")) == NULL);
	CHECK(store_url_advice(STORE_DIRECTORY, SLICE("sqlite")) == NULL);
	CHECK(store_url_advice(STORE_EPHEMERAL, SLICE("memory")) == NULL);
	CHECK(store_url_advice(STORE_EPHEMERAL, SLICE("other:/x")) == NULL);
}

static void a_place_is_named_and_its_files_listed(void)
{
	struct store_files files;
	struct slice name;
	bool missing = false;
	arena_init(&arena, 65536);
	struct store_place p = {STORE_DIRECTORY, SLICE("sqlite"), SLICE("/nowhere/")};
	CHECK_OK(store_name(&p, &arena, &name, &missing));
	CHECK_SLICE(name, SLICE("/nowhere/ostiary.db"));
	CHECK(missing);
	CHECK_OK(store_files(&p, &arena, &files));
	CHECK(files.write_count == 3);
	CHECK_SLICE(slice_cstr(files.write[0]), SLICE("/nowhere/ostiary.db"));
	CHECK_SLICE(slice_cstr(files.write[1]), SLICE("/nowhere/ostiary.db-wal"));
	CHECK_SLICE(slice_cstr(files.write[2]), SLICE("/nowhere/ostiary.db-shm"));
	p = (struct store_place){STORE_EPHEMERAL, SLICE("sqlite"), SLICE("/nowhere/")};
	CHECK_OK(store_name(&p, &arena, &name, &missing));
	CHECK_SLICE(name, SLICE("/nowhere/sessions.db"));
	p.url = SLICE("sqlite:/dev/null");
	CHECK_OK(store_name(&p, &arena, &name, &missing));
	CHECK_SLICE(name, SLICE("/dev/null"));
	CHECK(!missing);
	p.url = SLICE("memory");
	CHECK_OK(store_files(&p, &arena, &files));
	CHECK(files.write_count == 0);
	CHECK_OK(store_name(&p, &arena, &name, &missing));
	CHECK_SLICE(name, SLICE("memory"));
	arena_reset(&arena);
}

static void a_directory_is_looked_into_without_a_change(void)
{
	struct t_dir place;
	struct directory d;
	struct store_look look;
	struct slice why = SLICE_NONE;
	struct dir_held *held;
	struct dir_user *users;
	struct dir_client got;
	size_t n = 1;
	arena_init(&arena, 1 << 20);
	t_dir_new(&place);
	const struct store_place p = {STORE_DIRECTORY, SLICE("sqlite:x.db"), t_dir_path(&place, "")};
	const struct dir_tenant tenant = {SLICE("default"), SLICE("Example"), false};
	const struct dir_client shop = {.id = SLICE("shop"), .tenant = SLICE("default"), .metadata = SLICE("{}")};
	CHECK_RC(store_look(&p, &arena, &look), RC_NOT_FOUND);
	CHECK_OK(store_directory_open(&p, &arena, &d, &why));
	CHECK_OK(d.tenants.put(d.tenants.self, &tenant));
	CHECK_OK(d.clients.put(d.clients.self, &shop, NULL));
	d.close(d.self);
	CHECK_OK(store_look(&p, &arena, &look));
	CHECK_OK(look.client(look.self, SLICE("shop"), &arena, &got));
	CHECK_RC(look.client(look.self, SLICE("none"), &arena, &got), RC_NOT_FOUND);
	CHECK_OK(look.held(look.self, 1, 10, &arena, &held, &n));
	CHECK(n == 0);
	CHECK_OK(look.idle_emails(look.self, 10, &arena, &users, &n));
	CHECK(n == 0);
	t_dir_remove(&place);
	arena_reset(&arena);
}

T_MAIN(T(urls_are_held_against_the_rows), T(what_people_read_names_each_row), T(what_is_refused_opens_nothing),
       T(a_file_outside_the_state_folder_is_advised_against), T(a_place_is_named_and_its_files_listed),
       T(a_directory_is_looked_into_without_a_change))
