/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config_secret.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64url.h"
#include "base/ct.h"
#include "crypto/hash.h"

enum { PATH_BYTES = 4096 };

static enum rc fail(struct config_secret_error *err, enum rc rc, const char *path, const char *what)
{
	(void)snprintf(err->text, sizeof err->text, "%.200s: %.180s", path, what);
	return rc;
}

uid_t config_secret_owner(const struct config *c)
{
	char name[64];
	if (geteuid() != 0 || c->user.n == 0 || !slice_to_cstr(c->user, name, sizeof name))
		return geteuid();
	const struct passwd *p = getpwnam(name);
	return p == NULL ? geteuid() : p->pw_uid;
}

/* The owner of a file can open its mode to everyone again. */
static bool may_own(uid_t who, uid_t owner)
{
	return who == 0 || who == owner || (owner == CONFIG_OWNER_ANY && (who == geteuid() || geteuid() == 0));
}

static enum rc validate_mode(int fd, const char *path, uid_t owner, struct config_secret_error *err)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return fail(err, RC_IO, path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(err, RC_FORBIDDEN, path, "must be a regular file");
	if ((st.st_mode & 077) != 0)
		return fail(err, RC_FORBIDDEN, path, "may be read or changed by others; run: chmod 600 on it");
	if (!may_own(st.st_uid, owner))
		return fail(err, RC_FORBIDDEN, path,
			    owner == CONFIG_OWNER_ANY
				    ? "belongs to another user"
				    : "belongs to another user than root and the daemon's; run: chown root on it");
	return RC_OK;
}

static enum rc read_line(int fd, char *dst, size_t *ret_n)
{
	size_t n = 0;
	for (;;) {
		ssize_t got = read(fd, dst + n, CONFIG_SECRET_MAX - n);
		if (got < 0)
			return RC_IO;
		if (got == 0)
			break;
		n += (size_t)got;
		if (n == CONFIG_SECRET_MAX)
			return RC_LIMIT;
	}
	if (n > 0 && dst[n - 1] == '\n')
		n--;
	if (n == 0 || memchr(dst, '\n', n) != NULL || memchr(dst, 0, n) != NULL)
		return RC_SYNTAX;
	*ret_n = n;
	return RC_OK;
}

enum rc config_secret_read(const char *path, uid_t owner, char dst[static CONFIG_SECRET_MAX], size_t *ret_n,
			   struct config_secret_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return fail(err, RC_IO, path, strerror(errno));
	enum rc rc = validate_mode(fd, path, owner, err);
	if (rc == RC_OK) {
		rc = read_line(fd, dst, ret_n);
		if (rc != RC_OK) {
			ct_wipe(dst, CONFIG_SECRET_MAX);
			rc = fail(err, rc, path, "must hold one line of at most 1000 bytes");
		}
	}
	(void)close(fd);
	return rc;
}

enum rc config_secret_of(const struct config *c, struct slice name, struct arena *a, struct secret *ret,
			 struct config_secret_error *err)
{
	char line[CONFIG_SECRET_MAX];
	const char *path;
	struct slice copy = SLICE_NONE;
	size_t n;
	if (name.n > 0) {
		TRY(config_file_path(c, name, a, &path));
		TRY(config_secret_read(path, config_secret_owner(c), line, &n, err));
		enum rc rc = arena_copy(a, slice_of(line, n), &copy);
		ct_wipe(line, sizeof line);
		TRY(rc);
	}
	*ret = secret_from_slice(copy);
	return RC_OK;
}

enum rc config_outgoing_secret(const struct config *c, struct slice name, struct arena *a, struct outgoing_secret *ret,
			       struct config_secret_error *err)
{
	return config_secret_of(c, name, a, &ret->kept, err);
}

/* A key with few different bytes is not random: 32 random bytes have fewer than 20 different ones once in 10^8. */
static bool looks_random(const uint8_t *key, size_t n)
{
	uint8_t seen[256] = {0};
	size_t different = 0;
	for (size_t i = 0; i < n; i++) {
		different += seen[key[i]] == 0;
		seen[key[i]] = 1;
	}
	ct_wipe(seen, sizeof seen);
	return different >= 20;
}

enum rc config_secret_kek(const char *path, uid_t owner, uint8_t dst[static CONFIG_KEK_LEN],
			  struct config_secret_error *err)
{
	char line[CONFIG_SECRET_MAX];
	size_t n = 0, got = 0;
	TRY(config_secret_read(path, owner, line, &n, err));
	enum rc rc = base64url_decode(slice_of(line, n), dst, CONFIG_KEK_LEN, &got);
	ct_wipe(line, sizeof line);
	if (rc != RC_OK || got != CONFIG_KEK_LEN)
		rc = fail(err, RC_SYNTAX, path,
			  "is no key-encryption key: 43 characters base64url; put your copy back, or, where nothing "
			  "was sealed with it yet, remove it and run ostiary init");
	else if (!looks_random(dst, CONFIG_KEK_LEN))
		rc = fail(err, RC_RANGE, path, "is a weak key-encryption key; where nothing was sealed with it yet, remove it and run "
			  "ostiary init");
	if (rc != RC_OK)
		ct_wipe(dst, CONFIG_KEK_LEN);
	return rc;
}

static bool is_missing(const char *path)
{
	struct stat st;
	return stat(path, &st) != 0 && errno == ENOENT;
}

enum rc config_secret_kek_there(const struct config *c, struct arena *a, struct config_secret_error *err)
{
	struct store_place place;
	struct slice store;
	const char *key;
	bool fresh;
	TRY(config_state_path(c, c->key_encryption_key, a, &key));
	TRY(config_store_place(c, STORE_DIRECTORY, a, &place));
	TRY(store_name(&place, a, &store, &fresh));
	if (!is_missing(key))
		return RC_OK;
	if (fresh) {
		(void)snprintf(err->text, sizeof err->text, "%.160s: no key-encryption key; run: ostiary init -c %.160s",
			       key, c->path);
		return RC_NOT_FOUND;
	}
	(void)snprintf(err->text, sizeof err->text,
		       "%.120s: the key-encryption key is missing, and %.*s was sealed with it: put your copy back; "
		       "another one opens nothing",
		       key, (int)(store.n < 120 ? store.n : 120), (const char *)store.p);
	return RC_CONFLICT;
}

bool file_stamp_read(const char *path, struct file_stamp *ret)
{
	struct stat st;
	if (stat(path, &st) != 0)
		return false;
	*ret = (struct file_stamp){st.st_dev, st.st_ino, (uint64_t)st.st_size,
				   (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec,
				   (int64_t)st.st_ctim.tv_sec * 1000000000 + st.st_ctim.tv_nsec};
	return true;
}

bool file_stamp_same(const struct file_stamp *a, const struct file_stamp *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size && a->modified == b->modified &&
	       a->changed == b->changed;
}

static bool write_key(int fd)
{
	uint8_t key[32];
	char line[44];
	crypto_random(key, sizeof key);
	base64url_encode_to(slice_of(key, sizeof key), line);
	line[43] = '\n';
	ssize_t put = write(fd, line, sizeof line);
	ct_wipe(key, sizeof key);
	ct_wipe(line, sizeof line);
	return put == (ssize_t)sizeof line && fsync(fd) == 0;
}

/* So that the directory entry survives a power cut. */
static void sync_folder(const char *path)
{
	char folder[PATH_BYTES];
	(void)snprintf(folder, sizeof folder, "%s", path);
	char *slash = strrchr(folder, '/');
	if (slash != NULL)
		slash[1] = 0;
	int fd = open(slash == NULL ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)fsync(fd);
	(void)close(fd);
}

/* The file is complete or absent: a half-written one, left by a kill, would keep the daemon from starting. */
enum rc config_secret_make(const char *path, struct config_secret_error *err)
{
	char begun[PATH_BYTES];
	if (access(path, F_OK) == 0)
		return fail(err, RC_CONFLICT, path, strerror(EEXIST));
	if (snprintf(begun, sizeof begun, "%s.%ld", path, (long)getpid()) >= (int)sizeof begun)
		return fail(err, RC_IO, path, "the name is too long");
	/* Removes what a killed process with the same pid left. O_EXCL refuses a file that another process makes in
	 * between. */
	(void)unlink(begun);
	int fd = open(begun, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(err, RC_IO, path, strerror(errno));
	bool good = write_key(fd);
	(void)close(fd);
	int why = good && link(begun, path) != 0 ? errno : 0;
	(void)unlink(begun);
	sync_folder(path);
	if (why != 0)
		return fail(err, why == EEXIST ? RC_CONFLICT : RC_IO, path, strerror(why));
	return good ? RC_OK : fail(err, RC_IO, path, "cannot be written");
}
