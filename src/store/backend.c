/* SPDX-License-Identifier: Apache-2.0 */
#include "store/backend.h"

#include "store/memory/memory.h"
#include "store/sqlite/sqlite.h"

const struct store_backend *const store_backends[] = {&sqlite_backend, &memory_backend, NULL};

static bool has_role(const struct store_backend *b, enum store_role role)
{
	return role == STORE_DIRECTORY ? b->open_directory != NULL : b->open_ephemeral != NULL;
}

static struct slice rest_of(struct slice url)
{
	size_t colon = slice_find(url, ':');
	return colon == url.n ? SLICE_NONE : slice_of(url.p + colon + 1, url.n - colon - 1);
}

static const struct store_backend *backend_of(enum store_role role, struct slice url)
{
	struct slice scheme = slice_to(url, slice_find(url, ':'));
	for (const struct store_backend *const *b = store_backends; *b != NULL; b++)
		if (slice_eq((*b)->scheme, scheme) && has_role(*b, role) && (*b)->is_valid(rest_of(url)))
			return *b;
	return NULL;
}

const char *store_url_refusal(enum store_role role, struct slice url)
{
	if (backend_of(role, url) != NULL)
		return NULL;
	return role == STORE_DIRECTORY ? "must be " STORE_DIRECTORY_FORMS : "must be " STORE_EPHEMERAL_FORMS;
}

const char *store_url_advice(enum store_role role, struct slice url)
{
	const struct store_backend *b = backend_of(role, url);
	return b == NULL || b->advice == NULL ? NULL : b->advice(rest_of(url));
}

enum rc store_name(const struct store_place *p, struct arena *a, struct slice *ret, bool *ret_missing)
{
	const struct store_backend *b = backend_of(p->role, p->url);
	return b == NULL ? RC_RANGE : b->name(p, a, ret, ret_missing);
}

enum rc store_directory_open(const struct store_place *p, struct arena *a, struct directory *ret, struct slice *ret_why)
{
	const struct store_backend *b = backend_of(STORE_DIRECTORY, p->url);
	return b == NULL ? RC_RANGE : b->open_directory(p, a, ret, ret_why);
}

enum rc store_ephemeral_open(const struct store_place *p, struct arena *a, struct ephemeral *ret, struct slice *ret_why)
{
	const struct store_backend *b = backend_of(STORE_EPHEMERAL, p->url);
	return b == NULL ? RC_RANGE : b->open_ephemeral(p, a, ret, ret_why);
}

enum rc store_files(const struct store_place *p, struct arena *a, struct store_files *ret)
{
	const struct store_backend *b = backend_of(p->role, p->url);
	*ret = (struct store_files){0};
	if (b == NULL)
		return RC_RANGE;
	return b->files == NULL ? RC_OK : b->files(p, a, ret);
}

enum rc store_look(const struct store_place *p, struct arena *a, struct store_look *ret)
{
	const struct store_backend *b = backend_of(STORE_DIRECTORY, p->url);
	return b == NULL ? RC_RANGE : b->look(p, a, ret);
}
