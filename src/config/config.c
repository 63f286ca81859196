/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include <errno.h>
#include <stdarg.h>

#include "base/buf.h"
#include "base/clock.h"
#include "config/config_bind.h"
#include "config/config_rules.h"

PRINTF_LIKE(4, 0)
static void put_error(struct config_error *err, struct config_at at, struct slice key, const char *format, va_list args)
{
	char what[400];
	(void)vsnprintf(what, sizeof what, format, args);
	key = slice_to(key, 120);
	(void)snprintf(err->text, sizeof err->text, "%.80s:%u:%u: %.*s%s%s", err->file == NULL ? "-" : err->file,
		       at.line, at.column, SLICE_ARGS(key), key.n == 0 ? "" : ": ", what);
}

void config_complain(struct config_error *err, struct config_at at, const char *key, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	put_error(err, at, slice_cstr(key), format, args);
	va_end(args);
}

void config_complain_key(struct config_error *err, struct config_at at, struct slice key, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	put_error(err, at, key, format, args);
	va_end(args);
}

enum rc config_parse(struct slice text, struct arena *a, struct config *ret_config, struct config_error *err)
{
	struct config_node *root;
	struct config c = {0};
	TRY(config_node_read(text, a, &root, err));
	TRY(config_bind(root, a, &c, err));
	TRY(config_rules(root, a, &c, err));
	*ret_config = c;
	return RC_OK;
}

static enum rc fail_file(struct config_error *err, const char *path)
{
	(void)snprintf(err->text, sizeof err->text, "%.200s: cannot be read: %.100s", path, strerror(errno));
	return RC_IO;
}

static enum rc read_all(const char *path, struct arena *a, struct slice *ret_text, struct config_error *err)
{
	FILE *f = fopen(path, "re");
	if (f == NULL)
		return fail_file(err, path);
	struct buf b;
	buf_init(&b, CONFIG_FILE_MAX);
	uint8_t piece[4096];
	size_t n;
	while ((n = fread(piece, 1, sizeof piece, f)) > 0)
		buf_put(&b, slice_of(piece, n));
	enum rc rc = ferror(f) ? fail_file(err, path) : RC_OK;
	(void)fclose(f);
	if (rc == RC_OK && buf_rc(&b) != RC_OK)
		rc = config_fail(err, (struct config_at){1, 1}, "", "the file is larger than 1 MiB");
	if (rc == RC_OK)
		rc = arena_copy(a, buf_slice(&b), ret_text);
	buf_free(&b);
	return rc;
}

enum rc config_load(const char *path, struct arena *a, struct config *ret_config, struct config_error *err)
{
	struct slice text;
	struct config c;
	err->file = path;
	(void)snprintf(err->text, sizeof err->text, "%.200s: out of memory", path);
	TRY(read_all(path, a, &text, err));
	TRY(config_parse(text, a, &c, err));
	char *real = realpath(path, NULL);
	if (real == NULL)
		return fail_file(err, path);
	c.text = text;
	enum rc rc = arena_cstr(a, slice_cstr(real), &c.path);
	free(real);
	if (rc == RC_OK)
		*ret_config = c;
	return rc;
}

static struct slice folder_of(struct slice path)
{
	while (path.n > 0 && path.p[path.n - 1] != '/')
		path.n--;
	return path;
}

static enum rc join(struct slice folder, struct slice name, struct arena *a, const char **ret_path)
{
	struct slice text;
	if (slice_starts(name, SLICE("/")))
		return arena_cstr(a, name, ret_path);
	TRY(arena_format(a, &text, "%.*s%.*s", SLICE_ARGS(folder), SLICE_ARGS(name)));
	return arena_cstr(a, text, ret_path);
}

enum rc config_file_path(const struct config *c, struct slice name, struct arena *a, const char **ret_path)
{
	return join(folder_of(slice_cstr(c->path)), name, a, ret_path);
}

enum rc config_state_path(const struct config *c, struct slice name, struct arena *a, const char **ret_path)
{
	const char *state;
	struct slice folder;
	TRY(config_file_path(c, c->state, a, &state));
	TRY(arena_format(a, &folder, "%s/", state));
	return join(folder, name, a, ret_path);
}

enum rc config_store_place(const struct config *c, enum store_role role, struct arena *a, struct store_place *ret)
{
	const char *folder;
	TRY(config_state_path(c, SLICE(""), a, &folder));
	*ret = (struct store_place){role, role == STORE_DIRECTORY ? c->directory : c->ephemeral, slice_cstr(folder), clock_now(), 0};
	return RC_OK;
}
