/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets in separate files: regular, readable by their owner only, one line. */
#ifndef OSTIARY_CONFIG_CONFIG_SECRET_H
#define OSTIARY_CONFIG_CONFIG_SECRET_H

#include <sys/types.h>

#include "base/outgoing_secret.h"
#include "config/config.h"

enum { CONFIG_SECRET_MAX = 1024, CONFIG_KEK_LEN = 32, CONFIG_CLIENT_SECRET_MIN = 32 };

/* What is wrong with a secret's file, ready to print: names the file, never its content. */
struct config_secret_error {
	char text[400];
};

/* The owner that a file named on the command line may have: this user or root; for root anyone. */
#define CONFIG_OWNER_ANY ((uid_t)-1)
/* Who besides root may own the daemon's secrets: `user` if root starts it, otherwise the user of this process. */
uid_t config_secret_owner(const struct config *c);
/* Reads the only line of the file, at most CONFIG_SECRET_MAX bytes, into `dst`, which the caller wipes. `owner`:
 * who besides root may own it, or CONFIG_OWNER_ANY. RC_IO: absent; RC_FORBIDDEN: group or others may read or write
 * it, or another user owns it; RC_SYNTAX: empty, more than one line. */
enum rc config_secret_read(const char *path, uid_t owner, char dst[static CONFIG_SECRET_MAX], size_t *ret_n,
			   struct config_secret_error *err) WARN_UNUSED;
/* The only line of the file that the configuration names so, in the arena, which wipes it. Empty name: an empty secret.
 * RC_MEMORY, and as config_secret_read. */
enum rc config_secret_of(const struct config *c, struct slice name, struct arena *a, struct secret *ret,
			 struct config_secret_error *err) WARN_UNUSED;
/* The same for a secret that is presented to others: the only reader of those. */
enum rc config_outgoing_secret(const struct config *c, struct slice name, struct arena *a, struct outgoing_secret *ret,
			       struct config_secret_error *err) WARN_UNUSED;
/* The key-encryption key: 43 characters base64url of 32 random bytes. RC_RANGE: obviously not random. */
enum rc config_secret_kek(const char *path, uid_t owner, uint8_t dst[static CONFIG_KEK_LEN],
			  struct config_secret_error *err) WARN_UNUSED;
/* Whether the key-encryption key's file exists; otherwise `err` says what to do. RC_NOT_FOUND: a new installation makes
 * it; RC_CONFLICT: a directory exists that only the lost key opens. */
enum rc config_secret_kek_there(const struct config *c, struct arena *a, struct config_secret_error *err) WARN_UNUSED;
/* Identifies the content of a file without reading it. */
struct file_stamp {
	uint64_t device, inode, size;
	int64_t modified, changed; /* ns */
};
/* False: the file does not exist. */
bool file_stamp_read(const char *path, struct file_stamp *ret);
bool file_stamp_same(const struct file_stamp *a, const struct file_stamp *b);
/* Makes a new file of mode 0600 with a line of 32 random bytes in base64url. RC_CONFLICT: it exists. */
enum rc config_secret_make(const char *path, struct config_secret_error *err) WARN_UNUSED;

#endif
