/* SPDX-License-Identifier: Apache-2.0 */
/* The index of origins with very many clients: 100,000, or a million where OSTIARY_LONG is set. */
#include <malloc.h>

#include "base/clock.h"
#include "oauth/client/client_origins.h"
#include "op_fixture.h"

enum { CLIENTS = 100000, CLIENTS_LONG = 1000000, ASKED = 20000 };

static long clients;

static struct slice origin_of(char *dst, size_t room, long number)
{
	return slice_of(dst, (size_t)snprintf(dst, room, "https://app-%07ld.example", number));
}

/* A directory of so many clients, each with an origin of its own. */
static enum rc list_many(void *self, struct slice after, size_t limit, struct arena *a, struct dir_client **ret, size_t *ret_n)
{
	char text[16] = "-1";
	(void)self;
	if (after.n > 1)
		(void)snprintf(text, sizeof text, "%.*s", (int)after.n - 1, (const char *)after.p + 1);
	long from = strtol(text, NULL, 10) + 1;
	size_t n = (size_t)(clients - from) < limit ? (size_t)(clients - from) : limit;
	struct dir_client *rows = arena_array(a, n + 1, sizeof *rows);
	if (rows == NULL)
		return RC_LIMIT;
	for (size_t i = 0; i < n; i++) {
		rows[i] = (struct dir_client){.tenant = SLICE("default")};
		TRY(arena_format(a, &rows[i].id, "c%07ld", from + (long)i));
		TRY(arena_format(a, &rows[i].metadata,
				 "{\"token_endpoint_auth_method\":\"none\",\"grant_types\":[\"authorization_code\"],\"scope\":\"openid\","
				 "\"redirect_uris\":[\"https://app-%07ld.example/cb\"]}", from + (long)i));
	}
	*ret = rows;
	*ret_n = n;
	return RC_OK;
}

static size_t in_use(void)
{
	const struct mallinfo2 m = mallinfo2();
	return m.uordblks + m.hblkhd;
}

static bool known(struct client_origins *o, long number)
{
	char text[64];
	return client_origins_has(o, &fx.op, origin_of(text, sizeof text, number));
}

/* What is held in memory is bounded for each origin, and a question costs the same with very many. */
FX_TEST(very_many_origins_are_held_and_found)
{
	struct client_origins *o;
	clients = getenv("OSTIARY_LONG") != NULL ? CLIENTS_LONG : CLIENTS;
	fx.directory.clients.list = list_many;
	CHECK_OK(client_origins_new(&o));
	size_t before = in_use();
	int64_t began = clock_mono_ns();
	CHECK_OK(client_origins_walk(o, &fx.op));
	int64_t built = clock_mono_ns() - began;
	size_t bytes = (in_use() - before) / (size_t)clients;
	CHECK(client_origins_count(o) == (size_t)clients);
	CHECK(known(o, 0) && known(o, clients / 2) && known(o, clients - 1) && !known(o, clients) && !known(o, clients + 1));
	began = clock_mono_ns();
	for (long i = 0; i < ASKED; i++)
		CHECK(known(o, i * 7919 % (2 * clients)) == (i * 7919 % (2 * clients) < clients));
	int64_t asked = (clock_mono_ns() - began) / ASKED;
	printf("# %ld origins: built in %.1f s (%lld ns a client), %zu bytes each, %lld ns a question\n", clients, (double)built / 1e9,
	       (long long)(built / clients), bytes, (long long)asked);
	/* Two tables, and a block for each client's list. */
	CHECK(bytes <= 256);
	client_origins_free(o);
}

/* After a change of many. */
FX_TEST(more_clients_than_one_page_that_go_are_forgotten)
{
	struct client_origins *o;
	fx.directory.clients.list = list_many;
	clients = 1000;
	CHECK_OK(client_origins_new(&o));
	CHECK_OK(client_origins_walk(o, &fx.op));
	CHECK(known(o, 999));
	clients = 100;
	CHECK_OK(client_origins_walk(o, &fx.op));
	CHECK(client_origins_count(o) == 100 && known(o, 99) && !known(o, 100) && !known(o, 999));
	client_origins_free(o);
}

T_MAIN(T(very_many_origins_are_held_and_found), T(more_clients_than_one_page_that_go_are_forgotten))
