/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/config_secret.h"

#include <errno.h>
#include <fcntl.h>
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

static enum rc check_mode(int fd, const char *path, struct config_secret_error *err)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return fail(err, RC_IO, path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(err, RC_FORBIDDEN, path, "must be a regular file");
	if ((st.st_mode & 077) != 0)
		return fail(err, RC_FORBIDDEN, path, "may be read or changed by others; run: chmod 600 on it");
	if (st.st_uid != 0 && st.st_uid != geteuid() && geteuid() != 0)
		return fail(err, RC_FORBIDDEN, path, "belongs to another user");
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

enum rc config_secret_read(const char *path, char dst[static CONFIG_SECRET_MAX], size_t *ret_n, struct config_secret_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return fail(err, RC_IO, path, strerror(errno));
	enum rc rc = check_mode(fd, path, err);
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

/* A key of few different bytes was typed, not drawn: 32 random bytes have fewer than 20 different ones once in 10^8. */
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

enum rc config_secret_kek(const char *path, uint8_t dst[static CONFIG_KEK_LEN], struct config_secret_error *err)
{
	char line[CONFIG_SECRET_MAX];
	size_t n = 0, got = 0;
	TRY(config_secret_read(path, line, &n, err));
	enum rc rc = base64url_decode(slice_of(line, n), dst, CONFIG_KEK_LEN, &got);
	ct_wipe(line, sizeof line);
	if (rc != RC_OK || got != CONFIG_KEK_LEN)
		rc = fail(err, RC_SYNTAX, path, "is no key-encryption key: 43 characters base64url; ostiary init makes one");
	else if (!looks_random(dst, CONFIG_KEK_LEN))
		rc = fail(err, RC_RANGE, path, "is a weak key-encryption key; let ostiary init make one");
	if (rc != RC_OK)
		ct_wipe(dst, CONFIG_KEK_LEN);
	return rc;
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

/* The name itself survives a power cut. */
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

/* A file of that name is whole or not there: one that a kill left half-written would keep the daemon from ever starting. */
enum rc config_secret_make(const char *path, struct config_secret_error *err)
{
	char begun[PATH_BYTES];
	if (access(path, F_OK) == 0)
		return fail(err, RC_CONFLICT, path, strerror(EEXIST));
	if (snprintf(begun, sizeof begun, "%s.%ld", path, (long)getpid()) >= (int)sizeof begun)
		return fail(err, RC_IO, path, "the name is too long");
	/* What a killed process of the same number left goes; what somebody else lays there meanwhile is not written to. */
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
