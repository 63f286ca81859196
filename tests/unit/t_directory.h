/* SPDX-License-Identifier: Apache-2.0 */
/* A directory of the backend under test (store_contract.h) in a temporary place, with a tenant, two clients and a user in it. */
#ifndef OSTIARY_TESTS_T_DIRECTORY_H
#define OSTIARY_TESTS_T_DIRECTORY_H

#include "store_contract.h"

enum { NOW = 1000000 };

static struct t_dir t_place;
static struct arena t_arena;
static struct directory t_directory;

static inline enum rc t_directory_open(struct slice *ret_why)
{
	const struct store_place place = contract_place(STORE_DIRECTORY, &t_place, 0);
	return store_directory_open(&place, &t_arena, &t_directory, ret_why);
}

static inline void t_directory_reopen(void)
{
	struct slice why = SLICE_NONE;
	t_directory.close(t_directory.self);
	CHECK_OK(t_directory_open(&why));
}

static inline struct dir_user t_user(const char *id, const char *login)
{
	return (struct dir_user){.id = slice_cstr(id), .tenant = SLICE("default"), .login = slice_cstr(login),
				 .name = SLICE("A B"), .roles = SLICE("customer"),
				 .created = NOW, .credentials_changed = NOW};
}

static inline struct dir_credential t_password(const char *user, const char *phc)
{
	return (struct dir_credential){.user = slice_cstr(user), .type = SLICE("password"), .data = slice_cstr(phc), .created = NOW,
				       .changed = NOW};
}

static inline struct dir_client t_client(const char *id)
{
	return (struct dir_client){.id = slice_cstr(id), .tenant = SLICE("default"), .metadata = SLICE("{}"), .created = NOW};
}

static inline void t_directory_start(void)
{
	struct slice why = SLICE_NONE;
	const struct directory *d = &t_directory;
	const struct dir_tenant tenant = {SLICE("default"), SLICE("Example"), false};
	const struct dir_user alice = t_user("u-alice", "alice");
	const struct dir_client shop = t_client("shop"), other = t_client("other");
	arena_init(&t_arena, 8u << 20);
	t_dir_new(&t_place);
	CHECK_OK(t_directory_open(&why));
	CHECK_OK(d->tenants.put(d->tenants.self, &tenant));
	CHECK_OK(d->users.add(d->users.self, &alice, NULL, NULL));
	CHECK_OK(d->clients.put(d->clients.self, &shop, NULL));
	CHECK_OK(d->clients.put(d->clients.self, &other, NULL));
}

static inline enum rc purge_all(const struct directory *d, int64_t now)
{
	bool more = true;
	while (more)
		TRY(d->purge(d->self, now, 0, 1000000, &more));
	return RC_OK;
}

static inline void t_directory_stop(void)
{
	t_directory.close(t_directory.self);
	t_dir_remove(&t_place);
	arena_reset(&t_arena);
}

#endif
